#include "common/inlet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "common/arena.h"
#include "common/crashpoint.h"
#include "common/frame.h"
#include "common/resolver.h"

enum {
	HWM_SLACK = 16,  /* credit, not the high-water mark, is the flow control */
	READ_MAX = 4096, /* frames a turn: acks and commits must come in between */
	ANSWER_BYTES_MAX = 256 * 1024,
	SCRATCH_BYTES_MAX = 1024 * 1024,
	ACK_HWM = 8192,
};

struct arrived {
	STAILQ_ENTRY(arrived) link;
	uint64_t ticket;
	uint32_t attempt;
	char from[FRAME_NAME_MAX + 1];
	struct bytes body;
	struct socket_message message;
};

struct inlet {
	struct socket_context *context;
	char who[FRAME_NAME_MAX + 1];
	struct socket *data;
	struct linkin *link;
	struct socket *acks[LINKIN_SESSIONS_MAX];
	struct arena *arena;
	struct buf out;
	struct arrived *fresh; /* room for the next frame */
	STAILQ_HEAD(, arrived) arrived;
	size_t waiting;
	struct refusals refusals;
};

struct inlet *
inlet_new(struct socket_context *context, const struct inlet_options *options, struct err *err)
{
	SCOPED(inlet_free) struct inlet *inlet = calloc(1, sizeof(*inlet));
	const struct linkin_options credit = {options->messages, options->bytes};

	if (!inlet) {
		(void)err_sys(err, "inlet '%s'", options->path);
		return NULL;
	}
	STAILQ_INIT(&inlet->arrived);
	inlet->context = context;
	inlet->out = buf_init(ANSWER_BYTES_MAX);
	(void)snprintf(inlet->who, sizeof(inlet->who), "%s", options->who);
	inlet->link = linkin_new(&credit);
	inlet->arena = arena_new(SCRATCH_BYTES_MAX);
	if (!inlet->link || !inlet->arena) {
		(void)err_sys(err, "inlet '%s'", options->path);
		return NULL;
	}
	inlet->data = socket_bind(context, SOCKET_DATA_IN, options->path,
				  (int)options->messages + HWM_SLACK,
				  options->message_bytes_max + FRAME_OVERHEAD_BYTES, err);
	return inlet->data ? TAKE(inlet) : NULL;
}

void
inlet_free(struct inlet *inlet)
{
	if (!inlet)
		return;
	while (inlet->waiting > 0)
		inlet_pop(inlet);
	for (int i = 0; i < LINKIN_SESSIONS_MAX; i++)
		socket_close(inlet->acks[i]);
	free(inlet->fresh);
	socket_close(inlet->data);
	linkin_free(inlet->link);
	arena_free(inlet->arena);
	buf_done(&inlet->out);
	free(inlet);
}

int
inlet_listen(struct inlet *inlet, const char *endpoint, struct err *err)
{
	return socket_bind_tcp(inlet->context, inlet->data, endpoint, err);
}

void
inlet_wait(const struct inlet *inlet, struct socket_wait *wait)
{
	socket_wait_socket(wait, inlet->data);
}

struct linkin *
inlet_link(struct inlet *inlet)
{
	return inlet->link;
}

/* An answer that cannot be sent is dropped: the sender's next FENCE repairs it. */
static int
answer(struct inlet *inlet, const struct linkin_action *action, struct err *err)
{
	struct frame frame = action->frame;

	if (!inlet->acks[action->session])
		return 0;
	frame.from = inlet->who;
	buf_reset(&inlet->out);
	if (frame_encode(&frame, &inlet->out, err) < 0)
		return -1;
	if (socket_send(inlet->acks[action->session], buf_bytes(&inlet->out), err) < 0)
		return -1;
	if (frame.type == FRAME_ACK)
		CRASHPOINT("acked");
	return 0;
}

/* The message that was just received becomes one that waits. */
static void
arrive(struct inlet *inlet, const struct linkin_action *action)
{
	struct arrived *a = TAKE(inlet->fresh);

	a->ticket = action->ticket;
	a->attempt = action->frame.attempt;
	(void)snprintf(a->from, sizeof(a->from), "%s", action->frame.from);
	a->body = action->frame.body;
	STAILQ_INSERT_TAIL(&inlet->arrived, a, link);
	inlet->waiting++;
}

/* Back to whoever sent the HELLO that is in hand: over CURVE to the very key that it came with. A
 * sender that gives an address nobody can connect to gets no answer, nor one that would have us
 * leave this machine in the clear. */
static struct socket *
open_ack(struct inlet *inlet, const char *endpoint)
{
	struct curve_key key;
	const char *from = inlet->fresh ? socket_message_key(&inlet->fresh->message) : "";
	struct resolver_place place;

	if (strlen(from) == CURVE_KEY_CHARS) {
		memcpy(key.text, from, sizeof(key.text));
		return strncmp(endpoint, "tcp://", 6) == 0
			       ? socket_connect_to(inlet->context, SOCKET_ACK_OUT, endpoint, &key,
						   ACK_HWM, NULL)
			       : NULL;
	}
	if (strncmp(endpoint, "ipc://", 6) != 0 &&
	    (strncmp(endpoint, "tcp://", 6) != 0 ||
	     resolver_place(endpoint + 6, &place, NULL) < 0 || !resolver_is_loopback(&place)))
		return NULL;
	return socket_connect(inlet->context, SOCKET_ACK_OUT, endpoint, ACK_HWM, NULL);
}

