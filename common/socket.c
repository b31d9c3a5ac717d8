#define ZMQ_BUILD_DRAFT_API 1 /* ZMQ_USE_FD is a draft option; Debian's libzmq has it */
#include "common/socket.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#include "common/socketfile.h"

#ifndef ZMQ_USE_FD
#define ZMQ_USE_FD 89
#endif
#ifndef ZMQ_ZAP_ENFORCE_DOMAIN
#define ZMQ_ZAP_ENFORCE_DOMAIN 93
#endif

enum {
	HEARTBEAT_MS = 2000,
	HEARTBEAT_TIMEOUT_MS = 6000,
	HANDSHAKE_MS = 5000, /* four times there and back with CURVE, over a slow line */
	CONNECT_MS = 5000,   /* into a black hole; the kernel would try for two minutes */
	RECONNECT_MS = 50,
	RECONNECT_MAX_MS = 5000,
	ACK_LINGER_MS = 1000,
	IO_THREADS = 1,
	SOCKETS_MAX = 1023,

	STRANGER_MS = HANDSHAKE_MS + 1000, /* whoever has not shaken hands by then never will */
	MONITOR_IN = ZMQ_EVENT_ACCEPTED | ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_DISCONNECTED,
	MONITOR_OUT = ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_DISCONNECTED,
};

static const struct use {
	int type;
	int immediate; /* 1: nothing is accepted before the connection is up */
	int linger_ms;
	int monitored; /* events; 0: none */
} uses[] = {
	[SOCKET_DATA_IN] = {ZMQ_PULL, 0, 0, MONITOR_IN},
	[SOCKET_ACK_IN] = {ZMQ_PULL, 0, 0, MONITOR_IN},
	[SOCKET_DATA_OUT] = {ZMQ_PUSH, 1, 0, MONITOR_OUT},
	[SOCKET_ACK_OUT] = {ZMQ_PUSH, 0, ACK_LINGER_MS, 0},
};

struct socket_context {
	void *zmq;
	uint64_t monitors;   /* numbers the inproc names of monitors */
	struct curve *curve; /* NULL: tcp in the clear */
	struct curve_key public, secret;
};

struct socket {
	void *zmq;
	void *monitor;
	struct socketfile *file;
	bool bound;
	/* Of a bound one: connections so far, those of them that became ours, and how many there
	 * were when it was last looked. */
	uint64_t accepted, shaken, looked_accepted;
	uint64_t ended;
	int64_t looked_ms;
};

_Static_assert(sizeof(zmq_msg_t) <= sizeof(((struct socket_message *)0)->opaque), "zmq_msg_t");

static int
err_zmq(struct err *err, const char *what, const char *on)
{
	return err_set(err, ERR_RETRY, "%s '%s': %s", what, on, zmq_strerror(zmq_errno()));
}

struct socket_context *
socket_context_new(struct err *err)
{
	struct socket_context *context = calloc(1, sizeof(*context));

	if (context)
		context->zmq = zmq_ctx_new();
	if (!context || !context->zmq) {
		(void)err_sys(err, "ZeroMQ context");
		free(context);
		return NULL;
	}
	(void)zmq_ctx_set(context->zmq, ZMQ_IO_THREADS, IO_THREADS);
	(void)zmq_ctx_set(context->zmq, ZMQ_MAX_SOCKETS, SOCKETS_MAX);
	return context;
}

void
socket_context_free(struct socket_context *context)
{
	if (!context)
		return;
	/* A process that is stopped and continued is interrupted here without any signal handler.
	 */
	while (zmq_ctx_term(context->zmq) < 0 && zmq_errno() == EINTR)
		;
	curve_join(context->curve);
	free(context);
}

int
socket_context_secure(struct socket_context *context, const char *folder, struct err *err)
{
	if (curve_own(folder, &context->public, &context->secret, err) < 0)
		return -1;
	context->curve = curve_start(context->zmq, folder, err);
	return context->curve ? 0 : -1;
}

static int
set_int(void *zmq, int option, int value)
{
	return zmq_setsockopt(zmq, option, &value, sizeof(value));
}

