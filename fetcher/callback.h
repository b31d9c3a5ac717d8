/* callback - the small HTTP socket that hubs call, behind the operator's reverse proxy. The one
 * door to libmicrohttpd.
 *
 * A request names a subscription by the last part of its path. A body is read only where `admit`
 * lets it in; then `receive` says what to answer. An answer that says "taken" (2xx) is held back
 * until callback_settle says that what receive has written is on the disk.
 *
 * Whoever calls may be anybody: connections, head and body bytes, and the time a request may take
 * are bounded, and nobody waits for a slow one. */
#ifndef FM_FETCHER_CALLBACK_H
#define FM_FETCHER_CALLBACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/err.h"
#include "common/scope.h"

enum {
	CALLBACK_CONNECTIONS_MAX = 64,
	CALLBACK_HEAD_BYTES_MAX = 32 * 1024, /* of a request, and what libmicrohttpd needs itself */
	CALLBACK_REQUEST_MS = 30 * 1000,     /* to say all of it, and then to take the answer */
	CALLBACK_ANSWER_BYTES_MAX = 2048,    /* a challenge */
};

/* Borrowed for the call; texts are NULL where absent. */
struct callback_request {
	const char *token; /* the last part of the path */
	bool push;         /* POST; else GET */
	const char *mode, *topic, *challenge, *lease_seconds, *reason; /* hub.mode= and so on */
	const char *content_type, *content_language, *signature;
	struct bytes body; /* of a push */
};

struct callback_options {
	const char *listen;      /* listener.h */
	size_t bodies_bytes_max; /* of all that are being read */
	int64_t request_ms;      /* 0: CALLBACK_REQUEST_MS */
	/* A push's head is there: how many bytes its body may have; or -1 and *status, with which
	 * it is refused. */
	int64_t (*admit)(void *arg, const char *token, int *status);
	/* The status of the answer; what it says goes into answer. -1: it cannot be told now, as
	 * err says, and the caller is told to come again. */
	int (*receive)(void *arg, const struct callback_request *request, struct buf *answer,
		       struct err *err);
	void *arg;
};

struct callback;

/* Returns new. */
struct callback *callback_open(const struct callback_options *options, struct err *err);
/* Whoever waits for an answer gets none. */
void callback_close(struct callback *callback);
SCOPED_DEFINE(struct callback, callback_close)

/* Readable: call callback_turn. */
int callback_fd(const struct callback *callback);
/* Lowers *timeout_ms to when callback_turn has something to do. */
void callback_timeout(const struct callback *callback, int *timeout_ms);
/* Everything that can be done without waiting. -1: what receive said. */
int callback_turn(struct callback *callback, struct err *err);
/* What was received until now is on the disk; or it is lost, and its senders are told to come
 * again. */
void callback_settle(struct callback *callback, bool good);
/* Whether an answer is held back. */
bool callback_holds(const struct callback *callback);

int callback_port(const struct callback *callback); /* for tests; 0: unknown */

#endif
