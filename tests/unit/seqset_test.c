#include "classifier/seqset.h"
#include "tests/unit/check.h"

static void
keeps_numbers_in_order_whatever_the_order_they_come_in(void)
{
	struct seqset set = {.at = NULL};
	int bad = 0;

	for (int64_t i = 0; i < 1000; i++)
		bad += seqset_add(&set, i * 7 % 1000, NULL) < 0;
	CHECK(seqset_add(&set, 5, NULL) == 0 && set.count == 1000 && bad == 0);
	for (size_t i = 0; i < set.count; i++)
		bad += set.at[i] != (int64_t)i;
	CHECK(bad == 0);
	CHECK(seqset_remove(&set, 500) && !seqset_remove(&set, 500) && !seqset_has(&set, 500));
	CHECK(seqset_has(&set, 499) && seqset_has(&set, 501) && set.count == 999);
	seqset_remove_to(&set, 997);
	CHECK(set.count == 2 && set.at[0] == 998);
	seqset_remove_to(&set, 5);
	CHECK(set.count == 2);
	seqset_done(&set);
	CHECK(set.count == 0 && !seqset_has(&set, 998) && !seqset_remove(&set, 998));
}

int
main(void)
{
	RUN(keeps_numbers_in_order_whatever_the_order_they_come_in);
	return check_done();
}
