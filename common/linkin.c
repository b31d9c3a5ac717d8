#include "common/linkin.h"

#include <stdlib.h>
#include <string.h>

#include "common/idmap.h"

enum { TODOS_FIRST = 64, CONFESSIONS_MAX = 8 };

/* One message, delivered and not settled. */
struct held {
	uint64_t ticket;
	uint64_t stream, epoch, id; /* the newest epoch that sent it */
	size_t len;
	int session; /* -1: its session is over */
};

struct session {
	char *from; /* NULL: the slot is free */
	char *ack;
	char *route;
	uint64_t stream, epoch;
	int64_t heard_ms;
	bool left;         /* said LEAVE, and no HELLO since */
	struct idmap held; /* by held_key */
	/* All that is in hand, of earlier streams too; and the part that the present epoch sent,
	 * which its sender counts itself. The rest is taken off the sender's credit. */
	size_t all_count, own_count;
	uint64_t all_bytes, own_bytes;
	bool credit_changed;
	uint64_t *acks; /* settled, and not told yet */
	size_t ack_count, ack_cap;
	uint64_t received, again;
};

struct confession {
	char *from;
	uint64_t stream, id;
	int64_t points;
};

struct linkin {
	struct linkin_options options;
	struct session sessions[LINKIN_SESSIONS_MAX];
	int session_count; /* slots in use, gaps included */
	struct idmap tickets;
	uint64_t last_ticket;
	struct confession confessions[CONFESSIONS_MAX];
	size_t confession_count;
	struct announced {
		char *data;
		size_t len;
	} announced[LINKIN_ANNOUNCED_MAX];
	size_t announced_next;
	bool bye;
	bool failed;
	uint64_t strangers;
	struct linkin_action *todos;
	size_t todo_at, todo_count, todo_cap;
	struct linkin_action lost;
	int ack_session;                  /* whose acks the last SEND told */
	uint64_t pong_ids[FRAME_IDS_MAX]; /* of the one PONG that an event can cause */
	char reason[FRAME_REASON_MAX];    /* of the one NACK */
};

struct linkin *
linkin_new(const struct linkin_options *options)
{
	struct linkin *in = calloc(1, sizeof(*in));

	if (in)
		in->options = *options;
	return in;
}

static void
session_done(struct session *session)
{
	free(session->from);
	free(session->ack);
	free(session->route);
	free(session->acks);
	idmap_done(&session->held);
	*session = (struct session){0};
}

void
linkin_free(struct linkin *in)
{
	struct held *held;
	size_t at = 0;

	if (!in)
		return;
	while ((held = idmap_each(&in->tickets, &at)))
		free(held);
	idmap_done(&in->tickets);
	for (int i = 0; i < in->session_count; i++)
		session_done(&in->sessions[i]);
	for (size_t i = 0; i < in->confession_count; i++)
		free(in->confessions[i].from);
	for (size_t i = 0; i < LINKIN_ANNOUNCED_MAX; i++)
		free(in->announced[i].data);
	free(in->todos);
	free(in);
}

static struct linkin_action *
todo(struct linkin *in, enum linkin_act act, int session)
{
	struct linkin_action *action = &in->lost;

	if (in->todo_count == in->todo_cap) {
		const size_t cap = in->todo_cap ? in->todo_cap * 2 : TODOS_FIRST;
		struct linkin_action *grown = realloc(in->todos, cap * sizeof(*grown));

		if (grown) {
			in->todos = grown;
			in->todo_cap = cap;
		}
	}
	if (in->todo_count < in->todo_cap)
		action = &in->todos[in->todo_count++];
	else
		in->failed = true;
	*action = (struct linkin_action){.act = act, .session = session};
	return action;
}

static struct frame *
todo_send(struct linkin *in, int i, enum frame_type type)
{
	struct frame *frame = &todo(in, LINKIN_SEND, i)->frame;

	frame->type = type;
	frame->stream = in->sessions[i].stream;
	frame->epoch = in->sessions[i].epoch;
	return frame;
}

/* Sessions. */

