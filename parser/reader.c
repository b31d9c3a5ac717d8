#include "parser/reader.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/url.h"
#include "common/utf8.h"
#include "parser/fields.h"
#include "parser/html.h"
#include "parser/markup.h"
#include "parser/plain.h"

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
	r->no_version = r->cut_short = false;
	r->skip_hours = 0;
	r->skip_days = 0;
	r->entry_count = 0;
	r->starved = false;
	r->cut_items = r->left_out_items = r->cut_fields = r->dropped_fields = 0;
	r->twice_encoded = r->unread_dates = r->controls = r->unread_texts = r->refused_urls = 0;
	r->odd_names = r->borrowed = r->unfinished = r->outside = r->mistyped = 0;
	r->feed.over = r->item.over = 0;
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
find_row(struct reader *r, const struct xml_name *name, unsigned scope)
{
	const struct row *row = fields_in(name->known, scope);
	enum ns ns;

	if (row || scope == IN_NOTHING)
		return row;
	ns = own_namespace(r, name);
	if (ns != NS_RSS && ns != NS_ATOM)
		return NULL;
	row = fields_in(fields_find(ns == NS_RSS ? NS_ATOM : NS_RSS, name->lower), scope);
	r->borrowed += row != NULL;
	return row;
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
	size_t borrowed;

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
	borrowed = r->borrowed;
	row = find_row(r, name, parent->inner ? IN_NOTHING : parent->scope);
	f->borrowed = r->borrowed != borrowed;
	/* An item within an element of the feed that nobody closed is an item all the same. */
	if (!row && !r->in_item) {
		row = fields_in(name->known, IN_LOST);
		if (row && row->inside != IN_ITEM)
			row = NULL;
	}
	r->odd_names += row && !fields_spelt(row, name->local);
	if (row)
		open_row(r, f, row);
	else if (r->keeping >= 0)
		markup_open(r, f, name);
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
		markup_close(r, f);
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
	if (!markup_room(r, len)) {
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
