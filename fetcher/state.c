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
					   .ballast_bytes = STATE_BALLAST_BYTES};

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

/* One feed. */

#define COLUMNS                                                                                    \
	"id, url, userinfo, title, category, want_interval_s, want_body_bytes, target_url,"        \
	" moved_url, moved_seen, etag, last_modified, validators_url, digest, rejected,"           \
	" rejected_s, rejections, quarantined, body_bytes, due_s, interval_s, failures, status,"   \
	" error, polled_s, ok_s, changed_s, whole_s, proved, retired_s, ttl_s, skip_hours,"        \
	" skip_days, newest_s, archive_of"

static void
read_digest(struct db_stmt *row, int col, struct feed_digest *out)
{
	const struct bytes blob = db_col_blob(row, col);

	out->set = blob.len == sizeof(out->bytes);
	if (out->set)
		memcpy(out->bytes, blob.data, sizeof(out->bytes));
}

/* The row, texts copied. */
static int
read_feed(struct db_stmt *row, struct feed *out, struct err *err)
{
	SCOPED(feed_done) struct feed f = {.due_s = 0};
	struct {
		char **field;
		int col;
	} texts[] = {
		{&f.url, 1},         {&f.userinfo, 2},
		{&f.title, 3},       {&f.category, 4},
		{&f.target_url, 7},  {&f.moved_url, 8},
		{&f.etag, 10},       {&f.last_modified, 11},
		{&f.error, 23},      {&f.validators_url, 12},
		{&f.archive_of, 34},
	};

	(void)snprintf(f.id, sizeof(f.id), "%s", db_col_text(row, 0));
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (feed_set(texts[i].field, db_col_text(row, texts[i].col), err) < 0)
			return -1;
	f.want_interval_s = db_col_int(row, 5);
	f.want_body_bytes = db_col_int(row, 6);
	f.moved_seen = db_col_int(row, 9);
	read_digest(row, 13, &f.digest);
	read_digest(row, 14, &f.rejected);
	f.rejected_s = db_col_int(row, 15);
	f.rejections = db_col_int(row, 16);
	f.quarantined = db_col_int(row, 17);
	f.body_bytes = db_col_int(row, 18);
	f.due_s = db_col_int(row, 19); /* NULL reads as 0 */
	f.interval_s = db_col_int(row, 20);
	f.failures = db_col_int(row, 21);
	f.status = db_col_int(row, 22);
	f.polled_s = db_col_int(row, 24);
	f.ok_s = db_col_int(row, 25);
	f.changed_s = db_col_int(row, 26);
	f.whole_s = db_col_int(row, 27);
	f.proved = db_col_int(row, 28) != 0;
	f.retired_s = db_col_int(row, 29);
	f.ttl_s = db_col_int(row, 30);
	f.skip_hours = (uint32_t)db_col_int(row, 31);
	f.skip_days = (uint32_t)db_col_int(row, 32);
	f.newest_s = db_col_int(row, 33);
	*out = f;
	f = (struct feed){.due_s = 0};
	return 0;
}

int
state_load(struct state *s, const char *id, struct feed *out, struct err *err)
{
	struct db_stmt *stmt = db_stmt(s->db, "SELECT " COLUMNS " FROM feeds WHERE id = ?1", err);
	int got;

	if (!stmt)
		return -1;
	db_text(stmt, 1, id);
	got = db_step(stmt, err);
	if (got == 1 && read_feed(stmt, out, err) < 0)
		got = -1;
	db_reset(stmt);
	return got;
}

static void
bind_digest(struct db_stmt *stmt, int place, const struct feed_digest *digest)
{
	if (digest->set)
		db_blob(stmt, place, digest->bytes, sizeof(digest->bytes));
	else
		db_null(stmt, place);
}

