/* xmlchar - what bytes may be part of in XML. */
#ifndef FM_PARSER_XMLCHAR_H
#define FM_PARSER_XMLCHAR_H

#include <stdbool.h>
#include <stdint.h>

/* Sets of bytes, a bit for each. All over 0x7F may stand in a name as it comes; tag_put_name
 * replaces them: libxml2 is picky about which of them make a name, and no element that anybody
 * reads has one. */
struct xmlchar_set {
	uint64_t bits[4];
};

#define XMLCHAR_NAME                                                                               \
	((struct xmlchar_set){{0x07FF600000000000, 0x07FFFFFE87FFFFFE, UINT64_MAX, UINT64_MAX}})
#define XMLCHAR_NAME_START                                                                         \
	((struct xmlchar_set){{0x0400000000000000, 0x07FFFFFE87FFFFFE, UINT64_MAX, UINT64_MAX}})
#define XMLCHAR_BLANK ((struct xmlchar_set){{0x0000000100002600, 0, 0, 0}})

static inline bool
xmlchar_is(char c, struct xmlchar_set set)
{
	return set.bits[(unsigned char)c >> 6] >> (c & 63) & 1;
}

/* The first byte from at on that is not in the set. */
static inline const char *
xmlchar_skip(const char *at, const char *end, struct xmlchar_set set)
{
	while (at < end && xmlchar_is(*at, set))
		at++;
	return at;
}

#endif
