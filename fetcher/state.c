#include "fetcher/state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/quarantine.h"
#include "fetcher/hostbook.h"
#include "fetcher/schedule.h"

enum {
	PATH_BYTES_MAX = 4096,
	PURGE_ROWS = 1000,
	CLOCK_SLACK_S = 120,
	WHOLE_A_SECOND = 20,       /* feeds asked for everything again, */
	WHOLE_SPREAD_S = 4 * 3600, /* or as many as it takes to be done by then */
};

/* The indexes hold only the rows they are asked for: what is never due, and what is well, costs
 * nothing there. */
static const char *const migrations[] = {
	"CREATE TABLE feeds("
	" id TEXT PRIMARY KEY, url TEXT NOT NULL, userinfo TEXT, title TEXT, category TEXT,"
	" want_interval_s INTEGER NOT NULL, want_body_bytes INTEGER NOT NULL,"
	" added_s INTEGER NOT NULL, removed_s INTEGER,"
	" target_url TEXT, moved_url TEXT, moved_seen INTEGER NOT NULL DEFAULT 0,"
	" etag TEXT, last_modified TEXT, validators_url TEXT, digest BLOB,"
	" rejected BLOB, rejected_s INTEGER NOT NULL DEFAULT 0,"
	" rejections INTEGER NOT NULL DEFAULT 0, quarantined INTEGER NOT NULL DEFAULT 0,"
	" body_bytes INTEGER NOT NULL DEFAULT 0,"
	" due_s INTEGER, interval_s INTEGER NOT NULL DEFAULT 0,"
	" failures INTEGER NOT NULL DEFAULT 0, status INTEGER NOT NULL DEFAULT 0, error TEXT,"
	" polled_s INTEGER NOT NULL DEFAULT 0, ok_s INTEGER NOT NULL DEFAULT 0,"
	" changed_s INTEGER NOT NULL DEFAULT 0, whole_s INTEGER NOT NULL DEFAULT 0,"
	" proved INTEGER NOT NULL DEFAULT 0, retired_s INTEGER NOT NULL DEFAULT 0,"
	" ttl_s INTEGER NOT NULL DEFAULT 0, skip_hours INTEGER NOT NULL DEFAULT 0,"
	" skip_days INTEGER NOT NULL DEFAULT 0, newest_s INTEGER NOT NULL DEFAULT 0"
	") WITHOUT ROWID;"
	"CREATE INDEX feeds_due ON feeds(due_s) WHERE due_s IS NOT NULL;"
	"CREATE INDEX feeds_failing ON feeds(failures, rejections) WHERE error IS NOT NULL;"
	"CREATE INDEX feeds_retired ON feeds(retired_s) WHERE retired_s > 0;"
	"CREATE INDEX feeds_removed ON feeds(removed_s) WHERE removed_s IS NOT NULL;"
	"CREATE TABLE hosts(host TEXT PRIMARY KEY, held_until_s INTEGER NOT NULL) WITHOUT ROWID;"
	"CREATE TABLE descriptions(feed TEXT PRIMARY KEY, title TEXT, link TEXT, self TEXT, hub "
	"TEXT,"
	" prev_archive TEXT) WITHOUT ROWID;"
	"CREATE TABLE clock(seen_s INTEGER NOT NULL);"
	"INSERT INTO clock VALUES(0);" SPOOL_SCHEMA QUARANTINE_SCHEMA,
	"ALTER TABLE hosts ADD COLUMN budget INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE hosts ADD COLUMN window_s INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE hosts ADD COLUMN began_s INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE hosts ADD COLUMN used INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE hosts ADD COLUMN good INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE hosts ADD COLUMN tls_until_s INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE hosts ADD COLUMN tls_below INTEGER NOT NULL DEFAULT 0;"
	"CREATE INDEX hosts_limited ON hosts(host) WHERE budget > 0;",
	"ALTER TABLE descriptions ADD COLUMN document INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE descriptions ADD COLUMN parser TEXT;"
	"ALTER TABLE descriptions ADD COLUMN items INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE descriptions ADD COLUMN warnings TEXT;",
	"CREATE TABLE list(stamp INTEGER NOT NULL, feeds INTEGER NOT NULL);"
	"INSERT INTO list VALUES(0, 0);",
	"ALTER TABLE feeds ADD COLUMN archive_of TEXT;"
	"ALTER TABLE feeds ADD COLUMN archive_number INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE feeds ADD COLUMN archive_until TEXT;",
	QUARANTINE_ONCE_SCHEMA,
	/* subscription.h: its phases below 4 count */
	"CREATE TABLE subscriptions("
	" token TEXT PRIMARY KEY, secret TEXT NOT NULL, feed TEXT NOT NULL, phase INTEGER NOT NULL,"
	" topic TEXT NOT NULL, hubs TEXT NOT NULL, base TEXT NOT NULL, hub_at INTEGER NOT NULL,"
	" by_head INTEGER NOT NULL, made_s INTEGER NOT NULL, due_s INTEGER NOT NULL,"
	" asked_s INTEGER NOT NULL, verified_s INTEGER NOT NULL, lease_until_s INTEGER NOT NULL,"
	" tries INTEGER NOT NULL, error TEXT, pushes INTEGER NOT NULL, forged INTEGER NOT NULL,"
	" pushed_s INTEGER NOT NULL, missed INTEGER NOT NULL) WITHOUT ROWID;"
	"CREATE UNIQUE INDEX subscriptions_feed ON subscriptions(feed) WHERE phase < 4;"
	"CREATE INDEX subscriptions_due ON subscriptions(due_s);"
	"CREATE INDEX subscriptions_phase ON subscriptions(phase);",
	NULL,
};

