/* Single moves; link_model_test.c plays whole games. */
#include "common/linkout.h"

#include "tests/unit/check.h"

static struct linkout *
with_options(bool by_key)
{
	const struct linkout_options options = {.stream = 7, .first_epoch = 10, .by_key = by_key};

	return linkout_new(&options);
}

static void
drop_actions(struct linkout *out, int64_t now_ms)
{
	struct linkout_action a;

	while (linkout_next(out, now_ms, &a) != LINKOUT_NONE)
		continue;
}

/* Brings one receiver up; its epoch. */
static uint64_t
bring_up(struct linkout *out, const char *endpoint, uint32_t messages, uint64_t bytes)
{
	struct frame welcome = {.type = FRAME_WELCOME,
				.from = "r",
				.stream = 7,
				.messages = messages,
				.bytes = bytes};
	struct linkout_action a;
	int peer;

	CHECK(linkout_see(out, endpoint, 0) == 0);
	linkout_tick(out, 0);
	CHECK(linkout_next(out, 0, &a) == LINKOUT_OPEN);
	peer = a.peer;
	linkout_up(out, peer, 0);
	CHECK(linkout_next(out, 0, &a) == LINKOUT_SEND && a.frame.type == FRAME_HELLO);
	welcome.epoch = a.frame.epoch;
	linkout_hear(out, &welcome, 0);
	return welcome.epoch;
}

static void
offer(struct linkout *out, uint64_t id, size_t len)
{
	CHECK(linkout_offer(out, id, len, id) == 0);
}

static void
sends_only_within_the_credit(void)
{
	struct linkout *out = with_options(false);
	struct linkout_action a;

	(void)bring_up(out, "r1", 2, 100);
	for (uint64_t id = 1; id <= 3; id++)
		offer(out, id, 10);
	CHECK(linkout_next(out, 0, &a) == LINKOUT_DATA && a.frame.id == 1 && a.frame.attempt == 1);
	CHECK(linkout_next(out, 0, &a) == LINKOUT_DATA && a.frame.id == 2);
	CHECK(linkout_next(out, 0, &a) == LINKOUT_NONE);
	CHECK(linkout_pending(out) == 3 && linkout_in_flight(out) == 2 &&
	      linkout_room(out, 0) == 0);
	linkout_free(out);
}

static void
sends_what_exceeds_all_credit_alone(void)
{
	struct linkout *out = with_options(false);
	struct linkout_action a;

	(void)bring_up(out, "r1", 4, 100);
	offer(out, 1, 1000);
	offer(out, 2, 1);
	CHECK(linkout_next(out, 0, &a) == LINKOUT_DATA && a.frame.id == 1);
	CHECK(linkout_next(out, 0, &a) == LINKOUT_NONE);
	linkout_free(out);
}

static void
gives_the_next_message_to_the_least_busy(void)
{
	struct linkout *out = with_options(false);
	struct linkout_action a;
	int peers[4];

	(void)bring_up(out, "r1", 8, 1000);
	(void)bring_up(out, "r2", 8, 1000);
	for (uint64_t id = 1; id <= 4; id++)
		offer(out, id, 1);
	for (int i = 0; i < 4; i++) {
		CHECK(linkout_next(out, 0, &a) == LINKOUT_DATA);
		peers[i] = a.peer;
	}
	CHECK(peers[0] != peers[1] && peers[2] != peers[3]);
	linkout_free(out);
}

static void
one_key_meets_one_receiver_and_waits_for_it(void)
{
	struct linkout *out = with_options(true);
	struct linkout_action a;
	int peer = -1, others = 0;

	(void)bring_up(out, "r1", 100, 10000);
	(void)bring_up(out, "r2", 100, 10000);
	for (uint64_t id = 1; id <= 50; id++) {
		CHECK(linkout_offer(out, id, 1, id % 2 ? 99 : id) == 0);
		CHECK(linkout_next(out, 0, &a) == LINKOUT_DATA);
		if (id % 2) {
			CHECK(peer < 0 || a.peer == peer);
			peer = a.peer;
		} else {
			others += a.peer != peer;
		}
	}
	CHECK(others > 0); /* other keys do meet the other */
	linkout_down(out, peer, 0);
	drop_actions(out, 0);
	CHECK(linkout_offer(out, 60, 1, 99) == 0);
	while (linkout_next(out, 0, &a) != LINKOUT_NONE)
		CHECK(a.act != LINKOUT_DATA || a.frame.id != 60);
	linkout_free(out);
}

