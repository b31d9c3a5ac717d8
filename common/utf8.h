/* utf8 - valid UTF-8 and nothing else inside the mill (RFC 3629: no surrogates, no overlong
 * forms, at most U+10FFFF). */
#ifndef FM_COMMON_UTF8_H
#define FM_COMMON_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { UTF8_BYTES_MAX = 4, UTF8_REPLACEMENT = 0xFFFD };

/* Whether all len bytes are valid UTF-8. Fast on ASCII. */
bool utf8_valid(const char *s, size_t len);

/* The code point at *at, which moves past it; at < end. A malformed sequence gives
 * UTF8_REPLACEMENT and moves past its maximal prefix (Unicode 15, 3.9, U+FFFD substitution). */
uint32_t utf8_next(const char **at, const char *end);

/* Writes a code point, returns its length 1..4. A surrogate or what is over U+10FFFF is written
 * as UTF8_REPLACEMENT. */
size_t utf8_put(uint32_t cp, char out[UTF8_BYTES_MAX]);

/* The largest length <= max at which s may be cut without splitting a code point. */
size_t utf8_cut(const char *s, size_t len, size_t max);

#endif
