#include "common/wire.h"

#include <math.h>

#include "tests/unit/check.h"

enum { ARENA_BYTES = 1024 * 1024 };

/* A message that has every kind of member. */
static void
write_sample(struct buf *out)
{
	struct wire_map map = wire_map_begin(out);

	wire_map_str(&map, "text", "f\xc3\xbcr");
	wire_map_str(&map, "absent", NULL);
	wire_map_str(&map, "empty", "");
	wire_map_int(&map, "int", -5);
	wire_map_uint(&map, "uint", UINT64_MAX);
	wire_map_double(&map, "double", 7.5);
	wire_map_bin(&map, "bin", (struct bytes){"\0\xff", 2});
	wire_map_key(&map, "nil");
	wire_put_nil(out);
	wire_map_key(&map, "list");
	wire_put_array(out, 3);
	wire_put_str(out, "a");
	wire_put_uint(out, 2);
	wire_put_map(out, 1);
	wire_put_str(out, "deep");
	wire_put_str(out, "down");
	wire_map_end(&map);
}

static void
reads_what_it_wrote(void)
{
	SCOPED(buf_done) struct buf out = buf_init(4096);
	SCOPED(arena_free) struct arena *arena = arena_new(ARENA_BYTES);
	struct err err = {.kind = ERR_NONE};
	struct wire_in *in, *list;
	struct bytes bin;

	write_sample(&out);
	CHECK(wire_check(buf_bytes(&out), &err) == 0);
	in = wire_in(buf_bytes(&out), arena);
	CHECK_STR(wire_str(in, "text", 10), "f\xc3\xbcr");
	CHECK(wire_int(in, "int") == -5);
	CHECK(wire_uint(in, "uint") == UINT64_MAX);
	CHECK(fabs(wire_double(in, "double") - 7.5) < 1e-9);
	bin = wire_bin(in, "bin", 2);
	CHECK(bin.len == 2 && memcmp(bin.data, "\0\xff", 2) == 0);
	list = wire_child(in, "list");
	CHECK(wire_count(list) == 3);
	CHECK_STR(wire_self_str(wire_at(list, 0), 1), "a");
	CHECK(wire_self_uint(wire_at(list, 1)) == 2);
	CHECK_STR(wire_str(wire_at(list, 2), "deep", 10), "down");
	CHECK(wire_at(list, 3) == NULL);
	CHECK(wire_fault(in, &err) == 0);
}

static void
absent_is_absent_and_no_fault(void)
{
	SCOPED(buf_done) struct buf out = buf_init(4096);
	SCOPED(arena_free) struct arena *arena = arena_new(ARENA_BYTES);
	struct wire_in *in;

	write_sample(&out);
	in = wire_in(buf_bytes(&out), arena);
	CHECK(!wire_has(in, "absent") && !wire_has(in, "empty") && !wire_has(in, "nil"));
	CHECK(wire_has(in, "text"));
	CHECK(!wire_str(in, "nil", 10) && !wire_str(in, "never", 10));
	CHECK(wire_int(in, "never") == 0 && wire_int_or(in, "nil", -7) == -7);
	CHECK(wire_bin(in, "never", 10).len == 0);
	CHECK(!wire_child(in, "never") && wire_count(wire_child(in, "never")) == 0);
	CHECK(!wire_str(wire_at(wire_child(in, "never"), 3), "x", 10));
	CHECK(wire_fault(in, NULL) == 0);
}

static void
finds_members_in_any_order(void)
{
	SCOPED(buf_done) struct buf out = buf_init(4096);
	SCOPED(arena_free) struct arena *arena = arena_new(ARENA_BYTES);
	struct wire_in *in;

	write_sample(&out);
	in = wire_in(buf_bytes(&out), arena);
	CHECK(wire_count(wire_child(in, "list")) == 3);
	CHECK(wire_int(in, "int") == -5);
	CHECK_STR(wire_str(in, "text", 10), "f\xc3\xbcr");
	CHECK_STR(wire_str(in, "text", 10), "f\xc3\xbcr");
	CHECK(wire_fault(in, NULL) == 0);
}

