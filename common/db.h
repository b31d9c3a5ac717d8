/* db - a SQLite database: open with our pragmas (WAL, synchronous=FULL, incremental vacuum),
 * migrate, prepare once (dbconn has what a statement can do), one transaction a turn of the stage
 * loop.
 *
 * A database PATH has one writer, and these files beside it:
 *   PATH.lock     held by the writer: a second one is refused
 *   PATH.ballast  given up when the disk is full, so that deletes and checkpoints still fit
 *   PATH.mark     how many transactions were committed
 *   PATH.lost     that some of them are gone
 *
 * The mark: SQLite takes a WAL with a flipped bit for one that ends there, so that commits that
 * were on the disk are silently gone. Then, or when an older copy of the file was put back, the
 * mark is ahead of the count inside the database: db_warning says so, the work goes on with what is
 * there, and every AUTOINCREMENT number jumps by a million for each lost transaction, so that none
 * is ever given twice. (The table mark in the database is db's own.)
 *
 * What the kinds of errors mean stands in dbconn.h; a schema newer than the program is ERR_USAGE.
 */
#ifndef FM_COMMON_DB_H
#define FM_COMMON_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/dbconn.h"
#include "common/err.h"
#include "common/loss.h"
#include "common/scope.h"

struct db;

enum {
	DB_BALLAST_BYTES = 8 * 1024 * 1024, /* does for any load */
	DB_PAGE_BYTES = 4096,
	/* For tables of bodies, which then lie in one piece: half of the CPU for each, and four
	 * times the bytes written for a small row that changes. */
	DB_PAGE_BYTES_BODIES = 16384,
	/* A larger file is not looked over: a cold disk may take ten seconds for each of them. */
	DB_LOOKED_OVER_GIB_MAX = 4,
};

struct db_options {
	/* migrations[i] takes schema version i to i + 1; NULL-terminated; the present version is
	 * their number (PRAGMA user_version). A file with a higher one is refused. NULL: the
	 * version is nobody's business (shared_read). */
	const char *const *migrations;
	int64_t max_bytes; /* the cap of the file (max_page_count); 0: none */
	/* 0: none. On a small disk a sixteenth of it. With less than DB_BALLAST_BYTES the WAL is
	 * kept to half of it, which costs more syncs. */
	int64_t ballast_bytes;
	/* Of a page, when the file is new: a power of two; 0: DB_PAGE_BYTES. */
	int page_bytes;
	/* The tree of rows and their form are looked at before anything is done with them: pages
	 * have no checksums, and what is damaged there hides rows, or shows others, without a word.
	 * ERR_FATAL names the file and what to do. Not of a file over DB_LOOKED_OVER_GIB_MAX. */
	bool looked_over;
	bool shared_read; /* open for reading beside the writer: no lock, no migration */
};

/* Makes the folder where it is missing. Returns new; release with db_close, which releases its
 * statements too. */
struct db *db_open(const char *path, const struct db_options *options, struct err *err);
void db_close(struct db *db); /* rolls an open transaction back */
SCOPED_DEFINE(struct db, db_close)

/* What the owner should log once after db_open; NULL: nothing. Borrowed. */
const char *db_warning(const struct db *db);
/* The last loss of commits, when it is still to be told to who can give again what they held
 * (loss.h). When since_s is unknown, the owner finds it in what is left, and notes it before
 * anything new is taken. NULL: there is none. Borrowed. */
const struct loss *db_loss(const struct db *db);
int db_loss_since(struct db *db, int64_t since_s, struct err *err);

/* Statements without rows; several may stand in sql. */
int db_exec(struct db *db, const char *sql, struct err *err);

/* The statement for sql, prepared once and kept (found by the pointer sql: pass literals);
 * reset, with no values bound. NULL with err. Borrowed. */
struct db_stmt *db_stmt(struct db *db, const char *sql, struct err *err);
int64_t db_changes(const struct db *db); /* rows that the last db_run changed */

/* BEGIN IMMEDIATE unless a transaction is open: the first write of a turn calls it. Writes outside
 * a transaction are not counted by the mark. */
int db_begin(struct db *db, struct err *err);
/* Ends the open transaction; without one, does nothing. Both reset every statement. When db_commit
 * fails the transaction is rolled back: whether it is on the disk is then unknown until the next
 * open. It also fails when SQLite had to roll back before (full disk, I/O error). */
int db_commit(struct db *db, struct err *err);
void db_rollback(struct db *db);
bool db_in_transaction(const struct db *db);

/* Whether the disk, or the file under its cap, was found full and still is (looked at again once a
 * second). What failed for it gave ERR_RETRY, and the ballast was given up. While it is full, take
 * up no new work, so that the room goes to what makes room: deletes and checkpoints. */
bool db_is_full(struct db *db);
/* Ask before bytes are added: ERR_RETRY while it is full, or when the disk has no room for them (it
 * is asked once a transaction). */
int db_room(struct db *db, size_t bytes, struct err *err);
/* The look itself (outside a transaction): finds out whether it is still full, gives free pages
 * back to the disk, takes the ballast again where there is room for twice of it. */
void db_regain_ballast(struct db *db);
/* Gives up to max_bytes of free pages back to the disk (outside a transaction). Call it as often as
 * you like: some megabytes of them stay for what comes next, and then it does nothing. */
int db_shrink(struct db *db, int64_t max_bytes, struct err *err);

/* Bytes of the file, and of the free pages in it, which are used first. For status. */
int64_t db_size_bytes(struct db *db);
int64_t db_free_bytes(struct db *db);

#endif
