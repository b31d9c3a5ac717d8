#include "common/httphead.h"

#include "tests/unit/check.h"

static struct bytes
text(const char *s)
{
	return (struct bytes){s, strlen(s)};
}

static void
finds_lines_whatever_their_case(void)
{
	const struct bytes head = text("HTTP/1.1 200 OK\r\netag:\t W/\"a b\" \r\nETag-Not: x\r\n"
				       "Link: <a>\r\nLINK: <b>\nEmpty:\r\n\r\n");
	struct bytes v;

	CHECK(httphead_line(head, "ETag", 0, &v) && v.len == 7 && !memcmp(v.data, "W/\"a b\"", 7));
	CHECK(!httphead_line(head, "ETag", 1, &v));
	CHECK(httphead_line(head, "Link", 1, &v) && v.len == 3 && !memcmp(v.data, "<b>", 3));
	CHECK(httphead_line(head, "Empty", 0, &v) && v.len == 0);
	CHECK(!httphead_line(head, "HTTP/1.1 200 OK", 0, &v));
	CHECK(!httphead_line((struct bytes){NULL, 0}, "ETag", 0, &v));
}

static void
sees_two_lengths(void)
{
	CHECK(!httphead_two_lengths(text("Content-Length: 5\r\nContent-Length: 5\r\n")));
	CHECK(httphead_two_lengths(text("Content-Length: 5\r\nContent-Length: 15\r\n")));
	CHECK(!httphead_two_lengths(text("A: b\r\n")));
}

static void
reads_the_dates_of_http_and_no_others(void)
{
	static const struct {
		const char *date;
		int64_t s; /* -1: unreadable */
	} cases[] = {
		{"Sun, 06 Nov 1994 08:49:37 GMT", 784111777},
		{"Sunday, 06-Nov-94 08:49:37 GMT", 784111777},
		{"Sun Nov  6 08:49:37 1994", 784111777},
		{"Sun, 06 Nov 1994 10:49:37 +0200", 784111777},
		{"Sun, 06 Nov 1994 03:19:37 -0530", 784111777},
		{"Sun, 06 Nov 1994 08:49:37 UTC", 784111777},
		{"Sat, 31 Dec 2039 23:59:60 GMT", 2208988800},
		{"Thu, 01 Jan 1970 00:00:00 GMT", 0},
		{"Sun, 06 Nov 1994 08:49:37 PST", -1},
		{"Sun, 06 Nov 1994 25:49:37 GMT", -1},
		{"Sun, 32 Nov 1994 08:49:37 GMT", -1},
		{"Sun, 06 Abc 1994 08:49:37 GMT", -1},
		{"Sun, 06 Nov", -1},
		{"0", -1},
		{"", -1},
		{"-1", -1},
		{"soon", -1},
		{", , , , ,", -1},
		{"Sun, 06 Nov 99999999999999999999 08:49:37 GMT", -1},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int64_t s = -1;
		const bool read = httphead_date(text(cases[i].date), &s);

		if (read != (cases[i].s >= 0) || s != cases[i].s)
			(void)printf("# %s: %lld\n", cases[i].date, (long long)s);
		CHECK(read == (cases[i].s >= 0) && s == cases[i].s);
	}
	CHECK(!httphead_date((struct bytes){"Sun, 06 Nov 1994 08:49:37 GMT\0x", 31}, NULL));
}