/* Reads the sample's member in a way that must fail, and returns the reason. */
#define FAULT_OF(read)                                                                             \
	do {                                                                                       \
		arena_reset(arena);                                                                \
		in = wire_in(buf_bytes(&out), arena);                                              \
		(void)(read);                                                                      \
		err.text[0] = '\0';                                                                \
		CHECK(wire_fault(in, &err) == -1 && err.kind == ERR_REJECT);                       \
	} while (0)

static void
the_first_fault_sticks_and_says_where(void)
{
	SCOPED(buf_done) struct buf out = buf_init(4096);
	SCOPED(arena_free) struct arena *arena = arena_new(ARENA_BYTES);
	struct err err = {.kind = ERR_NONE};
	struct wire_in *in;

	write_sample(&out);
	FAULT_OF(wire_str(in, "int", 10));
	CHECK_STR(err.text, "int: not a text");
	CHECK(!wire_str(in, "text", 10) && wire_uint(in, "uint") == 0);
	FAULT_OF(wire_str(in, "text", 3));
	CHECK_STR(err.text, "text: longer than 3 bytes");
	FAULT_OF(wire_bin(in, "text", 30));
	CHECK_STR(err.text, "text: not bytes");
	FAULT_OF(wire_bin(in, "bin", 1));
	CHECK_STR(err.text, "bin: longer than 1 bytes");
	FAULT_OF(wire_int(in, "uint"));
	CHECK_STR(err.text, "uint: not a whole number, or too large");
	FAULT_OF(wire_uint(in, "int"));
	CHECK_STR(err.text, "int: not a number from 0 up");
	FAULT_OF(wire_double(in, "text"));
	CHECK_STR(err.text, "text: not a finite number");
	FAULT_OF(wire_child(in, "int"));
	CHECK_STR(err.text, "int: neither a map nor an array");
	FAULT_OF(wire_count(in));
	CHECK_STR(err.text, "not an array");
	FAULT_OF(wire_int(wire_at(wire_child(in, "list"), 2), "deep"));
	CHECK_STR(err.text, "list[2].deep: not a whole number, or too large");
	FAULT_OF(wire_str(wire_at(wire_child(in, "list"), 0), "deep", 9));
	CHECK_STR(err.text, "list[0]: not a map");
	FAULT_OF((wire_fail(in, "mine"), wire_fail(in, "late"), 0));
	CHECK_STR(err.text, "mine");
}

static void
refuses_nul_bytes_and_numbers_without_end(void)
{
	SCOPED(buf_done) struct buf out = buf_init(4096);
	SCOPED(arena_free) struct arena *arena = arena_new(ARENA_BYTES);
	struct err err = {.kind = ERR_NONE};
	struct wire_in *in;

	wire_put_map(&out, 2);
	wire_put_str(&out, "s");
	wire_put_str_n(&out, "a\0b", 3);
	wire_put_str(&out, "d");
	wire_put_double(&out, INFINITY);
	FAULT_OF(wire_str(in, "s", 9));
	CHECK_STR(err.text, "s: a NUL byte inside");
	FAULT_OF(wire_double(in, "d"));
	CHECK_STR(err.text, "d: not a finite number");
}

static void
bytes_that_are_no_message_are_a_fault(void)
{
	SCOPED(arena_free) struct arena *arena = arena_new(ARENA_BYTES);
	struct wire_in *in = wire_in((struct bytes){"\xdd\x10\x00\x00\x00", 5}, arena);
	struct err err;

	CHECK(wire_count(in) == 0 && !wire_str(in, "a", 9) && wire_self_uint(in) == 0);
	CHECK(wire_fault(in, &err) == -1 && err.kind == ERR_REJECT);
	CHECK_STR(err.text, "byte 5: a count larger than the message");
}

static void
too_little_memory_is_a_fault_not_an_absence(void)
{
	SCOPED(buf_done) struct buf out = buf_init(4096);
	SCOPED(arena_free) struct arena *arena = arena_new(400);
	struct wire_map map = wire_map_begin(&out);
	struct wire_in *in;
	char text[1001];

	memset(text, 'a', 1000);
	text[1000] = '\0';
	wire_map_str(&map, "s", text);
	wire_map_end(&map);
	in = wire_in(buf_bytes(&out), arena);
	CHECK(!wire_str(in, "s", 5000));
	CHECK(wire_fault(in, NULL) == -1);
	arena_reset(arena);
	(void)arena_alloc(arena, 400);
	in = wire_in(buf_bytes(&out), arena);
	CHECK(!in && !wire_str(in, "s", 5000) && wire_fault(in, NULL) == -1);
	wire_fail(in, "nothing to fail");
}

