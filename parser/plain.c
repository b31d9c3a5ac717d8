#include "parser/plain.h"

#include <string.h>
#include <strings.h>

#include "common/ascii.h"
#include "parser/html.h"

enum { TAGS_MAX = 64 }; /* looked at before a title is taken for plain text */

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

struct bytes
plain_trim(struct bytes text)
{
	const char *s = text.data;
	size_t len = text.len;

	while (len > 0 && is_blank(s[len - 1]))
		len--;
	while (len > 0 && is_blank(*s)) {
		s++;
		len--;
	}
	return (struct bytes){s, len};
}

int
plain_collapse(struct bytes text, struct buf *out, struct err *err)
{
	const struct bytes trimmed = plain_trim(text);
	const char *at = trimmed.data;
	const char *end = at ? at + trimmed.len : NULL;

	while (at < end) {
		const char *word = at;

		while (at < end && !is_blank(*at))
			at++;
		if (buf_add(out, word, (size_t)(at - word), err) < 0)
			return -1;
		word = at;
		while (at < end && is_blank(*at))
			at++;
		if (at > word && buf_addc(out, ' ', err) < 0)
			return -1;
	}
	return 0;
}

/* Whether the name at s, of a tag, was begun before in the text from start on. */
static bool
was_opened(const char *start, const char *s, const char *end)
{
	size_t len = 0;

	while (s + len < end && ascii_is_alpha((unsigned char)s[len]))
		len++;
	for (const char *at = start; (at = memchr(at, '<', (size_t)(s - at))) != NULL;) {
		at++;
		if ((size_t)(s - at) > len && strncasecmp(at, s, len) == 0 &&
		    !ascii_is_alpha((unsigned char)at[len]))
			return true;
	}
	return false;
}

static bool
has_markup(const char *s, size_t len)
{
	static const char *const LONE[] = {"br", "img", "hr", "wbr"};
	const char *start = s;
	const char *end = s + len;
	int tries = 0;

	while ((s = memchr(s, '<', (size_t)(end - s))) != NULL && tries++ < TAGS_MAX) {
		s++;
		if (end - s >= 2 && *s == '/' && ascii_is_alpha((unsigned char)s[1]) &&
		    memchr(s, '>', (size_t)(end - s)) && was_opened(start, s + 1, end))
			return true;
		for (size_t i = 0; i < sizeof(LONE) / sizeof(LONE[0]); i++) {
			const size_t n = strlen(LONE[i]);

			if ((size_t)(end - s) > n && strncasecmp(s, LONE[i], n) == 0 &&
			    !ascii_is_alpha((unsigned char)s[n]) &&
			    memchr(s, '>', (size_t)(end - s)))
				return true;
		}
	}
	return false;
}

static int
decoded(struct bytes text, struct buf *out, struct err *err)
{
	struct buf plain;
	int rc;

	if (text.len == 0 || !memchr(text.data, '&', text.len))
		return plain_collapse(text, out, err);
	plain = buf_init(text.len * 4 + 64);
	rc = html_decode_entities(text.data, text.len, &plain, err);
	if (rc == 0)
		rc = plain_collapse(buf_bytes(&plain), out, err);
	buf_done(&plain);
	return rc;
}

int
plain_title(struct bytes text, struct buf *out, struct err *err)
{
	if (text.len > 0 && has_markup(text.data, text.len))
		return html_to_text(text.data, text.len, out, err);
	return decoded(text, out, err);
}

int
plain_label(struct bytes text, struct buf *out, struct err *err)
{
	if (text.len > 0 && memmem(text.data, text.len, "&lt;", 4))
		return plain_collapse(text, out, err);
	return decoded(text, out, err);
}

bool
plain_is_email(struct bytes text)
{
	const char *s = text.data;
	const char *at = text.len > 0 ? memchr(s, '@', text.len) : NULL;

	if (!at || at == s || at + 1 == s + text.len)
		return false;
	for (size_t i = 0; i < text.len; i++)
		if (is_blank(s[i]) || strchr("<>()\",;", s[i]))
			return false;
	return memchr(at + 1, '@', (size_t)(s + text.len - at - 1)) == NULL;
}

