#include "parser/reader.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/url.h"
#include "common/utf8.h"
#include "parser/fields.h"
#include "parser/html.h"
#include "parser/plain.h"

enum { SUMMARY_BYTES_MAX = 300 };

struct reader *
reader_new(void)
{
	struct reader *r = calloc(1, sizeof(*r));

	if (r) {
		/* What is kept at once: one field, and persons nested in it. */
		r->text = buf_init((size_t)READER_FIELD_BYTES_MAX * 2);
		r->out = buf_init(READER_FIELD_BYTES_MAX);
		r->plain = buf_init(READER_FIELD_BYTES_MAX);
	}
	return r;
}

void
reader_free(struct reader *r)
{
	if (!r)
		return;
	buf_done(&r->text);
	buf_done(&r->out);
	buf_done(&r->plain);
	free(r->entries);
	free(r);
}

void
reader_begin(struct reader *r, enum format format, struct arena *arena, struct entities *entities,
	     struct xml *xml, const char *document_url)
{
	r->format = format;
	r->arena = arena;
	r->entities = entities;
	r->xml = xml;
	r->document_url = document_url;
	r->depth = 0;
	r->keeping = -1;
	buf_reset(&r->text);
	draft_reset(&r->feed);
	draft_reset(&r->item);
	r->in_item = r->truncated = r->has_channel = r->root_known = false;
	r->skip_hours = 0;
	r->skip_days = 0;
	r->entry_count = 0;
	r->cut_items = r->left_out_items = r->cut_fields = r->dropped_fields = 0;
	r->newest_s = ITEM_NO_TIME;
}

struct draft *
reader_draft(struct reader *r)
{
	return r->in_item ? &r->item : &r->feed;
}

struct frame *
reader_frame(struct reader *r)
{
	return &r->frames[r->depth - 1];
}

struct bytes
reader_attribute(const struct reader *r, enum ns ns, const char *local)
{
	const struct xml_attribute *a = xml_attribute(r->attributes, r->attribute_count, ns, local);

	return a ? plain_trim((struct bytes){a->value, a->len}) : (struct bytes){NULL, 0};
}

struct bytes
reader_own_attribute(const struct reader *r, const char *local)
{
	const struct bytes plain = reader_attribute(r, NS_NONE, local);

	return plain.data ? plain : reader_attribute(r, NS_ATOM, local);
}

/* --- what raw text becomes --- */

/* The scratch buffer's content in the arena; NULL where it is empty or what filled it failed. */
static const char *
taken(struct reader *r, int rc)
{
	if (rc < 0) {
		r->dropped_fields++;
		return NULL;
	}
	return r->out.len > 0 ? arena_strndup(r->arena, r->out.data, r->out.len) : NULL;
}

/* The same for a text that may be cut at its ceiling. */
static const char *
taken_short(struct reader *r, int rc)
{
	if (rc == 0 && r->out.len > ITEM_TEXT_BYTES_MAX) {
		r->out.len = utf8_cut(r->out.data, r->out.len, ITEM_TEXT_BYTES_MAX);
		r->cut_fields++;
	}
	return taken(r, rc);
}

/* Where neither xml:base nor the document's URL is known. */
static const char *
feed_base(const struct reader *r)
{
	const char *link = r->feed.text[FIELD_URL];

	return link ? link : r->feed.text[FIELD_SELF];
}

const char *
reader_copy(struct reader *r, struct bytes text)
{
	return text.len > 0 && text.len <= ITEM_TEXT_BYTES_MAX
		       ? arena_strndup(r->arena, text.data, text.len)
		       : NULL;
}

/* Text in base64: what it stands for, and in which form, as far as that is UTF-8. */
static struct bytes
unpacked(struct reader *r, struct bytes raw, enum form *form)
{
	buf_reset(&r->plain);
	if (*form != FORM_BASE64 && *form != FORM_BASE64_TEXT)
		return raw;
	*form = *form == FORM_BASE64 ? FORM_HTML : FORM_TEXT;
	if (plain_base64(raw, &r->plain, NULL) < 0 || !utf8_valid(buf_str(&r->plain), r->plain.len))
		return (struct bytes){"", 0};
	return buf_bytes(&r->plain);
}

