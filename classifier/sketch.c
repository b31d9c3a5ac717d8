#include "classifier/sketch.h"

#include <string.h>
#include <strings.h>

#include "classifier/words.h"
#include "common/hash.h"
#include "common/url.h"

enum {
	SHINGLE_WORDS = 3,
	TITLE_WORDS_MAX = 64,
	TITLE_WORDS_TELL = 4,       /* fewer tell no story by themselves */
	TITLE_WORDS_TELL_ALONE = 6, /* without a text that agrees */
	LONG_WORD_BYTES = 4,
	AGREE_SOME = 3,  /* of 24 minima: the texts have something in common */
	AGREE_MOST = 18, /* they are one, a little edited */
	HTML_BYTES_MAX = 16 * 1024,
};

static uint64_t
mixed(const char *s, size_t len)
{
	return hash_mix(hash_bytes(HASH_BASIS, s, len));
}

static uint64_t
key_of(const char *s, size_t len)
{
	const uint64_t h = mixed(s, len);

	return h ? h : 1;
}

/* The address. */

/* What says where a reader comes from, and nothing of what is read. */
static const char *const tracking_prefixes[] = {"utm_",   "at_",     "hsa_", "mtm_", "pk_",
						"piwik_", "matomo_", "mkt_", "oly_", "vero_"};
static const char *const tracking_names[] = {
	"fbclid", "gclid",   "dclid",   "msclkid", "yclid",    "igshid",   "mc_cid", "mc_eid",
	"_hsenc", "_hsmi",   "ref",     "ref_src", "cmp",      "cmpid",    "smid",   "smtyp",
	"ncid",   "partner", "ftag",    "xtor",    "feedtype", "feedname", "ito",    "guccounter",
	"srnd",   "taid",    "soc_src", "soc_trk", "wt.mc_id", "spm",      "src",    "rss",
};

static bool
is_tracking(const char *name, size_t len)
{
	for (size_t i = 0; i < sizeof(tracking_prefixes) / sizeof(*tracking_prefixes); i++) {
		const size_t prefix = strlen(tracking_prefixes[i]);

		if (len > prefix && strncasecmp(name, tracking_prefixes[i], prefix) == 0)
			return true;
	}
	for (size_t i = 0; i < sizeof(tracking_names) / sizeof(*tracking_names); i++)
		if (strlen(tracking_names[i]) == len &&
		    strncasecmp(name, tracking_names[i], len) == 0)
			return true;
	return false;
}

static void
add_query(struct bytes query, struct buf *out)
{
	const char *at = query.data, *end = at + query.len;
	char before = '?';

	while (at && at < end) {
		const char *stop = memchr(at, '&', (size_t)(end - at));
		const size_t len = (size_t)((stop ? stop : end) - at);
		const char *equals = memchr(at, '=', len);

		if (len > 0 && !is_tracking(at, equals ? (size_t)(equals - at) : len)) {
			(void)buf_addc(out, before, NULL);
			(void)buf_add(out, at, len, NULL);
			before = '&';
		}
		at = stop ? stop + 1 : end;
	}
}

void
sketch_url_key(const char *url, struct buf *out)
{
	const size_t start = out->len;
	struct url parts;
	size_t named;

	if (!url || !url_is_http(url, strlen(url)))
		return;
	url_split(url, strlen(url), &parts);
	(void)url_host(url, strlen(url), out, NULL);
	if (out->len - start > 4 && memcmp(out->data + start, "www.", 4) == 0) {
		memmove(out->data + start, out->data + start + 4, out->len - start - 4);
		buf_cut(out, out->len - 4);
	}
	if (parts.port.len > 0) {
		(void)buf_addc(out, ':', NULL);
		(void)buf_add(out, parts.port.data, parts.port.len, NULL);
	}
	named = out->len;
	(void)buf_add(out, parts.path.data, parts.path.len, NULL);
	while (out->len > named && out->data[out->len - 1] == '/')
		buf_cut(out, out->len - 1);
	add_query(parts.query, out);
	/* A place on a page may be what the item is about; "#xtor=RSS-1" is none. */
	if (parts.fragment.len > 0 && !memchr(parts.fragment.data, '=', parts.fragment.len)) {
		(void)buf_addc(out, '#', NULL);
		(void)buf_add(out, parts.fragment.data, parts.fragment.len, NULL);
	}
	if (out->len == named || buf_failed(out, NULL) < 0)
		buf_cut(out, start);
}

/* The words. */

static bool
is_number(const struct words_element *word)
{
	return word->fold[0] >= '0' && word->fold[0] <= '9';
}

static void
read_title(const char *title, struct sketch *out)
{
	uint64_t all = 0;
	size_t count = 0;
	struct words words;
	struct words_element word;

	if (!title)
		return;
	words_of(&words, title, strlen(title));
	while (count < TITLE_WORDS_MAX && words_next(&words, &word)) {
		uint64_t h;

		if (word.kind != WORDS_WORD)
			continue;
		h = mixed(word.fold, word.fold_len);
		all = hash_mix(all + h);
		count++;
		if (is_number(&word))
			out->numbers += (uint32_t)h;
		else if (word.fold_len >= LONG_WORD_BYTES)
			out->title_bits |= UINT64_C(1) << (h & 63);
	}
	out->title_words = (uint8_t)count;
	if (count >= TITLE_WORDS_TELL)
		out->title = all ? all : 1;
}