static int
find_session(const struct linkin *in, const char *from)
{
	for (int i = 0; i < in->session_count; i++)
		if (in->sessions[i].from && strcmp(in->sessions[i].from, from) == 0)
			return i;
	return -1;
}

/* Held messages are found by stream and id in one number: 64 well-mixed bits do not collide by
 * chance, and a sender who forged a collision would only hurt itself. */
static uint64_t
held_key(uint64_t stream, uint64_t id)
{
	uint64_t x = stream + UINT64_C(0x9e3779b97f4a7c15);

	x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
	return (x ^ (x >> 31)) ^ id;
}

static void
end_session(struct linkin *in, int i)
{
	struct held *held;
	size_t at = 0;

	while ((held = idmap_each(&in->tickets, &at)))
		if (held->session == i)
			held->session = -1;
	session_done(&in->sessions[i]);
	todo(in, LINKIN_CLOSE, i);
	while (in->session_count > 0 && !in->sessions[in->session_count - 1].from)
		in->session_count--;
}

static int
new_session(struct linkin *in, const struct frame *hello)
{
	int i = 0;
	struct session *session;

	while (i < in->session_count && in->sessions[i].from)
		i++;
	if (i == LINKIN_SESSIONS_MAX)
		return -1;
	session = &in->sessions[i];
	*session = (struct session){.from = strdup(hello->from), .stream = hello->stream};
	if (!session->from) {
		in->failed = true;
		return -1;
	}
	if (i == in->session_count)
		in->session_count++;
	return i;
}

/* The ack socket is opened when the address is new; it finds a restarted sender by itself. */
static void
set_address(struct linkin *in, int i, const struct frame *hello)
{
	struct session *session = &in->sessions[i];

	free(session->route);
	session->route = strdup(hello->route ? hello->route : "");
	if (session->ack && strcmp(session->ack, hello->ack) == 0)
		return;
	free(session->ack);
	session->ack = strdup(hello->ack);
	if (!session->ack)
		in->failed = true;
	todo(in, LINKIN_OPEN, i)->endpoint = session->ack;
}

static void
confess(struct linkin *in, int i)
{
	const struct session *session = &in->sessions[i];

	for (size_t n = 0; n < in->confession_count; n++) {
		struct confession *c = &in->confessions[n];
		struct frame *nack;

		if (strcmp(c->from, session->from) != 0)
			continue;
		/* Of another stream it concerns ids that nobody knows any more. */
		if (c->stream == session->stream) {
			nack = todo_send(in, i, FRAME_NACK);
			nack->id = c->id;
			nack->nack = NACK_CRASH;
			nack->reason = "";
			nack->delay_ms = c->points;
		}
		free(c->from);
		*c = in->confessions[--in->confession_count];
		n--;
	}
}

/* The credit, less what this sender's earlier epochs left in hand: broken connections do not
 * make a receiver hold more than it said. */
static void
grant(struct linkin *in, int i, struct frame *frame)
{
	const struct session *session = &in->sessions[i];
	const size_t left = session->all_count - session->own_count;
	const uint64_t left_bytes = session->all_bytes - session->own_bytes;

	frame->messages = left < in->options.messages ? in->options.messages - (uint32_t)left : 0;
	frame->bytes = left_bytes < in->options.bytes ? in->options.bytes - left_bytes : 0;
}

static void
announce(struct linkin *in, int i, const struct announced *a)
{
	todo_send(in, i, FRAME_HINT)->body = (struct bytes){a->data, a->len};
}

