#include "common/route.h"

#include <stdlib.h>
#include <string.h>

#include "common/crashpoint.h"
#include "common/outlet.h"

struct outcome {
	enum linkout_act act;
	uint64_t id;
	char *who, *reason; /* NULL for an ack */
	int64_t points;
};

struct route {
	struct outlet *outlet;
	const struct route_ops *ops;
	void *self;
	struct outcome *outcomes;
	size_t count, cap;
	size_t applied; /* of these: told in the present transaction */
	int64_t now_ms;
	bool draining;
};

static int
load(void *arg, uint64_t id, struct buf *out, struct err *err)
{
	struct route *route = arg;

	return route->ops->load(route->self, route, id, out, err);
}

static struct outcome *
add(struct route *route)
{
	if (route->count == route->cap) {
		const size_t cap = route->cap ? route->cap * 2 : 64;
		struct outcome *grown = realloc(route->outcomes, cap * sizeof(*grown));

		if (!grown)
			return NULL;
		route->outcomes = grown;
		route->cap = cap;
	}
	return &route->outcomes[route->count++];
}

static int
told(void *arg, const struct linkout_action *action, struct err *err)
{
	struct route *route = arg;
	struct outcome *outcome;

	if (action->act == LINKOUT_HINT) {
		if (route->ops->hint)
			route->ops->hint(route->self, route, action->frame.body);
		return 0;
	}
	outcome = add(route);
	if (!outcome)
		return err_set(err, ERR_FATAL, "no memory for the link's books");
	*outcome = (struct outcome){
		.act = action->act, .id = action->frame.id, .points = action->frame.delay_ms};
	if (action->act != LINKOUT_ACKED) {
		outcome->who = strdup(action->frame.from ? action->frame.from : "");
		outcome->reason = strdup(action->frame.reason ? action->frame.reason : "");
		if (!outcome->who || !outcome->reason)
			return err_set(err, ERR_FATAL, "no memory for the link's books");
	}
	return 0;
}

struct route *
route_new(struct socket_context *context, const struct outlet_options *options,
	  const struct route_ops *ops, void *self, struct err *err)
{
	SCOPED(route_free) struct route *route = calloc(1, sizeof(*route));
	struct outlet_owner owner = {load, told, route};

	if (!route) {
		(void)err_sys(err, "route '%s'", options->route);
		return NULL;
	}
	route->ops = ops;
	route->self = self;
	route->outlet = outlet_new(context, options, &owner, err);
	return route->outlet ? TAKE(route) : NULL;
}

void
route_free(struct route *route)
{
	if (!route)
		return;
	outlet_free(route->outlet);
	for (size_t i = 0; i < route->count; i++) {
		free(route->outcomes[i].who);
		free(route->outcomes[i].reason);
	}
	free(route->outcomes);
	free(route);
}

int
route_set_places(struct route *route, const struct resolver_place *places, size_t count,
		 struct err *err)
{
	return outlet_set_places(route->outlet, places, count, err);
}

const char *
route_name(const struct route *route)
{
	return outlet_route(route->outlet);
}

void
route_wait(const struct route *route, struct socket_wait *wait)
{
	outlet_wait(route->outlet, wait);
}

int
route_hear(struct route *route, const struct frame *frame, int64_t now_ms, struct err *err)
{
	route->now_ms = now_ms;
	return outlet_hear(route->outlet, frame, now_ms, err);
}

int
route_turn(struct route *route, int64_t now_ms, struct err *err)
{
	route->now_ms = now_ms;
	return outlet_turn(route->outlet, now_ms, err);
}

static int
apply(struct route *route, const struct outcome *o, struct err *err)
{
	int got;

	if (o->act == LINKOUT_ACKED)
		return route->ops->acked(route->self, route, o->id, err);
	if (o->act == LINKOUT_REJECTED)
		return route->ops->rejected(route->self, route, o->id, o->who, o->reason, err);
	got = route->ops->crashed(route->self, route, o->id, o->who, o->points, err);
	if (got > 0)
		linkout_forget(outlet_link(route->outlet), o->id);
	return got < 0 ? -1 : 0;
}

int
route_apply(struct route *route, struct err *err)
{
	route->applied = 0;
	while (route->applied < route->count) {
		const struct outcome outcome = route->outcomes[route->applied];

		CRASHPOINT("told");
		if (apply(route, &outcome, err) < 0)
			return -1;
		route->applied++;
	}
	return 0;
}

void
route_committed(struct route *route)
{
	for (size_t i = 0; i < route->applied; i++) {
		free(route->outcomes[i].who);
		free(route->outcomes[i].reason);
	}
	route->count -= route->applied;
	if (route->count > 0)
		memmove(route->outcomes, route->outcomes + route->applied,
			route->count * sizeof(*route->outcomes));
	route->applied = 0;
}

int
route_send(struct route *route, struct err *err)
{
	if (!route->draining && route_room(route) > 0 && route->ops->fill &&
	    route->ops->fill(route->self, route, err) < 0)
		return -1;
	return outlet_push(route->outlet, err);
}

void
route_drain(struct route *route)
{
	route->draining = true;
}

bool
route_is_busy(const struct route *route)
{
	const struct linkout *link = outlet_link(route->outlet);

	/* What is ready and has somewhere to go counts as well: it is somebody's message. */
	return route->count > 0 || linkout_in_flight(link) > 0 ||
	       (linkout_pending(link) > 0 && linkout_any_up(link));
}

uint64_t
route_resent(const struct route *route)
{
	return linkout_resent(outlet_link(route->outlet));
}

size_t
route_in_flight(const struct route *route)
{
	return linkout_in_flight(outlet_link(route->outlet));
}

void
route_status(const struct route *route, struct json *j)
{
	outlet_status(route->outlet, route->now_ms, j);
}

/* For the callbacks (stage.h). */

size_t
route_room(const struct route *route)
{
	return route->draining ? 0 : linkout_room(outlet_link(route->outlet), route->now_ms);
}

int
route_offer(struct route *route, uint64_t id, size_t len, uint64_t key_hash, struct err *err)
{
	if (linkout_offer(outlet_link(route->outlet), id, len, key_hash) < 0)
		return err_set(err, ERR_FATAL, "no memory for the link's books");
	return 0;
}

void
route_forget(struct route *route, uint64_t id)
{
	linkout_forget(outlet_link(route->outlet), id);
}

size_t
route_pending(const struct route *route)
{
	return linkout_pending(outlet_link(route->outlet)) + route->count;
}
