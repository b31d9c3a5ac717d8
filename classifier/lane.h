/* lane - a walk through a stretch of the outbox's rows: what was looked at, what is in flight, up
 * to where everything is settled, and what became of it. Pure: rows are numbers here. */
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
	struct tally settled; /* the rows up to done, since lane_take_settled */
};

struct lane lane_of(int64_t done, int64_t end);
void lane_clear(struct lane *lane); /* frees what it holds */

/* Row seq, the next one, is in flight from now on. -1 with ERR_RETRY without memory. */
int lane_send(struct lane *lane, int64_t seq, struct err *err);
/* The row that was sent last was not sent after all. Nothing came between. */
void lane_unsend(struct lane *lane);
/* A row that is not in flight, the next one, came to this end. */
void lane_note(struct lane *lane, enum fate fate);
/* Rows up to seq were looked at: each was sent or noted. */
void lane_pass(struct lane *lane, int64_t seq);
/* Row seq needs no more doing: whether it was in flight here. */
bool lane_settle(struct lane *lane, int64_t seq, enum fate fate);
/* Whatever is in flight up to seq: it is let go of (FATE_EXPIRED), and not looked at any more;
 * unseen: what becomes of the rows up to seq that were not looked at yet. */
void lane_skip(struct lane *lane, int64_t seq, const struct tally *unseen);

/* Moves the tally of the rows up to done to *to. */
void lane_take_settled(struct lane *lane, struct tally *to);

/* Whether there are rows up to last_seq that were not looked at. */
bool lane_has_more(const struct lane *lane, int64_t last_seq);
bool lane_is_over(const struct lane *lane);
/* Whether row seq belongs to the stretch and waits still: not looked at, or in flight. */
bool lane_waits(const struct lane *lane, int64_t seq);

#endif
