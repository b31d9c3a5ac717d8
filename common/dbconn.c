#include "common/dbconn.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

enum {
	BUSY_MS = 2000,
	STMT_SLOTS = 128, /* a power of two */
	STMT_MAX = 96,
};

struct db_stmt {
	struct dbconn *conn;
	const char *sql;
	sqlite3_stmt *handle;
	int bind_rc; /* the first value that could not be bound */
};

struct dbconn {
	char *path;
	sqlite3 *handle;
	void (*on_full)(void *arg);
	void *arg;
	struct db_stmt *stmts[STMT_SLOTS];
	int stmt_count;
};

/* What an error means. */

/* Extended codes come before their primary one, which stands for all others. */
static const struct {
	int code;
	enum err_kind kind;
} kinds[] = {
	{SQLITE_FULL, ERR_RETRY},
	{SQLITE_BUSY, ERR_RETRY},
	{SQLITE_LOCKED, ERR_RETRY},
	{SQLITE_NOMEM, ERR_RETRY},
	{SQLITE_CANTOPEN, ERR_RETRY},
	{SQLITE_PERM, ERR_RETRY},
	{SQLITE_AUTH, ERR_RETRY},
	{SQLITE_READONLY_DBMOVED, ERR_FATAL},
	{SQLITE_READONLY, ERR_RETRY},
	{SQLITE_CONSTRAINT, ERR_REJECT},
	{SQLITE_TOOBIG, ERR_REJECT},
	{SQLITE_MISMATCH, ERR_REJECT},
	{SQLITE_IOERR_FSYNC, ERR_FATAL},
	{SQLITE_IOERR_DIR_FSYNC, ERR_FATAL},
	{SQLITE_IOERR_CORRUPTFS, ERR_FATAL},
	{SQLITE_IOERR, ERR_RETRY},
};

static enum err_kind
kind_of(int rc)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (kinds[i].code == rc || kinds[i].code == (rc & 0xff))
			return kinds[i].kind;
	return ERR_FATAL;
}

static int
fail(const struct dbconn *conn, int rc, struct err *err)
{
	const bool io = (rc & 0xff) == SQLITE_IOERR || (rc & 0xff) == SQLITE_CANTOPEN;
	const char *os = io ? strerrordesc_np(sqlite3_system_errno(conn->handle)) : NULL;

	return err_set(err, kind_of(rc), "database '%s': %s%s%s (%d)", conn->path,
		       sqlite3_errmsg(conn->handle), os ? ": " : "", os ? os : "", rc);
}

/* Whether rc came from a lack of room, which SQLite does not always call so: the file that maps
 * the WAL's index is grown by other means, and a quota is not ENOSPC. */
static bool
speaks_of_room(const struct dbconn *conn, int rc)
{
	const int os = sqlite3_system_errno(conn->handle);

	if (rc == SQLITE_IOERR_SHMSIZE || rc == SQLITE_FULL)
		return true;
	return ((rc & 0xff) == SQLITE_IOERR || (rc & 0xff) == SQLITE_CANTOPEN) &&
	       (os == ENOSPC || os == EDQUOT);
}

/* Says what failed, and calls who wants to know that there was no room. */
static int
failed(struct dbconn *conn, int rc, struct err *err)
{
	(void)fail(conn, rc, err);
	if (speaks_of_room(conn, rc) && conn->on_full)
		conn->on_full(conn->arg);
	return -1;
}

/* The connection. */

void
dbconn_close(struct dbconn *conn)
{
	if (!conn)
		return;
	for (size_t i = 0; i < STMT_SLOTS; i++) {
		if (conn->stmts[i])
			(void)sqlite3_finalize(conn->stmts[i]->handle);
		free(conn->stmts[i]);
	}
	/* Rolls back, checkpoints where it can, and keeps the WAL where it cannot. */
	(void)sqlite3_close(conn->handle);
	free(conn->path);
	free(conn);
}

