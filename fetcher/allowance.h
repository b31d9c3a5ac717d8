/* allowance - how many requests a host lets through in how long, learned from where its 429s came:
 * the number that went well before one is what it allows. Pure: numbers in, numbers out.
 *
 * What is learned is tried again: windows that went well grow shorter, and now and then larger, so
 * that a host which has become generous, or was only busy, is asked as freely as before in the
 * end. */
#ifndef FM_FETCHER_ALLOWANCE_H
#define FM_FETCHER_ALLOWANCE_H

#include <stdbool.h>
#include <stdint.h>

enum {
	ALLOWANCE_WINDOW_MS = 15 * 60 * 1000, /* what is counted in while nothing is known */
	ALLOWANCE_LEAST_MS = 60 * 1000,
	ALLOWANCE_MOST_MS = 24 * 3600 * 1000,
	ALLOWANCE_SHORTER = 3,   /* so many good windows make one an eighth shorter, */
	ALLOWANCE_LARGER = 32,   /* so many let one request more through, */
	ALLOWANCE_FORGOTTEN = 96 /* and after so many there is no allowance any more */
};

/* All zero: nothing is known, nothing was sent. Times are in milliseconds of one clock. */
struct allowance {
	int64_t budget;    /* requests a window; 0: as many as wanted */
	int64_t window_ms; /* of a budget */
	int64_t began_ms;  /* this window */
	int64_t used;      /* requests in it */
	int64_t good;      /* windows that were used up without a 429, in a row */
	bool closed;       /* a 429 came in this window: others that were under way say no more */
};

/* A request goes out now. Returns when the next one may: 0, at once. */
int64_t allowance_spend(struct allowance *allowance, int64_t now_ms);

/* A 429 has come, and the host wants silence for hold_ms (or that is what we take it for). Returns
 * when the next request may go out. */
int64_t allowance_refused(struct allowance *allowance, int64_t now_ms, int64_t hold_ms);

/* When the request may go out that has `before` others before it. 0: as far as this goes, now. */
int64_t allowance_turn_ms(const struct allowance *allowance, int64_t before);

#endif
