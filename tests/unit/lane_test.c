#include "classifier/lane.h"
#include "tests/unit/check.h"

static void
is_done_up_to_the_first_that_is_in_flight(void)
{
	struct lane lane = lane_of(4, INT64_MAX);

	CHECK(lane.done == 4 && lane_has_more(&lane, 5) && !lane_has_more(&lane, 4));
	CHECK(seqset_add(&lane.pending, 6, NULL) == 0 && seqset_add(&lane.pending, 8, NULL) == 0);
	lane_pass(&lane, 9);
	CHECK(lane.done == 5 && lane.next == 9);
	CHECK(lane_waits(&lane, 6) && !lane_waits(&lane, 7) && lane_waits(&lane, 10));
	CHECK(lane_settle(&lane, 8) && lane.done == 5 && !lane_settle(&lane, 8));
	CHECK(lane_settle(&lane, 6) && lane.done == 9);
	lane_pass(&lane, 7); /* never back */
	CHECK(lane.next == 9 && lane.done == 9 && !lane_is_over(&lane));
	lane_clear(&lane);
}

static void
is_over_when_its_last_row_is_settled(void)
{
	struct lane lane = lane_of(0, 10);

	CHECK(seqset_add(&lane.pending, 10, NULL) == 0);
	lane_pass(&lane, 12);
	CHECK(lane.next == 10 && lane.done == 9 && !lane_is_over(&lane));
	CHECK(!lane_has_more(&lane, 20) && !lane_waits(&lane, 11));
	CHECK(lane_settle(&lane, 10) && lane_is_over(&lane));
	lane_clear(&lane);
}

static void
lets_go_of_what_it_skips(void)
{
	struct lane lane = lane_of(0, INT64_MAX);

	CHECK(seqset_add(&lane.pending, 1, NULL) == 0 && seqset_add(&lane.pending, 3, NULL) == 0);
	lane_pass(&lane, 4);
	lane_skip(&lane, 2);
	CHECK(lane.done == 2 && lane.pending.count == 1);
	lane_skip(&lane, 7);
	CHECK(lane.done == 7 && lane.next == 7 && lane.pending.count == 0);
	lane_clear(&lane);
}

int
main(void)
{
	RUN(is_done_up_to_the_first_that_is_in_flight);
	RUN(is_over_when_its_last_row_is_settled);
	RUN(lets_go_of_what_it_skips);
	return check_done();
}
