#include "sink/site_story.h"

#include <stdio.h>

#include "sink/site_bucket.h"
#include "sink/site_name.h"
#include "sink/site_query.h"

enum { JOINS_MAX = 8 };

/* Takes the story out of every bucket. */
static int
unfile(struct db *db, int64_t story, struct err *err)
{
	int64_t lead;
	int found =
		query_row(QUERY(db, "SELECT n FROM item WHERE story = ?1 AND leads", err, story),
			  &lead, 1, err);

	while (found == 1) {
		struct db_stmt *const stmt =
			QUERY(db, "SELECT kind, key, at, id FROM filing WHERE lead = ?1 LIMIT 1",
			      err, lead);
		char id[SITE_ID_BYTES];
		int64_t kind, key, at;

		found = stmt ? db_step(stmt, err) : -1;
		if (found != 1)
			break;
		kind = db_col_int(stmt, 0);
		key = db_col_int(stmt, 1);
		at = db_col_int(stmt, 2);
		(void)snprintf(id, sizeof(id), "%s", db_col_text(stmt, 3));
		db_reset(stmt);
		if (site_bucket_remove(db, kind, key, at, id, err) < 0)
			return -1;
	}
	if (found < 0)
		return -1;
	return query_run(
		QUERY(db, "UPDATE item SET leads = 0 WHERE story = ?1 AND leads", err, story), err);
}

/* What a story is filed under, beside the front page and its month. */
static const struct {
	enum site_bucket_kind kind;
	const char *sql;
} shelves[] = {
	{BUCKET_TAG, "SELECT DISTINCT tag FROM item_tag JOIN item ON item_tag.item = item.n"
		     " WHERE story = ?1 AND tag > ?2 ORDER BY tag LIMIT 1"},
	{BUCKET_SOURCE, "SELECT source FROM item WHERE story = ?1 AND source > ?2"
			" ORDER BY source LIMIT 1"},
};

static int
file(struct db *db, int64_t story, struct err *err)
{
	struct db_stmt *const stmt = QUERY(
		db, "SELECT n, at, id FROM item WHERE story = ?1 ORDER BY rank, at, id LIMIT 1",
		err, story);
	const int found = stmt ? db_step(stmt, err) : -1;
	char id[SITE_ID_BYTES];
	int64_t lead, at;

	if (found != 1)
		return found;
	lead = db_col_int(stmt, 0);
	at = db_col_int(stmt, 1);
	(void)snprintf(id, sizeof(id), "%s", db_col_text(stmt, 2));
	db_reset(stmt);
	if (site_bucket_add(db, BUCKET_FRONT, 0, at, id, lead, err) < 0 ||
	    site_bucket_add(db, BUCKET_MONTH, site_month_of(at), at, id, lead, err) < 0)
		return -1;
	for (size_t i = 0; i < sizeof(shelves) / sizeof(shelves[0]); i++) {
		int64_t key = 0;
		int more;

		while ((more = query_row(QUERY(db, shelves[i].sql, err, story, key), &key, 1,
					 err)) == 1)
			if (site_bucket_add(db, shelves[i].kind, key, at, id, lead, err) < 0)
				return -1;
		if (more < 0)
			return -1;
	}
	return query_run(QUERY(db, "UPDATE item SET leads = 1 WHERE n = ?1", err, lead), err);
}

int
site_story_leave(struct db *db, int64_t item, struct err *err)
{
	int64_t story, rest = 0;

	if (query_row(QUERY(db, "SELECT story FROM item WHERE n = ?1", err, item), &story, 1, err) <
		    0 ||
	    unfile(db, story, err) < 0 ||
	    query_row(QUERY(db, "SELECT coalesce(min(n), 0) FROM item WHERE story = ?1 AND n <> ?2",
			    err, story, item),
		      &rest, 1, err) < 0)
		return -1;
	if (rest == 0)
		return 0;
	/* A story is called by the number of one of its items. */
	if (query_run(QUERY(db, "UPDATE item SET story = ?3 WHERE story = ?1 AND n <> ?2", err,
			    story, item, rest),
		      err) < 0 ||
	    query_run(QUERY(db, "UPDATE item SET story = n WHERE n = ?1", err, item), err) < 0)
		return -1;
	return file(db, rest, err);
}

/* Another story that tells what this item tells, which is the classifier's to say. What one feed
 * gave twice, by address and title, is one whatever it says. Items without a story are compared
 * here: one feed may give many items one address (a page of changes) or one title (a weekly
 * column), so that alone makes no two of its items one. */
static const char *const same_story[] = {
	"SELECT other.story FROM item AS me JOIN item AS other ON other.told = me.told"
	" WHERE me.n = ?1 AND other.story <> me.story LIMIT 1",
	"SELECT other.story FROM item AS me JOIN item AS other ON other.url_key = me.url_key"
	" WHERE me.n = ?1 AND other.story <> me.story AND other.source = me.source"
	" AND other.title_key IS me.title_key LIMIT 1",
	"SELECT other.story FROM item AS me JOIN item AS other ON other.url_key = me.url_key"
	" WHERE me.n = ?1 AND other.story <> me.story AND other.source <> me.source"
	" AND me.told IS NULL AND other.told IS NULL LIMIT 1",
	"SELECT other.story FROM item AS me JOIN item AS other ON other.title_key = me.title_key"
	" AND other.at BETWEEN me.at - 259200 AND me.at + 259200" /* 72 hours */
	" WHERE me.n = ?1 AND other.story <> me.story AND other.source <> me.source"
	" AND me.told IS NULL AND other.told IS NULL LIMIT 1",
};

/* 1 joined one more, 0 there is none, -1. */
static int
join_one(struct db *db, int64_t item, const char *sql, struct err *err)
{
	int64_t other, items;
	int found = query_row(QUERY(db, sql, err, item), &other, 1, err);

	if (found <= 0)
		return found;
	if (query_row(QUERY(db,
			    "SELECT count(*) FROM item WHERE story = ?2"
			    " OR story = (SELECT story FROM item WHERE n = ?1)",
			    err, item, other),
		      &items, 1, err) < 0)
		return -1;
	if (items > STORY_ITEMS_MAX)
		return 0;
	if (unfile(db, other, err) < 0 ||
	    query_run(QUERY(db,
			    "UPDATE item SET story = (SELECT story FROM item WHERE n = ?1)"
			    " WHERE story = ?2",
			    err, item, other),
		      err) < 0)
		return -1;
	return 1;
}

int
site_story_join(struct db *db, int64_t item, struct err *err)
{
	int64_t story;

	for (size_t i = 0; i < sizeof(same_story) / sizeof(same_story[0]); i++)
		for (int n = 0; n < JOINS_MAX; n++) {
			const int joined = join_one(db, item, same_story[i], err);
			if (joined < 0)
				return -1;
			if (joined == 0)
				break;
		}
	if (query_row(QUERY(db, "SELECT story FROM item WHERE n = ?1", err, item), &story, 1, err) <
	    0)
		return -1;
	return file(db, story, err);
}
