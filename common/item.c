#include "common/item.h"

#include <string.h>

#include "common/record.h"

#define AT(type, member) offsetof(struct type, member)

static const struct record_field author_fields[] = {
	{"name", RECORD_TEXT, AT(item_author, name), ITEM_TEXT_BYTES_MAX, NULL, 0, 0},
	{"email", RECORD_TEXT, AT(item_author, email), ITEM_TEXT_BYTES_MAX, NULL, 0, 0},
	{"url", RECORD_TEXT, AT(item_author, url), ITEM_URL_BYTES_MAX, NULL, 0, 0},
	{0},
};

static const struct record_field enclosure_fields[] = {
	{"url", RECORD_TEXT, AT(item_enclosure, url), ITEM_URL_BYTES_MAX, NULL, 0, 0},
	{"type", RECORD_TEXT, AT(item_enclosure, type), ITEM_TEXT_BYTES_MAX, NULL, 0, 0},
	{"length", RECORD_LENGTH, AT(item_enclosure, length_bytes), 0, NULL, 0, 0},
	{0},
};

static const struct record_field source_fields[] = {
	{"title", RECORD_TEXT, AT(item, source.title), ITEM_TEXT_BYTES_MAX, NULL, 0, 0},
	{"url", RECORD_TEXT, AT(item, source.url), ITEM_URL_BYTES_MAX, NULL, 0, 0},
	{0},
};

static const struct record_field feed_fields[] = {
	{"id", RECORD_TEXT, AT(item, feed.id), ITEM_TEXT_BYTES_MAX, NULL, 0, 0},
	{"url", RECORD_TEXT, AT(item, feed.url), ITEM_URL_BYTES_MAX, NULL, 0, 0},
	{"title", RECORD_TEXT, AT(item, feed.title), ITEM_TEXT_BYTES_MAX, NULL, 0, 0},
	{"link", RECORD_TEXT, AT(item, feed.link), ITEM_URL_BYTES_MAX, NULL, 0, 0},
	{"language", RECORD_TEXT, AT(item, feed.language), ITEM_TEXT_BYTES_MAX, NULL, 0, 0},
	{"folder", RECORD_TEXT, AT(item, feed.folder), ITEM_TEXT_BYTES_MAX, NULL, 0, 0},
	{0},
};

static const struct record_field why_fields[] = {
	{"rule", RECORD_TEXT, AT(item_why, rule), ITEM_TEXT_BYTES_MAX, NULL, 0, 0},
	{"field", RECORD_TEXT, AT(item_why, field), ITEM_TEXT_BYTES_MAX, NULL, 0, 0},
	{"text", RECORD_TEXT, AT(item_why, text), ITEM_TEXT_BYTES_MAX, NULL, 0, 0},
	{"at", RECORD_INT, AT(item_why, at), 0, NULL, 0, 0},
	{0},
};

static const struct record_field tag_fields[] = {
	{"tag", RECORD_TEXT, AT(item_tag, tag), ITEM_TEXT_BYTES_MAX, NULL, 0, 0},
	{"score", RECORD_NUMBER, AT(item_tag, score), 0, NULL, 0, 0},
	{"why", RECORD_OBJECTS, AT(item_tag, why), ITEM_WHY_MAX, why_fields,
	 AT(item_tag, why_count), sizeof(struct item_why)},
	{0},
};