struct state {
	struct db *db;
	struct spool *spool;
	int64_t feeds; /* listed */
};

static struct state *
open_with(const char *dir, const struct db_options *options, struct err *err)
{
	SCOPED(state_close) struct state *s = calloc(1, sizeof(*s));
	char path[PATH_BYTES_MAX];

	if (!s) {
		(void)err_sys(err, "state");
		return NULL;
	}
	(void)snprintf(path, sizeof(path), "%s/fetcher.db", dir);
	s->db = db_open(path, options, err);
	if (!s->db)
		return NULL;
	s->spool = spool_open(s->db, err);
	/* A list of a million feeds is put together in a file, not in memory. */
	if (!s->spool ||
	    db_exec(s->db, "PRAGMA temp_store = FILE; PRAGMA temp.auto_vacuum = FULL", err) < 0 ||
	    state_ask(s, "SELECT feeds FROM list WHERE ?1", 1, &s->feeds, err) < 0)
		return NULL;
	return TAKE(s);
}

struct state *
state_open(const char *dir, struct err *err)
{
	const struct db_options options = {.migrations = migrations,
					   .ballast_bytes = STATE_BALLAST_BYTES,
					   .looked_over = true};

	return open_with(dir, &options, err);
}

struct state *
state_open_read(const char *dir, struct err *err)
{
	const struct db_options options = {.shared_read = true};

	return open_with(dir, &options, err);
}

void
state_close(struct state *s)
{
	if (!s)
		return;
	spool_close(s->spool);
	db_close(s->db);
	free(s);
}

struct db *
state_db(struct state *s)
{
	return s->db;
}

void
state_set_listed(struct state *s, int64_t feeds)
{
	s->feeds = feeds;
}

struct spool *
state_spool(struct state *s)
{
	return s->spool;
}

int
state_commit(struct state *s, struct err *err)
{
	return db_commit(s->db, err);
}

void
state_rollback(struct state *s)
{
	db_rollback(s->db);
	(void)spool_recount(s->spool, NULL);
}

struct db_stmt *
state_write(struct state *s, const char *sql, struct err *err)
{
	return db_begin(s->db, err) < 0 ? NULL : db_stmt(s->db, sql, err);
}

/* What is due. */

int
state_postpone(struct state *s, const char *id, int64_t due_s, struct err *err)
{
	struct db_stmt *stmt =
		state_write(s, "UPDATE feeds SET due_s = ?2 WHERE id = ?1 AND due_s < ?2", err);

	if (!stmt)
		return -1;
	db_text(stmt, 1, id);
	db_int(stmt, 2, due_s);
	return db_run(stmt, err);
}

int
state_due(struct state *s, int64_t now_s, struct due_cursor *cursor, int limit,
	  int (*each)(void *arg, const struct due *due), void *arg, struct err *err)
{
	struct db_stmt *stmt = db_stmt(
		s->db,
		"SELECT id, coalesce(target_url, url), body_bytes, due_s, polled_s FROM feeds"
		" WHERE due_s IS NOT NULL AND due_s <= ?1 AND (due_s, id) > (?2, ?3)"
		" ORDER BY due_s, id LIMIT ?4",
		err);
	int given = 0, got;

	if (!stmt)
		return -1;
	db_int(stmt, 1, now_s);
	db_int(stmt, 2, cursor->due_s);
	db_text(stmt, 3, cursor->id);
	db_int(stmt, 4, limit);
	while ((got = db_step(stmt, err)) == 1) {
		const struct due due = {.id = db_col_text(stmt, 0),
					.start_url = db_col_text(stmt, 1),
					.body_bytes = db_col_int(stmt, 2),
					.polled_s = db_col_int(stmt, 4)};
		struct due_cursor at = {.due_s = db_col_int(stmt, 3)};

		(void)snprintf(at.id, sizeof(at.id), "%s", due.id);
		if (each(arg, &due) != 0)
			break;
		*cursor = at;
		given++;
	}
	db_reset(stmt);
	return got < 0 ? -1 : given;
}

