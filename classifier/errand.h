/* errand - a stretch of the outbox that a sink is to get beside what is new: a replay, or the
 * backlog of an outage. Kept in the outbox's database until it is over, with how far it has come;
 * after a crash it goes on from there.
 *
 * A backlog is owed: its rows have never been delivered, and are held like those that wait. A
 * replay's rows are held only as long as there is room. All calls work in the transaction that is
 * open, and begin one before they write. */
#ifndef FM_CLASSIFIER_ERRAND_H
#define FM_CLASSIFIER_ERRAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "classifier/filter.h"
#include "classifier/lane.h"
#include "common/db.h"
#include "common/err.h"

#define ERRAND_SCHEMA                                                                              \
	"CREATE TABLE errands(id INTEGER PRIMARY KEY AUTOINCREMENT, sink TEXT NOT NULL,"           \
	" owed INTEGER NOT NULL, done_seq INTEGER NOT NULL, end_seq INTEGER NOT NULL,"             \
	" since_s INTEGER NOT NULL, filter TEXT NOT NULL);"                                        \
	"CREATE INDEX errands_of ON errands(sink, owed DESC, id);"

struct errand {
	int64_t id; /* 0: not in the database yet */
	bool owed;
	int64_t since_s;       /* rows that arrived before are passed over */
	char *filter_text;     /* beside the sink's own */
	struct filter *filter; /* the same, to match */
	struct lane lane;
	int64_t saving,
		saved; /* lane.done as the transaction has it, and the disk; -1: not there */
};

/* Members of a new one; text may be NULL. Not in the database before errand_save. */
int errand_init(struct errand *errand, bool owed, struct lane lane, int64_t since_s,
		const char *filter, struct err *err);
void errand_done(struct errand *errand);

/* The sink's next one, those that are owed first: 1, 0 there is none, -1. */
int errand_first(struct db *db, const char *sink, struct errand *out, struct err *err);
/* Writes how far it has come; removes it when it is over. */
int errand_save(struct db *db, const char *sink, struct errand *errand, struct err *err);
bool errand_is_dirty(const struct errand *errand);
/* After the commit: whether it is over, and gone from the disk. */
bool errand_committed(struct errand *errand);
void errand_rollback(struct errand *errand);

/* The last row before those that the sink's errands still need; INT64_MAX: none does. As the disk
 * has it, but for the one that is at work. */
int errand_holds(struct db *db, const char *sink, bool owed, int64_t *out, struct err *err);
/* Forgets all of a sink. */
int errand_drop(struct db *db, const char *sink, struct err *err);

#endif
