#include "classifier/seqset.h"
#include "tests/unit/check.h"

static void
keeps_numbers_in_order_whatever_the_order_they_go_in(void)
{
	struct seqset set = {.at = NULL};
	struct tally ahead = {{0}};
	int bad = 0;

	for (int64_t i = 0; i < 1000; i++)
		bad += seqset_push(&set, 2 * i, NULL) < 0;
	CHECK(set.count == 1000 && bad == 0);
	for (size_t i = 0; i < set.count; i++)
		bad += seqset_at(&set, i) != 2 * (int64_t)i;
	CHECK(bad == 0);
	CHECK(seqset_remove(&set, 500, FATE_DELIVERED, &ahead));
	CHECK(!seqset_remove(&set, 500, FATE_DELIVERED, &ahead) && !seqset_has(&set, 500));
	CHECK(!seqset_has(&set, 499) && seqset_has(&set, 498) && set.count == 999);
	seqset_remove_to(&set, 1997, FATE_EXPIRED, &ahead);
	CHECK(set.count == 1 && seqset_at(&set, 0) == 1998 && tally_sum(&ahead) == 999);
	CHECK(ahead.of[FATE_EXPIRED] == 998 && ahead.of[FATE_DELIVERED] == 1);
	seqset_remove_to(&set, 5, FATE_EXPIRED, &ahead);
	CHECK(set.count == 1);
	seqset_done(&set);
	CHECK(set.count == 0 && !seqset_has(&set, 1998));
	CHECK(!seqset_remove(&set, 1998, FATE_DELIVERED, &ahead));
}

static void
uses_again_what_became_free_at_its_front(void)
{
	struct seqset set = {.at = NULL};
	struct tally ahead = {{0}};
	int bad = 0;

	for (int64_t i = 0; i < 100000; i++) {
		bad += seqset_push(&set, i, NULL) < 0;
		if (i >= 50)
			bad += !seqset_remove(&set, i - 50, FATE_DELIVERED, &ahead);
		bad += set.count > 0 && seqset_at(&set, 0) != (i >= 50 ? i - 49 : 0);
	}
	CHECK(bad == 0 && set.count == 50 && set.cap <= 256);
	CHECK(ahead.of[FATE_DELIVERED] == 100000 - 50);
	seqset_done(&set);
}

static void
counts_what_lies_behind_each_number(void)
{
	struct seqset set = {.at = NULL};
	struct tally ahead = {{0}};

	seqset_note(&set, FATE_FILTERED, 3, &ahead);
	CHECK(ahead.of[FATE_FILTERED] == 3);
	CHECK(seqset_push(&set, 4, NULL) == 0);
	seqset_note(&set, FATE_FILTERED, 2, &ahead);
	CHECK(seqset_push(&set, 7, NULL) == 0 && seqset_push(&set, 8, NULL) == 0);
	seqset_note(&set, FATE_EXPIRED, 1, &ahead);
	CHECK(tally_sum(&ahead) == 3 && tally_sum(&set.behind) == 3);
	CHECK(seqset_remove(&set, 7, FATE_QUARANTINED, &ahead) && tally_sum(&ahead) == 3);
	CHECK(seqset_remove(&set, 4, FATE_DELIVERED, &ahead));
	CHECK(ahead.of[FATE_DELIVERED] == 1 && ahead.of[FATE_QUARANTINED] == 1);
	CHECK(ahead.of[FATE_FILTERED] == 5 && ahead.of[FATE_EXPIRED] == 0);
	CHECK(seqset_remove(&set, 8, FATE_DELIVERED, &ahead) && tally_sum(&ahead) == 9);
	CHECK(tally_sum(&set.behind) == 0 && set.count == 0);
	seqset_done(&set);
}

int
main(void)
{
	RUN(keeps_numbers_in_order_whatever_the_order_they_go_in);
	RUN(uses_again_what_became_free_at_its_front);
	RUN(counts_what_lies_behind_each_number);
	return check_done();
}
