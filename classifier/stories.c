#include "classifier/stories.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "classifier/sketch.h"
#include "common/digest.h"

enum {
	KEY_URL,
	KEY_TITLE,
	KEY_BANDS,
	KEY_STORY = KEY_BANDS + SKETCH_BANDS,
	KEYS,
	HEADS = 1 << 17,
	REF_BITS = 4, /* a reference is a row's number and which of its keys */
	STORY_BYTES = ITEM_ID_HEX / 2,
	FORGET_EVERY = 256,
};
_Static_assert(KEYS <= 1 << REF_BITS, "a key's number fits");

/* As it stands in the database; a row of another length is another version's, and skipped. */
struct row {
	struct sketch sketch;
	int64_t at_s; /* published, else arrived */
	uint64_t rank;
	unsigned char story[STORY_BYTES];
};

/* Row number n is in place n % STORIES_MAX. Rows with one key make a chain, newest first; what a
 * later row has overwritten ends it, since numbers only fall along the way. */
struct stories {
	struct db *db;
	struct sketcher sketcher;
	int64_t window_s;
	uint64_t last; /* number of the newest row; 0: none */
	struct row *rows;
	uint64_t (*next)[KEYS];
	uint64_t heads[HEADS];
};

static uint64_t
key_of(const struct row *row, size_t key)
{
	uint64_t story[2];

	switch (key) {
	case KEY_URL:
		return row->sketch.url;
	case KEY_TITLE:
		return row->sketch.title;
	case KEY_STORY:
		memcpy(story, row->story, sizeof(story));
		story[0] = story[0] * UINT64_C(0x9e3779b97f4a7c15) + story[1];
		return story[0] ? story[0] : 1;
	default:
		return sketch_band(&row->sketch, key - KEY_BANDS);
	}
}

static uint64_t *
head_of(struct stories *s, size_t key, uint64_t value)
{
	const uint64_t h = (value + key) * UINT64_C(0x9e3779b97f4a7c15);

	return &s->heads[h >> 47];
}

static void
remember(struct stories *s, uint64_t n, const struct row *row)
{
	const size_t place = n % STORIES_MAX;

	s->rows[place] = *row;
	s->last = n;
	for (size_t key = 0; key < KEYS; key++) {
		const uint64_t value = key_of(row, key);
		uint64_t *head;

		s->next[place][key] = 0;
		if (value == 0)
			continue;
		head = head_of(s, key, value);
		s->next[place][key] = *head;
		*head = n << REF_BITS | key;
	}
}

/* A walk along the rows that have a key's value, newest first. */
struct walk {
	uint64_t ref, before;
	size_t key, steps;
	uint64_t value;
};

static struct walk
walk_of(struct stories *s, size_t key, uint64_t value)
{
	return (struct walk){.ref = value ? *head_of(s, key, value) : 0,
			     .before = UINT64_MAX,
			     .key = key,
			     .value = value};
}

static const struct row *
walk_next(const struct stories *s, struct walk *w)
{
	while (w->ref && w->steps++ < STORIES_COMPARED_MAX) {
		const uint64_t n = w->ref >> REF_BITS;
		const size_t key = w->ref & ((1U << REF_BITS) - 1), place = n % STORIES_MAX;

		/* Two keys of one row may be neighbours; anything else falls. */
		if (n > w->before || n + STORIES_MAX <= s->last)
			break;
		w->before = n;
		w->ref = s->next[place][key];
		if (key == w->key && key_of(&s->rows[place], key) == w->value)
			return &s->rows[place];
	}
	return NULL;
}

/* Life. */

static int
load(struct stories *s, struct err *err)
{
	struct db_stmt *stmt =
		db_stmt(s->db,
			"SELECT n, row FROM stories WHERE n > (SELECT coalesce(max(n), 0)"
			" FROM stories) - ?1 ORDER BY n",
			err);
	int got;

	s->last = 0;
	memset(s->heads, 0, sizeof(s->heads));
	if (!stmt)
		return -1;
	db_int(stmt, 1, STORIES_MAX);
	while ((got = db_step(stmt, err)) > 0) {
		const struct bytes bytes = db_col_blob(stmt, 1);
		struct row row;

		s->last = (uint64_t)db_col_int(stmt, 0);
		if (bytes.len != sizeof(row))
			continue;
		memcpy(&row, bytes.data, sizeof(row));
		remember(s, s->last, &row);
	}
	db_reset(stmt);
	return got < 0 ? err_in(err, "stories") : 0;
}

struct stories *
stories_open(struct db *db, int64_t window_s, struct err *err)
{
	SCOPED(stories_close) struct stories *s = calloc(1, sizeof(*s));

	if (s) {
		s->sketcher = sketcher_init();
		s->rows = calloc(STORIES_MAX, sizeof(*s->rows));
		s->next = calloc(STORIES_MAX, sizeof(*s->next));
	}
	if (!s || !s->rows || !s->next) {
		(void)err_sys(err, "stories");
		return NULL;
	}
	s->db = db;
	s->window_s = window_s;
	return load(s, err) < 0 ? NULL : TAKE(s);
}

