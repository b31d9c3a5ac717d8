#include "fetcher/handover.h"

#include "common/document.h"
#include "common/loss.h"
#include "common/quarantine.h"
#include "common/wire.h"
#include "fetcher/learn.h"
#include "fetcher/listing.h"
#include "tests/unit/check.h"
#include "tests/unit/folder.h"

enum { NOW = 1768386000, HOUR = 3600 };

static const char url[] = "http://a.example/";
static struct folder folder;
static struct http *http;
static struct state *state;
static struct sweep *sweep;
static struct handover *handover;
static char id[FEED_ID_HEX + 1];

/* The stage's side: a route that takes what is offered, as long as there is room. */
static size_t room;
static uint64_t offered[16];
static size_t offered_count;

size_t
route_room(const struct route *route)
{
	(void)route;
	return room;
}

int
route_offer(struct route *route, uint64_t seq, size_t len, uint64_t key_hash, struct err *err)
{
	(void)route, (void)key_hash, (void)err;
	CHECK(room > 0 && len > 0);
	room--;
	offered[offered_count++] = seq;
	return 0;
}

static void
open_all(void)
{
	const struct pace pace = {.interval_s = HOUR, .max_interval_s = 24 * HOUR, .retry_s = 900};

	http = http_new(&(struct http_options){.total_ms = 5000}, NULL);
	state = state_open(folder.path, NULL);
	CHECK(http && state);
	const struct sweep_options options = {
		.state = state, .http = http, .pace = pace, .polls_max = 1, .polls_a_host = 1};
	sweep = sweep_new(&options, NULL);
	handover = handover_new(state, sweep, NULL);
	CHECK(sweep && handover);
	room = 16;
	offered_count = 0;
}

static void
begin(void)
{
	struct list_change change;

	folder = folder_make();
	open_all();
	CHECK(feed_id(url, id, NULL) == 0 && listing_begin(state, NULL) == 0);
	CHECK(listing_add(state, &(struct listed){.id = id, .url = url}, NULL) == 0);
	CHECK(listing_end(state, 1, NOW, HOUR, &change, NULL) == 0 &&
	      state_commit(state, NULL) == 0);
}

static void
close_all(void)
{
	handover_free(handover);
	sweep_free(sweep);
	http_free(http);
	state_close(state);
}

static void
end(void)
{
	close_all();
	folder_drop(&folder);
}

static void
commit(void)
{
	CHECK(state_commit(state, NULL) == 0);
	handover_committed(handover);
}

/* As a poll would: validators, digest and the row together. */
static void
spool_one(const char *body)
{
	SCOPED(buf_done) struct buf encoded = buf_init(100000);
	SCOPED(feed_done) struct feed feed = {.due_s = 0};
	const struct bytes bytes = {body, strlen(body)};
	const struct document doc = {.feed_id = id,
				     .feed_url = url,
				     .content_type = "text/xml",
				     .seq = spool_next_seq(state_spool(state)),
				     .status = 200,
				     .body = bytes};
	uint64_t seq;

	CHECK(state_load(state, id, &feed, NULL) == 1 && feed_set(&feed.etag, "\"1\"", NULL) == 0 &&
	      feed_set(&feed.validators_url, url, NULL) == 0);
	CHECK(learn_digest((struct bytes){"text/xml", 8}, bytes, &feed.digest, NULL) == 0);
	feed.due_s = NOW + HOUR;
	feed.polled_s = NOW;
	CHECK(document_encode(&doc, &encoded, NULL) == 0 && db_begin(state_db(state), NULL) == 0);
	CHECK(spool_append(state_spool(state), id, buf_bytes(&encoded), &seq, NULL) == 0);
	CHECK(state_save(state, &feed, NULL) == 0);
}

static struct feed
load(void)
{
	struct feed feed = {.due_s = 0};

	CHECK(state_load(state, id, &feed, NULL) == 1);
	return feed;
}

