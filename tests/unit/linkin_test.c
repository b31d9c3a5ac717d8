/* Single moves; link_model_test.c plays whole games. */
#include "common/linkin.h"

#include "tests/unit/check.h"

static const struct linkin_options credit = {2, 1000};

static void
hello(struct linkin *in, uint64_t stream, uint64_t epoch, struct linkin_action *answer)
{
	const struct frame frame = {.type = FRAME_HELLO,
				    .from = "a",
				    .stream = stream,
				    .epoch = epoch,
				    .ack = "ipc://a",
				    .route = ""};

	linkin_hear(in, &frame, 0);
	while (linkin_next(in, answer) == LINKIN_OPEN)
		continue;
}

static struct frame
data(uint64_t stream, uint64_t epoch, uint64_t id)
{
	return (struct frame){.type = FRAME_DATA,
			      .from = "a",
			      .stream = stream,
			      .epoch = epoch,
			      .id = id,
			      .attempt = 1,
			      .body = {"x", 1}};
}

/* Hears DATA; the ticket, or 0 when it was not delivered. */
static uint64_t
deliver(struct linkin *in, uint64_t stream, uint64_t epoch, uint64_t id)
{
	const struct frame frame = data(stream, epoch, id);
	struct linkin_action a;

	linkin_hear(in, &frame, 0);
	return linkin_next(in, &a) == LINKIN_DELIVER ? a.ticket : 0;
}

static void
welcomes_with_its_credit(void)
{
	struct linkin *in = linkin_new(&credit);
	struct linkin_action a;

	hello(in, 1, 1, &a);
	CHECK(a.act == LINKIN_SEND && a.frame.type == FRAME_WELCOME && a.frame.messages == 2 &&
	      a.frame.bytes == 1000);
	linkin_free(in);
}

static void
takes_no_more_than_its_credit(void)
{
	struct linkin *in = linkin_new(&credit);
	struct linkin_action a;

	hello(in, 1, 1, &a);
	CHECK(deliver(in, 1, 1, 1) && deliver(in, 1, 1, 2) && !deliver(in, 1, 1, 3));
	CHECK(linkin_held(in) == 2);
	linkin_free(in);
}

static void
a_new_epoch_gets_what_the_old_one_left(void)
{
	struct linkin *in = linkin_new(&credit);
	struct linkin_action a;
	uint64_t ticket;

	hello(in, 1, 1, &a);
	ticket = deliver(in, 1, 1, 1);
	hello(in, 1, 2, &a);
	CHECK(a.frame.type == FRAME_WELCOME && a.frame.messages == 1);
	linkin_ack(in, ticket);
	CHECK(linkin_next(in, &a) == LINKIN_SEND && a.frame.type == FRAME_ACK);
	CHECK(linkin_next(in, &a) == LINKIN_SEND && a.frame.type == FRAME_CREDIT &&
	      a.frame.messages == 2);
	linkin_free(in);
}

static void
drops_a_stale_epoch_and_resets_a_stranger(void)
{
	struct linkin *in = linkin_new(&credit);
	struct linkin_action a;
	struct frame frame = data(1, 1, 9);

	hello(in, 1, 2, &a);
	linkin_hear(in, &frame, 0);
	CHECK(linkin_next(in, &a) == LINKIN_SEND && a.frame.type == FRAME_RESET &&
	      a.frame.epoch == 1 && a.frame.nonce == 2);
	CHECK(linkin_held(in) == 0);
	frame.from = "nobody";
	linkin_hear(in, &frame, 0);
	CHECK(linkin_next(in, &a) == LINKIN_NONE); /* no address to answer to */
	linkin_free(in);
}

static void
answers_a_fence_with_what_it_does_not_hold(void)
{
	static const uint64_t ids[] = {1, 2, 3};
	const struct frame fence = {.type = FRAME_FENCE,
				    .from = "a",
				    .stream = 1,
				    .epoch = 1,
				    .nonce = 4,
				    .ids = ids,
				    .id_count = 3};
	struct linkin *in = linkin_new(&credit);
	struct linkin_action a;
	uint64_t first;

	hello(in, 1, 1, &a);
	first = deliver(in, 1, 1, 1);
	(void)deliver(in, 1, 1, 2);
	linkin_ack(in, first);
	linkin_hear(in, &fence, 0);
	/* the ack is told before the answer: else the sender would send 1 again */
	CHECK(linkin_next(in, &a) == LINKIN_SEND && a.frame.type == FRAME_ACK &&
	      a.frame.ids[0] == 1);
	CHECK(linkin_next(in, &a) == LINKIN_SEND && a.frame.type == FRAME_PONG &&
	      a.frame.nonce == 4);
	CHECK(a.frame.id_count == 2 && a.frame.ids[0] == 1 && a.frame.ids[1] == 3);
	linkin_free(in);
}

