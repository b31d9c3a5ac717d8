#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "common/hash.h"
#include "fetcher/state.h"

/* The columns of a row by what they are to a poll, in the order of the tables below. Most polls
 * learn nothing but times: then only those are written, which touches fewer columns and fewer
 * indexes. */
#define LIST_TEXTS   "url, userinfo, title, category, archive_of"
#define LIST_NUMBERS "want_interval_s, want_body_bytes"
#define TIMES        "due_s, interval_s, status, polled_s, ok_s"
#define TEXTS        "target_url, moved_url, etag, last_modified, validators_url, error"
#define NUMBERS                                                                                    \
	"moved_seen, rejected_s, rejections, quarantined, body_bytes, failures, changed_s,"        \
	" whole_s, retired_s, ttl_s, newest_s"
#define REST    "digest, rejected, proved, skip_hours, skip_days"
#define COLUMNS "id, " LIST_TEXTS ", " LIST_NUMBERS ", " TIMES ", " TEXTS ", " NUMBERS ", " REST

#define AT(field) offsetof(struct feed, field)
static const size_t list_texts[] = {AT(url), AT(userinfo), AT(title), AT(category), AT(archive_of)};
static const size_t list_numbers[] = {AT(want_interval_s), AT(want_body_bytes)};
static const size_t times[] = {AT(due_s), AT(interval_s), AT(status), AT(polled_s), AT(ok_s)};
static const size_t texts[] = {AT(target_url),    AT(moved_url),      AT(etag),
			       AT(last_modified), AT(validators_url), AT(error)};
static const size_t numbers[] = {
	AT(moved_seen), AT(rejected_s), AT(rejections), AT(quarantined),
	AT(body_bytes), AT(failures),   AT(changed_s),  AT(whole_s),
	AT(retired_s),  AT(ttl_s),      AT(newest_s),
};
#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static char **
text_at(struct feed *f, size_t at)
{
	return (char **)((char *)f + at);
}

static const char *
text_of(const struct feed *f, size_t at)
{
	return *(char *const *)((const char *)f + at);
}

static int64_t
number_of(const struct feed *f, size_t at)
{
	return *(const int64_t *)((const char *)f + at);
}

/* Each bit of a number counts: small ones must not make up for each other. */
static uint64_t
add_number(uint64_t sum, int64_t number)
{
	return hash_mix(sum ^ (uint64_t)number);
}

static uint64_t
add_text(uint64_t sum, const char *text)
{
	sum = add_number(sum, text != NULL);
	return text ? hash_bytes(sum, text, strlen(text) + 1) : sum;
}

static uint64_t
add_digest(uint64_t sum, const struct feed_digest *digest)
{
	sum = add_number(sum, digest->set);
	return digest->set ? hash_bytes(sum, digest->bytes, sizeof(digest->bytes)) : sum;
}

/* Tells whether anything but the times has changed since the row was read. */
static uint64_t
learned(const struct feed *f)
{
	uint64_t sum = HASH_BASIS;

	for (size_t i = 0; i < COUNT(texts); i++)
		sum = add_text(sum, text_of(f, texts[i]));
	for (size_t i = 0; i < COUNT(numbers); i++)
		sum = add_number(sum, number_of(f, numbers[i]));
	sum = add_digest(sum, &f->digest);
	sum = add_digest(sum, &f->rejected);
	sum = add_number(sum, f->proved);
	sum = add_number(sum, f->skip_hours);
	return add_number(sum, f->skip_days);
}

/* Reading. */

static int
read_texts(struct db_stmt *row, int *col, struct feed *f, const size_t *places, size_t count,
	   struct err *err)
{
	for (size_t i = 0; i < count; i++)
		if (feed_set(text_at(f, places[i]), db_col_text(row, (*col)++), err) < 0)
			return -1;
	return 0;
}

/* NULL reads as 0. */
static void
read_numbers(struct db_stmt *row, int *col, struct feed *f, const size_t *places, size_t count)
{
	for (size_t i = 0; i < count; i++)
		*(int64_t *)((char *)f + places[i]) = db_col_int(row, (*col)++);
}

static void
read_digest(struct db_stmt *row, int col, struct feed_digest *out)
{
	const struct bytes blob = db_col_blob(row, col);

	out->set = blob.len == sizeof(out->bytes);
	if (out->set)
		memcpy(out->bytes, blob.data, sizeof(out->bytes));
}

