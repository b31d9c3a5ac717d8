/* inlet - where a stage receives: linkin on real sockets. One PULL for data, one PUSH a sender
 * for acks. All that has arrived is read at once, within the credit that was granted, so that a
 * FENCE is answered by a stage that is busy but not by one that hangs. */
#ifndef FM_COMMON_INLET_H
#define FM_COMMON_INLET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "common/json.h"
#include "common/linkin.h"
#include "common/refusals.h"
#include "common/scope.h"
#include "common/socket.h"

struct inlet;

struct inlet_options {
	const char *path;  /* of the data socket: ".../parser/1.in" */
	const char *who;   /* "parser@1" */
	uint32_t messages; /* credit for each sender */
	uint64_t bytes;
	size_t message_bytes_max;
};

/* Copies what it needs of options. Returns new; release before context. */
struct inlet *inlet_new(struct socket_context *context, const struct inlet_options *options,
			struct err *err);
void inlet_free(struct inlet *inlet);
SCOPED_DEFINE(struct inlet, inlet_free)

/* Listens at "tcp://HOST:PORT" too: 0, 1 when the port is taken, -1. */
int inlet_listen(struct inlet *inlet, const char *endpoint, struct err *err);

void inlet_wait(const struct inlet *inlet, struct socket_wait *wait);
/* Reads what has arrived, answers what the link answers by itself. */
int inlet_read(struct inlet *inlet, int64_t now_ms, struct err *err);

struct inlet_message {
	uint64_t ticket;
	uint32_t attempt;
	const char *from;
	struct bytes body;
};
/* The oldest message not taken yet; borrowed until inlet_pop. */
bool inlet_peek(struct inlet *inlet, struct inlet_message *out);
void inlet_pop(struct inlet *inlet);
size_t inlet_waiting(const struct inlet *inlet); /* arrived, not taken */
/* After linkin_bye: every sender has said LEAVE, or nobody is connected that still could. */
bool inlet_is_left(const struct inlet *inlet);

/* Settle with linkin_ack, linkin_nack, linkin_hint on this; then inlet_answer sends. */
struct linkin *inlet_link(struct inlet *inlet);
int inlet_answer(struct inlet *inlet, struct err *err);

/* What was no message of the link; "refused" below counts it. */
struct refusals *inlet_refusals(struct inlet *inlet);

/* Members "received", "again", "held", "waiting", "refused", "senders". */
void inlet_status(const struct inlet *inlet, struct json *j);

#endif
