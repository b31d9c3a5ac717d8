/* frame - one message of the conversation between two stages (feedmill-protocol(7)): a msgpack
 * array [version, type, from, stream, epoch, ...] in a single ZeroMQ frame.
 *
 * from     who speaks: "parser@1"
 * stream   names the sender's space of message ids: kept for ever by a sender with a spool, new
 *          in each life of a sender without one
 * epoch    names one connection of the sender to the receiver; grows within a stream */
#ifndef FM_COMMON_FRAME_H
#define FM_COMMON_FRAME_H

#include <stddef.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/buf.h"
#include "common/err.h"

enum {
	FRAME_VERSION = 1,
	FRAME_NAME_MAX = 128,     /* from, route */
	FRAME_ENDPOINT_MAX = 256, /* ack */
	FRAME_REASON_MAX = 1024,  /* of a NACK; longer ones are cut */
	FRAME_HINT_MAX = 64 * 1024,
	FRAME_IDS_MAX = 4096,      /* of an ACK, FENCE or PONG */
	FRAME_OVERHEAD_BYTES = 512 /* of DATA, beside its body */
};

enum frame_type {
	/* sender -> receiver, on the receiver's data socket */
	FRAME_HELLO = 1, /* here I am; answer to `ack`. ack, route */
	FRAME_DATA,      /* id, attempt, body */
	FRAME_FENCE,     /* which of these do you not hold? nonce, ids */
	FRAME_LEAVE,     /* this epoch is over; what it sent and was not acked is sent again */
	/* receiver -> sender, on the sender's ack socket */
	FRAME_WELCOME = 16, /* messages, bytes: the credit */
	FRAME_RESET,        /* I know no such epoch (the newest I know is `nonce`): say HELLO */
	FRAME_ACK,          /* ids: safe with me */
	FRAME_NACK,         /* id, nack, reason, delay_ms */
	FRAME_CREDIT,       /* messages, bytes: the credit from now on */
	FRAME_PONG,         /* nonce of the FENCE, messages, bytes, ids: those that I do not hold */
	FRAME_HINT,         /* body: something about a feed; idempotent, last wins */
	FRAME_BYE,          /* I am leaving: send nothing more */
};

enum frame_nack {
	NACK_LATER = 1, /* hold back for delay_ms (0: your own back-off), then send it again */
	NACK_REJECT,    /* it can never work: keep it, with the reason */
	NACK_CRASH,     /* I died while handling it, delay_ms holds the points of blame */
};

/* A decoded frame, or one to encode. What the type does not use is 0. All borrowed. */
struct frame {
	enum frame_type type;
	const char *from;
	uint64_t stream, epoch;
	const char *ack, *route;
	uint64_t id;
	uint32_t attempt;
	struct bytes body;
	uint64_t nonce;
	const uint64_t *ids;
	size_t id_count;
	uint32_t messages;
	uint64_t bytes;
	enum frame_nack nack;
	const char *reason;
	int64_t delay_ms;
};

/* Appends the frame to out. */
int frame_encode(const struct frame *frame, struct buf *out, struct err *err);

/* Texts and ids live in the arena, bodies borrow from msg. ERR_REJECT: not a frame, an unknown
 * type, another version (the text says which). */
int frame_decode(struct bytes msg, struct arena *arena, struct frame *out, struct err *err);

/* "HELLO", for logs. */
const char *frame_name(enum frame_type type);

#endif