/* The row of COLUMNS, texts copied. */
static int
read_feed(struct db_stmt *row, struct feed *out, struct err *err)
{
	SCOPED(feed_done) struct feed f = {.due_s = 0};
	int col = 0;

	(void)snprintf(f.id, sizeof(f.id), "%s", db_col_text(row, col++));
	if (read_texts(row, &col, &f, list_texts, COUNT(list_texts), err) < 0)
		return -1;
	read_numbers(row, &col, &f, list_numbers, COUNT(list_numbers));
	read_numbers(row, &col, &f, times, COUNT(times));
	if (read_texts(row, &col, &f, texts, COUNT(texts), err) < 0)
		return -1;
	read_numbers(row, &col, &f, numbers, COUNT(numbers));
	read_digest(row, col++, &f.digest);
	read_digest(row, col++, &f.rejected);
	f.proved = db_col_int(row, col++) != 0;
	f.skip_hours = (uint32_t)db_col_int(row, col++);
	f.skip_days = (uint32_t)db_col_int(row, col);
	f.stored = learned(&f);
	*out = f;
	f = (struct feed){.due_s = 0};
	return 0;
}

int
state_load(struct state *s, const char *id, struct feed *out, struct err *err)
{
	struct db_stmt *stmt =
		db_stmt(state_db(s), "SELECT " COLUMNS " FROM feeds WHERE id = ?1", err);
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
	struct db_stmt *stmt = db_stmt(state_db(s),
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
	struct db_stmt *stmt = db_stmt(state_db(s),
				       "SELECT " COLUMNS " FROM feeds WHERE error IS NOT NULL"
				       " ORDER BY failures DESC, rejections DESC LIMIT ?1",
				       err);

	if (!stmt)
		return -1;
	db_int(stmt, 1, limit);
	return give_feeds(stmt, each, arg, err);
}

/* Writing. */

/* SQL: a feed that was removed meanwhile has no due time, one that is only an older document has.
 */
#define SET_TIMES                                                                                  \
	"UPDATE feeds SET (" TIMES ") = (CASE WHEN removed_s IS NULL OR archive_of IS NOT NULL"    \
	" THEN ?2 END, ?3, ?4, ?5, ?6)"
#define SET_ALL                                                                                    \
	SET_TIMES ", (" TEXTS ") = (?7, ?8, ?9, ?10, ?11, ?12), (" NUMBERS ") = (?13, ?14, ?15,"   \
		  " ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23), (" REST                               \
		  ") = (?24, ?25, ?26, ?27, ?28)"

static void
bind_digest(struct db_stmt *stmt, int place, const struct feed_digest *digest)
{
	if (digest->set)
		db_blob(stmt, place, digest->bytes, sizeof(digest->bytes));
	else
		db_null(stmt, place);
}

static void
bind_learned(struct db_stmt *stmt, const struct feed *f, int place)
{
	for (size_t i = 0; i < COUNT(texts); i++)
		db_text(stmt, place++, text_of(f, texts[i]));
	for (size_t i = 0; i < COUNT(numbers); i++)
		db_int(stmt, place++, number_of(f, numbers[i]));
	bind_digest(stmt, place++, &f->digest);
	bind_digest(stmt, place++, &f->rejected);
	db_int(stmt, place++, f->proved);
	db_int(stmt, place++, f->skip_hours);
	db_int(stmt, place, f->skip_days);
}

int
state_save(struct state *s, struct feed *f, struct err *err)
{
	const bool all = f->stored == 0 || f->stored != learned(f);
	struct db_stmt *stmt =
		state_write(s, all ? SET_ALL " WHERE id = ?1" : SET_TIMES " WHERE id = ?1", err);
	int place = 1;

	if (!stmt)
		return -1;
	db_text(stmt, place++, f->id);
	for (size_t i = 0; i < COUNT(times); i++)
		db_int(stmt, place++, number_of(f, times[i]));
	if (f->due_s <= 0)
		db_null(stmt, 2);
	if (all) {
		bind_learned(stmt, f, place);
		f->stored = 0; /* the row is another now, or the old one after a rollback */
	}
	return db_run(stmt, err);
}
