/* dbconn - a connection to SQLite and its prepared statements, and what SQLite's errors ask of us.
 * The one door to SQLite. Everybody uses the statements; the connection itself is for db alone.
 *
 * Errors: ERR_RETRY for a full disk, a busy file or an I/O error that may pass; ERR_REJECT for a
 * value that breaks a constraint or is too big; ERR_FATAL for corruption, for an I/O error of fsync
 * (a repeated fsync proves nothing) and for wrong SQL. */
#ifndef FM_COMMON_DBCONN_H
#define FM_COMMON_DBCONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/err.h"
#include "common/scope.h"

/* Statements. */

struct db_stmt;

/* Values by place, from 1. Text and blobs are borrowed until the statement is reset. What cannot
 * be bound is told by the next db_step or db_run. */
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

/* Columns from 0, of the present row; texts and blobs are borrowed until the next step. */
int64_t db_col_int(struct db_stmt *stmt, int col);
double db_col_double(struct db_stmt *stmt, int col);
const char *db_col_text(struct db_stmt *stmt, int col); /* NULL where NULL */
struct bytes db_col_blob(struct db_stmt *stmt, int col);
bool db_col_is_null(struct db_stmt *stmt, int col);

/* The connection. */

struct dbconn;

/* Returns new; release with dbconn_close, which releases its statements too and rolls back. */
struct dbconn *dbconn_open(const char *path, bool read_only, struct err *err);
void dbconn_close(struct dbconn *conn);
SCOPED_DEFINE(struct dbconn, dbconn_close)

const char *dbconn_path(const struct dbconn *conn); /* borrowed */

/* fn is called when a statement failed for lack of room. */
void dbconn_on_full(struct dbconn *conn, void (*fn)(void *arg), void *arg);

/* Statements without rows; several may stand in sql. */
int dbconn_exec(struct dbconn *conn, const char *sql, struct err *err);
/* The statement for sql, prepared once; found by the pointer. Reset, no values bound. */
struct db_stmt *dbconn_stmt(struct dbconn *conn, const char *sql, struct err *err);
/* Runs a literal without values; the first column of its first row in *out where wanted. */
int dbconn_ask(struct dbconn *conn, const char *sql, int64_t *out, struct err *err);

/* Whether SQLite has a transaction open. */
bool dbconn_in_transaction(const struct dbconn *conn);
int64_t dbconn_changes(const struct dbconn *conn);       /* by the last statement */
int64_t dbconn_total_changes(const struct dbconn *conn); /* since the opening */
/* A statement that is left in the middle holds its snapshot, and no checkpoint passes it. */
void dbconn_reset_all(struct dbconn *conn);

#endif
