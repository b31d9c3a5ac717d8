#include "fetcher/listing.h"

/* What was read, in the order of reading, and then each feed once, in the order of ids: a million
 * of them, put where they belong one by one, would be a million places on the disk. */
#define LISTED                                                                                     \
	" userinfo TEXT, title TEXT, category TEXT, want_interval_s INTEGER NOT NULL,"             \
	" want_body_bytes INTEGER NOT NULL)"

int
listing_begin(struct state *s, struct err *err)
{
	static const char tables[] =
		"CREATE TEMP TABLE IF NOT EXISTS spelt(id TEXT NOT NULL, url TEXT NOT NULL," LISTED
		"; DELETE FROM temp.spelt;"
		"CREATE TEMP TABLE IF NOT EXISTS listed(id TEXT PRIMARY KEY, url TEXT NOT "
		"NULL," LISTED " WITHOUT ROWID; DELETE FROM temp.listed";

	return db_begin(state_db(s), err) < 0 ? -1 : db_exec(state_db(s), tables, err);
}

int
listing_add(struct state *s, const struct listed *f, struct err *err)
{
	struct db_stmt *stmt =
		state_write(s, "INSERT INTO temp.spelt VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)", err);

	if (!stmt)
		return -1;
	db_text(stmt, 1, f->id);
	db_text(stmt, 2, f->url);
	db_text(stmt, 3, f->userinfo);
	db_text(stmt, 4, f->title);
	db_text(stmt, 5, f->category);
	db_int(stmt, 6, f->want_interval_s);
	db_int(stmt, 7, f->want_body_bytes);
	return db_run(stmt, err);
}

/* Listed twice: what any of them says more than the first counts. The first that says something is
 * the least, with its place in front. */
#define FIRST(column) "substr(min(printf('%012d', rowid) || " column "), 13)"

static int
sort(struct state *s, struct err *err)
{
	static const char sorted[] =
		"INSERT INTO temp.listed SELECT id, min(url), " FIRST("userinfo") ", " FIRST(
			"title") ", " FIRST("category") ", max(want_interval_s),"
							" max(want_body_bytes) FROM temp.spelt "
							"GROUP BY id ORDER BY id;"
							"DELETE FROM temp.spelt";

	return db_exec(state_db(s), sorted, err);
}

/* Runs one statement of the list's end; how many rows it changed. */
static int
list_step(struct state *s, const char *sql, int64_t now_s, int64_t window_s, int64_t *changed_out,
	  struct err *err)
{
	struct db_stmt *stmt = state_write(s, sql, err);

	if (!stmt)
		return -1;
	db_int(stmt, 1, now_s);
	if (window_s >= 0)
		db_int(stmt, 2, window_s);
	if (db_run(stmt, err) < 0)
		return -1;
	*changed_out = db_changes(state_db(s));
	return 0;
}

int
listing_stamp(struct state *s, uint64_t *stamp_out, struct err *err)
{
	int64_t stamp;

	if (state_ask(s, "SELECT stamp FROM list WHERE ?1", 1, &stamp, err) < 0)
		return -1;
	*stamp_out = (uint64_t)stamp;
	return 0;
}

static int
note_list(struct state *s, uint64_t stamp, int64_t feeds, struct err *err)
{
	struct db_stmt *stmt = state_write(s, "UPDATE list SET stamp = ?1, feeds = ?2", err);

	if (!stmt)
		return -1;
	db_int(stmt, 1, (int64_t)stamp);
	db_int(stmt, 2, feeds);
	return db_run(stmt, err);
}

int
listing_end(struct state *s, uint64_t stamp, int64_t now_s, int64_t interval_s,
	    struct list_change *change_out, struct err *err)
{
	struct list_change change = {.feeds = 0};
	int64_t fresh, window_s;

	if (sort(s, err) < 0 ||
	    state_ask(s,
		      "SELECT count(*) FROM temp.listed AS l WHERE ?1 AND NOT EXISTS"
		      " (SELECT 1 FROM feeds WHERE id = l.id AND removed_s IS NULL)",
		      1, &fresh, err) < 0)
		return -1;
	/* A handful of feeds is wanted at once, a million would be a burst. */
	window_s = fresh / LISTING_FEEDS_A_S;
	window_s = window_s < interval_s ? window_s : interval_s;
	if (list_step(s,
		      "UPDATE feeds SET removed_s = ?1, due_s = NULL WHERE removed_s IS NULL AND"
		      " id NOT IN (SELECT id FROM temp.listed)",
		      now_s, -1, &change.removed, err) < 0 ||
	    list_step(s,
		      "UPDATE feeds SET userinfo = l.userinfo, title = l.title,"
		      " category = l.category, want_interval_s = l.want_interval_s,"
		      " want_body_bytes = l.want_body_bytes,"
		      " due_s = CASE WHEN retired_s > 0 THEN NULL"
		      " WHEN feeds.want_interval_s != l.want_interval_s THEN min(due_s, ?1)"
		      " ELSE due_s END"
		      " FROM temp.listed AS l WHERE feeds.id = l.id AND removed_s IS NULL AND"
		      " (feeds.userinfo IS NOT l.userinfo OR feeds.title IS NOT l.title OR"
		      "  feeds.category IS NOT l.category OR"
		      "  feeds.want_interval_s != l.want_interval_s OR"
		      "  feeds.want_body_bytes != l.want_body_bytes)",
		      now_s, -1, &change.changed, err) < 0 ||
	    list_step(s,
		      "INSERT INTO feeds(id, url, userinfo, title, category, want_interval_s,"
		      " want_body_bytes, added_s, due_s) SELECT id, url, userinfo, title, category,"
		      " want_interval_s, want_body_bytes, ?1, ?1 + " STATE_SPREAD(
			      "id") " FROM temp.listed"
				    " WHERE true ON CONFLICT(id) DO UPDATE SET removed_s = NULL, "
				    "retired_s = 0,"
				    " userinfo = excluded.userinfo, title = excluded.title,"
				    " category = excluded.category, want_interval_s = "
				    "excluded.want_interval_s,"
				    " want_body_bytes = excluded.want_body_bytes, due_s = "
				    "excluded.due_s"
				    " WHERE removed_s IS NOT NULL",
		      now_s, window_s, &change.added, err) < 0 ||
	    state_ask(s, "SELECT count(*) FROM temp.listed WHERE ?1", 1, &change.feeds, err) < 0 ||
	    note_list(s, stamp, change.feeds, err) < 0 ||
	    db_exec(state_db(s), "DELETE FROM temp.listed", err) < 0)
		return -1;
	state_set_listed(s, change.feeds);
	*change_out = change;
	return 0;
}
