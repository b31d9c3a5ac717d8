#include "sink/site_name.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "common/digest.h"
#include "common/url.h"
#include "common/utf8.h"

enum {
	PLAIN_SLUG_BYTES_MAX = 48,
	READABLE_BYTES_MAX = 40,
	DIGEST_SLUG_BYTES = 8, /* 16 hex digits */
	TITLE_KEY_BYTES_MIN = 20,
	DAY_S = 24 * 60 * 60,
};

static bool
is_plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/* Names that a file system of Windows does not give to files. */
static bool
is_device(const char *slug)
{
	static const char *const devices[] = {"con", "prn", "aux", "nul", "com", "lpt"};
	const size_t len = strlen(slug);

	for (size_t i = 0; i < sizeof(devices) / sizeof(devices[0]); i++) {
		if (strncmp(slug, devices[i], 3) != 0)
			continue;
		if (i < 4 ? len == 3 : len == 4 && slug[3] >= '0' && slug[3] <= '9')
			return true;
	}
	return false;
}

/* A slug that stands for itself. It never holds "--", which all others do. */
static bool
is_slug(const char *text)
{
	const size_t len = strlen(text);

	if (len == 0 || len > PLAIN_SLUG_BYTES_MAX || text[0] == '-' || text[len - 1] == '-')
		return false;
	for (size_t i = 0; i < len; i++)
		if (!is_plain(text[i]) && (text[i] != '-' || text[i + 1] == '-'))
			return false;
	return !is_device(text);
}

/* "Readable Part" -> "readable-part--0123456789abcdef" */
static void
slug_with_digest(const char *readable, const char *id, char out[SITE_SLUG_BYTES])
{
	unsigned char digest[DIGEST_BYTES];
	char hex[2 * DIGEST_SLUG_BYTES + 1];
	size_t len = 0;

	for (; *readable != '\0' && len < READABLE_BYTES_MAX; readable++) {
		const char c = *readable >= 'A' && *readable <= 'Z' ? (char)(*readable - 'A' + 'a')
								    : *readable;

		if (is_plain(c))
			out[len++] = c;
		else if (len > 0 && out[len - 1] != '-')
			out[len++] = '-';
	}
	while (len > 0 && out[len - 1] == '-')
		len--;
	digest_hmac("feedmill site", 13, id, strlen(id), digest);
	digest_hex(digest, DIGEST_SLUG_BYTES, hex);
	(void)snprintf(out + len, SITE_SLUG_BYTES - len, "%s--%s", len > 0 ? "" : "x", hex);
}

void
site_tag_slug(const char *tag, char out[SITE_SLUG_BYTES])
{
	if (is_slug(tag))
		(void)snprintf(out, SITE_SLUG_BYTES, "%s", tag);
	else
		slug_with_digest(tag, tag, out);
}

void
site_source_slug(const char *feed_id, const char *feed_url, char out[SITE_SLUG_BYTES])
{
	SCOPED(buf_done) struct buf host = buf_init(URL_MAX_BYTES);
	const char *name;

	(void)url_host(feed_url, strlen(feed_url), &host, NULL);
	name = buf_str(&host);
	if (strncmp(name, "www.", 4) == 0)
		name += 4;
	slug_with_digest(name, feed_id, out);
}

int64_t
site_month_of(int64_t wall_s)
{
	const int64_t days = wall_s / DAY_S - (wall_s % DAY_S < 0);
	int64_t month = 1970 * 12 + days * 12 / 366; /* not too late by more than a few */

	if (days < 0)
		month -= 12;
	while (clock_days((month + 1) / 12, (int)((month + 1) % 12) + 1, 1) <= days)
		month++;
	return month;
}

int64_t
site_month_start(int64_t month)
{
	return clock_days(month / 12, (int)(month % 12) + 1, 1) * DAY_S;
}

/* Query parameters that tell where a reader came from, not what is read. */
static bool
is_tracking(const char *name, size_t len)
{
	static const char *const names[] = {
		"fbclid", "gclid", "dclid",      "msclkid",   "igshid",      "mc_cid", "mc_eid",
		"cmpid",  "ref",   "ref_src",    "rss",       "source",      "ncid",   "xtor",
		"_hsenc", "_hsmi", "guccounter", "at_medium", "at_campaign",
	};

	if (len > 4 && strncasecmp(name, "utm_", 4) == 0)
		return true;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strlen(names[i]) == len && strncasecmp(name, names[i], len) == 0)
			return true;
	return false;
}

static void
add_query(struct buf *out, const char *query, size_t len)
{
	const char *const end = query + len;
	char mark = '?';

	while (query < end) {
		const char *stop = memchr(query, '&', (size_t)(end - query));
		const char *equals;

		if (!stop)
			stop = end;
		equals = memchr(query, '=', (size_t)(stop - query));
		if (stop > query &&
		    !is_tracking(query, (size_t)((equals ? equals : stop) - query))) {
			(void)buf_addc(out, mark, NULL);
			(void)buf_add(out, query, (size_t)(stop - query), NULL);
			mark = '&';
		}
		query = stop + (stop < end);
	}
}

void
site_url_key(const char *url, struct buf *out)
{
	const size_t start = out->len;
	struct url parts;
	size_t root;

	if (!url_is_http(url, strlen(url)))
		return;
	url_split(url, strlen(url), &parts);
	(void)url_host(url, strlen(url), out, NULL);
	if (out->len - start > 4 && strncmp(out->data + start, "www.", 4) == 0) {
		memmove(out->data + start, out->data + start + 4, out->len - start - 4 + 1);
		out->len -= 4;
	}
	root = out->len;
	(void)buf_add(out, parts.path.data, parts.path.len, NULL);
	while (out->len > root && out->data[out->len - 1] == '/')
		out->data[--out->len] = '\0';
	if (parts.query.len > 0)
		add_query(out, parts.query.data, parts.query.len);
	if (parts.fragment.len > 0) {
		(void)buf_addc(out, '#', NULL);
		(void)buf_add(out, parts.fragment.data, parts.fragment.len, NULL);
	}
	if (out->len == root && out->data) {
		out->len = start;
		out->data[start] = '\0';
	}
}

/* Quotation marks, dashes, dots: what publishers spell differently. */
static bool
is_punctuation(uint32_t cp)
{
	return (cp < 0x80 && !is_plain((char)cp)) || (cp >= 0xA0 && cp <= 0xBF) ||
	       (cp >= 0x2000 && cp <= 0x206F) || (cp >= 0x3000 && cp <= 0x303F);
}

void
site_title_key(const char *title, struct buf *out)
{
	const char *const end = title + strlen(title);
	const size_t start = out->len;
	bool blank = false;

	while (title < end) {
		uint32_t cp = utf8_next(&title, end);
		char put[UTF8_BYTES_MAX];

		if (cp >= 'A' && cp <= 'Z')
			cp = cp - 'A' + 'a';
		if (is_punctuation(cp)) {
			blank = true;
			continue;
		}
		if (blank && out->len > start)
			(void)buf_addc(out, ' ', NULL);
		blank = false;
		(void)buf_add(out, put, utf8_put(cp, put), NULL);
	}
	if (out->len - start < TITLE_KEY_BYTES_MIN && out->data) {
		out->len = start;
		out->data[start] = '\0';
	}
}
