#include "common/httphead.h"

#include <string.h>
#include <strings.h>

#include "common/clock.h"

enum { DAY_S = 24 * 3600 };

static const int64_t FAR_S = 100LL * 366 * DAY_S;

static struct bytes
trimmed(const char *s, size_t len)
{
	while (len > 0 && (s[0] == ' ' || s[0] == '\t'))
		s++, len--;
	while (len > 0 && memchr(" \t\r\n", s[len - 1], 4))
		len--;
	return (struct bytes){s, len};
}

bool
httphead_line(struct bytes head, const char *name, size_t n, struct bytes *value_out)
{
	const size_t name_len = strlen(name);
	const char *at = head.data;
	size_t left = head.len;

	while (left > 0) {
		const char *newline = memchr(at, '\n', left);
		const size_t len = newline ? (size_t)(newline - at) + 1 : left;

		if (len > name_len && at[name_len] == ':' && strncasecmp(at, name, name_len) == 0 &&
		    n-- == 0) {
			*value_out = trimmed(at + name_len + 1, len - name_len - 1);
			return true;
		}
		at += len;
		left -= len;
	}
	return false;
}

bool
httphead_two_lengths(struct bytes head)
{
	struct bytes first, other;

	if (!httphead_line(head, "Content-Length", 0, &first))
		return false;
	for (size_t n = 1; httphead_line(head, "Content-Length", n, &other); n++)
		if (other.len != first.len || memcmp(other.data, first.data, first.len) != 0)
			return true;
	return false;
}

/* Numbers and dates. */

/* Whole of it digits: their value, FAR_S at most; -1: not a number. */
static int64_t
seconds(const char *s, size_t len)
{
	int64_t n = 0;

	if (len == 0)
		return -1;
	for (size_t i = 0; i < len; i++) {
		if (s[i] < '0' || s[i] > '9')
			return -1;
		n = n * 10 + (s[i] - '0');
		if (n > FAR_S)
			n = FAR_S;
	}
	return n;
}

struct cursor {
	const char *at, *end;
};

/* The next word: letters, or digits, or a sign with digits behind; commas, dashes and blanks
 * between words are skipped. Empty at the end. */
static struct bytes
word(struct cursor *c, bool signs)
{
	const char *start;

	while (c->at < c->end && strchr(" ,\t", *c->at))
		c->at++;
	while (!signs && c->at < c->end && *c->at == '-')
		c->at++;
	start = c->at;
	while (c->at < c->end && !memchr(" ,\t-", *c->at, 4))
		c->at++;
	if (signs && c->at == start)
		while (c->at < c->end && !memchr(" ,\t", *c->at, 3))
			c->at++;
	return (struct bytes){start, (size_t)(c->at - start)};
}

static int
month_of(struct bytes w)
{
	static const char names[] = "janfebmaraprmayjunjulaugsepoctnovdec";

	if (w.len < 3)
		return 0;
	for (int m = 0; m < 12; m++)
		if (strncasecmp(w.data, names + (size_t)m * 3, 3) == 0)
			return m + 1;
	return 0;
}

/* "08:49:37" as seconds of the day, -1: not a time. */
static int64_t
time_of_day(struct bytes w)
{
	const char *s = w.data;
	int64_t h, m, sec;

	if (w.len != 8 || s[2] != ':' || s[5] != ':')
		return -1;
	h = seconds(s, 2);
	m = seconds(s + 3, 2);
	sec = seconds(s + 6, 2);
	if (h < 0 || m < 0 || sec < 0 || h > 23 || m > 59 || sec > 60)
		return -1;
	return h * 3600 + m * 60 + sec;
}

/* "GMT", "UTC", "Z" and nothing are 0; "+0130" its seconds; false: something else. */
static bool
offset_of(struct bytes w, int64_t *out)
{
	const char *s = w.data;

	*out = 0;
	if (w.len == 0 ||
	    (w.len == 3 && (strncasecmp(s, "gmt", 3) == 0 || strncasecmp(s, "utc", 3) == 0)))
		return true;
	if (w.len != 5 || (s[0] != '+' && s[0] != '-') || seconds(s + 1, 4) < 0)
		return false;
	*out = (seconds(s + 1, 2) * 3600 + seconds(s + 3, 2) * 60) * (s[0] == '-' ? -1 : 1);
	return true;
}

