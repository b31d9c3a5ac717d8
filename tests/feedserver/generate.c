#include "tests/feedserver/generate.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>

#include "common/clock.h"

static const char *const subjects[] = {
	"the price of bitcoin",
	"a smartwatch for runners",
	"a large language model on one card",
	"gardening in a dry month",
};
static const char *const words[] = {
	"the",   "rain", "came", "late",  "and",   "a",      "garden",  "by",
	"river", "kept", "its",  "roses", "until", "winter", "without", "any",
	"help",  "from", "us",   "while", "old",   "walls",  "held",    "warmth",
};
enum { YEAR_MINUTES = 365 * 24 * 60 };
static const int64_t YEAR_2026_S = 1767225600;

uint32_t
generate_crc32(const void *data, size_t len)
{
	static uint32_t table[256];
	const unsigned char *at = data;
	uint32_t crc = UINT32_MAX;

	for (uint32_t i = 0; table[255] == 0 && i < 256; i++) {
		uint32_t row = i;

		for (int bit = 0; bit < 8; bit++)
			row = row & 1 ? row >> 1 ^ 0xedb88320U : row >> 1;
		table[i] = row;
	}
	for (size_t i = 0; i < len; i++)
		crc = crc >> 8 ^ table[(crc ^ at[i]) & 0xff];
	return ~crc;
}

/* The item's content; its markup is written with the given angle brackets. */
static void
add_content(const struct generate *g, uint64_t n, const char *open, const char *close,
	    struct buf *out)
{
	const bool marked = g->mark && n == g->first;
	uint64_t random = g->feed * 1000003 + n + 1;
	size_t from;

	(void)buf_addf(out, NULL, "%sp%s", open, close);
	from = out->len;
	(void)buf_addf(out, NULL, "%" PRIu64 "/%" PRIu64, g->feed, n);
	while (out->len - from < g->item_bytes && !out->failed) {
		random = random * 6364136223846793005U + 1442695040888963407U;
		(void)buf_addc(out, ' ', NULL);
		(void)buf_adds(out, words[(random >> 33) % (sizeof(words) / sizeof(words[0]))],
			       NULL);
	}
	(void)buf_addf(out, NULL, "%s/p%s%sp%scheck %08" PRIx32 "%s%s%s/p%s", open, close, open,
		       close, out->failed ? 0 : generate_crc32(out->data + from, out->len - from),
		       marked ? " " : "", marked ? g->mark : "", open, close);
}

static void
add_title(const struct generate *g, uint64_t n, struct buf *out)
{
	(void)buf_addf(out, NULL, "Item %" PRIu64 " of feed %" PRIu64 ": %s", n, g->feed,
		       subjects[n % 4]);
	if (g->revision)
		(void)buf_addf(out, NULL, " (revision %" PRIu64 ")", g->revision);
}

/* N minutes into 2026. */
static int64_t
date_of(uint64_t n)
{
	return YEAR_2026_S + (int64_t)(n % YEAR_MINUTES) * 60;
}

static void
add_rfc3339(uint64_t n, struct buf *out)
{
	char text[CLOCK_RFC3339_BYTES];

	(void)buf_adds(out, clock_rfc3339(date_of(n), text), NULL);
}

static void
add_rfc822(uint64_t n, struct buf *out)
{
	const time_t at = date_of(n);
	struct tm tm;
	char text[64];

	(void)gmtime_r(&at, &tm);
	if (strftime(text, sizeof(text), "%a, %d %b %Y %H:%M:%S GMT", &tm) > 0)
		(void)buf_adds(out, text, NULL);
}

static void
add_link(const struct generate *g, uint64_t n, struct buf *out)
{
	(void)buf_addf(out, NULL, "http://generated.example/item/%" PRIu64 "/%" PRIu64, g->feed, n);
}

static void
rss_head(const struct generate *g, struct buf *out)
{
	(void)buf_addf(out, NULL,
		       "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rss version=\"2.0\"><channel>"
		       "<title>Generated feed %" PRIu64 "</title>"
		       "<link>http://generated.example/</link>"
		       "<description>Items that can be foretold</description>\n",
		       g->feed);
}

