#include "common/record.h"

#include <math.h>

#include "tests/unit/check.h"

enum { ARENA_BYTES = 65536 };

struct part {
	const char *name;
	int64_t bytes;
};

/* One of each kind. */
struct all {
	const char *text;
	uint64_t uint;
	int64_t whole, length, time;
	double number;
	const char *const *strings;
	size_t string_count;
	const struct part *parts;
	size_t part_count;
	const char *inner;
};

static const struct record_field part_fields[] = {
	{"name", RECORD_TEXT, offsetof(struct part, name), 5, NULL, 0, 0},
	{"bytes", RECORD_LENGTH, offsetof(struct part, bytes), 0, NULL, 0, 0},
	{0},
};
static const struct record_field inner_fields[] = {
	{"text", RECORD_TEXT, offsetof(struct all, inner), 5, NULL, 0, 0},
	{0},
};
static const struct record_field fields[] = {
	{"text", RECORD_TEXT, offsetof(struct all, text), 5, NULL, 0, 0},
	{"uint", RECORD_UINT, offsetof(struct all, uint), 0, NULL, 0, 0},
	{"int", RECORD_INT, offsetof(struct all, whole), 0, NULL, 0, 0},
	{"length", RECORD_LENGTH, offsetof(struct all, length), 0, NULL, 0, 0},
	{"time", RECORD_TIME, offsetof(struct all, time), 0, NULL, 0, 0},
	{"number", RECORD_NUMBER, offsetof(struct all, number), 0, NULL, 0, 0},
	{"strings", RECORD_STRINGS, offsetof(struct all, strings), 2, NULL,
	 offsetof(struct all, string_count), 0},
	{"parts", RECORD_OBJECTS, offsetof(struct all, parts), 2, part_fields,
	 offsetof(struct all, part_count), sizeof(struct part)},
	{"inner", RECORD_OBJECT, 0, 0, inner_fields, 0, 0},
	{0},
};

static const char *const strings[] = {"a", "b"};
static const struct part parts[] = {{"one", 1}, {NULL, -1}};
static const struct all full = {"text", INT64_MAX, -5, 0, -1, 2.5, strings, 2, parts, 2, "in"};
static const char full_json[] =
	"{\"text\":\"text\",\"uint\":9223372036854775807,\"int\":-5,\"length\":0,"
	"\"time\":\"1969-12-31T23:59:59Z\",\"number\":2.5,\"strings\":[\"a\",\"b\"],"
	"\"parts\":[{\"name\":\"one\",\"bytes\":1},{}],\"inner\":{\"text\":\"in\"}}";

static const char *
spelled(const struct all *record, struct buf *out)
{
	struct json j = json_into(out);

	buf_reset(out);
	json_object(&j);
	record_json(record, fields, &j);
	json_close(&j);
	return buf_str(out);
}

static struct all
cleared(void)
{
	struct all record = {0};

	record_clear(&record, fields);
	return record;
}

static void
encode(const struct all *record, struct buf *out)
{
	struct wire_map map = wire_map_begin(out);

	record_encode(record, fields, &map);
	wire_map_end(&map);
}

static void
every_kind_comes_back_in_both_spellings(void)
{
	SCOPED(buf_done) struct buf msg = buf_init(4096);
	SCOPED(buf_done) struct buf json = buf_init(4096);
	SCOPED(arena_free) struct arena *arena = arena_new(ARENA_BYTES);
	SCOPED(jsondoc_free)
	struct jsondoc *doc = jsondoc_parse(full_json, sizeof(full_json) - 1, NULL);
	struct all back = cleared();
	struct wire_in *in;

	CHECK_STR(spelled(&full, &json), full_json);
	encode(&full, &msg);
	in = wire_in(buf_bytes(&msg), arena);
	record_decode(in, fields, arena, &back);
	CHECK(wire_fault(in, NULL) == 0);
	CHECK_STR(spelled(&back, &json), full_json);
	back = cleared();
	CHECK(record_from_json(jsondoc_root(doc), fields, arena, &back, NULL) == 0);
	CHECK_STR(spelled(&back, &json), full_json);
}

static void
absent_stays_absent(void)
{
	SCOPED(buf_done) struct buf msg = buf_init(4096);
	SCOPED(buf_done) struct buf json = buf_init(4096);
	SCOPED(arena_free) struct arena *arena = arena_new(ARENA_BYTES);
	const struct all nothing = cleared();
	struct all back = full;
	struct wire_in *in;

	/* What is always there is 0. */
	CHECK_STR(spelled(&nothing, &json), "{\"int\":0,\"number\":0}");
	encode(&nothing, &msg);
	in = wire_in(buf_bytes(&msg), arena);
	back = cleared();
	record_decode(in, fields, arena, &back);
	CHECK(wire_fault(in, NULL) == 0);
	CHECK(!back.text && back.uint == 0 && back.length == -1 && back.time == RECORD_NO_TIME);
	CHECK(back.string_count == 0 && back.part_count == 0 && !back.inner);
}

static const char *
fault_of(const struct all *record)
{
	static struct err err;
	SCOPED(buf_done) struct buf msg = buf_init(4096);
	SCOPED(arena_free) struct arena *arena = arena_new(ARENA_BYTES);
	struct all back = cleared();
	struct wire_in *in;

	encode(record, &msg);
	in = wire_in(buf_bytes(&msg), arena);
	record_decode(in, fields, arena, &back);
	return wire_fault(in, &err) == 0 ? "none" : err.text;
}

static void
keeps_to_the_ceilings_of_its_table(void)
{
	static const char *const three[] = {"a", "b", "c"};
	static const struct part long_name[] = {{"too long", 1}};
	struct all record = full;

	CHECK_STR(fault_of(&record), "none");
	record.text = "too long";
	CHECK_STR(fault_of(&record), "text: longer than 5 bytes");
	record = full;
	record.strings = three;
	record.string_count = 3;
	CHECK_STR(fault_of(&record), "strings: too many elements");
	record = full;
	record.parts = long_name;
	record.part_count = 1;
	CHECK_STR(fault_of(&record), "parts[0].name: longer than 5 bytes");
	record = full;
	record.uint = (uint64_t)INT64_MAX + 1;
	CHECK_STR(fault_of(&record), "uint: not a whole number, or too large");
	record = full;
	record.number = (double)INFINITY;
	CHECK_STR(fault_of(&record), "number: not a finite number");
}

int
main(void)
{
	RUN(every_kind_comes_back_in_both_spellings);
	RUN(absent_stays_absent);
	RUN(keeps_to_the_ceilings_of_its_table);
	return check_done();
}
