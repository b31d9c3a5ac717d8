#include "sink/site_scan.h"

#include <string.h>

#include "common/utf8.h"

struct scan
scan_over(const char *html, size_t len)
{
	return (struct scan){.at = html, .end = html + len};
}

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* The '>' that ends the tag whose name begins at `at`; NULL without one. */
static const char *
tag_end(const char *at, const char *end)
{
	char quote = '\0';

	for (; at < end; at++) {
		if (quote) {
			if (*at == quote)
				quote = '\0';
		} else if ((*at == '"' || *at == '\'') && at[-1] == '=') {
			quote = *at;
		} else if (*at == '>') {
			return at;
		}
	}
	return NULL;
}

static bool
begins_tag(const struct scan *scan)
{
	const char *const at = scan->at;

	if (scan->text_only || *at != '<' || scan->end - at < 3)
		return false;
	return is_letter(at[1]) || at[1] == '!' || at[1] == '?' ||
	       (at[1] == '/' && is_letter(at[2]));
}

/* Past a comment, a doctype, a processing instruction. */
static bool
skip_declaration(struct scan *scan)
{
	const bool comment = scan->end - scan->at > 3 && memcmp(scan->at, "<!--", 4) == 0;
	const char *const stop = comment ? "-->" : ">";
	const char *const found =
		memmem(scan->at, (size_t)(scan->end - scan->at), stop, strlen(stop));

	if (!found) {
		scan->text_only = true;
		return false;
	}
	scan->at = found + strlen(stop);
	return true;
}

static bool
read_tag(struct scan *scan, struct scan_token *out)
{
	const bool closes = scan->at[1] == '/';
	const char *at = scan->at + (closes ? 2 : 1);
	const char *const stop = tag_end(at, scan->end);
	size_t len = 0;

	if (!stop) {
		scan->text_only = true;
		return false;
	}
	for (; at < stop && !is_space(*at) && *at != '/'; at++, len++)
		if (len < SCAN_NAME_MAX)
			out->name[len] = lower(*at);
	out->name[len > SCAN_NAME_MAX ? 0 : len] = '\0';
	out->kind = closes ? SCAN_CLOSE : SCAN_OPEN;
	out->text = (struct bytes){at, (size_t)(stop - at)};
	scan->at = stop + 1;
	return true;
}

void
scan_next(struct scan *scan, struct scan_token *out)
{
	*out = (struct scan_token){.kind = SCAN_END};
	while (scan->at < scan->end && begins_tag(scan)) {
		if (scan->at[1] == '!' || scan->at[1] == '?') {
			if (!skip_declaration(scan))
				break;
		} else if (read_tag(scan, out)) {
			return;
		} else {
			break;
		}
	}
	if (scan->at >= scan->end)
		return;
	out->kind = SCAN_TEXT;
	out->text.data = scan->at;
	do
		scan->at++;
	while (scan->at < scan->end && !begins_tag(scan));
	out->text.len = (size_t)(scan->at - (const char *)out->text.data);
}

static const struct {
	const char *name;
	uint32_t cp;
} references[] = {
	{"amp;", '&'}, {"lt;", '<'}, {"gt;", '>'}, {"quot;", '"'}, {"apos;", '\''}, {"nbsp;", 0xA0},
};

static uint32_t
number(const char **at, const char *end)
{
	const char *s = *at + 2; /* past "&#" */
	const bool hex = s < end && (*s == 'x' || *s == 'X');
	uint32_t cp = 0;
	int digits = 0;

	for (s += hex; s < end && digits < 8; s++, digits++) {
		const char c = lower(*s);
		const bool decimal = c >= '0' && c <= '9';

		if (!decimal && !(hex && c >= 'a' && c <= 'f'))
			break;
		cp = cp * (hex ? 16 : 10) + (uint32_t)(decimal ? c - '0' : c - 'a' + 10);
	}
	if (digits == 0 || s >= end || *s != ';') {
		(*at)++;
		return '&';
	}
	*at = s + 1;
	return cp == 0 || cp > 0x10FFFF || (cp >= 0xD800 && cp <= 0xDFFF) ? UTF8_REPLACEMENT : cp;
}

uint32_t
scan_char(const char **at, const char *end)
{
	if (**at != '&')
		return utf8_next(at, end);
	if (end - *at > 2 && (*at)[1] == '#')
		return number(at, end);
	for (size_t i = 0; i < sizeof(references) / sizeof(references[0]); i++) {
		const size_t len = strlen(references[i].name);

		if ((size_t)(end - *at) > len && memcmp(*at + 1, references[i].name, len) == 0) {
			*at += len + 1;
			return references[i].cp;
		}
	}
	(*at)++;
	return '&';
}

/* The value at *at, past the '='. */
static struct bytes
value(const char **at, const char *end)
{
	const char quote = *at < end && (**at == '"' || **at == '\'') ? *(*at)++ : '\0';
	const char *const from = *at;

	while (*at < end && (quote ? **at != quote : !is_space(**at)))
		(*at)++;
	const struct bytes found = {from, (size_t)(*at - from)};
	if (quote && *at < end)
		(*at)++;
	return found;
}

bool
scan_attribute(const struct scan_token *tag, const char *name, struct buf *out)
{
	const char *at = tag->text.data;
	const char *const end = at + tag->text.len;

	while (at < end) {
		struct bytes found = {"", 0};

		while (at < end && (is_space(*at) || *at == '/'))
			at++;
		const char *const from = at;
		while (at < end && !is_space(*at) && *at != '=')
			at++;
		const size_t len = (size_t)(at - from);
		if (at < end && *at == '=') {
			at++;
			found = value(&at, end);
		}
		if (len != strlen(name) || strncasecmp(from, name, len) != 0)
			continue;
		const char *c = found.data, *const stop = c + found.len;
		while (c < stop) {
			char put[UTF8_BYTES_MAX];
			const size_t n = utf8_put(scan_char(&c, stop), put);

			(void)buf_add(out, put, n, NULL);
		}
		return true;
	}
	return false;
}
