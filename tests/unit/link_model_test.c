/* The link's two halves against a world that breaks at random: senders and receivers that crash
 * and come back, connections that break unseen, acks that get lost, receivers that freeze, refuse
 * or take their leave. The reference is a few arrays: who committed which message.
 *
 *   LINK_SEED=n LINK_STEPS=n   one seed, so many steps */
#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "common/linkin.h"
#include "common/linkout.h"
#include "tests/unit/check.h"

enum {
	SENDERS = 3,
	RECEIVERS = 3,
	MESSAGES = 1500,
	CREDIT = 7,
	CREDIT_BYTES = 200,
	HELD_MAX = SENDERS * CREDIT * 8,
	DEFAULT_STEPS = 60000,
	DEFAULT_SEEDS = 20,
};

static uint64_t random_state;

static uint32_t
dice(uint32_t sides)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (uint32_t)(random_state >> 33) % sides;
}

/* A frame on its way. In DATA the member `bytes` stands in for the body: the message's number. */
struct packet {
	TAILQ_ENTRY(packet) link;
	struct frame frame;
	uint64_t ids[64];
	char from[16], ack[16], reason[16];
};
TAILQ_HEAD(packets, packet);

/* One connection of a sender's PUSH to a receiver's PULL. */
struct wire {
	bool used, up, broken; /* broken: the sender has not heard of it yet */
	int receiver;
	struct packets packets;
};

enum state { UNOFFERED, OFFERED, ACKED, REJECTED };

struct sender {
	struct linkout *out;
	bool stable;
	int life;
	char name[16];
	enum state state[MESSAGES];
	uint64_t message_of[MESSAGES + 1]; /* id -> message, in this life */
	uint64_t next_id;
	struct wire wires[RECEIVERS * 4];
};

struct receiver {
	struct linkin *in;
	bool frozen, leaving;
	char endpoint[16];
	struct packets stray[SENDERS]; /* of connections whose sender is gone: still in its pipe */
	struct packets acks[SENDERS];  /* to a sender's path, whoever is behind it */
	bool bound[LINKIN_SESSIONS_MAX];
	int sender_of[LINKIN_SESSIONS_MAX];
	struct {
		uint64_t ticket, stream;
		int sender;
		uint64_t message;
	} held[HELD_MAX];
	size_t held_count;
	bool committed[SENDERS][MESSAGES];
	bool rejected[SENDERS][MESSAGES];
};

static struct sender senders[SENDERS];
static struct receiver receivers[RECEIVERS];
static int64_t now_ms;
static uint64_t resent, partings;
static bool refusing; /* receivers say "later" and "reject" now and then */

/* Some are larger than all credit. */
static size_t
length_of(uint64_t message)
{
	return message % 97 == 0 ? CREDIT_BYTES + 50 : 1 + message % 90;
}

/* Packets. */

static void
packet_push(struct packets *queue, const struct frame *frame, const char *from, const char *ack)
{
	struct packet *p = calloc(1, sizeof(*p));

	p->frame = *frame;
	(void)snprintf(p->from, sizeof(p->from), "%s", from);
	(void)snprintf(p->ack, sizeof(p->ack), "%s", ack ? ack : "");
	(void)snprintf(p->reason, sizeof(p->reason), "%s", frame->reason ? frame->reason : "");
	for (size_t i = 0; i < frame->id_count && i < 64; i++)
		p->ids[i] = frame->ids[i];
	CHECK(frame->id_count <= 64);
	p->frame.from = p->from;
	p->frame.ack = p->ack;
	p->frame.reason = p->reason;
	p->frame.ids = p->ids;
	TAILQ_INSERT_TAIL(queue, p, link);
}

static void
packets_drop(struct packets *queue)
{
	struct packet *p;

	while ((p = TAILQ_FIRST(queue))) {
		TAILQ_REMOVE(queue, p, link);
		free(p);
	}
}

static struct packet *
packet_pop(struct packets *queue)
{
	struct packet *p = TAILQ_FIRST(queue);

	if (p)
		TAILQ_REMOVE(queue, p, link);
	return p;
}

/* The senders' side. */

static int
receiver_of(const char *endpoint)
{
	return endpoint[1] - '0';
}

