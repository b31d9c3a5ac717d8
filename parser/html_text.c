#include <stdbool.h>

#include "parser/html.h"
#include "parser/html_escape.h"
#include "parser/html_policy.h"
#include "parser/html_token.h"

/* Whether an element stands apart from the text before and after it. */
static bool
stands_apart(const struct html_element *element)
{
	static const bool kinds[HTML_KINDS] = {
		[HTML_BLOCK] = true,  [HTML_HEADING] = true,    [HTML_ITEM] = true,
		[HTML_RULE] = true,   [HTML_PICTURED] = true,   [HTML_EMBEDDED] = true,
		[HTML_TABLED] = true, [HTML_TABLE_PART] = true, [HTML_VERBATIM] = true,
	};

	return kinds[element->kind] || element == &html_elements[HTML_BR];
}

static bool
is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Collapses the blanks of what was appended from first on, in place. */
static void
collapse(struct buf *out, size_t first)
{
	size_t to = first;
	bool gap = false;

	for (size_t from = first; from < out->len; from++) {
		if (is_blank(out->data[from])) {
			gap = to > first;
			continue;
		}
		if (gap)
			out->data[to++] = ' ';
		gap = false;
		out->data[to++] = out->data[from];
	}
	buf_cut(out, to);
}

/* Passes over an element whose content is no text to be read. */
static void
skip(struct html_tokens *in, struct html_token *tag, const struct html_element *element)
{
	size_t depth = 1;

	if (tag->self_closing && element != &html_elements[HTML_TEMPLATE])
		return;
	while (depth > 0 && html_token_next(in, tag)) {
		const struct html_element *inner =
			tag->kind == HTML_TEXT ? NULL : html_element_find(tag->text, tag->len);

		if (inner == element)
			depth = tag->kind == HTML_END ? depth - 1 : depth + !tag->self_closing;
	}
}

static void
write_visible(struct html_tokens *in, struct buf *out)
{
	struct html_token token;

	while (html_token_next(in, &token)) {
		const struct html_element *element;

		if (token.kind == HTML_TEXT) {
			html_write(out, token.text, token.len, HTML_DECODE | HTML_PLAIN);
			continue;
		}
		element = html_element_find(token.text, token.len);
		if (!element)
			continue;
		if (stands_apart(element))
			(void)buf_addc(out, ' ', NULL);
		if (token.kind == HTML_END)
			continue;
		if (element->kind == HTML_RAW || element == &html_elements[HTML_IFRAME])
			(void)html_token_raw(in, token.text, token.len);
		else if (element->kind == HTML_SKIP)
			skip(in, &token, element);
	}
}

int
html_to_text(const char *html, size_t len, struct buf *out, struct err *err)
{
	SCOPED(buf_done) struct buf room = buf_init((size_t)3 * HTML_IN_BYTES_MAX);
	struct bytes source = {html, len < HTML_IN_BYTES_MAX ? len : HTML_IN_BYTES_MAX};
	const size_t before = out->len;
	struct html_tokens in;

	if (html_utf8(&source, &room, err) < 0)
		return -1;
	in = html_tokens(source.data, source.len);
	write_visible(&in, out);
	if (buf_failed(out, err) < 0) {
		buf_cut(out, before);
		return -1;
	}
	collapse(out, before);
	return 0;
}
