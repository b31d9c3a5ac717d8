/* stories - which items of several feeds tell the same story, among those of the last time. A
 * wrong join is worse than a missed one: items of one feed are never joined, an address that a
 * feed gives to several items tells nothing, and a story has one item of a feed at most.
 *
 * The newest STORIES_MAX items are remembered, in memory for the search and in the outbox's
 * database for the next start; whatever comes, an item is compared with a bounded number of them.
 * All calls work in the database's transaction. */
#ifndef FM_CLASSIFIER_STORIES_H
#define FM_CLASSIFIER_STORIES_H

#include <stddef.h>
#include <stdint.h>

#include "common/db.h"
#include "common/err.h"
#include "common/item.h"
#include "common/scope.h"

#define STORIES_SCHEMA "CREATE TABLE stories(n INTEGER PRIMARY KEY, row BLOB NOT NULL);"

enum { STORIES_MAX = 65536, STORIES_COMPARED_MAX = 64 /* by each key */ };

struct stories;

/* Borrows db. window_s: how far apart items of a story may arrive; 0: none is looked for. Returns
 * new. */
struct stories *stories_open(struct db *db, int64_t window_s, struct err *err);
void stories_close(struct stories *stories);
SCOPED_DEFINE(struct stories, stories_close)
void stories_set_window(struct stories *stories, int64_t window_s);

struct story {
	char id[ITEM_ID_HEX + 1];
	uint64_t rank;
};

/* Finds the story of an item that was never here before, or makes it the first of its own, and
 * remembers it. */
int stories_find(struct stories *stories, const struct item *item, int64_t now_s, struct story *out,
		 struct err *err);

/* After the turn's transaction was lost: what it remembered is forgotten. */
void stories_rollback(struct stories *stories);

#endif
