#include "tests/unit/site_host.h"

enum { DAY = 86400 };

static const struct item_tag crypto[] = {{.tag = "crypto", .score = 1}};

static void
the_front_page_shows_the_newest_first(void)
{
	struct fm_sink *const host = fake_new(&sink_site, no_options, NULL);
	const char *page, *first, *second;

	fake_add(host, site_item(1, SITE_NOON));
	fake_add(host, site_item(2, SITE_NOON + 60));
	site_run(host);
	page = site_file(host, "index.html");
	first = strstr(page, "Story number 2");
	second = strstr(page, "Story number 1");
	CHECK(first && second && first < second);
	CHECK(strstr(page, "href=\"https://origin.example/1\">Story number 1</a></h3>"));
	CHECK(strstr(page, "<time class=\"dt-published\" datetime=\"2024-02-20T12:00:00Z\""));
	CHECK(strstr(page, "<p>Text of story 1.</p>"));
	CHECK(strstr(page, ">The Origin</a>"));
	CHECK(strstr(page, "More from February 2024"));
	fake_done(host);
}

static void
a_month_holds_each_story_once_and_pages_are_numbered_from_the_oldest(void)
{
	static const char *const options[][2] = {{"page_size", "2"}, {NULL, NULL}};
	struct fm_sink *const host = fake_new(&sink_site, options, NULL);

	for (uint64_t i = 1; i <= 7; i++)
		fake_add(host, site_item(i, SITE_NOON + (int64_t)i * 60));
	site_run(host);
	CHECK(count_of(site_file(host, "2024/02/1.html"), "<article") == 2);
	CHECK(count_of(site_file(host, "2024/02/2.html"), "<article") == 2);
	CHECK(count_of(site_file(host, "2024/02/index.html"), "<article") == 3);
	CHECK(!site_has(host, "2024/02/3.html"));
	CHECK(strstr(site_file(host, "2024/02/1.html"), "Story number 1<"));
	CHECK(strstr(site_file(host, "2024/02/index.html"), "href=\"2.html\">Older stories<"));
	CHECK(strstr(site_file(host, "2024/02/2.html"), "href=\"index.html\">Newer stories<"));

	/* One more: the pages of the oldest stay, a third comes. */
	CHECK(count_of(site_file(host, "2024/02/1.html"), "Story number 2<") == 1);
	fake_add(host, site_item(8, SITE_NOON + 8 * 60));
	site_run(host);
	CHECK(count_of(site_file(host, "2024/02/1.html"), "Story number 2<") == 1);
	CHECK(count_of(site_file(host, "2024/02/3.html"), "<article") == 2);
	CHECK(strstr(site_file(host, "2024/02/2.html"), "href=\"3.html\">Newer stories<"));
	fake_done(host);
}

static void
months_lead_to_each_other(void)
{
	struct fm_sink *const host = fake_new(&sink_site, no_options, NULL);

	fake_add(host, site_item(1, SITE_NOON));
	fake_add(host, site_item(2, SITE_NOON + 40 * DAY));
	site_run(host);
	CHECK(strstr(site_file(host, "2024/02/index.html"),
		     "href=\"../03/index.html\">March 2024<"));
	/* What comes between them is led to by both. */
	fake_add(host, site_item(3, SITE_NOON - 80 * DAY));
	site_run(host);
	CHECK(strstr(site_file(host, "2024/02/index.html"),
		     "href=\"../../2023/12/index.html\">December 2023<"));
	CHECK(count_of(site_file(host, "archive/index.html"), "class=\"count\">1<") == 3);
	fake_done(host);
}

