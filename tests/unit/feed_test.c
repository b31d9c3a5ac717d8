#include "fetcher/feed.h"

#include "tests/unit/check.h"

static void
names_a_feed_by_one_url_however_it_is_spelt(void)
{
	static const struct {
		const char *spelt, *url, *userinfo;
	} cases[] = {
		{"HTTP://Example.ORG:80/a?b#c", "http://example.org/a?b", ""},
		{"https://example.org", "https://example.org/", ""},
		{"http://example.org/feed.xml?a=b%2Fc%20d#frag",
		 "http://example.org/feed.xml?a=b%2Fc%20d", ""},
		{"http://me:p%40ss@example.org/x", "http://example.org/x", "me:p@ss"},
		{"feed://example.org/x", "http://example.org/x", ""},
		{"feed:https://example.org/x", "https://example.org/x", ""},
		{"  http://example.org/x \n", "http://example.org/x", ""},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		SCOPED(buf_done) struct buf url = buf_init(8192);
		SCOPED(buf_done) struct buf userinfo = buf_init(1024);

		CHECK(feed_url(cases[i].spelt, &url, &userinfo, NULL) == 0);
		CHECK_STR(buf_str(&url), cases[i].url);
		CHECK_STR(buf_str(&userinfo), cases[i].userinfo);
	}
}

static void
takes_no_url_that_is_not_http(void)
{
	static const char *const bad[] = {
		"",
		"example.org/feed",
		"ftp://example.org/",
		"file:///etc/passwd",
		"http://",
		"/x",
		"http://me:%0d%0ax@example.org/",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		SCOPED(buf_done) struct buf url = buf_init(8192);
		SCOPED(buf_done) struct buf userinfo = buf_init(1024);
		struct err err = {.kind = ERR_NONE};

		CHECK(feed_url(bad[i], &url, &userinfo, &err) == -1 && err.kind == ERR_REJECT);
	}
}

static void
has_the_same_id_everywhere(void)
{
	char id[FEED_ID_HEX + 1];

	/* printf %s https://example.org/feed | sha256sum | cut -c1-32 */
	CHECK(feed_id("https://example.org/feed", id, NULL) == 0);
	CHECK_STR(id, "09157359a856586cf9c5a7c075bd37ed");
}

static void
knows_the_same_origin(void)
{
	CHECK(feed_same_origin("http://a.example/x", "http://a.example/y?z"));
	CHECK(!feed_same_origin("http://a.example/x", "https://a.example/x"));
	CHECK(!feed_same_origin("http://a.example/x", "http://b.example/x"));
	CHECK(!feed_same_origin("http://a.example/x", "http://a.example:81/x"));
	CHECK(!feed_same_origin("http://a.example/x", "http://a.example.evil.example/x"));
}

int
main(void)
{
	RUN(names_a_feed_by_one_url_however_it_is_spelt);
	RUN(takes_no_url_that_is_not_http);
	RUN(has_the_same_id_everywhere);
	RUN(knows_the_same_origin);
	return check_done();
}
