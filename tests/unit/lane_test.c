#include "classifier/lane.h"
#include "tests/unit/check.h"

static void
is_done_up_to_the_first_that_is_in_flight(void)
{
	struct lane lane = lane_of(4, INT64_MAX);

	CHECK(lane.done == 4 && lane_has_more(&lane, 5) && !lane_has_more(&lane, 4));
	CHECK(lane_send(&lane, 6, NULL) == 0 && lane_send(&lane, 8, NULL) == 0);
	lane_pass(&lane, 9);
	CHECK(lane.done == 5 && lane.next == 9);
	CHECK(lane_waits(&lane, 6) && !lane_waits(&lane, 7) && lane_waits(&lane, 10));
	CHECK(lane_settle(&lane, 8, FATE_DELIVERED) && lane.done == 5 &&
	      !lane_settle(&lane, 8, FATE_DELIVERED));
	CHECK(lane_settle(&lane, 6, FATE_DELIVERED) && lane.done == 9);
	lane_pass(&lane, 7); /* never back */
	CHECK(lane.next == 9 && lane.done == 9 && !lane_is_over(&lane));
	lane_clear(&lane);
}

static void
is_over_when_its_last_row_is_settled(void)
{
	struct lane lane = lane_of(0, 10);

	CHECK(lane_send(&lane, 10, NULL) == 0);
	lane_pass(&lane, 12);
	CHECK(lane.next == 10 && lane.done == 9 && !lane_is_over(&lane));
	CHECK(!lane_has_more(&lane, 20) && !lane_waits(&lane, 11));
	CHECK(lane_settle(&lane, 10, FATE_DELIVERED) && lane_is_over(&lane));
	lane_clear(&lane);
}

static void
lets_go_of_what_it_skips(void)
{
	const struct tally none = {{0}}, few = {.of = {[FATE_EXPIRED] = 2, [FATE_FILTERED] = 1}};
	struct lane lane = lane_of(0, INT64_MAX);

	CHECK(lane_send(&lane, 1, NULL) == 0 && lane_send(&lane, 3, NULL) == 0);
	lane_pass(&lane, 4);
	lane_skip(&lane, 2, &none);
	CHECK(lane.done == 2 && lane.pending.count == 1);
	lane_skip(&lane, 7, &few);
	CHECK(lane.done == 7 && lane.next == 7 && lane.pending.count == 0);
	CHECK(lane.settled.of[FATE_EXPIRED] == 4 && lane.settled.of[FATE_FILTERED] == 1);
	lane_clear(&lane);
}

static void
tells_what_became_of_the_rows_up_to_done_and_no_others(void)
{
	struct lane lane = lane_of(0, INT64_MAX);
	struct tally sum = {{0}};

	for (int64_t seq = 1; seq <= 9; seq++) {
		if (seq % 3 == 0)
			lane_note(&lane, FATE_FILTERED); /* 3, 6, 9 */
		else
			CHECK(lane_send(&lane, seq, NULL) == 0);
		lane_pass(&lane, seq);
	}
	CHECK(lane_send(&lane, 10, NULL) == 0);
	lane_unsend(&lane);
	CHECK(lane_settle(&lane, 4, FATE_QUARANTINED) && lane_settle(&lane, 2, FATE_DELIVERED));
	CHECK(lane_settle(&lane, 8, FATE_DELIVERED) && lane.done == 0);
	CHECK(tally_sum(&lane.settled) == 0 && tally_sum(&lane.pending.behind) == 6);
	CHECK(lane_settle(&lane, 1, FATE_DELIVERED) && lane.done == 4);
	CHECK(tally_sum(&lane.settled) == 4 && lane.settled.of[FATE_QUARANTINED] == 1);
	CHECK(lane.settled.of[FATE_DELIVERED] == 2 && lane.settled.of[FATE_FILTERED] == 1);
	lane_take_settled(&lane, &sum);
	CHECK(tally_sum(&lane.settled) == 0 && tally_sum(&sum) == 4);
	CHECK(lane_settle(&lane, 7, FATE_DELIVERED) && lane.done == 4);
	CHECK(lane_settle(&lane, 5, FATE_DELIVERED) && lane.done == 9);
	lane_take_settled(&lane, &sum);
	CHECK(tally_sum(&sum) == 9 && sum.of[FATE_FILTERED] == 3 && sum.of[FATE_DELIVERED] == 5);
	CHECK(tally_sum(&lane.pending.behind) == 0);
	lane_clear(&lane);
}

int
main(void)
{
	RUN(is_done_up_to_the_first_that_is_in_flight);
	RUN(is_over_when_its_last_row_is_settled);
	RUN(lets_go_of_what_it_skips);
	RUN(tells_what_became_of_the_rows_up_to_done_and_no_others);
	return check_done();
}
