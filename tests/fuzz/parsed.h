/* parsed - what holds of every document that the parser takes, whatever is in it. */
#ifndef FM_TESTS_FUZZ_PARSED_H
#define FM_TESTS_FUZZ_PARSED_H

#include <string.h>

#include "common/item.h"
#include "common/url.h"
#include "common/utf8.h"
#include "parser/model.h"
#include "parser/parse.h"
#include "tests/fuzz/fuzz.h"

static inline void
check_text(const char *text, size_t max)
{
	if (!text)
		return;
	FUZZ_CHECK(*text && strlen(text) <= max && utf8_valid(text, strlen(text)));
	for (const char *c = text; *c; c++)
		FUZZ_CHECK((unsigned char)*c >= 0x20 || *c == '\n' || *c == '\t');
}

static inline void
check_url(const char *url)
{
	static const char *const SAFE[] = {"http", "https", "ftp", "magnet", NULL};

	check_text(url, ITEM_URL_BYTES_MAX);
	FUZZ_CHECK(!url || url_scheme_in(url, strlen(url), SAFE));
}

static inline void
check_item(const struct item *item, struct arena *arena)
{
	SCOPED(buf_done) struct buf wire = buf_init(ITEM_BYTES_MAX);
	struct item again;
	struct err err;

	FUZZ_CHECK(item->id && strlen(item->id) == ITEM_ID_HEX);
	FUZZ_CHECK(item->rev && strlen(item->rev) == ITEM_REV_HEX);
	check_text(item->guid, ITEM_TEXT_BYTES_MAX);
	check_text(item->title, ITEM_TITLE_BYTES_MAX);
	check_text(item->summary, ITEM_HTML_BYTES_MAX);
	check_text(item->content, ITEM_HTML_BYTES_MAX);
	check_url(item->url);
	check_url(item->image);
	check_url(item->comments);
	for (size_t i = 0; i < item->enclosure_count; i++)
		check_url(item->enclosures[i].url);
	for (size_t i = 0; i < item->category_count; i++)
		check_text(item->categories[i], ITEM_TEXT_BYTES_MAX);
	/* What the parser makes, the classifier can read. */
	FUZZ_CHECK(item_encode(item, &wire, &err) == 0);
	FUZZ_CHECK(item_decode(buf_bytes(&wire), arena, &again, &err) == 0);
	FUZZ_CHECK(strcmp(again.id, item->id) == 0 && again.author_count == item->author_count);
}

/* Parses twice: the second time must be like the first, whatever the first left behind. */
static inline void
check_document(struct parser *parser, struct bytes body, const char *content_type)
{
	SCOPED(arena_free) struct arena *arena = arena_new(PARSE_ARENA_BYTES_MAX);
	SCOPED(buf_done) struct buf json = buf_init(SIZE_MAX / 4);
	SCOPED(buf_done) struct buf json_again = buf_init(SIZE_MAX / 4);
	const struct document doc = {
		.feed_id = "0123456789abcdef0123456789abcdef",
		.feed_url = "https://example.org/feed",
		.content_type = content_type,
		.body = body,
	};
	struct err err = {.kind = ERR_NONE};
	struct parse_result result;

	if (!arena)
		return;
	if (parse_document(parser, &doc, arena, &result, &err) < 0) {
		FUZZ_CHECK(parser_faults(parser) == 0);
		FUZZ_CHECK(err.kind == ERR_REJECT && err.text[0] &&
			   strncmp(err.text, "libxml2", 7) != 0);
		return;
	}
	FUZZ_CHECK(parser_faults(parser) == 0);
	for (size_t i = 0; i < result.entry_count; i++)
		check_item(&result.entries[i].item, arena);
	FUZZ_CHECK(model_json(&result, &json, &err) == 0);
	FUZZ_CHECK(utf8_valid(buf_str(&json), json.len));
	arena_reset(arena);
	FUZZ_CHECK(parse_document(parser, &doc, arena, &result, &err) == 0);
	FUZZ_CHECK(model_json(&result, &json_again, &err) == 0);
	FUZZ_CHECK(strcmp(buf_str(&json), buf_str(&json_again)) == 0);
}

#endif