static void
the_search_finds_every_story_in_the_parts_of_its_month(void)
{
	struct fm_sink *const host = fake_new(&sink_site, no_options, NULL);
	struct fm_item *item;

	for (uint64_t i = 1; i <= 251; i++)
		site_tag(fake_add(host, site_item(i, SITE_NOON + (int64_t)i)), crypto, 1);
	site_run(host);
	CHECK_STR(site_file(host, "search/parts.json"), "[\"2024-02-2\",\"2024-02-1\"]\n");
	CHECK_STR(site_file(host, "search/2024-02-2.json"),
		  "[[\"Story number 251\",\"https://origin.example/251\",\"The Origin\","
		  "\"2024-02-20\",\"crypto\"]]\n");
	CHECK(count_of(site_file(host, "search/2024-02-1.json"), "[\"Story number ") == 250);
	CHECK(strstr(site_file(host, "search/index.html"), "<script src=\"../search.js\""));

	/* Two stories move to another month: the second part is no more. */
	for (uint64_t i = 1; i <= 2; i++) {
		item = fake_add(host, site_item(i, SITE_NOON + 20 * DAY));
		item->item.seq = 1000;
	}
	site_run(host);
	CHECK_STR(site_file(host, "search/parts.json"), "[\"2024-03-1\",\"2024-02-1\"]\n");
	CHECK(!site_has(host, "search/2024-02-2.json"));
	fake_done(host);
}

static void
a_topic_has_pages_and_feeds(void)
{
	struct fm_sink *const host = fake_new(&sink_site, no_options, NULL);

	site_tag(fake_add(host, site_item(1, SITE_NOON)), crypto, 1);
	fake_add(host, site_item(2, SITE_NOON));
	site_run(host);
	CHECK(count_of(site_file(host, "tag/crypto/index.html"), "<article") == 1);
	CHECK(count_of(site_file(host, "tag/crypto/feed.atom"), "<entry") == 1);
	CHECK(count_of(site_file(host, "tag/crypto/feed.json"), "\"content_html\"") == 1);
	CHECK(count_of(site_file(host, "feed.atom"), "<entry") == 2);
	CHECK(strstr(site_file(host, "feed.atom"),
		     "<source>\n<id>https://origin.example/feed</id>\n"
		     "<title>The Origin</title>"));
	CHECK(strstr(site_file(host, "sources.opml"), "xmlUrl=\"https://origin.example/feed\""));
	CHECK(strstr(site_file(host, "sitemap.xml"), "<loc>http://localhost/tag/crypto/</loc>"));
	fake_done(host);
}

static void
a_new_revision_replaces_the_old_and_an_older_one_does_not(void)
{
	struct fm_sink *const host = fake_new(&sink_site, no_options, NULL);
	struct fm_item *item;

	site_tag(fake_add(host, site_item(1, SITE_NOON)), crypto, 1);
	site_run(host);
	CHECK(site_has(host, "tag/crypto/feed.atom"));
	item = fake_add(host, site_item(1, SITE_NOON + 40 * DAY));
	item->item.seq = 9;
	item->item.title = "Another title";
	site_run(host);
	CHECK(strstr(site_file(host, "index.html"), "Another title"));
	CHECK(count_of(site_file(host, "index.html"), "<article") == 1);
	CHECK(site_has(host, "2024/03/index.html"));
	/* Nothing is left where it was. */
	CHECK(!site_has(host, "2024/02/index.html") && !site_has(host, "2024/02"));
	CHECK(!site_has(host, "tag/crypto"));
	CHECK(!strstr(site_file(host, "archive/index.html"), "2024/02"));

	item = fake_add(host, site_item(1, SITE_NOON));
	item->item.seq = 5;
	site_run(host);
	CHECK(strstr(site_file(host, "index.html"), "Another title"));
	fake_done(host);
}

