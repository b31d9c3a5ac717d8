#include "classifier/story.h"

#include <string.h>

#include "classifier/filter.h"
#include "classifier/seen.h"
#include "common/arena.h"
#include "common/clock.h"
#include "common/digest.h"
#include "common/item.h"
#include "common/quarantine.h"

enum { ARENA_BYTES_MAX = 4 * ITEM_BYTES_MAX };
#define SINK_PREFIX "sink@"

struct story {
	struct db *db;
	const struct story_teller *teller;
	struct seen_item seen;
	const char *id;
	struct arena *arena;
	bool kept; /* the item is in the outbox still */
	int64_t at_s;
	struct item item;
	struct buf labels;
	struct buf only; /* the one sink it is for; empty: all */
};

/* The item. */

/* Row seq as far as it is there and sound. */
static int
load(struct story *s, struct err *err)
{
	struct db_stmt *stmt = db_stmt(
		s->db, "SELECT at_s, only, labels, crc, body FROM items WHERE seq = ?1", err);
	struct bytes body;
	int got;

	if (!stmt)
		return -1;
	db_int(stmt, 1, s->seen.seq);
	got = db_step(stmt, err);
	if (got <= 0)
		return got;
	body = db_col_blob(stmt, 4);
	s->at_s = db_col_int(stmt, 0);
	s->kept = digest_crc32c(0, body.data, body.len) == db_col_int(stmt, 3) &&
		  item_decode(body, s->arena, &s->item, NULL) == 0 &&
		  buf_adds(&s->labels, db_col_text(stmt, 2), NULL) == 0 &&
		  (db_col_is_null(stmt, 1) || buf_adds(&s->only, db_col_text(stmt, 1), NULL) == 0);
	/* Texts of the item are in the arena; it has no bytes that borrow from the row. */
	db_reset(stmt);
	return 0;
}

/* Its sinks. */

/* The first column for a sink and the row, -1 where there is none. */
static int64_t
number(struct story *s, const char *sql, const char *sink)
{
	struct db_stmt *stmt = db_stmt(s->db, sql, NULL);
	int64_t value = -1;

	if (!stmt)
		return -1;
	db_text(stmt, 1, sink);
	db_int(stmt, 2, s->seen.seq);
	if (db_step(stmt, NULL) > 0)
		value = db_col_int(stmt, 0);
	db_reset(stmt);
	return value;
}

/* A stretch of rows that the sink is to get beside what is new. */
static bool
is_owed(struct story *s, const char *sink)
{
	if (number(s, "SELECT 1 FROM sqlite_master WHERE name = 'errands' AND ?1 = ?1 AND ?2 = ?2",
		   sink) < 0)
		return false;
	return number(s,
		      "SELECT 1 FROM errands WHERE sink = ?1 AND done_seq < ?2 AND end_seq >= ?2",
		      sink) > 0;
}

static bool
is_wanted(const struct story *s, const char *sink, const char *filter_text)
{
	SCOPED(filter_free) struct filter *filter = NULL;

	if (s->only.len > 0)
		return strcmp(buf_str(&s->only), sink) == 0;
	filter = filter_parse(filter_text, NULL);
	return !filter || filter_match(filter, buf_str(&s->labels));
}

static const char *
state_of(struct story *s, const char *sink, const char *filter, int64_t done)
{
	enum story_fate fate = s->teller && s->teller->ask
				       ? s->teller->ask(s->teller->arg, sink, s->seen.seq)
				       : STORY_UNKNOWN;

	if (fate == STORY_UNDECLARED)
		return "undeclared";
	if (s->kept && !is_wanted(s, sink, filter))
		return "filtered out";
	if (fate == STORY_UNKNOWN)
		fate = done < s->seen.seq || is_owed(s, sink) ? STORY_WAITING : STORY_SETTLED;
	if (fate == STORY_IN_FLIGHT)
		return "in flight";
	if (fate == STORY_WAITING)
		return "waiting";
	return s->kept ? "delivered" : "settled";
}

/* The sink's refusal, if it is still in the quarantine: whether it is. */
static bool
tell_refusal(struct story *s, const char *who, struct json *j, bool tell)
{
	struct db_stmt *stmt =
		db_stmt(s->db,
			"SELECT id, reason, attempts FROM quarantine WHERE ref = ?1 AND stage = ?2"
			" ORDER BY id DESC LIMIT 1",
			NULL);
	bool there;

	if (!stmt)
		return false;
	db_text(stmt, 1, s->id);
	db_text(stmt, 2, who);
	there = db_step(stmt, NULL) > 0;
	if (there && tell) {
		json_member_int(j, "quarantine", db_col_int(stmt, 0));
		json_member(j, "reason", db_col_text(stmt, 1));
		json_member_int(j, "attempts", db_col_int(stmt, 2));
	}
	db_reset(stmt);
	return there;
}