static void
hear_hello(struct linkin *in, const struct frame *hello, int64_t now_ms)
{
	int i = find_session(in, hello->from);
	struct frame *answer;

	if (!hello->ack || !hello->ack[0])
		return;
	if (i < 0)
		i = new_session(in, hello);
	if (i < 0)
		return; /* full: the sender goes on trying */
	if (in->sessions[i].stream != hello->stream) {
		/* Another life of the sender. What the old one sent goes on being handled, but
		 * nobody waits for the answer. (A late HELLO of the old life brings it back
		 * until the new one's next word.) */
		in->sessions[i].ack_count = 0;
		in->sessions[i].own_count = 0;
		in->sessions[i].own_bytes = 0;
		in->sessions[i].stream = hello->stream;
		in->sessions[i].epoch = 0;
	}
	set_address(in, i, hello);
	in->sessions[i].heard_ms = now_ms;
	in->sessions[i].left = false;
	if (hello->epoch < in->sessions[i].epoch) {
		/* From a connection that is over, or from a sender that was restarted and counts
		 * from below: it learns the number to go beyond. */
		answer = todo_send(in, i, FRAME_RESET);
		answer->nonce = in->sessions[i].epoch;
		answer->epoch = hello->epoch;
		return;
	}
	if (hello->epoch > in->sessions[i].epoch) {
		in->sessions[i].own_count = 0;
		in->sessions[i].own_bytes = 0;
	}
	in->sessions[i].epoch = hello->epoch;
	grant(in, i, todo_send(in, i, FRAME_WELCOME));
	confess(in, i);
	for (size_t n = 0; n < LINKIN_ANNOUNCED_MAX; n++)
		if (in->announced[n].data)
			announce(in, i, &in->announced[n]);
	if (in->bye)
		(void)todo_send(in, i, FRAME_BYE);
}

/* Messages. */

static void
hear_data(struct linkin *in, int i, const struct frame *frame)
{
	struct session *session = &in->sessions[i];
	const uint64_t key = held_key(frame->stream, frame->id);
	struct held *held = idmap_get(&session->held, key);
	struct linkin_action *action;

	session->received++;
	session->again += frame->attempt > 1;
	if (held) {
		/* In hand: its answer will serve this copy too. */
		if (held->epoch != frame->epoch) {
			held->epoch = frame->epoch;
			session->own_count++;
			session->own_bytes += held->len;
			session->credit_changed = true;
		}
		return;
	}
	/* Over the credit: the sender forgot a copy on its way when an older one was acked. Not
	 * held, it is sent again after the next fence, if it still matters. */
	if (session->all_count >= in->options.messages ||
	    (session->all_count > 0 && session->all_bytes + frame->body.len > in->options.bytes))
		return;
	held = calloc(1, sizeof(*held));
	if (!held || idmap_put(&session->held, key, held) < 0) {
		free(held);
		in->failed = true;
		return;
	}
	*held = (struct held){.ticket = ++in->last_ticket,
			      .stream = frame->stream,
			      .epoch = frame->epoch,
			      .id = frame->id,
			      .len = frame->body.len,
			      .session = i};
	session->all_count++;
	session->own_count++;
	session->all_bytes += held->len;
	session->own_bytes += held->len;
	if (idmap_put(&in->tickets, held->ticket, held) < 0)
		in->failed = true;
	action = todo(in, LINKIN_DELIVER, i);
	action->ticket = held->ticket;
	action->frame = *frame;
}

static void
hear_fence(struct linkin *in, int i, const struct frame *frame)
{
	struct frame *pong = todo_send(in, i, FRAME_PONG);
	size_t count = 0;

	/* Acks that were given but not told yet go first: told after the PONG they would come
	 * too late to stop a second sending. linkin_next sees to it. */
	for (size_t n = 0; n < frame->id_count && count < FRAME_IDS_MAX; n++)
		if (!idmap_get(&in->sessions[i].held, held_key(frame->stream, frame->ids[n])))
			in->pong_ids[count++] = frame->ids[n];
	grant(in, i, pong);
	pong->nonce = frame->nonce;
	pong->ids = in->pong_ids;
	pong->id_count = count;
}

/* What is in hand of earlier epochs it may send again when it comes back: that is remembered. */
static void
hear_leave(struct linkin *in, int i)
{
	in->sessions[i].left = true;
	if (in->sessions[i].all_count == 0)
		end_session(in, i);
}

