#include "sink/site_bucket.h"

#include <stdbool.h>
#include <stdio.h>

#include "sink/site_query.h"

int
site_bucket_mark(struct db *db, int64_t kind, int64_t key, int64_t from, struct err *err)
{
	return query_run(QUERY(db,
			       "INSERT INTO bucket(kind, key, marked) VALUES(?1, ?2, ?3)"
			       " ON CONFLICT DO UPDATE SET"
			       " marked = min(coalesce(marked, ?3), ?3)",
			       err, kind, key, from),
			 err);
}

int
site_bucket_mark_all(struct db *db, struct err *err)
{
	return query_run(QUERY(db, "UPDATE bucket SET marked = ?1", err, INT64_MIN), err);
}

/* A month that appears or vanishes changes its neighbours' links to it. */
static int
mark_neighbours(struct db *db, int64_t kind, int64_t key, struct err *err)
{
	for (int step = -1; kind == BUCKET_MONTH && step <= 1; step += 2) {
		int64_t month;
		const int found = site_bucket_neighbour(db, key, step, &month, err);

		if (found < 0 ||
		    (found == 1 && site_bucket_mark(db, kind, month, INT64_MAX, err) < 0))
			return -1;
	}
	return 0;
}

/* The bucket holds `more` stories more than before, the first of them at `from`. */
static int
change(struct db *db, int64_t kind, int64_t key, int64_t from, int64_t more, struct err *err)
{
	int64_t count;

	if (query_row(QUERY(db,
			    "INSERT INTO bucket(kind, key, marked, count) VALUES(?1, ?2, ?3, ?4)"
			    " ON CONFLICT DO UPDATE SET count = count + ?4,"
			    " marked = min(coalesce(marked, ?3), ?3) RETURNING count",
			    err, kind, key, from, more),
		      &count, 1, err) < 0 ||
	    site_bucket_mark(db, BUCKET_LISTS, 0, INT64_MAX, err) < 0)
		return -1;
	return count == (more > 0 ? 1 : 0) ? mark_neighbours(db, kind, key, err) : 0;
}

int
site_bucket_add(struct db *db, int64_t kind, int64_t key, int64_t at, const char *id, int64_t lead,
		struct err *err)
{
	struct db_stmt *const stmt =
		QUERY(db, "INSERT INTO filing(kind, key, at, lead, id) VALUES(?1, ?2, ?3, ?4, ?5)",
		      err, kind, key, at, lead);

	if (stmt)
		db_text(stmt, 5, id);
	return query_run(stmt, err) < 0 ? -1 : change(db, kind, key, at, 1, err);
}

int
site_bucket_remove(struct db *db, int64_t kind, int64_t key, int64_t at, const char *id,
		   struct err *err)
{
	struct db_stmt *const stmt =
		QUERY(db, "DELETE FROM filing WHERE kind = ?1 AND key = ?2 AND at = ?3 AND id = ?4",
		      err, kind, key, at);

	if (stmt)
		db_text(stmt, 4, id);
	return query_run(stmt, err) < 0 ? -1 : change(db, kind, key, at, -1, err);
}

int
site_bucket_marked(struct db *db, int64_t kind, int64_t key, struct site_bucket *out,
		   struct err *err)
{
	int64_t row[4];
	const int found = query_row(
		QUERY(db,
		      "SELECT kind, key, count, full FROM bucket"
		      " WHERE (marked IS NOT NULL OR doing IS NOT NULL) AND (kind, key) > (?1, ?2)"
		      " ORDER BY kind, key LIMIT 1",
		      err, kind, key),
		row, 4, err);

	if (found == 1)
		*out = (struct site_bucket){row[0], row[1], row[2], row[3]};
	return found;
}

int
site_bucket_begin(struct db *db, const struct site_bucket *bucket, int64_t *from_out,
		  struct err *err)
{
	if (query_run(QUERY(db,
			    "UPDATE bucket SET marked = NULL,"
			    " doing = min(coalesce(doing, marked), coalesce(marked, doing))"
			    " WHERE kind = ?1 AND key = ?2",
			    err, bucket->kind, bucket->key),
		      err) < 0)
		return -1;
	return query_row(QUERY(db, "SELECT doing FROM bucket WHERE kind = ?1 AND key = ?2", err,
			       bucket->kind, bucket->key),
			 from_out, 1, err) < 0
		       ? -1
		       : 0;
}

