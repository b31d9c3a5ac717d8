/* site_bucket - the site's lists: the front page, a month, a tag, a source. A bucket holds
 * stories in the order of their date, knows how many, and from which date on its pages are not
 * yet what it holds. That mark is set in the transaction that changes the bucket and taken away
 * only when the pages are on the disk, so a kill leaves work, never a wrong page.
 *
 * All of it works inside the caller's transaction. */
#ifndef FM_SINK_SITE_BUCKET_H
#define FM_SINK_SITE_BUCKET_H

#include <stddef.h>
#include <stdint.h>

#include "common/db.h"

enum site_bucket_kind {
	BUCKET_FRONT,  /* key 0: everything */
	BUCKET_MONTH,  /* key: site_month_of */
	BUCKET_TAG,    /* key: tag.n */
	BUCKET_SOURCE, /* key: source.n */
	BUCKET_LISTS,  /* key 0: the lists of months, tags and sources; holds no stories */
	BUCKET_KINDS,
};

struct site_bucket {
	int64_t kind, key;
	int64_t count; /* of stories */
	int64_t full;  /* numbered pages on the disk */
};

enum { SITE_ID_BYTES = 65 }; /* of an item's id, with its NUL */

/* Adds or takes a story, and marks the bucket from its date on. */
int site_bucket_add(struct db *db, int64_t kind, int64_t key, int64_t at, const char *id,
		    int64_t lead, struct err *err);
int site_bucket_remove(struct db *db, int64_t kind, int64_t key, int64_t at, const char *id,
		       struct err *err);

/* Marks from the date on: INT64_MIN is every page, INT64_MAX the last one. */
int site_bucket_mark(struct db *db, int64_t kind, int64_t key, int64_t from, struct err *err);
int site_bucket_mark_all(struct db *db, struct err *err);

/* The first marked bucket after (kind, key): 1 found, 0 none, -1. */
int site_bucket_marked(struct db *db, int64_t kind, int64_t key, struct site_bucket *out,
		       struct err *err);

/* Work on the bucket begins: *from_out is where its pages have to be rendered from. What is
 * marked from now on is told apart from what this work does. */
int site_bucket_begin(struct db *db, const struct site_bucket *bucket, int64_t *from_out,
		      struct err *err);
/* Its pages are on the disk, `full` of them numbered. A bucket without stories is forgotten. */
int site_bucket_end(struct db *db, const struct site_bucket *bucket, int64_t full, struct err *err);

/* How many stories are before the date. */
int site_bucket_before(struct db *db, const struct site_bucket *bucket, int64_t at, int64_t *out,
		       struct err *err);

/* A place between two stories. */
struct site_cursor {
	int64_t at;
	char id[SITE_ID_BYTES];
};

/* The place before the story with the index (0-based, oldest first). Where there are not as many
 * stories, after the last. */
int site_bucket_seek(struct db *db, const struct site_bucket *bucket, int64_t index,
		     struct site_cursor *out, struct err *err);

/* The leads of the next stories, oldest first, at most max; the cursor moves past them. */
int site_bucket_read(struct db *db, const struct site_bucket *bucket, struct site_cursor *cursor,
		     size_t max, int64_t *leads_out, size_t *count_out, struct err *err);

/* The leads of the newest stories, newest first, at most max. */
int site_bucket_newest(struct db *db, const struct site_bucket *bucket, size_t max,
		       int64_t *leads_out, size_t *count_out, struct err *err);

/* The month nearest before (step -1) or after (1) this one that holds stories: 1, 0 none, -1. */
int site_bucket_neighbour(struct db *db, int64_t month, int step, int64_t *out, struct err *err);

#endif