void
linkin_hear(struct linkin *in, const struct frame *frame, int64_t now_ms)
{
	const int i = find_session(in, frame->from);

	if (frame->type == FRAME_HELLO) {
		hear_hello(in, frame, now_ms);
		return;
	}
	if (i < 0) {
		/* Without HELLO there is no address to answer to. */
		in->strangers++;
		return;
	}
	if (in->sessions[i].stream != frame->stream || in->sessions[i].epoch != frame->epoch) {
		struct frame *reset = todo_send(in, i, FRAME_RESET);

		/* Its sender may believe in an epoch that we gave up. */
		reset->stream = frame->stream;
		reset->epoch = frame->epoch;
		reset->nonce = in->sessions[i].stream == frame->stream ? in->sessions[i].epoch : 0;
		return;
	}
	in->sessions[i].heard_ms = now_ms;
	if (frame->type == FRAME_DATA)
		hear_data(in, i, frame);
	else if (frame->type == FRAME_FENCE)
		hear_fence(in, i, frame);
	else if (frame->type == FRAME_LEAVE)
		hear_leave(in, i);
}

void
linkin_tick(struct linkin *in, int64_t now_ms)
{
	for (int i = 0; i < in->session_count; i++)
		if (in->sessions[i].from && in->sessions[i].all_count == 0 &&
		    now_ms - in->sessions[i].heard_ms >= LINKIN_SILENT_MS)
			end_session(in, i);
}

/* Takes the ticket out; its session, or NULL when nobody waits. *id_out in any case. */
static struct session *
settle(struct linkin *in, uint64_t ticket, uint64_t *id_out)
{
	struct held *held = idmap_take(&in->tickets, ticket);
	struct session *session = NULL;
	bool waits = false;

	if (!held)
		return NULL;
	*id_out = held->id;
	if (held->session >= 0) {
		session = &in->sessions[held->session];
		waits = held->stream == session->stream;
		session->all_count--;
		session->all_bytes -= held->len;
		if (waits && held->epoch == session->epoch) {
			session->own_count--;
			session->own_bytes -= held->len;
		} else {
			session->credit_changed = true;
		}
		(void)idmap_take(&session->held, held_key(held->stream, held->id));
	}
	free(held);
	return waits ? session : NULL;
}

void
linkin_ack(struct linkin *in, uint64_t ticket)
{
	uint64_t id;
	struct session *session = settle(in, ticket, &id);

	if (!session)
		return;
	if (session->ack_count == session->ack_cap) {
		const size_t cap = session->ack_cap ? session->ack_cap * 2 : TODOS_FIRST;
		uint64_t *grown = realloc(session->acks, cap * sizeof(*grown));

		if (!grown) {
			in->failed = true;
			return; /* the sender's fence will ask, and send it again */
		}
		session->acks = grown;
		session->ack_cap = cap;
	}
	session->acks[session->ack_count++] = id;
}

void
linkin_nack(struct linkin *in, uint64_t ticket, enum frame_nack nack, const char *reason,
	    int64_t delay_ms)
{
	uint64_t id;
	struct session *session = settle(in, ticket, &id);
	struct frame *frame;

	if (!session)
		return;
	(void)strncpy(in->reason, reason ? reason : "", sizeof(in->reason) - 1);
	frame = todo_send(in, (int)(session - in->sessions), FRAME_NACK);
	frame->id = id;
	frame->nack = nack;
	frame->reason = in->reason;
	frame->delay_ms = delay_ms;
}

void
linkin_hint(struct linkin *in, uint64_t ticket, struct bytes hint)
{
	const struct held *held = idmap_get(&in->tickets, ticket);

	if (held && held->session >= 0)
		todo_send(in, held->session, FRAME_HINT)->body = hint;
}

void
linkin_announce(struct linkin *in, struct bytes hint)
{
	struct announced *a;
	char *copy;

	for (size_t n = 0; n < LINKIN_ANNOUNCED_MAX; n++)
		if (in->announced[n].data && in->announced[n].len == hint.len &&
		    memcmp(in->announced[n].data, hint.data, hint.len) == 0)
			return;
	copy = malloc(hint.len + 1);
	if (!copy)
		return; /* a hint: whoever gave it gives it again with its next life */
	memcpy(copy, hint.data, hint.len);
	a = &in->announced[in->announced_next++ % LINKIN_ANNOUNCED_MAX];
	free(a->data);
	*a = (struct announced){copy, hint.len};
	for (int i = 0; i < in->session_count; i++)
		if (in->sessions[i].from)
			announce(in, i, a);
}

