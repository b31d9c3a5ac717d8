#include "fetcher/sweep.h"

#include <poll.h>

#include "common/arena.h"
#include "common/clock.h"
#include "common/document.h"
#include "fetcher/learn.h"
#include "fetcher/listing.h"
#include "tests/unit/canned.h"
#include "tests/unit/check.h"
#include "tests/unit/folder.h"

enum { HOUR = 3600, PATIENCE_MS = 20 * 1000, FEEDS_MAX = 64 };

#define OK                                                                                         \
	"HTTP/1.1 200 OK\r\nETag: \"1\"\r\nContent-Type: text/xml\r\nContent-Length: "             \
	"5\r\n\r\n<rss>"
#define NO "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n"

static struct folder folder;
static struct state *state;
static struct http *http;
static struct sweep *sweep;
static char urls[FEEDS_MAX][64];
static size_t outcomes;
static int64_t now;

static void
told(void *arg, const struct feed *feed, const struct outcome *outcome)
{
	(void)arg;
	CHECK(feed->url && outcome->url);
	outcomes++;
}

static void
open_all(int64_t polls_a_host, int64_t spacing_ms)
{
	http = http_new(&(struct http_options){.total_ms = 5000}, NULL);
	state = state_open(folder.path, NULL);
	const struct sweep_options options = {
		.state = state,
		.http = http,
		.pace = {.interval_s = HOUR, .max_interval_s = 24 * HOUR, .retry_s = 900},
		.body_bytes_max = 1 << 20,
		.bodies_bytes_max = 4 << 20,
		.polls_max = 8,
		.polls_a_host = polls_a_host,
		.spacing_ms = spacing_ms,
		.told = told,
	};
	CHECK(http && state);
	sweep = sweep_new(&options, NULL);
	CHECK(sweep != NULL);
	outcomes = 0;
	now = clock_wall_s();
}

static void
close_all(void)
{
	sweep_free(sweep);
	http_free(http);
	state_close(state);
}

/* The list: http://127.0.0.1:PORT/0, /1, ... */
static void
list(size_t count)
{
	struct list_change change;

	CHECK(listing_begin(state, NULL) == 0);
	for (size_t i = 0; i < count; i++) {
		char id[FEED_ID_HEX + 1];

		(void)snprintf(urls[i], sizeof(urls[i]), "http://127.0.0.1:%d/%zu", canned.port, i);
		CHECK(feed_id(urls[i], id, NULL) == 0);
		CHECK(listing_add(state, &(struct listed){.id = id, .url = urls[i]}, NULL) == 0);
	}
	CHECK(listing_end(state, 1, now, HOUR, &change, NULL) == 0 &&
	      state_commit(state, NULL) == 0);
}

/* Turns until so many polls are over. */
static void
run_until(size_t wanted)
{
	const int64_t give_up_ms = clock_mono_ms() + PATIENCE_MS;

	while (outcomes < wanted && clock_mono_ms() < give_up_ms) {
		struct pollfd fd = {.fd = http_fd(http), .events = POLLIN};
		struct err err = {.kind = ERR_NONE};
		int timeout_ms = 1000;

		CHECK(sweep_turn(sweep, &err) == 0);
		if (err.kind != ERR_NONE)
			(void)printf("# %s\n", err.text);
		CHECK(state_commit(state, NULL) == 0);
		sweep_timeout(sweep, &timeout_ms);
		(void)poll(&fd, 1, timeout_ms);
	}
	CHECK(outcomes >= wanted);
}

/* Turns until nothing is in flight and nothing wants to start now. */
static void
run_dry(void)
{
	for (int timeout_ms = 0; timeout_ms == 0 || sweep_in_flight(sweep) > 0;) {
		struct pollfd fd = {.fd = http_fd(http), .events = POLLIN};

		timeout_ms = 100;
		CHECK(sweep_turn(sweep, NULL) == 0 && state_commit(state, NULL) == 0);
		sweep_timeout(sweep, &timeout_ms);
		if (sweep_in_flight(sweep) > 0)
			(void)poll(&fd, 1, timeout_ms);
	}
}

static void
load(size_t n, struct feed *out)
{
	char id[FEED_ID_HEX + 1];

	CHECK(feed_id(urls[n], id, NULL) == 0 && state_load(state, id, out, NULL) == 1);
}

static void
due_again(size_t n)
{
	char id[FEED_ID_HEX + 1];

	CHECK(feed_id(urls[n], id, NULL) == 0 && state_poll_now(state, id, now, NULL) == 1);
	sweep_look_anew(sweep);
}

