#include "common/outlet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/crashpoint.h"
#include "common/discovery.h"
#include "common/frame.h"

enum {
	DATA_HWM = 4096, /* above any credit: that is the flow control */
	CONTROL_BYTES_MAX = 256 * 1024,
};

struct outlet {
	struct socket_context *context;
	struct outlet_owner owner;
	char who[FRAME_NAME_MAX + 1];
	char ack[FRAME_ENDPOINT_MAX + 1];
	char ack_tcp[FRAME_ENDPOINT_MAX + 1];
	char route[FRAME_NAME_MAX + 1];
	char *keys; /* NULL: tcp in the clear */
	struct linkout *link;
	struct discovery *discovery;
	struct resolver *resolver; /* NULL: everybody is on this machine */
	struct socket *peers[LINKOUT_PEERS_MAX];
	struct far {
		bool is;         /* over tcp */
		size_t key_turn; /* which of its machine's keys it is tried with */
	} far[LINKOUT_PEERS_MAX];
	bool chosen; /* other places were set: who is gone at the next look is not wanted any more
		      */
	struct buf body;
	struct buf out;
	int64_t now_ms;
};

struct outlet *
outlet_new(struct socket_context *context, const struct outlet_options *options,
	   const struct outlet_owner *owner, struct err *err)
{
	SCOPED(outlet_free) struct outlet *outlet = calloc(1, sizeof(*outlet));

	if (!outlet) {
		(void)err_sys(err, "route '%s'", options->route);
		return NULL;
	}
	outlet->context = context;
	outlet->owner = *owner;
	outlet->body = buf_init(options->message_bytes_max);
	outlet->out = buf_init(options->message_bytes_max + CONTROL_BYTES_MAX);
	(void)snprintf(outlet->who, sizeof(outlet->who), "%s", options->who);
	(void)snprintf(outlet->ack, sizeof(outlet->ack), "%s", options->ack_endpoint);
	(void)snprintf(outlet->route, sizeof(outlet->route), "%s", options->route);
	if (options->ack_endpoint_tcp)
		(void)snprintf(outlet->ack_tcp, sizeof(outlet->ack_tcp), "%s",
			       options->ack_endpoint_tcp);
	outlet->link = linkout_new(&options->link);
	outlet->keys = options->keys ? strdup(options->keys) : NULL;
	if (!outlet->link || (options->keys && !outlet->keys)) {
		(void)err_sys(err, "route '%s'", options->route);
		return NULL;
	}
	if (options->place_count > 0) {
		outlet->resolver = resolver_new(options->places, options->place_count, err);
		if (!outlet->resolver)
			return NULL;
	}
	outlet->discovery = discovery_new(options->folder, options->only, err);
	return outlet->discovery ? TAKE(outlet) : NULL;
}

struct linkout *
outlet_link(const struct outlet *outlet)
{
	return outlet->link;
}

int
outlet_set_places(struct outlet *outlet, const struct resolver_place *places, size_t count,
		  struct err *err)
{
	if (outlet->resolver) {
		if (resolver_set(outlet->resolver, places, count, err) < 0)
			return -1;
		outlet->chosen = true;
		return 0;
	}
	if (count > 0)
		outlet->resolver = resolver_new(places, count, err);
	return count > 0 && !outlet->resolver ? -1 : 0;
}

const char *
outlet_route(const struct outlet *outlet)
{
	return outlet->route;
}

void
outlet_wait(const struct outlet *outlet, struct socket_wait *wait)
{
	(void)socket_wait_fd(wait, discovery_fd(outlet->discovery), POLLIN);
	if (outlet->resolver)
		(void)socket_wait_fd(wait, resolver_fd(outlet->resolver), POLLIN);
	for (int i = 0; i < LINKOUT_PEERS_MAX; i++)
		if (outlet->peers[i])
			socket_wait_socket(wait, outlet->peers[i]);
}

