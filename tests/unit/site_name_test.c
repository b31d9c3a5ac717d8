#include "sink/site_name.h"

#include "common/clock.h"
#include "tests/unit/check.h"

static const char *
slug(const char *tag)
{
	static char out[4][SITE_SLUG_BYTES];
	static unsigned next;
	char *const to = out[next++ % 4];

	site_tag_slug(tag, to);
	return to;
}

static void
plain_tags_are_their_own_slug(void)
{
	CHECK_STR(slug("crypto"), "crypto");
	CHECK_STR(slug("web-3"), "web-3");
}

static void
no_slug_leaves_its_folder(void)
{
	static const char *const tags[] = {
		"..",         ".",         "../../../etc/passwd",
		"/abs",       "a/b",       "a\\b",
		"-rf",        "%2e%2e%2f", "tag?x#y",
		"<b>",        "",          ".hidden",
		"index.html", "feed.atom", "con",
		"nul",        "com1",      "C:",
		"\xD1\x82",   "a b",       "a--b",
		"-",          "a-",
	};

	for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
		const char *const made = slug(tags[i]);

		CHECK(made[0] != '-' && made[0] != '.' && strlen(made) < SITE_SLUG_BYTES);
		CHECK(strspn(made, "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen(made));
		CHECK(strstr(made, "--") != NULL);
	}
}

static void
no_two_tags_share_a_slug(void)
{
	static const char *const tags[] = {"C++", "c",   "C",    "c-",  "c--", "c plus plus",
					   "C#",  "a/b", "a\\b", "a b", "A-B", "a-b"};

	for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++)
		for (size_t k = 0; k < i; k++)
			CHECK(strcmp(slug(tags[i]), slug(tags[k])) != 0);
}

static void
a_long_tag_has_a_short_slug(void)
{
	char tag[4001];

	memset(tag, 't', 4000);
	tag[4000] = '\0';
	CHECK(strlen(slug(tag)) < SITE_SLUG_BYTES);
}

static void
a_source_is_named_by_its_host(void)
{
	char a[SITE_SLUG_BYTES], b[SITE_SLUG_BYTES];

	site_source_slug("id-1", "https://www.example.com/feed", a);
	site_source_slug("id-2", "https://www.example.com/feed", b);
	CHECK(strncmp(a, "example-com--", 13) == 0);
	CHECK(strcmp(a, b) != 0);
}

static void
counts_months(void)
{
	static const struct {
		int64_t year;
		int month, day;
	} rows[] = {{1970, 1, 1},   {1969, 12, 31}, {2024, 2, 29}, {2024, 3, 1},  {1900, 1, 1},
		    {1999, 12, 31}, {2000, 1, 1},   {2100, 2, 28}, {9999, 12, 31}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const int64_t day = clock_days(rows[i].year, rows[i].month, rows[i].day);
		const int64_t month = rows[i].year * 12 + rows[i].month - 1;

		CHECK(site_month_of(day * 86400) == month);
		CHECK(site_month_of(day * 86400 + 86399) == month);
	}
}

static const char *
key(const char *text, void (*append)(const char *, struct buf *))
{
	static char out[4][512];
	static unsigned next;
	char *const to = out[next++ % 4];
	struct buf made = buf_init(512);

	append(text, &made);
	(void)snprintf(to, sizeof(out[0]), "%s", buf_str(&made));
	buf_done(&made);
	return to;
}

static void
an_address_is_known_without_its_tracking(void)
{
	static const char *const same[] = {
		"https://example.com/a/story",
		"http://www.example.com/a/story/",
		"https://EXAMPLE.com/a/story?utm_source=rss&utm_medium=feed",
		"https://example.com/a/story?fbclid=x&ref=y",
	};

	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++)
		CHECK_STR(key(same[i], site_url_key), "example.com/a/story");
	CHECK_STR(key("https://example.com/?p=12&utm_source=x", site_url_key), "example.com?p=12");
	CHECK_STR(key("https://example.com/log#v2", site_url_key), "example.com/log#v2");
	CHECK_STR(key("https://example.com/", site_url_key), "");
	CHECK_STR(key("mailto:a@example.com", site_url_key), "");
}

static void
a_title_is_known_by_its_words(void)
{
	CHECK_STR(key("“It’s here”: a NEW phone — today!", site_title_key),
		  "it s here a new phone today");
	CHECK_STR(key("\"It's here\": a new phone, today", site_title_key),
		  "it s here a new phone today");
	CHECK_STR(key("Comments", site_title_key), "");
}

int
main(void)
{
	RUN(plain_tags_are_their_own_slug);
	RUN(no_slug_leaves_its_folder);
	RUN(no_two_tags_share_a_slug);
	RUN(a_long_tag_has_a_short_slug);
	RUN(a_source_is_named_by_its_host);
	RUN(counts_months);
	RUN(an_address_is_known_without_its_tracking);
	RUN(a_title_is_known_by_its_words);
	return check_done();
}
