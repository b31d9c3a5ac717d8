/* story - what the outbox's database knows of one item: the item itself with the reasons of its
 * tags, and how far it has come with each sink. Reads tables only, so that it serves the running
 * stage as well as a person at a terminal when nothing runs (a database opened shared_read). */
#ifndef FM_CLASSIFIER_STORY_H
#define FM_CLASSIFIER_STORY_H

#include <stddef.h>
#include <stdint.h>

#include "common/db.h"
#include "common/err.h"
#include "common/json.h"

enum story_fate {
	STORY_UNKNOWN, /* ask the tables */
	STORY_WAITING,
	STORY_IN_FLIGHT,
	STORY_SETTLED,
	STORY_UNDECLARED, /* the sink is no longer in the configuration */
};

/* What a running classifier knows better of row seq and a sink. ask may be NULL. */
struct story_teller {
	enum story_fate (*ask)(void *arg, const char *sink, int64_t seq);
	void *arg;
};

/* An object: id, rev, fetch_seq (the number of its document in the fetcher's spool), outbox_seq,
 * seen_last, arrived, item (while it is kept), sinks (an array: sink, state, filter, and where it
 * is so quarantine, reason, attempts, crashes). state: waiting, in flight, delivered, filtered out,
 * quarantined, settled (the item is gone from the outbox: delivered, filtered out or expired),
 * undeclared. ERR_REJECT: no such item is known. */
int story_tell(struct db *db, const char *id, const struct story_teller *teller, struct json *j,
	       struct err *err);

/* Items whose url or guid is `text`, the newest first: calls each with up to limit ids. Reads the
 * whole outbox, so not for a stage's own loop. */
int story_find(struct db *db, const char *text, size_t limit,
	       void (*each)(void *arg, const char *id), void *arg, struct err *err);

#endif