/* What is not accepted at once is as good as lost on a broken connection: start afresh. */
static int
send_frame(struct outlet *outlet, int peer, const struct frame *frame, struct err *err)
{
	struct frame whole = *frame;
	int sent;

	if (!outlet->peers[peer])
		return 0;
	whole.from = outlet->who;
	whole.ack = outlet->far[peer].is ? outlet->ack_tcp : outlet->ack;
	whole.route = outlet->route;
	buf_reset(&outlet->out);
	if (frame_encode(&whole, &outlet->out, err) < 0)
		return -1;
	sent = socket_send(outlet->peers[peer], buf_bytes(&outlet->out), err);
	if (sent > 0)
		linkout_down(outlet->link, peer, outlet->now_ms);
	return sent < 0 ? -1 : 0;
}

/* A body that its owner cannot give any more is rejected in the name of this stage. */
static int
send_data(struct outlet *outlet, const struct linkout_action *action, struct err *err)
{
	struct frame frame = action->frame;
	struct linkout_action refused = *action;
	struct err why = {.kind = ERR_NONE};

	buf_reset(&outlet->body);
	if (outlet->owner.load(outlet->owner.arg, frame.id, &outlet->body, &why) == 0) {
		frame.body = buf_bytes(&outlet->body);
		CRASHPOINT("send");
		if (send_frame(outlet, action->peer, &frame, err) < 0)
			return -1;
		CRASHPOINT("sent");
		return 0;
	}
	if (why.kind != ERR_REJECT) {
		*err = why;
		return -1;
	}
	linkout_forget(outlet->link, frame.id);
	refused.act = LINKOUT_REJECTED;
	refused.frame.from = outlet->who;
	refused.frame.reason = why.text;
	return outlet->owner.told(outlet->owner.arg, &refused, err);
}

/* A machine that is known by several keys (one is about to replace the other) is tried with each in
 * turn. Without a key there is no connection: the link tries again later. */
static int
open_far(struct outlet *outlet, int peer, const char *endpoint, struct err *err)
{
	struct far *far = &outlet->far[peer];
	struct curve_key keys[CURVE_PEERS_MAX], *key = NULL;
	size_t count;

	if (outlet->keys) {
		count = curve_peers(outlet->keys, resolver_key(outlet->resolver, endpoint), keys);
		if (count == 0) {
			linkout_down(outlet->link, peer, outlet->now_ms);
			return 0;
		}
		key = &keys[far->key_turn++ % count];
	}
	outlet->peers[peer] =
		socket_connect_to(outlet->context, SOCKET_DATA_OUT, endpoint, key, DATA_HWM, err);
	return outlet->peers[peer] ? 0 : -1;
}

static int
open_peer(struct outlet *outlet, int peer, const char *endpoint, struct err *err)
{
	outlet->far[peer].is = strncmp(endpoint, "tcp://", 6) == 0;
	if (outlet->far[peer].is)
		return open_far(outlet, peer, endpoint, err);
	outlet->peers[peer] =
		socket_connect(outlet->context, SOCKET_DATA_OUT, endpoint, DATA_HWM, err);
	return outlet->peers[peer] ? 0 : -1;
}

static int
act(struct outlet *outlet, struct err *err)
{
	struct linkout_action action;

	while (linkout_next(outlet->link, outlet->now_ms, &action) != LINKOUT_NONE) {
		struct socket **peer = action.peer >= 0 ? &outlet->peers[action.peer] : NULL;

		switch (action.act) {
		case LINKOUT_OPEN:
			if (open_peer(outlet, action.peer, action.endpoint, err) < 0)
				return -1;
			break;
		case LINKOUT_CLOSE:
			socket_close(*peer);
			*peer = NULL;
			break;
		case LINKOUT_SEND:
			if (send_frame(outlet, action.peer, &action.frame, err) < 0)
				return -1;
			break;
		case LINKOUT_DATA:
			if (send_data(outlet, &action, err) < 0)
				return -1;
			break;
		case LINKOUT_ACKED:
		case LINKOUT_REJECTED:
		case LINKOUT_CRASHED:
		case LINKOUT_HINT:
			if (outlet->owner.told(outlet->owner.arg, &action, err) < 0)
				return -1;
			break;
		case LINKOUT_NONE:
			break;
		}
	}
	if (linkout_failed(outlet->link))
		return err_set(err, ERR_FATAL, "no memory for the link's books");
	return 0;
}

int
outlet_push(struct outlet *outlet, struct err *err)
{
	return act(outlet, err);
}

