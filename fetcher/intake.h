/* intake - how a document comes in, whether a poll brought it or a hub did: what is written down of
 * it, and in which transaction. */
#ifndef FM_FETCHER_INTAKE_H
#define FM_FETCHER_INTAKE_H

#include <stdint.h>

#include "common/buf.h"
#include "common/err.h"
#include "fetcher/feed.h"
#include "fetcher/poll.h"
#include "fetcher/state.h"

/* The feed's document as it goes into the spool: appended to out. An archive's items are its
 * feed's; nothing is appended where that is gone. */
int intake_encode(struct state *state, const struct feed *feed, const struct outcome *outcome,
		  int64_t now_s, struct buf *out, struct err *err);

/* Document (empty: none) and feed, in the open transaction. */
int intake_write(struct state *state, struct feed *feed, const struct buf *document,
		 struct err *err);

#endif
