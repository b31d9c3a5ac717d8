#include "common/db.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>

#include "common/ballast.h"
#include "common/clock.h"
#include "common/crashpoint.h"
#include "common/dbschema.h"
#include "common/file.h"
#include "common/mark.h"

enum {
	CACHE_KIB = 4096,
	/* The WAL is emptied into the file when it holds so many pages, or half of the ballast:
	 * what it holds must fit into the room that the ballast leaves, or no delete could ever
	 * pass. */
	CHECKPOINT_PAGES_MIN = 16,
	CHECKPOINT_PAGES_MAX = 1000,
	SHRINK_BYTES = 4 * 1024 * 1024,    /* at a time, while the disk is full */
	KEEP_FREE_BYTES = 8 * 1024 * 1024, /* for what comes next, else */
	FULL_BELOW_BYTES = 1024 * 1024,    /* a disk with less is what a lack of room speaks of */
	LOOK_AGAIN_MS = 1000,
	/* More than any transaction gives out (db.h: the mark). */
	NUMBERS_A_TRANSACTION = 1000000,
};

struct db {
	char *path;
	struct dbconn *conn;
	int lock_fd;
	struct mark *mark; /* NULL: shared_read */
	struct ballast *ballast;
	int64_t max_bytes, ballast_bytes;
	int64_t page_bytes, wal_bytes; /* wal_bytes: what the WAL may hold */
	int64_t keep_free_bytes;       /* in the file */
	int64_t room_bytes; /* left for the open transaction, by db_room; -1: not asked yet */
	bool open;          /* a transaction of ours, whether or not SQLite still has it */
	bool full;
	int64_t looked_ms;      /* whether it still is */
	int64_t changes_before; /* the transaction */
	bool counts; /* not before the mark is settled: it must tell of what was, not of migrations
		      */
	uint64_t commits;
	char *warning;
	struct loss loss; /* id "": none */
};

int
db_exec(struct db *db, const char *sql, struct err *err)
{
	return dbconn_exec(db->conn, sql, err);
}

struct db_stmt *
db_stmt(struct db *db, const char *sql, struct err *err)
{
	return dbconn_stmt(db->conn, sql, err);
}

int64_t
db_changes(const struct db *db)
{
	return dbconn_changes(db->conn);
}

static int
ask(struct db *db, const char *sql, int64_t *out, struct err *err)
{
	return dbconn_ask(db->conn, sql, out, err);
}

/* Transactions. */

int
db_begin(struct db *db, struct err *err)
{
	if (db->open)
		return 0;
	if (ask(db, "BEGIN IMMEDIATE", NULL, err) < 0)
		return -1;
	db->open = true;
	db->room_bytes = -1;
	db->changes_before = dbconn_total_changes(db->conn);
	return 0;
}

static int
empty_wal(struct db *db, struct err *err)
{
	return ask(db, "PRAGMA wal_checkpoint(TRUNCATE)", NULL, err);
}

void
db_rollback(struct db *db)
{
	dbconn_reset_all(db->conn);
	if (dbconn_in_transaction(db->conn))
		(void)ask(db, "ROLLBACK", NULL, NULL);
	db->open = false;
	/* A transaction that did not fit has swollen the WAL: that room is free again. */
	if (db->full)
		(void)empty_wal(db, NULL);
}

static int
count_commit(struct db *db, struct err *err)
{
	struct db_stmt *stmt = db_stmt(db, "UPDATE mark SET n = ?1", err);

	if (!stmt)
		return -1;
	db_int(stmt, 1, (int64_t)(db->commits + 1));
	return db_run(stmt, err);
}

