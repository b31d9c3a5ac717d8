/* link - <link> in all formats: a text, or an href with its relation (RFC 8288, RFC 4287). */
#include <string.h>

#include "parser/fields.h"
#include "parser/plain.h"

static bool
is_page(const char *type)
{
	const struct bytes t = {type, strlen(type)};

	return plain_begins(t, "text/html") || plain_begins(t, "application/xhtml");
}

/* What a person wants to open is a page; what does not say so comes next, then other things. */
static void
link_alternate(struct reader *r, const struct row *row, const char *url)
{
	const char *type = r->link.type;
	const int worse = !type ? 1 : is_page(type) ? 0 : 2;

	draft_set(reader_draft(r), row->field, (uint8_t)(row->rank + worse), url);
}

static void
link_self(struct reader *r, const struct row *row, const char *url)
{
	(void)row;
	if (!r->in_item)
		draft_set(&r->feed, FIELD_SELF, 1, url);
}

static void
link_hub(struct reader *r, const struct row *row, const char *url)
{
	(void)row;
	draft_add_hub(&r->feed, url);
}

static void
link_enclosure(struct reader *r, const struct row *row, const char *url)
{
	(void)row;
	if (r->in_item)
		draft_add_enclosure(&r->item, url, r->link.type, r->link.length_bytes);
}

static void
link_replies(struct reader *r, const struct row *row, const char *url)
{
	/* RFC 4685, 4: without a type it is a feed. */
	const bool page = r->link.type && is_page(r->link.type);

	(void)row;
	draft_set(&r->item, page ? FIELD_COMMENTS : FIELD_COMMENTS_FEED, 2, url);
}

static void
link_archive(struct reader *r, const struct row *row, const char *url)
{
	(void)row;
	draft_set(&r->feed, FIELD_PREV_ARCHIVE, 1, url);
}

static void
link_image(struct reader *r, const struct row *row, const char *url)
{
	(void)row;
	draft_set(reader_draft(r), FIELD_IMAGE, 5, url);
}

static const struct {
	const char *rel;
	void (*take)(struct reader *r, const struct row *row, const char *url);
} RELATIONS[] = {
	{"alternate", link_alternate}, {"self", link_self},       {"hub", link_hub},
	{"enclosure", link_enclosure}, {"replies", link_replies}, {"prev-archive", link_archive},
	{"image", link_image},
};

static void
relation(struct reader *r, const struct row *row, struct bytes rel, const char *url)
{
	static const char IANA[] = "http://www.iana.org/assignments/relation/";

	if (plain_begins(rel, IANA)) {
		rel.data = (const char *)rel.data + sizeof(IANA) - 1;
		rel.len -= sizeof(IANA) - 1;
	}
	for (size_t i = 0; i < sizeof(RELATIONS) / sizeof(RELATIONS[0]); i++)
		if (plain_is(rel, RELATIONS[i].rel))
			RELATIONS[i].take(r, row, url);
}

static void
relations(struct reader *r, const struct row *row, const char *url)
{
	const char *at = r->link.rel;

	if (!at)
		link_alternate(r, row, url);
	while (at && *at) {
		const size_t len = strcspn(at, " \t\r\n");

		relation(r, row, (struct bytes){at, len}, url);
		at += len + (at[len] != '\0');
	}
}

/* Keeps the attributes for the end tag. -> the URL of href, or NULL. */
static const char *
read_attributes(struct reader *r)
{
	const struct bytes href = reader_own_attribute(r, "href");
	const struct bytes length = reader_own_attribute(r, "length");

	r->link.rel = reader_copy(r, reader_own_attribute(r, "rel"));
	r->link.type = reader_copy(r, reader_own_attribute(r, "type"));
	r->link.length_bytes = plain_number(length);
	r->link.has_href = href.data != NULL;
	/* An empty reference is its base; where that is the feed's own address, it is a slip. */
	if (href.data && href.len == 0 && reader_frame(r)->base != r->document_url)
		return reader_frame(r)->base;
	return href.len > 0 ? reader_url(r, href) : NULL;
}

void
link_open(struct reader *r, const struct row *row)
{
	const char *url = read_attributes(r);

	if (url)
		relations(r, row, url);
}

void
link_close(struct reader *r, const struct row *row, struct bytes raw)
{
	const char *url = r->link.has_href ? NULL : reader_url(r, raw);

	if (url)
		relations(r, row, url);
}

/* Of several, the last: what a publisher adds by hand comes behind what the template has. */
static void
set_last(struct draft *draft, uint8_t rank, const char *url)
{
	if (!url || rank > draft->rank[FIELD_URL])
		return;
	draft->text[FIELD_URL] = url;
	draft->rank[FIELD_URL] = rank;
}

/* <link>url</link>, or an Atom link that forgot its namespace. */
void
link_open_rss(struct reader *r, const struct row *row)
{
	const char *url = read_attributes(r);

	if (url && r->link.rel)
		relations(r, row, url);
	else if (url)
		set_last(reader_draft(r), row->rank, url);
}

void
link_close_rss(struct reader *r, const struct row *row, struct bytes raw)
{
	set_last(reader_draft(r), row->rank, reader_url(r, raw));
}
