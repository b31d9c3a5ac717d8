/* outlet - where a stage sends: linkout on real sockets. One PUSH a receiver, found by
 * discovery; acks come in through the stage's one ack socket and are told to every outlet. */
#ifndef FM_COMMON_OUTLET_H
#define FM_COMMON_OUTLET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "common/json.h"
#include "common/linkout.h"
#include "common/resolver.h"
#include "common/scope.h"
#include "common/socket.h"

struct outlet;

struct outlet_options {
	const char *who;          /* "classifier@main" */
	const char *ack_endpoint; /* "ipc:///run/feedmill/classifier/main.ack" */
	const char *route;        /* what it is for, "sink/site": the receiver shows it */
	const char *folder;       /* of the receivers' sockets */
	const char *only;         /* one receiver's name; NULL: all that are there */
	size_t message_bytes_max;
	struct linkout_options link;

	/* Receivers on other machines; place_count 0: none. */
	const struct resolver_place *places;
	size_t place_count;
	const char *ack_endpoint_tcp; /* "tcp://10.0.0.4:7730": where they answer */
	const char *keys;             /* the folder (curve.h); NULL: in the clear */
};

/* What the owner of the messages does. */
struct outlet_owner {
	/* Appends the body of message id to out; ERR_REJECT: it cannot be read any more. */
	int (*load)(void *arg, uint64_t id, struct buf *out, struct err *err);
	/* LINKOUT_ACKED, _REJECTED, _CRASHED or _HINT; borrowed for the call. */
	int (*told)(void *arg, const struct linkout_action *action, struct err *err);
	void *arg;
};

/* Copies what it needs of options. Returns new; release before context. */
struct outlet *outlet_new(struct socket_context *context, const struct outlet_options *options,
			  const struct outlet_owner *owner, struct err *err);
/* LEAVE to every receiver, then close. */
void outlet_free(struct outlet *outlet);
SCOPED_DEFINE(struct outlet, outlet_free)

/* Receivers on other machines from now on (a reload). Those that are named no more are let go of,
 * and what they hold is sent to others. On an error all is as it was. */
int outlet_set_places(struct outlet *outlet, const struct resolver_place *places, size_t count,
		      struct err *err);
const char *outlet_route(const struct outlet *outlet); /* borrowed */

void outlet_wait(const struct outlet *outlet, struct socket_wait *wait);
/* A frame of the ack socket; others' streams are ignored. */
int outlet_hear(struct outlet *outlet, const struct frame *frame, int64_t now_ms, struct err *err);
/* Connections, discovery, time; sends what may be sent. Call in every turn. */
int outlet_turn(struct outlet *outlet, int64_t now_ms, struct err *err);
/* Sends what has been offered since. */
int outlet_push(struct outlet *outlet, struct err *err);

struct linkout *outlet_link(const struct outlet *outlet);

/* Members "to", "pending", "in_flight", "resent", "receivers". */
void outlet_status(const struct outlet *outlet, int64_t now_ms, struct json *j);

#endif
