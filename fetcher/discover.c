#include "fetcher/discover.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/ascii.h"
#include "common/scope.h"
#include "common/url.h"
#include "common/utf8.h"
#include "fetcher/headlink.h"

enum { SNIFF_BYTES = 4096, ATTRIBUTES_MAX = 64 };

/* The lower, the likelier. */
enum { RANK_FEED, RANK_XML, RANK_JSON, RANK_LINK, RANK_COMMENTS, RANKS };

const char *const discover_usual_paths[] = {
	"/feed", "/feed.xml", "/rss.xml", "/atom.xml", "/index.xml", "/rss", "/feed.json", NULL,
};

/* What a body is. */

/* The beginning without NULs, so that UTF-16 reads like the rest. */
static size_t
beginning(struct bytes body, char out[SNIFF_BYTES + 1])
{
	const unsigned char *s = body.data;
	size_t len = 0;

	for (size_t i = 0; i < body.len && i < (size_t)2 * SNIFF_BYTES && len < SNIFF_BYTES; i++)
		if (s[i])
			out[len++] = (char)s[i];
	out[len] = '\0';
	return len;
}

/* The name of the outermost element without its prefix; 0: there is none. */
static size_t
root_name(const char *s, const char **name)
{
	size_t len;

	while ((s = strchr(s, '<'))) {
		if (strncmp(s, "<!--", 4) == 0) {
			s = strstr(s, "-->");
			if (!s)
				return 0;
			continue;
		}
		if (s[1] != '?' && s[1] != '!' && s[1] != '/')
			break;
		s++;
	}
	if (!s)
		return 0;
	len = strcspn(++s, " \t\r\n/>");
	for (size_t i = 0; i < len; i++)
		if (s[i] == ':') {
			s += i + 1;
			len -= i + 1;
			i = (size_t)-1;
		}
	*name = s;
	return len;
}

enum discover_kind
discover_kind(struct bytes body)
{
	static const char *const feeds[] = {"rss", "feed", "rdf", "channel"};
	char start[SNIFF_BYTES + 1];
	const char *name = "";
	size_t len;

	(void)beginning(body, start);
	len = strspn(start, "\xef\xbb\xbf\xfe\xff \t\r\n");
	if (start[len] == '{')
		return strstr(start, "jsonfeed.org/version") ? DISCOVER_FEED : DISCOVER_OTHER;
	len = root_name(start, &name);
	for (size_t i = 0; i < sizeof(feeds) / sizeof(feeds[0]); i++)
		if (ascii_is_word(name, len, feeds[i]))
			return DISCOVER_FEED;
	return len > 0 ? DISCOVER_PAGE : DISCOVER_OTHER;
}

/* Tags. */

struct attribute {
	const char *name, *value;
	size_t name_len, value_len;
};

struct tag {
	const char *name;
	size_t name_len;
	struct attribute attributes[ATTRIBUTES_MAX];
	size_t count;
};

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

static const char *
skip_blanks(const char *s, const char *end)
{
	while (s < end && (is_blank(*s) || *s == '/'))
		s++;
	return s;
}

static const char *
read_value(const char *s, const char *end, struct attribute *a)
{
	const char quote = s < end && (*s == '"' || *s == '\'') ? *s : '\0';

	s += quote != '\0';
	a->value = s;
	while (s < end && (quote ? *s != quote : !is_blank(*s) && *s != '>'))
		s++;
	a->value_len = (size_t)(s - a->value);
	return quote && s < end ? s + 1 : s;
}

/* The attributes from s on: past the tag's end. */
static const char *
read_attributes(const char *s, const char *end, struct tag *tag)
{
	for (s = skip_blanks(s, end); s < end && *s != '>'; s = skip_blanks(s, end)) {
		struct attribute a = {.name = s, .value = ""};

		for (s++; s < end && !is_blank(*s) && *s != '=' && *s != '>' && *s != '/'; s++)
			;
		a.name_len = (size_t)(s - a.name);
		while (s < end && is_blank(*s))
			s++;
		if (s < end && *s == '=') {
			for (s++; s < end && is_blank(*s); s++)
				;
			s = read_value(s, end, &a);
		}
		if (tag->count < ATTRIBUTES_MAX)
			tag->attributes[tag->count++] = a;
	}
	return s < end ? s + 1 : end;
}

