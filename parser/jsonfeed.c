#include "parser/jsonfeed.h"

#include <string.h>

#include "common/jsondoc.h"
#include "parser/charset.h"
#include "parser/plain.h"

/* How a member's text is read into a field. */
enum reading { PLAIN, ESCAPED, HTML, URL, WORD, PUBLISHED, UPDATED };

struct member {
	const char *key;
	enum field field;
	enum reading reading;
	uint8_t rank;
};

static const struct member FEED[] = {
	{"title", FIELD_TITLE, PLAIN, 1},      {"home_page_url", FIELD_URL, URL, 1},
	{"feed_url", FIELD_SELF, URL, 1},      {"description", FIELD_SUMMARY, PLAIN, 1},
	{"icon", FIELD_IMAGE, URL, 1},         {"favicon", FIELD_ICON, URL, 1},
	{"language", FIELD_LANGUAGE, WORD, 1},
};

static const struct member ITEM[] = {
	{"id", FIELD_ID, WORD, 1},
	{"url", FIELD_URL, URL, 1},
	{"external_url", FIELD_URL, URL, 2},
	{"title", FIELD_TITLE, PLAIN, 1},
	{"content_html", FIELD_CONTENT, HTML, 1},
	{"content_text", FIELD_CONTENT, ESCAPED, 2},
	{"summary", FIELD_SUMMARY, ESCAPED, 1},
	{"image", FIELD_IMAGE, URL, 1},
	{"banner_image", FIELD_IMAGE, URL, 2},
	{"date_published", FIELD_PUBLISHED, PUBLISHED, 1},
	{"date_modified", FIELD_UPDATED, UPDATED, 1},
	{"language", FIELD_LANGUAGE, WORD, 1},
};

/* A string, or a number as its digits (ids are written so). {NULL, 0} for anything else. */
static struct bytes
text_of(struct reader *r, const struct jsonval *v)
{
	int64_t whole;
	double number;
	size_t len;
	const char *text = jsonval_text(v, &len);

	/* Escapes ("\b") bring to light what the document itself was cleaned of. */
	if (text && charset_clean((struct bytes){text, len}, &r->plain, &r->controls))
		return (struct bytes){arena_strndup(r->arena, buf_str(&r->plain), r->plain.len),
				      r->plain.len};
	if (text)
		return (struct bytes){text, len};
	r->mistyped += v && !jsonval_is_null(v);
	if (jsonval_int(v, &whole))
		text = arena_printf(r->arena, "%lld", (long long)whole);
	else if (jsonval_double(v, &number))
		text = arena_printf(r->arena, "%.17g", number);
	return (struct bytes){text, text ? strlen(text) : 0};
}

static void
read_member(struct reader *r, struct draft *draft, const struct member *m, struct bytes text)
{
	int64_t s;

	switch (m->reading) {
	case PLAIN:
		draft_set(draft, m->field, m->rank, reader_text(r, text, FORM_TEXT));
		break;
	case ESCAPED:
		if (draft_wants(draft, m->field, m->rank))
			draft_set(draft, m->field, m->rank, reader_html(r, text, FORM_TEXT));
		break;
	case HTML:
		draft_set(draft, m->field, m->rank, reader_html(r, text, FORM_HTML));
		break;
	case URL:
		draft_set(draft, m->field, m->rank, reader_url(r, text));
		break;
	case WORD:
		draft_set(draft, m->field, m->rank, reader_copy(r, plain_trim(text)));
		break;
	case PUBLISHED:
	case UPDATED:
		if (reader_date(r, text, &s))
			draft_set_time(m->reading == PUBLISHED ? &draft->published
							       : &draft->updated,
				       m->rank, s);
		break;
	}
}

static void
read_members(struct reader *r, struct draft *draft, const struct jsonval *object,
	     const struct member *members, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct bytes text = text_of(r, jsonval_get(object, members[i].key));

		if (text.data)
			read_member(r, draft, &members[i], text);
	}
}

static void
read_author(struct reader *r, struct draft *draft, const struct jsonval *author)
{
	const bool whole = jsonval_is_object(author);
	const struct bytes name = text_of(r, whole ? jsonval_get(author, "name") : author);
	const struct bytes url = text_of(r, jsonval_get(author, "url"));

	r->mistyped += !whole && name.data;
	draft_add_author(draft, 1, name.data ? reader_text(r, name, FORM_TEXT) : NULL, NULL,
			 url.data ? reader_url(r, url) : NULL);
}

/* authors (1.1) and author (1.0); a writer who gives one where a list is due is understood. */
static void
read_authors(struct reader *r, struct draft *draft, const struct jsonval *object)
{
	const struct jsonval *authors = jsonval_get(object, "authors");

	for (size_t i = 0; i < jsonval_count(authors); i++)
		read_author(r, draft, jsonval_at(authors, i));
	if (jsonval_is_object(authors)) {
		r->mistyped++;
		read_author(r, draft, authors);
	}
	if (draft->author_count == 0)
		read_author(r, draft, jsonval_get(object, "author"));
}

static void
read_attachments(struct reader *r, const struct jsonval *attachments)
{
	for (size_t i = 0; i < jsonval_count(attachments); i++) {
		const struct jsonval *a = jsonval_at(attachments, i);
		const struct bytes url = text_of(r, jsonval_get(a, "url"));
		const struct bytes type = text_of(r, jsonval_get(a, "mime_type"));
		double size = -1;

		if (!url.data)
			continue;
		if (!jsonval_double(jsonval_get(a, "size_in_bytes"), &size) || size < 0 ||
		    size > 1e15)
			size = -1;
		draft_add_enclosure(&r->item, reader_url(r, url), reader_copy(r, type),
				    (int64_t)size);
	}
}

