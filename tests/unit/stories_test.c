#include "classifier/stories.h"
#include "tests/unit/check.h"
#include "tests/unit/folder.h"
#include "tests/unit/tagged.h"

enum { NOW_S = 1764000000, HOUR_S = 3600, WINDOW_S = 72 * HOUR_S };

static const char *const migrations[] = {STORIES_SCHEMA, NULL};
static struct folder folder;
static struct db *db;
static struct stories *stories;

static void
open_again(void)
{
	stories_close(stories);
	db_close(db);
	db = db_open(folder_file(&folder, "s.db"), &(struct db_options){.migrations = migrations},
		     NULL);
	stories = db ? stories_open(db, WINDOW_S, NULL) : NULL;
	if (!stories)
		exit(EXIT_FAILURE);
}

static void
start(void)
{
	folder = folder_make();
	open_again();
}

static void
stop(void)
{
	stories_close(stories);
	db_close(db);
	stories = NULL;
	db = NULL;
	folder_drop(&folder);
}

static unsigned items;

/* The story of a new item of that feed: the number of its first item and the rank, as "1.2". */
static const char *
told(const char *feed, const char *url, const char *title, const char *text, int64_t at_s)
{
	static char out[8][32];
	static unsigned next;
	char *mine = out[next++ % 8];
	struct item item = tagged_item(++items, 1, 1, NULL);
	struct story story = {.rank = 0};

	item.feed.id = feed;
	item.url = url;
	item.title = title;
	item.summary = text;
	CHECK(stories_find(stories, &item, at_s, &story, NULL) == 0);
	CHECK(db_commit(db, NULL) == 0);
	(void)snprintf(mine, 32, "%ld.%d", strtol(story.id, NULL, 16), (int)story.rank);
	return mine;
}

/* What is one story and what is not, in cases of our own. */
struct telling {
	const char *url, *title, *text;
};

static const struct {
	struct telling a, b;
} one_story[] = {
	{{"https://paper.example/2026/bridge?utm_source=rss", "Bridge reopens", "Short."},
	 {"https://www.paper.example/2026/bridge/", "The bridge reopens after a year", NULL}},
	{{"https://a.example/1", "City to rebuild its old tram line by spring", NULL},
	 {"https://b.example/x", "City to Rebuild Its Old Tram Line by Spring", NULL}},
	{{"https://a.example/2", "Storm cuts power to nine villages on the coast",
	  "A storm that came in from the sea on Sunday night has cut the power of nine villages on "
	  "the northern coast, and the repair crews say that it will take them until Wednesday to "
	  "reach the last of them, since trees lie across most of the roads."},
	 {"https://b.example/2", "Nine villages on the coast without power after storm",
	  "A storm that came in from the sea on Sunday night has cut the power of nine villages on "
	  "the northern coast, and the repair crews say that it will take them until Wednesday to "
	  "reach the last of them, since trees lie across most of the roads. (wire)"}},
	{{"https://a.example/3", "Chip maker opens a plant in the river valley",
	  "The company said on Tuesday that its new plant in the river valley would make two "
	  "hundred thousand wafers in a year once it is finished, and that it would hire eleven "
	  "hundred people, half of them from the region, before the end of next summer."},
	 {"https://b.example/3", "Chip maker opens plant in river valley, hires hundreds",
	  "<p>The company said on Tuesday that its new plant in the river valley would make two "
	  "hundred thousand wafers in a year once it is finished, and that it would hire eleven "
	  "hundred people, half of them from the region, before the end of next summer.</p>"
	  "<p>Shares rose.</p>"}},
	{{"https://a.example/4?ref=feed", "A", NULL}, {"http://a.example/4", "Another", NULL}},
	{{"https://a.example/5", "Museum returns three bronze lions to their village",
	  "The museum gave back three bronze lions on Friday which a collector had taken from the "
	  "village a hundred years ago, and the village carried them home in a procession."},
	 {"https://b.example/5", "Museum returns three bronze lions to their village",
	  "On Friday, three bronze lions which a collector had taken from the village a hundred "
	  "years ago went home in a procession: the museum has given them back at last."}},
};

