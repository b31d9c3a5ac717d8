/* lost - what a sink's database has lost of what it had acked (loss.h) the mill gives again. */
#ifndef FM_SINK_LOST_H
#define FM_SINK_LOST_H

#include "common/db.h"
#include "common/err.h"
#include "common/feedmill.h"

/* In open. newest_left: a query for one number, when the oldest of the last few items that are left
 * was fetched (seconds since 1970; NULL where none is left): nothing older is missing, because
 * items come in the order in which they were fetched, more or less. */
int lost_tell(struct fm_sink *sink, struct db *db, const char *newest_left, struct err *err);

#endif