static struct bytes
without_mailto(struct bytes text)
{
	if (text.len > 7 && strncasecmp(text.data, "mailto:", 7) == 0)
		return (struct bytes){(const char *)text.data + 7, text.len - 7};
	return text;
}

/* A name as mail has it: "Doe, Jo" <jo@example.org>. */
static struct bytes
unquoted(struct bytes text)
{
	const char *s = text.data;

	if (text.len > 2 && s[0] == '"' && s[text.len - 1] == '"')
		return plain_trim((struct bytes){s + 1, text.len - 2});
	return text;
}

void
plain_person(struct bytes text, struct bytes *name_out, struct bytes *email_out)
{
	static const char PAIRS[][2] = {{'<', '>'}, {'(', ')'}, {'[', ']'}};
	const struct bytes whole = without_mailto(plain_trim(text));
	const char *s = whole.data;

	*name_out = *email_out = (struct bytes){NULL, 0};
	if (plain_is_email(whole)) {
		*email_out = whole;
		return;
	}
	for (size_t i = 0; i < sizeof(PAIRS) / sizeof(PAIRS[0]) && whole.len > 2; i++) {
		const char *open = memchr(s, PAIRS[i][0], whole.len);
		struct bytes inside, outside;

		if (!open || s[whole.len - 1] != PAIRS[i][1])
			continue;
		inside = plain_trim(
			(struct bytes){open + 1, (size_t)(s + whole.len - 1 - (open + 1))});
		inside = without_mailto(inside);
		outside = unquoted(plain_trim((struct bytes){s, (size_t)(open - s)}));
		if (plain_is_email(inside)) {
			*name_out = outside;
			*email_out = inside;
			return;
		}
		if (plain_is_email(outside)) {
			*name_out = inside;
			*email_out = outside;
			return;
		}
	}
	*name_out = whole;
	/* "jo@example.org Jo Doe" */
	for (size_t i = 0; i < whole.len; i++) {
		if (is_blank(s[i])) {
			const struct bytes first = {s, i};

			if (plain_is_email(first)) {
				*email_out = first;
				*name_out = plain_trim((struct bytes){s + i, whole.len - i});
			}
			return;
		}
	}
}

bool
plain_is(struct bytes text, const char *word)
{
	return text.len == strlen(word) && strncasecmp(text.data, word, text.len) == 0;
}

bool
plain_begins(struct bytes text, const char *word)
{
	return text.len >= strlen(word) && strncasecmp(text.data, word, strlen(word)) == 0;
}

bool
plain_ends(struct bytes text, const char *word)
{
	const size_t len = strlen(word);

	return text.len >= len &&
	       strncasecmp((const char *)text.data + text.len - len, word, len) == 0;
}

int
plain_base64(struct bytes text, struct buf *out, struct err *err)
{
	static const char ALPHABET[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *s = text.data;
	uint32_t bits = 0;
	int count = 0;

	for (size_t i = 0; i < text.len && s[i] != '='; i++) {
		const char *digit = s[i] ? strchr(ALPHABET, s[i]) : NULL;

		if (!digit)
			continue;
		bits = bits << 6 | (uint32_t)(digit - ALPHABET);
		count += 6;
		if (count < 8)
			continue;
		count -= 8;
		if (buf_addc(out, (char)(bits >> count & 0xFF), err) < 0)
			return -1;
	}
	return 0;
}

static size_t
digits(const char *at, const char *end)
{
	const char *first = at;

	while (at < end && *at >= '0' && *at <= '9')
		at++;
	return (size_t)(at - first);
}

int64_t
plain_number(struct bytes text)
{
	const struct bytes trimmed = plain_trim(text);
	const char *at = trimmed.data;
	const char *end = at ? at + trimmed.len : NULL;
	int64_t n = 0;
	size_t count = 0;

	while (at < end && *at >= '0' && *at <= '9') {
		if (++count > 18)
			return -1;
		n = n * 10 + (*at++ - '0');
		/* "1,024": a comma between groups of three. */
		if (at < end && *at == ',' && digits(at + 1, end) == 3)
			at++;
	}
	return count > 0 ? n : -1;
}
