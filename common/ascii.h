/* ascii - letters and digits of ASCII, whatever the locale says: what protocols are made of. */
#ifndef FM_COMMON_ASCII_H
#define FM_COMMON_ASCII_H

#include <stdbool.h>
#include <stddef.h>

static inline bool
ascii_is_digit(unsigned char c)
{
	return c >= '0' && c <= '9';
}

static inline unsigned char
ascii_lower(unsigned char c)
{
	return c >= 'A' && c <= 'Z' ? (unsigned char)(c | 0x20) : c;
}

static inline bool
ascii_is_alpha(unsigned char c)
{
	return ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z';
}

/* The value of a hex digit, -1 for what is none. */
static inline int
ascii_hex(unsigned char c)
{
	if (ascii_is_digit(c))
		return c - '0';
	c = ascii_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Whether the len bytes at s are word, which is in lower case, in any case. */
static inline bool
ascii_is_word(const char *s, size_t len, const char *word)
{
	size_t i;

	for (i = 0; i < len && word[i]; i++)
		if (ascii_lower((unsigned char)s[i]) != (unsigned char)word[i])
			return false;
	return i == len && !word[i];
}

#endif