static void
settled(struct sender *s, const struct linkout_action *a)
{
	const int me = (int)(s - senders);
	const uint64_t message = s->message_of[a->frame.id];
	bool somewhere = false;

	/* delivered is a superset of acked; rejected likewise */
	for (int r = 0; r < RECEIVERS; r++)
		somewhere |= a->act == LINKOUT_ACKED ? receivers[r].committed[me][message]
						     : receivers[r].rejected[me][message];
	CHECK(somewhere);
	CHECK(s->state[message] == OFFERED);
	s->state[message] = a->act == LINKOUT_ACKED ? ACKED : REJECTED;
}

static void
sender_work(struct sender *s)
{
	struct linkout_action a;

	while (linkout_next(s->out, now_ms, &a) != LINKOUT_NONE) {
		struct wire *w = a.peer >= 0 ? &s->wires[a.peer] : NULL;

		switch (a.act) {
		case LINKOUT_OPEN:
			CHECK(w && !w->used);
			*w = (struct wire){.used = true, .receiver = receiver_of(a.endpoint)};
			TAILQ_INIT(&w->packets);
			break;
		case LINKOUT_CLOSE:
			CHECK(w && w->used);
			/* LINGER 0: what the receiver's side has got is still read, perhaps. */
			if (!w->broken && dice(2))
				TAILQ_CONCAT(&receivers[w->receiver].stray[s - senders],
					     &w->packets, link);
			packets_drop(&w->packets);
			w->used = false;
			break;
		case LINKOUT_SEND:
		case LINKOUT_DATA:
			if (!w || !w->used)
				break;
			CHECK(w->up || w->broken);
			if (a.act == LINKOUT_DATA) {
				a.frame.bytes = s->message_of[a.frame.id];
				a.frame.body.len = length_of(a.frame.bytes);
				CHECK(s->state[a.frame.bytes] == OFFERED);
			}
			if (!w->broken)
				packet_push(&w->packets, &a.frame, s->name, s->name);
			break;
		case LINKOUT_ACKED:
		case LINKOUT_REJECTED:
			settled(s, &a);
			break;
		case LINKOUT_CRASHED:
		case LINKOUT_HINT:
		case LINKOUT_NONE:
			break;
		}
	}
	CHECK(!linkout_failed(s->out));
}

static void
sender_offer(struct sender *s, uint64_t message)
{
	const uint64_t id = s->stable ? message + 1 : ++s->next_id;

	s->message_of[id] = message;
	s->state[message] = OFFERED;
	CHECK(linkout_offer(s->out, id, length_of(message), message) == 0);
}

static void
sender_start(struct sender *s, int n)
{
	/* A sender without a spool has other ids in each life, but they begin at 1 again. */
	const struct linkout_options options = {
		.stream = s->stable ? 1000 + (uint64_t)n : dice(1u << 30),
		.first_epoch = dice(50),
		.by_key = n == 2,
	};

	s->out = linkout_new(&options);
	s->next_id = 0;
	for (int r = 0; r < RECEIVERS; r++)
		CHECK(linkout_see(s->out, receivers[r].endpoint, now_ms) == 0);
	for (uint64_t m = 0; m < MESSAGES; m++)
		if (s->state[m] == OFFERED)
			sender_offer(s, m);
}

static void
sender_crash(struct sender *s)
{
	for (size_t i = 0; i < sizeof(s->wires) / sizeof(s->wires[0]); i++) {
		struct wire *w = &s->wires[i];

		if (!w->used)
			continue;
		if (!w->broken && dice(2))
			TAILQ_CONCAT(&receivers[w->receiver].stray[s - senders], &w->packets, link);
		packets_drop(&w->packets);
		w->used = false;
	}
	resent += linkout_resent(s->out);
	linkout_free(s->out);
	s->life++;
	sender_start(s, (int)(s - senders));
}

/* The receivers' side. */