static void
offers_only_what_is_on_the_disk(void)
{
	SCOPED(buf_done) struct buf body = buf_init(100000);

	begin();
	spool_one("<a/>");
	CHECK(handover_fill(handover, NULL, NULL) == 0 && offered_count == 0);
	commit();
	spool_one("<b/>");
	CHECK(handover_fill(handover, NULL, NULL) == 0 && offered_count == 1);
	state_rollback(state);
	spool_one("<c/>");
	spool_one("<d/>");
	commit();
	room = 1;
	CHECK(handover_fill(handover, NULL, NULL) == 0 && offered_count == 2);
	CHECK(handover_fill(handover, NULL, NULL) == 0 && offered_count == 2);
	room = 5;
	CHECK(handover_fill(handover, NULL, NULL) == 0 && offered_count == 3);
	CHECK(handover_fill(handover, NULL, NULL) == 0 && offered_count == 3);
	/* The number of the row that was rolled back is nobody's. */
	CHECK(offered[1] != offered[0] + 1 && offered[2] > offered[1]);
	CHECK(handover_load(handover, offered[2], &body, NULL) == 0 && body.len > 0);
	CHECK(handover_acked(handover, offered[0], NULL) == 0);
	commit();
	close_all();
	/* After a restart: what was not acked, and nothing else. */
	const uint64_t left[] = {offered[1], offered[2]};
	open_all();
	CHECK(handover_fill(handover, NULL, NULL) == 0 && offered_count == 2);
	CHECK(offered[0] == left[0] && offered[1] == left[1]);
	end();
}

static int
keep_row(void *arg, const struct quarantined *row)
{
	CHECK_STR(row->ref, id);
	CHECK_STR(row->stage, "parser@1");
	*(int64_t *)arg = row->id;
	return 0;
}

static void
keeps_what_no_parser_can_read_and_asks_for_everything_again(void)
{
	int64_t first = 0, second = 0;

	begin();
	spool_one("<html>");
	commit();
	CHECK(handover_fill(handover, NULL, NULL) == 0 && offered_count == 1);
	CHECK(handover_rejected(handover, offered[0], "parser@1", "an HTML page", NULL) == 0);
	commit();
	struct feed feed = load();
	CHECK(!feed.etag && !feed.validators_url && !feed.digest.set && feed.rejected.set);
	CHECK(feed.rejections == 1 && feed.quarantined > 0);
	CHECK_STR(feed.error, "an HTML page");
	feed_done(&feed);
	CHECK(spool_depth(state_spool(state)) == 0 && quarantine_count(state_db(state)) == 1);
	CHECK(quarantine_each(state_db(state), 0, 9, true, keep_row, &first, NULL) == 0);
	/* The next page takes the place of the last: they must not pile up. */
	spool_one("<html><p>");
	commit();
	CHECK(handover_fill(handover, NULL, NULL) == 0 && offered_count == 2);
	CHECK(handover_rejected(handover, offered[1], "parser@1", "an HTML page", NULL) == 0);
	commit();
	CHECK(quarantine_count(state_db(state)) == 1);
	CHECK(quarantine_each(state_db(state), 0, 9, true, keep_row, &second, NULL) == 0);
	CHECK(second > first);
	end();
}

static void
blames_a_document_only_after_several_crashes(void)
{
	begin();
	spool_one("<killer>");
	commit();
	CHECK(handover_fill(handover, NULL, NULL) == 0 && offered_count == 1);
	CHECK(handover_crashed(handover, offered[0], "parser@1", ROUTE_BLAME_CRASH, NULL) == 0);
	CHECK(handover_crashed(handover, offered[0], "parser@1", ROUTE_BLAME_CRASH, NULL) == 0);
	commit();
	CHECK(quarantine_count(state_db(state)) == 0);
	CHECK(handover_crashed(handover, offered[0], "parser@1", ROUTE_BLAME_CRASH, NULL) == 1);
	commit();
	CHECK(quarantine_count(state_db(state)) == 1 && spool_depth(state_spool(state)) == 0);
	end();
}

