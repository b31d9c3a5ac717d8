/* document - what the fetcher hands to a parser: one HTTP response that may be a feed. */
#ifndef FM_COMMON_DOCUMENT_H
#define FM_COMMON_DOCUMENT_H

#include <stdint.h>

#include "common/arena.h"
#include "common/buf.h"
#include "common/err.h"

enum {
	DOCUMENT_VERSION =
		1, /* members may be added to it, and are skipped by who knows them not */
	DOCUMENT_BODY_BYTES_MAX = 32 * 1024 * 1024,
	DOCUMENT_BYTES_MAX = DOCUMENT_BODY_BYTES_MAX + 64 * 1024, /* encoded */
	DOCUMENT_TEXT_BYTES_MAX = 8192,
};

/* Texts are NULL where absent. */
struct document {
	const char *feed_id;          /* 32 hex digits */
	const char *feed_url;         /* as the list has it */
	const char *url;              /* after redirects; NULL: feed_url */
	const char *folder;           /* of the feed, as the list has it: "News/Science" */
	const char *content_type;     /* as sent */
	const char *content_language; /* as sent */
	const char *content_location; /* as sent */
	uint64_t seq;                 /* place in the fetcher's spool: the order of fetches */
	int64_t fetched_s;            /* wall clock */
	int64_t status;               /* of HTTP */
	struct bytes body;            /* decompressed */
};

/* Appends the msgpack map to out. */
int document_encode(const struct document *doc, struct buf *out, struct err *err);
/* Texts live in the arena; the body borrows from msg. ERR_REJECT: no safe msgpack, a wrong type, a
 * text over its ceiling, or neither feed_id nor feed_url. */
int document_decode(struct bytes msg, struct arena *arena, struct document *out, struct err *err);

#endif