bool
httphead_date(struct bytes text, int64_t *wall_s_out)
{
	struct cursor c = {text.data, (const char *)text.data + text.len};
	struct bytes w[5];
	int64_t day, year, clock_s, offset_s = 0;
	int month;

	if (text.len == 0 || memchr(text.data, '\0', text.len))
		return false;
	(void)word(&c, false); /* the day of the week says nothing new */
	for (size_t i = 0; i < 5; i++)
		w[i] = word(&c, i == 4);
	if (w[0].len > 0 && month_of(w[0]) > 0) {
		/* asctime: Sun Nov  6 08:49:37 1994 */
		month = month_of(w[0]);
		day = seconds(w[1].data, w[1].len);
		clock_s = time_of_day(w[2]);
		year = seconds(w[3].data, w[3].len);
	} else {
		/* Sun, 06 Nov 1994 08:49:37 GMT; Sunday, 06-Nov-94 08:49:37 GMT */
		day = seconds(w[0].data, w[0].len);
		month = month_of(w[1]);
		year = seconds(w[2].data, w[2].len);
		clock_s = time_of_day(w[3]);
		if (!offset_of(w[4], &offset_s))
			return false;
		if (year >= 0 && w[2].len == 2)
			year += year < 70 ? 2000 : 1900;
	}
	if (day < 1 || day > 31 || month == 0 || year < 1601 || year > 9999 || clock_s < 0)
		return false;
	*wall_s_out = clock_days(year, month, (int)day) * DAY_S + clock_s - offset_s;
	return true;
}

/* Freshness. */

/* Steps over one element of a list, quoted strings whole; false at the end. */
static bool
directive(struct cursor *c, char separator, struct bytes *out)
{
	bool quoted = false;
	const char *start = c->at;

	if (c->at >= c->end)
		return false;
	for (; c->at < c->end && (quoted || *c->at != separator); c->at++) {
		if (quoted && *c->at == '\\' && c->at + 1 < c->end)
			c->at++;
		else if (*c->at == '"')
			quoted = !quoted;
	}
	*out = trimmed(start, (size_t)(c->at - start));
	if (c->at < c->end)
		c->at++;
	return true;
}

/* "max-age=60", "max-age=\"60\"" in seconds; -1: something else. */
static int64_t
max_age_of(struct bytes d)
{
	const char *s = d.data;

	if (d.len <= 8 || strncasecmp(s, "max-age=", 8) != 0)
		return -1;
	if (d.len > 10 && s[8] == '"' && s[d.len - 1] == '"')
		return seconds(s + 9, d.len - 10);
	return seconds(s + 8, d.len - 8);
}

/* Of all Cache-Control lines: max-age, 0 for no-store and no-cache; -1: none of them. */
static int64_t
max_age_s(struct bytes head)
{
	struct bytes line, d;
	int64_t age_s = -1;

	for (size_t n = 0; httphead_line(head, "Cache-Control", n, &line); n++) {
		struct cursor c = {line.data, (const char *)line.data + line.len};

		while (directive(&c, ',', &d)) {
			const char *s = d.data;

			if ((d.len == 8 && (strncasecmp(s, "no-store", 8) == 0 ||
					    strncasecmp(s, "no-cache", 8) == 0)))
				return 0;
			if (age_s < 0)
				age_s = max_age_of(d);
		}
	}
	return age_s;
}

int64_t
httphead_fresh_s(struct bytes head, int64_t now_s)
{
	int64_t fresh_s = max_age_s(head), date_s = now_s, expires_s, age_s;
	struct bytes line;

	if (fresh_s < 0 && httphead_line(head, "Expires", 0, &line)) {
		struct bytes date;

		if (httphead_line(head, "Date", 0, &date))
			(void)httphead_date(date, &date_s);
		/* What cannot be read, as "0", has expired (RFC 9111, 5.3). */
		fresh_s = httphead_date(line, &expires_s) ? expires_s - date_s : 0;
	}
	if (fresh_s < 0)
		return httphead_line(head, "Expires", 0, &line) ? 0 : -1;
	if (httphead_line(head, "Age", 0, &line) && (age_s = seconds(line.data, line.len)) > 0)
		fresh_s -= age_s;
	return fresh_s < 0 ? 0 : fresh_s > FAR_S ? FAR_S : fresh_s;
}

int64_t
httphead_retry_after_s(struct bytes head, int64_t now_s)
{
	int64_t wait_s, date_s = now_s, at_s;
	struct bytes line, date;

	if (!httphead_line(head, "Retry-After", 0, &line))
		return -1;
	wait_s = seconds(line.data, line.len);
	if (wait_s >= 0)
		return wait_s;
	if (!httphead_date(line, &at_s))
		return -1;
	if (httphead_line(head, "Date", 0, &date))
		(void)httphead_date(date, &date_s);
	wait_s = at_s - date_s;
	return wait_s <= 0 ? -1 : wait_s > FAR_S ? FAR_S : wait_s;
}

int64_t
httphead_tls_s(struct bytes head, bool *with_subdomains_out)
{
	struct bytes line, d;
	int64_t age_s = -1;
	bool below = false;

	/* Of several lines the first counts (RFC 6797, 8.1). */
	if (!httphead_line(head, "Strict-Transport-Security", 0, &line))
		return -1;
	struct cursor c = {line.data, (const char *)line.data + line.len};
	while (directive(&c, ';', &d)) {
		if (age_s < 0)
			age_s = max_age_of(d);
		below |= d.len == 17 && strncasecmp(d.data, "includeSubDomains", 17) == 0;
	}
	*with_subdomains_out = below;
	return age_s;
}
