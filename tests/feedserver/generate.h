/* generate - feeds whose items can be foretold. Item N of feed F has the guid "gen-F-N", the link
 * http://HOST/item/F/N, a date N minutes into 2026, and a title that begins "Item N of feed F" and
 * speaks of bitcoin, a smartwatch, a large language model or gardening as N % 4 is 0, 1, 2 or 3.
 * Its content is a paragraph of `bytes` bytes and a second one, "check XXXXXXXX": the CRC-32 of the
 * first one's text. */
#ifndef FM_TESTS_FEEDSERVER_GENERATE_H
#define FM_TESTS_FEEDSERVER_GENERATE_H

#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"

enum {
	GENERATE_ITEMS_MAX = 1000000,
	GENERATE_ITEM_BYTES_MAX = 16 * 1024 * 1024,
};

struct generate {
	const char *format; /* "rss", "atom", "json" */
	uint64_t feed;
	uint64_t first, count; /* items first .. first + count - 1, the newest on top */
	uint64_t item_bytes;
	uint64_t revision; /* in each title, when it is not 0 */
	const char *mark;  /* stands in the content of the first item; NULL: nothing */
};

/* Appends the document. -1: past out's ceiling, or an unknown format. */
int generate_feed(const struct generate *g, struct buf *out);
/* The Content-Type that goes with it. */
const char *generate_type(const char *format);

/* CRC-32 as gzip and zlib compute it. */
uint32_t generate_crc32(const void *data, size_t len);

#endif
