#include "common/document.h"

#include "common/wire.h"
#include "tests/unit/check.h"

static const struct document sample = {
	.feed_id = "0123456789abcdef0123456789abcdef",
	.feed_url = "https://example.org/feed",
	.url = "https://www.example.org/feed.xml",
	.folder = "News/Local",
	.content_type = "application/rss+xml; charset=ISO-8859-1",
	.content_language = "de",
	.content_location = "/feed.xml",
	.seq = 1234567890123,
	.fetched_s = 1764037838,
	.status = 200,
	.body = {"<rss>\0\xe4</rss>", 13},
};

static void
comes_back_as_it_was(void)
{
	SCOPED(buf_done) struct buf msg = buf_init(DOCUMENT_BYTES_MAX);
	SCOPED(arena_free) struct arena *arena = arena_new(65536);
	struct document doc;
	struct err err;

	CHECK(document_encode(&sample, &msg, &err) == 0);
	CHECK(document_decode(buf_bytes(&msg), arena, &doc, &err) == 0);
	CHECK_STR(doc.feed_id, sample.feed_id);
	CHECK_STR(doc.feed_url, sample.feed_url);
	CHECK_STR(doc.url, sample.url);
	CHECK_STR(doc.folder, sample.folder);
	CHECK_STR(doc.content_type, sample.content_type);
	CHECK_STR(doc.content_language, sample.content_language);
	CHECK_STR(doc.content_location, sample.content_location);
	CHECK(doc.seq == sample.seq && doc.fetched_s == sample.fetched_s && doc.status == 200);
	CHECK(doc.body.len == sample.body.len &&
	      memcmp(doc.body.data, sample.body.data, doc.body.len) == 0);
	/* The body is not copied. */
	CHECK((const char *)doc.body.data > msg.data &&
	      (const char *)doc.body.data < msg.data + msg.len);
}

static void
absent_is_absent(void)
{
	const struct document bare = {.feed_id = "f", .feed_url = "u"};
	SCOPED(buf_done) struct buf msg = buf_init(DOCUMENT_BYTES_MAX);
	SCOPED(arena_free) struct arena *arena = arena_new(65536);
	struct document doc;

	CHECK(document_encode(&bare, &msg, NULL) == 0);
	CHECK(document_decode(buf_bytes(&msg), arena, &doc, NULL) == 0);
	CHECK(!doc.url && !doc.content_type && !doc.content_language && !doc.content_location);
	CHECK(doc.body.len == 0);
}

static void
refuses_one_without_a_feed(void)
{
	const struct document bare = {.feed_id = "f", .body = {"x", 1}};
	SCOPED(buf_done) struct buf msg = buf_init(DOCUMENT_BYTES_MAX);
	SCOPED(arena_free) struct arena *arena = arena_new(65536);
	struct document doc = {.status = 7};
	struct err err;

	CHECK(document_encode(&bare, &msg, NULL) == 0);
	CHECK(document_decode(buf_bytes(&msg), arena, &doc, &err) == -1);
	CHECK(err.kind == ERR_REJECT && doc.status == 7);
	CHECK_STR(err.text, "document: no feed_id or no feed_url");
	CHECK(document_decode((struct bytes){"\x90", 1}, arena, &doc, &err) == -1);
	CHECK_STR(err.text, "document: not a map");
}

/* A newer fetcher may say more. */
static void
unknown_members_do_no_harm(void)
{
	SCOPED(buf_done) struct buf msg = buf_init(4096);
	SCOPED(arena_free) struct arena *arena = arena_new(65536);
	struct wire_map map = wire_map_begin(&msg);
	struct document doc;

	wire_map_int(&map, "v", 9);
	wire_map_str(&map, "new", "thing");
	wire_map_str(&map, "feed_id", "f");
	wire_map_str(&map, "feed_url", "u");
	wire_map_end(&map);
	CHECK(document_decode(buf_bytes(&msg), arena, &doc, NULL) == 0);
	CHECK_STR(doc.feed_url, "u");
}

static void
does_not_outgrow_its_buffer(void)
{
	SCOPED(buf_done) struct buf msg = buf_init(100);
	struct err err;

	CHECK(document_encode(&sample, &msg, &err) == -1 && err.kind == ERR_REJECT);
	CHECK_STR(err.text, "document: does not fit into 100 bytes");
}

int
main(void)
{
	RUN(comes_back_as_it_was);
	RUN(absent_is_absent);
	RUN(refuses_one_without_a_feed);
	RUN(unknown_members_do_no_harm);
	RUN(does_not_outgrow_its_buffer);
	return check_done();
}
