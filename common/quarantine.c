#include "common/quarantine.h"

#include <string.h>

#include "common/clock.h"
#include "common/crashpoint.h"
#include "common/digest.h"

#define COLUMNS "id, at_s, kind, ref, stage, reason, attempts, length(body), crc"
enum { COLUMN_LENGTH = 7, COLUMN_CRC, COLUMN_BODY };
enum { MARK_BYTES = 16 };

static void
add_text(struct digest *digest, const char *s)
{
	digest_add_field(digest, s ? s : "", s ? strlen(s) : 0);
}

static int
mark_of(const struct quarantined *row, unsigned char out[DIGEST_BYTES], struct err *err)
{
	SCOPED(digest_free) struct digest *digest = digest_new();

	if (!digest)
		return err_set(err, ERR_RETRY, "no memory for a digest");
	digest_begin(digest);
	add_text(digest, row->kind);
	add_text(digest, row->stage);
	add_text(digest, row->ref);
	digest_add_field(digest, row->body.data, row->body.len);
	digest_end(digest, out);
	return 0;
}

int
quarantine_add(struct db *db, const struct quarantined *row, int64_t *id_out, struct err *err)
{
	struct db_stmt *stmt = db_stmt(
		db,
		"INSERT INTO quarantine(at_s, kind, ref, stage, reason, attempts, crc, body, mark)"
		" VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"
		" ON CONFLICT(mark) DO UPDATE SET reason = excluded.reason,"
		"  attempts = max(attempts, excluded.attempts)"
		" RETURNING id",
		err);
	unsigned char mark[DIGEST_BYTES];
	int64_t id = 0;
	int got;

	if (!stmt || mark_of(row, mark, err) < 0)
		return -1;
	db_int(stmt, 1, clock_wall_s());
	db_text(stmt, 2, row->kind ? row->kind : "");
	db_text(stmt, 3, row->ref);
	db_text(stmt, 4, row->stage ? row->stage : "");
	db_text(stmt, 5, row->reason ? row->reason : "");
	db_int(stmt, 6, row->attempts);
	db_int(stmt, 7, digest_crc32c(0, row->body.data, row->body.len));
	db_blob(stmt, 8, row->body.data, row->body.len);
	db_blob(stmt, 9, mark, MARK_BYTES);
	got = db_step(stmt, err);
	if (got > 0)
		id = db_col_int(stmt, 0);
	if (got < 0 || db_run(stmt, err) < 0)
		return err_in(err, "quarantine");
	CRASHPOINT("dead.moved");
	*id_out = id;
	return 0;
}

/* The row that stmt is at. False: its body was asked for and is not what was put in. */
static bool
row_at(struct db_stmt *stmt, bool with_body, struct quarantined *out)
{
	bool sound = true;

	*out = (struct quarantined){
		.id = db_col_int(stmt, 0),
		.at_s = db_col_int(stmt, 1),
		.kind = db_col_text(stmt, 2),
		.ref = db_col_text(stmt, 3),
		.stage = db_col_text(stmt, 4),
		.reason = db_col_text(stmt, 5),
		.attempts = db_col_int(stmt, 6),
		.body = {NULL, (size_t)db_col_int(stmt, COLUMN_LENGTH)},
	};
	if (with_body) {
		const struct bytes body = db_col_blob(stmt, COLUMN_BODY);

		sound = digest_crc32c(0, body.data, body.len) == db_col_int(stmt, COLUMN_CRC);
		if (sound)
			out->body.data = body.len > 0 ? body.data : "";
	}
	return sound;
}

int
quarantine_each(struct db *db, int64_t after, size_t limit, bool with_body,
		int (*each)(void *arg, const struct quarantined *row), void *arg, struct err *err)
{
	struct db_stmt *stmt =
		db_stmt(db,
			"SELECT " COLUMNS ", CASE ?3 WHEN 1 THEN body END FROM quarantine"
			" WHERE id > ?1 ORDER BY id LIMIT ?2",
			err);
	int got;

	if (!stmt)
		return -1;
	db_int(stmt, 1, after);
	db_int(stmt, 2, limit < INT64_MAX ? (int64_t)limit : INT64_MAX);
	db_int(stmt, 3, with_body);
	while ((got = db_step(stmt, err)) > 0) {
		struct quarantined row;

		(void)row_at(stmt, with_body, &row);
		if (each(arg, &row) != 0) {
			db_reset(stmt);
			return 0;
		}
	}
	return got < 0 ? err_in(err, "quarantine") : 0;
}

int
quarantine_get(struct db *db, int64_t id, int (*each)(void *arg, const struct quarantined *row),
	       void *arg, struct err *err)
{
	struct db_stmt *stmt =
		db_stmt(db, "SELECT " COLUMNS ", body FROM quarantine WHERE id = ?1", err);
	struct quarantined row;
	int got;

	if (!stmt)
		return -1;
	db_int(stmt, 1, id);
	got = db_step(stmt, err);
	if (got > 0 && !row_at(stmt, true, &row))
		got = err_set(err, ERR_REJECT, "row %lld: checksum wrong (disk corruption?)",
			      (long long)id);
	else if (got > 0)
		(void)each(arg, &row);
	db_reset(stmt);
	return got < 0 ? err_in(err, "quarantine") : got;
}

int
quarantine_drop(struct db *db, int64_t id, struct err *err)
{
	struct db_stmt *stmt = db_stmt(db, "DELETE FROM quarantine WHERE id = ?1", err);

	if (!stmt)
		return -1;
	db_int(stmt, 1, id);
	if (db_run(stmt, err) < 0)
		return err_in(err, "quarantine");
	CRASHPOINT("dead.dropped");
	return db_changes(db) > 0;
}

int64_t
quarantine_count(struct db *db)
{
	struct db_stmt *stmt = db_stmt(db, "SELECT count(*) FROM quarantine", NULL);
	int64_t count = 0;

	if (stmt && db_step(stmt, NULL) > 0)
		count = db_col_int(stmt, 0);
	if (stmt)
		db_reset(stmt);
	return count;
}
