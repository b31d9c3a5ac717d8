#include "parser/date.h"

#include <string.h>

#include "common/ascii.h"
#include "common/clock.h"
#include "common/utf8.h"
#include "parser/date_names.h"
#include "parser/date_region.h"

enum { NUMBERS_MAX = 3, ZONE_MINUTES_MAX = 15 * 60, SECONDS_A_DAY = 86400 };

struct number {
	int64_t value;
	int digits;
};

/* What was read so far; -1: nothing yet. */
struct reading {
	const char *at, *end;
	struct number numbers[NUMBERS_MAX]; /* of the date, in their order */
	int count;
	char separator;  /* between them: '/', '.', '-' */
	int month;       /* by name */
	int month_after; /* how many numbers were before the name */
	int hour, minute, second;
	int half;
	bool has_zone, zone_named;
	int zone_minutes;
};

static bool
is_digit(char c)
{
	return ascii_is_digit((unsigned char)c);
}

static struct number
number(const char **at, const char *end)
{
	struct number n = {.value = 0};

	for (; *at < end && is_digit(**at); ++*at) {
		if (n.digits < 18)
			n.value = n.value * 10 + (**at - '0');
		n.digits++;
	}
	return n;
}

static bool
accept(const char **at, const char *end, char c)
{
	if (*at == end || **at != c)
		return false;
	++*at;
	return true;
}

/* "+02:00", "-0700", "+2"; at is behind the sign. */
static bool
zone_offset(struct reading *r, int sign)
{
	const struct number a = number(&r->at, r->end);
	int64_t minutes;

	if (a.digits == 0 || a.digits > 4)
		return false;
	if (a.digits > 2) {
		minutes = a.value / 100 * 60 + a.value % 100;
	} else {
		minutes = a.value * 60;
		if (accept(&r->at, r->end, ':'))
			minutes += number(&r->at, r->end).value;
		if (accept(&r->at, r->end, ':')) /* seconds: always 0 */
			(void)number(&r->at, r->end);
	}
	if (minutes > ZONE_MINUTES_MAX)
		return false;
	r->zone_minutes = sign * (int)minutes;
	r->has_zone = true;
	r->zone_named = false;
	return true;
}

static bool
fraction(const struct reading *r, struct number second)
{
	const char *at = r->at;

	if (r->end - at < 2 || !is_digit(at[1]))
		return false;
	at++;
	/* "15:04:05:678" is what some formats print; of less than that nobody knows what it is. */
	return *r->at == '.' || *r->at == ',' ||
	       (*r->at == ':' && second.digits == 2 && number(&at, r->end).digits >= 2);
}

/* "15:04", "15:04:05.678"; the hour has been read. */
static bool
time_of_day(struct reading *r, int64_t hour)
{
	const struct number minute = number(&r->at, r->end);
	const bool midnight = r->hour == 0 && r->minute == 0 && r->second == 0;
	struct number second = {.value = 0};

	/* "2020-01-31 00:00:00 15:04:05": a date that was printed with a time of its own. */
	if (minute.digits == 0 || (r->hour >= 0 && !midnight))
		return false;
	if (accept(&r->at, r->end, ':')) {
		second = number(&r->at, r->end);
		if (second.digits == 0)
			return false;
	}
	if (fraction(r, second)) {
		r->at++;
		(void)number(&r->at, r->end);
	} else if (r->at + 1 < r->end && *r->at == ':' && strchr("+-", r->at[1])) {
		r->at++; /* "15:04:05:-0700" */
	}
	if ((r->at < r->end && *r->at == ':') || hour > 24 || minute.value > 59 ||
	    second.value > 60)
		return false;
	r->hour = (int)hour;
	r->minute = (int)minute.value;
	r->second = second.value > 59 ? 59 : (int)second.value;
	return true;
}

static bool
keep_number(struct reading *r, struct number n)
{
	if (r->count == NUMBERS_MAX)
		return false;
	r->numbers[r->count++] = n;
	return true;
}