static void
rss_item(const struct generate *g, uint64_t n, struct buf *out)
{
	(void)buf_addf(out, NULL, "<item><guid isPermaLink=\"false\">gen-%" PRIu64 "-%" PRIu64,
		       g->feed, n);
	(void)buf_adds(out, "</guid><title>", NULL);
	add_title(g, n, out);
	(void)buf_adds(out, "</title><link>", NULL);
	add_link(g, n, out);
	(void)buf_adds(out, "</link><pubDate>", NULL);
	add_rfc822(n, out);
	(void)buf_adds(out, "</pubDate><description>", NULL);
	add_content(g, n, "&lt;", "&gt;", out);
	(void)buf_adds(out, "</description></item>\n", NULL);
}

static void
atom_head(const struct generate *g, struct buf *out)
{
	(void)buf_addf(out, NULL,
		       "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		       "<feed xmlns=\"http://www.w3.org/2005/Atom\"><id>urn:gen:%" PRIu64 "</id>"
		       "<title>Generated feed %" PRIu64 "</title>"
		       "<updated>2026-01-01T00:00:00Z</updated>\n",
		       g->feed, g->feed);
}

static void
atom_item(const struct generate *g, uint64_t n, struct buf *out)
{
	(void)buf_addf(out, NULL, "<entry><id>gen-%" PRIu64 "-%" PRIu64 "</id><title>", g->feed, n);
	add_title(g, n, out);
	(void)buf_adds(out, "</title><link href=\"", NULL);
	add_link(g, n, out);
	(void)buf_adds(out, "\"/><published>", NULL);
	add_rfc3339(n, out);
	(void)buf_adds(out, "</published><updated>", NULL);
	add_rfc3339(n, out);
	(void)buf_adds(out, "</updated><content type=\"html\">", NULL);
	add_content(g, n, "&lt;", "&gt;", out);
	(void)buf_adds(out, "</content></entry>\n", NULL);
}

static void
json_head(const struct generate *g, struct buf *out)
{
	(void)buf_addf(out, NULL,
		       "{\"version\":\"https://jsonfeed.org/version/1.1\","
		       "\"title\":\"Generated feed %" PRIu64 "\",\"items\":[\n",
		       g->feed);
}

static void
json_item(const struct generate *g, uint64_t n, struct buf *out)
{
	(void)buf_addf(out, NULL, "{\"id\":\"gen-%" PRIu64 "-%" PRIu64 "\",\"title\":\"", g->feed,
		       n);
	add_title(g, n, out);
	(void)buf_adds(out, "\",\"url\":\"", NULL);
	add_link(g, n, out);
	(void)buf_adds(out, "\",\"date_published\":\"", NULL);
	add_rfc3339(n, out);
	(void)buf_adds(out, "\",\"content_html\":\"", NULL);
	add_content(g, n, "<", ">", out);
	(void)buf_adds(out, n > g->first ? "\"},\n" : "\"}\n", NULL);
}

static const struct format {
	const char *name, *type;
	void (*head)(const struct generate *g, struct buf *out);
	void (*item)(const struct generate *g, uint64_t n, struct buf *out);
	const char *tail;
} formats[] = {
	{"rss", "application/rss+xml", rss_head, rss_item, "</channel></rss>\n"},
	{"atom", "application/atom+xml", atom_head, atom_item, "</feed>\n"},
	{"json", "application/feed+json", json_head, json_item, "]}\n"},
};

static const struct format *
format_find(const char *name)
{
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
		if (strcmp(formats[i].name, name) == 0)
			return &formats[i];
	return NULL;
}

int
generate_feed(const struct generate *g, struct buf *out)
{
	const struct format *format = format_find(g->format);

	if (!format)
		return -1;
	format->head(g, out);
	for (uint64_t n = g->first + g->count; n > g->first && !out->failed; n--)
		format->item(g, n - 1, out);
	return buf_adds(out, format->tail, NULL) < 0 || out->failed ? -1 : 0;
}

const char *
generate_type(const char *format)
{
	const struct format *known = format_find(format);

	return known ? known->type : "application/octet-stream";
}