const char *
reader_text(struct reader *r, struct bytes raw, enum form form)
{
	int rc = 0;

	raw = unpacked(r, raw, &form);
	buf_reset(&r->out);
	if (form == FORM_TEXT)
		rc = plain_collapse(raw, &r->out, NULL);
	else if (form == FORM_TITLE)
		rc = plain_title(raw, &r->out, NULL);
	else if (form == FORM_LABEL)
		rc = plain_label(raw, &r->out, NULL);
	else if (form == FORM_HTML || form == FORM_XHTML)
		rc = html_to_text(raw.data, raw.len, &r->out, NULL);
	return taken_short(r, rc);
}

const char *
reader_html(struct reader *r, struct bytes raw, enum form form)
{
	const struct bytes trimmed = plain_trim(unpacked(r, raw, &form));
	const char *base = reader_frame(r)->base;
	int rc = 0;

	buf_reset(&r->out);
	if (!base)
		base = feed_base(r);
	if (form == FORM_TEXT)
		rc = html_escape(trimmed.data, trimmed.len, &r->out, NULL);
	else if (form == FORM_HTML || form == FORM_XHTML || form == FORM_TITLE)
		rc = html_sanitise(trimmed.data, trimmed.len, base, &r->out, NULL);
	return taken(r, rc);
}

const char *
reader_url(struct reader *r, struct bytes raw)
{
	static const char *const ALLOWED[] = {"http", "https", "ftp", "magnet", NULL};
	const struct bytes ref = plain_trim(raw);
	const char *base = r->depth > 0 ? reader_frame(r)->base : r->document_url;
	struct url parts;

	if (ref.len == 0 || !url_scheme_in(ref.data, ref.len, ALLOWED))
		return NULL;
	if (!base)
		base = feed_base(r);
	buf_reset(&r->out);
	if (url_resolve(base, ref.data, ref.len, &r->out, NULL) == 0)
		return url_scheme_in(r->out.data, r->out.len, ALLOWED) ? taken(r, 0) : NULL;
	/* Without a base a relative reference is the best there is (feedmill parse FILE). */
	url_split(ref.data, ref.len, &parts);
	if (base || parts.scheme.data || parts.host.data || ref.len > ITEM_URL_BYTES_MAX)
		return NULL;
	return arena_strndup(r->arena, ref.data, ref.len);
}

/* --- elements --- */

/* The namespace that counts: the format's own for what has none, for what has the root's, and for
 * unprefixed names in a namespace nobody knows. */
static enum ns
own_namespace(const struct reader *r, const struct xml_name *name)
{
	const enum ns own = r->format == FORMAT_ATOM ? NS_ATOM : NS_RSS;
	const bool like_root = r->format != FORMAT_RDF && name->uri && name->uri == r->root_uri;

	if (name->ns == NS_NONE || (name->ns == NS_OTHER && !name->prefix))
		return own;
	return like_root && (r->root_prefixed || !name->prefix) ? own : name->ns;
}

static const void *
look_up(void *self, const struct xml_name *name)
{
	const struct reader *r = self;

	/* The root is looked up before its namespace is known; it needs no row. */
	return r->depth == 0 ? NULL : fields_find(own_namespace(r, name), name->lower);
}

/* The row for an element in a scope. Atom's elements stand in RSS without their namespace, and
 * the other way round. */
static const struct row *
find_row(const struct reader *r, const struct xml_name *name, unsigned scope)
{
	const struct row *row = fields_in(name->known, scope);
	enum ns ns;

	if (row || scope == IN_NOTHING)
		return row;
	ns = own_namespace(r, name);
	if (ns != NS_RSS && ns != NS_ATOM)
		return NULL;
	return fields_in(fields_find(ns == NS_RSS ? NS_ATOM : NS_RSS, name->lower), scope);
}

static bool
is_void(const char *local)
{
	static const char *const VOIDS[] = {"br",    "hr",   "img",   "wbr", "input",
					    "embed", "area", "param", "col", "source"};

	for (size_t i = 0; i < sizeof(VOIDS) / sizeof(VOIDS[0]); i++)
		if (strcasecmp(VOIDS[i], local) == 0)
			return true;
	return false;
}

static void
put_escaped(struct buf *out, const char *s, size_t len)
{
	const char *end = s + len;

	while (s < end) {
		const char *run = s;

		while (s < end && *s != '&' && *s != '<' && *s != '"')
			s++;
		(void)buf_add(out, run, (size_t)(s - run), NULL);
		if (s < end)
			(void)buf_adds(out,
				       *s == '&'   ? "&amp;"
				       : *s == '<' ? "&lt;"
						   : "&quot;",
				       NULL);
		s += s < end;
	}
}

