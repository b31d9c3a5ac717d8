/* parse - a document understood: what format it is, its feed, its items, and what the fetcher may
 * want to know. charset -> repair -> xml and reader (or jsonfeed) -> identity. */
#ifndef FM_PARSER_PARSE_H
#define FM_PARSER_PARSE_H

#include <stddef.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/document.h"
#include "common/err.h"
#include "common/item.h"
#include "parser/reader.h"

enum {
	PARSE_TEXT_BYTES_MAX = 3 * DOCUMENT_BODY_BYTES_MAX, /* a document as UTF-8 */
	PARSE_ARENA_BYTES_MAX = 256 * 1024 * 1024, /* what one document's result may take */
	PARSE_WARNINGS_MAX = 48,                   /* one of every kind */
};

/* What the document says of the feed itself. Absent is NULL, 0, ITEM_NO_TIME. */
struct parse_feed {
	const char *format; /* "rss", "rdf", "atom", "json" */
	const char *encoding;
	const char *id, *title, *subtitle, *link, *self, *language, *generator, *image, *icon,
		*rights;
	int64_t published_s, updated_s;
	int64_t ttl_min; /* -1: absent */
	const char *const *hubs;
	size_t hub_count;
	const struct item_author *authors;
	size_t author_count;
	const char *const *categories;
	size_t category_count;
};

/* What concerns the next fetch. */
struct parse_hints {
	int64_t ttl_min;          /* <ttl>; 0: absent */
	int64_t update_s;         /* sy:updatePeriod / sy:updateFrequency; 0: absent */
	uint32_t skip_hours;      /* bit 0..23, GMT */
	uint8_t skip_days;        /* bit 0..6, Sunday first */
	int64_t newest_s;         /* date of the newest item; ITEM_NO_TIME: none has one */
	const char *prev_archive; /* RFC 5005 */
};

struct parse_result {
	struct parse_feed feed;
	struct parse_hints hints;
	const struct entry *entries; /* item.id, rev, feed, seq, fetched_s are filled in */
	size_t entry_count;
	const char
		*warnings[PARSE_WARNINGS_MAX]; /* what is wrong with the document, and was mended */
	size_t warning_count;
};

struct parser; /* what is worth keeping from document to document */

struct parser *parser_new(void); /* NULL without memory */
void parser_free(struct parser *p);
SCOPED_DEFINE(struct parser, parser_free)

/* Documents may be as large as this, rather than DOCUMENT_BODY_BYTES_MAX: for files that no link
 * carries. */
void parser_allow(struct parser *p, size_t document_bytes);

/* Reads the document into out, which lives in the arena and in p until its next document. doc
 * needs a body only; what else it has helps. ERR_REJECT with the reason where it is no feed. */
int parse_document(struct parser *p, const struct document *doc, struct arena *arena,
		   struct parse_result *out, struct err *err);

/* Faults of ours in the last document: what libxml2 found wrong in what repair had made right. */
size_t parser_faults(const struct parser *p);

#endif