static const struct {
	struct telling a, b;
} two_stories[] = {
	/* Columns with a name. */
	{{"https://a.example/w1", "Deals of the day",
	  "Today a kettle costs half of what it did, a lamp that follows the sun is down to "
	  "twenty, "
	  "and whoever buys two pairs of socks at the corner shop is given a third one."},
	 {"https://b.example/w1", "Deals of the day",
	  "Headphones from three makers are cheaper than ever this morning; we also found a desk, "
	  "a "
	  "mattress for guests, and a set of knives that chefs in our kitchen have tested."}},
	{{"https://a.example/w2", "Weekly open thread", NULL},
	 {"https://b.example/w2", "Weekly open thread", NULL}},
	{{"https://a.example/w3", "This week in pictures", NULL},
	 {"https://b.example/w3", "This week in pictures", NULL}},
	/* Forms of one publisher. */
	{{"https://weather.example/oslo", "Weather for Oslo this weekend",
	  "Clouds in the morning, then sun, with a light wind from the west; the night stays above "
	  "zero. On Sunday rain from noon on, and a strong wind on the fells. Oslo has six hours "
	  "of "
	  "light. The next report is given at eight."},
	 {"https://weather.example/bergen", "Weather for Bergen this weekend",
	  "Clouds in the morning, then sun, with a light wind from the west; the night stays above "
	  "zero. On Sunday rain from noon on, and a strong wind on the fells. Bergen has six hours "
	  "of light. The next report is given at eight."}},
	/* Numbers make the difference. */
	{{"https://a.example/n1", "Kernel 6.9.3 is released",
	  "The maintainers have released a new stable kernel. All users of this series must "
	  "upgrade. "
	  "The change log lists every fix that went in since the last one, and the usual places "
	  "have the archives and their signatures."},
	 {"https://b.example/n1", "Kernel 6.9.4 is released",
	  "The maintainers have released a new stable kernel. All users of this series must "
	  "upgrade. "
	  "The change log lists every fix that went in since the last one, and the usual places "
	  "have the archives and their signatures."}},
	/* The same words, other news. */
	{{"https://a.example/o1", "Bank raises its rate by a quarter point",
	  "The central bank raised its rate on Thursday and said that it saw prices falling in the "
	  "second half of the year, while two of its nine members would rather have waited."},
	 {"https://b.example/o1", "Bank lowers its rate by a quarter point",
	  "The central bank surprised the market on Thursday: for the first time in four years "
	  "money "
	  "becomes cheaper, since the factories had their worst quarter for a decade."}},
	{{"https://a.example/", "Team wins the cup", NULL},
	 {"https://a.example/", "Mayor opens the market", NULL}},
	/* One text under every title. */
	{{"https://jobs-a.example/1", "Senior gardener wanted in Leeds",
	  "We are a friendly company with forty places of work and a pension. Send us a letter, "
	  "tell "
	  "us what you have done before, and we shall answer within ten days. Everybody is welcome "
	  "to apply, whatever their age."},
	 {"https://jobs-b.example/2", "Night nurse for our house in Hull",
	  "We are a friendly company with forty places of work and a pension. Send us a letter, "
	  "tell "
	  "us what you have done before, and we shall answer within ten days. Everybody is welcome "
	  "to apply, whatever their age."}},
};

static void
few_are_missed_and_none_is_wrong(void)
{
	size_t missed = 0, wrong = 0;

	for (size_t i = 0; i < sizeof(one_story) / sizeof(one_story[0]); i++) {
		const struct telling *a = &one_story[i].a, *b = &one_story[i].b;

		start();
		(void)told("a", a->url, a->title, a->text, NOW_S);
		missed += !strstr(told("b", b->url, b->title, b->text, NOW_S + HOUR_S), ".2");
		stop();
	}
	for (size_t i = 0; i < sizeof(two_stories) / sizeof(two_stories[0]); i++) {
		const struct telling *a = &two_stories[i].a, *b = &two_stories[i].b;

		start();
		(void)told("a", a->url, a->title, a->text, NOW_S);
		wrong += !strstr(told("b", b->url, b->title, b->text, NOW_S + HOUR_S), ".1");
		stop();
	}
	(void)printf("# %zu of %zu missed, %zu of %zu wrong\n", missed,
		     sizeof(one_story) / sizeof(one_story[0]), wrong,
		     sizeof(two_stories) / sizeof(two_stories[0]));
	CHECK(missed == 0 && wrong == 0);
}