static bool
word(struct reading *r, bool first)
{
	struct date_word w;
	const size_t len = date_word(r->at, (size_t)(r->end - r->at), &w);
	const bool dated = r->count + (r->month > 0) >= 2;
	int minutes, month;

	if (len == 0)
		return false;
	r->at += len;
	if (w.len == 1 && w.text[0] == 't' && r->count > 0)
		return true; /* between a date and its time */
	if ((r->count > 0 && strcmp(w.text, "th") == 0) || strcmp(w.text, "st") == 0 ||
	    strcmp(w.text, "nd") == 0 || strcmp(w.text, "rd") == 0)
		return r->count > 0;
	if (r->hour < 0 && date_filler(&w))
		return true; /* "at" is one before a time, a zone behind it */
	if (date_half(&w)) {
		r->half = date_half(&w);
		return true;
	}
	/* "Mar, 1 Dec 2020": the first word is a day of the week if another names a month. */
	if (first && date_weekday(&w) && !date_month(&w))
		return true;
	month = date_month(&w);
	if (month && !date_zone(&w, &minutes) && r->hour < 0) {
		if (r->month && r->month_after > 0)
			return false;
		r->month = month;
		r->month_after = r->count;
		return true;
	}
	if (date_zone(&w, &minutes)) {
		if (!r->has_zone) { /* "+0200 CEST" */
			r->zone_minutes = minutes;
			r->zone_named = true;
		}
		r->has_zone = true;
		return true;
	}
	return first || date_filler(&w) || date_weekday(&w) || (dated && r->hour >= 0);
}

/* The sign that typesetters have for it (U+2212). */
static const char MINUS[] = "\xE2\x88\x92";

static bool
is_minus(const char *at, const char *end)
{
	return (size_t)(end - at) >= sizeof(MINUS) - 1 && memcmp(at, MINUS, sizeof(MINUS) - 1) == 0;
}

/* Whether four digits behind the sign at hand are a zone, although no time with a colon was there:
 * "02.01.2006 -0700", "2 Jan 2006 15 -0700". */
static bool
behind_date(struct reading *r)
{
	const int parts = r->count + (r->month > 0);
	const char *at = r->at;

	if (r->hour >= 0 || parts < 3 || number(&at, r->end).digits != 4)
		return false;
	if (parts == 3)
		return true;
	if (r->numbers[r->count - 1].value > 24)
		return false;
	r->hour = (int)r->numbers[--r->count].value;
	return true;
}

/* A sign: the zone's when a time, or a zone's name, was before it; else a dash. */
static bool
sign(struct reading *r, bool blank_before)
{
	const int s = *r->at == '+' ? 1 : -1;
	bool digit, letter;

	r->at += is_minus(r->at, r->end) ? sizeof(MINUS) - 1 : 1;
	digit = r->at < r->end && is_digit(*r->at);
	letter = r->at < r->end && (unsigned char)(*r->at | 32) >= 'a';
	if (digit && behind_date(r))
		return zone_offset(r, s);
	if (digit && (r->hour >= 0 || r->has_zone) &&
	    (!r->has_zone || r->zone_named || r->zone_minutes == 0))
		return zone_offset(r, s); /* "MST -0700": the number is the more exact */
	if (s > 0)
		return digit && zone_offset(r, s);
	if (r->hour >= 0 && letter)
		return false;
	if (!blank_before && r->count > 0)
		r->separator = '-';
	return true;
}

/* Goes over the text once and sorts what it finds into r. */
static bool
scan(struct reading *r)
{
	bool first = true;
	bool blank = true;

	while (r->at < r->end) {
		const char c = *r->at;

		if (is_digit(c)) {
			const struct number n = number(&r->at, r->end);

			if (n.digits > 4 && n.digits != 8)
				return false;
			if (n.digits <= 2 && accept(&r->at, r->end, ':')) {
				if (!time_of_day(r, n.value))
					return false;
			} else if (r->hour >= 0 && n.value == 0 && r->count + (r->month > 0) >= 3) {
				r->has_zone = true; /* "15:04:05 00": a zone that lost its sign */
			} else if (!keep_number(r, n)) {
				return false;
			}
			first = blank = false;
		} else if (c == '+' || c == '-' || is_minus(r->at, r->end)) {
			if (!sign(r, blank))
				return false;
			blank = false;
		} else if (strchr(" \t\r\n,()[]'\";|", c)) {
			blank = true;
			r->at++;
		} else if (c == '/' || c == '.') {
			if (!blank && r->count > 0 && r->separator == 0)
				r->separator = c;
			r->at++;
		} else {
			const char *before = r->at;
			struct date_word w;

			if (date_word(r->at, (size_t)(r->end - r->at), &w) > 0) {
				if (!word(r, first))
					return false;
			} else if ((unsigned char)c >= 0x80) {
				(void)utf8_next(&r->at, r->end); /* 年, a no-break space, ... */
			}
			if (r->at == before)
				return false;
			first = blank = false;
		}
	}
	return true;
}