static void
one_story_of_two_sources_is_one_article(void)
{
	struct fm_sink *const host = fake_new(&sink_site, no_options, NULL);
	struct fm_item *item;

	fake_add(host, site_item(1, SITE_NOON));
	item = fake_add(host, site_item(2, SITE_NOON + 60));
	item->item.url = "https://www.origin.example/1/?utm_source=x";
	item->item.feed.id = "feed-2";
	item->item.feed.title = "The Aggregator";
	item = fake_add(host, site_item(3, SITE_NOON + 2 * DAY));
	item->item.title = "STORY NUMBER 1, and what is more";
	item->item.feed.id = "feed-3";
	item = fake_add(host, site_item(4, SITE_NOON + 3 * DAY));
	item->item.title = "Story number 1 – and what is more!";
	item->item.feed.id = "feed-4";
	item->item.feed.title = "The Fourth";
	item = fake_add(host, site_item(5, SITE_NOON + 7 * DAY)); /* too late for the third */
	item->item.title = "Story number 1 – and what is more!";
	item->item.feed.id = "feed-3";
	site_run(host);
	CHECK(count_of(site_file(host, "index.html"), "<article") == 3);
	CHECK(strstr(site_file(host, "index.html"),
		     "Also at <a rel=\"noopener\" "
		     "href=\"https://www.origin.example/1/?utm_source=x\">The Aggregator</a>"));
	CHECK(strstr(site_file(host, "index.html"),
		     "href=\"https://origin.example/4\">The Fourth"));
	CHECK(count_of(site_file(host, "feed.atom"), "<entry") == 3);

	/* The second turns out to tell something else: two articles again. */
	item = fake_add(host, site_item(2, SITE_NOON + 60));
	item->item.seq = 9;
	item->item.feed.id = "feed-2";
	site_run(host);
	CHECK(count_of(site_file(host, "index.html"), "<article") == 4);
	fake_done(host);
}

/* Item i of feed i, as the classifier gave it its place in a story. */
static struct fm_item *
site_told(uint64_t i, int64_t published_s, const char *story, uint64_t rank)
{
	static const char *const names[] = {"Zero", "One", "Two", "Three", "Four", "Five"};
	static const char *const ids[] = {"feed-0", "feed-1", "feed-2",
					  "feed-3", "feed-4", "feed-5"};
	struct fm_item *const item = site_item(i, published_s);

	item->item.feed.id = ids[i];
	item->item.feed.title = names[i];
	item->item.story = story;
	item->item.story_rank = rank;
	return item;
}

static void
what_the_classifier_calls_one_story_is_one_article_with_its_sources(void)
{
	static const char story[] = "00000000000000000000000000000001";
	static const char second[] = ">Two</a></p>", third[] = ">Two</a>, <a";
	struct fm_sink *const host = fake_new(&sink_site, no_options, NULL);
	char key[64];

	/* Told by the second feed first, though it dates itself later than the third. */
	fake_add(host, site_told(1, SITE_NOON, story, 1));
	fake_add(host, site_told(2, SITE_NOON + 60, story, 2));
	site_run(host);
	CHECK(count_of(site_file(host, "index.html"), "<article") == 1);
	CHECK(strstr(site_file(host, "index.html"), ">Story number 1</a>"));
	CHECK(strstr(site_file(host, "index.html"), "Also at <a"));
	CHECK(strstr(site_file(host, "index.html"), second));
	(void)snprintf(key, sizeof(key), "urn:feedmill:%032x", 1);
	CHECK(strstr(site_file(host, "feed.atom"), key));

	/* A later source, which dates itself earlier: on the page, and the entry stays the same. */
	fake_add(host, site_told(3, SITE_NOON - 2 * DAY, story, 3));
	site_run(host);
	CHECK(count_of(site_file(host, "index.html"), "<article") == 1);
	CHECK(strstr(site_file(host, "index.html"), ">Story number 1</a>"));
	CHECK(strstr(site_file(host, "index.html"), third));
	CHECK(strstr(site_file(host, "index.html"), ">Three</a></p>"));
	CHECK(strstr(site_file(host, "feed.atom"), key));
	CHECK(count_of(site_file(host, "feed.atom"), "<entry") == 1);
	CHECK(strstr(site_file(host, "source/origin-example/index.html"), ">Three</a></p>") ||
	      strstr(site_file(host, "source/index.html"), "Three"));
	fake_done(host);
}

static void
a_story_of_many_sources_says_how_many_are_not_named(void)
{
	struct fm_sink *const host = fake_new(&sink_site, no_options, NULL);
	static char ids[32][16];

	for (uint64_t i = 0; i < 12; i++) {
		struct fm_item *const item =
			site_told(i % 6, SITE_NOON, "00000000000000000000000000000001", i + 1);

		(void)snprintf(item->id, sizeof(item->id), "%032x", (unsigned)i + 1);
		(void)snprintf(ids[i], sizeof(ids[i]), "https://%u.a/", (unsigned)i);
		item->item.url = item->item.feed.id = ids[i];
		fake_add(host, item);
	}
	site_run(host);
	CHECK(count_of(site_file(host, "index.html"), "<article") == 1);
	CHECK(count_of(site_file(host, "index.html"), "rel=\"noopener\" href=\"https://") == 9);
	CHECK(strstr(site_file(host, "index.html"), "</a> and 3 more</p>"));
	fake_done(host);
}

