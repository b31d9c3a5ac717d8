#include "common/quantity.h"

#include "tests/unit/check.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

struct example {
	const char *text;
	int64_t n; /* -1: refused */
};

static void
check_reads(bool (*read)(const char *, int64_t *), const struct example *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		int64_t n = -77;
		const bool ok = read(cases[i].text, &n);

		CHECK(ok == (cases[i].n != -1) && n == (ok ? cases[i].n : -77));
		if (ok != (cases[i].n != -1) || (ok && n != cases[i].n))
			(void)printf("# '%s' gave %d %lld\n", cases[i].text, ok, (long long)n);
	}
}

static void
reads_durations(void)
{
	static const struct example cases[] = {
		{"0", 0},
		{"90", 90},
		{"15m", 900},
		{"2h 30m", 9000},
		{"2h30m", 9000},
		{"2 h  30 m", 9000},
		{"1d", 86400},
		{"1w 1d 1h 1m 1s", 694861},
		{"30m 2h", 9000},
		{"5s", 5},
		{"15250284452471w", 9223372036854460800},
		{"", -1},
		{"m", -1},
		{"5x", -1},
		{"5 6", -1},
		{"1h 5", -1},
		{"-5m", -1},
		{"+5m", -1},
		{"1.5h", -1},
		{"5mm", -1},
		{"5M", -1},
		{" 5m", -1},
		{"99999999999999999999", -1},
		{"9223372036854775807w", -1},
		{"9223372036854775807s 1s", -1},
		{"0x10", -1},
	};

	check_reads(quantity_duration, cases, COUNT(cases));
}

static void
reads_sizes(void)
{
	static const struct example cases[] = {
		{"0", 0},
		{"4096", 4096},
		{"64K", 65536},
		{"8M", 8 << 20},
		{"2G", (int64_t)2 << 30},
		{"1T", (int64_t)1 << 40},
		{"8 M", 8 << 20},
		{"", -1},
		{"M", -1},
		{"8MB", -1},
		{"8m", -1},
		{"8M 1K", -1},
		{"-1", -1},
		{"8388608T", -1},
		{"8388607T", (int64_t)8388607 << 40},
	};

	check_reads(quantity_size, cases, COUNT(cases));
}

static void
reads_whole_numbers(void)
{
	static const struct example cases[] = {
		{"0", 0},    {"007", 7}, {"-5", -5},  {"9223372036854775807", INT64_MAX},
		{"", -1},    {"-", -1},  {"1 ", -1},  {"9223372036854775808", -1},
		{"1.0", -1}, {"+1", -1}, {"--1", -1}, {"1e3", -1},
	};

	check_reads(quantity_int, cases, COUNT(cases));
}

static void
writes_what_it_reads(void)
{
	static const struct {
		int64_t n;
		const char *duration, *size, *number;
	} cases[] = {
		{0, "0", "0", "0"},
		{60, "1m", "60", "60"},
		{9000, "2h 30m", "9000", "9000"},
		{604800, "1w", "604800", "604800"},
		{694861, "1w 1d 1h 1m 1s", "694861", "694861"},
		{8 << 20, "13w 6d 2h 10m 8s", "8M", "8388608"},
		{(int64_t)3 << 40, "5453926w 5d 1h 48m 48s", "3T", "3298534883328"},
		{1536, "25m 36s", "1536", "1536"},
		{-90, "-1m 30s", "-90", "-90"},
		{INT64_MAX, "15250284452471w 3d 15h 30m 7s", "9223372036854775807",
		 "9223372036854775807"},
		{INT64_MIN, "-15250284452471w 3d 15h 30m 8s", "-8388608T", "-9223372036854775808"},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		char text[QUANTITY_TEXT_BYTES];
		int64_t n = -1;

		CHECK_STR(quantity_duration_text(cases[i].n, text), cases[i].duration);
		CHECK(cases[i].n < 0 || (quantity_duration(text, &n) && n == cases[i].n));
		CHECK_STR(quantity_size_text(cases[i].n, text), cases[i].size);
		CHECK(cases[i].n < 0 || (quantity_size(text, &n) && n == cases[i].n));
		CHECK_STR(quantity_int_text(cases[i].n, text), cases[i].number);
	}
}

int
main(void)
{
	RUN(reads_durations);
	RUN(reads_sizes);
	RUN(reads_whole_numbers);
	RUN(writes_what_it_reads);
	return check_done();
}
