#include "fetcher/state.h"

#include "fetcher/listing.h"
#include "fetcher/schedule.h"
#include "tests/unit/check.h"
#include "tests/unit/folder.h"

enum { HOUR = 3600, NOW = 1768386000 };

static struct folder folder;

static struct state *
open_state(void)
{
	struct err err = {.kind = ERR_NONE};
	struct state *s = state_open(folder.path, &err);

	if (!s)
		(void)printf("# %s\n", err.text);
	CHECK(s != NULL);
	return s;
}

/* The list becomes these URLs. */
static struct list_change
list(struct state *s, const char *const *urls, size_t count, int64_t now_s)
{
	struct list_change change = {.feeds = -1};
	struct err err = {.kind = ERR_NONE};

	CHECK(listing_begin(s, &err) == 0);
	for (size_t i = 0; i < count; i++) {
		char id[FEED_ID_HEX + 1];

		CHECK(feed_id(urls[i], id, NULL) == 0);
		CHECK(listing_add(s, &(struct listed){.id = id, .url = urls[i]}, &err) == 0);
	}
	CHECK(listing_end(s, 1, now_s, HOUR, &change, &err) == 0 && state_commit(s, &err) == 0);
	if (err.kind != ERR_NONE)
		(void)printf("# %s\n", err.text);
	return change;
}

static const char *
id_of(const char *url)
{
	static char id[FEED_ID_HEX + 1];

	CHECK(feed_id(url, id, NULL) == 0);
	return id;
}

static int
count_due(void *arg, const struct due *due)
{
	CHECK(due->start_url && due->id);
	(*(int *)arg)++;
	return 0;
}

static int
due_at(struct state *s, int64_t now_s)
{
	struct due_cursor cursor = {.due_s = 0};
	int count = 0;

	CHECK(state_due(s, now_s, &cursor, 100000, count_due, &count, NULL) == count);
	return count;
}

static void
keeps_what_it_knows_of_a_feed_when_the_list_changes(void)
{
	static const char *const first[] = {"http://a/", "http://b/", "http://a/"};
	static const char *const second[] = {"http://b/", "http://c/"};
	SCOPED(feed_done) struct feed b = {.due_s = 0};

	folder = folder_make();
	SCOPED(state_close) struct state *s = open_state();
	struct list_change change = list(s, first, 3, NOW);
	CHECK(change.feeds == 2 && change.added == 2 && change.removed == 0);
	CHECK(due_at(s, NOW) == 2);
	CHECK(state_load(s, id_of("http://b/"), &b, NULL) == 1);
	CHECK(feed_set(&b.etag, "\"x\"", NULL) == 0);
	b.due_s = NOW + 500;
	CHECK(state_save(s, &b, NULL) == 0 && state_commit(s, NULL) == 0);

	change = list(s, second, 2, NOW + 10);
	CHECK(change.feeds == 2 && change.added == 1 && change.removed == 1);
	feed_done(&b);
	CHECK(state_load(s, id_of("http://b/"), &b, NULL) == 1 && b.due_s == NOW + 500);
	CHECK_STR(b.etag, "\"x\"");
	CHECK(due_at(s, NOW + 20) == 1); /* c: a is gone, b not due */

	/* What was removed comes back as it was; or, much later, not at all. */
	change = list(s, first, 1, NOW + 30);
	CHECK(change.added == 1 && change.removed == 2);
	CHECK(state_purge(s, NOW + HOUR, NULL) == 0 && state_commit(s, NULL) == 0);
	change = list(s, second, 1, NOW + 40);
	feed_done(&b);
	CHECK(state_load(s, id_of("http://b/"), &b, NULL) == 1);
	CHECK_STR(b.etag, "\"x\"");
	CHECK(state_purge(s, NOW + 41 + STATE_KEEP_REMOVED_S, NULL) == 0);
	CHECK(state_load(s, id_of("http://a/"), &b, NULL) == 0);
	folder_drop(&folder);
}

static void
takes_no_due_time_from_a_poll_of_a_feed_that_was_removed(void)
{
	static const char *const urls[] = {"http://a/", "http://b/"};
	SCOPED(feed_done) struct feed a = {.due_s = 0};

	folder = folder_make();
	SCOPED(state_close) struct state *s = open_state();
	(void)list(s, urls, 2, NOW);
	CHECK(state_load(s, id_of("http://a/"), &a, NULL) == 1);
	(void)list(s, urls + 1, 1, NOW);
	a.due_s = NOW;
	CHECK(state_save(s, &a, NULL) == 0 && state_commit(s, NULL) == 0);
	CHECK(due_at(s, NOW + HOUR) == 1);
	folder_drop(&folder);
}