static int
set_options(void *zmq, const struct use *use, int hwm)
{
	static const char domain[] = "feedmill";

	if (set_int(zmq, ZMQ_LINGER, use->linger_ms) < 0 ||
	    set_int(zmq, ZMQ_IMMEDIATE, use->immediate) < 0 || set_int(zmq, ZMQ_SNDHWM, hwm) < 0 ||
	    set_int(zmq, ZMQ_RCVHWM, hwm) < 0 ||
	    set_int(zmq, ZMQ_HANDSHAKE_IVL, HANDSHAKE_MS) < 0 ||
	    set_int(zmq, ZMQ_HEARTBEAT_IVL, HEARTBEAT_MS) < 0 ||
	    set_int(zmq, ZMQ_HEARTBEAT_TIMEOUT, HEARTBEAT_TIMEOUT_MS) < 0 ||
	    set_int(zmq, ZMQ_CONNECT_TIMEOUT, CONNECT_MS) < 0 ||
	    set_int(zmq, ZMQ_RECONNECT_IVL, RECONNECT_MS) < 0 ||
	    set_int(zmq, ZMQ_RECONNECT_IVL_MAX, RECONNECT_MAX_MS) < 0)
		return -1;
	return zmq_setsockopt(zmq, ZMQ_ZAP_DOMAIN, domain, sizeof(domain) - 1);
}

static struct socket *
socket_new(struct socket_context *context, const struct use *use, const char *on, int hwm,
	   struct err *err)
{
	SCOPED(socket_close) struct socket *s = calloc(1, sizeof(*s));

	if (!s) {
		(void)err_sys(err, "socket '%s'", on);
		return NULL;
	}
	s->zmq = zmq_socket(context->zmq, use->type);
	if (!s->zmq || set_options(s->zmq, use, hwm) < 0) {
		(void)err_zmq(err, "socket", on);
		return NULL;
	}
	return TAKE(s);
}

static int
watch_connection(struct socket_context *context, struct socket *s, int events, const char *endpoint,
		 struct err *err)
{
	char name[64];

	(void)snprintf(name, sizeof(name), "inproc://monitor-%llu",
		       (unsigned long long)++context->monitors);
	if (zmq_socket_monitor(s->zmq, name, events) < 0)
		return err_zmq(err, "monitor", endpoint);
	s->monitor = zmq_socket(context->zmq, ZMQ_PAIR);
	/* Without a mark, or the I/O thread would wait for us to read while we wait for it. */
	if (!s->monitor || set_int(s->monitor, ZMQ_RCVHWM, 0) < 0 ||
	    zmq_connect(s->monitor, name) < 0)
		return err_zmq(err, "monitor", endpoint);
	return 0;
}

struct socket *
socket_bind(struct socket_context *context, enum socket_use use, const char *path, int hwm,
	    size_t message_bytes_max, struct err *err)
{
	SCOPED(socket_close) struct socket *s = socket_new(context, &uses[use], path, hwm, err);
	const int64_t max = (int64_t)message_bytes_max;
	char endpoint[SOCKETFILE_PATH_MAX + 8];
	int fd;

	if (!s)
		return NULL;
	s->file = socketfile_open(path, err);
	if (!s->file)
		return NULL;
	/* libzmq closes the descriptor that it gets, in its own time: it gets one of its own. */
	fd = fcntl(socketfile_fd(s->file), F_DUPFD_CLOEXEC, 0);
	if (fd < 0) {
		(void)err_sys(err, "bind '%s'", path);
		return NULL;
	}
	(void)snprintf(endpoint, sizeof(endpoint), "ipc://%s", path);
	s->bound = true;
	if (watch_connection(context, s, uses[use].monitored, endpoint, err) < 0)
		return NULL;
	if (zmq_setsockopt(s->zmq, ZMQ_MAXMSGSIZE, &max, sizeof(max)) < 0 ||
	    set_int(s->zmq, ZMQ_USE_FD, fd) < 0 || zmq_bind(s->zmq, endpoint) < 0) {
		(void)err_zmq(err, "bind", endpoint);
		return NULL;
	}
	return TAKE(s);
}

static int
set_key(void *zmq, int option, const struct curve_key *key)
{
	return zmq_setsockopt(zmq, option, key->text, sizeof(key->text));
}

