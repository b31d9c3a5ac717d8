/* parsed - for tests: a document as a string, parsed; what it gave is read through the result. */
#ifndef FM_TESTS_UNIT_PARSED_H
#define FM_TESTS_UNIT_PARSED_H

#include "parser/parse.h"
#include "tests/unit/check.h"

static struct parser *parser;
static struct arena *parsed_arena;
static struct parse_result parsed;
static struct err parsed_err;

static void
parsed_begin(void)
{
	parser = parser_new();
	parsed_arena = arena_new(PARSE_ARENA_BYTES_MAX);
}

static void
parsed_end(void)
{
	arena_free(parsed_arena);
	parser_free(parser);
}

/* The first entry; an empty one where there is none or the document was refused. */
static const struct entry *
parse_n(const char *text, size_t len)
{
	static struct entry none;
	const struct document doc = {
		.feed_id = "0123456789abcdef0123456789abcdef",
		.feed_url = "http://example.org/dir/feed",
		.body = {text, len},
	};

	memset(&none, 0, sizeof(none));
	none.item = item_empty();
	memset(&parsed, 0, sizeof(parsed));
	parsed_err = (struct err){.kind = ERR_NONE};
	arena_reset(parsed_arena);
	if (parse_document(parser, &doc, parsed_arena, &parsed, &parsed_err) < 0 ||
	    parsed.entry_count == 0)
		return &none;
	return &parsed.entries[0];
}

static inline const struct item *
parse(const char *text)
{
	return &parse_n(text, strlen(text))->item;
}

/* A channel with one item, an entry in a feed: only what is inside is given. */
static inline const struct item *
parse_rss(const char *in_channel, const char *in_item)
{
	static char text[8192];

	(void)snprintf(text, sizeof(text), "<rss><channel>%s<item>%s</item></channel></rss>",
		       in_channel, in_item);
	return parse(text);
}

static inline const struct item *
parse_atom(const char *in_feed, const char *in_entry)
{
	static char text[8192];

	(void)snprintf(text, sizeof(text),
		       "<feed xmlns=\"http://www.w3.org/2005/Atom\">%s<entry>%s</entry></feed>",
		       in_feed, in_entry);
	return parse(text);
}

static inline bool
warned(const char *part)
{
	for (size_t i = 0; i < parsed.warning_count; i++)
		if (strstr(parsed.warnings[i], part))
			return true;
	return false;
}

#endif