static bool
keeps_markup(const struct frame *keeper)
{
	return keeper->form == FORM_HTML || keeper->form == FORM_XHTML;
}

/* Room for len more bytes of the field that is kept; what is over the ceiling is cut off. */
static bool
has_room(struct reader *r, size_t len)
{
	const struct frame *keeper = &r->frames[r->keeping];
	const size_t used = r->text.len - keeper->text_at;

	if (used <= READER_FIELD_BYTES_MAX && len <= READER_FIELD_BYTES_MAX - used)
		return true;
	r->cut_fields++;
	return false;
}

/* The first markup in a text: inline XHTML, if nothing else was in it so far. */
static void
first_markup(struct reader *r, struct frame *keeper)
{
	const struct bytes so_far = {buf_str(&r->text) + keeper->text_at,
				     r->text.len - keeper->text_at};

	keeper->has_markup = true;
	if (keeper->row->form == FORM_HTML && plain_trim(so_far).len == 0)
		keeper->form = FORM_XHTML;
	if (keeper->form == FORM_TEXT && keeper->row->close == field_html) {
		buf_reset(&r->out);
		(void)html_escape(so_far.data, so_far.len, &r->out, NULL);
		r->text.len = keeper->text_at;
		(void)buf_add(&r->text, buf_str(&r->out), r->out.len, NULL);
		keeper->form = FORM_XHTML;
	}
}

/* A start tag within a text that is kept: kept as well, as HTML, where the text may have markup. */
static void
open_inner(struct reader *r, struct frame *f, const struct xml_name *name)
{
	struct frame *keeper = &r->frames[r->keeping];
	size_t need = strlen(name->local) + 16;

	f->inner = true;
	f->local = NULL;
	if (!keeper->has_markup)
		first_markup(r, keeper);
	for (size_t i = 0; i < r->attribute_count; i++)
		need += r->attributes[i].len * 6 + 4 + strlen(r->attributes[i].local);
	if (!keeps_markup(keeper) || !has_room(r, need))
		return;
	/* Elements of other vocabularies keep their prefix: "<o:title>" is no "<title>". */
	(void)buf_addc(&r->text, '<', NULL);
	if (name->prefix && name->ns != NS_XHTML) {
		(void)buf_adds(&r->text, name->prefix, NULL);
		(void)buf_addc(&r->text, ':', NULL);
	} else {
		f->local = name->local;
	}
	(void)buf_adds(&r->text, name->local, NULL);
	for (size_t i = 0; i < r->attribute_count; i++) {
		const struct xml_attribute *a = &r->attributes[i];

		if (a->ns != NS_NONE)
			continue;
		(void)buf_addc(&r->text, ' ', NULL);
		(void)buf_adds(&r->text, a->local, NULL);
		(void)buf_add(&r->text, "=\"", 2, NULL);
		put_escaped(&r->text, a->value, a->len);
		(void)buf_addc(&r->text, '"', NULL);
	}
	(void)buf_addc(&r->text, '>', NULL);
}

static void
close_inner(struct reader *r, const struct frame *f)
{
	if (r->keeping < 0 || !f->local || is_void(f->local) || !has_room(r, 64))
		return;
	(void)buf_add(&r->text, "</", 2, NULL);
	(void)buf_adds(&r->text, f->local, NULL);
	(void)buf_addc(&r->text, '>', NULL);
}

static const char *
attribute_copy(struct reader *r, enum ns ns, const char *local)
{
	const struct bytes value = reader_attribute(r, ns, local);

	return value.data && value.len <= ITEM_TEXT_BYTES_MAX
		       ? arena_strndup(r->arena, value.data, value.len)
		       : NULL;
}

static void
take_context(struct reader *r, struct frame *f)
{
	const char *base = attribute_copy(r, NS_XML, "base");

	f->own_lang = attribute_copy(r, NS_XML, "lang");
	if (f->own_lang)
		f->lang = *f->own_lang ? f->own_lang : NULL;
	if (!base)
		return;
	buf_reset(&r->out);
	/* Of another scheme it would lend that to every reference. */
	if (url_resolve(f->base, base, strlen(base), &r->out, NULL) == 0 &&
	    url_is_http(r->out.data, r->out.len))
		f->base = arena_strndup(r->arena, r->out.data, r->out.len);
}

