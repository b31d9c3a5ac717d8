#include "fetcher/archive.h"

#include "fetcher/description.h"
#include "fetcher/listing.h"
#include "tests/unit/check.h"
#include "tests/unit/folder.h"

enum { NOW = 1800000000, HOUR = 3600 };

static char feed_of_list[FEED_ID_HEX + 1];
static char due_url[1024], due_id[FEED_ID_HEX + 1];

static int
note_due(void *arg, const struct due *due)
{
	(void)arg;
	(void)snprintf(due_url, sizeof(due_url), "%s", due->start_url);
	(void)snprintf(due_id, sizeof(due_id), "%s", due->id);
	return 0;
}

/* How many are due; the last of them in due_url and due_id. */
static int
due(struct state *s)
{
	struct due_cursor cursor = {.due_s = 0};

	due_url[0] = due_id[0] = '\0';
	return state_due(s, NOW, &cursor, 100, note_due, NULL, NULL);
}

static void
list_one(struct state *s)
{
	static const char url[] = "https://a.example/feed";
	const struct listed feed = {.id = feed_of_list, .url = url};
	struct list_change change;

	CHECK(feed_id(url, feed_of_list, NULL) == 0);
	CHECK(listing_begin(s, NULL) == 0 && listing_add(s, &feed, NULL) == 0);
	CHECK(listing_end(s, 1, NOW - 10, HOUR, &change, NULL) == 0);
	CHECK(state_postpone(s, feed_of_list, NOW + HOUR, NULL) == 0);
}

static void
name(struct state *s, const char *url, int begins)
{
	const struct description d = {.prev_archive = url};

	CHECK(archive_named(s, feed_of_list, url, NOW, NULL) == begins);
	CHECK(description_save(s, feed_of_list, &d, NULL) == 0);
}

/* As after a good poll of it. */
static void
polled(struct state *s, const char *id)
{
	SCOPED(feed_done) struct feed f = {.due_s = 0};

	CHECK(state_load(s, id, &f, NULL) == 1 && f.archive_of);
	CHECK_STR(f.archive_of, feed_of_list);
	CHECK(archive_is_done(&f, true) && !archive_is_done(&f, false));
	f.due_s = 0;
	CHECK(state_save(s, &f, NULL) == 0);
}

static void
a_new_archive_is_walked_back_to_the_one_that_was_known(void)
{
	struct folder folder = folder_make();
	struct state *s = state_open(folder.path, NULL);
	char third[FEED_ID_HEX + 1];

	CHECK(s);
	list_one(s);
	name(s, "https://a.example/1", 0); /* seen for the first time: no past */
	name(s, "https://a.example/1", 0);
	CHECK(due(s) == 0);
	name(s, "https://a.example/3", 1);
	CHECK(due(s) == 1);
	CHECK_STR(due_url, "https://a.example/3");
	memcpy(third, due_id, sizeof(third));
	polled(s, third);
	CHECK(due(s) == 0);
	CHECK(archive_next(s, third, "https://a.example/2", NOW, NULL) == 1 && due(s) == 1);
	CHECK_STR(due_url, "https://a.example/2");
	CHECK(archive_next(s, due_id, "https://a.example/1", NOW, NULL) == 0);
	CHECK(archive_next(s, due_id, NULL, NOW, NULL) == 0);
	state_close(s);
	folder_drop(&folder);
}

static void
a_walk_ends_whatever_the_publisher_names(void)
{
	struct folder folder = folder_make();
	struct state *s = state_open(folder.path, NULL);
	int steps = 0;

	CHECK(s);
	list_one(s);
	name(s, "https://a.example/0", 0);
	name(s, "gopher://a.example/", 0);
	name(s, "https://a.example/x", 1);
	while (due(s) == 1 && steps < 100) {
		char next[64];

		(void)snprintf(next, sizeof(next), "https://a.example/more/%d", steps++);
		polled(s, due_id);
		CHECK(archive_next(s, due_id, next, NOW, NULL) >= 0);
	}
	CHECK(steps == ARCHIVE_DOCUMENTS_MAX);
	state_close(s);
	folder_drop(&folder);
}

static void
an_archive_is_no_feed_of_the_list(void)
{
	struct folder folder = folder_make();
	struct state *s = state_open(folder.path, NULL);
	struct list_change change;
	const struct listed feed = {.id = feed_of_list, .url = "https://a.example/feed"};

	CHECK(s);
	list_one(s);
	name(s, "https://a.example/1", 0);
	name(s, "https://a.example/2", 1);
	CHECK(listing_begin(s, NULL) == 0 && listing_add(s, &feed, NULL) == 0);
	CHECK(listing_end(s, 2, NOW, HOUR, &change, NULL) == 0);
	CHECK(change.feeds == 1 && change.removed == 0 && due(s) == 1);
	state_close(s);
	folder_drop(&folder);
}

int
main(void)
{
	RUN(a_new_archive_is_walked_back_to_the_one_that_was_known);
	RUN(a_walk_ends_whatever_the_publisher_names);
	RUN(an_archive_is_no_feed_of_the_list);
	return check_done();
}