static void
knows_how_long_a_response_is_fresh(void)
{
#define DATE "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
	static const struct {
		const char *head;
		int64_t fresh_s;
	} cases[] = {
		{"", -1},
		{"Cache-Control: max-age=600\r\n", 600},
		{"cache-control: public, MAX-AGE=600\r\n", 600},
		{"Cache-Control: max-age=\"600\"\r\n", 600},
		{"Cache-Control: x=\"max-age=5, max-age=6\", max-age=600\r\n", 600},
		{"Cache-Control: public\r\nCache-Control: max-age=600\r\n", 600},
		{"Cache-Control: s-maxage=5\r\n", -1},
		{"Cache-Control: max-age=600\r\nAge: 200\r\n", 400},
		{"Cache-Control: max-age=600\r\nAge: 900\r\n", 0},
		{"Cache-Control: max-age=600\r\nAge: -9\r\n", 600},
		{"Cache-Control: max-age=100000000000000000000\r\n", 100LL * 366 * 86400},
		{"Cache-Control: max-age=abc\r\n", -1},
		{"Cache-Control: no-store, max-age=600\r\n", 0},
		{"Cache-Control: max-age=0\r\n", 0},
		{DATE "Expires: Sun, 06 Nov 1994 09:49:37 GMT\r\n", 3600},
		{"Expires: Sun, 06 Nov 1994 09:49:37 GMT\r\n", 3593},
		{DATE "Expires: Sun, 06 Nov 1994 07:49:37 GMT\r\n", 0},
		{DATE "Expires: 0\r\n", 0},
		{DATE "Cache-Control: max-age=60\r\nExpires: Sun, 06 Nov 1994 09:49:37 GMT\r\n",
		 60},
		{DATE "Cache-Control: max-age=x\r\nExpires: Sun, 06 Nov 1994 09:49:37 GMT\r\n",
		 3600},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const int64_t got = httphead_fresh_s(text(cases[i].head), 784111784);

		if (got != cases[i].fresh_s)
			(void)printf("# %s -> %lld\n", cases[i].head, (long long)got);
		CHECK(got == cases[i].fresh_s);
	}
}

static void
reads_retry_after_in_both_forms(void)
{
	static const struct {
		const char *head;
		int64_t s;
	} cases[] = {
		{"", -1},
		{"Retry-After: 120\r\n", 120},
		{"Retry-After: 0\r\n", 0},
		{"Retry-After: -5\r\n", -1},
		{"Retry-After: soon\r\n", -1},
		{"Retry-After: 1.5\r\n", -1},
		{"Retry-After: 99999999999999999999\r\n", 100LL * 366 * 86400},
		{"Retry-After: Sun, 06 Nov 1994 09:49:37 GMT\r\n", 3593},
		{DATE "Retry-After: Sun, 06 Nov 1994 09:49:37 GMT\r\n", 3600},
		{DATE "Retry-After: Sun, 06 Nov 1994 07:49:37 GMT\r\n", -1},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		CHECK(httphead_retry_after_s(text(cases[i].head), 784111784) == cases[i].s);
}

static void
reads_the_wish_for_tls(void)
{
	static const struct {
		const char *head;
		int64_t s;
		bool below;
	} cases[] = {
		{"", -1, false},
		{"Strict-Transport-Security: max-age=60\r\n", 60, false},
		{"strict-transport-security: includeSubDomains ;MAX-AGE=\"60\"\r\n", 60, true},
		{"Strict-Transport-Security: max-age=0; preload\r\n", 0, false},
		{"Strict-Transport-Security: x=\";max-age=1\"; max-age=60\r\n", 60, false},
		{"Strict-Transport-Security: includeSubDomains\r\n", -1, true},
		{"Strict-Transport-Security: max-age=-5\r\n", -1, false},
		{"Strict-Transport-Security: max-age=5\r\n"
		 "Strict-Transport-Security: max-age=9; includeSubDomains\r\n",
		 5, false},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		bool below = false;

		CHECK(httphead_tls_s(text(cases[i].head), &below) == cases[i].s);
		CHECK(below == cases[i].below);
	}
}

int
main(void)
{
	RUN(finds_lines_whatever_their_case);
	RUN(sees_two_lengths);
	RUN(reads_the_dates_of_http_and_no_others);
	RUN(knows_how_long_a_response_is_fresh);
	RUN(reads_retry_after_in_both_forms);
	RUN(reads_the_wish_for_tls);
	return check_done();
}
