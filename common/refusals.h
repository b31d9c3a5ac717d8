/* refusals - what a link would not take: garbage, strangers, frames of another version. Counted
 * all, and told so that a flood of it is seen but does not flood the log. */
#ifndef FM_COMMON_REFUSALS_H
#define FM_COMMON_REFUSALS_H

#include <stdbool.h>
#include <stdint.h>

enum {
	REFUSALS_WHY_MAX = 200,
	REFUSALS_TOLD_MAX = 8, /* in REFUSALS_SPAN_MS; the rest are counted in the next word */
	REFUSALS_SPAN_MS = 60 * 1000,
};

/* Zeroes are the beginning. */
struct refusals {
	uint64_t count; /* since the process began */
	uint64_t told_count;
	int64_t span_ms;
	unsigned told;              /* in this span */
	char why[REFUSALS_WHY_MAX]; /* the last */
};

/* Copies why, cut where it is too long. */
void refusals_add(struct refusals *r, uint64_t count, const char *why);
/* How many there were since the last time this said so: 0 for none, or for not now. */
uint64_t refusals_tell(struct refusals *r, int64_t now_ms);

#endif
