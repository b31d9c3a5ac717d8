#include "parser/sniff.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "common/ascii.h"

enum {
	ROOT_NAME_BYTES_MAX = 40,
	JUNK_TAGS_MAX = 200,
	WRAPPING_TAGS_MAX = 8,
	WRAPPED_ROOTS = 2, /* how many of ROOTS, from the first on, are looked for in a page */
};

/* Root elements by their local names. */
static const struct {
	const char *name;
	enum format format;
} ROOTS[] = {
	{"rss", FORMAT_RSS},  {"feed", FORMAT_ATOM},  {"RDF", FORMAT_RDF},  {"channel", FORMAT_RSS},
	{"item", FORMAT_RSS}, {"entry", FORMAT_ATOM}, {"rss2", FORMAT_RSS}, {"items", FORMAT_RSS},
};

/* What a web server or a script prints before a feed ("<br /><b>Warning</b>: ..."). */
static const char *const JUNK[] = {
	"b",      "br",    "p",    "div",  "span",   "font",  "i",  "em", "strong", "pre", "a",
	"script", "style", "link", "meta", "center", "table", "tr", "td", "th",     "hr",  "xml",
};

/* The roots of pages, for a better reason than "unknown". */
static const char *const PAGES[] = {"html", "head", "body", "title"};

static bool
named(const char *name, size_t len, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strlen(names[i]) == len && strncasecmp(names[i], name, len) == 0)
			return true;
	return false;
}

static const char *
behind(const char *at, const char *end, const char *what)
{
	const char *found = memmem(at, (size_t)(end - at), what, strlen(what));

	return found ? found + strlen(what) : end;
}

/* Behind a document type declaration, whose internal subset is in brackets. */
static const char *
doctype(const char *at, const char *end, struct entities *entities, bool *unclosed)
{
	const char *start = at;
	bool subset = false;
	char quote = 0;

	for (; at < end; at++) {
		if (quote) {
			quote = *at == quote ? 0 : quote;
		} else if (*at == '[') {
			subset = true;
		} else if (*at == ']') {
			subset = false;
		} else if (subset && end - at >= 4 && memcmp(at, "<!--", 4) == 0) {
			at = behind(at + 4, end, "-->") - 1;
		} else if (*at == '"' || (subset && *at == '\'')) {
			quote = *at;
		} else if (*at == '>' && !subset) {
			entities_declare(entities, start, (size_t)(at - start));
			return at + 1;
		}
	}
	/* Never closed: a stray quote, say. The declaration ends at its first ">" then. */
	*unclosed = true;
	return behind(start, end, ">");
}

static size_t
name_length(const char *at, const char *end)
{
	size_t len = 0;

	while (at + len < end && !strchr(" \t\r\n>/<", at[len]) && at[len])
		len++;
	return len;
}

static bool
is_page(const char *name, size_t len)
{
	return named(name, len, PAGES, sizeof(PAGES) / sizeof(PAGES[0]));
}

/* Whether a page's tags are but the wrapping of a feed: <html><body><feed>. */
static bool
wraps_feed(const char *lt, const char *end)
{
	const char *at = lt;

	for (int tags = 0; tags < WRAPPING_TAGS_MAX && at < end && *at == '<'; tags++) {
		const size_t len = name_length(at + 1, end);

		for (size_t i = 0; i < WRAPPED_ROOTS; i++)
			if (named(at + 1, len, &ROOTS[i].name, 1))
				return true;
		if (!is_page(at + 1, len))
			return false;
		at = behind(at, end, ">");
		while (at < end && strchr(" \t\r\n", *at))
			at++;
	}
	return false;
}

/* A tag before any root. 1: it is the root; 0: junk; -1: no feed. */
static int
tag(const char *lt, const char *end, struct sniff *out, size_t *junk_tags, struct err *err)
{
	const char *name = lt + 1;
	size_t len = name_length(name, end);
	const char *colon = memchr(name, ':', len);

	if (colon) {
		len -= (size_t)(colon + 1 - name);
		name = colon + 1;
	}
	for (size_t i = 0; i < sizeof(ROOTS) / sizeof(ROOTS[0]); i++) {
		if (named(name, len, &ROOTS[i].name, 1)) {
			out->format = ROOTS[i].format;
			return 1;
		}
	}
	if (is_page(name, len) && wraps_feed(lt, end))
		return 0;
	if (is_page(name, len))
		return err_set(err, ERR_REJECT, "an HTML page, not a feed");
	if (named(name, len, JUNK, sizeof(JUNK) / sizeof(JUNK[0])) && ++*junk_tags < JUNK_TAGS_MAX)
		return 0;
	return err_set(err, ERR_REJECT, "root element <%.*s>: neither RSS, RDF nor Atom",
		       (int)(len < ROOT_NAME_BYTES_MAX ? len : ROOT_NAME_BYTES_MAX), name);
}

static int
sniff_xml(const char *text, const char *start, const char *end, struct entities *entities,
	  struct sniff *out, struct err *err)
{
	const char *at = start;
	size_t junk_tags = 0;

	while (at < end) {
		const char *lt = memchr(at, '<', (size_t)(end - at));

		for (const char *c = at; c < (lt ? lt : end); c++)
			out->junk += !strchr(" \t\r\n", *c);
		if (!lt || lt + 1 == end)
			break;
		if (lt[1] == '?') {
			const char *gt = behind(lt, end, ">");

			out->unclosed |= gt - lt < 4 || gt[-2] != '?';
			at = gt;
		} else if (end - lt >= 4 && memcmp(lt, "<!--", 4) == 0) {
			at = behind(lt + 4, end, "-->");
		} else if (end - lt >= 9 && strncasecmp(lt, "<!DOCTYPE", 9) == 0) {
			at = doctype(lt + 9, end, entities, &out->unclosed);
		} else if (ascii_is_alpha((unsigned char)lt[1])) {
			const int found = tag(lt, end, out, &junk_tags, err);

			if (found < 0)
				return -1;
			if (found) {
				out->at = (size_t)(lt - text);
				return 0;
			}
			out->junk++;
			at = lt + 1;
		} else {
			out->junk++;
			at = lt + 1;
		}
	}
	return err_set(err, ERR_REJECT,
		       out->junk == 0 ? "empty: no root element"
				      : "neither RSS, RDF, Atom nor JSON Feed: no root element");
}

int
sniff_format(const char *text, size_t len, struct entities *entities, struct sniff *out,
	     struct err *err)
{
	const char *at = text;
	const char *end = text + len;
	struct sniff sniff = {.format = FORMAT_RSS};

	while (at < end && (strchr(" \t\r\n", *at) || *at == '\0'))
		at++;
	sniff.blank = (size_t)(at - text);
	if (at < end && *at == '{') {
		sniff.format = FORMAT_JSON;
		sniff.at = (size_t)(at - text);
		*out = sniff;
		return 0;
	}
	if (end - at < 5 || memcmp(at, "<?xml", 5) != 0)
		sniff.blank = 0;
	if (sniff_xml(text, at, end, entities, &sniff, err) < 0)
		return -1;
	*out = sniff;
	return 0;
}
