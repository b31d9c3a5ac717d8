/* seen - which items came before, in which revision, so that a feed's repetitions stop here. A
 * table of the outbox's database; all calls work in its transaction.
 *
 * The same revision again is nothing new; an older one (by the fetcher's sequence) that arrives
 * late is dropped; any other is a new item. */
#ifndef FM_CLASSIFIER_SEEN_H
#define FM_CLASSIFIER_SEEN_H

#include <stdbool.h>
#include <stdint.h>

#include "common/db.h"
#include "common/err.h"
#include "common/item.h"
#include "common/scope.h"

#define SEEN_SCHEMA                                                                                \
	"CREATE TABLE seen(id BLOB PRIMARY KEY, rev INTEGER NOT NULL, fetch_seq INTEGER NOT NULL," \
	" seq INTEGER NOT NULL, day INTEGER NOT NULL) WITHOUT ROWID;"

/* What a later version added: the story of an item that is not the first of its own. */
#define SEEN_STORY_SCHEMA                                                                          \
	"ALTER TABLE seen ADD COLUMN story BLOB;"                                                  \
	"ALTER TABLE seen ADD COLUMN story_rank INTEGER;"

struct seen;

enum seen_verdict {
	SEEN_NEW,
	SEEN_KNOWN, /* this revision is there; that it was seen again is noted */
	SEEN_OLD,   /* a later revision is there */
};

/* Borrows db. keep_s: how long an item is known that no feed shows any more. Returns new. */
struct seen *seen_open(struct db *db, int64_t keep_s, struct err *err);
void seen_close(struct seen *seen);
SCOPED_DEFINE(struct seen, seen_close)
void seen_set_keep(struct seen *seen, int64_t keep_s);

int seen_judge(struct seen *seen, const struct item *item, enum seen_verdict *out, struct err *err);
/* The item became row seq of the outbox. Its story is the one it had at first. */
int seen_note(struct seen *seen, const struct item *item, int64_t seq, struct err *err);

/* Its newest row is another one: the same content with other tags. */
int seen_move(struct seen *seen, const struct item *item, int64_t seq, struct err *err);

/* The story of an item that was here before, its own until it is told otherwise (seen_note): 1, 0
 * it never was, -1. rank_out: its place in it. */
int seen_story(struct seen *seen, const struct item *item, char story_out[ITEM_ID_HEX + 1],
	       uint64_t *rank_out, struct err *err);

/* What is known of an item: 1, 0 nothing, -1 (ERR_REJECT: no id). */
struct seen_item {
	char rev[ITEM_REV_HEX + 1];
	int64_t fetch_seq, seq; /* of the fetcher's spool, of the outbox */
	int64_t last_s;         /* the beginning of the day when it was seen last */
};
int seen_find(struct seen *seen, const char *id, struct seen_item *out, struct err *err);

/* Once a turn: a bounded stretch of forgetting. */
int seen_turn(struct seen *seen, int64_t now_s, struct err *err);

#endif