static void
open_row(struct reader *r, struct frame *f, const struct row *row)
{
	f->row = row;
	f->scope = row->inside;
	f->form = row->form;
	f->keeps = row->close != NULL && row->inside != IN_ITEM;
	f->text_at = r->text.len;
	f->outer = r->keeping;
	if (f->keeps)
		r->keeping = (ptrdiff_t)r->depth - 1;
	if (row->open)
		row->open(r, row);
}

static void
open_root(struct reader *r, struct frame *f, const struct xml_name *name)
{
	const struct row *row =
		fields_in(fields_find(own_namespace(r, name), name->lower), IN_ROOT);

	r->root_known = r->format != FORMAT_ATOM || name->ns == NS_ATOM;
	f->scope = IN_ROOT | IN_FEED;
	if (f->own_lang)
		draft_set(&r->feed, FIELD_LANGUAGE, 4, f->own_lang);
	if (row) /* an <entry>, an <item>, a <channel> alone */
		open_row(r, f, row);
}

static void
on_start(void *self, const struct xml_name *name, const struct xml_attribute *attributes,
	 size_t count)
{
	struct reader *r = self;
	struct frame *parent = r->depth > 0 ? reader_frame(r) : NULL;
	struct frame *f;
	const struct row *row;

	if (!parent) {
		r->root_uri = name->uri;
		r->root_prefixed = name->prefix != NULL;
	}
	f = &r->frames[r->depth++];
	memset(f, 0, offsetof(struct frame, text_at));
	f->base = parent ? parent->base : r->document_url;
	f->lang = parent ? parent->lang : NULL;
	f->own_lang = NULL;
	r->attributes = attributes;
	r->attribute_count = count;
	if (count > 0)
		take_context(r, f);
	if (!parent) {
		open_root(r, f, name);
		return;
	}
	row = find_row(r, name, parent->inner ? IN_NOTHING : parent->scope);
	/* An item within an unfinished text of the feed is an item all the same. */
	if (!row && r->keeping >= 0 && !r->in_item) {
		row = fields_in(name->known, IN_LOST);
		if (row && row->inside != IN_ITEM)
			row = NULL;
	}
	if (row)
		open_row(r, f, row);
	else if (r->keeping >= 0)
		open_inner(r, f, name);
	else
		f->scope = parent->scope & (IN_ROOT | IN_FEED | IN_LOST) ? IN_LOST : IN_NOTHING;
	/* RDF is about anything: one with something in it is a feed only if some of it is RSS. */
	if (!row && r->format == FORMAT_RDF && r->depth == 2)
		r->root_known = false;
}

static void
on_end(void *self)
{
	struct reader *r = self;
	struct frame *f = reader_frame(r);

	if (f->inner) {
		close_inner(r, f);
	} else if (f->keeps) {
		r->keeping = f->outer;
		f->row->close(r, f->row,
			      (struct bytes){r->text.data ? r->text.data + f->text_at : "",
					     r->text.len - f->text_at});
		r->text.len = f->text_at;
	} else if (f->row && f->row->close) {
		f->row->close(r, f->row, (struct bytes){NULL, 0});
	}
	r->depth--;
}

static void
on_text(void *self, const struct repair_run *run)
{
	struct reader *r = self;
	const struct frame *keeper;
	size_t len = run->len;

	if (r->keeping < 0)
		return;
	keeper = &r->frames[r->keeping];
	if (!has_room(r, len)) {
		/* The beginning of a text is better than none of it. */
		const size_t used = r->text.len - keeper->text_at;

		len = used < READER_FIELD_BYTES_MAX
			      ? utf8_cut(run->text, len, READER_FIELD_BYTES_MAX - used)
			      : 0;
	}
	/* Inline markup is source for the sanitiser: references stay as they are. */
	if (keeper->form == FORM_XHTML && run->literal)
		(void)html_escape(run->text, len, &r->text, NULL);
	else if (run->literal || (keeper->form == FORM_XHTML && r->entities->count == 0))
		(void)buf_add(&r->text, run->text, len, NULL);
	else
		(void)entities_decode(r->entities, run->text, len, &r->text, NULL);
}

static void
on_cut(void *self)
{
	struct reader *r = self;

	r->truncated = true;
}