int
db_commit(struct db *db, struct err *err)
{
	bool counted;

	if (!db->open)
		return 0;
	dbconn_reset_all(db->conn);
	if (!dbconn_in_transaction(db->conn)) {
		db->open = false;
		return err_set(err, ERR_RETRY,
			       "database '%s': the transaction was rolled back before its end",
			       db->path);
	}
	counted = dbconn_total_changes(db->conn) != db->changes_before;
	CRASHPOINT("db.commit");
	if ((counted && count_commit(db, err) < 0) || ask(db, "COMMIT", NULL, err) < 0) {
		db_rollback(db);
		return -1;
	}
	db->open = false;
	if (counted) {
		CRASHPOINT("db.committed");
		mark_set(db->mark, ++db->commits);
		CRASHPOINT("db.marked");
	}
	return 0;
}

bool
db_in_transaction(const struct db *db)
{
	return db->open;
}

/* Room. */

static void
meet_full(void *arg)
{
	struct db *db = arg;

	db->full = true;
	/* A file at its cap is full while the disk is not, and the ballast would help nobody. */
	if (db->ballast && ballast_disk_free(db->path) < FULL_BELOW_BYTES)
		(void)ballast_drop(db->ballast);
}

static int64_t
pages_bytes(struct db *db, const char *pragma)
{
	int64_t pages = 0;

	return ask(db, pragma, &pages, NULL) < 0 ? 0 : pages * db->page_bytes;
}

int64_t
db_size_bytes(struct db *db)
{
	return pages_bytes(db, "PRAGMA page_count");
}

int64_t
db_free_bytes(struct db *db)
{
	return pages_bytes(db, "PRAGMA freelist_count");
}

bool
db_is_full(struct db *db)
{
	if (db->full && clock_mono_ms() - db->looked_ms >= LOOK_AGAIN_MS)
		db_regain_ballast(db);
	return db->full;
}

int
db_room(struct db *db, size_t bytes, struct err *err)
{
	/* In the WAL and, at the checkpoint, in the file; and a WAL besides. */
	const int64_t need = (int64_t)bytes * 2;

	if (db_is_full(db))
		return err_set(err, ERR_RETRY,
			       "database '%s': the disk is full, or the file at its cap", db->path);
	if (!db->open || db->room_bytes < 0)
		db->room_bytes = ballast_disk_free(db->path);
	if (db->room_bytes < need + 2 * db->wal_bytes) {
		db->full = true;
		db->looked_ms = clock_mono_ms();
		return err_set(err, ERR_RETRY,
			       "database '%s': no room for %zu bytes, %lld are left", db->path,
			       bytes, (long long)db->room_bytes);
	}
	db->room_bytes -= need;
	return 0;
}

/* Gives free pages back, as far as there are more than keep_bytes of them. */
static int
shrink(struct db *db, int64_t max_bytes, int64_t keep_bytes, struct err *err)
{
	/* In steps, because each page that moves goes through the WAL. */
	const int64_t step_bytes = db->wal_bytes / 4;
	char vacuum[64];
	int got = 0;

	(void)snprintf(vacuum, sizeof(vacuum), "PRAGMA incremental_vacuum(%lld)",
		       (long long)(step_bytes / db->page_bytes));
	for (; got == 0 && max_bytes > 0 && db_free_bytes(db) > keep_bytes;
	     max_bytes -= step_bytes) {
		got = db_exec(db, vacuum, err);
		if (empty_wal(db, got < 0 ? NULL : err) < 0)
			got = -1;
	}
	return got;
}

int
db_shrink(struct db *db, int64_t max_bytes, struct err *err)
{
	return shrink(db, max_bytes, db->keep_free_bytes, err);
}

static bool
is_capped(struct db *db)
{
	return db->max_bytes > 0 &&
	       db_size_bytes(db) - db_free_bytes(db) > db->max_bytes - db->max_bytes / 16;
}

static bool
has_room_again(struct db *db)
{
	return ballast_disk_free(db->path) > 3 * db->wal_bytes &&
	       (db->ballast_bytes == 0 || ballast_take(db->ballast));
}

void
db_regain_ballast(struct db *db)
{
	if (!db->full || !db->ballast || db->open)
		return;
	db->looked_ms = clock_mono_ms();
	if (!has_room_again(db) && db_free_bytes(db) > 0)
		(void)shrink(db, SHRINK_BYTES, 0, NULL);
	db->full = is_capped(db) || !has_room_again(db);
}

