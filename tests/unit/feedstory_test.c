#include "fetcher/feedstory.h"

#include <stdlib.h>

#include "common/clock.h"
#include "common/jsondoc.h"
#include "fetcher/listing.h"
#include "tests/unit/captured.h"

enum { HOUR = 3600, DAY = 24 * HOUR };

static struct folder folder;
static struct buf output;
static const char *config;
static const char url[] = "https://example.org/feed";

#define EXPLAIN(...)                                                                               \
	captured_run(&folder, feedstory_explain,                                                   \
		     (const char *const[]){"explain", __VA_ARGS__, NULL}, &output)

static struct state *
open_state(void)
{
	const char *dir = folder_file(&folder, "state/fetcher");

	CHECK(file_mkdirs(dir, NULL) == 0);
	return state_open(dir, NULL);
}

static void
list_the_feed(struct state *state, char id[FEED_ID_HEX + 1])
{
	const struct listed feed = {.id = id, .url = url, .title = "An example"};
	struct list_change change;

	CHECK(feed_id(url, id, NULL) == 0 && listing_begin(state, NULL) == 0);
	CHECK(listing_add(state, &feed, NULL) == 0);
	CHECK(listing_end(state, 1, clock_wall_s(), HOUR, &change, NULL) == 0);
	CHECK(state_commit(state, NULL) == 0);
}

static void
change(struct state *state, const char *id, int64_t failures, int64_t due_in_s, const char *error)
{
	SCOPED(feed_done) struct feed feed = {.due_s = 0};
	const int64_t now_s = clock_wall_s();

	CHECK(state_load(state, id, &feed, NULL) == 1);
	feed.polled_s = feed.ok_s = now_s;
	feed.interval_s = 2 * HOUR;
	feed.failures = failures;
	feed.due_s = now_s + due_in_s;
	CHECK(feed_set(&feed.error, error, NULL) == 0 && db_begin(state_db(state), NULL) == 0);
	CHECK(state_save(state, &feed, NULL) == 0 && state_commit(state, NULL) == 0);
}

static const char *
told(const char *member)
{
	static char text[256];
	SCOPED(jsondoc_free)
	struct jsondoc *doc = jsondoc_parse(buf_str(&output), output.len, NULL);
	const char *value = doc ? jsonval_text(jsonval_get(jsondoc_root(doc), member), NULL) : NULL;

	(void)snprintf(text, sizeof(text), "%s", value ? value : "");
	return text;
}

static void
says_so_where_no_fetcher_has_run(void)
{
	CHECK(EXPLAIN("-c", config, url) == 1);
	CHECK(strstr(buf_str(&output), "no fetcher has run yet") != NULL);
	CHECK(EXPLAIN("-c", "/nowhere.conf", url) == 1);
	CHECK(strstr(buf_str(&output), "/nowhere.conf") != NULL);
}

static void
tells_a_feed_by_its_url_and_by_its_id_beside_a_fetcher_that_runs(void)
{
	SCOPED(state_close) struct state *state = open_state(); /* held open, as by a fetcher */
	char id[FEED_ID_HEX + 1];

	list_the_feed(state, id);
	CHECK(EXPLAIN("-c", config, "HTTPS://name:secret@Example.org/feed#x") == 0);
	CHECK_STR(told("id"), id);
	CHECK_STR(told("url"), url);
	CHECK_STR(told("title"), "An example");
	CHECK_STR(told("why"), "it has not been asked yet");
	CHECK(!strstr(buf_str(&output), "secret"));
	(void)setenv("FEEDMILL_CONF", config, 1);
	CHECK(EXPLAIN(id) == 0);
	CHECK_STR(told("url"), url);
	(void)unsetenv("FEEDMILL_CONF");
}

static void
tells_why_the_next_poll_is_when_it_is(void)
{
	SCOPED(state_close) struct state *state = open_state();
	char id[FEED_ID_HEX + 1];

	list_the_feed(state, id);
	change(state, id, 0, 2 * HOUR, NULL);
	CHECK(EXPLAIN("-c", config, url) == 0);
	CHECK(strstr(told("why"), "its own rhythm") != NULL);
	change(state, id, 0, 9 * HOUR, NULL);
	CHECK(EXPLAIN("-c", config, url) == 0);
	CHECK(strstr(told("why"), "the publisher wishes it") != NULL);
	change(state, id, 3, HOUR, "status 500");
	CHECK(EXPLAIN("-c", config, url) == 0);
	CHECK(strstr(told("why"), "the last polls failed") != NULL);
	CHECK_STR(told("reason"), "status 500");
}

static void
knows_the_pace_of_the_configuration(void)
{
	SCOPED(state_close) struct state *state = open_state();
	SCOPED(feed_done) struct feed feed = {.due_s = 0};
	char id[FEED_ID_HEX + 1];

	/* Silent for a year: left in peace for max_interval, a day by default. */
	list_the_feed(state, id);
	change(state, id, 0, DAY + HOUR, NULL);
	CHECK(state_load(state, id, &feed, NULL) == 1);
	feed.newest_s = clock_wall_s() - 365 * DAY;
	CHECK(db_begin(state_db(state), NULL) == 0 && state_save(state, &feed, NULL) == 0 &&
	      state_commit(state, NULL) == 0);
	CHECK(EXPLAIN("-c", config, url) == 0);
	CHECK(strstr(told("why"), "it has published nothing for long") != NULL);
}

static void
what_it_does_not_know_is_a_1_and_what_it_is_not_asked_for_a_2(void)
{
	CHECK(EXPLAIN("-c", config, "https://never.example/") == 1);
	CHECK(strstr(buf_str(&output), "no feed 'https://never.example/' in the list") != NULL);
	CHECK(EXPLAIN("-c", config, "mailto:somebody") == 1);
	CHECK(EXPLAIN("-c", config) == 2 && EXPLAIN("-c", config, url, url) == 2);
	CHECK(EXPLAIN("-x", config) == 2);
}

int
main(void)
{
	SCOPED(buf_done) struct buf text = buf_init(4096);

	folder = folder_make();
	output = buf_init(1 << 20);
	config = strdup(folder_file(&folder, "feedmill.conf"));
	CHECK(buf_addf(&text, NULL, "[feedmill]\nstate_dir = %s/state\n", folder.path) == 0 &&
	      file_replace(config, buf_bytes(&text), NULL) == 0);
	RUN(says_so_where_no_fetcher_has_run);
	RUN(tells_a_feed_by_its_url_and_by_its_id_beside_a_fetcher_that_runs);
	RUN(tells_why_the_next_poll_is_when_it_is);
	RUN(knows_the_pace_of_the_configuration);
	RUN(what_it_does_not_know_is_a_1_and_what_it_is_not_asked_for_a_2);
	buf_done(&output);
	folder_drop(&folder);
	return check_done();
}