int
outlet_hear(struct outlet *outlet, const struct frame *frame, int64_t now_ms, struct err *err)
{
	outlet->now_ms = now_ms;
	linkout_hear(outlet->link, frame, now_ms);
	return act(outlet, err);
}

static void
seen(void *arg, const char *path, bool there)
{
	struct outlet *outlet = arg;
	char endpoint[FRAME_ENDPOINT_MAX];

	(void)snprintf(endpoint, sizeof(endpoint), "ipc://%s", path);
	if (there)
		(void)linkout_see(outlet->link, endpoint, outlet->now_ms);
	else
		linkout_unsee(outlet->link, endpoint);
}

/* A name that loses an address keeps a connection that is up; the operator's word ends it. */
static void
let_go(struct outlet *outlet, const char *endpoint)
{
	struct linkout_peer_view view;

	for (int i = 0; linkout_peer(outlet->link, i, outlet->now_ms, &view); i++)
		if (strcmp(view.endpoint, endpoint) == 0)
			linkout_down(outlet->link, i, outlet->now_ms);
}

static void
seen_far(void *arg, const char *endpoint, bool there)
{
	struct outlet *outlet = arg;

	if (there)
		(void)linkout_see(outlet->link, endpoint, outlet->now_ms);
	else
		linkout_unsee(outlet->link, endpoint);
	if (!there && outlet->chosen)
		let_go(outlet, endpoint);
}

static void
connections(struct outlet *outlet)
{
	for (int i = 0; i < LINKOUT_PEERS_MAX; i++) {
		enum socket_event event;

		while (outlet->peers[i] &&
		       (event = socket_event(outlet->peers[i])) != SOCKET_QUIET) {
			if (event == SOCKET_UP) {
				if (outlet->far[i].key_turn > 0)
					outlet->far[i].key_turn--; /* the right one: again */
				linkout_up(outlet->link, i, outlet->now_ms);
				continue;
			}
			linkout_down(outlet->link, i, outlet->now_ms);
			break; /* what else it says is of the connection that is over */
		}
	}
}

int
outlet_turn(struct outlet *outlet, int64_t now_ms, struct err *err)
{
	outlet->now_ms = now_ms;
	discovery_look(outlet->discovery, now_ms, seen, outlet);
	if (outlet->resolver)
		resolver_look(outlet->resolver, seen_far, outlet);
	outlet->chosen = false;
	if (act(outlet, err) < 0)
		return -1;
	connections(outlet);
	if (act(outlet, err) < 0)
		return -1;
	linkout_tick(outlet->link, now_ms);
	return act(outlet, err);
}

void
outlet_free(struct outlet *outlet)
{
	struct linkout_action action;

	if (!outlet)
		return;
	if (outlet->link)
		linkout_leave(outlet->link);
	while (outlet->link &&
	       linkout_next(outlet->link, outlet->now_ms, &action) != LINKOUT_NONE) {
		if (action.act == LINKOUT_SEND)
			(void)send_frame(outlet, action.peer, &action.frame, NULL);
	}
	for (int i = 0; i < LINKOUT_PEERS_MAX; i++)
		socket_close(outlet->peers[i]);
	discovery_free(outlet->discovery);
	resolver_free(outlet->resolver);
	free(outlet->keys);
	linkout_free(outlet->link);
	buf_done(&outlet->body);
	buf_done(&outlet->out);
	free(outlet);
}

void
outlet_status(const struct outlet *outlet, int64_t now_ms, struct json *j)
{
	struct linkout_peer_view view;

	json_member(j, "to", outlet->route);
	json_member_int(j, "pending", (int64_t)linkout_pending(outlet->link));
	json_member_int(j, "in_flight", (int64_t)linkout_in_flight(outlet->link));
	json_member_int(j, "resent", (int64_t)linkout_resent(outlet->link));
	json_key(j, "receivers");
	json_array(j);
	for (int i = 0; linkout_peer(outlet->link, i, now_ms, &view); i++) {
		if (!view.endpoint[0])
			continue;
		json_object(j);
		json_member(j, "endpoint", view.endpoint);
		json_member(j, "state", view.paused ? "paused" : view.state);
		json_member_int(j, "in_flight", (int64_t)view.in_flight);
		json_member_int(j, "acked", (int64_t)view.acked);
		json_close(j);
	}
	json_close(j);
}
