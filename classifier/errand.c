#include "classifier/errand.h"

#include <stdlib.h>
#include <string.h>

#include "common/crashpoint.h"

int
errand_init(struct errand *e, bool owed, struct lane lane, int64_t since_s, const char *filter,
	    struct err *err)
{
	struct errand made = {.owed = owed, .since_s = since_s, .saving = -1, .saved = -1};

	made.filter = filter_parse(filter, err);
	if (!made.filter)
		return -1;
	made.filter_text = strdup(filter ? filter : "");
	if (!made.filter_text) {
		filter_free(made.filter);
		return err_sys(err, "errand");
	}
	made.lane = lane;
	*e = made;
	return 0;
}

void
errand_done(struct errand *e)
{
	filter_free(e->filter);
	free(e->filter_text);
	lane_clear(&e->lane);
	*e = (struct errand){.id = 0};
}

int
errand_first(struct db *db, const char *sink, struct errand *out, struct err *err)
{
	struct db_stmt *stmt =
		db_stmt(db,
			"SELECT id, owed, done_seq, end_seq, since_s, filter FROM errands"
			" WHERE sink = ?1 ORDER BY owed DESC, id LIMIT 1",
			err);
	int got;

	if (!stmt)
		return -1;
	db_text(stmt, 1, sink);
	got = db_step(stmt, err);
	if (got > 0) {
		const int64_t id = db_col_int(stmt, 0), done = db_col_int(stmt, 2);

		if (errand_init(out, db_col_int(stmt, 1) != 0, lane_of(done, db_col_int(stmt, 3)),
				db_col_int(stmt, 4), db_col_text(stmt, 5), err) < 0)
			got = -1;
		else
			out->id = id;
		out->saving = out->saved = done;
	}
	db_reset(stmt);
	return got;
}

static int
insert(struct db *db, const char *sink, struct errand *e, struct err *err)
{
	struct db_stmt *stmt =
		db_stmt(db,
			"INSERT INTO errands(sink, owed, done_seq, end_seq, since_s, filter)"
			" VALUES(?1, ?2, ?3, ?4, ?5, ?6) RETURNING id",
			err);
	int64_t id = 0;
	int got;

	if (!stmt)
		return -1;
	db_text(stmt, 1, sink);
	db_int(stmt, 2, e->owed);
	db_int(stmt, 3, e->lane.done);
	db_int(stmt, 4, e->lane.end);
	db_int(stmt, 5, e->since_s);
	db_text(stmt, 6, e->filter_text);
	got = db_step(stmt, err);
	if (got > 0)
		id = db_col_int(stmt, 0);
	if (got < 0 || db_run(stmt, err) < 0)
		return -1;
	e->id = id;
	return 0;
}

static int
change(struct db *db, const char *sql, int64_t id, int64_t done, struct err *err)
{
	struct db_stmt *stmt = db_stmt(db, sql, err);

	if (!stmt)
		return -1;
	db_int(stmt, 1, id);
	db_int(stmt, 2, done);
	return db_run(stmt, err);
}

int
errand_save(struct db *db, const char *sink, struct errand *e, struct err *err)
{
	static const char move[] = "UPDATE errands SET done_seq = ?2 WHERE id = ?1";
	static const char remove[] = "DELETE FROM errands WHERE id = ?1 AND done_seq <= ?2";

	if (!errand_is_dirty(e))
		return 0;
	if (db_begin(db, err) < 0)
		return -1;
	/* One that is over before it was ever written leaves no trace. */
	if (e->id > 0 ? change(db, lane_is_over(&e->lane) ? remove : move, e->id, e->lane.done,
			       err) < 0
		      : !lane_is_over(&e->lane) && insert(db, sink, e, err) < 0)
		return err_in(err, "errand");
	CRASHPOINT("replay.mid");
	e->saving = e->lane.done;
	return 0;
}

bool
errand_is_dirty(const struct errand *e)
{
	return e->lane.done != e->saving;
}

bool
errand_committed(struct errand *e)
{
	e->saved = e->saving;
	return e->saved >= e->lane.end;
}

void
errand_rollback(struct errand *e)
{
	e->saving = e->saved;
	if (e->saved < 0)
		e->id = 0;
}

int
errand_holds(struct db *db, const char *sink, bool owed, int64_t *out, struct err *err)
{
	struct db_stmt *stmt =
		db_stmt(db, "SELECT min(done_seq) FROM errands WHERE sink = ?1 AND owed = ?2", err);
	int got;

	if (!stmt)
		return -1;
	db_text(stmt, 1, sink);
	db_int(stmt, 2, owed);
	got = db_step(stmt, err);
	if (got > 0)
		*out = db_col_is_null(stmt, 0) ? INT64_MAX : db_col_int(stmt, 0);
	db_reset(stmt);
	return got < 0 ? -1 : 0;
}

int
errand_drop(struct db *db, const char *sink, struct err *err)
{
	struct db_stmt *stmt;

	if (db_begin(db, err) < 0)
		return -1;
	stmt = db_stmt(db, "DELETE FROM errands WHERE sink = ?1", err);
	if (!stmt)
		return -1;
	db_text(stmt, 1, sink);
	return db_run(stmt, err);
}
