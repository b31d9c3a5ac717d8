#include "common/clock.h"

#include <time.h>

#include "tests/unit/check.h"

static void
never_goes_back(void)
{
	int64_t last = clock_mono_us();

	for (int i = 0; i < 10000; i++) {
		const int64_t now = clock_mono_us();

		CHECK(now >= last);
		last = now;
	}
	CHECK(clock_mono_ms() >= last / 1000);
	CHECK(clock_mono_ms() - last / 1000 < 60000); /* the same clock in another unit */
}

static void
agrees_with_the_system_on_the_date(void)
{
	const int64_t now = clock_wall_s();

	CHECK(now - (int64_t)time(NULL) <= 1 && (int64_t)time(NULL) - now <= 60);
}

static void
writes_rfc_3339(void)
{
	static const struct {
		int64_t wall_s;
		const char *text;
	} cases[] = {
		{0, "1970-01-01T00:00:00Z"},
		{-1, "1969-12-31T23:59:59Z"},
		{951782400, "2000-02-29T00:00:00Z"},
		{4102444799, "2099-12-31T23:59:59Z"},
		{2147483648, "2038-01-19T03:14:08Z"},
		{253402300799, "9999-12-31T23:59:59Z"},
		{253402300800, ""},
		{-62167219200, "0000-01-01T00:00:00Z"},
		{-62167219201, ""},
		{INT64_MAX, ""},
		{INT64_MIN, ""},
	};
	char out[CLOCK_RFC3339_BYTES];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		CHECK_STR(clock_rfc3339(cases[i].wall_s, out), cases[i].text);
}

/* Against the C library, day by day. */
static void
counts_days_as_the_calendar_does(void)
{
	int bad = 0;

	CHECK(clock_days(1970, 1, 1) == 0 && clock_days(2000, 3, 1) == 11017);
	CHECK(clock_days(1969, 12, 31) == -1 && clock_days(0, 1, 1) == -719528);
	CHECK(clock_days(-400, 3, 1) == clock_days(0, 3, 1) - 146097);
	CHECK(clock_days(2026, 1, 32) == clock_days(2026, 2, 1));
	CHECK(clock_days(2026, 3, 0) == clock_days(2026, 2, 28));
	for (int64_t day = -800000; day < 3000000; day += 7) {
		const time_t t = (time_t)(day * 86400);
		struct tm tm;

		bad += !gmtime_r(&t, &tm);
		bad += clock_days(tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday) != day;
	}
	CHECK(bad == 0);
}

static void
reads_what_it_writes(void)
{
	static const int64_t dates[] = {0, -1, 1795573838, 951825600, -62167219200, 253402300799};

	for (size_t i = 0; i < sizeof(dates) / sizeof(dates[0]); i++) {
		char text[CLOCK_RFC3339_BYTES];
		int64_t wall_s = 7;

		CHECK(clock_from_rfc3339(clock_rfc3339(dates[i], text), &wall_s) == 0);
		CHECK(wall_s == dates[i]);
	}
}

static void
reads_zones_fractions_and_leap_seconds(void)
{
	int64_t wall_s = 0;

	CHECK(clock_from_rfc3339("2026-11-25T03:30:38.999999999999+01:00", &wall_s) == 0 &&
	      wall_s == 1795573838);
	CHECK(clock_from_rfc3339("2026-11-24T21:00:38-05:30", &wall_s) == 0 &&
	      wall_s == 1795573838);
	CHECK(clock_from_rfc3339("2026-11-25t02:30:38z", &wall_s) == 0 && wall_s == 1795573838);
	CHECK(clock_from_rfc3339("1998-12-31T23:59:60Z", &wall_s) == 0 && wall_s == 915148800);
}

static void
refuses_what_is_no_rfc_3339(void)
{
	static const char *const bad[] = {
		"",
		"2026",
		"2026-11-25",
		"2026-11-25T02:30:38",
		"2026-11-25 02:30:38Z",
		"2026-11-25T02:30Z",
		"2026-11-25T02:30:38Z ",
		" 2026-11-25T02:30:38Z",
		"2026-11-25T02:30:38.Z",
		"2026-11-25T02:30:38+0100",
		"2026-11-25T02:30:38+24:00",
		"2026-11-25T02:30:38+01:60",
		"2026-13-25T02:30:38Z",
		"2026-00-25T02:30:38Z",
		"2026-02-29T02:30:38Z",
		"2026-11-31T02:30:38Z",
		"2026-12-32T02:30:38Z",
		"2026-11-25T24:00:00Z",
		"2026-11-25T02:60:38Z",
		"2026-11-25T02:30:61Z",
		"-026-11-25T02:30:38Z",
		"2026\r11-25T02:30:38Z",
		"+2026-11-25T02:30:38Z",
		"Wed, 25 Nov 2026 02:30:38 GMT",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		int64_t wall_s = 77;

		CHECK(clock_from_rfc3339(bad[i], &wall_s) == -1 && wall_s == 77);
	}
}

int
main(void)
{
	RUN(never_goes_back);
	RUN(agrees_with_the_system_on_the_date);
	RUN(writes_rfc_3339);
	RUN(counts_days_as_the_calendar_does);
	RUN(reads_what_it_writes);
	RUN(reads_zones_fractions_and_leap_seconds);
	RUN(refuses_what_is_no_rfc_3339);
	return check_done();
}
