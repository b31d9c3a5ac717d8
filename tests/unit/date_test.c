#include "parser/date.h"

#include "common/clock.h"
#include "tests/unit/check.h"

struct sample {
	const char *text;
	const char *wanted; /* RFC 3339; NULL: no date */
};

static void
check_all(const struct sample *samples, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char out[CLOCK_RFC3339_BYTES];
		int64_t s = 0;
		const bool read = date_parse(samples[i].text, strlen(samples[i].text), &s);

		CHECK_STR(read ? clock_rfc3339(s, out) : "none",
			  samples[i].wanted ? samples[i].wanted : "none");
		if (!read != !samples[i].wanted)
			(void)printf("# in '%s'\n", samples[i].text);
	}
}

#define CHECK_ALL(samples) check_all((samples), sizeof(samples) / sizeof((samples)[0]))

static void
reads_rfc_822_and_what_is_made_of_it(void)
{
	static const struct sample samples[] = {
		{"Sat, 07 Sep 2002 00:00:01 GMT", "2002-09-07T00:00:01Z"},
		{"7 Sep 2002 00:00 +0130", "2002-09-06T22:30:00Z"},
		{"Sat, 7 Sep 02 10:00:00 EST", "2002-09-07T15:00:00Z"},
		{"Saturday, September 7, 2002 3:05 PM", "2002-09-07T15:05:00Z"},
		{"Sat Sep  7 10:00:00 2002", "2002-09-07T10:00:00Z"},
		{"Sat Sep 07 10:00:00 +0200 2002", "2002-09-07T08:00:00Z"},
		{"Sat, 07 Sep 2002, 10:00:00 GMT+02:00", "2002-09-07T08:00:00Z"},
		{"07-Sep-2002 10:00:00", "2002-09-07T10:00:00Z"},
		{"Sat, 07 Sep 2002 24:00:00 GMT", "2002-09-08T00:00:00Z"},
		{"Sat, 07 Sep 2002 10:00:60 GMT", "2002-09-07T10:00:59Z"},
		{"Sat, 07 Sep 2002 12:00 a.m. PDT", "2002-09-07T07:00:00Z"},
		{"\n\tSat, 07 Sep 2002 00:00:01 GMT  ", "2002-09-07T00:00:01Z"},
		{"Sat, 7th Sep 2002", "2002-09-07T00:00:00Z"},
		{"Sep 2002", "2002-09-01T00:00:00Z"},
		{"7 Sep 2002 00:00 \u22120130", "2002-09-07T01:30:00Z"},
		{"Sat, 07 Sep 2002 10:00:00 MST -07:00", "2002-09-07T17:00:00Z"},
		{"Sat, 07 Sep 2002 10:00:00 MST-0700", "2002-09-07T17:00:00Z"},
		{"Sat, 07 Sep 2002 10:00:00 EST -0400", "2002-09-07T14:00:00Z"},
		{"Sat, 07 Sep 2002 10 -0700", "2002-09-07T17:00:00Z"},
		{"Sat, 07 Sep 2002 10:00:00 00", "2002-09-07T10:00:00Z"},
		{"Sat, 07 Sep 2002 10:00:00 AT", "2002-09-07T14:00:00Z"},
		{"7 Sep 2002 at 10:00", "2002-09-07T10:00:00Z"},
	};

	CHECK_ALL(samples);
}

static void
reads_iso_8601_in_every_length(void)
{
	static const struct sample samples[] = {
		{"2003-12-31T10:14:55Z", "2003-12-31T10:14:55Z"},
		{"2003-12-31t10:14:55.25-08:00", "2003-12-31T18:14:55Z"},
		{"2003-12-31 10:14:55 +0100", "2003-12-31T09:14:55Z"},
		{"2003-12-31T10:14", "2003-12-31T10:14:00Z"},
		{"2003-12-31T10", "2003-12-31T10:00:00Z"},
		{"2003-12-31t10", "2003-12-31T10:00:00Z"},
		{"20031231T101455Z", "2003-12-31T10:14:55Z"},
		{"20031231", "2003-12-31T00:00:00Z"},
		{"2003-12", "2003-12-01T00:00:00Z"},
		{"2003", "2003-01-01T00:00:00Z"},
		{"2004-W01-1", "2003-12-29T00:00:00Z"},
		{"2004-W53-7", "2005-01-02T00:00:00Z"},
		{"2004-366", "2004-12-31T00:00:00Z"},
		{"2003-12-31T10:14:55-08:00:00", "2003-12-31T18:14:55Z"},
		{"2003-12-31T10:14:55:-0800", "2003-12-31T18:14:55Z"},
		{"2003-12-31T10:14:55:250", "2003-12-31T10:14:55Z"},
		{"2003-12-31 00:00:00.0 10:14:55.0 -0800", "2003-12-31T18:14:55Z"},
		{"03365", "2003-12-31T00:00:00Z"},
		{"-03-12", "2003-12-01T00:00:00Z"},
		{"1700000000", "2023-11-14T22:13:20Z"},
		{"1700000000123", "2023-11-14T22:13:20Z"},
	};

	CHECK_ALL(samples);
}

