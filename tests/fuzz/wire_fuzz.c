/* Any bytes. What passes the walk is unpacked without a fault, can be asked anything, and can be
 * passed on. */
#include <string.h>

#include "common/wire.h"
#include "tests/fuzz/fuzz.h"

enum { ARENA_BYTES = 64 * 1024 * 1024, DEPTH_MAX = 3, EACH_MAX = 8 };

static const char *const keys[] = {"a", "b", "id", "list", "", NULL};

/* Every kind of question about the value at hand; a wrong one is a fault and nothing more. */
static void
ask_all(struct bytes msg, struct arena *arena, const char *key)
{
	struct wire_in *in = wire_in(msg, arena);
	struct bytes bin;

	(void)wire_has(in, key);
	(void)wire_str(in, key, 100);
	(void)wire_int(in, key);
	arena_reset(arena);
	in = wire_in(msg, arena);
	(void)wire_uint(in, key);
	bin = wire_bin(in, key, 100);
	FUZZ_CHECK(bin.len <= 100);
	FUZZ_CHECK(bin.len == 0 ||
		   ((const char *)bin.data >= (const char *)msg.data &&
		    (const char *)bin.data + bin.len <= (const char *)msg.data + msg.len));
	arena_reset(arena);
	in = wire_in(msg, arena);
	(void)wire_double(in, key);
	(void)wire_self_str(in, 10);
	(void)wire_self_bin(in, 10);
	(void)wire_self_uint(in);
	(void)wire_fault(in, NULL);
	arena_reset(arena);
}

static void
step_down(struct wire_in *in, int depth)
{
	for (size_t i = 0; depth < DEPTH_MAX && keys[i]; i++)
		step_down(wire_child(in, keys[i]), depth + 1);
	for (size_t i = 0; depth < DEPTH_MAX && i < EACH_MAX && i < wire_count(in); i++)
		step_down(wire_at(in, i), depth + 1);
}

/* The members that nobody knows, written into a map of their own, are a message again. */
static void
pass_on(struct bytes msg, struct arena *arena)
{
	static const char *const none[] = {NULL};
	SCOPED(buf_done) struct buf out = buf_init(2 * msg.len + 1024);
	struct wire_in *in = wire_in(msg, arena);
	struct wire_map map = wire_map_begin(&out);
	uint32_t members;
	struct bytes rest = wire_rest(in, none, &members);

	wire_map_raw(&map, rest, members);
	wire_map_end(&map);
	FUZZ_CHECK(buf_failed(&out, NULL) == 0 && wire_check(buf_bytes(&out), NULL) == 0);
	FUZZ_CHECK(rest.len <= msg.len);
	arena_reset(arena);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	SCOPED(arena_free) struct arena *arena = arena_new(ARENA_BYTES);
	const struct bytes msg = {data, len};
	struct err err = {.kind = ERR_NONE};
	const int checked = wire_check(msg, &err);

	FUZZ_CHECK(arena != NULL);
	FUZZ_CHECK(checked == 0 || (err.kind == ERR_REJECT && err.text[0]));
	FUZZ_CHECK(wire_fault(wire_in(msg, arena), NULL) == checked);
	arena_reset(arena);
	for (size_t i = 0; keys[i]; i++)
		ask_all(msg, arena, keys[i]);
	step_down(wire_in(msg, arena), 0);
	arena_reset(arena);
	pass_on(msg, arena);
	return 0;
}
