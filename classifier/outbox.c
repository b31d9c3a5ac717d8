#include "classifier/outbox.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

#include "classifier/errand.h"
#include "classifier/filter.h"
#include "classifier/firingbook.h"
#include "classifier/ledger.h"
#include "classifier/stories.h"
#include "common/ballast.h"
#include "common/clock.h"
#include "common/digest.h"
#include "common/quarantine.h"

enum {
	HEADROOM_PARTS = 16, /* full at 15/16 of the cap, */
	CROWDED_PARTS = 4,   /* crowded at 3/4 */
	CLEAN_ROWS_A_TURN = 500,
	SHRINK_BYTES = 1 << 20, /* given back at a time */
	LOOK_EVERY_MS = 1000,   /* at the disk, without a write */
};

/* count_to and bytes_to add up what was ever put, so that the distance of two rows is a
 * subtraction. The body stands last: what is before it is read without it. */
static const char *const migrations[] = {
	"CREATE TABLE items(seq INTEGER PRIMARY KEY AUTOINCREMENT, at_s INTEGER NOT NULL,"
	" count_to INTEGER NOT NULL, bytes_to INTEGER NOT NULL, only TEXT, labels TEXT NOT NULL,"
	" crc INTEGER NOT NULL, body BLOB NOT NULL);" SEEN_SCHEMA LEDGER_SCHEMA QUARANTINE_SCHEMA,
	/* Replays were lists of rows. */
	ERRAND_SCHEMA "INSERT INTO errands(sink, owed, done_seq, end_seq, since_s, filter)"
		      " SELECT sink, 0, min(seq) - 1, max(seq), 0, '' FROM again GROUP BY sink;"
		      "DROP TABLE again;",
	"CREATE TABLE rerun(one INTEGER PRIMARY KEY CHECK(one = 1), done_seq INTEGER NOT NULL,"
	" end_seq INTEGER NOT NULL);",
	STORIES_SCHEMA SEEN_STORY_SCHEMA,
	QUARANTINE_ONCE_SCHEMA LEDGER_TALLY_SCHEMA,
	"ALTER TABLE rerun ADD COLUMN changed INTEGER NOT NULL DEFAULT 0;",
	FIRINGBOOK_SCHEMA,
	NULL,
};

struct outbox {
	struct db *db;
	struct seen *seen;
	char *path;
	struct outbox_options options;
	struct buf body, labels;
	bool full;
	bool crowded; /* history gives way before new items have to */

	int64_t next_seq; /* never back: a number that was rolled back may have been seen */
	int64_t last_seq, committed_seq;
	int64_t count_to, bytes_to; /* of the newest row */
	struct outbox_counts counts;

	int64_t cleaned_s; /* wall clock of the last look for items to delete that found no more */
	int64_t looked_ms; /* monotonic: at the room that is left */
};

/* The row sums after opening and after a rollback. */
static int
read_end(struct outbox *o, struct err *err)
{
	struct db_stmt *stmt =
		db_stmt(o->db,
			"SELECT seq, count_to, bytes_to,"
			" (SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'items')"
			" FROM (SELECT 0 AS seq, 0 AS count_to, 0 AS bytes_to"
			"  UNION ALL SELECT * FROM (SELECT seq, count_to, bytes_to FROM items"
			"   ORDER BY seq DESC LIMIT 1))"
			" ORDER BY seq DESC LIMIT 1",
			err);
	int64_t given;

	if (!stmt || db_step(stmt, err) < 0)
		return -1;
	o->last_seq = db_col_int(stmt, 0);
	o->count_to = db_col_int(stmt, 1);
	o->bytes_to = db_col_int(stmt, 2);
	given = db_col_int(stmt, 3);
	db_reset(stmt);
	if (o->next_seq <= given)
		o->next_seq = given + 1;
	return 0;
}