const struct xml_handler reader_handler = {
	.look_up = look_up,
	.start = on_start,
	.end = on_end,
	.text = on_text,
	.cut = on_cut,
};

/* --- items --- */

void
reader_open_item(struct reader *r)
{
	struct frame *f = reader_frame(r);

	if (r->in_item) /* the last one was never closed */
		reader_close_item(r);
	draft_reset(&r->item);
	r->in_item = true;
	f->of_item = true;
	if (f->own_lang)
		draft_set(&r->item, FIELD_LANGUAGE, 3, f->own_lang);
}

static const void *
copied(struct arena *arena, const void *list, size_t count, size_t size)
{
	void *copy = count > 0 ? arena_array(arena, count, size) : NULL;

	if (copy)
		memcpy(copy, list, count * size);
	return copy;
}

static void
fill(struct reader *r, struct item *item)
{
	struct draft *draft = &r->item;
	const char *const *text = draft->text;

	for (size_t i = 0; i < draft->enclosure_count && !draft->text[FIELD_IMAGE]; i++)
		if (draft->enclosures[i].type &&
		    strncasecmp(draft->enclosures[i].type, "image/", 6) == 0)
			draft->text[FIELD_IMAGE] = draft->enclosures[i].url;
	*item = item_empty();
	item->guid = text[FIELD_ID];
	item->url = text[FIELD_URL];
	item->title = text[FIELD_TITLE];
	item->summary = text[FIELD_SUMMARY];
	item->content = text[FIELD_CONTENT];
	item->language = text[FIELD_LANGUAGE];
	item->image = text[FIELD_IMAGE];
	item->comments = text[FIELD_COMMENTS];
	item->rights = text[FIELD_RIGHTS];
	item->source.title = text[FIELD_SOURCE_TITLE];
	item->source.url = text[FIELD_SOURCE_URL];
	item->published_s = draft->published.s;
	item->updated_s = draft->updated.s;
	item->authors =
		copied(r->arena, draft->authors, draft->author_count, sizeof(draft->authors[0]));
	item->author_count = item->authors ? draft->author_count : 0;
	item->categories = copied(r->arena, draft->categories, draft->category_count,
				  sizeof(draft->categories[0]));
	item->category_count = item->categories ? draft->category_count : 0;
	item->enclosures = copied(r->arena, draft->enclosures, draft->enclosure_count,
				  sizeof(draft->enclosures[0]));
	item->enclosure_count = item->enclosures ? draft->enclosure_count : 0;
}

/* A short content without markup is its own summary. */
static void
summarise(struct item *item)
{
	if (!item->summary && item->content &&
	    strnlen(item->content, SUMMARY_BYTES_MAX + 1) <= SUMMARY_BYTES_MAX &&
	    !strchr(item->content, '<'))
		item->summary = item->content;
}

static struct entry *
entry_add(struct reader *r)
{
	if (r->entry_count == READER_ITEMS_MAX) {
		r->left_out_items++;
		return NULL;
	}
	if (r->entry_count == r->entry_cap) {
		const size_t cap = r->entry_cap ? r->entry_cap * 2 : 64;
		struct entry *grown = reallocarray(r->entries, cap, sizeof(*grown));

		if (!grown) {
			r->left_out_items++;
			return NULL;
		}
		r->entries = grown;
		r->entry_cap = cap;
	}
	return &r->entries[r->entry_count];
}

static void
newest(struct reader *r, int64_t s)
{
	if (s != ITEM_NO_TIME && (r->newest_s == ITEM_NO_TIME || s > r->newest_s))
		r->newest_s = s;
}

void
reader_close_item(struct reader *r)
{
	struct entry *entry;

	if (!r->in_item)
		return;
	r->in_item = false;
	/* Half an item would come again whole, as a revision: better wait for it. */
	if (r->truncated) {
		r->cut_items++;
		return;
	}
	entry = entry_add(r);
	if (!entry)
		return;
	memset(entry, 0, sizeof(*entry));
	fill(r, &entry->item);
	summarise(&entry->item);
	entry->comments_feed = r->item.text[FIELD_COMMENTS_FEED];
	entry->source_id = r->item.text[FIELD_SOURCE_ID];
	newest(r, entry->item.published_s);
	newest(r, entry->item.updated_s);
	r->entry_count++;
}