static void
receiver_work(struct receiver *r)
{
	struct linkin_action a;

	while (linkin_next(r->in, &a) != LINKIN_NONE) {
		switch (a.act) {
		case LINKIN_OPEN:
			r->bound[a.session] = true;
			r->sender_of[a.session] = a.endpoint[1] - '0';
			break;
		case LINKIN_CLOSE:
			r->bound[a.session] = false;
			break;
		case LINKIN_SEND:
			CHECK(r->bound[a.session]);
			packet_push(&r->acks[r->sender_of[a.session]], &a.frame, r->endpoint, NULL);
			break;
		case LINKIN_DELIVER:
			CHECK(r->held_count < HELD_MAX);
			/* never twice at a time */
			for (size_t i = 0; i < r->held_count; i++)
				CHECK(r->held[i].stream != a.frame.stream ||
				      r->held[i].message != a.frame.bytes);
			r->held[r->held_count].stream = a.frame.stream;
			r->held[r->held_count].ticket = a.ticket;
			r->held[r->held_count].sender = a.frame.from[1] - '0';
			r->held[r->held_count++].message = a.frame.bytes;
			break;
		case LINKIN_NONE:
			break;
		}
	}
	CHECK(!linkin_failed(r->in));
	for (int i = 0;; i++) {
		struct linkin_session_view view;

		if (!linkin_session(r->in, i, &view))
			break;
		CHECK(view.held <= CREDIT); /* in flight never exceeds credit */
	}
}

static void
receiver_hear(struct receiver *r, struct packets *queue)
{
	struct packet *p = packet_pop(queue);

	if (!p)
		return;
	linkin_hear(r->in, &p->frame, now_ms);
	receiver_work(r);
	free(p);
}

static void
receiver_settle(struct receiver *r)
{
	const size_t i = r->held_count ? dice((uint32_t)r->held_count) : 0;
	const int verdict = refusing ? (int)dice(40) : 2;

	if (!r->held_count)
		return;
	if (verdict == 0) {
		r->rejected[r->held[i].sender][r->held[i].message] = true;
		linkin_nack(r->in, r->held[i].ticket, NACK_REJECT, "bad", 0);
	} else if (verdict == 1) {
		linkin_nack(r->in, r->held[i].ticket, NACK_LATER, "later", dice(2) * 500);
	} else {
		r->committed[r->held[i].sender][r->held[i].message] = true;
		linkin_ack(r->in, r->held[i].ticket);
	}
	r->held[i] = r->held[--r->held_count];
	receiver_work(r);
}

static void
receiver_start(struct receiver *r)
{
	const struct linkin_options options = {CREDIT, CREDIT_BYTES};

	r->in = linkin_new(&options);
	r->held_count = 0;
	r->frozen = r->leaving = false;
	memset(r->bound, 0, sizeof(r->bound));
}

/* All that was in its pipes is lost, and its un-sent acks perhaps. */
static void
receiver_crash(struct receiver *r)
{
	for (int n = 0; n < SENDERS; n++) {
		for (size_t i = 0; i < sizeof(senders[n].wires) / sizeof(senders[n].wires[0]);
		     i++) {
			struct wire *w = &senders[n].wires[i];

			if (!w->used || w->receiver != r - receivers)
				continue;
			w->broken = true;
			packets_drop(&w->packets);
		}
		packets_drop(&r->stray[n]);
		if (dice(2))
			packets_drop(&r->acks[n]);
	}
	linkin_free(r->in);
	receiver_start(r);
}

/* The world. */

static void
wire_step(struct sender *s, int i)
{
	struct wire *w = &s->wires[i];

	if (!w->used)
		return;
	if (w->broken) {
		linkout_down(s->out, i, now_ms);
	} else if (!w->up) {
		if (receivers[w->receiver].frozen && dice(2))
			return;
		w->up = true;
		linkout_up(s->out, i, now_ms);
	} else if (!receivers[w->receiver].frozen) {
		receiver_hear(&receivers[w->receiver], &w->packets);
	}
	sender_work(s);
}

static void
ack_step(struct receiver *r, int n)
{
	struct packet *p = r->frozen ? NULL : packet_pop(&r->acks[n]);

	if (!p)
		return;
	linkout_hear(senders[n].out, &p->frame, now_ms);
	sender_work(&senders[n]);
	free(p);
}