static void
find_out_whether_full(struct outbox *o)
{
	const int64_t cap = o->options.max_bytes;
	const int64_t least = o->options.min_free_fits
				      ? ballast_fit_free(o->path, o->options.min_free_bytes)
				      : o->options.min_free_bytes;
	int64_t used, left = INT64_MAX;
	struct statvfs disk;

	o->counts.size_bytes = db_size_bytes(o->db);
	used = o->counts.size_bytes - db_free_bytes(o->db);
	if (least > 0 && statvfs(o->path, &disk) == 0)
		left = (int64_t)(disk.f_bavail * disk.f_frsize);
	o->full =
		db_is_full(o->db) || (cap > 0 && used > cap - cap / HEADROOM_PARTS) || left < least;
	o->crowded = o->full || (cap > 0 && used > cap - cap / CROWDED_PARTS) || left / 2 < least;
}

struct outbox *
outbox_open(const char *path, const struct outbox_options *options, struct err *err)
{
	const struct db_options db_options = {.migrations = migrations,
					      .max_bytes = options->max_bytes,
					      .ballast_bytes = DB_BALLAST_BYTES,
					      .page_bytes = DB_PAGE_BYTES_BODIES,
					      .looked_over = true};
	SCOPED(outbox_close) struct outbox *o = calloc(1, sizeof(*o));

	if (o)
		o->path = strdup(path);
	if (!o || !o->path) {
		(void)err_sys(err, "outbox");
		return NULL;
	}
	o->options = *options;
	o->body = buf_init(ITEM_BYTES_MAX);
	o->labels = buf_init(FILTER_LABELS_BYTES_MAX);
	o->db = db_open(path, &db_options, err);
	if (!o->db || read_end(o, err) < 0)
		return NULL;
	o->seen = seen_open(o->db, options->seen_s, err);
	if (!o->seen)
		return NULL;
	o->committed_seq = o->last_seq;
	find_out_whether_full(o);
	return TAKE(o);
}

void
outbox_close(struct outbox *o)
{
	if (!o)
		return;
	seen_close(o->seen);
	db_close(o->db);
	buf_done(&o->body);
	buf_done(&o->labels);
	free(o->path);
	free(o);
}

void
outbox_set_options(struct outbox *o, const struct outbox_options *options)
{
	const int64_t max_bytes = o->options.max_bytes;

	o->options = *options;
	o->options.max_bytes = max_bytes;
	seen_set_keep(o->seen, options->seen_s);
}

struct db *
outbox_db(struct outbox *o)
{
	return o->db;
}

struct seen *
outbox_seen(struct outbox *o)
{
	return o->seen;
}

/* In. */

static int
insert_item(struct outbox *o, const char *only, struct err *err)
{
	struct db_stmt *stmt =
		db_stmt(o->db,
			"INSERT INTO items(seq, at_s, count_to, bytes_to, only, labels, crc, body)"
			" VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
			err);

	if (!stmt)
		return -1;
	db_int(stmt, 1, o->next_seq);
	db_int(stmt, 2, clock_wall_s());
	db_int(stmt, 3, o->count_to + 1);
	db_int(stmt, 4, o->bytes_to + (int64_t)o->body.len);
	db_text(stmt, 5, only);
	db_text(stmt, 6, buf_str(&o->labels));
	db_int(stmt, 7, digest_crc32c(0, o->body.data, o->body.len));
	db_blob(stmt, 8, o->body.data, o->body.len);
	if (db_run(stmt, err) < 0)
		return -1;
	o->last_seq = o->next_seq++;
	o->count_to++;
	o->bytes_to += (int64_t)o->body.len;
	return 0;
}

static int
put(struct outbox *o, const struct item *item, const char *only, struct err *err)
{
	buf_reset(&o->body);
	buf_reset(&o->labels);
	if (item_encode(item, &o->body, err) < 0 || filter_labels(item, &o->labels, err) < 0)
		return -1;
	return db_begin(o->db, err) < 0 ? -1 : insert_item(o, only, err);
}

int
outbox_put(struct outbox *o, const struct item *item, const char *only, struct err *err)
{
	if (put(o, item, only, err) < 0 ||
	    (!only && seen_note(o->seen, item, o->last_seq, err) < 0))
		return err_in(err, "outbox");
	o->counts.items++;
	return 0;
}

int
outbox_put_anew(struct outbox *o, const struct item *item, struct err *err)
{
	if (put(o, item, NULL, err) < 0 || seen_move(o->seen, item, o->last_seq, err) < 0)
		return err_in(err, "outbox");
	o->counts.items++;
	return 0;
}

