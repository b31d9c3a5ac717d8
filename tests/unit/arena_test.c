#include "common/arena.h"

#include <stdint.h>

#include "tests/unit/check.h"

static void
gives_zeroed_aligned_pieces_that_do_not_overlap(void)
{
	SCOPED(arena_free) struct arena *arena = arena_new(10 << 20);
	unsigned char *pieces[2000];
	int bad = 0;

	/* Dirty memory that is given out once more is zeroed again. */
	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < 2000; i++) {
			const size_t size = i % 97;

			pieces[i] = arena_alloc(arena, size);
			bad += !pieces[i] || (uintptr_t)pieces[i] % _Alignof(max_align_t) != 0;
			for (size_t k = 0; k < size; k++)
				bad += pieces[i][k] != 0;
			memset(pieces[i], (int)(i % 255) + 1, size);
		}
		for (size_t i = 0; i < 2000; i++)
			for (size_t k = 0; k < i % 97; k++)
				bad += pieces[i][k] != i % 255 + 1;
		arena_reset(arena);
	}
	CHECK(bad == 0);
}

static void
remembers_that_it_hit_its_ceiling_until_reset(void)
{
	SCOPED(arena_free) struct arena *arena = arena_new(1000);
	struct err err = {.kind = ERR_NONE};

	CHECK(arena_alloc(arena, 600) && arena_failed(arena, &err) == 0);
	CHECK(!arena_alloc(arena, 401) && arena_alloc(arena, 400));
	CHECK(arena_failed(arena, &err) == -1 && err.kind == ERR_REJECT);
	CHECK_STR(err.text, "needs more than its 1000 bytes of memory");
	CHECK(!arena_alloc(arena, SIZE_MAX) && !arena_strndup(arena, "", SIZE_MAX));
	arena_reset(arena);
	CHECK(arena_failed(arena, &err) == 0 && arena_alloc(arena, 1000));
}

/* What cannot be handled for want of memory is nobody's fault, and comes again. */
static void
tells_a_machine_without_memory_from_a_message_that_wants_too_much(void)
{
#ifndef SANITIZED
	SCOPED(arena_free) struct arena *arena = arena_new(SIZE_MAX);
	struct err err = {.kind = ERR_NONE};

	CHECK(!arena_alloc(arena, (size_t)1 << 62));
	CHECK(arena_failed(arena, &err) == -1 && err.kind == ERR_RETRY);
	arena_reset(arena);
	CHECK(arena_failed(arena, &err) == 0 && arena_alloc(arena, 1000));
#endif
}

static void
refuses_arrays_that_overflow(void)
{
	SCOPED(arena_free) struct arena *arena = arena_new(SIZE_MAX);

	CHECK(arena_array(arena, 10, 8) && arena_failed(arena, NULL) == 0);
	CHECK(!arena_array(arena, SIZE_MAX / 4, 8) && arena_failed(arena, NULL) == -1);
}

static void
copies_strings(void)
{
	SCOPED(arena_free) struct arena *arena = arena_new(100000);
	char text[] = "hello";
	char *copy = arena_strdup(arena, text);
	const char *part = arena_strndup(arena, text, 4);

	text[0] = 'j';
	CHECK_STR(copy, "hello");
	CHECK_STR(part, "hell");
	CHECK_STR(arena_strndup(arena, NULL, 0), "");
	CHECK_STR(arena_printf(arena, "%s-%05d", text, 42), "jello-00042");
	CHECK(strlen(arena_printf(arena, "%50000d", 1)) == 50000);
	CHECK(!arena_printf(arena, "%60000d", 1) && arena_failed(arena, NULL) == -1);
}

static void
takes_pieces_larger_than_what_it_keeps(void)
{
	SCOPED(arena_free) struct arena *arena = arena_new(64 << 20);

	for (int i = 0; i < 3; i++) {
		char *piece = arena_alloc(arena, 10 << 20);

		CHECK(piece != NULL);
		memset(piece, 'x', 10 << 20);
		CHECK(arena_alloc(arena, 1) != NULL);
		arena_reset(arena);
	}
	arena_free(NULL);
}

struct calls {
	char text[16];
	size_t len;
};

static struct calls calls;

static void
note(void *arg)
{
	calls.text[calls.len++] = *(const char *)arg;
	calls.text[calls.len] = '\0';
}

static void
what_was_deferred_is_done_once_when_the_pieces_go(void)
{
	static char a[] = "a", b[] = "b", c[] = "c", d[] = "d";
	struct arena *arena = arena_new(100);

	calls = (struct calls){0};
	CHECK(arena_defer(arena, note, a) == 0 && arena_defer(arena, note, b) == 0);
	CHECK(calls.len == 0);
	arena_reset(arena);
	CHECK_STR(calls.text, "ba");
	arena_reset(arena);
	CHECK_STR(calls.text, "ba");
	CHECK(arena_defer(arena, note, c) == 0 && arena_alloc(arena, 70));
	/* No room to note it: done at once. */
	CHECK(arena_defer(arena, note, d) == -1);
	CHECK_STR(calls.text, "bad");
	arena_free(arena);
	CHECK_STR(calls.text, "badc");
	arena_free(NULL);
}

int
main(void)
{
	RUN(gives_zeroed_aligned_pieces_that_do_not_overlap);
	RUN(remembers_that_it_hit_its_ceiling_until_reset);
	RUN(tells_a_machine_without_memory_from_a_message_that_wants_too_much);
	RUN(refuses_arrays_that_overflow);
	RUN(copies_strings);
	RUN(takes_pieces_larger_than_what_it_keeps);
	RUN(what_was_deferred_is_done_once_when_the_pieces_go);
	return check_done();
}
