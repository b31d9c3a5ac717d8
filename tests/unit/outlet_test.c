#include "common/outlet.h"

#include "tests/unit/sender.h"

static void
delivers_what_is_offered_and_tells_of_the_acks(void)
{
	struct inlet_message message;

	sender_begin();
	(void)joined_inlet(0);
	sender_offer(1, 3);
	JOINED_UNTIL(sender_turn(), inlet_waiting(joined.inlets[0]) == 3);
	CHECK(inlet_peek(joined.inlets[0], &message) && message.attempt == 1);
	CHECK_STR(message.from, "fetcher@main");
	CHECK(message.body.len == 6 && memcmp(message.body.data, "body 1", 6) == 0);
	CHECK(sender_sum(sender.acked) == 0);
	CHECK(sender_take(joined.inlets[0]) == 3);
	JOINED_UNTIL(sender_turn(), sender_sum(sender.acked) == 3);
	CHECK(linkout_pending(outlet_link(sender.outlet)) == 0);
	sender_end();
}

static void
finds_a_receiver_that_comes_later(void)
{
	sender_begin();
	sender_offer(1, 1);
	sender_turn();
	(void)joined_inlet(1);
	JOINED_UNTIL(sender_turn(), inlet_waiting(joined.inlets[1]) == 1);
	sender_end();
}

static void
what_a_dead_receiver_held_goes_to_another(void)
{
	struct inlet_message message;

	sender_begin();
	(void)joined_inlet(0);
	sender_offer(1, 3);
	JOINED_UNTIL(sender_turn(), inlet_waiting(joined.inlets[0]) == 3);
	joined_kill(0);
	(void)joined_inlet(1);
	JOINED_UNTIL(sender_turn(), inlet_waiting(joined.inlets[1]) == 3);
	CHECK(inlet_peek(joined.inlets[1], &message) && message.attempt == 2);
	CHECK(linkout_resent(outlet_link(sender.outlet)) == 3);
	CHECK(sender_take(joined.inlets[1]) == 3);
	JOINED_UNTIL(sender_turn(), sender_sum(sender.acked) == 3);
	sender_end();
}

static void
a_body_that_cannot_be_read_is_rejected_in_its_own_name(void)
{
	sender_begin();
	sender.unreadable = 2;
	(void)joined_inlet(0);
	sender_offer(1, 3);
	JOINED_UNTIL(sender_turn(), inlet_waiting(joined.inlets[0]) == 2);
	CHECK(sender.rejected[2] == 1 && sender_sum(sender.rejected) == 1);
	CHECK_STR(sender.who, "fetcher@main");
	CHECK_STR(sender.reason, "row 2 does not match its CRC");
	sender_end();
}

static void
says_where_its_messages_are(void)
{
	struct buf text = buf_init(4096);
	struct json j = json_into(&text);

	sender_begin();
	(void)joined_inlet(0);
	sender_offer(1, 2);
	JOINED_UNTIL(sender_turn(), inlet_waiting(joined.inlets[0]) == 2);
	json_object(&j);
	outlet_status(sender.outlet, clock_mono_ms(), &j);
	json_close(&j);
	CHECK(strstr(buf_str(&text), "\"to\":\"parser\",\"pending\":2,\"in_flight\":2"));
	CHECK(strstr(buf_str(&text), "\"state\":\"up\""));
	buf_done(&text);
	sender_end();
}

int
main(void)
{
	RUN(delivers_what_is_offered_and_tells_of_the_acks);
	RUN(finds_a_receiver_that_comes_later);
	RUN(what_a_dead_receiver_held_goes_to_another);
	RUN(a_body_that_cannot_be_read_is_rejected_in_its_own_name);
	RUN(says_where_its_messages_are);
	return check_done();
}
