/* spool - what a stage has promised to deliver, on disk until it is acked: rows of one SQLite
 * table, numbered for ever upwards, each with a CRC-32C of its body.
 *
 * All calls work inside the database's open transaction (db_begin); nothing is durable before
 * db_commit. The owner of the database puts SPOOL_SCHEMA into its migrations. */
#ifndef FM_COMMON_SPOOL_H
#define FM_COMMON_SPOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/db.h"
#include "common/err.h"
#include "common/scope.h"

/* AUTOINCREMENT: a number is never given twice, whatever was deleted. */
#define SPOOL_SCHEMA                                                                               \
	"CREATE TABLE spool(seq INTEGER PRIMARY KEY AUTOINCREMENT, at_s INTEGER NOT NULL,"         \
	" blame INTEGER NOT NULL DEFAULT 0, ref TEXT, crc INTEGER NOT NULL, body BLOB NOT NULL);"

struct spool;

/* Borrows db. Counts what is there once (for spool_depth). Returns new, to be closed before db. */
struct spool *spool_open(struct db *db, struct err *err);
void spool_close(struct spool *s);
SCOPED_DEFINE(struct spool, spool_close)

/* The number that the next spool_append gives. It never goes back, not even when the transaction is
 * rolled back or rows that were on the disk are lost (db.h: the mark). */
uint64_t spool_next_seq(const struct spool *s);

/* ref: what the row is about (a feed's id), may be NULL. */
int spool_append(struct spool *s, const char *ref, struct bytes body, uint64_t *seq_out,
		 struct err *err);

/* Appends the body of row seq to out. ERR_REJECT: the row is gone or its CRC is wrong. */
int spool_load(struct spool *s, uint64_t seq, struct buf *out, struct err *err);

/* The first row after seq `after`: 1 with number and body length, 0 none, -1 err. */
int spool_after(struct spool *s, uint64_t after, uint64_t *seq_out, size_t *len_out,
		struct err *err);

/* The row's ref into out (appended); nothing where it has none. */
int spool_ref(struct spool *s, uint64_t seq, struct buf *out, struct err *err);

/* The row was acked: it goes. A row that is gone already is no error. */
int spool_done(struct spool *s, uint64_t seq, struct err *err);

/* Adds points to the row's blame (a worker died while it handled it); the sum in *blame_out, 0 when
 * the row is gone. */
int spool_blame(struct spool *s, uint64_t seq, int64_t points, int64_t *blame_out, struct err *err);

/* Rows, their bytes, and the wall-clock second of the oldest (0: empty). Kept, not counted; after
 * a rollback call spool_recount. */
int64_t spool_depth(const struct spool *s);
int64_t spool_bytes(const struct spool *s);
int64_t spool_oldest_s(struct spool *s);
int spool_recount(struct spool *s, struct err *err);

#endif