static void
add_shingle(uint64_t shingle, uint32_t minima[SKETCH_MINIMA])
{
	for (size_t i = 0; i < SKETCH_MINIMA; i++) {
		const uint32_t h =
			(uint32_t)(hash_mix(shingle + UINT64_C(0x9e3779b97f4a7c15) * (i + 1)) >>
				   32);

		if (h < minima[i])
			minima[i] = h;
	}
}

static void
read_lead(const char *text, size_t len, struct sketch *out)
{
	uint32_t minima[SKETCH_MINIMA];
	uint64_t last[SHINGLE_WORDS] = {0};
	size_t count = 0;
	struct words words;
	struct words_element word;

	memset(minima, 0xff, sizeof(minima));
	words_of(&words, text, len);
	while (count < SKETCH_LEAD_WORDS && words_next(&words, &word)) {
		if (word.kind != WORDS_WORD)
			continue;
		last[count++ % SHINGLE_WORDS] = mixed(word.fold, word.fold_len);
		if (count >= SHINGLE_WORDS)
			add_shingle(last[(count - 3) % 3] * 3 + last[(count - 2) % 3] * 5 +
					    last[(count - 1) % 3] * 7,
				    minima);
	}
	out->lead_words = (uint8_t)count;
	for (size_t i = 0; i < SKETCH_MINIMA; i++)
		out->minima[i] = (uint16_t)minima[i];
}

/* An item. */

struct sketcher
sketcher_init(void)
{
	return (struct sketcher){.text = text_init(), .url = buf_init(2 * URL_MAX_BYTES)};
}

void
sketcher_done(struct sketcher *s)
{
	text_done(&s->text);
	buf_done(&s->url);
}

/* The piece of it that is looked at: not cut inside of a character. */
static size_t
bounded(const char *html)
{
	size_t len = strnlen(html, HTML_BYTES_MAX);

	while (len > 0 && len == HTML_BYTES_MAX && ((unsigned char)html[len] & 0xc0) == 0x80)
		len--;
	return len;
}

int
sketch_item(struct sketcher *s, const struct item *item, struct sketch *out, struct err *err)
{
	const char *html = item->content ? item->content : item->summary;
	struct sketch made = {0};

	buf_reset(&s->url);
	sketch_url_key(item->url, &s->url);
	if (s->url.len > 0)
		made.url = key_of(s->url.data, s->url.len);
	buf_reset(&s->url);
	if (item->url)
		(void)url_host(item->url, strlen(item->url), &s->url, NULL);
	made.host = s->url.len > 0 ? (uint32_t)key_of(s->url.data, s->url.len) : 0;
	if (item->feed.id)
		made.feed = (uint32_t)key_of(item->feed.id, strlen(item->feed.id));
	read_title(item->title, &made);
	if (html) {
		if (text_from_html(&s->text, html, bounded(html), err) < 0)
			return -1;
		read_lead(s->text.plain.data, s->text.plain.len, &made);
	}
	*out = made;
	return 0;
}

uint64_t
sketch_band(const struct sketch *s, size_t band)
{
	enum { ROWS = SKETCH_MINIMA / SKETCH_BANDS };
	uint64_t key = band + 1;

	if (s->lead_words < SKETCH_LEAD_WORDS_MIN)
		return 0;
	for (size_t i = 0; i < ROWS; i++)
		key = hash_mix(key << 16 ^ s->minima[band * ROWS + i]);
	return key ? key : 1;
}

static int
agreement(const struct sketch *a, const struct sketch *b)
{
	int same = 0;

	for (size_t i = 0; i < SKETCH_MINIMA; i++)
		same += a->minima[i] == b->minima[i];
	return same;
}

static bool
has_lead(const struct sketch *s)
{
	return s->lead_words >= SKETCH_LEAD_WORDS_MIN;
}

bool
sketch_same_title(const struct sketch *a, const struct sketch *b)
{
	if (a->title == 0 || a->title != b->title)
		return false;
	/* "Deals of the day" is no story: where both have a text, the texts have to meet; where
	 * one has none, the title has to be somebody's own. */
	if (has_lead(a) && has_lead(b))
		return agreement(a, b) >= AGREE_SOME;
	return a->title_words >= TITLE_WORDS_TELL_ALONE;
}

bool
sketch_same_text(const struct sketch *a, const struct sketch *b)
{
	const int shared = __builtin_popcountll(a->title_bits & b->title_bits);
	const int in_a = __builtin_popcountll(a->title_bits);
	const int in_b = __builtin_popcountll(b->title_bits);

	/* One publisher's forms (weather, jobs, advisories) differ in a word of the title and a
	 * few of the text: reprints are found in another's house. */
	return has_lead(a) && has_lead(b) && a->host != b->host && a->numbers == b->numbers &&
	       agreement(a, b) >= AGREE_MOST && 2 * shared >= (in_a < in_b ? in_a : in_b);
}
