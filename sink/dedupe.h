/* dedupe - the one rule that all sinks share: an (id, revision) takes effect once, and the newest
 * revision by fetch order wins. The memory of it is a table of the sink's own database, written
 * in the same transaction as what the sink makes of the item: both are there, or neither.
 *
 *     no row of this id                                    take
 *     another revision, fetched later (seq is higher)      take, the row follows
 *     the same revision, fetched again later               skip; the row remembers the higher seq
 *     anything else: a repeat, or an older one late        skip */
#ifndef FM_SINK_DEDUPE_H
#define FM_SINK_DEDUPE_H

#include <stdint.h>

#include "common/db.h"
#include "common/err.h"

/* A migration, or part of one: some 50 bytes an item. */
#define DEDUPE_SCHEMA                                                                              \
	"CREATE TABLE latest(id BLOB PRIMARY KEY, rev BLOB NOT NULL, seq INTEGER NOT NULL)"        \
	" WITHOUT ROWID;"

enum dedupe_verdict { DEDUPE_SKIP, DEDUPE_NEW, DEDUPE_CHANGED };

/* Judges an item and remembers it; opens the transaction when none is open. id and rev are what
 * fm_text gives for FM_ID and FM_REV. An id or revision that is NULL is ERR_REJECT. */
int dedupe_offer(struct db *db, const char *id, const char *rev, uint64_t seq,
		 enum dedupe_verdict *verdict_out, struct err *err);

/* For a destination that turned out to hold this revision, from a run that was killed before it
 * could remember: the row becomes this revision, at this sequence or the higher one it had. */
int dedupe_found(struct db *db, const char *id, const char *rev, uint64_t seq, struct err *err);

#endif