/* What holds for all of them. */

static void
a_feed_never_joins_itself_and_its_common_address_tells_nothing(void)
{
	static const char page[] = "https://a.example/changes";

	start();
	items = 0;
	CHECK_STR(told("a", page, "The first change of them all", NULL, NOW_S), "1.1");
	CHECK_STR(told("a", page, "The first change of them all", NULL, NOW_S), "2.1");
	CHECK_STR(told("b", page, "Somebody tells of the changes", NULL, NOW_S), "3.1");
	/* A story has one item of a feed: the third feed's joins one, and b's second stays out. */
	CHECK_STR(told("c", "https://c.example/1", "Somebody tells of the changes again today",
		       NULL, NOW_S),
		  "4.1");
	CHECK_STR(told("b", "https://b.example/2", "Somebody tells of the changes again today",
		       NULL, NOW_S),
		  "4.2");
	CHECK_STR(told("b", "https://b.example/3", "Somebody tells of the changes again today",
		       NULL, NOW_S),
		  "6.1");
	stop();
}

static void
what_is_apart_in_time_is_another_story(void)
{
	static const char title[] = "The harbour bridge is closed for repairs";

	start();
	items = 0;
	CHECK_STR(told("a", NULL, title, NULL, NOW_S), "1.1");
	CHECK_STR(told("b", NULL, title, NULL, NOW_S + WINDOW_S + 1), "2.1");
	CHECK_STR(told("c", NULL, title, NULL, NOW_S + WINDOW_S), "2.2");
	stories_set_window(stories, 0);
	CHECK_STR(told("d", NULL, title, NULL, NOW_S + WINDOW_S), "4.1");
	stop();
}

static void
a_story_outlasts_restarts_and_a_rollback_forgets_what_was_lost(void)
{
	static const char title[] = "The harbour bridge is closed for repairs";
	struct item item = tagged_item(9, 1, 1, NULL);
	struct story story;

	start();
	items = 0;
	CHECK_STR(told("a", NULL, title, NULL, NOW_S), "1.1");
	open_again();
	CHECK_STR(told("b", NULL, title, NULL, NOW_S), "1.2");
	item.title = title;
	item.feed.id = "c";
	CHECK(stories_find(stories, &item, NOW_S, &story, NULL) == 0 && story.rank == 3);
	db_rollback(db);
	stories_rollback(stories);
	CHECK_STR(told("c", NULL, title, NULL, NOW_S), "1.3");
	stop();
}

static void
only_the_newest_are_remembered_and_many_alike_cost_no_more(void)
{
	char feed[32], title[64];
	int64_t rows = 0;
	struct db_stmt *stmt;

	start();
	for (unsigned i = 0; i < STORIES_MAX + 2000; i++) {
		struct item item = tagged_item(i + 1, 1, 1, NULL);
		struct story story;

		(void)snprintf(feed, sizeof(feed), "f%u", i);
		(void)snprintf(title, sizeof(title), "The very same title in all of the feeds");
		item.title = title;
		item.feed.id = feed;
		CHECK(stories_find(stories, &item, NOW_S, &story, NULL) == 0);
	}
	CHECK(db_commit(db, NULL) == 0);
	stmt = db_stmt(db, "SELECT count(*) FROM stories", NULL);
	CHECK(stmt && db_step(stmt, NULL) > 0);
	if (stmt)
		rows = db_col_int(stmt, 0);
	CHECK(rows >= STORIES_MAX && rows < STORIES_MAX + 256);
	open_again();
	stop();
}

int
main(void)
{
	RUN(few_are_missed_and_none_is_wrong);
	RUN(a_feed_never_joins_itself_and_its_common_address_tells_nothing);
	RUN(what_is_apart_in_time_is_another_story);
	RUN(a_story_outlasts_restarts_and_a_rollback_forgets_what_was_lost);
	RUN(only_the_newest_are_remembered_and_many_alike_cost_no_more);
	return check_done();
}