static void
a_broken_connection_gives_everything_back_in_order(void)
{
	struct linkout *out = with_options(false);
	struct linkout_action a;

	(void)bring_up(out, "r1", 3, 100);
	for (uint64_t id = 1; id <= 4; id++)
		offer(out, id, 1);
	drop_actions(out, 0);
	linkout_down(out, 0, 0);
	CHECK(linkout_next(out, 0, &a) == LINKOUT_CLOSE);
	CHECK(linkout_in_flight(out) == 0 && linkout_pending(out) == 4);
	linkout_tick(out, LINKOUT_RETRY_MIN_MS);
	CHECK(linkout_next(out, 0, &a) == LINKOUT_OPEN);
	linkout_free(out);
}

static void
an_ack_counts_in_any_epoch_but_not_of_another_stream(void)
{
	static const uint64_t ids[] = {1};
	struct frame ack = {
		.type = FRAME_ACK, .from = "r", .stream = 8, .epoch = 3, .ids = ids, .id_count = 1};
	struct linkout *out = with_options(false);
	struct linkout_action a;

	offer(out, 1, 1);
	linkout_hear(out, &ack, 0);
	CHECK(linkout_next(out, 0, &a) == LINKOUT_NONE && linkout_pending(out) == 1);
	ack.stream = 7;
	linkout_hear(out, &ack, 0);
	CHECK(linkout_next(out, 0, &a) == LINKOUT_ACKED && a.frame.id == 1);
	CHECK(linkout_pending(out) == 0);
	linkout_free(out);
}

static void
asks_about_what_is_old_and_sends_again_what_is_not_held(void)
{
	static const uint64_t unknown[] = {2};
	struct linkout *out = with_options(false);
	struct linkout_action a;
	struct frame pong = {.type = FRAME_PONG,
			     .from = "r",
			     .stream = 7,
			     .messages = 9,
			     .bytes = 900,
			     .ids = unknown,
			     .id_count = 1};

	pong.epoch = bring_up(out, "r1", 9, 900);
	offer(out, 1, 1);
	offer(out, 2, 1);
	drop_actions(out, 0);
	linkout_tick(out, LINKOUT_FENCE_MS);
	CHECK(linkout_next(out, LINKOUT_FENCE_MS, &a) == LINKOUT_SEND &&
	      a.frame.type == FRAME_FENCE && a.frame.id_count == 2);
	pong.nonce = a.frame.nonce;
	linkout_hear(out, &pong, LINKOUT_FENCE_MS);
	CHECK(linkout_next(out, LINKOUT_FENCE_MS, &a) == LINKOUT_DATA && a.frame.id == 2 &&
	      a.frame.attempt == 2);
	/* the same answer once more says nothing about the second journey */
	linkout_hear(out, &pong, LINKOUT_FENCE_MS);
	CHECK(linkout_next(out, LINKOUT_FENCE_MS, &a) == LINKOUT_NONE);
	linkout_free(out);
}

static void
takes_silence_for_a_hang(void)
{
	struct linkout *out = with_options(false);
	struct linkout_action a;

	(void)bring_up(out, "r1", 9, 900);
	offer(out, 1, 1);
	drop_actions(out, 0);
	linkout_tick(out, LINKOUT_FENCE_MS);
	drop_actions(out, LINKOUT_FENCE_MS);
	linkout_tick(out, LINKOUT_FENCE_MS + LINKOUT_HUNG_MS - 1);
	CHECK(linkout_next(out, LINKOUT_HUNG_MS, &a) == LINKOUT_NONE);
	linkout_tick(out, LINKOUT_FENCE_MS + LINKOUT_HUNG_MS);
	CHECK(linkout_next(out, LINKOUT_HUNG_MS, &a) == LINKOUT_CLOSE);
	linkout_free(out);
}

static void
later_pauses_the_receiver_and_reject_ends_the_message(void)
{
	struct linkout *out = with_options(false);
	struct linkout_action a;
	struct frame nack = {.type = FRAME_NACK,
			     .from = "r",
			     .stream = 7,
			     .id = 1,
			     .nack = NACK_LATER,
			     .reason = "full",
			     .delay_ms = 500};

	nack.epoch = bring_up(out, "r1", 9, 900);
	offer(out, 1, 1);
	drop_actions(out, 0);
	linkout_hear(out, &nack, 0);
	CHECK(linkout_next(out, 499, &a) == LINKOUT_NONE);
	CHECK(linkout_next(out, 500, &a) == LINKOUT_DATA && a.frame.id == 1);
	nack.nack = NACK_REJECT;
	nack.reason = "bad";
	linkout_hear(out, &nack, 500);
	CHECK(linkout_next(out, 500, &a) == LINKOUT_REJECTED && a.frame.id == 1);
	CHECK_STR(a.frame.reason, "bad");
	CHECK(linkout_pending(out) == 0);
	linkout_free(out);
}

