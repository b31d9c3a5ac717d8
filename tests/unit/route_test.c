#include "common/route.h"

#include "tests/unit/joined.h"

enum { IDS = 16 };

/* An owner whose transactions may be lost. */
static struct owner {
	struct route *route;
	uint64_t offered, wanted;
	int acked[IDS], rejected[IDS], crashed[IDS];
	int64_t blame;
	int verdict; /* of crashed */
} owner;

static int
fill(void *self, struct route *route, struct err *err)
{
	struct owner *o = self;

	while (o->offered < o->wanted && route_room(route) > 0)
		if (route_offer(route, ++o->offered, 4, 0, err) < 0)
			return -1;
	return 0;
}

static int
load(void *self, struct route *route, uint64_t id, struct buf *out, struct err *err)
{
	(void)self;
	(void)route;
	(void)id;
	return buf_adds(out, "body", err);
}

static int
acked(void *self, struct route *route, uint64_t id, struct err *err)
{
	(void)route;
	(void)err;
	((struct owner *)self)->acked[id]++;
	return 0;
}

static int
rejected(void *self, struct route *route, uint64_t id, const char *who, const char *reason,
	 struct err *err)
{
	(void)route;
	(void)err;
	CHECK_STR(who, "parser@1");
	CHECK_STR(reason, "no feed");
	((struct owner *)self)->rejected[id]++;
	return 0;
}

static int
crashed(void *self, struct route *route, uint64_t id, const char *who, int64_t points,
	struct err *err)
{
	struct owner *o = self;

	(void)route;
	(void)who;
	(void)err;
	o->crashed[id]++;
	o->blame += points;
	return o->verdict;
}

static const struct route_ops ops = {fill, load, acked, rejected, crashed, NULL};

static int
hear(void *o, const struct frame *frame, int64_t now_ms, struct err *err)
{
	return route_hear(((struct owner *)o)->route, frame, now_ms, err);
}

static int
move(void *o, int64_t now_ms, struct err *err)
{
	if (route_turn(((struct owner *)o)->route, now_ms, err) < 0)
		return -1;
	return route_send(((struct owner *)o)->route, err);
}

static void
waits(void *o, struct socket_wait *wait)
{
	route_wait(((struct owner *)o)->route, wait);
}

static void
turn(void)
{
	joined_turn(hear, move, waits, &owner);
}

static void
begin(uint64_t wanted)
{
	const struct outlet_options options = joined_options(joined_begin());
	struct err err = {.kind = ERR_NONE};

	owner = (struct owner){.wanted = wanted};
	owner.route = route_new(joined.context, &options, &ops, &owner, &err);
	CHECK(owner.route);
	(void)joined_inlet(0);
}

static void
end(void)
{
	route_free(owner.route);
	joined_end();
}

static void
settle_first(enum frame_nack nack)
{
	struct inlet_message message;

	CHECK(inlet_peek(joined.inlets[0], &message));
	if (nack)
		linkin_nack(inlet_link(joined.inlets[0]), message.ticket, nack, "no feed", 0);
	else
		linkin_ack(inlet_link(joined.inlets[0]), message.ticket);
	inlet_pop(joined.inlets[0]);
	CHECK(inlet_answer(joined.inlets[0], NULL) == 0);
}

static void
asks_its_owner_for_no_more_than_there_is_room_for(void)
{
	begin(IDS - 1);
	JOINED_UNTIL(turn(), inlet_waiting(joined.inlets[0]) == JOINED_WINDOW);
	CHECK(owner.offered < IDS - 1);
	end();
}

/* The transaction of an ack was lost: it is told again, until it was told in one that holds. */
static void
what_a_lost_transaction_was_told_is_told_again(void)
{
	struct err err = {.kind = ERR_NONE};

	begin(2);
	JOINED_UNTIL(turn(), inlet_waiting(joined.inlets[0]) == 2);
	settle_first(0);
	settle_first(NACK_REJECT);
	JOINED_UNTIL((turn(), (void)route_apply(owner.route, &err)),
		     owner.acked[1] > 0 && owner.rejected[2] > 0);
	owner.acked[1] = owner.rejected[2] = 0;
	CHECK(route_is_busy(owner.route));
	CHECK(route_apply(owner.route, &err) == 0);
	CHECK(owner.acked[1] == 1 && owner.rejected[2] == 1);
	route_committed(owner.route);
	CHECK(route_apply(owner.route, &err) == 0);
	CHECK(owner.acked[1] == 1 && owner.rejected[2] == 1);
	CHECK(route_pending(owner.route) == 0 && !route_is_busy(owner.route));
	end();
}

/* A receiver tells in its next life what it died of; the owner decides when that is enough. */
static void
a_crash_is_counted_until_its_owner_has_had_enough(void)
{
	struct err err = {.kind = ERR_NONE};

	begin(1);
	for (int life = 1; life <= 2; life++) {
		JOINED_UNTIL(turn(), inlet_waiting(joined.inlets[0]) == 1);
		owner.verdict = life == 2;
		joined_kill(0);
		linkin_confess(inlet_link(joined_inlet(0)), "fetcher@main", 7, 1,
			       ROUTE_BLAME_CRASH);
		JOINED_UNTIL((turn(), (void)route_apply(owner.route, &err)),
			     owner.crashed[1] == life);
		route_committed(owner.route);
	}
	CHECK(owner.blame == 2 * ROUTE_BLAME_CRASH);
	CHECK(route_pending(owner.route) == 0);
	end();
}

static void
asks_for_no_more_once_it_drains(void)
{
	begin(2);
	JOINED_UNTIL(turn(), inlet_waiting(joined.inlets[0]) == 2);
	owner.wanted = IDS - 1;
	route_drain(owner.route);
	CHECK(route_room(owner.route) == 0 && route_is_busy(owner.route));
	turn();
	CHECK(owner.offered == 2 && inlet_waiting(joined.inlets[0]) == 2);
	end();
}

int
main(void)
{
	RUN(asks_its_owner_for_no_more_than_there_is_room_for);
	RUN(what_a_lost_transaction_was_told_is_told_again);
	RUN(a_crash_is_counted_until_its_owner_has_had_enough);
	RUN(asks_for_no_more_once_it_drains);
	return check_done();
}