/* Open. */

void
db_close(struct db *db)
{
	if (!db)
		return;
	dbconn_close(db->conn);
	mark_close(db->mark);
	ballast_free(db->ballast);
	scoped_close(&db->lock_fd);
	free(db->warning);
	free(db->path);
	free(db);
}

const char *
db_warning(const struct db *db)
{
	return db->warning;
}

const struct loss *
db_loss(const struct db *db)
{
	return db->loss.id[0] ? &db->loss : NULL;
}

/* path and a suffix; NULL without memory. Release with free. */
static char *
beside(const char *path, const char *suffix)
{
	char *name;

	return asprintf(&name, "%s%s", path, suffix) < 0 ? NULL : name;
}

static int
take_lock(struct db *db, struct err *err)
{
	SCOPED(free) char *path = beside(db->path, ".lock");

	db->lock_fd = path ? open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0640) : -1;
	if (db->lock_fd < 0)
		return err_sys(err, "open '%s.lock'", db->path);
	if (flock(db->lock_fd, LOCK_EX | LOCK_NB) == 0)
		return 0;
	if (errno != EWOULDBLOCK)
		return err_sys(err, "lock '%s'", path);
	return err_set(err, ERR_RETRY, "database '%s' is in use: is another %s running?", db->path,
		       program_invocation_short_name);
}

static int
open_beside(struct db *db, struct err *err)
{
	SCOPED(free) char *mark = beside(db->path, ".mark");
	SCOPED(free) char *ballast = beside(db->path, ".ballast");

	if (!mark || !ballast)
		return err_sys(err, "database '%s'", db->path);
	db->mark = mark_open(mark, err);
	db->ballast_bytes = ballast_fit(mark, db->ballast_bytes);
	/* What one database keeps for itself on a small disk, its neighbour has not. */
	db->keep_free_bytes = ballast_fit(mark, KEEP_FREE_BYTES);
	if (db->mark)
		db->ballast = ballast_new(ballast, db->ballast_bytes, err);
	return db->ballast ? 0 : -1;
}

static int
go_wal(struct db *db, struct err *err)
{
	struct db_stmt *stmt = db_stmt(db, "PRAGMA journal_mode = WAL", err);
	const char *mode;
	bool wal;

	if (!stmt || db_step(stmt, err) < 0)
		return -1;
	mode = db_col_text(stmt, 0);
	wal = mode && strcmp(mode, "wal") == 0;
	db_reset(stmt);
	if (!wal)
		return err_set(err, ERR_USAGE, "database '%s': no WAL on this file system",
			       db->path);
	return 0;
}

static int
set_limits(struct db *db, struct err *err)
{
	int64_t pages = CHECKPOINT_PAGES_MAX;
	char pragmas[256];

	if (ask(db, "PRAGMA page_size", &db->page_bytes, err) < 0)
		return -1;
	if (db->ballast_bytes > 0 && pages > db->ballast_bytes / 2 / db->page_bytes)
		pages = db->ballast_bytes / 2 / db->page_bytes;
	if (pages < CHECKPOINT_PAGES_MIN)
		pages = CHECKPOINT_PAGES_MIN;
	db->wal_bytes = pages * db->page_bytes;
	(void)snprintf(pragmas, sizeof(pragmas),
		       "PRAGMA wal_autocheckpoint = %lld; PRAGMA journal_size_limit = %lld",
		       (long long)pages, (long long)db->wal_bytes);
	if (db_exec(db, pragmas, err) < 0)
		return -1;
	if (db->max_bytes == 0)
		return 0;
	(void)snprintf(pragmas, sizeof(pragmas), "PRAGMA max_page_count = %lld",
		       (long long)(db->max_bytes / db->page_bytes));
	return db_exec(db, pragmas, err);
}

