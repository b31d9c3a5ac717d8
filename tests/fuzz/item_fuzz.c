/* An item as msgpack, or, where the first byte is a brace, as a line of JSON. What was read is the
 * same item after it was written and read again, in either spelling. */
#include <string.h>

#include "common/item.h"
#include "tests/fuzz/fuzz.h"

enum { ARENA_BYTES = 64 * 1024 * 1024, TEXT_BYTES = 64 * 1024 * 1024 };

static void
spell(const struct item *item, struct buf *out)
{
	struct json j = json_into(out);

	item_json(item, &j);
	FUZZ_CHECK(buf_failed(out, NULL) == 0);
}

/* -0 becomes 0 on the first way through; from then on nothing changes. */
static void
check_json(const struct item *item)
{
	SCOPED(arena_free) struct arena *arena = arena_new(ARENA_BYTES);
	SCOPED(buf_done) struct buf first = buf_init(TEXT_BYTES);
	SCOPED(buf_done) struct buf second = buf_init(TEXT_BYTES);
	SCOPED(buf_done) struct buf third = buf_init(TEXT_BYTES);
	struct item back;

	FUZZ_CHECK(arena != NULL);
	spell(item, &first);
	FUZZ_CHECK(item_from_json(first.data, first.len, arena, &back, NULL) == 0);
	spell(&back, &second);
	FUZZ_CHECK(item_from_json(second.data, second.len, arena, &back, NULL) == 0);
	spell(&back, &third);
	FUZZ_CHECK(second.len == third.len && memcmp(second.data, third.data, third.len) == 0);
}

static void
check_wire(const struct item *item)
{
	SCOPED(arena_free) struct arena *arena = arena_new(ARENA_BYTES);
	SCOPED(buf_done) struct buf msg = buf_init(TEXT_BYTES);
	SCOPED(buf_done) struct buf again = buf_init(TEXT_BYTES);
	SCOPED(buf_done) struct buf before = buf_init(TEXT_BYTES);
	SCOPED(buf_done) struct buf after = buf_init(TEXT_BYTES);
	struct item back;

	FUZZ_CHECK(arena && item_encode(item, &msg, NULL) == 0);
	FUZZ_CHECK(item_decode(buf_bytes(&msg), arena, &back, NULL) == 0);
	FUZZ_CHECK(back.rest_members == item->rest_members);
	spell(item, &before);
	spell(&back, &after);
	FUZZ_CHECK(before.len == after.len && memcmp(before.data, after.data, after.len) == 0);
	FUZZ_CHECK(item_encode(&back, &again, NULL) == 0);
	FUZZ_CHECK(msg.len == again.len && memcmp(msg.data, again.data, msg.len) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	SCOPED(arena_free) struct arena *arena = arena_new(ARENA_BYTES);
	struct item item;
	struct err err = {.kind = ERR_NONE};
	const int json = len > 0 && data[0] == '{';
	const int got = json ? item_from_json((const char *)data, len, arena, &item, &err)
			     : item_decode((struct bytes){data, len}, arena, &item, &err);

	if (got < 0) {
		FUZZ_CHECK(err.kind == ERR_REJECT && err.text[0]);
		return 0;
	}
	check_json(&item);
	if (!json)
		check_wire(&item);
	return 0;
}