/* One full disk refuses all that is in flight: that is one reason to wait, not sixty-four. */
static void
a_window_of_laters_is_one_pause_and_the_next_window_a_longer_one(void)
{
	struct linkout *out = with_options(false);
	struct frame nack = {
		.type = FRAME_NACK, .from = "r", .stream = 7, .nack = NACK_LATER, .reason = "full"};
	int64_t now_ms = 0, pause_ms = LINKOUT_PAUSE_MIN_MS;
	struct linkout_action a;

	nack.epoch = bring_up(out, "r1", 64, 9000);
	for (uint64_t id = 1; id <= 64; id++)
		offer(out, id, 1);
	for (int round = 0; round < 3; round++) {
		drop_actions(out, now_ms);
		for (nack.id = 1; nack.id <= 64; nack.id++)
			linkout_hear(out, &nack, now_ms);
		CHECK(linkout_next(out, now_ms + pause_ms - 1, &a) == LINKOUT_NONE);
		now_ms += pause_ms;
		pause_ms *= 2;
		CHECK(linkout_next(out, now_ms, &a) == LINKOUT_DATA);
	}
	linkout_free(out);
}

static void
goes_beyond_an_epoch_that_the_receiver_remembers(void)
{
	struct frame reset = {.type = FRAME_RESET, .from = "r", .stream = 7, .nonce = 500};
	struct linkout *out = with_options(false);
	struct linkout_action a;

	reset.epoch = bring_up(out, "r1", 9, 900);
	linkout_hear(out, &reset, 0);
	drop_actions(out, 0);
	linkout_tick(out, LINKOUT_RETRY_MIN_MS);
	CHECK(linkout_next(out, 0, &a) == LINKOUT_OPEN);
	linkout_up(out, a.peer, LINKOUT_RETRY_MIN_MS);
	CHECK(linkout_next(out, 0, &a) == LINKOUT_SEND && a.frame.epoch > 500);
	linkout_free(out);
}

/* The receiver waits for the word; the socket stays until it is out. */
static void
answers_bye_with_leave_when_all_is_acked(void)
{
	static const uint64_t ids[] = {1};
	struct frame bye = {.type = FRAME_BYE, .from = "r", .stream = 7};
	struct frame ack = {.type = FRAME_ACK, .from = "r", .stream = 7, .ids = ids, .id_count = 1};
	struct linkout *out = with_options(false);
	struct linkout_action a;

	bye.epoch = ack.epoch = bring_up(out, "r1", 9, 900);
	offer(out, 1, 1);
	drop_actions(out, 0);
	linkout_hear(out, &bye, 0);
	offer(out, 2, 1);
	linkout_tick(out, 10);
	CHECK(linkout_next(out, 10, &a) == LINKOUT_NONE);
	linkout_hear(out, &ack, 20);
	CHECK(linkout_next(out, 20, &a) == LINKOUT_ACKED);
	linkout_tick(out, 20);
	CHECK(linkout_next(out, 20, &a) == LINKOUT_SEND && a.frame.type == FRAME_LEAVE &&
	      a.frame.epoch == bye.epoch);
	linkout_tick(out, 20 + LINKOUT_PAUSE_MIN_MS - 1);
	CHECK(linkout_next(out, 20 + LINKOUT_PAUSE_MIN_MS - 1, &a) == LINKOUT_NONE);
	linkout_tick(out, 20 + LINKOUT_PAUSE_MIN_MS);
	CHECK(linkout_next(out, 20 + LINKOUT_PAUSE_MIN_MS, &a) == LINKOUT_CLOSE);
	CHECK(linkout_pending(out) == 1 && linkout_resent(out) == 0);
	linkout_free(out);
}

int
main(void)
{
	RUN(sends_only_within_the_credit);
	RUN(sends_what_exceeds_all_credit_alone);
	RUN(gives_the_next_message_to_the_least_busy);
	RUN(one_key_meets_one_receiver_and_waits_for_it);
	RUN(a_broken_connection_gives_everything_back_in_order);
	RUN(an_ack_counts_in_any_epoch_but_not_of_another_stream);
	RUN(asks_about_what_is_old_and_sends_again_what_is_not_held);
	RUN(takes_silence_for_a_hang);
	RUN(later_pauses_the_receiver_and_reject_ends_the_message);
	RUN(a_window_of_laters_is_one_pause_and_the_next_window_a_longer_one);
	RUN(goes_beyond_an_epoch_that_the_receiver_remembers);
	RUN(answers_bye_with_leave_when_all_is_acked);
	return check_done();
}