static void
keeps_body_validators_and_due_time_together(void)
{
	static const struct canned rows[] = {{.path = "/0", .answer = OK},
					     {.path = "/1", .answer = NO},
					     {.path = "/2", .answer = OK}};
	SCOPED(arena_free) struct arena *arena = arena_new(100000);
	SCOPED(buf_done) struct buf body = buf_init(100000);
	SCOPED(feed_done) struct feed feed = {.due_s = 0};
	SCOPED(feed_done) struct feed failed = {.due_s = 0};
	struct document doc;
	uint64_t seq;
	size_t len;

	folder = folder_make();
	canned_start(rows, 3);
	open_all(8, 0);
	list(3);
	run_until(3);
	CHECK(spool_depth(state_spool(state)) == 2);
	CHECK(sweep_counts(sweep).documents == 2 && sweep_counts(sweep).failed == 1);
	load(0, &feed);
	CHECK_STR(feed.etag, "\"1\"");
	CHECK_STR(feed.validators_url, urls[0]);
	CHECK(feed.due_s >= now + HOUR && feed.status == 200 && feed.ok_s >= now);
	load(1, &failed);
	CHECK(failed.failures == 1 && failed.due_s > now && failed.status == 404);
	CHECK_STR(failed.error, "status 404");
	CHECK(spool_after(state_spool(state), 0, &seq, &len, NULL) == 1);
	CHECK(spool_load(state_spool(state), seq, &body, NULL) == 0);
	CHECK(document_decode(buf_bytes(&body), arena, &doc, NULL) == 0);
	CHECK(doc.seq == seq && doc.status == 200 && doc.body.len == 5);
	CHECK_STR(doc.content_type, "text/xml");
	/* Due again: the same body is not spooled twice. */
	due_again(0);
	run_until(4);
	CHECK(spool_depth(state_spool(state)) == 2 && sweep_counts(sweep).documents_same == 1);
	run_dry();
	CHECK(canned.asked_count == 4 && sweep_in_flight(sweep) == 0);
	close_all();
	canned_stop();
	folder_drop(&folder);
}

static void
repeats_what_was_not_committed(void)
{
	static const struct canned rows[] = {{.path = "/0", .answer = OK}};
	SCOPED(feed_done) struct feed feed = {.due_s = 0};
	int timeout_ms = 1 << 20;

	folder = folder_make();
	canned_start(rows, 1);
	open_all(8, 0);
	list(1);
	while (outcomes == 0) {
		struct pollfd fd = {.fd = http_fd(http), .events = POLLIN};

		CHECK(sweep_turn(sweep, NULL) == 0);
		(void)poll(&fd, 1, 10);
	}
	state_rollback(state);
	sweep_rolled_back(sweep);
	load(0, &feed);
	CHECK(!feed.etag);
	CHECK(feed.due_s == now);
	CHECK(spool_depth(state_spool(state)) == 0);
	/* Not at once: a full disk would make it ask for ever. */
	CHECK(sweep_turn(sweep, NULL) == 0 && sweep_in_flight(sweep) == 0);
	sweep_timeout(sweep, &timeout_ms);
	CHECK(timeout_ms > 1000 && timeout_ms < 10000);
	/* However many polls meet the same full disk, they are one reason to wait. */
	for (int i = 0; i < 64; i++)
		sweep_rolled_back(sweep);
	timeout_ms = 1 << 20;
	sweep_timeout(sweep, &timeout_ms);
	CHECK(timeout_ms < 10000);
	close_all();
	/* Nor is a poll lost that was in flight at the end. */
	open_all(8, 0);
	CHECK(sweep_turn(sweep, NULL) == 0 && sweep_in_flight(sweep) == 1);
	close_all();
	open_all(8, 0);
	run_until(1);
	CHECK(spool_depth(state_spool(state)) == 1);
	close_all();
	canned_stop();
	folder_drop(&folder);
}