struct dbconn *
dbconn_open(const char *path, bool read_only, struct err *err)
{
	const int flags =
		SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE |
		(read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
	SCOPED(dbconn_close) struct dbconn *conn = calloc(1, sizeof(*conn));
	int rc;

	if (!conn || !(conn->path = strdup(path))) {
		(void)err_sys(err, "database '%s'", path);
		return NULL;
	}
	rc = sqlite3_open_v2(path, &conn->handle, flags, NULL);
	if (rc != SQLITE_OK) {
		(void)fail(conn, rc, err);
		return NULL;
	}
	(void)sqlite3_busy_timeout(conn->handle, BUSY_MS);
	return TAKE(conn);
}

const char *
dbconn_path(const struct dbconn *conn)
{
	return conn->path;
}

void
dbconn_on_full(struct dbconn *conn, void (*fn)(void *arg), void *arg)
{
	conn->on_full = fn;
	conn->arg = arg;
}

int
dbconn_exec(struct dbconn *conn, const char *sql, struct err *err)
{
	const int rc = sqlite3_exec(conn->handle, sql, NULL, NULL, NULL);

	return rc == SQLITE_OK ? 0 : failed(conn, rc, err);
}

bool
dbconn_in_transaction(const struct dbconn *conn)
{
	return !sqlite3_get_autocommit(conn->handle);
}

int64_t
dbconn_changes(const struct dbconn *conn)
{
	return sqlite3_changes64(conn->handle);
}

int64_t
dbconn_total_changes(const struct dbconn *conn)
{
	return sqlite3_total_changes64(conn->handle);
}

/* Statements. */

static size_t
slot_of(const struct dbconn *conn, const char *sql)
{
	size_t i = ((uintptr_t)sql * 0x9e3779b97f4a7c15U >> 32) & (STMT_SLOTS - 1);

	while (conn->stmts[i] && conn->stmts[i]->sql != sql)
		i = (i + 1) & (STMT_SLOTS - 1);
	return i;
}

struct db_stmt *
dbconn_stmt(struct dbconn *conn, const char *sql, struct err *err)
{
	const size_t slot = slot_of(conn, sql);
	struct db_stmt *stmt = conn->stmts[slot];
	sqlite3_stmt *handle;
	int rc;

	if (stmt) {
		db_reset(stmt);
		(void)sqlite3_clear_bindings(stmt->handle);
		return stmt;
	}
	if (conn->stmt_count == STMT_MAX) {
		(void)err_set(err, ERR_FATAL, "database '%s': too many statements", conn->path);
		return NULL;
	}
	rc = sqlite3_prepare_v3(conn->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &handle, NULL);
	if (rc != SQLITE_OK) {
		(void)failed(conn, rc, err);
		return NULL;
	}
	stmt = calloc(1, sizeof(*stmt));
	if (!stmt) {
		(void)sqlite3_finalize(handle);
		(void)err_sys(err, "database '%s'", conn->path);
		return NULL;
	}
	*stmt = (struct db_stmt){.conn = conn, .sql = sql, .handle = handle};
	conn->stmts[slot] = stmt;
	conn->stmt_count++;
	return stmt;
}

static void
note_bind(struct db_stmt *stmt, int rc)
{
	if (stmt->bind_rc == SQLITE_OK)
		stmt->bind_rc = rc;
}

void
db_int(struct db_stmt *stmt, int place, int64_t value)
{
	note_bind(stmt, sqlite3_bind_int64(stmt->handle, place, value));
}

void
db_double(struct db_stmt *stmt, int place, double value)
{
	note_bind(stmt, sqlite3_bind_double(stmt->handle, place, value));
}

void
db_text(struct db_stmt *stmt, int place, const char *value)
{
	note_bind(stmt, sqlite3_bind_text(stmt->handle, place, value, -1, SQLITE_STATIC));
}

void
db_blob(struct db_stmt *stmt, int place, const void *data, size_t len)
{
	/* An empty blob is not NULL, whatever its pointer is. */
	note_bind(stmt, sqlite3_bind_blob64(stmt->handle, place, len > 0 ? data : "", len,
					    SQLITE_STATIC));
}

void
db_null(struct db_stmt *stmt, int place)
{
	note_bind(stmt, sqlite3_bind_null(stmt->handle, place));
}

void
db_reset(struct db_stmt *stmt)
{
	(void)sqlite3_reset(stmt->handle);
	stmt->bind_rc = SQLITE_OK;
}

int
db_step(struct db_stmt *stmt, struct err *err)
{
	struct dbconn *conn = stmt->conn;
	int rc = stmt->bind_rc;

	if (rc != SQLITE_OK) {
		db_reset(stmt);
		return err_set(err, kind_of(rc), "database '%s': a value cannot be bound: %s",
			       conn->path, sqlite3_errstr(rc));
	}
	rc = sqlite3_step(stmt->handle);
	if (rc == SQLITE_ROW)
		return 1;
	if (rc != SQLITE_DONE)
		(void)failed(conn, rc, err);
	db_reset(stmt);
	return rc == SQLITE_DONE ? 0 : -1;
}

int
db_run(struct db_stmt *stmt, struct err *err)
{
	int got = db_step(stmt, err);

	while (got > 0)
		got = db_step(stmt, err);
	return got;
}

int64_t
db_col_int(struct db_stmt *stmt, int col)
{
	return sqlite3_column_int64(stmt->handle, col);
}

double
db_col_double(struct db_stmt *stmt, int col)
{
	return sqlite3_column_double(stmt->handle, col);
}

const char *
db_col_text(struct db_stmt *stmt, int col)
{
	return (const char *)sqlite3_column_text(stmt->handle, col);
}

struct bytes
db_col_blob(struct db_stmt *stmt, int col)
{
	/* In this order, as SQLite asks for it. */
	const void *data = sqlite3_column_blob(stmt->handle, col);
	const int len = sqlite3_column_bytes(stmt->handle, col);

	return (struct bytes){data, (size_t)len};
}

bool
db_col_is_null(struct db_stmt *stmt, int col)
{
	return sqlite3_column_type(stmt->handle, col) == SQLITE_NULL;
}

int
dbconn_ask(struct dbconn *conn, const char *sql, int64_t *out, struct err *err)
{
	struct db_stmt *stmt = dbconn_stmt(conn, sql, err);
	int got = stmt ? db_step(stmt, err) : -1;

	if (got > 0 && out)
		*out = db_col_int(stmt, 0);
	if (got > 0)
		got = db_run(stmt, err);
	return got;
}

void
dbconn_reset_all(struct dbconn *conn)
{
	for (size_t i = 0; i < STMT_SLOTS; i++)
		if (conn->stmts[i])
			db_reset(conn->stmts[i]);
}