static int
look_over(struct db *db, struct err *err)
{
	struct db_stmt *stmt;
	const char *found, *line;
	int64_t pages, page_bytes;
	int rc = 0;

	if (ask(db, "PRAGMA page_count", &pages, err) < 0 ||
	    ask(db, "PRAGMA page_size", &page_bytes, err) < 0)
		return -1;
	if (pages * page_bytes > (int64_t)DB_LOOKED_OVER_GIB_MAX << 30)
		return 0;
	stmt = db_stmt(db, "PRAGMA quick_check(1)", err);
	if (!stmt || db_step(stmt, err) < 0)
		return -1;
	found = db_col_text(stmt, 0);
	line = strrchr(found, '\n'); /* before it is the name that SQLite has for the file */
	if (strcmp(found, "ok") != 0)
		rc = err_set(err, ERR_FATAL,
			     "database '%s' is damaged (%s): move it and its -wal away and start"
			     " again, what feeds still have comes again",
			     db->path, line ? line + 1 : found);
	db_reset(stmt);
	return rc;
}

static int
set_up(struct db *db, const struct db_options *options, struct err *err)
{
	char pragmas[512];

	/* The first two take effect in a file that is new. Debian's SQLite writes freed pages out,
	 * full of zeros: FAST wipes only what is written anyway. */
	(void)snprintf(pragmas, sizeof(pragmas),
		       "PRAGMA page_size = %d; PRAGMA auto_vacuum = INCREMENTAL;"
		       "PRAGMA cache_size = -%d; PRAGMA temp_store = MEMORY; PRAGMA mmap_size = 0;"
		       "PRAGMA foreign_keys = OFF; PRAGMA trusted_schema = OFF;"
		       "PRAGMA secure_delete = FAST;"
		       "PRAGMA synchronous = FULL",
		       options->page_bytes > 0 ? options->page_bytes : DB_PAGE_BYTES, CACHE_KIB);
	if (db_exec(db, pragmas, err) < 0 ||
	    dbschema_check(db->conn, options->migrations, err) < 0 ||
	    (options->looked_over && look_over(db, err) < 0) || go_wal(db, err) < 0 ||
	    set_limits(db, err) < 0 ||
	    db_exec(db,
		    "CREATE TABLE IF NOT EXISTS mark(n INTEGER NOT NULL);"
		    "INSERT INTO mark SELECT 0 WHERE NOT EXISTS(SELECT 1 FROM mark)",
		    err) < 0)
		return -1;
	return dbschema_migrate(db->conn, options->migrations, err);
}

static int
write_loss(struct db *db, struct err *err)
{
	SCOPED(free) char *path = beside(db->path, ".lost");

	return path ? loss_write(path, &db->loss, err) : err_sys(err, "database '%s'", db->path);
}

static int
read_loss(struct db *db, struct err *err)
{
	SCOPED(free) char *path = beside(db->path, ".lost");

	if (!path)
		return err_sys(err, "database '%s'", db->path);
	return loss_read(path, clock_wall_s(), &db->loss, err) < 0 ? -1 : 0;
}

int
db_loss_since(struct db *db, int64_t since_s, struct err *err)
{
	db->loss.since_s = loss_older(since_s, db->loss.untold_since_s);
	return write_loss(db, err);
}

/* Every number that the lost transactions may have given is passed over, in one transaction with
 * the note that they are lost. */