static void
what_the_classifier_keeps_apart_is_not_one_article(void)
{
	struct fm_sink *const host = fake_new(&sink_site, no_options, NULL);
	struct fm_item *item;

	/* The same title on the same day, and the same address: but two stories. */
	item = fake_add(host, site_told(1, SITE_NOON, "00000000000000000000000000000001", 1));
	item->item.title = "What happened in the markets today";
	item = fake_add(host, site_told(2, SITE_NOON, "00000000000000000000000000000002", 1));
	item->item.title = "What happened in the markets today";
	item->item.url = "https://origin.example/1";
	/* One of no story is not dragged into one. */
	item = fake_add(host, site_told(3, SITE_NOON, NULL, 0));
	item->item.title = "What happened in the markets today";
	site_run(host);
	CHECK(count_of(site_file(host, "index.html"), "<article") == 3);

	/* What one feed gives twice is one, under whatever guid. */
	item = fake_add(host, site_told(4, SITE_NOON + 60, "00000000000000000000000000000004", 1));
	item->item.title = "What happened in the markets today";
	item->item.feed.id = "feed-1";
	item->item.url = "https://origin.example/1";
	site_run(host);
	CHECK(count_of(site_file(host, "index.html"), "<article") == 3);
	fake_done(host);
}

static void
one_title_every_day_of_one_source_is_many_stories(void)
{
	struct fm_sink *const host = fake_new(&sink_site, no_options, NULL);

	for (uint64_t i = 1; i <= 3; i++)
		fake_add(host, site_item(i, SITE_NOON + (int64_t)i * DAY))->item.title =
			"What happened in the markets today";
	site_run(host);
	CHECK(count_of(site_file(host, "index.html"), "<article") == 3);
	fake_done(host);
}

static void
what_did_not_change_is_not_written(void)
{
	struct fm_sink *const host = fake_new(&sink_site, no_options, NULL);
	static const char *const files[] = {"index.html", "style.css", "2024/02/index.html",
					    "feed.atom", "sitemap.xml"};
	struct stat before[5], after;

	fake_add(host, site_item(1, SITE_NOON));
	site_run(host);
	for (size_t i = 0; i < 5; i++)
		CHECK(stat(site_path(host, files[i]), &before[i]) == 0);
	fake_add(host, site_item(1, SITE_NOON)); /* comes again */
	site_run(host);
	for (size_t i = 0; i < 5; i++)
		CHECK(stat(site_path(host, files[i]), &after) == 0 &&
		      after.st_ino == before[i].st_ino);
	/* A story of another month leaves this month's page as it is, but for its way there. */
	fake_add(host, site_item(2, SITE_NOON - 300 * DAY));
	fake_add(host, site_item(3, SITE_NOON - 330 * DAY));
	site_run(host);
	CHECK(stat(site_path(host, "2024/02/index.html"), &before[0]) == 0);
	fake_add(host, site_item(4, SITE_NOON - 330 * DAY));
	site_run(host);
	CHECK(stat(site_path(host, "2024/02/index.html"), &after) == 0 &&
	      after.st_ino == before[0].st_ino);
	fake_done(host);
}

static void
a_lost_folder_is_made_again_byte_for_byte(void)
{
	struct fm_sink *const host = fake_new(&sink_site, no_options, NULL);
	char before[3][65536];
	static const char *const files[] = {"index.html", "feed.json", "2024/02/index.html"};

	site_tag(fake_add(host, site_item(1, SITE_NOON)), crypto, 1);
	fake_add(host, site_item(2, SITE_NOON + 60));
	site_run(host);
	for (size_t i = 0; i < 3; i++)
		(void)snprintf(before[i], sizeof(before[i]), "%s", site_file(host, files[i]));
	fake_dir_remove(site_path(host, "."));
	site_run(host);
	for (size_t i = 0; i < 3; i++)
		CHECK_STR(site_file(host, files[i]), before[i]);
	fake_done(host);
}