static int
act(struct inlet *inlet, struct err *err)
{
	struct linkin_action action;

	while (linkin_next(inlet->link, &action) != LINKIN_NONE) {
		struct socket **ack = &inlet->acks[action.session];

		switch (action.act) {
		case LINKIN_OPEN:
			socket_close(*ack);
			*ack = open_ack(inlet, action.endpoint);
			break;
		case LINKIN_CLOSE:
			socket_close(*ack);
			*ack = NULL;
			break;
		case LINKIN_SEND:
			if (answer(inlet, &action, err) < 0)
				return -1;
			break;
		case LINKIN_DELIVER:
			arrive(inlet, &action);
			break;
		case LINKIN_NONE:
			break;
		}
	}
	if (linkin_failed(inlet->link))
		return err_set(err, ERR_FATAL, "no memory for the link's books");
	return 0;
}

int
inlet_answer(struct inlet *inlet, struct err *err)
{
	return act(inlet, err);
}

/* One frame: 1, 0 there is none, -1. */
static int
receive(struct inlet *inlet, int64_t now_ms, struct err *err)
{
	const uint64_t strangers = linkin_strangers(inlet->link);
	struct err why = {.kind = ERR_NONE};
	struct frame frame;
	int got, failed = 0;

	if (!inlet->fresh)
		inlet->fresh = calloc(1, sizeof(*inlet->fresh));
	if (!inlet->fresh)
		return err_sys(err, "a message");
	got = socket_receive(inlet->data, &inlet->fresh->message, &inlet->refusals, err);
	if (got <= 0)
		return got;
	if (frame_decode(inlet->fresh->message.bytes, inlet->arena, &frame, &why) < 0) {
		refusals_add(&inlet->refusals, 1, why.text);
	} else {
		if (frame.type == FRAME_DATA)
			CRASHPOINT_TALLY();
		linkin_hear(inlet->link, &frame, now_ms);
		if (linkin_strangers(inlet->link) != strangers) {
			(void)err_set(&why, ERR_REJECT, "%s of '%s', who has not said HELLO",
				      frame_name(frame.type), frame.from);
			refusals_add(&inlet->refusals, 1, why.text);
		}
		failed = act(inlet, err);
	}
	if (inlet->fresh) /* it was no message for the stage */
		socket_message_done(&inlet->fresh->message);
	arena_reset(inlet->arena);
	return failed ? -1 : 1;
}

int
inlet_read(struct inlet *inlet, int64_t now_ms, struct err *err)
{
	int got = 0;

	for (int n = 0; n < READ_MAX; n++) {
		got = receive(inlet, now_ms, err);
		if (got <= 0)
			break;
	}
	if (got < 0)
		return -1;
	socket_look(inlet->data, now_ms, &inlet->refusals);
	linkin_tick(inlet->link, now_ms);
	return inlet_answer(inlet, err);
}

struct refusals *
inlet_refusals(struct inlet *inlet)
{
	return &inlet->refusals;
}

bool
inlet_peek(struct inlet *inlet, struct inlet_message *out)
{
	const struct arrived *a = STAILQ_FIRST(&inlet->arrived);

	if (!a)
		return false;
	*out = (struct inlet_message){a->ticket, a->attempt, a->from, a->body};
	return true;
}

void
inlet_pop(struct inlet *inlet)
{
	struct arrived *a = STAILQ_FIRST(&inlet->arrived);

	STAILQ_REMOVE_HEAD(&inlet->arrived, link);
	inlet->waiting--;
	socket_message_done(&a->message);
	free(a);
}

bool
inlet_is_left(const struct inlet *inlet)
{
	return linkin_senders(inlet->link) == 0 || socket_connections(inlet->data) == 0;
}

size_t
inlet_waiting(const struct inlet *inlet)
{
	return inlet->waiting;
}

void
inlet_status(const struct inlet *inlet, struct json *j)
{
	struct linkin_session_view view;
	uint64_t received = 0, again = 0;

	json_key(j, "senders");
	json_array(j);
	for (int i = 0; linkin_session(inlet->link, i, &view); i++) {
		if (!view.from[0])
			continue;
		json_object(j);
		json_member(j, "from", view.from);
		json_member_int(j, "held", (int64_t)view.held);
		json_member_int(j, "received", (int64_t)view.received);
		json_close(j);
		received += view.received;
		again += view.again;
	}
	json_close(j);
	json_member_int(j, "received", (int64_t)received);
	json_member_int(j, "again", (int64_t)again);
	json_member_int(j, "held", (int64_t)linkin_held(inlet->link));
	json_member_int(j, "waiting", (int64_t)inlet->waiting);
	json_member_int(j, "refused", (int64_t)inlet->refusals.count);
}