static int
pass_over(struct db *db, uint64_t lost, struct err *err)
{
	static const char every_table[] =
		"INSERT INTO sqlite_sequence(name, seq) SELECT name, 0 FROM sqlite_master"
		" WHERE type = 'table' AND sql LIKE '%AUTOINCREMENT%'"
		" AND name NOT IN (SELECT name FROM sqlite_sequence)";
	int64_t tables = 0;
	struct db_stmt *stmt;

	if (db_begin(db, err) < 0 ||
	    ask(db, "SELECT count(*) FROM sqlite_master WHERE name = 'sqlite_sequence'", &tables,
		err) < 0)
		return -1;
	if (tables > 0) {
		if (db_exec(db, every_table, err) < 0)
			return -1;
		stmt = db_stmt(db, "UPDATE sqlite_sequence SET seq = seq + ?1", err);
		if (!stmt)
			return -1;
		db_int(stmt, 1, (int64_t)lost * NUMBERS_A_TRANSACTION);
		if (db_run(stmt, err) < 0)
			return -1;
	}
	db->commits += lost - 1; /* this commit stands for the last of them */
	return count_commit(db, err) < 0 ? -1 : db_commit(db, err);
}

static int
settle_mark(struct db *db, struct err *err)
{
	const uint64_t marked = mark_get(db->mark);
	int64_t commits = 0, untold_since_s = LOSS_SINCE_UNKNOWN;
	uint64_t lost;

	if (ask(db, "SELECT n FROM mark", &commits, err) < 0)
		return -1;
	db->commits = (uint64_t)commits;
	if (marked <= db->commits) {
		mark_set(db->mark, db->commits);
		return 0;
	}
	lost = marked - db->commits;
	if (asprintf(&db->warning,
		     "database '%s': the last %llu of %llu commits are gone (a damaged WAL, or an"
		     " older copy was put back); numbers go on behind theirs",
		     db->path, (unsigned long long)lost, (unsigned long long)marked) < 0)
		db->warning = NULL;
	/* One that is still to be told is told with this one. */
	if (db->loss.id[0])
		untold_since_s = loss_older(db->loss.since_s, db->loss.untold_since_s);
	/* Noted first: from the next commit on the mark tells nothing of it. */
	if (loss_new(&db->loss, err) < 0)
		return -1;
	db->loss.untold_since_s = untold_since_s;
	if (write_loss(db, err) < 0)
		return -1;
	if (pass_over(db, lost, err) < 0) {
		db_rollback(db);
		return -1;
	}
	return 0;
}

static int
open_writer(struct db *db, const struct db_options *options, struct err *err)
{
	if (take_lock(db, err) < 0 || open_beside(db, err) < 0)
		return -1;
	db->conn = dbconn_open(db->path, false, err);
	if (!db->conn)
		return -1;
	dbconn_on_full(db->conn, meet_full, db);
	/* On a full disk even the opening needs room. */
	if (set_up(db, options, err) < 0 && !(db->full && set_up(db, options, err) == 0))
		return -1;
	if (read_loss(db, err) < 0 || settle_mark(db, err) < 0)
		return -1;
	db->full = true;
	db_regain_ballast(db);
	return 0;
}

static int
open_reader(struct db *db, const struct db_options *options, struct err *err)
{
	db->conn = dbconn_open(db->path, true, err);
	if (!db->conn)
		return -1;
	if (ask(db, "PRAGMA page_size", &db->page_bytes, err) < 0)
		return -1;
	return options->migrations ? dbschema_check(db->conn, options->migrations, err) : 0;
}

static int
make_folder(const char *path, struct err *err)
{
	const char *slash = strrchr(path, '/');
	SCOPED(free) char *folder = slash ? strndup(path, (size_t)(slash - path)) : NULL;

	if (!slash || slash == path)
		return 0;
	return folder ? file_mkdirs(folder, err) : err_sys(err, "database '%s'", path);
}

struct db *
db_open(const char *path, const struct db_options *options, struct err *err)
{
	SCOPED(db_close) struct db *db = calloc(1, sizeof(*db));

	if (db)
		db->lock_fd = -1;
	if (!db || !(db->path = strdup(path))) {
		(void)err_sys(err, "database '%s'", path);
		return NULL;
	}
	db->max_bytes = options->max_bytes;
	db->ballast_bytes = options->ballast_bytes;
	if (options->shared_read ? open_reader(db, options, err) < 0
				 : make_folder(path, err) < 0 || open_writer(db, options, err) < 0)
		return NULL;
	return TAKE(db);
}