void
linkin_confess(struct linkin *in, const char *from, uint64_t stream, uint64_t id, int64_t points)
{
	struct confession c = {strdup(from), stream, id, points};

	if (!c.from || in->confession_count == CONFESSIONS_MAX) {
		free(c.from);
		return;
	}
	in->confessions[in->confession_count++] = c;
}

void
linkin_bye(struct linkin *in)
{
	in->bye = true;
	for (int i = 0; i < in->session_count; i++)
		if (in->sessions[i].from)
			(void)todo_send(in, i, FRAME_BYE);
}

/* What to do next. */

static bool
next_acks(struct linkin *in, struct linkin_action *action)
{
	/* Those told by the last call are gone only now: the action borrowed them. */
	if (in->ack_session > 0) {
		struct session *told = &in->sessions[in->ack_session - 1];
		const size_t count =
			told->ack_count < FRAME_IDS_MAX ? told->ack_count : FRAME_IDS_MAX;

		if (told->ack_count > count)
			memmove(told->acks, told->acks + count,
				(told->ack_count - count) * sizeof(*told->acks));
		told->ack_count -= count;
		in->ack_session = 0;
	}
	for (int i = 0; i < in->session_count; i++) {
		const struct session *session = &in->sessions[i];

		if (session->ack_count == 0)
			continue;
		*action = (struct linkin_action){
			.act = LINKIN_SEND,
			.session = i,
			.frame = {.type = FRAME_ACK,
				  .stream = session->stream,
				  .epoch = session->epoch,
				  .ids = session->acks,
				  .id_count = session->ack_count < FRAME_IDS_MAX
						      ? session->ack_count
						      : FRAME_IDS_MAX},
		};
		in->ack_session = i + 1;
		return true;
	}
	return false;
}

static bool
next_credit(struct linkin *in, struct linkin_action *action)
{
	for (int i = 0; i < in->session_count; i++) {
		if (!in->sessions[i].credit_changed)
			continue;
		in->sessions[i].credit_changed = false;
		if (!in->sessions[i].ack)
			continue;
		*action = (struct linkin_action){.act = LINKIN_SEND, .session = i};
		action->frame.type = FRAME_CREDIT;
		action->frame.stream = in->sessions[i].stream;
		action->frame.epoch = in->sessions[i].epoch;
		grant(in, i, &action->frame);
		return true;
	}
	return false;
}

enum linkin_act
linkin_next(struct linkin *in, struct linkin_action *action)
{
	if (next_acks(in, action))
		return action->act;
	if (in->todo_at < in->todo_count) {
		*action = in->todos[in->todo_at++];
		return action->act;
	}
	if (next_credit(in, action))
		return action->act;
	in->todo_at = in->todo_count = 0;
	*action = (struct linkin_action){.act = LINKIN_NONE};
	return LINKIN_NONE;
}

/* Questions. */

size_t
linkin_held(const struct linkin *in)
{
	return in->tickets.used;
}

size_t
linkin_senders(const struct linkin *in)
{
	size_t count = 0;

	for (int i = 0; i < in->session_count; i++)
		count += in->sessions[i].from && !in->sessions[i].left;
	return count;
}

uint64_t
linkin_strangers(const struct linkin *in)
{
	return in->strangers;
}

bool
linkin_failed(const struct linkin *in)
{
	return in->failed;
}

bool
linkin_name(const struct linkin *in, uint64_t ticket, const char **from, uint64_t *stream,
	    uint64_t *id)
{
	const struct held *held = idmap_get(&in->tickets, ticket);

	if (!held || held->session < 0)
		return false; /* its sender is gone */
	*from = in->sessions[held->session].from;
	*stream = held->stream;
	*id = held->id;
	return true;
}

bool
linkin_session(const struct linkin *in, int i, struct linkin_session_view *view)
{
	const struct session *session = &in->sessions[i];

	*view = (struct linkin_session_view){.from = "", .route = ""};
	if (i >= in->session_count)
		return false;
	if (session->from)
		*view = (struct linkin_session_view){session->from, session->route,
						     session->held.used, session->received,
						     session->again};
	return true;
}
