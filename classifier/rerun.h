/* rerun - the present rules over items that the outbox still keeps (feedmill retag). An item whose
 * tags come out otherwise becomes a row of its own again, as a new revision, for the sinks that
 * want it now.
 *
 * Which is newer: the item keeps the seq of its document and counts its reruns in `retags`, so that
 * (seq, retags) orders all revisions of an item: a rerun is newer than what it was made of, and
 * whatever the feed shows later is newer than any rerun. `seen` keeps the publisher's revision: the
 * feed's repetition stays nothing new. Only an item's newest row is judged, and one whose tags stay
 * costs no write, so that going through a stretch twice, after a crash say, does nothing twice. */
#ifndef FM_CLASSIFIER_RERUN_H
#define FM_CLASSIFIER_RERUN_H

#include <stdbool.h>
#include <stdint.h>

#include "classifier/outbox.h"
#include "classifier/tagger.h"
#include "common/arena.h"
#include "common/err.h"
#include "common/scope.h"

struct rerun;

/* Borrows outbox, whose database remembers how far it is. Returns new. */
struct rerun *rerun_open(struct outbox *outbox, struct err *err);
void rerun_close(struct rerun *rerun);
SCOPED_DEFINE(struct rerun, rerun_close)

/* From what arrived at since_s on, up to the present end; what was not done of an earlier one is
 * done as well. *rows_out: how many rows that is. */
int rerun_begin(struct rerun *rerun, int64_t since_s, int64_t *rows_out, struct err *err);

/* Some rows of it; nothing while the outbox is full. Resets the arena. */
int rerun_turn(struct rerun *rerun, struct tagger *tagger, struct arena *arena, struct err *err);
bool rerun_has_more(const struct rerun *rerun);
/* After the turn's transaction was lost. */
void rerun_rollback(struct rerun *rerun);

/* Rows that are left; items that ever got other tags. */
int64_t rerun_left(const struct rerun *rerun);
int64_t rerun_changed(const struct rerun *rerun);

#endif
