/* quarantine - input that can never work, kept whole with the reason until a person decides:
 * rows beside the spool or the outbox, moved there in the transaction that lets go of them. Let go
 * first, then add: in a database at its cap the row then fits into the room that became free. */
#ifndef FM_COMMON_QUARANTINE_H
#define FM_COMMON_QUARANTINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/db.h"
#include "common/err.h"

#define QUARANTINE_SCHEMA                                                                          \
	"CREATE TABLE quarantine(id INTEGER PRIMARY KEY AUTOINCREMENT, at_s INTEGER NOT NULL,"     \
	" kind TEXT NOT NULL, ref TEXT, stage TEXT NOT NULL, reason TEXT NOT NULL,"                \
	" attempts INTEGER NOT NULL, crc INTEGER NOT NULL, body BLOB NOT NULL);"

/* Beside it, since a refusal stands there once: mark is a digest of who refused what. Rows of
 * before have none. */
#define QUARANTINE_ONCE_SCHEMA                                                                     \
	"ALTER TABLE quarantine ADD COLUMN mark BLOB;"                                             \
	"CREATE UNIQUE INDEX quarantine_once ON quarantine(mark);"

/* One row. kind: "document" or "item"; ref: the feed's id, or the item's; stage: who refused it
 * ("parser@1", "sink@site"). Texts are borrowed. */
struct quarantined {
	int64_t id; /* given by quarantine_add */
	int64_t at_s;
	const char *kind, *ref, *stage, *reason;
	int64_t attempts;
	struct bytes body; /* msgpack as it was received; data NULL: damaged, or not asked for */
};

/* Inside the open transaction; at_s and id are set here. The same kind, stage, ref and body is the
 * same refusal, come again after a crash, say: its row stays the only one, takes the newer reason
 * and keeps the greater number of attempts. */
int quarantine_add(struct db *db, const struct quarantined *row, int64_t *id_out, struct err *err);

/* Rows after id `after`, oldest first: calls each (texts and body borrowed for the call, body
 * only when with_body) until it returns non-zero or limit rows were given. each may drop rows, but
 * neither commit nor roll back. */
int quarantine_each(struct db *db, int64_t after, size_t limit, bool with_body,
		    int (*each)(void *arg, const struct quarantined *row), void *arg,
		    struct err *err);

/* One row: 1 (each was called), 0 no such row, -1 (ERR_REJECT: its body is damaged). */
int quarantine_get(struct db *db, int64_t id, int (*each)(void *arg, const struct quarantined *row),
		   void *arg, struct err *err);

/* Takes it out: 1, 0 no such row, -1. */
int quarantine_drop(struct db *db, int64_t id, struct err *err);

int64_t quarantine_count(struct db *db);

#endif