static void
read_tags(struct reader *r, struct draft *draft, const struct jsonval *tags)
{
	const bool single = tags && !jsonval_is_array(tags) && !jsonval_is_null(tags);

	r->mistyped += single;
	for (size_t i = 0; i < (single ? 1 : jsonval_count(tags)); i++) {
		const struct bytes tag = text_of(r, single ? tags : jsonval_at(tags, i));

		if (tag.data)
			draft_add_category(draft, reader_text(r, tag, FORM_TEXT));
	}
}

static void
read_item(struct reader *r, const struct jsonval *object)
{
	reader_open_item(r);
	read_members(r, &r->item, object, ITEM, sizeof(ITEM) / sizeof(ITEM[0]));
	read_authors(r, &r->item, object);
	/* "If not specified in an item, then the top-level authors, if present, are the authors of
	 * the item." (JSON Feed 1.1, Items) */
	if (r->item.author_count == 0) {
		memcpy(r->item.authors, r->feed.authors,
		       r->feed.author_count * sizeof(r->item.authors[0]));
		r->item.author_count = r->feed.author_count;
	}
	read_tags(r, &r->item, jsonval_get(object, "tags"));
	read_attachments(r, jsonval_get(object, "attachments"));
	reader_close_item(r);
}

static void
read_hubs(struct reader *r, const struct jsonval *hubs)
{
	for (size_t i = 0; i < jsonval_count(hubs); i++) {
		const struct bytes url = text_of(r, jsonval_get(jsonval_at(hubs, i), "url"));

		if (url.data)
			draft_add_hub(&r->feed, reader_url(r, url));
	}
}

/* Documents that end too early. */

/* Where a document may be cut, so that what is before is whole. */
struct whole {
	size_t len;
	const char *closing; /* what it lacks then; NULL: there is no such place, or no need */
};

/* The last byte of a string that begins at at. */
static const char *
string_end(const char *at, const char *end)
{
	for (at++; at < end && *at != '"'; at++)
		at += *at == '\\' && at + 1 < end;
	return at < end ? at : end - 1;
}

/* The last place behind an element of a list of the root, its items say, or behind a member of
 * the root itself. Nothing where the document closes all that it opens: it is wrong in another way.
 */
static struct whole
find_whole(const char *text, size_t len)
{
	const char *end = text + len;
	struct whole member = {0, NULL}, element = {0, NULL};
	bool in_list = false;
	size_t depth = 0;

	for (const char *at = text; at < end; at++) {
		if (*at == '"') {
			at = string_end(at, end);
		} else if (*at == '{' || *at == '[') {
			in_list = ++depth == 2 ? *at == '[' : in_list;
			element = depth == 2 ? (struct whole){0, NULL} : element;
		} else if (*at == '}' || *at == ']') {
			if (depth < 2 || (depth == 2 && in_list != (*at == ']')))
				return (struct whole){0, NULL};
			depth--;
			if (depth == 2 && in_list)
				element = (struct whole){(size_t)(at + 1 - text), "]}"};
			in_list = depth >= 2 && in_list;
			if (depth == 1) /* only the root's own end is missing, so far */
				member = (struct whole){(size_t)(at + 1 - text), "}"};
		} else if (*at == ',' && depth == 1) {
			member = (struct whole){(size_t)(at - text), "}"};
		}
	}
	return in_list && element.closing ? element : member;
}

/* The document, or what is whole of it; NULL where it is no JSON. */
static struct jsondoc *
parse_whole(struct reader *r, const char *text, size_t len, struct err *err)
{
	SCOPED(buf_done) struct buf mended = buf_init(len + 2);
	struct err fault = {.kind = ERR_NONE};
	struct jsondoc *doc = jsondoc_parse(text, len, &fault);
	struct whole whole = {0, NULL};

	if (!doc && fault.kind == ERR_REJECT)
		whole = find_whole(text, len);
	if (whole.closing && buf_add(&mended, text, whole.len, NULL) == 0 &&
	    buf_adds(&mended, whole.closing, NULL) == 0)
		doc = jsondoc_parse(buf_str(&mended), mended.len, NULL);
	r->cut_short = doc && whole.closing;
	if (!doc && err)
		*err = fault;
	return doc;
}

int
jsonfeed_read(struct reader *r, const char *text, size_t len, struct err *err)
{
	SCOPED(jsondoc_free) struct jsondoc *doc = parse_whole(r, text, len, err);
	const struct jsonval *root, *items;
	const char *version;

	if (!doc)
		return -1;
	root = jsondoc_root(doc);
	items = jsonval_get(root, "items");
	version = jsonval_text(jsonval_get(root, "version"), NULL);
	if (!jsonval_is_array(items) && !(version && strstr(version, "jsonfeed")))
		return err_set(err, ERR_REJECT,
			       "JSON, but no JSON Feed: it has neither version nor items");
	r->no_version = !version;
	memset(&r->frames[0], 0, sizeof(r->frames[0]));
	r->frames[0].base = r->document_url;
	r->depth = 1;
	read_members(r, &r->feed, root, FEED, sizeof(FEED) / sizeof(FEED[0]));
	read_authors(r, &r->feed, root);
	read_hubs(r, jsonval_get(root, "hubs"));
	for (size_t i = 0; i < jsonval_count(items); i++)
		if (jsonval_is_object(jsonval_at(items, i)))
			read_item(r, jsonval_at(items, i));
	return 0;
}