static void
confesses_to_the_sender_whose_message_it_died_of(void)
{
	struct linkin *in = linkin_new(&credit);
	struct linkin_action a;

	linkin_confess(in, "a", 1, 42, 4);
	linkin_confess(in, "a", 2, 43, 4); /* of a life that is over */
	hello(in, 1, 1, &a);
	CHECK(a.frame.type == FRAME_WELCOME);
	CHECK(linkin_next(in, &a) == LINKIN_SEND && a.frame.type == FRAME_NACK &&
	      a.frame.nack == NACK_CRASH && a.frame.id == 42 && a.frame.delay_ms == 4);
	CHECK(linkin_next(in, &a) == LINKIN_NONE);
	linkin_free(in);
}

static void
says_bye_also_to_those_who_come(void)
{
	struct linkin *in = linkin_new(&credit);
	struct linkin_action a;

	linkin_bye(in);
	hello(in, 1, 1, &a);
	CHECK(linkin_next(in, &a) == LINKIN_SEND && a.frame.type == FRAME_BYE);
	linkin_free(in);
}

static void
a_sender_that_leaves_is_waited_for_no_more_and_its_messages_are_known(void)
{
	struct linkin *in = linkin_new(&credit);
	struct frame leave = {.type = FRAME_LEAVE, .from = "a", .stream = 1, .epoch = 2};
	struct linkin_session_view view;
	struct linkin_action a;
	uint64_t ticket;

	hello(in, 1, 1, &a);
	ticket = deliver(in, 1, 1, 1);
	hello(in, 1, 2, &a);
	CHECK(linkin_senders(in) == 1);
	linkin_hear(in, &leave, 0);
	CHECK(linkin_senders(in) == 0);
	/* It comes back, and gives again what is in hand. */
	hello(in, 1, 3, &a);
	CHECK(linkin_senders(in) == 1 && deliver(in, 1, 3, 1) == 0);
	linkin_ack(in, ticket);
	while (linkin_next(in, &a) != LINKIN_NONE)
		continue;
	leave.epoch = 3;
	linkin_hear(in, &leave, 0);
	CHECK(linkin_next(in, &a) == LINKIN_CLOSE && !linkin_session(in, 0, &view));
	linkin_free(in);
}

static void
announces_to_all_who_are_there_and_who_come_once(void)
{
	struct linkin *in = linkin_new(&credit);
	struct linkin_action a;
	char text[2] = "a";

	hello(in, 1, 1, &a);
	CHECK(linkin_next(in, &a) == LINKIN_NONE);
	for (int i = 0; i < 2; i++)
		linkin_announce(in, (struct bytes){"lost", 4});
	CHECK(linkin_next(in, &a) == LINKIN_SEND && a.frame.type == FRAME_HINT);
	CHECK(a.frame.body.len == 4 && memcmp(a.frame.body.data, "lost", 4) == 0);
	CHECK(linkin_next(in, &a) == LINKIN_NONE);
	hello(in, 1, 2, &a);
	CHECK(a.frame.type == FRAME_WELCOME && linkin_next(in, &a) == LINKIN_SEND);
	CHECK(a.frame.type == FRAME_HINT && linkin_next(in, &a) == LINKIN_NONE);
	/* Bounded: the newest are told. */
	for (int i = 0; i < LINKIN_ANNOUNCED_MAX; i++, text[0]++) {
		linkin_announce(in, (struct bytes){text, 1});
		CHECK(linkin_next(in, &a) == LINKIN_SEND && linkin_next(in, &a) == LINKIN_NONE);
	}
	hello(in, 1, 3, &a);
	for (int i = 0; i < LINKIN_ANNOUNCED_MAX; i++)
		CHECK(linkin_next(in, &a) == LINKIN_SEND && a.frame.body.len == 1);
	CHECK(linkin_next(in, &a) == LINKIN_NONE);
	linkin_free(in);
}

static void
a_silent_sender_is_forgotten_when_nothing_is_in_hand(void)
{
	struct linkin *in = linkin_new(&credit);
	struct linkin_session_view view;
	struct linkin_action a;
	uint64_t ticket;

	hello(in, 1, 1, &a);
	ticket = deliver(in, 1, 1, 1);
	linkin_tick(in, LINKIN_SILENT_MS);
	CHECK(linkin_session(in, 0, &view) && view.held == 1);
	linkin_ack(in, ticket);
	linkin_tick(in, LINKIN_SILENT_MS);
	CHECK(!linkin_session(in, 0, &view));
	linkin_free(in);
}

int
main(void)
{
	RUN(welcomes_with_its_credit);
	RUN(takes_no_more_than_its_credit);
	RUN(a_new_epoch_gets_what_the_old_one_left);
	RUN(drops_a_stale_epoch_and_resets_a_stranger);
	RUN(answers_a_fence_with_what_it_does_not_hold);
	RUN(confesses_to_the_sender_whose_message_it_died_of);
	RUN(says_bye_also_to_those_who_come);
	RUN(a_sender_that_leaves_is_waited_for_no_more_and_its_messages_are_known);
	RUN(announces_to_all_who_are_there_and_who_come_once);
	RUN(a_silent_sender_is_forgotten_when_nothing_is_in_hand);
	return check_done();
}
