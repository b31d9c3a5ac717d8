#include "common/spool.h"

#include <stdlib.h>

#include "common/clock.h"
#include "common/digest.h"

struct spool {
	struct db *db;
	uint64_t next_seq;
	int64_t rows, bytes;
};

void
spool_close(struct spool *s)
{
	free(s);
}

int
spool_recount(struct spool *s, struct err *err)
{
	struct db_stmt *stmt =
		db_stmt(s->db,
			"SELECT count(*), coalesce(sum(length(body)), 0),"
			" (SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'spool')"
			" FROM spool",
			err);
	uint64_t given;

	if (!stmt || db_step(stmt, err) < 0)
		return -1;
	s->rows = db_col_int(stmt, 0);
	s->bytes = db_col_int(stmt, 1);
	given = (uint64_t)db_col_int(stmt, 2);
	db_reset(stmt);
	/* Never back: a number that was rolled back may have been seen. */
	if (s->next_seq <= given)
		s->next_seq = given + 1;
	return 0;
}

struct spool *
spool_open(struct db *db, struct err *err)
{
	SCOPED(spool_close) struct spool *s = calloc(1, sizeof(*s));

	if (!s) {
		(void)err_sys(err, "spool");
		return NULL;
	}
	s->db = db;
	if (spool_recount(s, err) < 0) {
		(void)err_in(err, "spool");
		return NULL;
	}
	return TAKE(s);
}

uint64_t
spool_next_seq(const struct spool *s)
{
	return s->next_seq;
}

int
spool_append(struct spool *s, const char *ref, struct bytes body, uint64_t *seq_out,
	     struct err *err)
{
	struct db_stmt *stmt = db_stmt(
		s->db, "INSERT INTO spool(seq, at_s, ref, crc, body) VALUES(?1, ?2, ?3, ?4, ?5)",
		err);

	if (!stmt || db_room(s->db, body.len, err) < 0)
		return err_in(err, "spool");
	db_int(stmt, 1, (int64_t)s->next_seq);
	db_int(stmt, 2, clock_wall_s());
	db_text(stmt, 3, ref);
	db_int(stmt, 4, digest_crc32c(0, body.data, body.len));
	db_blob(stmt, 5, body.data, body.len);
	if (db_run(stmt, err) < 0)
		return err_in(err, "spool");
	s->rows++;
	s->bytes += (int64_t)body.len;
	*seq_out = s->next_seq++;
	return 0;
}

/* The statement for a row, at that row: 1; 0 when there is no such row; -1. */
static int
row_of(struct spool *s, const char *sql, uint64_t seq, struct db_stmt **stmt_out, struct err *err)
{
	struct db_stmt *stmt = db_stmt(s->db, sql, err);

	if (!stmt)
		return -1;
	db_int(stmt, 1, (int64_t)seq);
	*stmt_out = stmt;
	return db_step(stmt, err);
}

int
spool_load(struct spool *s, uint64_t seq, struct buf *out, struct err *err)
{
	const unsigned long long number = seq;
	struct db_stmt *stmt;
	struct bytes body;
	int got = row_of(s, "SELECT crc, body FROM spool WHERE seq = ?1", seq, &stmt, err);

	if (got < 0)
		return err_in(err, "spool row %llu", number);
	if (got == 0)
		return err_set(err, ERR_REJECT, "spool row %llu: it is gone", number);
	body = db_col_blob(stmt, 1);
	if ((int64_t)digest_crc32c(0, body.data, body.len) != db_col_int(stmt, 0))
		got = err_set(err, ERR_REJECT, "checksum wrong (disk corruption?)");
	else
		got = buf_add(out, body.data, body.len, err);
	db_reset(stmt);
	return got < 0 ? err_in(err, "spool row %llu", number) : 0;
}

int
spool_after(struct spool *s, uint64_t after, uint64_t *seq_out, size_t *len_out, struct err *err)
{
	struct db_stmt *stmt;
	int got =
		row_of(s, "SELECT seq, length(body) FROM spool WHERE seq > ?1 ORDER BY seq LIMIT 1",
		       after, &stmt, err);

	if (got < 0)
		return err_in(err, "spool");
	if (got > 0) {
		*seq_out = (uint64_t)db_col_int(stmt, 0);
		*len_out = (size_t)db_col_int(stmt, 1);
		db_reset(stmt);
	}
	return got;
}

int
spool_ref(struct spool *s, uint64_t seq, struct buf *out, struct err *err)
{
	struct db_stmt *stmt;
	int got = row_of(s, "SELECT ref FROM spool WHERE seq = ?1", seq, &stmt, err);
	const char *ref = got > 0 ? db_col_text(stmt, 0) : NULL;

	if (ref && buf_adds(out, ref, err) < 0)
		got = -1;
	if (got > 0)
		db_reset(stmt);
	return got < 0 ? err_in(err, "spool") : 0;
}

int
spool_done(struct spool *s, uint64_t seq, struct err *err)
{
	struct db_stmt *stmt;
	int got = row_of(s, "SELECT length(body) FROM spool WHERE seq = ?1", seq, &stmt, err);
	int64_t len = 0;

	if (got > 0) {
		len = db_col_int(stmt, 0);
		db_reset(stmt);
		if (row_of(s, "DELETE FROM spool WHERE seq = ?1", seq, &stmt, err) < 0)
			got = -1;
	}
	if (got < 0)
		return err_in(err, "spool");
	s->rows -= got;
	s->bytes -= len;
	return 0;
}

int
spool_blame(struct spool *s, uint64_t seq, int64_t points, int64_t *blame_out, struct err *err)
{
	struct db_stmt *stmt = db_stmt(
		s->db, "UPDATE spool SET blame = blame + ?2 WHERE seq = ?1 RETURNING blame", err);
	int64_t blame = 0;
	int got;

	if (!stmt)
		return -1;
	db_int(stmt, 1, (int64_t)seq);
	db_int(stmt, 2, points);
	got = db_step(stmt, err);
	if (got > 0)
		blame = db_col_int(stmt, 0);
	if (got < 0 || db_run(stmt, err) < 0)
		return err_in(err, "spool");
	*blame_out = blame;
	return 0;
}

int64_t
spool_depth(const struct spool *s)
{
	return s->rows;
}

int64_t
spool_bytes(const struct spool *s)
{
	return s->bytes;
}

int64_t
spool_oldest_s(struct spool *s)
{
	struct db_stmt *stmt;
	int64_t at_s = 0;

	if (row_of(s, "SELECT at_s FROM spool WHERE seq >= ?1 ORDER BY seq LIMIT 1", 0, &stmt,
		   NULL) > 0) {
		at_s = db_col_int(stmt, 0);
		db_reset(stmt);
	}
	return at_s;
}