static void
another_title_is_on_every_page(void)
{
	static const char *const options[][2] = {{"title", "A <Mill> & more"},
						 {"base_url", "https://news.example/mill"},
						 {NULL, NULL}};
	struct fm_sink *const host = fake_new(&sink_site, no_options, NULL);

	fake_add(host, site_item(1, SITE_NOON));
	site_run(host);
	host->options = options;
	site_run(host);
	CHECK(strstr(site_file(host, "2024/02/index.html"),
		     "<title>February 2024 – A &lt;Mill&gt; &amp; more</title>"));
	CHECK(strstr(site_file(host, "2024/02/index.html"),
		     "<link rel=\"canonical\" href=\"https://news.example/mill/2024/02/\">"));
	CHECK(strstr(site_file(host, "2024/02/index.html"), "href=\"../../archive/\""));
	fake_done(host);
}

static void
a_strangers_item_breaks_nothing(void)
{
	static const struct item_tag tags[] = {{.tag = "../../../etc/passwd"},
					       {.tag = ".."},
					       {.tag = "<b>"},
					       {.tag = "index.html"}};
	static const struct item_author authors[] = {{.name = "<script>alert(1)</script> \"B\""}};
	struct fm_sink *const host = fake_new(&sink_site, no_options, NULL);
	struct fm_item *const item = site_tag(fake_add(host, site_item(1, SITE_NOON)), tags, 4),
			      *const other = fake_add(host, site_item(2, SITE_NOON));
	const char *page;

	item->item.title = "</title><script>alert(1)</script>";
	item->item.url = "javascript:alert(1)";
	item->item.guid = "urn:x\"><script>";
	item->item.authors = authors;
	item->item.author_count = 1;
	item->item.content = "</div></article></main><h1>fake</h1><img src=x onerror=alert(1)>";
	item->item.language = "en\"><script>";
	item->item.feed.title = "</a><script>alert(1)</script>";
	item->item.feed.link = "data:text/html,<script>alert(1)</script>";
	other->item.title = NULL;
	other->item.url = NULL;
	other->item.content = NULL;
	other->item.feed.id = NULL;
	other->item.feed.url = NULL;
	other->item.feed.title = NULL;
	site_run(host);
	page = site_file(host, "index.html");
	CHECK(count_of(page, "<article") == 2);
	CHECK(count_of(page, "<script") == 1); /* the JSON-LD */
	CHECK(count_of(page, "<h1") == 1 && count_of(page, "</main>") == 1);
	CHECK(!strstr(page, "javascript:") && !strstr(page, "data:text") && !strstr(page, "<img"));
	CHECK(count_of(site_file(host, "feed.atom"), "<script") == 0);
	CHECK(count_of(page, "rel=\"tag\"") == 4);
	fake_done(host);
}

static void
no_date_keeps_a_story_on_top_for_ever(void)
{
	static const int64_t dates[] = {0, ITEM_NO_TIME, SITE_NOON + 300LL * 365 * DAY,
					-3000000000000};
	struct fm_sink *const host = fake_new(&sink_site, no_options, NULL);

	for (uint64_t i = 0; i < 4; i++) {
		struct fm_item *const item = fake_add(host, site_item(i, dates[i]));

		item->item.fetched_s = SITE_NOON;
	}
	site_run(host);
	CHECK(count_of(site_file(host, "2024/02/index.html"), "<article") == 4);
	fake_done(host);
}