static void
tries_again_or_lets_go_when_a_person_says_so(void)
{
	int64_t row = 0;

	begin();
	spool_one("<html>");
	commit();
	CHECK(handover_fill(handover, NULL, NULL) == 0);
	CHECK(handover_rejected(handover, offered[0], "parser@1", "no", NULL) == 0);
	CHECK(quarantine_each(state_db(state), 0, 9, true, keep_row, &row, NULL) == 0);
	CHECK(handover_retry(handover, row + 1, NULL) == 0);
	CHECK(handover_retry(handover, row, NULL) == 1);
	commit();
	CHECK(quarantine_count(state_db(state)) == 0 && spool_depth(state_spool(state)) == 1);
	CHECK(handover_fill(handover, NULL, NULL) == 0 && offered_count == 2);
	CHECK(offered[1] > offered[0]);
	struct feed feed = load();
	CHECK(!feed.rejected.set && feed.quarantined == 0);
	feed_done(&feed);
	CHECK(handover_rejected(handover, offered[1], "parser@1", "no", NULL) == 0);
	CHECK(quarantine_each(state_db(state), 0, 9, true, keep_row, &row, NULL) == 0);
	CHECK(handover_drop(handover, row, NULL) == 1 && handover_drop(handover, row, NULL) == 0);
	commit();
	CHECK(quarantine_count(state_db(state)) == 0 && spool_depth(state_spool(state)) == 0);
	feed = load();
	CHECK(!feed.rejected.set && !feed.etag && feed.quarantined == 0);
	feed_done(&feed);
	end();
}

static void
asks_for_everything_again_when_a_stage_behind_it_has_lost_something(void)
{
	SCOPED(buf_done) struct buf hint = buf_init(1000);
	struct loss loss = {.id = "00000000000000aa", .since_s = NOW + 1};
	struct feed feed;

	begin();
	spool_one("<rss/>");
	feed = load();
	CHECK(feed_set(&feed.etag, "\"e\"", NULL) == 0);
	feed.changed_s = NOW;
	feed.due_s = INT64_MAX / 4;
	CHECK(state_save(state, &feed, NULL) == 0);
	feed_done(&feed);
	commit();
	/* It brought nothing since then. */
	CHECK(loss_put(&loss, &hint, NULL) == 0);
	CHECK(handover_hint(handover, buf_bytes(&hint), NULL) == 0);
	commit();
	feed = load();
	CHECK(feed.etag && feed.due_s == INT64_MAX / 4);
	feed_done(&feed);
	/* The same loss, told again with another word, asks for nothing. */
	loss.since_s = NOW - 1;
	for (int i = 0; i < 2; i++) {
		buf_reset(&hint);
		CHECK(loss_put(&loss, &hint, NULL) == 0);
		CHECK(handover_hint(handover, buf_bytes(&hint), NULL) == 0);
		commit();
		feed = load();
		CHECK(!feed.etag == (i > 0) && !feed.digest.set == (i > 0));
		CHECK((feed.due_s < INT64_MAX / 4) == (i > 0));
		feed_done(&feed);
		loss.id[0] = 'b';
	}
	end();
}

static void
takes_hints_for_what_they_are(void)
{
	SCOPED(buf_done) struct buf hint = buf_init(1000);
	struct wire_map m = wire_map_begin(&hint);

	begin();
	spool_one("<rss/>");
	commit();
	wire_map_str(&m, "feed", id);
	wire_map_int(&m, "ttl_s", 5 * HOUR);
	wire_map_int(&m, "skip_hours", 0x3);
	wire_map_int(&m, "later", 7);
	wire_map_end(&m);
	CHECK(handover_hint(handover, buf_bytes(&hint), NULL) == 0);
	commit();
	struct feed feed = load();
	CHECK(feed.ttl_s == 5 * HOUR && feed.skip_hours == 3 && feed.skip_days == 0);
	feed_done(&feed);
	/* Nonsense is no error: it is only a hint. */
	CHECK(handover_hint(handover, (struct bytes){"\xc1\xff", 2}, NULL) == 0);
	CHECK(handover_hint(handover, (struct bytes){"", 0}, NULL) == 0);
	end();
}

int
main(void)
{
	RUN(offers_only_what_is_on_the_disk);
	RUN(keeps_what_no_parser_can_read_and_asks_for_everything_again);
	RUN(blames_a_document_only_after_several_crashes);
	RUN(tries_again_or_lets_go_when_a_person_says_so);
	RUN(asks_for_everything_again_when_a_stage_behind_it_has_lost_something);
	RUN(takes_hints_for_what_they_are);
	return check_done();
}