int
site_bucket_end(struct db *db, const struct site_bucket *bucket, int64_t full, struct err *err)
{
	if (query_run(QUERY(db,
			    "UPDATE bucket SET doing = NULL, full = ?3"
			    " WHERE kind = ?1 AND key = ?2",
			    err, bucket->kind, bucket->key, full),
		      err) < 0)
		return -1;
	if (bucket->kind == BUCKET_FRONT || bucket->kind == BUCKET_LISTS)
		return 0;
	return query_run(QUERY(db,
			       "DELETE FROM bucket WHERE kind = ?1 AND key = ?2"
			       " AND count = 0 AND full = 0 AND marked IS NULL",
			       err, bucket->kind, bucket->key),
			 err);
}

int
site_bucket_before(struct db *db, const struct site_bucket *bucket, int64_t at, int64_t *out,
		   struct err *err)
{
	int64_t after;

	/* What is marked is mostly near the end: count from there. */
	if (query_row(QUERY(db,
			    "SELECT count(*) FROM filing WHERE kind = ?1 AND key = ?2 AND at >= ?3",
			    err, bucket->kind, bucket->key, at),
		      &after, 1, err) < 0)
		return -1;
	*out = bucket->count - after;
	return 0;
}

int
site_bucket_seek(struct db *db, const struct site_bucket *bucket, int64_t index,
		 struct site_cursor *out, struct err *err)
{
	const bool near_start = index <= bucket->count / 2;
	struct db_stmt *stmt;
	int found;

	*out = (struct site_cursor){.at = INT64_MIN};
	if (index <= 0)
		return 0;
	stmt = QUERY(db,
		     near_start ? "SELECT at, id FROM filing WHERE kind = ?1 AND key = ?2"
				  " ORDER BY at, id LIMIT 1 OFFSET ?3"
				: "SELECT at, id FROM filing WHERE kind = ?1 AND key = ?2"
				  " ORDER BY at DESC, id DESC LIMIT 1 OFFSET ?3",
		     err, bucket->kind, bucket->key,
		     near_start ? index - 1 : bucket->count - index);
	found = stmt ? db_step(stmt, err) : -1;
	if (found == 0)
		out->at = INT64_MAX;
	if (found <= 0)
		return found;
	out->at = db_col_int(stmt, 0);
	(void)snprintf(out->id, sizeof(out->id), "%s", db_col_text(stmt, 1));
	db_reset(stmt);
	return 0;
}

int
site_bucket_read(struct db *db, const struct site_bucket *bucket, struct site_cursor *cursor,
		 size_t max, int64_t *leads_out, size_t *count_out, struct err *err)
{
	struct db_stmt *const stmt =
		QUERY(db,
		      "SELECT lead, at, id FROM filing WHERE kind = ?1 AND key = ?2"
		      " AND (at, id) > (?3, ?5) ORDER BY at, id LIMIT ?4",
		      err, bucket->kind, bucket->key, cursor->at, (int64_t)max);
	struct site_cursor next = *cursor; /* the old one stays bound until the reset */
	size_t count = 0;
	int found = 0;

	if (!stmt)
		return -1;
	db_text(stmt, 5, cursor->id);
	while (count < max && (found = db_step(stmt, err)) == 1) {
		leads_out[count++] = db_col_int(stmt, 0);
		next.at = db_col_int(stmt, 1);
		(void)snprintf(next.id, sizeof(next.id), "%s", db_col_text(stmt, 2));
	}
	db_reset(stmt);
	if (found < 0)
		return -1;
	*cursor = next;
	*count_out = count;
	return 0;
}

int
site_bucket_newest(struct db *db, const struct site_bucket *bucket, size_t max, int64_t *leads_out,
		   size_t *count_out, struct err *err)
{
	struct db_stmt *const stmt = QUERY(db,
					   "SELECT lead FROM filing WHERE kind = ?1 AND key = ?2"
					   " ORDER BY at DESC, id DESC LIMIT ?3",
					   err, bucket->kind, bucket->key, (int64_t)max);
	size_t count = 0;
	int found = 0;

	if (!stmt)
		return -1;
	while (count < max && (found = db_step(stmt, err)) == 1)
		leads_out[count++] = db_col_int(stmt, 0);
	db_reset(stmt);
	if (found < 0)
		return -1;
	*count_out = count;
	return 0;
}

int
site_bucket_neighbour(struct db *db, int64_t month, int step, int64_t *out, struct err *err)
{
	return query_row(QUERY(db,
			       step < 0 ? "SELECT key FROM bucket WHERE kind = ?1 AND key < ?2"
					  " AND count > 0 ORDER BY key DESC LIMIT 1"
					: "SELECT key FROM bucket WHERE kind = ?1 AND key > ?2"
					  " AND count > 0 ORDER BY key LIMIT 1",
			       err, BUCKET_MONTH, month),
			 out, 1, err);
}