static void
a_page_stays_under_a_mebibyte(void)
{
	static const char *const options[][2] = {
		{"page_size", "60"}, {"excerpt", "4000"}, {NULL, NULL}};
	static char text[16001], url[2001];
	static char names[32][64];
	static struct item_tag tags[32];
	struct fm_sink *const host = fake_new(&sink_site, options, NULL);

	memset(text, '"', sizeof(text) - 1);
	(void)snprintf(url, sizeof(url), "https://origin.example/?");
	memset(url + strlen(url), '&', 400);
	for (size_t i = 0; i < 32; i++) {
		memset(names[i], '&', 50);
		(void)snprintf(names[i] + 50, 8, "%zu", i);
		tags[i].tag = names[i];
	}
	for (uint64_t i = 0; i < 119; i++) {
		struct fm_item *const item = fake_add(host, site_item(i, SITE_NOON + (int64_t)i));

		item->item.title = item->item.content = text;
		item->item.url = url;
		site_tag(item, tags, 32);
		item->item.feed.id = NULL;
	}
	site_run(host);
	CHECK(count_of(site_file(host, "2024/02/index.html"), "<article") == 119);
	CHECK(strlen(site_file(host, "2024/02/index.html")) < 1024 * 1024);
	fake_done(host);
}

static void
a_folder_that_cannot_be_written_refuses_no_item(void)
{
	struct fm_sink *const host = fake_new(&sink_site, no_options, NULL);
	struct buf empty = buf_init(16);

	site_run(host);
	CHECK(strstr(site_file(host, "index.html"), "No stories yet"));
	/* Where the year's folder should be is a file. */
	CHECK(file_replace(site_path(host, "2024"), buf_bytes(&empty), NULL) == 0);
	fake_add(host, site_item(1, SITE_NOON));
	site_run(host);
	CHECK(strstr(buf_str(&host->log), "site_print_failed"));
	CHECK(unlink(site_path(host, "2024")) == 0);
	site_run(host);
	CHECK(count_of(site_file(host, "2024/02/index.html"), "<article") == 1);
	fake_done(host);
}

static void
wrong_options_are_refused(void)
{
	static const char *const wrong[][2] = {
		{"base_url", "ftp://x.example/"},
		{"base_url", "https://x.example/?a"},
		{"base_url", "news.example"},
		{"page_size", "0"},
		{"page_size", "61"},
		{"excerpt", "4001"},
		{"language", "no language"},
		{"images", "maybe"},
		{"path", "relative/path"},
		{"title", "\xFF"},
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		const char *const options[][2] = {{wrong[i][0], wrong[i][1]}, {NULL, NULL}};
		struct fm_sink *const host = fake_new(&sink_site, options, NULL);

		CHECK(fake_open(host) == FM_CONFIG);
		CHECK(strstr(host->reason, wrong[i][0]));
		fake_done(host);
	}
}

static void
an_item_without_an_id_is_rejected(void)
{
	struct fm_sink *const host = fake_new(&sink_site, no_options, NULL);

	fake_add(host, site_item(1, SITE_NOON))->item.id = "../../x";
	CHECK(fake_open(host) == FM_OK);
	CHECK(fake_run(host, 10000));
	CHECK(fake_count(host, FAKE_REJECTED) == 1);
	fake_done(host);
}

int
main(void)
{
	RUN(the_front_page_shows_the_newest_first);
	RUN(a_month_holds_each_story_once_and_pages_are_numbered_from_the_oldest);
	RUN(months_lead_to_each_other);
	RUN(the_search_finds_every_story_in_the_parts_of_its_month);
	RUN(a_topic_has_pages_and_feeds);
	RUN(a_new_revision_replaces_the_old_and_an_older_one_does_not);
	RUN(one_story_of_two_sources_is_one_article);
	RUN(what_the_classifier_calls_one_story_is_one_article_with_its_sources);
	RUN(a_story_of_many_sources_says_how_many_are_not_named);
	RUN(what_the_classifier_keeps_apart_is_not_one_article);
	RUN(one_title_every_day_of_one_source_is_many_stories);
	RUN(what_did_not_change_is_not_written);
	RUN(a_lost_folder_is_made_again_byte_for_byte);
	RUN(another_title_is_on_every_page);
	RUN(a_strangers_item_breaks_nothing);
	RUN(no_date_keeps_a_story_on_top_for_ever);
	RUN(a_page_stays_under_a_mebibyte);
	RUN(a_folder_that_cannot_be_written_refuses_no_item);
	RUN(wrong_options_are_refused);
	RUN(an_item_without_an_id_is_rejected);
	return check_done();
}
