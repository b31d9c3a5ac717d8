/* db - the one door to SQLite: open with our pragmas (WAL, synchronous=FULL, foreign keys off,
 * incremental vacuum), migrate, prepare once, one transaction a turn of the stage loop, a
 * ballast file that is given up when the disk is full.
 *
 * A database has one writer: db_open takes a lock file beside it. Errors: ERR_RETRY for a full
 * disk, a busy file or an I/O error that may pass; ERR_FATAL for corruption, a newer schema, an
 * I/O error of fsync (a repeated fsync proves nothing). */
#ifndef FM_COMMON_DB_H
#define FM_COMMON_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/err.h"
#include "common/scope.h"

struct db;
struct db_stmt;

struct db_options {
	/* migrations[i] takes schema version i to i + 1; NULL-terminated; the present version is
	 * their number (PRAGMA user_version). A file with a higher one is refused. */
	const char *const *migrations;
	int64_t max_bytes;     /* the cap of the file (max_page_count); 0: none */
	int64_t ballast_bytes; /* 0: none */
	bool shared_read;      /* open for reading beside the writer: no lock, no migration */
};

/* Makes the folder where it is missing. Returns new; release with db_close. */
struct db *db_open(const char *path, const struct db_options *options, struct err *err);
void db_close(struct db *db); /* rolls an open transaction back */
SCOPED_DEFINE(struct db, db_close)

/* Statements without rows; several may stand in sql. */
int db_exec(struct db *db, const char *sql, struct err *err);

/* The statement for sql, prepared once and kept (found by the pointer sql: pass literals);
 * reset, with no values bound. NULL with err. Borrowed. */
struct db_stmt *db_stmt(struct db *db, const char *sql, struct err *err);

/* Values by place, from 1. Text and blobs are borrowed until the statement is reset. */
void db_int(struct db_stmt *stmt, int place, int64_t value);
void db_double(struct db_stmt *stmt, int place, double value);
void db_text(struct db_stmt *stmt, int place, const char *value); /* NULL binds NULL */
void db_blob(struct db_stmt *stmt, int place, const void *data, size_t len);
void db_null(struct db_stmt *stmt, int place);

/* 1 a row is there, 0 done (and reset), -1 with err (and reset). */
int db_step(struct db_stmt *stmt, struct err *err);
/* Step to the end and reset: for INSERT, UPDATE, DELETE. Returns 0 or -1. */
int db_run(struct db_stmt *stmt, struct err *err);
void db_reset(struct db_stmt *stmt);
int64_t db_changes(const struct db *db); /* rows that the last db_run changed */

/* Columns from 0, of the present row; texts and blobs are borrowed until the next step. */
int64_t db_col_int(struct db_stmt *stmt, int col);
double db_col_double(struct db_stmt *stmt, int col);
const char *db_col_text(struct db_stmt *stmt, int col); /* NULL where NULL */
struct bytes db_col_blob(struct db_stmt *stmt, int col);
bool db_col_is_null(struct db_stmt *stmt, int col);

/* BEGIN IMMEDIATE unless a transaction is open: the first write of a turn calls it. */
int db_begin(struct db *db, struct err *err);
/* Ends the open transaction; without one, does nothing. When db_commit fails the transaction is
 * rolled back: whether it is on the disk is then unknown until the next open. */
int db_commit(struct db *db, struct err *err);
void db_rollback(struct db *db);
bool db_in_transaction(const struct db *db);

/* Whether the ballast was given up; and its return once there is room again (call now and then). */
bool db_is_full(const struct db *db);
void db_regain_ballast(struct db *db);

/* Bytes of the file, of which free pages. For status. */
int64_t db_size_bytes(struct db *db);

#endif