int
socket_bind_tcp(struct socket_context *context, struct socket *s, const char *endpoint,
		struct err *err)
{
	/* The options of a socket are those of what it binds next: ipc stays in the clear. */
	if (set_int(s->zmq, ZMQ_USE_FD, -1) < 0 ||
	    set_int(s->zmq, ZMQ_IPV6, strchr(endpoint, '[') != NULL) < 0 ||
	    (context->curve && (set_int(s->zmq, ZMQ_CURVE_SERVER, 1) < 0 ||
				set_int(s->zmq, ZMQ_ZAP_ENFORCE_DOMAIN, 1) < 0 ||
				set_key(s->zmq, ZMQ_CURVE_SECRETKEY, &context->secret) < 0)))
		return err_zmq(err, "bind", endpoint);
	if (zmq_bind(s->zmq, endpoint) == 0)
		return 0;
	return zmq_errno() == EADDRINUSE ? 1 : err_zmq(err, "bind", endpoint);
}

struct socket *
socket_connect(struct socket_context *context, enum socket_use use, const char *endpoint, int hwm,
	       struct err *err)
{
	return socket_connect_to(context, use, endpoint, NULL, hwm, err);
}

struct socket *
socket_connect_to(struct socket_context *context, enum socket_use use, const char *endpoint,
		  const struct curve_key *server, int hwm, struct err *err)
{
	SCOPED(socket_close) struct socket *s = socket_new(context, &uses[use], endpoint, hwm, err);

	if (!s)
		return NULL;
	if (set_int(s->zmq, ZMQ_IPV6, strchr(endpoint, '[') != NULL) < 0 ||
	    (server && (set_key(s->zmq, ZMQ_CURVE_SERVERKEY, server) < 0 ||
			set_key(s->zmq, ZMQ_CURVE_PUBLICKEY, &context->public) < 0 ||
			set_key(s->zmq, ZMQ_CURVE_SECRETKEY, &context->secret) < 0))) {
		(void)err_zmq(err, "connect", endpoint);
		return NULL;
	}
	/* Watched first: the connection may be up before the next line is. */
	if (uses[use].monitored &&
	    watch_connection(context, s, uses[use].monitored, endpoint, err) < 0)
		return NULL;
	if (zmq_connect(s->zmq, endpoint) < 0) {
		(void)err_zmq(err, "connect", endpoint);
		return NULL;
	}
	return TAKE(s);
}

void
socket_close(struct socket *s)
{
	if (!s)
		return;
	if (s->monitor) {
		(void)zmq_socket_monitor(s->zmq, NULL, 0);
		(void)set_int(s->monitor, ZMQ_LINGER, 0);
		(void)zmq_close(s->monitor);
	}
	if (s->zmq)
		(void)zmq_close(s->zmq);
	socketfile_close(s->file);
	free(s);
}

int
socket_send(struct socket *s, struct bytes message, struct err *err)
{
	if (zmq_send(s->zmq, message.data, message.len, ZMQ_DONTWAIT) >= 0)
		return 0;
	if (zmq_errno() == EAGAIN)
		return 1;
	return err_zmq(err, "send", "message");
}

/* zmq_msg_t lives inside the opaque bytes. */
static zmq_msg_t *
inner(struct socket_message *message)
{
	return (zmq_msg_t *)(void *)message->opaque;
}

void
socket_message_done(struct socket_message *message)
{
	(void)zmq_msg_close(inner(message));
}

const char *
socket_message_key(struct socket_message *message)
{
	const char *key = zmq_msg_gets(inner(message), "User-Id");

	return key ? key : "";
}

int
socket_receive(struct socket *s, struct socket_message *message_out, struct refusals *refusals,
	       struct err *err)
{
	zmq_msg_t *msg = inner(message_out);
	bool multipart = false, more;

	(void)zmq_msg_init(msg);
	do {
		if (zmq_msg_recv(msg, s->zmq, ZMQ_DONTWAIT) < 0) {
			const int why = zmq_errno();

			(void)zmq_msg_close(msg);
			errno = why;
			return why == EAGAIN || why == EINTR ? 0
							     : err_zmq(err, "receive", "message");
		}
		more = zmq_msg_more(msg);
		multipart |= more;
	} while (more);
	if (multipart) {
		(void)zmq_msg_close(msg);
		if (refusals)
			refusals_add(refusals, 1, "a message of several parts");
		return socket_receive(s, message_out, refusals, err);
	}
	message_out->bytes = (struct bytes){zmq_msg_data(msg), zmq_msg_size(msg)};
	return 1;
}

