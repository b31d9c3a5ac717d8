/* lane - a walk through a stretch of the outbox's rows: what was looked at, what is in flight, and
 * up to where everything is settled. Pure: rows are numbers here. */
#ifndef FM_CLASSIFIER_LANE_H
#define FM_CLASSIFIER_LANE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "classifier/seqset.h"

struct lane {
	int64_t done; /* settled up to here */
	int64_t next; /* looked at up to here */
	int64_t end;  /* the last row of the stretch; INT64_MAX: it has no end */
	struct seqset pending;
};

struct lane lane_of(int64_t done, int64_t end);
void lane_clear(struct lane *lane); /* frees what it holds */

/* Rows up to seq were looked at. */
void lane_pass(struct lane *lane, int64_t seq);
/* Row seq needs no more doing: whether it was in flight here. */
bool lane_settle(struct lane *lane, int64_t seq);
/* Whatever is in flight up to seq: it is let go of, and not looked at any more. */
void lane_skip(struct lane *lane, int64_t seq);

/* Whether there are rows up to last_seq that were not looked at. */
bool lane_has_more(const struct lane *lane, int64_t last_seq);
bool lane_is_over(const struct lane *lane);
/* Whether row seq belongs to the stretch and waits still: not looked at, or in flight. */
bool lane_waits(const struct lane *lane, int64_t seq);

#endif
