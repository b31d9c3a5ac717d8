/* sender - a small owner of messages behind an outlet: bodies are "body ID", what it is told is
 * counted. */
#ifndef FM_TESTS_UNIT_SENDER_H
#define FM_TESTS_UNIT_SENDER_H

#include "tests/unit/joined.h"

enum { SENDER_IDS = 64 };

static struct sender {
	struct outlet *outlet;
	int acked[SENDER_IDS], rejected[SENDER_IDS];
	char who[64], reason[128], hint[64];
	uint64_t unreadable; /* the id whose body is damaged */
} sender;

static inline int
sender_load(void *arg, uint64_t id, struct buf *out, struct err *err)
{
	const struct sender *s = arg;
	char body[32];

	if (id == s->unreadable)
		return err_set(err, ERR_REJECT, "row %d does not match its CRC", (int)id);
	(void)snprintf(body, sizeof(body), "body %d", (int)id);
	return buf_adds(out, body, err);
}

static inline int
sender_told(void *arg, const struct linkout_action *action, struct err *err)
{
	struct sender *s = arg;

	(void)err;
	if (action->act == LINKOUT_ACKED)
		s->acked[action->frame.id]++;
	if (action->act == LINKOUT_REJECTED) {
		s->rejected[action->frame.id]++;
		(void)snprintf(s->who, sizeof(s->who), "%s", action->frame.from);
		(void)snprintf(s->reason, sizeof(s->reason), "%s", action->frame.reason);
	}
	if (action->act == LINKOUT_HINT)
		(void)snprintf(s->hint, sizeof(s->hint), "%.*s", (int)action->frame.body.len,
			       (const char *)action->frame.body.data);
	return 0;
}

static inline void
sender_begin(void)
{
	const struct outlet_options options = joined_options(joined_begin());
	const struct outlet_owner owner = {sender_load, sender_told, &sender};
	struct err err = {.kind = ERR_NONE};

	sender = (struct sender){.outlet = outlet_new(joined.context, &options, &owner, &err)};
	CHECK(sender.outlet);
}

static inline void
sender_end(void)
{
	outlet_free(sender.outlet);
	joined_end();
}

static inline int
sender_hear(void *s, const struct frame *frame, int64_t now_ms, struct err *err)
{
	return outlet_hear(((struct sender *)s)->outlet, frame, now_ms, err);
}

static inline int
sender_moves(void *s, int64_t now_ms, struct err *err)
{
	return outlet_turn(((struct sender *)s)->outlet, now_ms, err);
}

static inline void
sender_waits(void *s, struct socket_wait *wait)
{
	outlet_wait(((struct sender *)s)->outlet, wait);
}

static inline void
sender_turn(void)
{
	joined_turn(sender_hear, sender_moves, sender_waits, &sender);
}

static inline void
sender_offer(uint64_t first, uint64_t last)
{
	for (uint64_t id = first; id <= last; id++)
		CHECK(linkout_offer(outlet_link(sender.outlet), id, 16, id) == 0);
}

static inline int
sender_sum(const int counts[SENDER_IDS])
{
	int sum = 0;

	for (int i = 0; i < SENDER_IDS; i++)
		sum += counts[i];
	return sum;
}

/* Takes what waits at an inlet and acks it; the number of them. */
static inline int
sender_take(struct inlet *inlet)
{
	struct inlet_message message;
	int taken = 0;

	for (; inlet_peek(inlet, &message); taken++) {
		linkin_ack(inlet_link(inlet), message.ticket);
		inlet_pop(inlet);
	}
	CHECK(inlet_answer(inlet, NULL) == 0);
	return taken;
}

#endif
