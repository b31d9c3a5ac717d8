#include "common/item.h"

#include <math.h>

#include "common/wire.h"
#include "tests/unit/check.h"

enum { ARENA_BYTES = 8 * 1024 * 1024 };

#define ID  "0123456789abcdef0123456789abcdef"
#define REV "0123456789abcdef"

static const struct item_author authors[] = {{"Ann", "ann@example.org", NULL},
					     {"Bo", NULL, "https://example.org/bo"}};
static const char *const categories[] = {"News", "B\xc3\xb6rse"};
static const struct item_enclosure enclosures[] = {
	{"https://example.org/a.mp3", "audio/mpeg", 12345}, {"https://example.org/b", NULL, -1}};
static const struct item_why whys[] = {{"bitcoin*", "title", "Bitcoin", 0},
				       {"halving", "content", "halving", 17}};
static const struct item_tag tags[] = {{"crypto", 7.5, whys, 2}, {"llms", 1, NULL, 0}};

static struct item
full(void)
{
	struct item item = item_empty();

	item.id = ID;
	item.rev = REV;
	item.seq = 77;
	item.guid = "tag:example.org,2026:1";
	item.url = "https://example.org/1";
	item.title = "Bitcoin \"rises\"";
	item.summary = "<p>s</p>";
	item.content = "<p>The next halving</p>";
	item.authors = authors;
	item.author_count = 2;
	item.published_s = 1764037838;
	item.updated_s = -1;
	item.fetched_s = 0;
	item.categories = categories;
	item.category_count = 2;
	item.language = "en";
	item.image = "https://example.org/i.png";
	item.enclosures = enclosures;
	item.enclosure_count = 2;
	item.comments = "https://example.org/1#c";
	item.rights = "(c)";
	item.source.title = "Origin";
	item.source.url = "https://origin.example";
	item.feed.id = "f0";
	item.feed.url = "https://example.org/feed";
	item.feed.title = "Example";
	item.feed.link = "https://example.org/";
	item.feed.language = "en-GB";
	item.feed.folder = "News";
	item.tags = tags;
	item.tag_count = 2;
	return item;
}

#define FULL_JSON                                                                                  \
	"{\"v\":1,\"id\":\"" ID "\",\"rev\":\"" REV "\",\"seq\":77,"                               \
	"\"guid\":\"tag:example.org,2026:1\",\"url\":\"https://example.org/1\","                   \
	"\"title\":\"Bitcoin \\\"rises\\\"\",\"summary\":\"<p>s</p>\","                            \
	"\"content\":\"<p>The next halving</p>\",\"authors\":[{\"name\":\"Ann\","                  \
	"\"email\":\"ann@example.org\"},{\"name\":\"Bo\",\"url\":\"https://example.org/bo\"}],"    \
	"\"published\":\"2025-11-25T02:30:38Z\",\"updated\":\"1969-12-31T23:59:59Z\","             \
	"\"fetched\":\"1970-01-01T00:00:00Z\",\"categories\":[\"News\",\"B\xc3\xb6rse\"],"         \
	"\"language\":\"en\",\"image\":\"https://example.org/i.png\",\"enclosures\":["             \
	"{\"url\":\"https://example.org/a.mp3\",\"type\":\"audio/mpeg\",\"length\":12345},"        \
	"{\"url\":\"https://example.org/b\"}],\"comments\":\"https://example.org/1#c\","           \
	"\"rights\":\"(c)\",\"source\":{\"title\":\"Origin\",\"url\":\"https://origin.example\"}," \
	"\"feed\":{\"id\":\"f0\",\"url\":\"https://example.org/feed\",\"title\":\"Example\","      \
	"\"link\":\"https://example.org/"                                                          \
	"\",\"language\":\"en-GB\",\"folder\":\"News\"},\"tags\":[{\"tag\":\"crypto\","            \
	"\"score\":7.5,\"why\":[{\"rule\":\"bitcoin*\",\"field\":\"title\",\"text\":\"Bitcoin\","  \
	"\"at\":0},{\"rule\":\"halving\",\"field\":\"content\",\"text\":\"halving\",\"at\":17}]}," \
	"{\"tag\":\"llms\",\"score\":1}]}"

