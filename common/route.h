/* route - one way out of a stage, behind stage.h's route functions: an outlet, and what its
 * receivers said, kept until the transaction that records it is durable. */
#ifndef FM_COMMON_ROUTE_H
#define FM_COMMON_ROUTE_H

#include <stdbool.h>

#include "common/outlet.h"
#include "common/stage.h"

/* Takes nothing; borrows ops and self for its life. Returns new. */
struct route *route_new(struct socket_context *context, const struct outlet_options *options,
			const struct route_ops *ops, void *self, struct err *err);
void route_free(struct route *route);
SCOPED_DEFINE(struct route, route_free)

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
void route_status(const struct route *route, struct json *j);

#endif
