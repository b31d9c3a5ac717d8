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
}

static void
refuses_what_is_neither(void)
{
	struct err err;

	CHECK(publishers_add(publishers, "https://example.com", 9, &err) == -1);
	CHECK(publishers_add(publishers, "example.com/path", 9, &err) == -1);
	CHECK(publishers_add(publishers, "*.example.com", 9, &err) == -1);
	CHECK(publishers_add(publishers, "--", 9, &err) == -1 && err.kind == ERR_USAGE);
}

static void
finds_each_of_many(void)
{
	char host[64];
	int bad = 0;

	for (uint32_t i = 0; i < 5000; i++) {
		(void)snprintf(host, sizeof(host), "site%u.test", i);
		bad += publishers_add(publishers, host, 100 + i, NULL) < 0;
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
	CHECK(publishers_add(publishers, "example.com", 1, &err) == 0);
	CHECK(publishers_add(publishers, "blog.Example.com", 2, &err) == 0);
	CHECK(publishers_add(publishers, "The Daily News", 3, &err) == 0);
	RUN(a_host_is_itself_and_all_below_it);
	RUN(a_title_is_the_whole_title_in_any_case);
	RUN(refuses_what_is_neither);
	RUN(finds_each_of_many);
	publishers_free(publishers);
	return check_done();
}
