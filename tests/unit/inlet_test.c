#include "common/inlet.h"

#include "tests/unit/sender.h"

static void
never_holds_more_than_the_credit_that_it_gave(void)
{
	size_t most = 0;
	int taken = 0;

	sender_begin();
	(void)joined_inlet(0);
	sender_offer(1, 40);
	JOINED_UNTIL(sender_turn(), inlet_waiting(joined.inlets[0]) == JOINED_WINDOW);
	for (int i = 0; i < 3; i++) {
		sender_turn();
		CHECK(inlet_waiting(joined.inlets[0]) == JOINED_WINDOW);
	}
	while (taken < 40) {
		const int before = taken;

		JOINED_UNTIL(sender_turn(), inlet_waiting(joined.inlets[0]) > 0);
		if (inlet_waiting(joined.inlets[0]) > most)
			most = inlet_waiting(joined.inlets[0]);
		taken += sender_take(joined.inlets[0]);
		if (taken == before)
			break;
	}
	CHECK(taken == 40 && most == JOINED_WINDOW);
	sender_end();
}

static void
a_refusal_says_later_or_never(void)
{
	struct inlet_message message;
	struct inlet *inlet;

	sender_begin();
	inlet = joined_inlet(0);
	sender_offer(1, 2);
	JOINED_UNTIL(sender_turn(), inlet_waiting(inlet) == 2);
	CHECK(inlet_peek(inlet, &message));
	linkin_nack(inlet_link(inlet), message.ticket, NACK_LATER, "the disk is full", 1);
	inlet_pop(inlet);
	CHECK(inlet_peek(inlet, &message));
	linkin_nack(inlet_link(inlet), message.ticket, NACK_REJECT, "no feed", 0);
	inlet_pop(inlet);
	CHECK(inlet_answer(inlet, NULL) == 0);
	JOINED_UNTIL(sender_turn(), inlet_waiting(inlet) == 1 && sender.rejected[2] == 1);
	CHECK(inlet_peek(inlet, &message) && message.attempt == 2);
	CHECK_STR(sender.who, "parser@1");
	CHECK_STR(sender.reason, "no feed");
	CHECK(sender_sum(sender.acked) == 0 && sender_sum(sender.rejected) == 1);
	sender_end();
}

static void
a_hint_reaches_the_sender_of_its_message(void)
{
	struct inlet_message message;
	struct inlet *inlet;

	sender_begin();
	inlet = joined_inlet(0);
	sender_offer(1, 1);
	JOINED_UNTIL(sender_turn(), inlet_waiting(inlet) == 1);
	CHECK(inlet_peek(inlet, &message));
	linkin_hint(inlet_link(inlet), message.ticket, (struct bytes){"ttl 60", 6});
	CHECK(inlet_answer(inlet, NULL) == 0);
	JOINED_UNTIL(sender_turn(), sender.hint[0] != '\0');
	CHECK_STR(sender.hint, "ttl 60");
	sender_end();
}

static int64_t
refused(struct inlet *inlet)
{
	struct buf text = buf_init(4096);
	struct json j = json_into(&text);
	const char *at;
	int64_t count = -1;

	json_object(&j);
	inlet_status(inlet, &j);
	json_close(&j);
	at = strstr(buf_str(&text), "\"refused\":");
	if (at)
		count = strtoll(at + strlen("\"refused\":"), NULL, 10);
	buf_done(&text);
	return count;
}

/* A stranger's bytes are counted, and disturb nobody. */
static void
garbage_is_counted_and_the_others_go_on(void)
{
	static const char *const garbage[] = {"", "GET / HTTP/1.1\r\n\r\n", "\xDD\xFF\xFF\xFF\xFF",
					      "\x93\x01\x02\xC0"};
	struct err err = {.kind = ERR_NONE};
	struct socket *stranger;
	char endpoint[700];
	struct inlet *inlet;
	bool up = false;

	sender_begin();
	inlet = joined_inlet(0);
	(void)snprintf(endpoint, sizeof(endpoint), "ipc://%s/parser/1.in", joined.folder.path);
	stranger = socket_connect(joined.context, SOCKET_DATA_OUT, endpoint, 16, &err);
	CHECK(stranger);
	JOINED_UNTIL((sender_turn(), up = up || socket_event(stranger) == SOCKET_UP), up);
	for (size_t i = 0; i < sizeof(garbage) / sizeof(garbage[0]); i++)
		CHECK(socket_send(stranger, (struct bytes){garbage[i], strlen(garbage[i])}, &err) ==
		      0);
	JOINED_UNTIL(sender_turn(), refused(inlet) == 4);
	CHECK(inlet_waiting(inlet) == 0);
	sender_offer(1, 3);
	JOINED_UNTIL(sender_turn(), inlet_waiting(inlet) == 3);
	socket_close(stranger);
	sender_end();
}

int
main(void)
{
	RUN(never_holds_more_than_the_credit_that_it_gave);
	RUN(a_refusal_says_later_or_never);
	RUN(a_hint_reaches_the_sender_of_its_message);
	RUN(garbage_is_counted_and_the_others_go_on);
	return check_done();
}