static int
days_in(int64_t year, int month)
{
	static const int DAYS[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return month == 2 && leap ? 29 : DAYS[month - 1];
}

static bool
combine(const struct reading *r, int64_t year, int64_t month, int64_t day, int64_t *out)
{
	int64_t hour = r->hour < 0 ? 0 : r->hour;

	if (year < DATE_YEAR_MIN || year > DATE_YEAR_MAX || month < 1 || month > 12 || day < 1 ||
	    day > days_in(year, (int)month))
		return false;
	if (r->half == 2 && hour < 12)
		hour += 12;
	else if (r->half == 1 && hour == 12)
		hour = 0;
	*out = clock_days(year, (int)month, (int)day) * SECONDS_A_DAY + hour * 3600 +
	       (int64_t)r->minute * 60 + r->second - (int64_t)r->zone_minutes * 60;
	return true;
}

static int64_t
full_year(struct number n)
{
	if (n.digits > 2)
		return n.value;
	return n.value + (n.value < 69 ? 2000 : 1900);
}

/* Which of the numbers is the year, the month, the day. */
static bool
sort_out(const struct reading *r, int64_t *out)
{
	const struct number *n = r->numbers;
	int y, d;

	if (r->count == 0)
		return false;
	if (r->month) { /* a month by name: "16 Nov 2020", "Nov 16, 2020", "2020 Nov 16" */
		if (r->count == 1)
			return n[0].digits == 4 && combine(r, n[0].value, r->month, 1, out);
		y = n[0].digits >= 3 ? 0 : 1;
		d = 1 - y;
		return n[d].digits <= 2 && r->count == 2 &&
		       combine(r, full_year(n[y]), r->month, n[d].value, out);
	}
	if (r->count == 1) {
		if (n[0].digits == 8)
			return combine(r, n[0].value / 10000, n[0].value / 100 % 100,
				       n[0].value % 100, out);
		return n[0].digits == 4 && combine(r, n[0].value, 1, 1, out);
	}
	if (n[0].digits >= 3) /* "2020-11-16", "2020/11" */
		return combine(r, n[0].value, n[1].value, r->count == 3 ? n[2].value : 1, out);
	if (r->count < 3)
		return false;
	if (r->separator == '-' && n[2].digits <= 2) /* "03-12-31" */
		return combine(r, full_year(n[0]), n[1].value, n[2].value, out);
	/* "03/30/2020" is American, unless it cannot be; "30.10.2023" is not, unless it must be. */
	if (n[0].value <= 12 && (r->separator == '/' || n[1].value > 12))
		return combine(r, full_year(n[2]), n[0].value, n[1].value, out);
	return combine(r, full_year(n[2]), n[1].value, n[0].value, out);
}

/* What consists of digits alone, or is a form of ISO 8601 that the scan would misread. */
static bool
digits_only(const char *text, size_t len, int64_t *out)
{
	const struct reading none = {.hour = -1};
	const char *at = text;
	const char *end = text + len;
	const bool dash = accept(&at, end, '-');
	struct number n = number(&at, end);

	if (dash && n.digits == 2 && accept(&at, end, '-')) { /* "-03-12" */
		const struct number month = number(&at, end);

		n = (struct number){n.value * 100 + month.value, n.digits + month.digits};
	}
	if (at < end && *at == '.') { /* "1700000000.123" */
		at++;
		(void)number(&at, end);
	}
	if (at != end)
		return false;
	if (dash) /* "-0312": year and month of this century */
		return n.digits == 4 && combine(&none, 2000 + n.value / 100, n.value % 100, 1, out);
	if (n.digits == 6) /* "031231" */
		return combine(&none, full_year((struct number){n.value / 10000, 2}),
			       n.value / 100 % 100, n.value % 100, out);
	if (n.digits == 5 && n.value % 1000 >= 1 && n.value % 1000 <= 366 && /* "03365" */
	    combine(&none, full_year((struct number){n.value / 1000, 2}), 1, 1, out)) {
		*out += (n.value % 1000 - 1) * SECONDS_A_DAY;
		return true;
	}
	if (n.digits < 9 || n.digits > 13)
		return false;
	*out = n.digits > 11 ? n.value / 1000 : n.value;
	return true;
}

/* "2004-W27-5", "2004-183": weeks and days of a year. */
static bool
ordinal(const char *text, size_t len, int64_t *out)
{
	const struct reading none = {.hour = -1};
	const char *at = text;
	const char *end = text + len;
	const struct number year = number(&at, end);
	struct number n;
	int64_t january4;

	if (year.digits != 4 || year.value < DATE_YEAR_MIN)
		return false;
	(void)accept(&at, end, '-');
	if (accept(&at, end, 'W')) {
		struct number day = {1, 1};

		n = number(&at, end);
		if (n.digits != 2 || n.value < 1 || n.value > 53)
			return false;
		if (accept(&at, end, '-'))
			day = number(&at, end);
		if (at != end || day.value < 1 || day.value > 7)
			return false;
		/* Week 1 is the one with 4 January; 1970-01-01 was a Thursday. */
		january4 = clock_days(year.value, 1, 4);
		*out = (january4 - (january4 + 3) % 7 + (n.value - 1) * 7 + day.value - 1) *
		       SECONDS_A_DAY;
		return true;
	}
	n = number(&at, end);
	if (n.digits != 3 || at != end || n.value < 1 || n.value > 366 ||
	    !combine(&none, year.value, 1, 1, out))
		return false;
	*out += (n.value - 1) * SECONDS_A_DAY;
	return true;
}

/* "20040708T235658Z", "2008-12-30T13": a time without colons behind a T. */
static bool
compact_time(struct reading *r, const char *text, size_t len)
{
	const char *upper = memchr(text, 'T', len);
	const char *t = upper ? upper : memchr(text, 't', len);
	const char *at;
	struct number n;

	if (!t || t < text + 7 || !is_digit(t[-1]))
		return true;
	at = t + 1;
	n = number(&at, text + len);
	if (n.digits == 0 || (n.digits & 1) || n.digits > 6 || (at < text + len && *at == ':'))
		return true;
	for (; n.digits < 6; n.digits += 2)
		n.value *= 100;
	if (n.value / 10000 > 24 || n.value / 100 % 100 > 59 || n.value % 100 > 60)
		return false;
	r->end = t;
	if (!scan(r))
		return false;
	r->hour = (int)(n.value / 10000);
	r->minute = (int)(n.value / 100 % 100);
	r->second = (int)(n.value % 100);
	r->at = at; /* the zone */
	r->end = text + len;
	return true;
}

static bool
parse_without_region(const char *text, size_t len, int64_t *out)
{
	struct reading r = {.hour = -1};

	r.at = text;
	r.end = text + len;
	return compact_time(&r, text, len) && scan(&r) && sort_out(&r, out);
}

bool
date_parse(const char *text, size_t len, int64_t *out)
{
	const struct date_region *region;
	int64_t local_s;

	while (len > 0 && strchr(" \t\r\n", text[0])) {
		text++;
		len--;
	}
	while (len > 0 && strchr(" \t\r\n", text[len - 1]))
		len--;
	if (len == 0 || len > DATE_BYTES_MAX || memchr(text, '\0', len))
		return false;
	if (digits_only(text, len, out) || ordinal(text, len, out))
		return true;
	region = date_region_behind(text, &len);
	if (!region)
		return parse_without_region(text, len, out);
	if (!parse_without_region(text, len, &local_s))
		return false;
	*out = local_s - (int64_t)date_region_minutes(region, local_s) * 60;
	return true;
}