static void
lets_a_commit_wait_only_while_more_is_to_come(void)
{
	static const struct canned rows[] = {
		{.path = "/0", .answer = OK},
		{.path = "/1", .then = CANNED_HANG, .answer = ""},
	};
	int64_t give_up_ms = clock_mono_ms() + PATIENCE_MS;

	folder = folder_make();
	canned_start(rows, 2);
	open_all(8, 0);
	list(2);
	due_again(0);
	due_again(1);
	CHECK(state_commit(state, NULL) == 0 && sweep_may_wait_ms(sweep) == 0);
	while (outcomes == 0 && clock_mono_ms() < give_up_ms) {
		struct pollfd fd = {.fd = http_fd(http), .events = POLLIN};

		CHECK(sweep_turn(sweep, NULL) == 0);
		(void)poll(&fd, 1, 1);
	}
	/* One is written, one is still asked: not for long, and not when it is committed. */
	CHECK(outcomes == 1 && sweep_in_flight(sweep) == 1);
	CHECK(sweep_may_wait_ms(sweep) <= 10);
	while (sweep_may_wait_ms(sweep) > 0 && clock_mono_ms() < give_up_ms)
		(void)poll(NULL, 0, 1);
	CHECK(sweep_may_wait_ms(sweep) == 0);
	CHECK(state_commit(state, NULL) == 0);
	sweep_committed(sweep);
	CHECK(sweep_may_wait_ms(sweep) == 0);
	close_all();
	canned_stop();
	folder_drop(&folder);
	/* Nothing else is asked: the last one does not wait at all. */
	folder = folder_make();
	canned_start(rows, 1);
	open_all(8, 0);
	list(1);
	give_up_ms = clock_mono_ms() + PATIENCE_MS;
	while (outcomes == 0 && clock_mono_ms() < give_up_ms) {
		struct pollfd fd = {.fd = http_fd(http), .events = POLLIN};

		CHECK(sweep_turn(sweep, NULL) == 0);
		CHECK(sweep_may_wait_ms(sweep) == 0);
		(void)poll(&fd, 1, 1);
	}
	CHECK(outcomes == 1);
	close_all();
	canned_stop();
	folder_drop(&folder);
}

/* Turns, without a commit, until so many polls are over. */
static void
turn_until(size_t wanted)
{
	const int64_t give_up_ms = clock_mono_ms() + PATIENCE_MS;

	while (outcomes < wanted && clock_mono_ms() < give_up_ms) {
		struct pollfd fd = {.fd = http_fd(http), .events = POLLIN};

		CHECK(sweep_turn(sweep, NULL) == 0);
		(void)poll(&fd, 1, 1);
	}
	CHECK(outcomes == wanted);
}

static void
lets_what_brought_no_news_wait_longer(void)
{
	static const struct canned rows[] = {
		{.path = "/0", .nth = 2, .answer = "HTTP/1.1 304 Same\r\n\r\n"},
		{.path = "/0", .answer = OK},
		{.path = "/1", .then = CANNED_HANG, .answer = ""},
	};
	int unchanged_ms, news_ms;

	folder = folder_make();
	canned_start(rows, 3);
	open_all(8, 0);
	list(1);
	due_again(0);
	turn_until(1);
	CHECK(state_commit(state, NULL) == 0);
	sweep_committed(sweep);
	list(2);
	due_again(1);
	due_again(0);
	CHECK(state_commit(state, NULL) == 0);
	sweep_look_anew(sweep);
	turn_until(2);
	CHECK(sweep_in_flight(sweep) == 1);
	unchanged_ms = sweep_may_wait_ms(sweep);
	CHECK(unchanged_ms > 10);
	/* Beside news it waits no longer than the news do. */
	due_again(0);
	sweep_look_anew(sweep);
	turn_until(3);
	news_ms = sweep_may_wait_ms(sweep);
	CHECK(news_ms <= 10);
	close_all();
	canned_stop();
	folder_drop(&folder);
}

static void
is_quiet_to_a_host_that_has_had_enough(void)
{
	static const struct canned rows[] = {
		{.path = "/0",
		 .nth = 1,
		 .answer = "HTTP/1.1 429 T\r\nRetry-After: 9000\r\nContent-Length: 0\r\n\r\n"},
		{.path = "/0", .answer = OK},
		{.path = "/1", .answer = OK},
	};
	SCOPED(feed_done) struct feed feed = {.due_s = 0};
	size_t first;

	folder = folder_make();
	canned_start(rows, 3);
	open_all(1, 0);
	list(1);
	run_until(1);
	load(0, &feed);
	CHECK(feed.due_s >= now + 9000);
	list(2);
	sweep_look_anew(sweep);
	run_dry();
	first = canned.asked_count;
	CHECK(first == 1);
	close_all();
	/* A restart does not make it forget. */
	open_all(1, 0);
	due_again(1);
	run_dry();
	CHECK(canned.asked_count == first && outcomes == 0);
	close_all();
	canned_stop();
	folder_drop(&folder);
}