static const struct record_field item_fields[] = {
	{"id", RECORD_TEXT, AT(item, id), ITEM_ID_HEX, NULL, 0, 0},
	{"rev", RECORD_TEXT, AT(item, rev), ITEM_REV_HEX, NULL, 0, 0},
	{"seq", RECORD_UINT, AT(item, seq), 0, NULL, 0, 0},
	{"retags", RECORD_UINT, AT(item, retags), 0, NULL, 0, 0},
	{"guid", RECORD_TEXT, AT(item, guid), ITEM_TEXT_BYTES_MAX, NULL, 0, 0},
	{"url", RECORD_TEXT, AT(item, url), ITEM_URL_BYTES_MAX, NULL, 0, 0},
	{"title", RECORD_TEXT, AT(item, title), ITEM_TITLE_BYTES_MAX, NULL, 0, 0},
	{"summary", RECORD_TEXT, AT(item, summary), ITEM_HTML_BYTES_MAX, NULL, 0, 0},
	{"content", RECORD_TEXT, AT(item, content), ITEM_HTML_BYTES_MAX, NULL, 0, 0},
	{"authors", RECORD_OBJECTS, AT(item, authors), ITEM_LIST_MAX, author_fields,
	 AT(item, author_count), sizeof(struct item_author)},
	{"published", RECORD_TIME, AT(item, published_s), 0, NULL, 0, 0},
	{"updated", RECORD_TIME, AT(item, updated_s), 0, NULL, 0, 0},
	{"fetched", RECORD_TIME, AT(item, fetched_s), 0, NULL, 0, 0},
	{"categories", RECORD_STRINGS, AT(item, categories), ITEM_LIST_MAX, NULL,
	 AT(item, category_count), 0},
	{"language", RECORD_TEXT, AT(item, language), ITEM_TEXT_BYTES_MAX, NULL, 0, 0},
	{"image", RECORD_TEXT, AT(item, image), ITEM_URL_BYTES_MAX, NULL, 0, 0},
	{"enclosures", RECORD_OBJECTS, AT(item, enclosures), ITEM_LIST_MAX, enclosure_fields,
	 AT(item, enclosure_count), sizeof(struct item_enclosure)},
	{"comments", RECORD_TEXT, AT(item, comments), ITEM_URL_BYTES_MAX, NULL, 0, 0},
	{"rights", RECORD_TEXT, AT(item, rights), ITEM_TEXT_BYTES_MAX, NULL, 0, 0},
	{"source", RECORD_OBJECT, 0, 0, source_fields, 0, 0},
	{"feed", RECORD_OBJECT, 0, 0, feed_fields, 0, 0},
	{"tags", RECORD_OBJECTS, AT(item, tags), ITEM_LIST_MAX, tag_fields, AT(item, tag_count),
	 sizeof(struct item_tag)},
	{"story", RECORD_TEXT, AT(item, story), ITEM_ID_HEX, NULL, 0, 0},
	{"story_rank", RECORD_UINT, AT(item, story_rank), 0, NULL, 0, 0},
	{0},
};

struct item
item_empty(void)
{
	struct item item = {.version = ITEM_VERSION};

	record_clear(&item, item_fields);
	return item;
}

uint64_t
item_order(uint64_t seq, uint64_t retags)
{
	enum { RETAGS_BITS = 16 };
	const uint64_t retags_max = (1U << RETAGS_BITS) - 1;
	const uint64_t seq_max = (uint64_t)INT64_MAX >> RETAGS_BITS;

	return (seq < seq_max ? seq : seq_max) << RETAGS_BITS |
	       (retags < retags_max ? retags : retags_max);
}

int
item_encode(const struct item *item, struct buf *out, struct err *err)
{
	struct wire_map map = wire_map_begin(out);

	wire_map_uint(&map, "v", item->version ? item->version : ITEM_VERSION);
	record_encode(item, item_fields, &map);
	wire_map_raw(&map, item->rest, item->rest_members);
	wire_map_end(&map);
	if (buf_failed(out, err) < 0)
		return err_in(err, "item");
	return 0;
}

static bool
is_hex(const char *s, size_t digits)
{
	return s && strlen(s) == digits && strspn(s, "0123456789abcdef") == digits;
}

int
item_decode(struct bytes msg, struct arena *arena, struct item *out, struct err *err)
{
	const char *known[sizeof(item_fields) / sizeof(item_fields[0]) + 1] = {"v"};
	struct wire_in *in = wire_in(msg, arena);
	struct item item = item_empty();

	item.version = wire_uint(in, "v");
	record_decode(in, item_fields, arena, &item);
	for (size_t i = 0; item_fields[i].key; i++)
		known[i + 1] = item_fields[i].key;
	item.rest = wire_rest(in, known, &item.rest_members);
	if (!is_hex(item.id, ITEM_ID_HEX))
		wire_fail(in, "id: not 32 hex digits");
	if (!is_hex(item.rev, ITEM_REV_HEX))
		wire_fail(in, "rev: not 16 hex digits");
	if (wire_fault(in, err) < 0)
		return err_in(err, "item");
	*out = item;
	return 0;
}

void
item_json(const struct item *item, struct json *j)
{
	json_object(j);
	json_member_int(j, "v", ITEM_VERSION);
	record_json(item, item_fields, j);
	json_close(j);
}

int
item_from_json(const char *text, size_t len, struct arena *arena, struct item *out, struct err *err)
{
	SCOPED(jsondoc_free) struct jsondoc *doc = jsondoc_parse(text, len, err);
	struct item item = item_empty();

	if (!doc || record_from_json(jsondoc_root(doc), item_fields, arena, &item, err) < 0)
		return err_in(err, "item");
	*out = item;
	return 0;
}
