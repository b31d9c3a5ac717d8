#include "classifier/publisher.h"
#include "tests/unit/check.h"

static struct publishers *publishers;
static char found[256];

static void
note(void *arg, uint32_t number, const char *text, size_t len)
{
	const size_t used = strlen(found);

	(void)arg;
	(void)snprintf(found + used, sizeof(found) - used, "%u:%.*s ", number, (int)len, text);
}

static const char *
by_url(const char *url)
{
	found[0] = '\0';
	publishers_by_url(publishers, url, note, NULL);
	return found;
}

static const char *
by_title(const char *title)
{
	found[0] = '\0';
	publishers_by_title(publishers, title, note, NULL);
	return found;
}

static void
a_host_is_itself_and_all_below_it(void)
{
	CHECK_STR(by_url("https://example.com/feed"), "1:example.com ");
	CHECK_STR(by_url("https://WWW.Example.com:8080?x"), "1:Example.com ");
	CHECK_STR(by_url("https://user@blog.example.com#x"), "2:blog.example.com 1:example.com ");
	CHECK_STR(by_url("https://notexample.com/"), "");
	CHECK_STR(by_url("https://example.com.evil.org/"), "");
	CHECK_STR(by_url("mailto:example.com"), "");
}

static void
a_title_is_the_whole_title_in_any_case(void)
{
	CHECK_STR(by_title("The Daily  NEWS"), "3:The Daily  NEWS ");
	CHECK_STR(by_title("The Daily News Extra"), "");
	CHECK_STR(by_title("example.com"), "");
	/* A title of one word is nobody's top-level domain. */
	CHECK_STR(by_title("news"), "8:news ");
	CHECK_STR(by_url("https://science.news/"), "");
}

static const char *
by(enum publishers_kind kind, const char *said)
{
	found[0] = '\0';
	publishers_by(publishers, kind, said, note, NULL);
	return found;
}

static void
a_folder_is_itself_and_those_in_it(void)
{
	CHECK_STR(by(PUBLISHERS_FOLDER, "News/Science"), "4:News/Science ");
	CHECK_STR(by(PUBLISHERS_FOLDER, "news/SCIENCE/Space/"), "4:news/SCIENCE/Space/ ");
	CHECK_STR(by(PUBLISHERS_FOLDER, "News"), "");
	CHECK_STR(by(PUBLISHERS_FOLDER, "News/Sciences"), "");
	CHECK_STR(by(PUBLISHERS_FOLDER, "News Science"), "");
	CHECK_STR(by(PUBLISHERS_FOLDER, ""), "");
}

static void
a_language_is_its_variants_too(void)
{
	CHECK_STR(by(PUBLISHERS_LANGUAGE, "pt"), "5:pt ");
	CHECK_STR(by(PUBLISHERS_LANGUAGE, "PT_br"), "5:PT_br ");
	CHECK_STR(by(PUBLISHERS_LANGUAGE, "ptx"), "");
	CHECK_STR(by(PUBLISHERS_LANGUAGE, "p"), "");
	CHECK_STR(by(PUBLISHERS_LANGUAGE, "not a language"), "");
}

static void
a_category_is_the_whole_of_it_in_any_case(void)
{
	CHECK_STR(by(PUBLISHERS_CATEGORY, "machine-learning"), "6:machine-learning ");
	CHECK_STR(by(PUBLISHERS_CATEGORY, "Machine Learning News"), "");
}

static void
a_feed_is_its_url_or_id(void)
{
	CHECK_STR(by(PUBLISHERS_FEED, "https://a.example/feed?x=1"),
		  "7:https://a.example/feed?x=1 ");
	CHECK_STR(by(PUBLISHERS_FEED, "https://a.example/feed"), "");
	CHECK_STR(by(PUBLISHERS_FEED, "pt"), "");
}

static void
refuses_what_is_neither(void)
{
	struct err err;

	CHECK(publishers_add(publishers, PUBLISHERS_FROM, "https://example.com", 9, &err) == -1);
	CHECK(publishers_add(publishers, PUBLISHERS_FROM, "example.com/path", 9, &err) == -1);
	CHECK(publishers_add(publishers, PUBLISHERS_FROM, "*.example.com", 9, &err) == -1);
	CHECK(publishers_add(publishers, PUBLISHERS_FROM, "--", 9, &err) == -1 &&
	      err.kind == ERR_USAGE);
	CHECK(publishers_add(publishers, PUBLISHERS_LANGUAGE, "en, de", 9, &err) == -1);
	CHECK(publishers_add(publishers, PUBLISHERS_FOLDER, "//", 9, &err) == -1);
	CHECK(publishers_add(publishers, PUBLISHERS_CATEGORY, "--", 9, &err) == -1);
}

static void
finds_each_of_many(void)
{
	char host[64];
	int bad = 0;

	for (uint32_t i = 0; i < 5000; i++) {
		(void)snprintf(host, sizeof(host), "site%u.test", i);
		bad += publishers_add(publishers, PUBLISHERS_FROM, host, 100 + i, NULL) < 0;
	}
	for (uint32_t i = 0; i < 5000; i++) {
		char url[80], wanted[64];

		(void)snprintf(url, sizeof(url), "http://site%u.test/", i);
		(void)snprintf(wanted, sizeof(wanted), "%u:site%u.test ", 100 + i, i);
		bad += strcmp(by_url(url), wanted) != 0;
	}
	CHECK(bad == 0);
}

int
main(void)
{
	struct err err;

	publishers = publishers_new();
	CHECK_STR(by_url("https://example.com/"), "");
	CHECK(publishers_add(publishers, PUBLISHERS_FROM, "example.com", 1, &err) == 0);
	CHECK(publishers_add(publishers, PUBLISHERS_FROM, "blog.Example.com", 2, &err) == 0);
	CHECK(publishers_add(publishers, PUBLISHERS_FROM, "The Daily News", 3, &err) == 0);
	CHECK(publishers_add(publishers, PUBLISHERS_FOLDER, "News/Science", 4, &err) == 0);
	CHECK(publishers_add(publishers, PUBLISHERS_LANGUAGE, "pt", 5, &err) == 0);
	CHECK(publishers_add(publishers, PUBLISHERS_CATEGORY, "Machine Learning", 6, &err) == 0);
	CHECK(publishers_add(publishers, PUBLISHERS_FEED, "https://a.example/feed?x=1", 7, &err) ==
	      0);
	CHECK(publishers_add(publishers, PUBLISHERS_FROM, "News", 8, &err) == 0);
	RUN(a_folder_is_itself_and_those_in_it);
	RUN(a_language_is_its_variants_too);
	RUN(a_category_is_the_whole_of_it_in_any_case);
	RUN(a_feed_is_its_url_or_id);
	RUN(a_host_is_itself_and_all_below_it);
	RUN(a_title_is_the_whole_title_in_any_case);
	RUN(refuses_what_is_neither);
	RUN(finds_each_of_many);
	publishers_free(publishers);
	return check_done();
}
