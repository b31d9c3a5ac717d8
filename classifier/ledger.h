/* ledger - what the outbox's database remembers of each sink: how far it has come (cursors), and
 * which rows its workers died of (blame). All calls work in
 * the transaction that is open, and begin one before they write. */
#ifndef FM_CLASSIFIER_LEDGER_H
#define FM_CLASSIFIER_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "classifier/seqset.h"
#include "common/db.h"
#include "common/err.h"

#define LEDGER_SCHEMA                                                                              \
	"CREATE TABLE cursors(sink TEXT PRIMARY KEY, filter TEXT NOT NULL,"                        \
	" done_seq INTEGER NOT NULL) WITHOUT ROWID;"                                               \
	"CREATE TABLE again(sink TEXT NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY(sink, seq))"     \
	" WITHOUT ROWID;"                                                                          \
	"CREATE TABLE blame(sink TEXT NOT NULL, seq INTEGER NOT NULL, points INTEGER NOT NULL,"    \
	" PRIMARY KEY(sink, seq)) WITHOUT ROWID;"

/* What became of the rows up to done_seq, written with it; before: rows that are older than the
 * sink (NULL: a database of before, which did not count). */
#define LEDGER_TALLY_SCHEMA                                                                        \
	"ALTER TABLE cursors ADD COLUMN delivered INTEGER NOT NULL DEFAULT 0;"                     \
	"ALTER TABLE cursors ADD COLUMN quarantined INTEGER NOT NULL DEFAULT 0;"                   \
	"ALTER TABLE cursors ADD COLUMN expired INTEGER NOT NULL DEFAULT 0;"                       \
	"ALTER TABLE cursors ADD COLUMN filtered INTEGER NOT NULL DEFAULT 0;"                      \
	"ALTER TABLE cursors ADD COLUMN replayed INTEGER NOT NULL DEFAULT 0;"                      \
	"ALTER TABLE cursors ADD COLUMN before INTEGER;"

/* One sink's part. Borrows both. */
struct ledger {
	struct db *db;
	const char *sink;
};

/* How far a sink has come, and what became of the rows up to there. */
struct ledger_place {
	int64_t done;
	struct tally tally;
	int64_t replayed; /* delivered once more, by replays */
	int64_t before;   /* accepted before its time; -1: not known */
};

/* 1, 0 the sink has none, -1. */
int ledger_load(struct ledger ledger, struct ledger_place *out, struct err *err);
int ledger_save(struct ledger ledger, const struct ledger_place *place, const char *filter,
		struct err *err);

int ledger_blame_count(struct ledger ledger, int64_t *out, struct err *err);
int ledger_blame_add(struct ledger ledger, int64_t seq, int64_t points, int64_t *sum_out,
		     struct err *err);
int ledger_blame_forget(struct ledger ledger, int64_t seq, struct err *err);

/* The sinks that there are, declared or not, with their done: calls each until it returns
 * non-zero. */
int ledger_each(struct db *db, int (*each)(void *arg, const char *sink, int64_t done), void *arg,
		struct err *err);
/* Forgets a sink: 1, 0 there is none, -1. */
int ledger_drop(struct ledger ledger, struct err *err);

#endif
