#include "fetcher/intake.h"

#include "common/arena.h"
#include "common/document.h"
#include "fetcher/listing.h"
#include "tests/unit/check.h"
#include "tests/unit/folder.h"

enum { NOW = 1768386000 };

static const char url[] = "http://example.org/feed";

static struct bytes
text(const char *s)
{
	return (struct bytes){s, strlen(s)};
}

static void
writes_document_and_feed_in_one_transaction(void)
{
	struct folder folder = folder_make();
	SCOPED(state_close) struct state *state = state_open(folder.path, NULL);
	SCOPED(buf_done) struct buf out = buf_init(DOCUMENT_BYTES_MAX);
	SCOPED(buf_done) struct buf body = buf_init(DOCUMENT_BYTES_MAX);
	SCOPED(feed_done) struct feed feed = {.due_s = 0};
	SCOPED(feed_done) struct feed again = {.due_s = 0};
	SCOPED(arena_free) struct arena *arena = arena_new(1 << 20);
	const struct outcome o = {.kind = OUTCOME_DOCUMENT,
				  .status = 200,
				  .url = "http://example.org/moved",
				  .content_type = text("text/xml"),
				  .content_language = text("\xff"),
				  .body = text("<rss>")};
	struct list_change change;
	struct document doc;
	char id[FEED_ID_HEX + 1];
	uint64_t seq;

	CHECK(state && arena && feed_id(url, id, NULL) == 0 && listing_begin(state, NULL) == 0);
	CHECK(listing_add(state, &(struct listed){.id = id, .url = url, .category = "News"},
			  NULL) == 0);
	CHECK(listing_end(state, 1, NOW, 3600, &change, NULL) == 0 &&
	      state_commit(state, NULL) == 0);
	CHECK(state_load(state, id, &feed, NULL) == 1);
	CHECK(intake_encode(state, &feed, &o, NOW, &out, NULL) == 0);
	CHECK(document_decode(buf_bytes(&out), arena, &doc, NULL) == 0);
	CHECK_STR(doc.feed_id, id);
	CHECK_STR(doc.feed_url, url);
	CHECK_STR(doc.url, o.url);
	CHECK_STR(doc.folder, "News");
	CHECK_STR(doc.content_type, "text/xml");
	CHECK(!doc.content_language && doc.body.len == 5 && doc.fetched_s == NOW);
	feed.status = 200;
	CHECK(intake_write(state, &feed, &out, NULL) == 0);
	CHECK(spool_depth(state_spool(state)) == 1);
	/* Both or neither. */
	state_rollback(state);
	CHECK(spool_depth(state_spool(state)) == 0);
	CHECK(state_load(state, id, &again, NULL) == 1 && again.status == 0);
	seq = spool_next_seq(state_spool(state));
	CHECK(intake_write(state, &feed, &out, NULL) == 0 && state_commit(state, NULL) == 0);
	CHECK(spool_load(state_spool(state), seq, &body, NULL) == 0 && body.len == out.len);
	/* Without a document, the feed alone. */
	buf_reset(&out);
	CHECK(intake_write(state, &feed, &out, NULL) == 0);
	CHECK(spool_depth(state_spool(state)) == 1);
	CHECK(state_commit(state, NULL) == 0);
	folder_drop(&folder);
}

static void
drops_an_archive_whose_feed_is_gone(void)
{
	struct folder folder = folder_make();
	SCOPED(state_close) struct state *state = state_open(folder.path, NULL);
	SCOPED(buf_done) struct buf out = buf_init(DOCUMENT_BYTES_MAX);
	SCOPED(feed_done) struct feed archive = {.due_s = 0};
	const struct outcome o = {.status = 200, .url = url, .body = text("<rss>")};

	CHECK(feed_set(&archive.archive_of, "00000000000000000000000000000000", NULL) == 0);
	CHECK(intake_encode(state, &archive, &o, NOW, &out, NULL) == 0 && out.len == 0);
	folder_drop(&folder);
}

int
main(void)
{
	RUN(writes_document_and_feed_in_one_transaction);
	RUN(drops_an_archive_whose_feed_is_gone);
	return check_done();
}