bool
outbox_is_full(const struct outbox *o)
{
	return o->full;
}

/* Out. */

int
outbox_each(struct outbox *o, int64_t after, size_t limit,
	    int (*each)(void *arg, const struct outbox_row *row), void *arg, struct err *err)
{
	struct db_stmt *stmt = db_stmt(
		o->db,
		"SELECT seq, at_s, length(body), count_to, bytes_to, labels, only FROM items"
		" WHERE seq > ?1 AND seq <= ?2 ORDER BY seq LIMIT ?3",
		err);
	int got;

	if (!stmt)
		return -1;
	db_int(stmt, 1, after);
	db_int(stmt, 2, o->committed_seq);
	db_int(stmt, 3, (int64_t)limit);
	while ((got = db_step(stmt, err)) > 0) {
		const struct outbox_row row = {
			.seq = db_col_int(stmt, 0),
			.at_s = db_col_int(stmt, 1),
			.len = (size_t)db_col_int(stmt, 2),
			.count_to = db_col_int(stmt, 3),
			.bytes_to = db_col_int(stmt, 4),
			.labels = db_col_text(stmt, 5),
			.only = db_col_text(stmt, 6),
		};

		if (each(arg, &row) != 0)
			break;
	}
	db_reset(stmt);
	return got < 0 ? err_in(err, "outbox") : 0;
}

/* 1 the row was there, 0 it was not; sound_out: whether its CRC is right. */
static int
read_body(struct outbox *o, int64_t seq, struct buf *out, bool *sound_out, struct err *err)
{
	struct db_stmt *stmt = db_stmt(o->db, "SELECT crc, body FROM items WHERE seq = ?1", err);
	int got;

	if (!stmt)
		return -1;
	db_int(stmt, 1, seq);
	got = db_step(stmt, err);
	if (got > 0) {
		const struct bytes body = db_col_blob(stmt, 1);

		*sound_out = digest_crc32c(0, body.data, body.len) == db_col_int(stmt, 0);
		if (buf_add(out, body.data, body.len, err) < 0)
			got = -1;
		db_reset(stmt);
	}
	return got < 0 ? err_in(err, "outbox") : got;
}

int
outbox_load(struct outbox *o, int64_t seq, struct buf *out, struct err *err)
{
	const size_t before = out->len;
	bool sound = false;
	const int got = read_body(o, seq, out, &sound, err);

	if (got <= 0)
		return got < 0 ? -1
			       : err_set(err, ERR_REJECT, "outbox: item %lld is gone",
					 (long long)seq);
	if (sound)
		return 0;
	out->len = before;
	return err_set(err, ERR_REJECT, "outbox: item %lld: checksum wrong (disk corruption?)",
		       (long long)seq);
}

int
outbox_body(struct outbox *o, int64_t seq, struct buf *out, struct err *err)
{
	bool sound;

	return read_body(o, seq, out, &sound, err) < 0 ? -1 : 0;
}

int64_t
outbox_last_seq(const struct outbox *o)
{
	return o->committed_seq;
}

int64_t
outbox_count_ever(const struct outbox *o)
{
	return o->count_to;
}

int64_t
outbox_bytes_ever(const struct outbox *o)
{
	return o->bytes_to;
}

int
outbox_depth(struct outbox *o, int64_t done, struct outbox_depth *out, struct err *err)
{
	struct db_stmt *stmt = db_stmt(o->db,
				       "SELECT count_to, bytes_to - length(body), at_s FROM items"
				       " WHERE seq > ?1 ORDER BY seq LIMIT 1",
				       err);
	int got;

	if (!stmt)
		return -1;
	db_int(stmt, 1, done);
	got = db_step(stmt, err);
	if (got < 0)
		return err_in(err, "outbox");
	*out = (struct outbox_depth){0, 0, 0};
	if (got > 0)
		*out = (struct outbox_depth){.items = o->count_to - db_col_int(stmt, 0) + 1,
					     .bytes = o->bytes_to - db_col_int(stmt, 1),
					     .oldest_s = db_col_int(stmt, 2)};
	db_reset(stmt);
	return 0;
}

