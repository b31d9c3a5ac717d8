/* outbox - what the classifier has promised to deliver, on disk: each tagged item once, whatever
 * the number of sinks.
 *
 * Everything happens in the transaction that the first write of a turn begins. Only rows that are
 * committed are shown: what was delivered must not be rolled back, nor its number given again. */
#ifndef FM_CLASSIFIER_OUTBOX_H
#define FM_CLASSIFIER_OUTBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "classifier/seen.h"
#include "common/buf.h"
#include "common/db.h"
#include "common/err.h"
#include "common/item.h"
#include "common/scope.h"

struct outbox;

struct outbox_options {
	int64_t max_bytes;      /* of the file; full somewhat below, so that deletes still fit */
	int64_t min_free_bytes; /* of the disk: full below */
	bool min_free_fits;     /* an eighth of the disk, where that is less */
	int64_t keep_s;         /* how long items stay that all sinks have, */
	int64_t keep_bytes;     /* and how many of them */
	int64_t seen_s;         /* how long an item is known that no feed shows any more */
};

/* Returns new. */
struct outbox *outbox_open(const char *path, const struct outbox_options *options, struct err *err);
void outbox_close(struct outbox *outbox);
SCOPED_DEFINE(struct outbox, outbox_close)
/* After a reload; max_bytes of an open file stays. */
void outbox_set_options(struct outbox *outbox, const struct outbox_options *options);

/* For cursors and the quarantine, whose rows are in the same file. Borrowed. */
struct db *outbox_db(struct outbox *outbox);
struct seen *outbox_seen(struct outbox *outbox);

/* In. */

/* Stores the tagged item and that it was seen. only: the one sink it is for; NULL: all, by their
 * filters. */
int outbox_put(struct outbox *outbox, const struct item *item, const char *only, struct err *err);

/* Stores an item that is there, its content unchanged, once more for all sinks that want it. */
int outbox_put_anew(struct outbox *outbox, const struct item *item, struct err *err);

/* Whether no more may be put: the file is near its cap, or the disk near its end. Found out once a
 * turn. */
bool outbox_is_full(const struct outbox *outbox);

/* Out. */

struct outbox_row {
	int64_t seq;
	int64_t at_s;       /* wall clock of its arrival */
	size_t len;         /* of the body */
	int64_t count_to;   /* items up to and with this one, ever */
	int64_t bytes_to;   /* their bytes */
	const char *labels; /* see filter.h */
	const char *only;   /* NULL: for every sink */
};

/* Up to limit rows after `after`, oldest first, given to `each` until it returns non-zero (texts
 * are borrowed for the call). 0 or -1. */
int outbox_each(struct outbox *outbox, int64_t after, size_t limit,
		int (*each)(void *arg, const struct outbox_row *row), void *arg, struct err *err);

/* Appends the body of row seq. ERR_REJECT: the row is gone, or its CRC is wrong. */
int outbox_load(struct outbox *outbox, int64_t seq, struct buf *out, struct err *err);
/* The same whatever the CRC says; nothing is appended when the row is gone. */
int outbox_body(struct outbox *outbox, int64_t seq, struct buf *out, struct err *err);

/* The newest row that is committed; 0: there never was one. */
int64_t outbox_last_seq(const struct outbox *outbox);

/* What lies behind `done`. */
struct outbox_depth {
	int64_t items, bytes;
	int64_t oldest_s; /* wall clock; 0: nothing */
};
int outbox_depth(struct outbox *outbox, int64_t done, struct outbox_depth *out, struct err *err);
/* The first row that arrived at since_s or later, as the wall clock was; one past the newest where
 * there is none. */
int outbox_since(struct outbox *outbox, int64_t since_s, int64_t *out, struct err *err);
/* count_to of the newest row: all that was ever accepted; and its bytes_to. */
int64_t outbox_count_ever(const struct outbox *outbox);
int64_t outbox_bytes_ever(const struct outbox *outbox);

/* Housekeeping. */

/* What may be deleted: rows up to these. */
struct outbox_holds {
	int64_t deliveries; /* every sink has passed them; none is ever deleted beyond */
	int64_t replays;    /* no replay wants them; what a replay wants goes when room is scarce */
};
/* Once a turn, a bounded piece of it: deletes items that are kept long enough, forgets what was
 * not seen for long, gives room back. now_s is wall clock. */
int outbox_turn(struct outbox *outbox, const struct outbox_holds *holds, int64_t now_s,
		struct err *err);

/* Ends the turn's transaction; after an error outbox_rollback follows. */
int outbox_commit(struct outbox *outbox, struct err *err);
void outbox_rollback(struct outbox *outbox);

/* Since the opening. */
struct outbox_counts {
	uint64_t items;     /* put */
	int64_t size_bytes; /* of the file */
};
struct outbox_counts outbox_counts(struct outbox *outbox);

#endif