/* Past the content of an element that holds no markup; s stands behind its start tag. */
static const char *
skip_raw(const char *s, const char *end, const char *name)
{
	const size_t len = strlen(name);

	while ((s = memchr(s, '<', (size_t)(end - s)))) {
		if ((size_t)(end - s) > len + 2 && s[1] == '/' && ascii_is_word(s + 2, len, name))
			return s;
		s++;
	}
	return end;
}

/* The next start tag in *at; false: there is none. */
static bool
next_tag(const char **at, const char *end, struct tag *tag)
{
	static const char *const raw[] = {"script", "style", "textarea", "title", "template"};
	const char *s = *at;

	while (s < end && (s = memchr(s, '<', (size_t)(end - s)))) {
		if ((size_t)(end - s) >= 4 && memcmp(s, "<!--", 4) == 0) {
			s = memmem(s + 2, (size_t)(end - s - 2), "-->", 3);
			if (!s)
				return false;
			continue;
		}
		if (end - s < 2 || !ascii_is_alpha((unsigned char)s[1])) {
			s++;
			continue;
		}
		*tag = (struct tag){.name = ++s};
		while (s < end && !is_blank(*s) && *s != '>' && *s != '/')
			s++;
		tag->name_len = (size_t)(s - tag->name);
		s = read_attributes(s, end, tag);
		for (size_t i = 0; i < sizeof(raw) / sizeof(raw[0]); i++)
			if (ascii_is_word(tag->name, tag->name_len, raw[i]))
				s = skip_raw(s, end, raw[i]);
		*at = s;
		return true;
	}
	return false;
}

static const struct attribute *
attribute(const struct tag *tag, const char *name)
{
	for (size_t i = 0; i < tag->count; i++)
		if (ascii_is_word(tag->attributes[i].name, tag->attributes[i].name_len, name))
			return &tag->attributes[i];
	return NULL;
}

/* Whether one of the blank-separated words of the attribute is that one. */
static bool
has_word(const struct attribute *a, const char *word)
{
	const char *s = a ? a->value : NULL, *end = a ? s + a->value_len : NULL;

	while (s < end) {
		const char *start = s;

		while (s < end && !is_blank(*s))
			s++;
		if (ascii_is_word(start, (size_t)(s - start), word))
			return true;
		while (s < end && is_blank(*s))
			s++;
	}
	return false;
}

/* References: "&amp;", "&#38;", "&#x26;". */

