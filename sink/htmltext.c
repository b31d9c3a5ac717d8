#include "sink/htmltext.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/utf8.h"

enum { NAME_BYTES = 12, NBSP = 0xA0 };

/* What stands between two pieces of text: nothing, a blank, the end of a line. */
enum gap { GAP_NONE, GAP_BLANK, GAP_LINE };

struct writer {
	struct buf *out;
	size_t start; /* where this text begins in out */
	enum gap gap;
};

static void
widen(struct writer *w, enum gap gap)
{
	if (gap > w->gap)
		w->gap = gap;
}

static void
write_text(struct writer *w, const char *text, size_t len)
{
	if (len == 0)
		return;
	if (w->gap != GAP_NONE && w->out->len > w->start)
		(void)buf_addc(w->out, w->gap == GAP_LINE ? '\n' : ' ', NULL);
	w->gap = GAP_NONE;
	(void)buf_add(w->out, text, len, NULL);
}

/* Elements that stand within a line; every other one begins and ends a line. */
static bool
is_inline(const char *name, size_t len)
{
	static const char *const names[] = {
		"a",   "abbr", "b",    "bdi",   "bdo",  "cite", "code",  "data",   "del",
		"dfn", "em",   "i",    "ins",   "kbd",  "mark", "q",     "rp",     "rt",
		"s",   "samp", "ruby", "small", "span", "sub",  "sup",   "strong", "time",
		"u",   "var",  "wbr",  "font",  "tt",   "big",  "label",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strlen(names[i]) == len && strncasecmp(names[i], name, len) == 0)
			return true;
	}
	return false;
}

/* at is past '<'. Returns past the '>' that ends the tag: one in an attribute's value does not. */
static const char *
skip_tag(struct writer *w, const char *at)
{
	const char *name = *at == '/' ? at + 1 : at;
	const size_t len = strcspn(name, " \t\n\f\r/>");

	if (!is_inline(name, len))
		widen(w, GAP_LINE);
	for (at = name + len;;) {
		at += strcspn(at, ">\"'");
		if (*at == '\0')
			return at;
		if (*at == '>')
			return at + 1;
		const char *close = strchr(at + 1, *at);
		if (!close)
			return at + strlen(at);
		at = close + 1;
	}
}

static uint32_t
reference_value(const char *at, size_t len)
{
	static const struct {
		const char *name;
		uint32_t cp;
	} named[] = {{"amp", '&'},  {"lt", '<'},    {"gt", '>'},
		     {"quot", '"'}, {"apos", '\''}, {"nbsp", NBSP}};
	char digits[NAME_BYTES];
	const bool hex = len > 1 && (at[1] == 'x' || at[1] == 'X');
	const size_t skip = hex ? 2 : 1;

	for (size_t i = 0; i < sizeof(named) / sizeof(named[0]); i++) {
		if (strlen(named[i].name) == len && strncmp(named[i].name, at, len) == 0)
			return named[i].cp;
	}
	if (at[0] != '#' || len <= skip || len >= sizeof(digits))
		return 0;
	memcpy(digits, at + skip, len - skip);
	digits[len - skip] = '\0';
	if (strspn(digits, hex ? "0123456789abcdefABCDEF" : "0123456789") != len - skip)
		return 0;
	const unsigned long value = strtoul(digits, NULL, hex ? 16 : 10);
	return value > 0x10FFFF ? UTF8_REPLACEMENT : (uint32_t)value;
}

/* at is at '&'. Returns past what was written: the reference, or the '&' alone. */
static const char *
write_reference(struct writer *w, const char *at)
{
	const size_t len = strnlen(at + 1, NAME_BYTES);
	const char *end = memchr(at + 1, ';', len);
	const uint32_t cp =
		end && end > at + 1 ? reference_value(at + 1, (size_t)(end - at) - 1) : 0;
	char bytes[UTF8_BYTES_MAX];

	if (cp == 0) {
		write_text(w, "&", 1);
		return at + 1;
	}
	if (cp == NBSP || cp <= ' ')
		widen(w, GAP_BLANK);
	else
		write_text(w, bytes, utf8_put(cp, bytes));
	return end + 1;
}

void
htmltext(const char *html, struct buf *out)
{
	struct writer w = {.out = out, .start = out->len, .gap = GAP_NONE};

	for (const char *at = html ? html : ""; *at;) {
		const size_t len = strcspn(at, "<& \t\n\f\r");

		write_text(&w, at, len);
		at += len;
		if (*at == '<') {
			at = skip_tag(&w, at + 1);
		} else if (*at == '&') {
			at = write_reference(&w, at);
		} else if (*at) {
			widen(&w, GAP_BLANK);
			at++;
		}
	}
}
