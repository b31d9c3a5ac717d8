/* date - dates as publishers write them: RFC 822 and all its abuses, RFC 3339 and ISO 8601 in all
 * lengths, seconds since 1970, month names in two dozen languages, and what forms print. */
#ifndef FM_PARSER_DATE_H
#define FM_PARSER_DATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	DATE_BYTES_MAX = 200, /* longer texts are no dates */
	DATE_YEAR_MIN = 1900, /* what is older is a zero that somebody printed */
	DATE_YEAR_MAX = 9999,
};

/* Seconds since 1970-01-01T00:00:00Z into *out and true; false where it is no date that can be
 * read without guessing. A time without a zone is taken for UTC. */
bool date_parse(const char *text, size_t len, int64_t *out);

#endif