void
stories_close(struct stories *s)
{
	if (!s)
		return;
	sketcher_done(&s->sketcher);
	free(s->rows);
	free(s->next);
	free(s);
}

void
stories_set_window(struct stories *s, int64_t window_s)
{
	s->window_s = window_s;
}

void
stories_rollback(struct stories *s)
{
	(void)load(s, NULL); /* what is missing then is only not found again */
}

/* The search. */

static bool
is_near(const struct stories *s, const struct row *a, const struct row *b)
{
	const int64_t apart = a->at_s > b->at_s ? a->at_s - b->at_s : b->at_s - a->at_s;

	return apart <= s->window_s;
}

/* Joins the story of `other`, unless an item of this feed is in it. */
static bool
join(struct stories *s, struct row *row, const struct row *other)
{
	struct walk walk = walk_of(s, KEY_STORY, key_of(other, KEY_STORY));
	const struct row *member;
	uint64_t rank = 0;

	while ((member = walk_next(s, &walk))) {
		if (memcmp(member->story, other->story, STORY_BYTES) != 0)
			continue;
		if (member->sketch.feed == row->sketch.feed)
			return false;
		if (member->rank > rank)
			rank = member->rank;
	}
	/* Longer than the walk: who is in it cannot be told any more. */
	if (walk.steps > STORIES_COMPARED_MAX || rank == 0)
		return false;
	memcpy(row->story, other->story, STORY_BYTES);
	row->rank = rank + 1;
	return true;
}

static bool
join_by_url(struct stories *s, struct row *row)
{
	struct walk walk = walk_of(s, KEY_URL, row->sketch.url);
	const struct row *other, *found = NULL;
	uint32_t feeds[STORIES_COMPARED_MAX];
	size_t count = 0;

	while ((other = walk_next(s, &walk))) {
		/* A page of changes, a channel's front page: many items, one address. */
		if (other->sketch.feed == row->sketch.feed)
			return false;
		for (size_t i = 0; i < count; i++)
			if (feeds[i] == other->sketch.feed)
				return false;
		feeds[count++] = other->sketch.feed;
		if (!found)
			found = other;
	}
	return found && join(s, row, found);
}

static bool
join_by(struct stories *s, struct row *row, size_t key,
	bool (*same)(const struct sketch *a, const struct sketch *b))
{
	struct walk walk = walk_of(s, key, key_of(row, key));
	const struct row *other;

	while ((other = walk_next(s, &walk)))
		if (other->sketch.feed != row->sketch.feed && is_near(s, row, other) &&
		    same(&row->sketch, &other->sketch) && join(s, row, other))
			return true;
	return false;
}

static bool
join_any(struct stories *s, struct row *row)
{
	if (s->window_s == 0)
		return false;
	if (join_by_url(s, row) || join_by(s, row, KEY_TITLE, sketch_same_title))
		return true;
	for (size_t band = 0; band < SKETCH_BANDS; band++)
		if (join_by(s, row, KEY_BANDS + band, sketch_same_text))
			return true;
	return false;
}

static int
write_row(struct stories *s, uint64_t n, const struct row *row, struct err *err)
{
	struct db_stmt *stmt;

	if (db_begin(s->db, err) < 0)
		return -1;
	stmt = db_stmt(s->db, "INSERT OR REPLACE INTO stories(n, row) VALUES(?1, ?2)", err);
	if (!stmt)
		return -1;
	db_int(stmt, 1, (int64_t)n);
	db_blob(stmt, 2, row, sizeof(*row));
	if (db_run(stmt, err) < 0)
		return -1;
	if (n % FORGET_EVERY != 0 || n <= STORIES_MAX)
		return 0;
	stmt = db_stmt(s->db, "DELETE FROM stories WHERE n <= ?1", err);
	if (!stmt)
		return -1;
	db_int(stmt, 1, (int64_t)(n - STORIES_MAX));
	return db_run(stmt, err);
}

static void
read_id(const char *hex, unsigned char out[STORY_BYTES])
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < STORY_BYTES; i++) {
		const char *high = strchr(digits, hex[2 * i]),
			   *low = strchr(digits, hex[2 * i + 1]);

		out[i] =
			(unsigned char)((high ? high - digits : 0) << 4 | (low ? low - digits : 0));
	}
}

int
stories_find(struct stories *s, const struct item *item, int64_t now_s, struct story *out,
	     struct err *err)
{
	struct row row;

	memset(&row, 0, sizeof(row));
	if (sketch_item(&s->sketcher, item, &row.sketch, err) < 0)
		return err_in(err, "stories");
	row.at_s = item->published_s != ITEM_NO_TIME && item->published_s < now_s
			   ? item->published_s
			   : now_s;
	if (!join_any(s, &row)) {
		read_id(item->id, row.story);
		row.rank = 1;
	}
	if (write_row(s, s->last + 1, &row, err) < 0)
		return err_in(err, "stories");
	remember(s, s->last + 1, &row);
	digest_hex(row.story, STORY_BYTES, out->id);
	out->rank = row.rank;
	return 0;
}