static void
time_step(int64_t ms)
{
	now_ms += ms;
	for (int n = 0; n < SENDERS; n++) {
		linkout_tick(senders[n].out, now_ms);
		sender_work(&senders[n]);
	}
	for (int r = 0; r < RECEIVERS; r++) {
		if (receivers[r].frozen)
			continue;
		linkin_tick(receivers[r].in, now_ms);
		receiver_work(&receivers[r]);
	}
}

static void
work_step(void)
{
	struct sender *s = &senders[dice(SENDERS)];
	struct receiver *r = &receivers[dice(RECEIVERS)];
	const int n = (int)dice(SENDERS);

	wire_step(s, (int)dice(RECEIVERS * 4));
	ack_step(r, n);
	if (!r->frozen) {
		receiver_hear(r, &r->stray[n]);
		if (dice(12) == 0) /* they take their time: much is held when things break */
			receiver_settle(r);
	}
	if (dice(3) == 0)
		time_step(dice(refusing ? 60 : 12));
}

static void
fault_step(void)
{
	struct sender *s = &senders[dice(SENDERS)];
	struct receiver *r = &receivers[dice(RECEIVERS)];
	struct wire *w = &s->wires[dice(RECEIVERS * 4)];

	switch (dice(9)) {
	case 0:
		sender_crash(s);
		break;
	case 1:
		receiver_crash(r);
		break;
	case 2: /* the connection breaks, the sender hears of it later */
		if (w->used && w->up) {
			w->broken = true;
			if (dice(2))
				packets_drop(&w->packets);
			TAILQ_CONCAT(&receivers[w->receiver].stray[s - senders], &w->packets, link);
		}
		break;
	case 3: /* the ack connection breaks */
		packets_drop(&r->acks[dice(SENDERS)]);
		break;
	case 4: /* a single ack goes missing */
		free(packet_pop(&r->acks[dice(SENDERS)]));
		break;
	case 5:
		r->frozen = !r->frozen;
		break;
	case 6:
		time_step(LINKOUT_HUNG_MS / 2 + dice(LINKOUT_HUNG_MS));
		break;
	case 7:
		if (!r->frozen) {
			linkin_bye(r->in);
			receiver_work(r);
			r->leaving = true;
		}
		break;
	case 8: /* its socket file goes away and comes back */
		linkout_unsee(s->out, r->endpoint);
		sender_work(s);
		CHECK(linkout_see(s->out, r->endpoint, now_ms) == 0);
		sender_work(s);
		break;
	}
}

/* As stage_loop ends: it has nothing in hand, and every sender has said LEAVE. */
static void
parting_step(struct receiver *r)
{
	if (!r->leaving && dice(4000) == 0) {
		linkin_bye(r->in);
		receiver_work(r);
		r->leaving = true;
	}
	if (r->leaving && r->held_count == 0 && linkin_senders(r->in) == 0) {
		receiver_crash(r);
		partings++;
	}
}

static void
offer_step(void)
{
	struct sender *s = &senders[dice(SENDERS)];

	for (uint64_t m = 0; m < MESSAGES; m++)
		if (s->state[m] == UNOFFERED) {
			sender_offer(s, m);
			sender_work(s);
			return;
		}
}

static size_t
count(const struct sender *s, enum state state)
{
	size_t n = 0;

	for (int m = 0; m < MESSAGES; m++)
		n += s->state[m] == state;
	return n;
}

static void
check_states(void)
{
	for (int n = 0; n < SENDERS; n++) {
		CHECK(linkout_pending(senders[n].out) == count(&senders[n], OFFERED));
		for (int i = 0;; i++) {
			struct linkout_peer_view view;

			if (!linkout_peer(senders[n].out, i, now_ms, &view))
				break;
			CHECK(view.in_flight <= CREDIT);
			CHECK(view.in_flight_bytes <= CREDIT_BYTES || view.in_flight == 1);
		}
	}
}

static bool
all_settled(void)
{
	for (int n = 0; n < SENDERS; n++)
		if (count(&senders[n], OFFERED) || count(&senders[n], UNOFFERED))
			return false;
	return true;
}