int
state_save(struct state *s, const struct feed *f, struct err *err)
{
	struct db_stmt *stmt = state_write(
		s,
		"UPDATE feeds SET target_url = ?2, moved_url = ?3, moved_seen = ?4, etag = ?5,"
		" last_modified = ?6, validators_url = ?7, digest = ?8, rejected = ?9,"
		" rejected_s = ?10, rejections = ?11, quarantined = ?12, body_bytes = ?13,"
		" due_s = CASE WHEN removed_s IS NULL OR archive_of IS NOT NULL THEN ?14 END, "
		"interval_s = ?15,"
		" failures = ?16, status = ?17, error = ?18, polled_s = ?19, ok_s = ?20,"
		" changed_s = ?21, whole_s = ?22, proved = ?23, retired_s = ?24, ttl_s = ?25,"
		" skip_hours = ?26, skip_days = ?27, newest_s = ?28 WHERE id = ?1",
		err);

	if (!stmt)
		return -1;
	db_text(stmt, 1, f->id);
	db_text(stmt, 2, f->target_url);
	db_text(stmt, 3, f->moved_url);
	db_int(stmt, 4, f->moved_seen);
	db_text(stmt, 5, f->etag);
	db_text(stmt, 6, f->last_modified);
	db_text(stmt, 7, f->validators_url);
	bind_digest(stmt, 8, &f->digest);
	bind_digest(stmt, 9, &f->rejected);
	db_int(stmt, 10, f->rejected_s);
	db_int(stmt, 11, f->rejections);
	db_int(stmt, 12, f->quarantined);
	db_int(stmt, 13, f->body_bytes);
	if (f->due_s > 0)
		db_int(stmt, 14, f->due_s);
	else
		db_null(stmt, 14);
	db_int(stmt, 15, f->interval_s);
	db_int(stmt, 16, f->failures);
	db_int(stmt, 17, f->status);
	db_text(stmt, 18, f->error);
	db_int(stmt, 19, f->polled_s);
	db_int(stmt, 20, f->ok_s);
	db_int(stmt, 21, f->changed_s);
	db_int(stmt, 22, f->whole_s);
	db_int(stmt, 23, f->proved);
	db_int(stmt, 24, f->retired_s);
	db_int(stmt, 25, f->ttl_s);
	db_int(stmt, 26, f->skip_hours);
	db_int(stmt, 27, f->skip_days);
	db_int(stmt, 28, f->newest_s);
	return db_run(stmt, err);
}

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

/* What is due. */

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

static int
give_feeds(struct db_stmt *stmt, int (*each)(void *arg, const struct feed *feed), void *arg,
	   struct err *err)
{
	int got;

	while ((got = db_step(stmt, err)) == 1) {
		SCOPED(feed_done) struct feed feed = {.due_s = 0};

		if (read_feed(stmt, &feed, err) < 0) {
			got = -1;
			break;
		}
		if (each(arg, &feed) != 0)
			break;
	}
	db_reset(stmt);
	return got < 0 ? -1 : 0;
}

int
state_each(struct state *s, const char *after, int64_t limit,
	   int (*each)(void *arg, const struct feed *feed), void *arg, struct err *err)
{
	struct db_stmt *stmt = db_stmt(s->db,
				       "SELECT " COLUMNS " FROM feeds WHERE id > ?1 AND"
				       " removed_s IS NULL ORDER BY id LIMIT ?2",
				       err);

	if (!stmt)
		return -1;
	db_text(stmt, 1, after);
	db_int(stmt, 2, limit);
	return give_feeds(stmt, each, arg, err);
}

int
state_each_failing(struct state *s, int64_t limit, int (*each)(void *arg, const struct feed *feed),
		   void *arg, struct err *err)
{
	struct db_stmt *stmt = db_stmt(s->db,
				       "SELECT " COLUMNS " FROM feeds WHERE error IS NOT NULL"
				       " ORDER BY failures DESC, rejections DESC LIMIT ?1",
				       err);

	if (!stmt)
		return -1;
	db_int(stmt, 1, limit);
	return give_feeds(stmt, each, arg, err);
}
