#include "common/clock.h"

#include <stdio.h>
#include <time.h>

static int64_t
clock_us(clockid_t id)
{
	struct timespec ts;

	(void)clock_gettime(id, &ts); /* cannot fail for these clocks */
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

int64_t
clock_mono_us(void)
{
	return clock_us(CLOCK_MONOTONIC);
}

int64_t
clock_mono_ms(void)
{
	return clock_us(CLOCK_MONOTONIC) / 1000;
}

int64_t
clock_wall_s(void)
{
	return clock_us(CLOCK_REALTIME) / 1000000;
}

const char *
clock_rfc3339(int64_t wall_s, char out[CLOCK_RFC3339_BYTES])
{
	time_t t = (time_t)wall_s;
	struct tm tm;

	out[0] = '\0';
	if (!gmtime_r(&t, &tm) || tm.tm_year < -1900 || tm.tm_year > 9999 - 1900)
		return out;
	(void)snprintf(out, CLOCK_RFC3339_BYTES, "%04d-%02d-%02dT%02d:%02d:%02dZ",
		       tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min,
		       tm.tm_sec);
	return out;
}

int64_t
clock_days(int64_t year, int month, int day)
{
	/* Years begin in March, so that the leap day is a year's last; 400 years = 146097 days. */
	const int64_t y = year - (month <= 2);
	const int64_t era = (y >= 0 ? y : y - 399) / 400;
	const int64_t year_of_era = y - era * 400;
	const int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 +
	       day_of_year - 719468;
}

/* Reads the digits and the mark behind them ('\0': none) and moves past both; -1 where that is not
 * what stands there, or the number is not within least..most. */
static int
read_part(const char **at, int digits, char mark, int least, int most)
{
	int n = 0;

	for (int i = 0; i < digits; i++, ++*at) {
		if (**at < '0' || **at > '9')
			return -1;
		n = n * 10 + (**at - '0');
	}
	if (mark && **at != mark && !(mark == 'T' && **at == 't'))
		return -1;
	*at += mark != '\0';
	return n < least || n > most ? -1 : n;
}

/* "Z", "+01:00" in seconds; -1 where it is neither. */
static int
read_zone(const char *at, int *offset_s_out)
{
	const char sign = *at++;
	int hour, minute;

	*offset_s_out = 0;
	if (sign == 'Z' || sign == 'z')
		return *at ? -1 : 0;
	if (sign != '+' && sign != '-')
		return -1;
	hour = read_part(&at, 2, ':', 0, 23);
	minute = hour < 0 ? -1 : read_part(&at, 2, '\0', 0, 59);
	if (minute < 0 || *at)
		return -1;
	*offset_s_out = (hour * 60 + minute) * (sign == '-' ? -60 : 60);
	return 0;
}

int
clock_from_rfc3339(const char *text, int64_t *wall_s_out)
{
	const char *at = text;
	int parts[6], offset_s;
	static const struct {
		int digits, least, most;
		char mark;
	} shape[6] = {{4, 0, 9999, '-'}, {2, 1, 12, '-'}, {2, 1, 31, 'T'},
		      {2, 0, 23, ':'},   {2, 0, 59, ':'}, {2, 0, 60, '\0'}};
	int64_t days;

	for (int i = 0; i < 6; i++) {
		parts[i] = read_part(&at, shape[i].digits, shape[i].mark, shape[i].least,
				     shape[i].most);
		if (parts[i] < 0)
			return -1;
	}
	if (*at == '.') {
		at++;
		if (*at < '0' || *at > '9')
			return -1;
		while (*at >= '0' && *at <= '9')
			at++;
	}
	if (read_zone(at, &offset_s) < 0)
		return -1;
	days = clock_days(parts[0], parts[1], parts[2]);
	/* 31 February: the month has ended before. */
	if (days >= clock_days(parts[0] + parts[1] / 12, parts[1] % 12 + 1, 1))
		return -1;
	*wall_s_out = ((days * 24 + parts[3]) * 60 + parts[4]) * 60 + parts[5] - offset_s;
	return 0;
}