static const char *
spelled(const struct item *item, struct buf *out)
{
	struct json j = json_into(out);

	buf_reset(out);
	item_json(item, &j);
	return buf_str(out);
}

static void
is_spelled_in_json_as_the_manual_says(void)
{
	SCOPED(buf_done) struct buf json = buf_init(65536);
	struct item item = full();

	CHECK_STR(spelled(&item, &json), FULL_JSON);
	item = item_empty();
	CHECK_STR(spelled(&item, &json), "{\"v\":1}");
	item.title = "";
	item.url = "u";
	CHECK_STR(spelled(&item, &json), "{\"v\":1,\"url\":\"u\"}");
}

static void
comes_back_from_the_wire_as_it_was(void)
{
	SCOPED(buf_done) struct buf msg = buf_init(ITEM_BYTES_MAX);
	SCOPED(buf_done) struct buf json = buf_init(65536);
	SCOPED(arena_free) struct arena *arena = arena_new(ARENA_BYTES);
	const struct item item = full();
	struct item back;
	struct err err = {.kind = ERR_NONE};

	CHECK(item_encode(&item, &msg, &err) == 0);
	CHECK(item_decode(buf_bytes(&msg), arena, &back, &err) == 0);
	CHECK_STR(err.text, "");
	CHECK_STR(spelled(&back, &json), FULL_JSON);
	CHECK(back.version == ITEM_VERSION && back.rest_members == 0);
	CHECK(back.enclosures[1].length_bytes == -1 && back.tags[1].why_count == 0);
}

static void
absent_is_absent(void)
{
	SCOPED(buf_done) struct buf msg = buf_init(ITEM_BYTES_MAX);
	SCOPED(arena_free) struct arena *arena = arena_new(ARENA_BYTES);
	struct item item = item_empty(), back;

	item.id = ID;
	item.rev = REV;
	item.title = "";
	CHECK(item_encode(&item, &msg, NULL) == 0);
	CHECK(item_decode(buf_bytes(&msg), arena, &back, NULL) == 0);
	CHECK(!back.title && !back.guid && !back.content && !back.feed.id && !back.source.url);
	CHECK(back.published_s == ITEM_NO_TIME && back.updated_s == ITEM_NO_TIME &&
	      back.fetched_s == ITEM_NO_TIME);
	CHECK(back.author_count + back.category_count + back.enclosure_count + back.tag_count == 0);
	CHECK(msg.len < 80);
}

