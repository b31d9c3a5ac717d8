/* linkin - the receiver's half of the link as a pure state machine: events in, actions out; no
 * socket, no clock. It knows which messages it holds and for whom, and never forgets to answer.
 *
 * After each event take actions with linkin_next until it says LINKIN_NONE.
 *
 *   a session       one sender's present epoch; a higher epoch of the same stream goes on with
 *                   what is held, another stream starts afresh
 *   held            delivered and not settled: not delivered twice, and not "unknown" to a FENCE
 *   a stale epoch   its DATA is dropped: the sender has it ready again */
#ifndef FM_COMMON_LINKIN_H
#define FM_COMMON_LINKIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/frame.h"
#include "common/scope.h"

enum {
	LINKIN_SESSIONS_MAX = 256,
	LINKIN_ANNOUNCED_MAX = 8,
	LINKIN_SILENT_MS = 60000, /* a session that says nothing for so long is over */
};

struct linkin;

struct linkin_options {
	uint32_t messages; /* credit for each sender */
	uint64_t bytes;
};

/* Returns new, NULL without memory. */
struct linkin *linkin_new(const struct linkin_options *options);
void linkin_free(struct linkin *in);
SCOPED_DEFINE(struct linkin, linkin_free)

/* Events. */

/* A frame on the data socket. */
void linkin_hear(struct linkin *in, const struct frame *frame, int64_t now_ms);
void linkin_tick(struct linkin *in, int64_t now_ms);

/* The fate of a message: ACK, or NACK with kind, reason and delay. Unknown tickets are ignored.
 * Acks are gathered until linkin_next is called. Copies reason. */
void linkin_ack(struct linkin *in, uint64_t ticket);
void linkin_nack(struct linkin *in, uint64_t ticket, enum frame_nack nack, const char *reason,
		 int64_t delay_ms);
/* Sends a HINT to the sender of a message that is held. Borrows hint until it is taken. */
void linkin_hint(struct linkin *in, uint64_t ticket, struct bytes hint);
/* Sends a HINT to every sender, now and whenever it says HELLO. Copies; the same again does
 * nothing, and of more than LINKIN_ANNOUNCED_MAX the oldest is told no more. */
void linkin_announce(struct linkin *in, struct bytes hint);
/* An earlier life of this receiver died while it handled message id of that stream: told to the
 * sender when it says HELLO. Copies from. */
void linkin_confess(struct linkin *in, const char *from, uint64_t stream, uint64_t id,
		    int64_t points);
/* Take nothing new: BYE to every sender, also to those who come. What they sent before they heard
 * it is delivered still; each says LEAVE when all of it is answered. */
void linkin_bye(struct linkin *in);

/* Actions. */
enum linkin_act {
	LINKIN_NONE,
	LINKIN_OPEN,    /* connect an ack socket for session to endpoint, closing what it had */
	LINKIN_CLOSE,   /* close session's ack socket */
	LINKIN_SEND,    /* frame (from is the socket's to fill in) on session's ack socket */
	LINKIN_DELIVER, /* frame.id, attempt, body, from: hand it over under ticket */
};

struct linkin_action {
	enum linkin_act act;
	int session;
	const char *endpoint;
	uint64_t ticket;
	struct frame frame;
};

/* The next thing to do; what a DELIVER borrows lives as long as the frame that was heard. */
enum linkin_act linkin_next(struct linkin *in, struct linkin_action *action);

/* Questions. */
size_t linkin_held(const struct linkin *in);
size_t linkin_senders(const struct linkin *in);     /* that have not said LEAVE */
uint64_t linkin_strangers(const struct linkin *in); /* frames of who never said HELLO */
bool linkin_failed(const struct linkin *in);        /* as linkout_failed */
/* What the black box needs to name a held message: false for an unknown ticket. */
bool linkin_name(const struct linkin *in, uint64_t ticket, const char **from, uint64_t *stream,
		 uint64_t *id);

struct linkin_session_view {
	const char *from; /* "" for a gap */
	const char *route;
	size_t held;
	uint64_t received;
	uint64_t again; /* of these, with attempt > 1 */
};
bool linkin_session(const struct linkin *in, int session, struct linkin_session_view *view);

#endif
