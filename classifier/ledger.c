#include "classifier/ledger.h"

/* With the sink as value 1. */
static struct db_stmt *
stmt_of(struct ledger l, const char *sql, struct err *err)
{
	struct db_stmt *stmt = db_stmt(l.db, sql, err);

	if (stmt)
		db_text(stmt, 1, l.sink);
	return stmt;
}

/* One number: 1, 0 no row, -1. */
static int
ask(struct ledger l, const char *sql, int64_t *out, struct err *err)
{
	struct db_stmt *stmt = stmt_of(l, sql, err);
	const int got = stmt ? db_step(stmt, err) : -1;

	if (got > 0) {
		*out = db_col_int(stmt, 0);
		db_reset(stmt);
	}
	return got;
}

/* A write, with the sink and a row number. */
static int
change(struct ledger l, const char *sql, int64_t seq, struct err *err)
{
	struct db_stmt *stmt;

	if (db_begin(l.db, err) < 0)
		return -1;
	stmt = stmt_of(l, sql, err);
	if (!stmt)
		return -1;
	db_int(stmt, 2, seq);
	return db_run(stmt, err);
}

/* How far. */

int
ledger_load(struct ledger l, struct ledger_place *out, struct err *err)
{
	struct db_stmt *stmt = stmt_of(l,
				       "SELECT done_seq, delivered, quarantined, expired, filtered,"
				       " replayed, before FROM cursors WHERE sink = ?1",
				       err);
	const int got = stmt ? db_step(stmt, err) : -1;

	if (got <= 0)
		return got;
	*out = (struct ledger_place){
		.done = db_col_int(stmt, 0),
		.replayed = db_col_int(stmt, 1 + FATES),
		.before = db_col_is_null(stmt, 2 + FATES) ? -1 : db_col_int(stmt, 2 + FATES)};
	for (int i = 0; i < FATES; i++)
		out->tally.of[i] = db_col_int(stmt, 1 + i);
	db_reset(stmt);
	return 1;
}

int
ledger_save(struct ledger l, const struct ledger_place *place, const char *filter, struct err *err)
{
	struct db_stmt *stmt;

	if (db_begin(l.db, err) < 0)
		return -1;
	stmt = stmt_of(
		l,
		"INSERT INTO cursors(sink, done_seq, filter, delivered, quarantined, expired,"
		" filtered, replayed, before) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"
		" ON CONFLICT(sink) DO UPDATE SET done_seq = ?2, filter = ?3, delivered = ?4,"
		" quarantined = ?5, expired = ?6, filtered = ?7, replayed = ?8, before = ?9",
		err);
	if (!stmt)
		return -1;
	db_int(stmt, 2, place->done);
	db_text(stmt, 3, filter);
	for (int i = 0; i < FATES; i++)
		db_int(stmt, 4 + i, place->tally.of[i]);
	db_int(stmt, 4 + FATES, place->replayed);
	db_int(stmt, 5 + FATES, place->before);
	return db_run(stmt, err);
}

int
ledger_each(struct db *db, int (*each)(void *arg, const char *sink, int64_t done), void *arg,
	    struct err *err)
{
	struct db_stmt *stmt = db_stmt(db, "SELECT sink, done_seq FROM cursors ORDER BY sink", err);
	int got;

	if (!stmt)
		return -1;
	while ((got = db_step(stmt, err)) > 0)
		if (each(arg, db_col_text(stmt, 0), db_col_int(stmt, 1)) != 0)
			break;
	db_reset(stmt);
	return got < 0 ? -1 : 0;
}

int
ledger_drop(struct ledger l, struct err *err)
{
	struct ledger_place place;
	const int known = ledger_load(l, &place, err);

	if (known <= 0)
		return known;
	if (change(l, "DELETE FROM blame WHERE sink = ?1 AND seq >= ?2", 0, err) < 0 ||
	    change(l, "DELETE FROM cursors WHERE sink = ?1 AND done_seq >= ?2", 0, err) < 0)
		return -1;
	return 1;
}

/* Blame. */

int
ledger_blame_count(struct ledger l, int64_t *out, struct err *err)
{
	return ask(l, "SELECT count(*) FROM blame WHERE sink = ?1", out, err) < 0 ? -1 : 0;
}

int
ledger_blame_add(struct ledger l, int64_t seq, int64_t points, int64_t *sum_out, struct err *err)
{
	struct db_stmt *stmt;
	int64_t sum = 0;
	int got;

	if (db_begin(l.db, err) < 0)
		return -1;
	stmt = stmt_of(l,
		       "INSERT INTO blame(sink, seq, points) VALUES(?1, ?2, ?3)"
		       " ON CONFLICT(sink, seq) DO UPDATE SET points = points + ?3"
		       " RETURNING points",
		       err);
	if (!stmt)
		return -1;
	db_int(stmt, 2, seq);
	db_int(stmt, 3, points);
	got = db_step(stmt, err);
	if (got > 0)
		sum = db_col_int(stmt, 0);
	if (got < 0 || db_run(stmt, err) < 0)
		return -1;
	*sum_out = sum;
	return 0;
}

int
ledger_blame_forget(struct ledger l, int64_t seq, struct err *err)
{
	return change(l, "DELETE FROM blame WHERE sink = ?1 AND seq = ?2", seq, err);
}
