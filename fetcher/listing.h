/* listing - a new list of feeds becomes the state's: what is new begins, what is gone rests and is
 * forgotten after a while, what stays keeps everything that is known of it.
 *
 *     listing_begin -> listing_add for each feed (duplicates are one) -> listing_end -> commit
 *
 * One transaction: a list that turns out to be broken leaves the old one (rollback). */
#ifndef FM_FETCHER_LISTING_H
#define FM_FETCHER_LISTING_H

#include <stdint.h>

#include "common/err.h"
#include "fetcher/feedlist.h"
#include "fetcher/state.h"

enum {
	LISTING_FEEDS_A_S = 1000, /* new feeds begin over so many seconds, an interval at most */
};

struct list_change {
	int64_t feeds, added, changed, removed;
};

int listing_begin(struct state *state, struct err *err);
int listing_add(struct state *state, const struct listed *feed, struct err *err);
/* stamp: what listing_stamp says from then on. */
int listing_end(struct state *state, uint64_t stamp, int64_t now_s, int64_t interval_s,
		struct list_change *change_out, struct err *err);

/* The stamp of the list that the state has; 0: none yet. A start need not read a list again that
 * has not changed since. */
int listing_stamp(struct state *state, uint64_t *stamp_out, struct err *err);

#endif
