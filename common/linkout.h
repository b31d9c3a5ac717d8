/* linkout - the sender's half of the link as a pure state machine: events in, actions out; no
 * socket, no clock, no message body. It knows ids and lengths, and for each message exactly one
 * state: ready, in flight at one receiver, or settled (then it is forgotten).
 *
 * After each event, and whenever there may be something to do, take actions with linkout_next
 * until it says LINKOUT_NONE. What keeps the promises:
 *
 *   in flight until acked   an ACK counts for its id in any epoch of the stream
 *   a broken connection     what it held is ready again, first in line; a new epoch begins
 *   no timeouts             a FENCE asks the receiver which ids it does not hold; FIFO makes
 *                           the answer a proof; only those are sent again. Silence for
 *                           LINKOUT_HUNG_MS means the receiver hangs: as a broken connection
 *   credit                  the receiver's, in messages and bytes; a message larger than all
 *                           credit goes alone */
#ifndef FM_COMMON_LINKOUT_H
#define FM_COMMON_LINKOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/frame.h"
#include "common/scope.h"

enum {
	LINKOUT_PEERS_MAX = 256,
	LINKOUT_FENCE_MS = 1000, /* a message in flight for so long is asked about */
	LINKOUT_PING_MS = 5000,  /* an idle receiver is asked so often whether it lives */
	LINKOUT_HUNG_MS = 10000, /* no answer for so long: it hangs */
	LINKOUT_RETRY_MIN_MS = 50,
	LINKOUT_RETRY_MAX_MS = 5000,
	LINKOUT_PAUSE_MIN_MS = 1000, /* after "later" without a delay, doubling */
	LINKOUT_PAUSE_MAX_MS = 300000,
};

struct linkout;

struct linkout_options {
	uint64_t stream;      /* see frame.h */
	uint64_t first_epoch; /* any number; a random one saves a round trip after a restart */
	bool by_key;          /* by rendezvous hash of the message's key; else least outstanding */
};

/* Returns new, NULL without memory. */
struct linkout *linkout_new(const struct linkout_options *options);
void linkout_free(struct linkout *out);
SCOPED_DEFINE(struct linkout, linkout_free)

/* Events. All take the monotonic time. Peers are small numbers, given in LINKOUT_OPEN. */

/* A receiver's endpoint is there (again): discovered, or its socket file was replaced. -1 past
 * LINKOUT_PEERS_MAX or without memory. Copies endpoint. */
int linkout_see(struct linkout *out, const char *endpoint, int64_t now_ms);
/* The endpoint is gone: forgotten as soon as no connection is up. */
void linkout_unsee(struct linkout *out, const char *endpoint);
/* The connection that LINKOUT_OPEN asked for is made; it broke. */
void linkout_up(struct linkout *out, int peer, int64_t now_ms);
void linkout_down(struct linkout *out, int peer, int64_t now_ms);
/* A frame on the ack socket. Texts of the actions that follow borrow from it: take them first. */
void linkout_hear(struct linkout *out, const struct frame *frame, int64_t now_ms);
/* Time has passed. Call at least every 100 ms while anything is in flight. */
void linkout_tick(struct linkout *out, int64_t now_ms);

/* A message to deliver; its id is not known to out already. -1 without memory. */
int linkout_offer(struct linkout *out, uint64_t id, size_t len, uint64_t key);
/* The owner has settled id by itself (quarantine): forget it, whatever its state. */
void linkout_forget(struct linkout *out, uint64_t id);
/* Say LEAVE to all and close; nothing is sent any more. */
void linkout_leave(struct linkout *out);

/* Actions. */
enum linkout_act {
	LINKOUT_NONE,
	/* for the socket */
	LINKOUT_OPEN,  /* connect a new socket to endpoint as peer */
	LINKOUT_CLOSE, /* close peer's socket, LINGER 0 */
	LINKOUT_SEND,  /* frame (from and ack are the socket's to fill in) to peer */
	LINKOUT_DATA,  /* load the body of frame.id, send frame with it to peer */
	/* for the owner of the messages */
	LINKOUT_ACKED,
	LINKOUT_REJECTED, /* frame.id, frame.from, frame.reason */
	LINKOUT_CRASHED,  /* frame.id, frame.from, frame.delay_ms = points; still in its state */
	LINKOUT_HINT,     /* frame.body */
};

struct linkout_action {
	enum linkout_act act;
	int peer;
	const char *endpoint;
	struct frame frame;
};

/* The next thing to do; borrowed until the next call of anything. */
enum linkout_act linkout_next(struct linkout *out, int64_t now_ms, struct linkout_action *action);

/* Questions. */
/* How many more messages could be sent at once, beyond those that are ready. */
size_t linkout_room(const struct linkout *out, int64_t now_ms);
/* There was no memory to note an action: its promises cannot be kept; exit and be restarted. */
bool linkout_failed(const struct linkout *out);
size_t linkout_pending(const struct linkout *out); /* ready and in flight */
bool linkout_any_up(const struct linkout *out);    /* a receiver takes messages, now or soon */
size_t linkout_in_flight(const struct linkout *out);
uint64_t linkout_resent(const struct linkout *out); /* messages sent more than once, ever */

/* One receiver, for status; false past the last used one: for (int i = 0; ...; i++). */
struct linkout_peer_view {
	const char *endpoint;
	const char *state; /* "down", "opening", "greeting", "up", "leaving" */
	bool paused;
	size_t in_flight;
	uint64_t in_flight_bytes;
	uint64_t acked;
};
bool linkout_peer(const struct linkout *out, int peer, int64_t now_ms,
		  struct linkout_peer_view *view);

#endif
