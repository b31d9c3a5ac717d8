#include "sink/site_plain.h"

#include <string.h>

#include "common/utf8.h"

bool
plain_is_blank(uint32_t cp)
{
	return cp == ' ' || (cp >= '\t' && cp <= '\r') || cp == 0x85 || cp == 0xA0 ||
	       cp == 0x1680 || (cp >= 0x2000 && cp <= 0x200A) || cp == 0x2028 || cp == 0x2029 ||
	       cp == 0x202F || cp == 0x205F || cp == 0x3000;
}

bool
plain_is_unwanted(uint32_t cp)
{
	return cp < 0x20 || (cp >= 0x7F && cp <= 0x9F) || (cp >= 0x202A && cp <= 0x202E) ||
	       (cp >= 0x2066 && cp <= 0x2069) || (cp >= 0xFDD0 && cp <= 0xFDEF) ||
	       (cp & 0xFFFE) == 0xFFFE || cp == 0xFEFF;
}

size_t
plain_chars(const char *s, size_t len)
{
	size_t chars = 0;

	for (size_t i = 0; i < len; i++)
		chars += ((unsigned char)s[i] & 0xC0) != 0x80;
	return chars;
}

/* The code point that ends before *at, which moves to its first byte. */
static uint32_t
before(const char *s, size_t *at)
{
	size_t i = *at;
	const char *from;

	do
		i--;
	while (i > 0 && ((unsigned char)s[i] & 0xC0) == 0x80);
	from = s + i;
	const uint32_t cp = utf8_next(&from, s + *at);
	*at = i;
	return cp;
}

static bool
is_terminal(uint32_t cp)
{
	switch (cp) {
	case '.':
	case '!':
	case '?':
	case 0x2026: /* … */
	case 0x3002: /* 。 */
	case 0xFF01: /* ！ */
	case 0xFF1F: /* ？ */
	case 0x06D4: /* Arabic full stop */
	case 0x0964: /* danda */
		return true;
	default:
		return false;
	}
}

static bool
is_closing(uint32_t cp)
{
	return cp == '"' || cp == '\'' || cp == ')' || cp == ']' || cp == 0x201D || cp == 0x2019 ||
	       cp == 0xBB || cp == 0x300D || cp == 0x300F;
}

bool
plain_is_sentence(const char *s, size_t len)
{
	while (len > 0) {
		const uint32_t cp = before(s, &len);

		if (is_terminal(cp))
			return true;
		if (!is_closing(cp))
			return false;
	}
	return false;
}

/* Without what looks torn before "…". */
static size_t
trim_end(const char *s, size_t len)
{
	while (len > 0) {
		size_t at = len;
		const uint32_t cp = before(s, &at);

		if (!plain_is_blank(cp) && cp != ',' && cp != ';' && cp != ':' && cp != '-' &&
		    cp != '(' && cp != 0x2013 && cp != 0x2014)
			break;
		len = at;
	}
	return len;
}

size_t
plain_drop_word(const char *s, size_t len)
{
	while (len > 0) {
		if (plain_is_blank(before(s, &len)))
			return trim_end(s, len);
	}
	return 0;
}

/* Whether the sentence that seems to end at `end` does: "U.S. officials", "Mr. Bean" do not. */
static bool
ends_truly(const char *s, size_t end)
{
	size_t at = end, letters = 0;
	uint32_t cp = before(s, &at);

	if (cp != '.')
		return true;
	while (at > 0) {
		cp = before(s, &at);
		if (plain_is_blank(cp) || cp == '.' || cp == '(')
			break;
		letters++;
	}
	return letters > 2;
}

size_t
plain_cut(const char *s, size_t len, size_t max_chars)
{
	const char *at = s, *const end = s + len;
	size_t chars = 0, sentence = 0, word = 0;
	size_t mark_at = 0; /* after the last terminal mark, while only what closes follows it */

	for (; at < end && chars < max_chars; chars++) {
		const size_t here = (size_t)(at - s);
		const uint32_t cp = utf8_next(&at, end);

		if (plain_is_blank(cp)) {
			if (mark_at > 0 && ends_truly(s, mark_at))
				sentence = here;
			word = here;
		}
		if (is_terminal(cp)) {
			mark_at = (size_t)(at - s);
			if (cp > 0x2FFF) /* no blank follows it in these scripts */
				sentence = mark_at;
		} else if (!is_closing(cp)) {
			mark_at = 0;
		}
	}
	if (at >= end)
		return len;
	const size_t fit = (size_t)(at - s);
	if (mark_at > 0 && plain_is_blank(utf8_next(&at, end)) && ends_truly(s, mark_at))
		sentence = fit;
	if (sentence > 0 && sentence >= fit / 2)
		return sentence;
	if (plain_is_blank(utf8_next(&(const char *){s + fit}, end)))
		word = fit;
	return trim_end(s, word >= fit / 2 ? word : fit);
}

void
plain_line(struct buf *out, const char *s, size_t len, size_t max_chars)
{
	const char *at = s, *const end = s + len;
	const size_t start = out->len;
	size_t chars = 0;
	bool blank = false;

	/* A code point more than fits is enough to know that the rest has to go. */
	while (at < end && chars <= max_chars) {
		const uint32_t cp = utf8_next(&at, end);
		char put[UTF8_BYTES_MAX + 1];

		if (plain_is_blank(cp)) {
			blank = true;
			continue;
		}
		if (plain_is_unwanted(cp))
			continue;
		if (blank && chars > 0) {
			(void)buf_addc(out, ' ', NULL);
			chars++;
		}
		blank = false;
		(void)buf_add(out, put, utf8_put(cp, put), NULL);
		chars++;
	}
	if (chars <= max_chars || out->failed)
		return;
	out->len = start + plain_cut(out->data + start, out->len - start, max_chars - 2);
	out->data[out->len] = '\0';
	(void)buf_adds(out, plain_is_sentence(out->data + start, out->len - start) ? " …" : "…",
		       NULL);
}