static size_t
put_utf8(uint32_t c, char out[4])
{
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (char)(0xc0 | c >> 6);
		out[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		out[0] = (char)(0xe0 | c >> 12);
		out[1] = (char)(0x80 | (c >> 6 & 0x3f));
		out[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | c >> 18);
	out[1] = (char)(0x80 | (c >> 12 & 0x3f));
	out[2] = (char)(0x80 | (c >> 6 & 0x3f));
	out[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

/* "#38;" or "#x26;": how many bytes it has, and its character; 0: it is none. */
static size_t
read_number(const char *s, size_t len, uint32_t *out)
{
	const bool hex = len > 1 && ascii_lower((unsigned char)s[1]) == 'x';
	size_t i = hex ? 2 : 1;
	uint32_t c = 0;

	for (; i < len && s[i] != ';' && c < 0x110000; i++) {
		const int digit = ascii_hex((unsigned char)s[i]);

		if (digit < 0 || (!hex && digit > 9))
			return 0;
		c = c * (hex ? 16 : 10) + (uint32_t)digit;
	}
	if (i >= len || s[i] != ';' || c == 0 || c >= 0x110000 || (c >= 0xd800 && c < 0xe000))
		return 0;
	*out = c;
	return i + 1;
}

static void
decode(struct buf *out, const char *s, size_t len)
{
	static const struct {
		const char *name;
		char is;
	} names[] = {{"amp;", '&'}, {"quot;", '"'}, {"lt;", '<'}, {"gt;", '>'}, {"apos;", '\''}};

	for (size_t i = 0; i < len; i++) {
		const char *rest = s + i + 1;
		const size_t left = len - i - 1;
		char bytes[4] = {s[i]};
		size_t count = 1, used = 0;
		uint32_t c;

		if (s[i] == '&' && left > 0 && rest[0] == '#' &&
		    (used = read_number(rest, left, &c)) > 0)
			count = put_utf8(c, bytes);
		for (size_t n = 0; s[i] == '&' && n < sizeof(names) / sizeof(names[0]); n++)
			if (left >= strlen(names[n].name) &&
			    memcmp(rest, names[n].name, strlen(names[n].name)) == 0) {
				bytes[0] = names[n].is;
				used = strlen(names[n].name);
			}
		(void)buf_add(out, bytes, count, NULL);
		i += used;
	}
}

/* Candidates. */

struct candidate {
	struct buf href, title; /* decoded, not resolved: base may come later */
	int rank;
};

struct page {
	struct candidate found[DISCOVER_FOUND_MAX];
	size_t count;
	struct buf base;
};

static void
page_done(struct page *p)
{
	for (size_t i = 0; i < p->count; i++) {
		buf_done(&p->found[i].href);
		buf_done(&p->found[i].title);
	}
	buf_done(&p->base);
}
SCOPED_DEFINE_HELD(struct page, page_done)

static bool
mentions(const struct buf *b, const char *word)
{
	const char *s = buf_str(b);

	for (size_t i = 0; s[i]; i++)
		if (ascii_is_word(s + i, strnlen(s + i, strlen(word)), word))
			return true;
	return false;
}

static int
rank_of_type(const char *type, size_t type_len)
{
	static const struct {
		const char *type;
		int rank;
	} types[] = {
		{"application/rss+xml", RANK_FEED},   {"application/atom+xml", RANK_FEED},
		{"application/feed+json", RANK_FEED}, {"application/rdf+xml", RANK_FEED},
		{"application/xml", RANK_XML},        {"text/xml", RANK_XML},
		{"application/json", RANK_JSON},
	};
	size_t len = 0;

	while (len < type_len && type[len] != ';' && !is_blank(type[len]))
		len++;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (ascii_is_word(type, len, types[i].type))
			return types[i].rank;
	return RANKS;
}

static int
rank_of_link(const struct tag *tag)
{
	const struct attribute *rel = attribute(tag, "rel"), *type = attribute(tag, "type");

	if (has_word(rel, "stylesheet"))
		return RANKS;
	if (has_word(rel, "feed") && !type)
		return RANK_FEED;
	if (!type || (!has_word(rel, "alternate") && !has_word(rel, "feed")))
		return RANKS;
	return rank_of_type(type->value, type->value_len);
}

/* The same for a Link line of the response. */
static int
rank_of_headlink(const struct headlink *link)
{
	if (link->anchored || headlink_is(link, "stylesheet"))
		return RANKS;
	if (headlink_is(link, "feed") && link->type.len == 0)
		return RANK_FEED;
	if (!headlink_is(link, "alternate") && !headlink_is(link, "feed"))
		return RANKS;
	return link->type.len > 0 ? rank_of_type(link->type.data, link->type.len) : RANKS;
}

/* A link in the text whose address ends as those of feeds do. */
static int
rank_of_anchor(const struct attribute *href)
{
	static const char *const ends[] = {".rss",  ".atom", "rss.xml",   "atom.xml", "feed.xml",
					   "/feed", "/rss",  "index.xml", "feed.json"};
	size_t len = 0;

	while (len < href->value_len && !strchr("?#", href->value[len]))
		len++;
	while (len > 1 && href->value[len - 1] == '/')
		len--;
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (len >= strlen(ends[i]) &&
		    ascii_is_word(href->value + len - strlen(ends[i]), strlen(ends[i]), ends[i]))
			return RANK_LINK;
	return RANKS;
}

static void
note_candidate(struct page *p, const struct tag *tag, int rank)
{
	const struct attribute *href = attribute(tag, "href"), *title = attribute(tag, "title");
	struct candidate *c = &p->found[p->count];

	if (p->count == DISCOVER_FOUND_MAX || href->value_len > URL_MAX_BYTES)
		return;
	*c = (struct candidate){.href = buf_init(URL_MAX_BYTES),
				.title = buf_init(DISCOVER_TITLE_BYTES_MAX),
				.rank = rank};
	decode(&c->href, href->value, href->value_len);
	if (title)
		decode(&c->title, title->value, title->value_len);
	if (!utf8_valid(buf_str(&c->title), c->title.len) ||
	    memchr(buf_str(&c->title), '\0', c->title.len))
		buf_reset(&c->title);
	/* Every comment under a site is seldom what somebody wants of it. */
	if (mentions(&c->title, "comment") || mentions(&c->href, "/comments"))
		c->rank = RANK_COMMENTS;
	p->count++;
}

static void
read_tag(struct page *p, const struct tag *tag)
{
	const struct attribute *href = attribute(tag, "href");
	int rank = RANKS;

	if (!href || href->value_len == 0)
		return;
	if (ascii_is_word(tag->name, tag->name_len, "base") && p->base.len == 0 &&
	    href->value_len <= URL_MAX_BYTES)
		decode(&p->base, href->value, href->value_len);
	else if (ascii_is_word(tag->name, tag->name_len, "link"))
		rank = rank_of_link(tag);
	else if (ascii_is_word(tag->name, tag->name_len, "a"))
		rank = rank_of_anchor(href);
	if (rank < RANKS)
		note_candidate(p, tag, rank);
}

/* Against the response's own address: a base in the page is the page's. */
static void
read_head(struct page *p, struct bytes head, const char *page_url)
{
	struct headlink_walk walk = headlink_begin(head);
	struct headlink link;

	while (p->count < DISCOVER_FOUND_MAX && headlink_next(&walk, &link)) {
		const int rank = rank_of_headlink(&link);
		struct candidate c = {.href = buf_init(URL_MAX_BYTES),
				      .title = buf_init(DISCOVER_TITLE_BYTES_MAX),
				      .rank = rank};

		if (rank < RANKS &&
		    url_resolve(page_url, link.target.data, link.target.len, &c.href, NULL) == 0) {
			if (mentions(&c.href, "/comments"))
				c.rank = RANK_COMMENTS;
			p->found[p->count++] = c;
		} else {
			buf_done(&c.href);
		}
	}
}

/* The candidate's URL; false: it has none that we would go to. */
static bool
resolve(const struct candidate *c, const char *base, struct buf *out)
{
	SCOPED(buf_done) struct buf whole = buf_init(URL_MAX_BYTES);
	struct url parts;

	if (url_resolve(base, buf_str(&c->href), c->href.len, &whole, NULL) < 0 ||
	    !url_is_http(buf_str(&whole), whole.len))
		return false;
	url_split(buf_str(&whole), whole.len, &parts);
	if (parts.userinfo.data)
		return false;
	if (parts.fragment.data)
		buf_cut(&whole, (size_t)((const char *)parts.fragment.data - whole.data) - 1);
	return buf_adds(out, buf_str(&whole), NULL) == 0;
}

static bool
is_known(struct buf urls[], size_t count, const char *url)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(buf_str(&urls[i]), url) == 0)
			return true;
	return false;
}

int
discover_links(struct bytes head, struct bytes body, const char *page_url,
	       int (*each)(void *arg, const struct discovered *found), void *arg, struct err *err)
{
	SCOPED(page_done) struct page page = {.base = buf_init(URL_MAX_BYTES)};
	SCOPED(buf_done) struct buf base = buf_init(URL_MAX_BYTES);
	const char *at = body.data;
	const char *end = at + (body.len < DISCOVER_BYTES_MAX ? body.len : DISCOVER_BYTES_MAX);
	struct buf urls[DISCOVER_FOUND_MAX];
	size_t count = 0;
	struct tag tag;
	bool stop = false;

	read_head(&page, head, page_url);
	while (body.len > 0 && next_tag(&at, end, &tag))
		read_tag(&page, &tag);
	if (page.base.len == 0 ||
	    url_resolve(page_url, buf_str(&page.base), page.base.len, &base, NULL) < 0) {
		buf_reset(&base);
		if (buf_adds(&base, page_url, err) < 0)
			return -1;
	}
	for (int rank = 0; rank < RANKS && !stop; rank++)
		for (size_t i = 0; i < page.count && !stop; i++) {
			const struct candidate *c = &page.found[i];
			SCOPED(buf_done) struct buf url = buf_init(URL_MAX_BYTES);

			if (c->rank != rank || !resolve(c, buf_str(&base), &url) ||
			    is_known(urls, count, buf_str(&url)))
				continue;
			urls[count] = url;
			url = buf_init(0);
			stop = each(arg, &(struct discovered){.url = buf_str(&urls[count]),
							      .title = c->title.len > 0
									       ? buf_str(&c->title)
									       : NULL}) != 0;
			count++;
		}
	for (size_t i = 0; i < count; i++)
		buf_done(&urls[i]);
	return 0;
}
