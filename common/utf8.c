#include "common/utf8.h"

#include <string.h>

static const uint64_t HIGH_BITS = 0x8080808080808080;

/* What may follow a lead byte: how many continuation bytes, and the range of the first of them,
 * which is narrower where wider would be overlong, a surrogate or over U+10FFFF. */
struct lead {
	unsigned char more, least, most;
};

static struct lead
lead_of(unsigned char c)
{
	if (c < 0xC2 || c > 0xF4)
		return (struct lead){0, 0, 0};
	if (c < 0xE0)
		return (struct lead){1, 0x80, 0xBF};
	if (c < 0xF0)
		return (struct lead){2, c == 0xE0 ? 0xA0 : 0x80, c == 0xED ? 0x9F : 0xBF};
	return (struct lead){3, c == 0xF0 ? 0x90 : 0x80, c == 0xF4 ? 0x8F : 0xBF};
}

/* How many of the left bytes at s, whose first is not ASCII, begin a well-formed sequence; it is
 * whole when that is lead.more + 1. At least 1. */
static size_t
prefix(const unsigned char *s, size_t left, struct lead lead)
{
	size_t n = 1;

	if (lead.more == 0 || left < 2 || s[1] < lead.least || s[1] > lead.most)
		return 1;
	for (n = 2; n <= lead.more && n < left; n++)
		if ((s[n] & 0xC0) != 0x80)
			break;
	return n;
}

/* The first byte at or after s that is not ASCII. */
static const unsigned char *
skip_ascii(const unsigned char *s, const unsigned char *end)
{
	uint64_t word[4];

	for (; (size_t)(end - s) >= sizeof(word); s += sizeof(word)) {
		memcpy(word, s, sizeof(word));
		if ((word[0] | word[1] | word[2] | word[3]) & HIGH_BITS)
			break;
	}
	for (; (size_t)(end - s) >= sizeof(word[0]); s += sizeof(word[0])) {
		memcpy(word, s, sizeof(word[0]));
		if (word[0] & HIGH_BITS)
			break;
	}
	while (s < end && *s < 0x80)
		s++;
	return s;
}

static bool
is_more(unsigned char c)
{
	return (c & 0xC0) == 0x80;
}

/* The length of the well-formed sequence at s, whose first byte is not ASCII; 0 where it is
 * malformed. Says the same as prefix, at a quarter of its cost. */
static size_t
sequence(const unsigned char *s, size_t left)
{
	const unsigned char c = s[0];

	if (c < 0xE0)
		return left >= 2 && c >= 0xC2 && is_more(s[1]) ? 2 : 0;
	if (c < 0xF0) {
		const bool ok = left >= 3 && is_more(s[1]) && is_more(s[2]) &&
				(c != 0xE0 || s[1] >= 0xA0) && (c != 0xED || s[1] < 0xA0);

		return ok ? 3 : 0;
	}
	if (left < 4 || c > 0xF4 || !is_more(s[1]) || !is_more(s[2]) || !is_more(s[3]))
		return 0;
	return (c != 0xF0 || s[1] >= 0x90) && (c != 0xF4 || s[1] < 0x90) ? 4 : 0;
}

bool
utf8_valid(const char *s, size_t len)
{
	const unsigned char *at = (const unsigned char *)s;
	const unsigned char *end = at + len;

	if (len == 0)
		return true;
	while ((at = skip_ascii(at, end)) < end) {
		/* Scripts other than Latin: stay here while it lasts. */
		do {
			const size_t n = sequence(at, (size_t)(end - at));

			if (n == 0)
				return false;
			at += n;
		} while (at < end && *at >= 0x80);
	}
	return true;
}

uint32_t
utf8_next(const char **at, const char *end)
{
	const unsigned char *s = (const unsigned char *)*at;
	uint32_t cp = s[0];
	struct lead lead;
	size_t n;

	if (cp < 0x80) {
		*at += 1;
		return cp;
	}
	lead = lead_of(s[0]);
	n = prefix(s, (size_t)(end - *at), lead);
	*at += n;
	if (lead.more == 0 || n <= lead.more)
		return UTF8_REPLACEMENT;
	cp &= 0x3Fu >> lead.more;
	for (size_t i = 1; i < n; i++)
		cp = cp << 6 | (s[i] & 0x3Fu);
	return cp;
}

size_t
utf8_put(uint32_t cp, char out[UTF8_BYTES_MAX])
{
	if (cp > 0x10FFFF || (cp >= 0xD800 && cp <= 0xDFFF))
		cp = UTF8_REPLACEMENT;
	if (cp < 0x80) {
		out[0] = (char)cp;
		return 1;
	}
	if (cp < 0x800) {
		out[0] = (char)(0xC0 | cp >> 6);
		out[1] = (char)(0x80 | (cp & 0x3F));
		return 2;
	}
	if (cp < 0x10000) {
		out[0] = (char)(0xE0 | cp >> 12);
		out[1] = (char)(0x80 | (cp >> 6 & 0x3F));
		out[2] = (char)(0x80 | (cp & 0x3F));
		return 3;
	}
	out[0] = (char)(0xF0 | cp >> 18);
	out[1] = (char)(0x80 | (cp >> 12 & 0x3F));
	out[2] = (char)(0x80 | (cp >> 6 & 0x3F));
	out[3] = (char)(0x80 | (cp & 0x3F));
	return 4;
}

size_t
utf8_cut(const char *s, size_t len, size_t max)
{
	size_t cut = max;

	if (len <= max)
		return len;
	/* A code point has at most three continuation bytes: more are not UTF-8, cut anywhere. */
	while (cut > 0 && max - cut < UTF8_BYTES_MAX && ((unsigned char)s[cut] & 0xC0) == 0x80)
		cut--;
	return ((unsigned char)s[cut] & 0xC0) == 0x80 ? max : cut;
}
