#include "classifier/seen.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/digest.h"

enum {
	DAY_S = 24 * 60 * 60,
	ID_BYTES = ITEM_ID_HEX / 2,
	SWEEP_ROWS_A_TURN = 500,
	SWEEP_EVERY_S = 6 * 3600, /* through the whole table */
};

struct seen {
	struct db *db;
	int64_t keep_s;
	bool sweeping;
	unsigned char swept[ID_BYTES]; /* clean up to here */
	int64_t sweep_due_ms;          /* monotonic */
};

struct seen *
seen_open(struct db *db, int64_t keep_s, struct err *err)
{
	struct seen *seen = calloc(1, sizeof(*seen));

	if (!seen) {
		(void)err_sys(err, "seen");
		return NULL;
	}
	seen->db = db;
	seen->keep_s = keep_s;
	return seen;
}

void
seen_close(struct seen *seen)
{
	free(seen);
}

void
seen_set_keep(struct seen *seen, int64_t keep_s)
{
	seen->keep_s = keep_s;
}

/* Ids. */

static int
hex_value(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int
read_hex(const char *hex, size_t digits, unsigned char *out, struct err *err)
{
	if (!hex || strlen(hex) != digits)
		return err_set(err, ERR_REJECT, "not %zu hex digits", digits);
	for (size_t i = 0; i < digits; i++) {
		const int value = hex_value(hex[i]);

		if (value < 0)
			return err_set(err, ERR_REJECT, "not %zu hex digits", digits);
		out[i / 2] = (unsigned char)(i % 2 ? out[i / 2] | value : value << 4);
	}
	return 0;
}

struct identity {
	unsigned char id[ID_BYTES];
	int64_t rev, fetch_seq;
};

static int
identity_of(const struct item *item, struct identity *out, struct err *err)
{
	unsigned char rev[ITEM_REV_HEX / 2];
	uint64_t number = 0;

	if (read_hex(item->id, ITEM_ID_HEX, out->id, err) < 0)
		return err_in(err, "id");
	if (read_hex(item->rev, ITEM_REV_HEX, rev, err) < 0)
		return err_in(err, "rev");
	for (size_t i = 0; i < sizeof(rev); i++)
		number = number << 8 | rev[i];
	memcpy(&out->rev, &number, sizeof(number)); /* SQLite's integers have a sign */
	out->fetch_seq = item->seq < INT64_MAX ? (int64_t)item->seq : INT64_MAX;
	return 0;
}

static int
note_seen_again(struct seen *seen, const struct identity *identity, int64_t day, struct err *err)
{
	struct db_stmt *stmt;

	if (db_begin(seen->db, err) < 0)
		return -1;
	stmt = db_stmt(seen->db,
		       "UPDATE seen SET fetch_seq = max(fetch_seq, ?2), day = ?3 WHERE id = ?1",
		       err);
	if (!stmt)
		return -1;
	db_blob(stmt, 1, identity->id, sizeof(identity->id));
	db_int(stmt, 2, identity->fetch_seq);
	db_int(stmt, 3, day);
	return db_run(stmt, err);
}

int
seen_judge(struct seen *seen, const struct item *item, enum seen_verdict *out, struct err *err)
{
	const int64_t today = clock_wall_s() / DAY_S;
	struct db_stmt *stmt =
		db_stmt(seen->db, "SELECT rev, fetch_seq, day FROM seen WHERE id = ?1", err);
	int64_t rev, fetch_seq, day;
	struct identity identity;
	int got;

	if (!stmt || identity_of(item, &identity, err) < 0)
		return -1;
	db_blob(stmt, 1, identity.id, sizeof(identity.id));
	got = db_step(stmt, err);
	if (got < 0)
		return err_in(err, "seen");
	if (got == 0) {
		*out = SEEN_NEW;
		return 0;
	}
	rev = db_col_int(stmt, 0);
	fetch_seq = db_col_int(stmt, 1);
	day = db_col_int(stmt, 2);
	db_reset(stmt);
	if (rev == identity.rev) {
		if ((identity.fetch_seq > fetch_seq || day != today) &&
		    note_seen_again(seen, &identity, today, err) < 0)
			return err_in(err, "seen");
		*out = SEEN_KNOWN;
	} else if (identity.fetch_seq < fetch_seq) {
		*out = SEEN_OLD;
	} else {
		*out = SEEN_NEW;
	}
	return 0;
}

int
seen_note(struct seen *seen, const struct item *item, int64_t seq, struct err *err)
{
	struct db_stmt *stmt =
		db_stmt(seen->db,
			"INSERT INTO seen(id, rev, fetch_seq, seq, day, story, story_rank)"
			" VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)"
			" ON CONFLICT(id) DO UPDATE SET rev = ?2, fetch_seq = ?3, seq = ?4,"
			" day = ?5",
			err);
	unsigned char story[ID_BYTES];
	struct identity identity;

	if (!stmt || identity_of(item, &identity, err) < 0)
		return -1;
	db_blob(stmt, 1, identity.id, sizeof(identity.id));
	db_int(stmt, 2, identity.rev);
	db_int(stmt, 3, identity.fetch_seq);
	db_int(stmt, 4, seq);
	db_int(stmt, 5, clock_wall_s() / DAY_S);
	/* Nearly every item is the first of its story, which costs nothing. */
	if (item->story_rank > 1 && read_hex(item->story, ITEM_ID_HEX, story, NULL) == 0) {
		db_blob(stmt, 6, story, sizeof(story));
		db_int(stmt, 7, item->story_rank < INT64_MAX ? (int64_t)item->story_rank : 1);
	}
	return db_run(stmt, err);
}

int
seen_move(struct seen *seen, const struct item *item, int64_t seq, struct err *err)
{
	struct db_stmt *stmt = db_stmt(seen->db, "UPDATE seen SET seq = ?2 WHERE id = ?1", err);
	struct identity identity;

	if (!stmt || identity_of(item, &identity, err) < 0)
		return -1;
	db_blob(stmt, 1, identity.id, sizeof(identity.id));
	db_int(stmt, 2, seq);
	return db_run(stmt, err);
}

int
seen_story(struct seen *seen, const struct item *item, char story_out[ITEM_ID_HEX + 1],
	   uint64_t *rank_out, struct err *err)
{
	struct db_stmt *stmt =
		db_stmt(seen->db, "SELECT story, story_rank FROM seen WHERE id = ?1", err);
	struct identity identity;
	int got;

	if (!stmt || identity_of(item, &identity, err) < 0)
		return -1;
	db_blob(stmt, 1, identity.id, sizeof(identity.id));
	got = db_step(stmt, err);
	if (got > 0) {
		const struct bytes story = db_col_blob(stmt, 0);
		const bool own = story.len != ID_BYTES;

		digest_hex(own ? identity.id : (const unsigned char *)story.data, ID_BYTES,
			   story_out);
		*rank_out = own ? 1 : (uint64_t)db_col_int(stmt, 1);
	}
	db_reset(stmt);
	return got < 0 ? err_in(err, "seen") : got;
}

int
seen_find(struct seen *seen, const char *id, struct seen_item *out, struct err *err)
{
	struct db_stmt *stmt =
		db_stmt(seen->db, "SELECT rev, fetch_seq, seq, day FROM seen WHERE id = ?1", err);
	unsigned char bytes[ID_BYTES];
	int got;

	if (!stmt)
		return -1;
	if (read_hex(id, ITEM_ID_HEX, bytes, err) < 0)
		return err_in(err, "id '%.40s'", id);
	db_blob(stmt, 1, bytes, sizeof(bytes));
	got = db_step(stmt, err);
	if (got > 0) {
		(void)snprintf(out->rev, sizeof(out->rev), "%016llx",
			       (unsigned long long)db_col_int(stmt, 0));
		out->fetch_seq = db_col_int(stmt, 1);
		out->seq = db_col_int(stmt, 2);
		out->last_s = db_col_int(stmt, 3) * DAY_S;
	}
	db_reset(stmt);
	return got < 0 ? err_in(err, "seen") : got;
}

/* Forgetting. */

static int
forget(struct seen *seen, const unsigned char *id, struct err *err)
{
	struct db_stmt *stmt;

	if (db_begin(seen->db, err) < 0)
		return -1;
	stmt = db_stmt(seen->db, "DELETE FROM seen WHERE id = ?1", err);
	if (!stmt)
		return -1;
	db_blob(stmt, 1, id, ID_BYTES);
	return db_run(stmt, err);
}

/* A stretch of the way through all of seen, in the order of ids. */
static int
sweep(struct seen *seen, int64_t now_s, struct err *err)
{
	struct db_stmt *stmt = db_stmt(
		seen->db, "SELECT id, day FROM seen WHERE id > ?1 ORDER BY id LIMIT ?2", err);
	const int64_t least_day = (now_s - seen->keep_s) / DAY_S;
	unsigned char gone[SWEEP_ROWS_A_TURN][ID_BYTES];
	size_t gone_count = 0, rows = 0;
	int got;

	if (!stmt)
		return -1;
	db_blob(stmt, 1, seen->swept, sizeof(seen->swept));
	db_int(stmt, 2, SWEEP_ROWS_A_TURN);
	while ((got = db_step(stmt, err)) > 0) {
		const struct bytes id = db_col_blob(stmt, 0);

		rows++;
		if (id.len != ID_BYTES)
			continue;
		if (db_col_int(stmt, 1) < least_day)
			memcpy(gone[gone_count++], id.data, ID_BYTES);
		memcpy(seen->swept, id.data, ID_BYTES);
	}
	db_reset(stmt);
	if (got < 0)
		return -1;
	seen->sweeping = rows == SWEEP_ROWS_A_TURN;
	for (size_t i = 0; i < gone_count; i++)
		if (forget(seen, gone[i], err) < 0)
			return -1;
	return 0;
}

int
seen_turn(struct seen *seen, int64_t now_s, struct err *err)
{
	const int64_t mono_ms = clock_mono_ms();

	if (!seen->sweeping && mono_ms >= seen->sweep_due_ms) {
		seen->sweep_due_ms = mono_ms + (int64_t)SWEEP_EVERY_S * 1000;
		seen->sweeping = true;
		memset(seen->swept, 0, sizeof(seen->swept));
	}
	return seen->sweeping ? sweep(seen, now_s, err) : 0;
}
