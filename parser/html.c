#include "parser/html.h"

#include <string.h>

#include "parser/html_escape.h"
#include "parser/html_sanitiser.h"

static bool
is_blank(const char *p, size_t len)
{
	for (; len > 0; p++, len--)
		if (*p != ' ' && *p != '\n' && *p != '\t' && *p != '\r' && *p != '\f')
			return false;
	return true;
}

void
html_write_text(struct html_sanitiser *z, const char *text, size_t len, unsigned how)
{
	struct buf *out = z->writer.out;
	const struct html_open *top = html_top(&z->stack);
	const bool first = html_is(top, HTML_PRE) && out->len == top->at + top->len;
	const size_t at = out->len;

	html_write(out, text, len, how);
	if (!first || out->len == at || out->data[at] != '\n')
		return;
	if (!z->pre_begins) {
		if (buf_addc(out, '\n', NULL) == 0)
			memmove(out->data + at + 1, out->data + at, out->len - at - 1);
	} else if (out->data[at + 1] != '\n') { /* or the NUL behind the end */
		memmove(out->data + at, out->data + at + 1, out->len - at - 1);
		buf_cut(out, out->len - 1);
	}
}

static void
on_text(struct html_sanitiser *z)
{
	struct html_stack *s = &z->stack;

	if (!is_blank(z->token.text, z->token.len)) {
		html_make_place(s, HTML_NAMES);
		html_reopen(s);
	}
	html_write_text(z, z->token.text, z->token.len, HTML_DECODE);
	if (!is_blank(z->token.text, z->token.len))
		html_solid(s);
}

void
html_on_tag(struct html_sanitiser *z)
{
	const struct html_element *element = html_element_find(z->token.text, z->token.len);

	z->pre_begins = false;
	if (!element)
		return;
	if (z->token.kind == HTML_START)
		html_starts[element->kind](z, element);
	else if (!html_was_too_deep(&z->stack, element))
		html_ends[element->kind](z, element);
}

static void
run(struct html_sanitiser *z)
{
	while (html_token_next(&z->in, &z->token)) {
		if (z->token.kind == HTML_TEXT) {
			z->pre_begins = z->pre_begins && z->token.follows_tag;
			on_text(z);
			z->pre_begins = false;
		} else {
			html_on_tag(z);
		}
	}
	html_close(&z->stack, 0);
}

/* A byte order mark that came to stand first would be none of the text the next time. */
static void
drop_marks(struct buf *out, size_t first)
{
	size_t len = 0;

	while (out->len - first - len >= 3 &&
	       memcmp(out->data + first + len, "\xEF\xBB\xBF", 3) == 0)
		len += 3;
	if (len == 0)
		return;
	memmove(out->data + first, out->data + first + len, out->len - first - len);
	buf_cut(out, out->len - len);
}

int
html_sanitise(const char *html, size_t len, const char *base_url, struct buf *out, struct err *err)
{
	SCOPED(buf_done) struct buf room = buf_init((size_t)3 * HTML_IN_BYTES_MAX);
	struct bytes source = {html, len < HTML_IN_BYTES_MAX ? len : HTML_IN_BYTES_MAX};
	const size_t before = out->len, starvations = buf_starvations();
	struct html_sanitiser z;

	if (html_utf8(&source, &room, err) < 0)
		return -1;
	z.in = html_tokens(source.data, source.len);
	z.writer = html_writer_init(out, &z.in, base_url);
	html_stack_init(&z.stack, &z.writer);
	z.noscripts = z.maths = 0;
	z.pre_begins = false;
	run(&z);
	html_writer_done(&z.writer);
	/* An attribute that had no memory is as missing as text. */
	if (buf_starvations() != starvations)
		(void)err_set(err, ERR_RETRY, "no memory");
	if (buf_starvations() != starvations || buf_failed(out, err) < 0) {
		buf_cut(out, before);
		return -1;
	}
	drop_marks(out, before);
	return 0;
}