static void
takes_up_nothing_while_it_is_paused(void)
{
	static const struct canned rows[] = {{.path = "/0", .answer = OK}};
	int timeout_ms = 1 << 20;

	folder = folder_make();
	canned_start(rows, 1);
	open_all(8, 0);
	list(1);
	sweep_pause(sweep, true);
	CHECK(sweep_turn(sweep, NULL) == 0 && sweep_in_flight(sweep) == 0);
	sweep_timeout(sweep, &timeout_ms);
	CHECK(timeout_ms == 1 << 20);
	sweep_pause(sweep, false);
	run_until(1);
	close_all();
	canned_stop();
	folder_drop(&folder);
}

static void
asks_no_feed_that_left_the_list_while_it_waited(void)
{
	static const struct canned rows[] = {{.path = "/0", .answer = OK},
					     {.path = "/1", .answer = OK}};

	folder = folder_make();
	canned_start(rows, 2);
	open_all(1, HOUR * 1000LL); /* the second waits for ever */
	list(2);
	run_until(1);
	list(0);
	run_dry();
	CHECK(canned.asked_count == 1);
	close_all();
	canned_stop();
	folder_drop(&folder);
}

static void
gives_a_busy_host_back_to_the_state(void)
{
	static const struct canned rows[] = {{.path = "/0", .answer = OK}};
	int64_t next = 0;

	folder = folder_make();
	canned_start(rows, 1);
	open_all(1, 10 * 1000); /* ten seconds apart: six fit into the minute that one may wait */
	list(FEEDS_MAX);
	CHECK(sweep_turn(sweep, NULL) == 0 && state_commit(state, NULL) == 0);
	CHECK(sweep_in_flight(sweep) == 1 && sweep_waiting(sweep) < 10);
	CHECK(state_next_due(state, now, &next, NULL) == 0 && next > now + 50);
	close_all();
	canned_stop();
	folder_drop(&folder);
}

static void
knows_its_own_network_from_the_publishers(void)
{
	SCOPED(feed_done) struct feed feed = {.due_s = 0};
	struct list_change change;
	size_t offline = 0;

	folder = folder_make();
	open_all(8, 0);
	CHECK(listing_begin(state, NULL) == 0);
	for (size_t i = 0; i < 20; i++) {
		char id[FEED_ID_HEX + 1];

		/* Nobody listens on the discard port of these loopback addresses. */
		(void)snprintf(urls[i], sizeof(urls[i]), "http://127.0.1.%zu:9/", i + 1);
		CHECK(feed_id(urls[i], id, NULL) == 0);
		CHECK(listing_add(state, &(struct listed){.id = id, .url = urls[i]}, NULL) == 0);
	}
	CHECK(listing_end(state, 1, now, HOUR, &change, NULL) == 0 &&
	      state_commit(state, NULL) == 0);
	run_until(20);
	for (size_t i = 0; i < 20; i++) {
		feed_done(&feed);
		load(i, &feed);
		CHECK(feed.error && feed.due_s > now);
		offline += feed.failures == 0;
	}
	CHECK(offline == 20);
	close_all();
	folder_drop(&folder);
}

/* The list, the clock or an archive may change while a poll is between two requests. */
static void
goes_on_after_a_redirect_when_all_is_looked_at_anew(void)
{
	static const struct canned rows[] = {
		{.path = "/0",
		 .answer = "HTTP/1.1 302 Found\r\nLocation: /t\r\nContent-Length: 0\r\n\r\n"},
		{.path = "/t", .answer = OK}};
	const int64_t give_up_ms = clock_mono_ms() + PATIENCE_MS;

	folder = folder_make();
	canned_start(rows, 2);
	open_all(2, 50);
	list(1);
	while (outcomes == 0 && clock_mono_ms() < give_up_ms) {
		struct pollfd fd = {.fd = http_fd(http), .events = POLLIN};

		CHECK(sweep_turn(sweep, NULL) == 0 && state_commit(state, NULL) == 0);
		sweep_look_anew(sweep);
		(void)poll(&fd, 1, 10);
	}
	CHECK(outcomes == 1 && canned.asked_count == 2);
	close_all();
	canned_stop();
	folder_drop(&folder);
}

int
main(void)
{
	RUN(keeps_body_validators_and_due_time_together);
	RUN(repeats_what_was_not_committed);
	RUN(lets_a_commit_wait_only_while_more_is_to_come);
	RUN(lets_what_brought_no_news_wait_longer);
	RUN(is_quiet_to_a_host_that_has_had_enough);
	RUN(takes_up_nothing_while_it_is_paused);
	RUN(asks_no_feed_that_left_the_list_while_it_waited);
	RUN(gives_a_busy_host_back_to_the_state);
	RUN(knows_its_own_network_from_the_publishers);
	RUN(goes_on_after_a_redirect_when_all_is_looked_at_anew);
	return check_done();
}