static void
world_start(uint64_t seed)
{
	random_state = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
	memset(senders, 0, sizeof(senders));
	memset(receivers, 0, sizeof(receivers));
	now_ms = 1000;
	for (int r = 0; r < RECEIVERS; r++) {
		(void)snprintf(receivers[r].endpoint, sizeof(receivers[r].endpoint), "r%d", r);
		for (int n = 0; n < SENDERS; n++) {
			TAILQ_INIT(&receivers[r].stray[n]);
			TAILQ_INIT(&receivers[r].acks[n]);
		}
		receiver_start(&receivers[r]);
	}
	for (int n = 0; n < SENDERS; n++) {
		(void)snprintf(senders[n].name, sizeof(senders[n].name), "s%d", n);
		senders[n].stable = n == 0;
		sender_start(&senders[n], n);
	}
}

static void
world_end(void)
{
	for (int n = 0; n < SENDERS; n++) {
		for (size_t i = 0; i < sizeof(senders[n].wires) / sizeof(senders[n].wires[0]); i++)
			if (senders[n].wires[i].used)
				packets_drop(&senders[n].wires[i].packets);
		resent += linkout_resent(senders[n].out);
		linkout_free(senders[n].out);
		for (int r = 0; r < RECEIVERS; r++) {
			packets_drop(&receivers[r].stray[n]);
			packets_drop(&receivers[r].acks[n]);
		}
	}
	for (int r = 0; r < RECEIVERS; r++)
		linkin_free(receivers[r].in);
}

/* Returns the steps it took, faults and the peace after them. */
static uint64_t
run_world(uint64_t seed, uint64_t steps, bool faults)
{
	const int bad_before = check_bad;
	uint64_t step = 0;

	/* Some worlds hardly ever work, some hardly ever break: both find what the other hides. */
	const uint32_t rare = 20u << seed % 6;

	world_start(seed);
	refusing = faults;
	for (; step < steps && check_bad == bad_before; step++) {
		work_step();
		if (faults && dice(rare) == 0)
			fault_step();
		if (!faults)
			parting_step(&receivers[dice(RECEIVERS)]);
		if (dice(40) == 0)
			offer_step();
		if (step % 64 == 0)
			check_states();
	}
	/* Peace: nothing breaks any more, and everything offered must arrive. */
	for (int r = 0; r < RECEIVERS; r++) {
		receivers[r].frozen = false;
		if (receivers[r].leaving)
			receiver_crash(&receivers[r]);
	}
	for (uint64_t peace = 0; peace < 4000000 && check_bad == bad_before; peace++, step++) {
		if (all_settled())
			break;
		work_step();
		offer_step();
	}
	CHECK(all_settled());
	check_states();
	if (check_bad != bad_before)
		(void)printf("# LINK_SEED=%llu failed at step %llu\n", (unsigned long long)seed,
			     (unsigned long long)step);
	world_end();
	return step;
}

static void
delivers_everything_whatever_breaks(void)
{
	const char *seed = getenv("LINK_SEED"), *steps = getenv("LINK_STEPS");
	const uint64_t per_seed = steps ? strtoull(steps, NULL, 10) : DEFAULT_STEPS;
	uint64_t total = 0;

	if (seed)
		total = run_world(strtoull(seed, NULL, 10), per_seed, true);
	/* The first seed that fails says enough. */
	for (uint64_t s = 1; !seed && s <= DEFAULT_SEEDS && check_bad == 0; s++)
		total += run_world(s, per_seed, true);
	(void)printf("# %llu steps, %llu messages sent again\n", (unsigned long long)total,
		     (unsigned long long)resent);
	CHECK(seed || total >= 1000000);
	CHECK(resent > 0);
}

/* Receivers that take longer than any fence interval: they are asked, and say "I have it". And
 * receivers that are asked to stop. */
static void
sends_nothing_twice_when_nothing_breaks(void)
{
	resent = 0;
	for (uint64_t s = 1; s <= 3 && check_bad == 0; s++)
		(void)run_world(s, DEFAULT_STEPS, false);
	CHECK(resent == 0 && partings > 10);
}

int
main(void)
{
	RUN(delivers_everything_whatever_breaks);
	RUN(sends_nothing_twice_when_nothing_breaks);
	return check_done();
}