int
outbox_since(struct outbox *o, int64_t since_s, int64_t *out, struct err *err)
{
	/* By halves: the clock may have jumped, which costs exactness and nothing else. */
	int64_t first = 0, last = o->committed_seq + 1;
	struct db_stmt *stmt = db_stmt(
		o->db, "SELECT seq, at_s FROM items WHERE seq > ?1 ORDER BY seq LIMIT 1", err);

	if (!stmt)
		return -1;
	while (first + 1 < last) {
		const int64_t half = first + (last - first) / 2;
		int got;

		db_int(stmt, 1, half - 1);
		got = db_step(stmt, err);
		if (got < 0)
			return err_in(err, "outbox");
		if (got == 0 || db_col_int(stmt, 1) >= since_s)
			last = half;
		else
			first = half;
		db_reset(stmt);
	}
	*out = last;
	return 0;
}

/* Housekeeping. */

/* Items that everybody has and that are old or many go, from the oldest on. When the outbox is
 * crowded they go whatever their age and whoever replays them: what is new comes before history. */
static int
delete_items(struct outbox *o, const struct outbox_holds *holds, int64_t now_s, struct err *err)
{
	const int64_t held = o->crowded || holds->replays > holds->deliveries ? holds->deliveries
									      : holds->replays;
	struct db_stmt *stmt = db_stmt(o->db,
				       "SELECT seq, at_s, bytes_to - length(body) FROM items"
				       " WHERE seq <= ?1 ORDER BY seq LIMIT ?2",
				       err);
	int64_t last = 0;
	int rows = 0, got;

	if (!stmt)
		return -1;
	/* The newest row stays: it has the sums of all that was ever put. */
	db_int(stmt, 1, held < o->committed_seq ? held : o->committed_seq - 1);
	db_int(stmt, 2, CLEAN_ROWS_A_TURN);
	while ((got = db_step(stmt, err)) > 0) {
		const bool old = db_col_int(stmt, 1) < now_s - o->options.keep_s;
		const bool many = o->bytes_to - db_col_int(stmt, 2) > o->options.keep_bytes;

		if (!old && !many && !o->crowded)
			break;
		last = db_col_int(stmt, 0);
		rows++;
	}
	db_reset(stmt);
	if (got < 0)
		return -1;
	if (rows < CLEAN_ROWS_A_TURN)
		o->cleaned_s = now_s;
	if (rows == 0)
		return 0;
	if (db_begin(o->db, err) < 0)
		return -1;
	stmt = db_stmt(o->db, "DELETE FROM items WHERE seq <= ?1", err);
	if (!stmt)
		return -1;
	db_int(stmt, 1, last);
	return db_run(stmt, err);
}

int
outbox_turn(struct outbox *o, const struct outbox_holds *holds, int64_t now_s, struct err *err)
{
	if ((o->cleaned_s != now_s || o->crowded) && delete_items(o, holds, now_s, err) < 0)
		return err_in(err, "outbox");
	if (seen_turn(o->seen, now_s, err) < 0)
		return err_in(err, "outbox");
	return 0;
}

int
outbox_commit(struct outbox *o, struct err *err)
{
	const bool wrote = db_in_transaction(o->db);
	const int64_t mono_ms = clock_mono_ms();

	if (db_commit(o->db, err) < 0)
		return err_in(err, "outbox");
	o->committed_seq = o->last_seq;
	if (!wrote && mono_ms - o->looked_ms < LOOK_EVERY_MS)
		return 0;
	if (mono_ms - o->looked_ms >= LOOK_EVERY_MS) {
		db_regain_ballast(o->db);
		(void)db_shrink(o->db, SHRINK_BYTES, NULL); /* the next look tries again */
		o->looked_ms = mono_ms;
	}
	find_out_whether_full(o);
	return 0;
}

void
outbox_rollback(struct outbox *o)
{
	db_rollback(o->db);
	/* Should even reading fail, the sums stay too high, which nobody is harmed by. */
	(void)read_end(o, NULL);
}

struct outbox_counts
outbox_counts(struct outbox *o)
{
	return o->counts;
}