static void
tell_sink(struct story *s, const char *sink, const char *filter, int64_t done, struct json *j)
{
	SCOPED(buf_done) struct buf who = buf_init(256);
	const char *state = state_of(s, sink, filter, done);
	const int64_t blame =
		number(s, "SELECT points FROM blame WHERE sink = ?1 AND seq = ?2", sink);

	(void)buf_addf(&who, NULL, SINK_PREFIX "%s", sink);
	if ((strcmp(state, "delivered") == 0 || strcmp(state, "settled") == 0) &&
	    tell_refusal(s, buf_str(&who), j, false))
		state = "quarantined";
	json_object(j);
	json_member(j, "sink", sink);
	json_member(j, "state", state);
	json_member(j, "filter", filter);
	if (blame > 0)
		json_member_int(j, "crashes", blame);
	(void)tell_refusal(s, buf_str(&who), j, true);
	json_close(j);
}

static int
tell_sinks(struct story *s, struct json *j, struct err *err)
{
	struct db_stmt *stmt =
		db_stmt(s->db, "SELECT sink, filter, done_seq FROM cursors ORDER BY sink", err);
	int got;

	if (!stmt)
		return -1;
	json_key(j, "sinks");
	json_array(j);
	while ((got = db_step(stmt, err)) > 0)
		tell_sink(s, db_col_text(stmt, 0), db_col_text(stmt, 1), db_col_int(stmt, 2), j);
	json_close(j);
	return got;
}

static int
tell(struct story *s, struct json *j, struct err *err)
{
	if (load(s, err) < 0)
		return -1;
	json_object(j);
	json_member(j, "id", s->id);
	json_member(j, "rev", s->seen.rev);
	json_member_int(j, "fetch_seq", s->seen.fetch_seq);
	json_member_int(j, "outbox_seq", s->seen.seq);
	json_member_time(j, "arrived", s->at_s);
	json_member_time(j, "seen_last", s->seen.last_s);
	if (s->kept) {
		json_key(j, "item");
		item_json(&s->item, j);
	}
	if (tell_sinks(s, j, err) < 0)
		return -1;
	json_close(j);
	return 0;
}

int
story_tell(struct db *db, const char *id, const struct story_teller *teller, struct json *j,
	   struct err *err)
{
	SCOPED(seen_close) struct seen *seen = seen_open(db, INT64_MAX, err);
	SCOPED(arena_free) struct arena *arena = arena_new(ARENA_BYTES_MAX);
	struct story s = {.db = db,
			  .teller = teller,
			  .id = id,
			  .arena = arena,
			  .labels = buf_init(FILTER_LABELS_BYTES_MAX),
			  .only = buf_init(256)};
	int got;

	if (!seen || !arena)
		return seen ? err_sys(err, "item %.40s", id) : -1;
	got = seen_find(seen, id, &s.seen, err);
	if (got == 0)
		got = err_set(err, ERR_REJECT, "item %.40s was never seen, or long ago", id);
	else if (got > 0)
		got = tell(&s, j, err);
	buf_done(&s.labels);
	buf_done(&s.only);
	return got;
}

/* By address. */

static bool
is_it(struct bytes body, const char *text, struct arena *arena, struct item *item)
{
	arena_reset(arena);
	return memmem(body.data, body.len, text, strlen(text)) &&
	       item_decode(body, arena, item, NULL) == 0 &&
	       ((item->url && strcmp(item->url, text) == 0) ||
		(item->guid && strcmp(item->guid, text) == 0));
}

int
story_find(struct db *db, const char *text, size_t limit, void (*each)(void *arg, const char *id),
	   void *arg, struct err *err)
{
	struct db_stmt *stmt = db_stmt(db, "SELECT body FROM items ORDER BY seq DESC", err);
	SCOPED(arena_free) struct arena *arena = arena_new(ARENA_BYTES_MAX);
	char last[ITEM_ID_HEX + 1] = "";
	struct item item;
	int got = 0;

	if (!stmt || !arena)
		return stmt ? err_sys(err, "item") : -1;
	while (limit > 0 && (got = db_step(stmt, err)) > 0) {
		/* Revisions of an item stand near each other, one is enough. */
		if (!is_it(db_col_blob(stmt, 0), text, arena, &item) || strcmp(item.id, last) == 0)
			continue;
		memcpy(last, item.id, sizeof(last));
		each(arg, item.id);
		limit--;
	}
	db_reset(stmt);
	return got < 0 ? -1 : 0;
}