static void
refuses_a_missing_or_misspelled_id(void)
{
	static const struct {
		const char *id, *rev, *why;
	} cases[] = {
		{NULL, REV, "item: id: not 32 hex digits"},
		{ID, NULL, "item: rev: not 16 hex digits"},
		{"0123456789ABCDEF0123456789ABCDEF", REV, "item: id: not 32 hex digits"},
		{"../../../../../../../etc/passwd", REV, "item: id: not 32 hex digits"},
		{ID, "0123", "item: rev: not 16 hex digits"},
		{ID "0", REV, "item: id: longer than 32 bytes"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		SCOPED(buf_done) struct buf msg = buf_init(ITEM_BYTES_MAX);
		SCOPED(arena_free) struct arena *arena = arena_new(ARENA_BYTES);
		struct item item = full(), back = {.seq = 5};
		struct err err = {.kind = ERR_NONE};

		item.id = cases[i].id;
		item.rev = cases[i].rev;
		CHECK(item_encode(&item, &msg, NULL) == 0);
		CHECK(item_decode(buf_bytes(&msg), arena, &back, &err) == -1);
		CHECK(err.kind == ERR_REJECT && back.seq == 5);
		CHECK_STR(err.text, cases[i].why);
	}
}

static void
passes_on_what_a_newer_version_added(void)
{
	SCOPED(buf_done) struct buf msg = buf_init(4096);
	SCOPED(buf_done) struct buf again = buf_init(4096);
	SCOPED(arena_free) struct arena *arena = arena_new(ARENA_BYTES);
	struct wire_map map = wire_map_begin(&msg);
	struct wire_in *in;
	struct item item;

	wire_map_int(&map, "v", 3);
	wire_map_str(&map, "mood", "bright");
	wire_map_str(&map, "id", ID);
	wire_map_str(&map, "rev", REV);
	wire_map_key(&map, "geo");
	wire_put_array(&msg, 2);
	wire_put_double(&msg, 1.25);
	wire_put_nil(&msg);
	wire_map_end(&map);
	CHECK(item_decode(buf_bytes(&msg), arena, &item, NULL) == 0);
	CHECK(item.version == 3 && item.rest_members == 2);
	item.tags = tags;
	item.tag_count = 2;
	CHECK(item_encode(&item, &again, NULL) == 0);
	in = wire_in(buf_bytes(&again), arena);
	CHECK(wire_int(in, "v") == 3);
	CHECK_STR(wire_str(in, "mood", 10), "bright");
	CHECK(wire_count(wire_child(in, "geo")) == 2);
	CHECK(wire_count(wire_child(in, "tags")) == 2);
	CHECK(wire_fault(in, NULL) == 0);
}

static void
keeps_to_its_ceilings(void)
{
	SCOPED(buf_done) struct buf msg = buf_init(ITEM_BYTES_MAX);
	SCOPED(arena_free) struct arena *arena = arena_new(ARENA_BYTES);
	SCOPED(free) const char **many = calloc(ITEM_LIST_MAX + 1, sizeof(*many));
	SCOPED(free) char *title = calloc(1, ITEM_TITLE_BYTES_MAX + 2);
	struct item item = full(), back;
	struct err err = {.kind = ERR_NONE};

	CHECK(many && title);
	if (!many || !title)
		return;
	for (size_t i = 0; i <= ITEM_LIST_MAX; i++)
		many[i] = "c";
	item.categories = many;
	item.category_count = ITEM_LIST_MAX;
	CHECK(item_encode(&item, &msg, NULL) == 0);
	CHECK(item_decode(buf_bytes(&msg), arena, &back, &err) == 0);
	CHECK(back.category_count == ITEM_LIST_MAX);
	buf_reset(&msg);
	item.category_count = ITEM_LIST_MAX + 1;
	CHECK(item_encode(&item, &msg, NULL) == 0);
	CHECK(item_decode(buf_bytes(&msg), arena, &back, &err) == -1 && err.kind == ERR_REJECT);
	CHECK_STR(err.text, "item: categories: too many elements");

	buf_reset(&msg);
	item = full();
	memset(title, 't', ITEM_TITLE_BYTES_MAX + 1);
	item.title = title;
	CHECK(item_encode(&item, &msg, NULL) == 0);
	CHECK(item_decode(buf_bytes(&msg), arena, &back, &err) == -1);
	CHECK_STR(err.text, "item: title: longer than 16384 bytes");
}

static void
names_the_fault_deep_inside(void)
{
	SCOPED(buf_done) struct buf msg = buf_init(4096);
	SCOPED(arena_free) struct arena *arena = arena_new(ARENA_BYTES);
	struct wire_map map = wire_map_begin(&msg);
	struct item item;
	struct err err;

	wire_map_str(&map, "id", ID);
	wire_map_str(&map, "rev", REV);
	wire_map_key(&map, "tags");
	wire_put_array(&msg, 1);
	wire_put_map(&msg, 2);
	wire_put_str(&msg, "tag");
	wire_put_str(&msg, "x");
	wire_put_str(&msg, "score");
	wire_put_str(&msg, "high");
	wire_map_end(&map);
	CHECK(item_decode(buf_bytes(&msg), arena, &item, &err) == -1);
	CHECK_STR(err.text, "item: tags[0].score: not a finite number");
}

static const char *
complaint(const char *json)
{
	static struct err err;
	SCOPED(arena_free) struct arena *arena = arena_new(ARENA_BYTES);
	struct item item;

	return item_from_json(json, strlen(json), arena, &item, &err) == 0 ? "none" : err.text;
}

static void
comes_back_from_json_as_it_was(void)
{
	SCOPED(buf_done) struct buf json = buf_init(65536);
	SCOPED(arena_free) struct arena *arena = arena_new(ARENA_BYTES);
	struct item item = {.seq = 5};
	struct err err = {.kind = ERR_NONE};

	CHECK(item_from_json(FULL_JSON, sizeof(FULL_JSON) - 1, arena, &item, &err) == 0);
	CHECK_STR(err.text, "");
	CHECK_STR(spelled(&item, &json), FULL_JSON);
}

static void
reads_json_that_says_little(void)
{
	static const char json[] = "{\"title\":\"Bitcoin\",\"mood\":1,\"content\":null,"
				   "\"summary\":\"\",\"categories\":[\"\",\"a\"]}";
	SCOPED(arena_free) struct arena *arena = arena_new(ARENA_BYTES);
	struct item item;

	CHECK(item_from_json(json, sizeof(json) - 1, arena, &item, NULL) == 0);
	CHECK_STR(item.title, "Bitcoin");
	CHECK(!item.id && !item.content && !item.summary && item.published_s == ITEM_NO_TIME);
	CHECK(item.category_count == 1 && item.version == ITEM_VERSION);
	CHECK_STR(complaint("{}"), "none");
	CHECK_STR(complaint("{\"published\":\"2026-11-25T02:30:38.5+01:00\"}"), "none");
}

static void
names_what_is_wrong_in_json(void)
{
	CHECK_STR(complaint("[]"), "item: not an object");
	CHECK_STR(complaint("{\"title\":5}"), "item: title: not a text");
	CHECK_STR(complaint("{\"title\":\"a\\u0000b\"}"), "item: title: a NUL character inside");
	CHECK_STR(complaint("{\"id\":\"" ID "0\"}"), "item: id: longer than 32 bytes");
	CHECK_STR(complaint("{\"seq\":-1}"), "item: seq: not a whole number, or out of bounds");
	CHECK_STR(complaint("{\"published\":\"yesterday\"}"),
		  "item: published: not a date as in 2026-11-25T02:30:38Z");
	CHECK_STR(complaint("{\"published\":1764037838}"),
		  "item: published: not a date as in 2026-11-25T02:30:38Z");
	CHECK_STR(complaint("{\"authors\":{}}"),
		  "item: authors: not an array, or one of too many elements");
	CHECK_STR(complaint("{\"authors\":[{},\"Ann\"]}"), "item: authors[1]: not an object");
	CHECK_STR(complaint("{\"tags\":[{\"why\":[{\"at\":\"x\"}]}]}"),
		  "item: tags[0]: why[0]: at: not a whole number, or out of bounds");
	CHECK_STR(complaint("{\"feed\":[]}"), "item: feed: not an object");
	CHECK(strncmp(complaint("{\"title\""), "item: ", 6) == 0);
}

int
main(void)
{
	RUN(is_spelled_in_json_as_the_manual_says);
	RUN(comes_back_from_the_wire_as_it_was);
	RUN(absent_is_absent);
	RUN(refuses_a_missing_or_misspelled_id);
	RUN(passes_on_what_a_newer_version_added);
	RUN(keeps_to_its_ceilings);
	RUN(names_the_fault_deep_inside);
	RUN(comes_back_from_json_as_it_was);
	RUN(reads_json_that_says_little);
	RUN(names_what_is_wrong_in_json);
	return check_done();
}
