#include "common/buf.h"
#include "tests/unit/check.h"

static void
refuses_to_outgrow_its_ceiling(void)
{
	struct buf b = buf_init(5);
	struct err err = {.kind = ERR_NONE};

	CHECK(buf_add(&b, "hello", 5, &err) == 0);
	CHECK(buf_add(&b, "!", 1, &err) == -1 && err.kind == ERR_REJECT);
	CHECK_STR(buf_str(&b), "hello");
	CHECK(buf_failed(&b, &err) == -1);
	buf_reset(&b);
	CHECK(buf_failed(&b, &err) == 0 && b.len == 0);
	buf_done(&b);
}

static void
is_a_string_at_any_time(void)
{
	struct buf b = buf_init(100000);

	CHECK_STR(buf_str(&b), "");
	CHECK(buf_addf(&b, NULL, "%d-%s", 7, "x") == 0);
	CHECK_STR(buf_str(&b), "7-x");
	for (int i = 0; i < 1000; i++)
		CHECK(buf_addc(&b, 'a', NULL) == 0);
	CHECK(b.len == 1003 && strlen(buf_str(&b)) == 1003);
	buf_cut(&b, 2);
	CHECK_STR(buf_str(&b), "7-");
	buf_reset(&b);
	CHECK_STR(buf_str(&b), "");
	buf_cut(&b, 0);
	buf_done(&b);
}

/* What cannot be held for want of memory is nobody's fault, and comes again. */
static void
tells_a_machine_without_memory_from_a_text_that_is_too_long(void)
{
#ifndef SANITIZED
	struct buf b = buf_init(SIZE_MAX);
	struct err err = {.kind = ERR_NONE};
	const size_t before = buf_starvations();

	CHECK(buf_adds(&b, "begun", NULL) == 0);
	CHECK(!buf_reserve(&b, (size_t)1 << 61, &err) && err.kind == ERR_RETRY);
	CHECK(buf_failed(&b, &err) == -1 && err.kind == ERR_RETRY);
	CHECK(buf_starvations() == before + 1);
	CHECK_STR(buf_str(&b), "begun");
	buf_done(&b);
	b = buf_init(3);
	CHECK(buf_adds(&b, "four", NULL) == -1);
	CHECK(buf_failed(&b, &err) == -1 && err.kind == ERR_REJECT);
	CHECK(buf_starvations() == before + 1);
	buf_done(&b);
#endif
}

int
main(void)
{
	RUN(refuses_to_outgrow_its_ceiling);
	RUN(is_a_string_at_any_time);
	RUN(tells_a_machine_without_memory_from_a_text_that_is_too_long);
	return check_done();
}
