/* handover - spooled documents on their way to the parsers: offered once their row is committed,
 * deleted when they are acked, kept in the quarantine when no parser can read them. Everything
 * works inside the stage's transaction. */
#ifndef FM_FETCHER_HANDOVER_H
#define FM_FETCHER_HANDOVER_H

#include <stdint.h>

#include "common/err.h"
#include "common/json.h"
#include "common/scope.h"
#include "common/stage.h"
#include "fetcher/state.h"
#include "fetcher/sweep.h"
#include "fetcher/websub.h"

struct handover;

/* Borrows state and sweep. Returns new. */
struct handover *handover_new(struct state *state, struct sweep *sweep, struct err *err);
void handover_free(struct handover *handover);
SCOPED_DEFINE(struct handover, handover_free)

/* Documents say which hubs their feeds have: it is told. NULL: nobody is. */
void handover_tell(struct handover *handover, struct websub *websub);

/* What of the spool is on the disk now may be offered: call after each commit. */
void handover_committed(struct handover *handover);

/* struct route_ops, with the handover as self. */
int handover_fill(struct handover *h, struct route *route, struct err *err);
int handover_load(struct handover *h, uint64_t id, struct buf *out, struct err *err);
int handover_acked(struct handover *h, uint64_t id, struct err *err);
int handover_rejected(struct handover *h, uint64_t id, const char *who, const char *reason,
		      struct err *err);
int handover_crashed(struct handover *h, uint64_t id, const char *who, int64_t points,
		     struct err *err);
/* A msgpack map {"feed": id, "ttl_s", "skip_hours", "skip_days", "newest_s", "title", "link",
 * "self", "hub", "prev_archive", "items", "document", "parser", "warnings"}: what the document says
 * of itself and asks of its readers; all but feed may be absent, hub is a line for each. What
 * cannot be read is no error.
 */
int handover_hint(struct handover *h, struct bytes hint, struct err *err);

/* The quarantine, for people. */

/* Into the spool again: 1, 0 no such row, -1. */
int handover_retry(struct handover *h, int64_t quarantine_id, struct err *err);
/* Out of the quarantine; its feed is fetched whole next time: 1, 0 no such row, -1. */
int handover_drop(struct handover *h, int64_t quarantine_id, struct err *err);

struct handover_counts {
	int64_t acked, rejected, crashed;
};
struct handover_counts handover_counts(const struct handover *h);

#endif
