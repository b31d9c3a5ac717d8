/* schedule - when to ask a feed again. Pure arithmetic on seconds of the wall clock: the same input
 * gives the same answer, so that a year can be tested in a moment. `random` spreads: any number. */
#ifndef FM_FETCHER_SCHEDULE_H
#define FM_FETCHER_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

#include "fetcher/feed.h"

enum {
	SCHEDULE_DAY_S = 24 * 3600,
	/* What a publisher may ask for at most: max-age has been seen at sixteen years. */
	SCHEDULE_WISH_MAX_S = SCHEDULE_DAY_S,
	SCHEDULE_RETRY_LEAST_S = 60,
	/* A due time further ahead was written by a clock that has since gone back. */
	SCHEDULE_AHEAD_MAX_S = 8 * SCHEDULE_DAY_S,
};

/* From the configuration. */
struct pace {
	int64_t interval_s;     /* between two polls of a feed that says nothing: the floor */
	int64_t max_interval_s; /* for feeds that never change, and for failing ones */
	int64_t retry_s;        /* after the first failure; doubled after each more */
};

/* After a success: sets interval_s (shorter after a change, longer without one) and returns when
 * the feed is due: not before schedule_quiet_s, nor before the publisher's wishes (fresh_s: what
 * HTTP says, -1 nothing; ttl, skipHours, skipDays), up to a tenth later than needed. A feed with an
 * interval of its own keeps to it as far as the publisher's wishes let it. */
int64_t schedule_success(const struct pace *pace, struct feed *feed, bool changed, int64_t fresh_s,
			 int64_t now_s, uint32_t random);

/* How long a feed whose youngest item is old has at least: an eighth of its silence, max_interval
 * at most. So a feed that died years ago is not asked by the hour until that has been learned. */
int64_t schedule_quiet_s(const struct pace *pace, const struct feed *feed, int64_t now_s);

/* After failures in a row (>= 1). retry_after_s: what the server says, -1 nothing. */
int64_t schedule_failure(const struct pace *pace, int64_t failures, int64_t retry_after_s,
			 int64_t now_s, uint32_t random);

/* The first moment from due_s on that skipHours and skipDays leave open; due_s itself where they
 * leave none. */
int64_t schedule_open(const struct feed *feed, int64_t due_s);

/* Of feeds that a host keeps waiting until the same moment, the one that has waited for longest
 * goes first: how long after that moment this one is due, less than a minute. */
int64_t schedule_turn(int64_t polled_s, int64_t now_s);

#endif