/* What the monitor says next, 0 when it is silent. */
static int
monitor_event(struct socket *s)
{
	zmq_msg_t msg;
	uint16_t what;
	bool more;

	(void)zmq_msg_init(&msg);
	/* Two parts: event number and value; then the endpoint. */
	if (zmq_msg_recv(&msg, s->monitor, ZMQ_DONTWAIT) < 0)
		return 0;
	memcpy(&what, zmq_msg_data(&msg), sizeof(what));
	for (more = zmq_msg_more(&msg); more; more = zmq_msg_more(&msg))
		if (zmq_msg_recv(&msg, s->monitor, ZMQ_DONTWAIT) < 0)
			break;
	(void)zmq_msg_close(&msg);
	return what;
}

enum socket_event
socket_event(struct socket *s)
{
	const int what = monitor_event(s);

	return what == ZMQ_EVENT_HANDSHAKE_SUCCEEDED ? SOCKET_UP
	       : what == ZMQ_EVENT_DISCONNECTED      ? SOCKET_DOWN
						     : SOCKET_QUIET;
}

void
socket_look(struct socket *s, int64_t now_ms, struct refusals *refusals)
{
	int what;

	while ((what = monitor_event(s)) != 0) {
		s->accepted += what == ZMQ_EVENT_ACCEPTED;
		s->shaken += what == ZMQ_EVENT_HANDSHAKE_SUCCEEDED;
		s->ended += what == ZMQ_EVENT_DISCONNECTED;
	}
	if (now_ms - s->looked_ms < STRANGER_MS)
		return;
	if (s->looked_accepted > s->shaken) {
		refusals_add(refusals, s->looked_accepted - s->shaken,
			     "a connection that does not speak ZeroMQ as stages do");
		s->shaken = s->looked_accepted;
	}
	s->looked_accepted = s->accepted;
	s->looked_ms = now_ms;
}

uint64_t
socket_connections(const struct socket *s)
{
	return s->accepted - s->ended;
}

/* One wait for all. */

struct socket_wait {
	zmq_pollitem_t *items;
	size_t count, cap;
};

struct socket_wait *
socket_wait_new(void)
{
	return calloc(1, sizeof(struct socket_wait));
}

void
socket_wait_free(struct socket_wait *wait)
{
	if (!wait)
		return;
	free(wait->items);
	free(wait);
}

void
socket_wait_clear(struct socket_wait *wait)
{
	wait->count = 0;
}

static size_t
add(struct socket_wait *wait, void *socket, int fd, short events)
{
	if (wait->count == wait->cap) {
		const size_t cap = wait->cap ? wait->cap * 2 : 32;
		zmq_pollitem_t *grown = realloc(wait->items, cap * sizeof(*grown));

		if (!grown)
			return SIZE_MAX; /* the loop's own tick looks at everything anyway */
		wait->items = grown;
		wait->cap = cap;
	}
	wait->items[wait->count] = (zmq_pollitem_t){socket, fd, events, 0};
	return wait->count++;
}

void
socket_wait_socket(struct socket_wait *wait, const struct socket *s)
{
	(void)add(wait, s->monitor && !s->bound ? s->monitor : s->zmq, 0, ZMQ_POLLIN);
}

size_t
socket_wait_fd(struct socket_wait *wait, int fd, short events)
{
	return add(wait, NULL, fd,
		   (short)((events & POLLIN ? ZMQ_POLLIN : 0) |
			   (events & POLLOUT ? ZMQ_POLLOUT : 0) | ZMQ_POLLERR));
}

int
socket_wait_run(struct socket_wait *wait, int timeout_ms, struct err *err)
{
	if (zmq_poll(wait->items, (int)wait->count, timeout_ms) >= 0 || zmq_errno() == EINTR)
		return 0;
	return err_zmq(err, "wait for", "sockets");
}

short
socket_wait_revents(const struct socket_wait *wait, size_t place)
{
	const short events = place < wait->count ? wait->items[place].revents : 0;

	return (short)((events & ZMQ_POLLIN ? POLLIN : 0) | (events & ZMQ_POLLOUT ? POLLOUT : 0) |
		       (events & ZMQ_POLLERR ? POLLERR : 0));
}