static void
spreads_many_new_feeds_but_not_a_few(void)
{
	enum { COUNT = 20000 };
	static char urls[COUNT][32];
	static const char *pointers[COUNT];
	struct list_change change;

	for (int i = 0; i < COUNT; i++) {
		(void)snprintf(urls[i], sizeof(urls[i]), "http://h%d/", i);
		pointers[i] = urls[i];
	}
	folder = folder_make();
	SCOPED(state_close) struct state *s = open_state();
	change = list(s, pointers, COUNT, NOW);
	CHECK(change.added == COUNT);
	const int at_once = due_at(s, NOW), half = due_at(s, NOW + 10), all = due_at(s, NOW + 20);
	CHECK(at_once > COUNT / 40 && at_once < COUNT / 10);
	CHECK(half > COUNT * 4 / 10 && half < COUNT * 6 / 10 && all == COUNT);
	/* A few feeds more are not spread, and the others are left as they are. */
	change = list(s, pointers, COUNT, NOW + 5);
	CHECK(change.added == 0 && change.removed == 0 && change.changed == 0);
	folder_drop(&folder);
}

static int
take_three(void *arg, const struct due *due)
{
	(void)due;
	return ++*(int *)arg > 3;
}

static void
gives_the_due_ones_in_portions(void)
{
	static const char *const urls[] = {"http://a/", "http://b/", "http://c/", "http://d/",
					   "http://e/"};
	struct due_cursor cursor = {.due_s = 0};
	int64_t next = -1;
	int seen = 0;

	folder = folder_make();
	SCOPED(state_close) struct state *s = open_state();
	(void)list(s, urls, 5, NOW);
	CHECK(state_due(s, NOW, &cursor, 2, take_three, &seen, NULL) == 2);
	CHECK(state_due(s, NOW, &cursor, 9, take_three, &seen, NULL) == 1);
	seen = 0;
	CHECK(state_due(s, NOW, &cursor, 9, take_three, &seen, NULL) == 2);
	CHECK(state_due(s, NOW, &cursor, 9, take_three, &seen, NULL) == 0);
	CHECK(state_postpone(s, id_of("http://c/"), NOW + 70, NULL) == 0);
	CHECK(state_postpone(s, id_of("http://c/"), NOW + 60, NULL) == 0);
	CHECK(due_at(s, NOW + 69) == 4 && due_at(s, NOW + 70) == 5);
	CHECK(state_next_due(s, NOW, &next, NULL) == 0 && next == NOW + 70);
	CHECK(state_next_due(s, NOW + 70, &next, NULL) == 0 && next == 0);
	CHECK(state_poll_now(s, id_of("http://c/"), NOW, NULL) == 1 && due_at(s, NOW) == 5);
	CHECK(state_poll_now(s, id_of("http://x/"), NOW, NULL) == 0);
	folder_drop(&folder);
}

static void
neither_storms_nor_stalls_when_the_clock_jumps(void)
{
	static const char *const urls[] = {"http://a/", "http://b/"};
	SCOPED(feed_done) struct feed a = {.due_s = 0};

	folder = folder_make();
	SCOPED(state_close) struct state *s = open_state();
	(void)list(s, urls, 2, NOW);
	CHECK(state_load(s, id_of("http://a/"), &a, NULL) == 1);
	a.due_s = NOW + 20 * HOUR; /* backing off */
	CHECK(state_save(s, &a, NULL) == 0);
	CHECK(state_postpone(s, id_of("http://b/"), NOW + 60, NULL) == 0);
	CHECK(state_check_clock(s, NOW, HOUR, NULL) == 0);
	CHECK(state_check_clock(s, NOW + 30, HOUR, NULL) == 0);
	CHECK(state_check_clock(s, NOW, HOUR, NULL) == 0); /* a little back: nothing */
	CHECK(due_at(s, NOW + 2 * HOUR) == 1);
	/* A year back. */
	const int64_t year_ago = NOW - 365LL * 24 * HOUR;
	CHECK(state_check_clock(s, year_ago, HOUR, NULL) == 0);
	CHECK(due_at(s, year_ago + HOUR) == 2);
	folder_drop(&folder);
}

static void
counts_for_people(void)
{
	static const char *const urls[] = {"http://a/", "http://b/", "http://c/"};
	SCOPED(feed_done) struct feed a = {.due_s = 0};
	struct state_counts counts = {.feeds = 0};

	folder = folder_make();
	SCOPED(state_close) struct state *s = open_state();
	(void)list(s, urls, 3, NOW);
	CHECK(state_load(s, id_of("http://a/"), &a, NULL) == 1);
	a.due_s = 0;
	a.retired_s = NOW;
	CHECK(feed_set(&a.error, "gone", NULL) == 0 && state_save(s, &a, NULL) == 0);
	CHECK(state_count(s, NOW, &counts, NULL) == 0);
	CHECK(counts.feeds == 3 && counts.due == 2 && counts.failing == 1 && counts.retired == 1);
	folder_drop(&folder);
}

int
main(void)
{
	RUN(keeps_what_it_knows_of_a_feed_when_the_list_changes);
	RUN(takes_no_due_time_from_a_poll_of_a_feed_that_was_removed);
	RUN(spreads_many_new_feeds_but_not_a_few);
	RUN(gives_the_due_ones_in_portions);
	RUN(neither_storms_nor_stalls_when_the_clock_jumps);
	RUN(counts_for_people);
	return check_done();
}
