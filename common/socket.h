/* socket - the one door to ZeroMQ: PUSH and PULL with our options and ceilings on every socket,
 * own socket files, connection events, and one wait for sockets and file descriptors together.
 *
 * All four uses of a socket differ in a row of a table (socket.c): HWM, IMMEDIATE, LINGER. Every
 * socket has a ZAP domain, without which libzmq hands garbage bytes over as messages. */
#ifndef FM_COMMON_SOCKET_H
#define FM_COMMON_SOCKET_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/curve.h"
#include "common/err.h"
#include "common/refusals.h"
#include "common/scope.h"

struct socket_context;
struct socket;

enum socket_use {
	SOCKET_DATA_IN,  /* PULL, bound */
	SOCKET_ACK_IN,   /* PULL, bound */
	SOCKET_DATA_OUT, /* PUSH, connected; says when its connection is up and down */
	SOCKET_ACK_OUT,  /* PUSH, connected; keeps messages while it reconnects */
};

/* Returns new; ends with every socket closed. */
struct socket_context *socket_context_new(struct err *err);
void socket_context_free(struct socket_context *context);
SCOPED_DEFINE(struct socket_context, socket_context_free)

/* From then on, sockets of this context bind tcp with CURVE, and admit the peers in the folder of
 * keys (curve.h). Before the first socket; once. */
int socket_context_secure(struct socket_context *context, const char *folder, struct err *err);

/* Binds "ipc://PATH" over a socket file of its own (socketfile.h). hwm: messages that may wait;
 * message_bytes_max: larger ones end the connection they come on. */
struct socket *socket_bind(struct socket_context *context, enum socket_use use, const char *path,
			   int hwm, size_t message_bytes_max, struct err *err);
/* Listens at "tcp://HOST:PORT" as well, where peers off this machine find it. 0, 1 when the port is
 * taken, -1. */
int socket_bind_tcp(struct socket_context *context, struct socket *s, const char *endpoint,
		    struct err *err);
/* With server, which owns the key, over CURVE; NULL: in the clear. */
struct socket *socket_connect_to(struct socket_context *context, enum socket_use use,
				 const char *endpoint, const struct curve_key *server, int hwm,
				 struct err *err);
struct socket *socket_connect(struct socket_context *context, enum socket_use use,
			      const char *endpoint, int hwm, struct err *err);
void socket_close(struct socket *s); /* accepts NULL */
SCOPED_DEFINE(struct socket, socket_close)

/* 0 sent, 1 would block, -1. Copies. */
int socket_send(struct socket *s, struct bytes message, struct err *err);

/* A received message: holds the bytes until socket_message_done. */
struct socket_message {
	_Alignas(8) unsigned char opaque[64];
	struct bytes bytes;
};
void socket_message_done(struct socket_message *message);
/* The key of the CURVE client that sent it, "" of others. Borrowed from the message. */
const char *socket_message_key(struct socket_message *message);

/* 1 a message (release it), 0 none, -1. A multipart message is dropped, and counted in refusals
 * (NULL: unwanted). */
int socket_receive(struct socket *s, struct socket_message *message_out, struct refusals *refusals,
		   struct err *err);

/* On a bound socket, now and then: counts who connected and did not speak ZeroMQ as we do. It is
 * known some seconds later, when no handshake can be under way any more. */
void socket_look(struct socket *s, int64_t now_ms, struct refusals *refusals);

/* Connections to a bound socket that are up, as of the last look. */
uint64_t socket_connections(const struct socket *s);

/* The next event of a DATA_OUT socket's connection. */
enum socket_event { SOCKET_QUIET, SOCKET_UP, SOCKET_DOWN };
enum socket_event socket_event(struct socket *s);

/* One wait for all. */
struct socket_wait;
struct socket_wait *socket_wait_new(void);
void socket_wait_free(struct socket_wait *wait);
SCOPED_DEFINE(struct socket_wait, socket_wait_free)

void socket_wait_clear(struct socket_wait *wait);
/* For a message (or, DATA_OUT, an event). Without memory for one more the wait gets short. */
void socket_wait_socket(struct socket_wait *wait, const struct socket *s);
/* Returns the place to ask socket_wait_revents about. */
size_t socket_wait_fd(struct socket_wait *wait, int fd, short events);
int socket_wait_run(struct socket_wait *wait, int timeout_ms, struct err *err);
short socket_wait_revents(const struct socket_wait *wait, size_t place); /* of poll(2) */

#endif