static void
reads_other_languages(void)
{
	static const struct sample samples[] = {
		{"Mi, 5. März 2014 19:24", "2014-03-05T19:24:00Z"},
		{"mar., 01 déc. 2020 16:11:02 +0000", "2020-12-01T16:11:02Z"},
		{"mer, 9 avr 2018", "2018-04-09T00:00:00Z"},
		{"Вт, 03 ноября 2020 12:00", "2020-11-03T12:00:00Z"},
		{"Κυρ, 11 Ιούλ 2004 12:00:00 EST", "2004-07-11T17:00:00Z"},
		{"2004년 5월 28일 오후 11:51:01", "2004-05-28T23:51:01Z"},
		{"2004-05-25 오전 11:23:17", "2004-05-25T11:23:17Z"},
		{"2024年7月8日", "2024-07-08T00:00:00Z"},
		{"2004-július-13T9:15-05:00", "2004-07-13T14:15:00Z"},
		{"12 sierpnia 2021", "2021-08-12T00:00:00Z"},
	};

	CHECK_ALL(samples);
}

static void
knows_the_clocks_of_a_place(void)
{
	static const struct sample samples[] = {
		{"Sat, 07 Sep 2019 10:00:00 America/New_York", "2019-09-07T14:00:00Z"},
		{"2020-01-31T10:00:00 (America/Los_Angeles)", "2020-01-31T18:00:00Z"},
		{"2020-03-08 01:59:59 America/Chicago", "2020-03-08T07:59:59Z"},
		{"2020-03-08 03:00:00 America/Chicago", "2020-03-08T08:00:00Z"},
		{"2020-11-01 02:00:00 America/Chicago", "2020-11-01T08:00:00Z"},
		{"2020-03-29 01:59 europe/berlin", "2020-03-29T00:59:00Z"},
		{"2020-03-29 03:00 Europe/Berlin", "2020-03-29T01:00:00Z"},
		{"2020-10-25 03:00 Europe/Berlin", "2020-10-25T02:00:00Z"},
		{"2020-07-01 12:00 Asia/Tokyo", "2020-07-01T03:00:00Z"},
		{"2020-07-01 12:00 Moon/Far_Side", NULL},
		{"Europe/Berlin", NULL},
		{"/", NULL},
	};

	CHECK_ALL(samples);
}

static void
tells_the_day_from_the_month(void)
{
	static const struct sample samples[] = {
		{"03/30/2020 19:19", "2020-03-30T19:19:00Z"},
		{"30/03/2020", "2020-03-30T00:00:00Z"},
		{"03/04/2020", "2020-03-04T00:00:00Z"},
		{"03.04.2020", "2020-04-03T00:00:00Z"},
		{"03.04.2020 -0700", "2020-04-03T07:00:00Z"},
		{"30.10.23", "2023-10-30T00:00:00Z"},
		{"2020/03/30", "2020-03-30T00:00:00Z"},
	};

	CHECK_ALL(samples);
}

static void
reads_nothing_into_what_is_no_date(void)
{
	static const struct sample samples[] = {
		{"", NULL},
		{"yesterday", NULL},
		{"Sat, 32 Sep 2002 00:00:01 GMT", NULL},
		{"Sat, 29 Feb 2003", NULL},
		{"2003-13-01", NULL},
		{"Sat, 07 Sep 2002 25:00 GMT", NULL},
		{"Sat, 07 Sep 2002 10:61 GMT", NULL},
		{"Sat, 07 Sep 2002 1:2:3:4", NULL},
		{"Sat, 07 Sep 2002 10:00 +zz:00", NULL},
		{"2003-12-31T10:14:55-99:99", NULL},
		{"0001-01-01T00:00:00Z", NULL},
		{"-0001-11-30T00:00:00Z", NULL},
		{"0000-00-00", NULL},
		{"12", NULL},
		{"Version 1.2.3 of 4", NULL},
	};

	CHECK_ALL(samples);
}

int
main(void)
{
	RUN(reads_rfc_822_and_what_is_made_of_it);
	RUN(reads_iso_8601_in_every_length);
	RUN(reads_other_languages);
	RUN(knows_the_clocks_of_a_place);
	RUN(tells_the_day_from_the_month);
	RUN(reads_nothing_into_what_is_no_date);
	return check_done();
}
