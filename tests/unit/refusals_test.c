#include "common/refusals.h"

#include <string.h>

#include "tests/unit/check.h"

static void
tells_what_is_new_once(void)
{
	struct refusals r = {0};

	CHECK(refusals_tell(&r, 0) == 0);
	refusals_add(&r, 1, "garbage");
	CHECK(refusals_tell(&r, 5) == 1);
	CHECK(refusals_tell(&r, 6) == 0);
	refusals_add(&r, 2, "a stranger");
	CHECK(refusals_tell(&r, 7) == 2);
	CHECK(strcmp(r.why, "a stranger") == 0);
	CHECK(r.count == 3);
}

static void
a_flood_is_counted_but_not_told_line_by_line(void)
{
	struct refusals r = {0};
	uint64_t lines = 0, told = 0;
	int64_t now_ms = 1000;

	for (int i = 0; i < 100000; i++) {
		uint64_t fresh;

		refusals_add(&r, 1, "garbage");
		fresh = refusals_tell(&r, now_ms);
		lines += fresh > 0;
		told += fresh;
	}
	CHECK(lines == REFUSALS_TOLD_MAX);
	now_ms += REFUSALS_SPAN_MS;
	told += refusals_tell(&r, now_ms);
	CHECK(told == 100000);
}

static void
a_long_reason_is_cut(void)
{
	char text[REFUSALS_WHY_MAX * 2];
	struct refusals r = {0};

	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = 0;
	refusals_add(&r, 1, text);
	CHECK(strlen(r.why) == REFUSALS_WHY_MAX - 1);
}

int
main(void)
{
	RUN(tells_what_is_new_once);
	RUN(a_flood_is_counted_but_not_told_line_by_line);
	RUN(a_long_reason_is_cut);
	return check_done();
}
