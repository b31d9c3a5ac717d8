#include "parser/markup.h"

#include <string.h>
#include <strings.h>

#include "parser/fields.h"
#include "parser/html.h"
#include "parser/plain.h"

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
bool
markup_room(struct reader *r, size_t len)
{
	struct frame *keeper = &r->frames[r->keeping];
	const size_t used = r->text.len - keeper->text_at;

	if (used <= READER_FIELD_BYTES_MAX && len <= READER_FIELD_BYTES_MAX - used)
		return true;
	r->cut_fields += !keeper->cut;
	keeper->cut = true;
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
void
markup_open(struct reader *r, struct frame *f, const struct xml_name *name)
{
	struct frame *keeper = &r->frames[r->keeping];
	size_t need = strlen(name->local) + 16;

	f->inner = true;
	f->local = NULL;
	if (!keeper->has_markup)
		first_markup(r, keeper);
	for (size_t i = 0; i < r->attribute_count; i++)
		need += r->attributes[i].len * 6 + 4 + strlen(r->attributes[i].local);
	if (!keeps_markup(keeper) || !markup_room(r, need))
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

void
markup_close(struct reader *r, const struct frame *f)
{
	if (r->keeping < 0 || !f->local || is_void(f->local) || !markup_room(r, 64))
		return;
	(void)buf_add(&r->text, "</", 2, NULL);
	(void)buf_adds(&r->text, f->local, NULL);
	(void)buf_addc(&r->text, '>', NULL);
}
