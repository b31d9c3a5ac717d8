/* media - what the elements of Media RSS, iTunes and the podcast namespaces say. */
#include <string.h>
#include <strings.h>

#include "parser/fields.h"
#include "parser/plain.h"

void
media_open_content(struct reader *r, const struct row *row)
{
	const struct bytes type = reader_attribute(r, NS_NONE, "type");
	const struct bytes medium = reader_attribute(r, NS_NONE, "medium");
	const char *url = reader_url(r, reader_attribute(r, NS_NONE, "url"));
	const int64_t bytes = plain_number(reader_attribute(r, NS_NONE, "fileSize"));

	(void)row;
	if (!url)
		return;
	if (plain_begins(type, "image/") || plain_is(medium, "image"))
		draft_set(reader_draft(r), FIELD_IMAGE, 3, url);
	if (r->in_item)
		draft_add_enclosure(&r->item, url, reader_copy(r, type), bytes);
}

void
media_open_thumbnail(struct reader *r, const struct row *row)
{
	draft_set(reader_draft(r), FIELD_IMAGE, row->rank,
		  reader_url(r, reader_attribute(r, NS_NONE, "url")));
}

/* Texts say by an attribute whether they are HTML; iTunes has its categories in one. */
void
media_open_text(struct reader *r, const struct row *row)
{
	if (row->ns == NS_ITUNES) {
		draft_add_category(
			reader_draft(r),
			reader_text(r, reader_attribute(r, NS_NONE, "text"), FORM_TITLE));
		return;
	}
	if (plain_is(reader_attribute(r, NS_NONE, "type"), "html"))
		reader_frame(r)->form = FORM_HTML;
}

void
media_open_image(struct reader *r, const struct row *row)
{
	draft_set(reader_draft(r), FIELD_IMAGE, row->rank,
		  reader_url(r, reader_attribute(r, NS_NONE, "href")));
	draft_set(reader_draft(r), FIELD_IMAGE, row->rank,
		  reader_url(r, reader_attribute(r, NS_NONE, "url")));
}

/* <podcast:person role href img>: authors are the hosts, not the guests. */
void
media_open_person(struct reader *r, const struct row *row)
{
	const struct bytes role = reader_attribute(r, NS_NONE, "role");

	(void)row;
	r->person.url = reader_url(r, reader_attribute(r, NS_NONE, "href"));
	if (role.len > 0 && !plain_is(role, "host") && !plain_is(role, "author") &&
	    !plain_is(role, "writer"))
		reader_frame(r)->form = FORM_OTHER;
}

void
media_person(struct reader *r, const struct row *row, struct bytes raw)
{
	const enum form form = reader_frame(r)->form;

	if (form != FORM_OTHER)
		draft_add_author(reader_draft(r), row->rank, reader_text(r, raw, form), NULL,
				 r->person.url);
}

/* The site's own address of the item, which made way for FeedBurner's counting one. */
void
media_original_link(struct reader *r, const struct row *row, struct bytes raw)
{
	draft_set(&r->item, row->field, row->rank, reader_site_url(r, raw));
}

/* The same of the last enclosure. */
void
media_original(struct reader *r, const struct row *row, struct bytes raw)
{
	const char *url = reader_site_url(r, raw);

	(void)row;
	if (url && r->item.enclosure_count > 0)
		r->item.enclosures[r->item.enclosure_count - 1].url = url;
}