static void
unknown_members_are_passed_on(void)
{
	static const char *const known[] = {"text", "int", "uint", "list", NULL};
	static const char *const all[] = {"text", "int",  "uint", "double",
					  "bin",  "list", "nil",  NULL};
	SCOPED(buf_done) struct buf out = buf_init(4096);
	SCOPED(buf_done) struct buf next = buf_init(4096);
	SCOPED(arena_free) struct arena *arena = arena_new(ARENA_BYTES);
	struct wire_map map;
	struct wire_in *in;
	struct bytes rest;
	uint32_t members;

	write_sample(&out);
	in = wire_in(buf_bytes(&out), arena);
	CHECK(wire_rest(in, all, &members).len == 0 && members == 0);
	rest = wire_rest(in, known, &members);
	CHECK(members == 3);
	map = wire_map_begin(&next);
	wire_map_str(&map, "text", "new");
	wire_map_raw(&map, rest, members);
	wire_map_end(&map);
	in = wire_in(buf_bytes(&next), arena);
	CHECK_STR(wire_str(in, "text", 10), "new");
	CHECK(fabs(wire_double(in, "double") - 7.5) < 1e-9);
	CHECK(wire_bin(in, "bin", 2).len == 2);
	CHECK(!wire_has(in, "int"));
	CHECK(wire_fault(in, NULL) == 0);
}

static void
too_many_unknown_members_are_a_fault(void)
{
	static const char *const known[] = {NULL};

	for (int n = WIRE_REST_MAX; n <= WIRE_REST_MAX + 1; n++) {
		SCOPED(buf_done) struct buf out = buf_init(4096);
		SCOPED(arena_free) struct arena *arena = arena_new(ARENA_BYTES);
		struct wire_map map = wire_map_begin(&out);
		struct wire_in *in;
		uint32_t members;

		for (int i = 0; i < n; i++) {
			char key[8];

			(void)snprintf(key, sizeof(key), "k%d", i);
			wire_map_int(&map, key, i);
		}
		wire_map_end(&map);
		in = wire_in(buf_bytes(&out), arena);
		(void)wire_rest(in, known, &members);
		CHECK(wire_fault(in, NULL) == (n > WIRE_REST_MAX ? -1 : 0));
	}
}

static void
a_map_that_nobody_could_read_is_not_written(void)
{
	SCOPED(buf_done) struct buf out = buf_init(65536);
	struct wire_map map = wire_map_begin(&out);

	for (int i = 0; i <= WIRE_MEMBERS_MAX; i++)
		wire_map_int(&map, "k", i);
	wire_map_end(&map);
	CHECK(buf_failed(&out, NULL) == -1);
}

static void
a_buffer_that_is_full_is_noticed(void)
{
	SCOPED(buf_done) struct buf out = buf_init(10);
	struct wire_map map = wire_map_begin(&out);

	wire_map_str(&map, "a", "0123456789");
	wire_map_str(&map, "b", "0");
	wire_map_end(&map);
	CHECK(buf_failed(&out, NULL) == -1);
}

int
main(void)
{
	RUN(reads_what_it_wrote);
	RUN(absent_is_absent_and_no_fault);
	RUN(finds_members_in_any_order);
	RUN(the_first_fault_sticks_and_says_where);
	RUN(refuses_nul_bytes_and_numbers_without_end);
	RUN(bytes_that_are_no_message_are_a_fault);
	RUN(too_little_memory_is_a_fault_not_an_absence);
	RUN(unknown_members_are_passed_on);
	RUN(too_many_unknown_members_are_a_fault);
	RUN(a_map_that_nobody_could_read_is_not_written);
	RUN(a_buffer_that_is_full_is_noticed);
	return check_done();
}