/* The first column of the first row, 0 where there is none or it is NULL. */
int
state_ask(struct state *s, const char *sql, int64_t value, int64_t *out, struct err *err)
{
	struct db_stmt *stmt = db_stmt(s->db, sql, err);
	int got;

	if (!stmt)
		return -1;
	db_int(stmt, 1, value);
	got = db_step(stmt, err);
	if (got >= 0)
		*out = got == 1 ? db_col_int(stmt, 0) : 0;
	db_reset(stmt);
	return got < 0 ? -1 : 0;
}

int
state_next_due(struct state *s, int64_t now_s, int64_t *out, struct err *err)
{
	return state_ask(s, "SELECT due_s FROM feeds WHERE due_s > ?1 ORDER BY due_s LIMIT 1",
			 now_s, out, err);
}

int
state_poll_now(struct state *s, const char *id, int64_t now_s, struct err *err)
{
	struct db_stmt *stmt =
		id ? state_write(s,
				 "UPDATE feeds SET due_s = ?1 WHERE id = ?2 AND removed_s IS NULL",
				 err)
		   : state_write(s,
				 "UPDATE feeds SET due_s = ?1 WHERE due_s > ?1 AND"
				 " removed_s IS NULL",
				 err);

	if (!stmt)
		return -1;
	db_int(stmt, 1, now_s);
	if (id)
		db_text(stmt, 2, id);
	if (db_run(stmt, err) < 0)
		return -1;
	return db_changes(s->db) > 0 ? 1 : 0;
}

int
state_ask_whole(struct state *s, int64_t since_s, int64_t now_s, int64_t *count_out,
		struct err *err)
{
	struct db_stmt *stmt;
	int64_t count = 0;

	if (state_ask(s, "SELECT count(*) FROM feeds WHERE changed_s >= ?1 AND due_s IS NOT NULL",
		      since_s, &count, err) < 0)
		return -1;
	stmt = state_write(s,
			   "UPDATE feeds SET etag = NULL, last_modified = NULL,"
			   " validators_url = NULL, digest = NULL,"
			   " due_s = min(due_s, ?1 + " STATE_SPREAD(
				   "id") ") WHERE changed_s >= ?3 AND due_s IS NOT NULL",
			   err);
	if (!stmt)
		return -1;
	db_int(stmt, 1, now_s);
	db_int(stmt, 2,
	       count / WHOLE_A_SECOND < WHOLE_SPREAD_S ? count / WHOLE_A_SECOND : WHOLE_SPREAD_S);
	db_int(stmt, 3, since_s);
	if (db_run(stmt, err) < 0)
		return -1;
	*count_out = count;
	return 0;
}

int
state_check_clock(struct state *s, int64_t now_s, int64_t interval_s, struct err *err)
{
	struct db_stmt *stmt;
	int64_t seen_s;

	if (state_ask(s, "SELECT seen_s FROM clock WHERE ?1", 1, &seen_s, err) < 0)
		return -1;
	if (now_s + CLOCK_SLACK_S < seen_s) {
		/* Due times of the future that was: back to within one interval. */
		stmt = state_write(s,
				   "UPDATE feeds SET due_s = ?1 + " STATE_SPREAD(
					   "id") " WHERE due_s > ?1 + ?2",
				   err);
		if (!stmt)
			return -1;
		db_int(stmt, 1, now_s);
		db_int(stmt, 2, interval_s);
		if (db_run(stmt, err) < 0)
			return -1;
	}
	stmt = state_write(s, "UPDATE clock SET seen_s = ?1", err);
	if (!stmt)
		return -1;
	db_int(stmt, 1, now_s);
	return db_run(stmt, err);
}

int
state_purge(struct state *s, int64_t now_s, struct err *err)
{
	struct db_stmt *stmt = state_write(s,
					   "DELETE FROM feeds WHERE id IN (SELECT id FROM feeds "
					   "WHERE removed_s < ?1 LIMIT ?2)",
					   err);

	if (!stmt)
		return -1;
	db_int(stmt, 1, now_s - STATE_KEEP_REMOVED_S);
	db_int(stmt, 2, PURGE_ROWS);
	if (db_run(stmt, err) < 0)
		return -1;
	if (db_exec(s->db,
		    "DELETE FROM descriptions WHERE NOT EXISTS"
		    " (SELECT 1 FROM feeds WHERE id = descriptions.feed)",
		    err) < 0)
		return -1;
	return hostbook_purge(s, now_s, err);
}

/* For people. */

int
state_count(struct state *s, int64_t now_s, struct state_counts *out, struct err *err)
{
	struct state_counts counts = {.feeds = s->feeds};

	if (state_ask(s, "SELECT count(*) FROM feeds WHERE due_s <= ?1", now_s, &counts.due, err) <
		    0 ||
	    state_ask(s, "SELECT count(*) FROM feeds WHERE error IS NOT NULL AND ?1", 1,
		      &counts.failing, err) < 0 ||
	    state_ask(s, "SELECT count(*) FROM feeds WHERE retired_s > 0 AND ?1", 1,
		      &counts.retired, err) < 0)
		return -1;
	*out = counts;
	return 0;
}
