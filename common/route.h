/* route - one way out of a stage: an outlet, and what its receivers said, kept until the
 * transaction that records it is durable.
 *
 * The link holds numbers and lengths only; bodies are loaded from the owner's store at the moment
 * they are sent. The owner gets its route from stage_route; the stage turns it. */
#ifndef FM_COMMON_ROUTE_H
#define FM_COMMON_ROUTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/err.h"
#include "common/json.h"
#include "common/scope.h"

struct frame;
struct outlet_options;
struct resolver_place;
struct route;
struct socket_context;
struct socket_wait;

/* What the owner of the messages does. Every callback works inside the turn's transaction. */
struct route_ops {
	/* Offers messages while route_room says so; called when there is room. */
	int (*fill)(void *self, struct route *route, struct err *err);
	/* Appends the body of id to out. ERR_REJECT: it cannot be read (CRC): rejected follows. */
	int (*load)(void *self, struct route *route, uint64_t id, struct buf *out, struct err *err);
	/* Called again in the next turn when this turn's commit fails. */
	int (*acked)(void *self, struct route *route, uint64_t id, struct err *err);
	int (*rejected)(void *self, struct route *route, uint64_t id, const char *who,
			const char *reason, struct err *err);
	/* The worker who handled id died: points 4 for a crash of its own, 1 for a SIGKILL from
	 * outside; at ROUTE_BLAME_MAX in all the message belongs into the quarantine: return 1. */
	int (*crashed)(void *self, struct route *route, uint64_t id, const char *who,
		       int64_t points, struct err *err);
	void (*hint)(void *self, struct route *route, struct bytes hint); /* may be NULL */
};

enum { ROUTE_BLAME_CRASH = 4, ROUTE_BLAME_KILL = 1, ROUTE_BLAME_MAX = 12 };

enum route_pick {
	ROUTE_LEAST, /* the receiver with the least outstanding */
	ROUTE_HASH,  /* by the message's key: one key always meets one receiver */
};

/* For the owner. */

/* How many more messages may be offered now; 0 while draining. */
size_t route_room(const struct route *route);
/* Offers message id of len bytes. key_hash serves ROUTE_HASH. Once only until it is settled. */
int route_offer(struct route *route, uint64_t id, size_t len, uint64_t key_hash, struct err *err);
/* The owner settled id by itself: it is not sent any more. */
void route_forget(struct route *route, uint64_t id);
/* Everything that is offered and not settled yet. */
size_t route_pending(const struct route *route);

/* For the stage. */

/* Takes nothing; borrows ops and self for its life. Returns new. */
struct route *route_new(struct socket_context *context, const struct outlet_options *options,
			const struct route_ops *ops, void *self, struct err *err);
void route_free(struct route *route);
SCOPED_DEFINE(struct route, route_free)

/* See outlet.h. */
int route_set_places(struct route *route, const struct resolver_place *places, size_t count,
		     struct err *err);
const char *route_name(const struct route *route);

void route_wait(const struct route *route, struct socket_wait *wait);
int route_hear(struct route *route, const struct frame *frame, int64_t now_ms, struct err *err);
/* Connections and time. */
int route_turn(struct route *route, int64_t now_ms, struct err *err);
/* Tells the owner what receivers said, inside the turn's transaction. */
int route_apply(struct route *route, struct err *err);
/* What route_apply told is durable; or lost, and is told again. */
void route_committed(struct route *route);
/* Asks the owner for messages and sends what may be sent. */
int route_send(struct route *route, struct err *err);
/* Asks for no more. */
void route_drain(struct route *route);
/* In flight to a receiver that is up: worth waiting for. */
bool route_is_busy(const struct route *route);
/* What receivers may get twice: the messages that were sent more than once so far, and those that
 * are sent and not answered. */
uint64_t route_resent(const struct route *route);
size_t route_in_flight(const struct route *route);
void route_status(const struct route *route, struct json *j);

#endif
