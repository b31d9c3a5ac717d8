#include "fetcher/callback.h"

#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/listener.h"

enum { TOKEN_BYTES_MAX = 64, BODY_FIRST_BYTES = 64 * 1024, IDLE_S = 20 };

/* One connection, which is for one request. */
struct call {
	struct callback *callback;
	struct MHD_Connection *connection; /* NULL: a free place */
	int64_t until_ms;
	char token[TOKEN_BYTES_MAX];
	bool push;
	bool received; /* and its status is known */
	bool held;     /* until it is on the disk */
	unsigned int status;
	struct buf body, answer;
};

struct callback {
	struct callback_options options;
	struct MHD_Daemon *daemon;
	int fd;
	size_t bodies_bytes;
	bool closing;
	struct err failed; /* what receive said */
	struct call calls[CALLBACK_CONNECTIONS_MAX];
};

/* Connections. */

static void
end_call(struct call *call)
{
	call->callback->bodies_bytes -= call->body.len;
	buf_done(&call->body);
	buf_done(&call->answer);
	*call = (struct call){.callback = call->callback};
}

static void
on_connection(void *arg, struct MHD_Connection *connection, void **context,
	      enum MHD_ConnectionNotificationCode what)
{
	struct callback *c = arg;

	if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
		if (*context)
			end_call(*context);
		*context = NULL;
		return;
	}
	for (size_t i = 0; i < CALLBACK_CONNECTIONS_MAX; i++) {
		struct call *call = &c->calls[i];

		if (call->connection)
			continue;
		call->connection = connection;
		call->until_ms = clock_mono_ms() + c->options.request_ms;
		call->body = buf_init(0);
		call->answer = buf_init(CALLBACK_ANSWER_BYTES_MAX);
		*context = call;
		return;
	}
}

/* One that takes too long is cut: libmicrohttpd only sees whether anything comes at all. */
static void
cut_slow(struct callback *c, int64_t now_ms)
{
	for (size_t i = 0; i < CALLBACK_CONNECTIONS_MAX; i++) {
		struct call *call = &c->calls[i];
		const union MHD_ConnectionInfo *info;

		if (!call->connection || call->held || now_ms < call->until_ms)
			continue;
		info = MHD_get_connection_info(call->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
		if (info)
			(void)shutdown(info->connect_fd, SHUT_RDWR);
	}
}

/* One request. */

static enum MHD_Result
respond(struct call *call, unsigned int status)
{
	struct MHD_Response *response = MHD_create_response_from_buffer(
		call->answer.len, call->answer.data, MHD_RESPMEM_MUST_COPY);
	enum MHD_Result rc;

	if (!response)
		return MHD_NO;
	(void)MHD_add_response_header(response, "Connection", "close");
	/* A challenge is whatever its sender likes: never a page to anybody. */
	(void)MHD_add_response_header(response, "Content-Type", "text/plain; charset=utf-8");
	(void)MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
	if (status == MHD_HTTP_SERVICE_UNAVAILABLE)
		(void)MHD_add_response_header(response, "Retry-After", "60");
	rc = MHD_queue_response(call->connection, status, response);
	MHD_destroy_response(response);
	return rc;
}

static const char *
header(struct call *call, const char *name)
{
	return MHD_lookup_connection_value(call->connection, MHD_HEADER_KIND, name);
}

static const char *
argument(struct call *call, const char *name)
{
	return MHD_lookup_connection_value(call->connection, MHD_GET_ARGUMENT_KIND, name);
}

/* The head is there. */
static enum MHD_Result
begin(struct call *call, const char *url, const char *method)
{
	struct callback *c = call->callback;
	const char *slash = strrchr(url, '/');
	const char *length = header(call, "Content-Length");
	int status = MHD_HTTP_NOT_FOUND;
	int64_t most;

	call->push = strcmp(method, "POST") == 0;
	if (!call->push && strcmp(method, "GET") != 0)
		return respond(call, MHD_HTTP_METHOD_NOT_ALLOWED);
	if (!slash || !slash[1] || strlen(slash + 1) >= sizeof(call->token))
		return respond(call, MHD_HTTP_NOT_FOUND);
	(void)snprintf(call->token, sizeof(call->token), "%s", slash + 1);
	if (!call->push)
		return MHD_YES;
	most = c->options.admit(c->options.arg, call->token, &status);
	if (most < 0)
		return respond(call, (unsigned int)status);
	if (length && strtoll(length, NULL, 10) > most)
		return respond(call, MHD_HTTP_CONTENT_TOO_LARGE);
	if (c->bodies_bytes >= c->options.bodies_bytes_max)
		return respond(call, MHD_HTTP_SERVICE_UNAVAILABLE);
	call->body = buf_init((size_t)most);
	return MHD_YES;
}

/* No answer can be given while a body comes in: one that is too large is cut. */
static enum MHD_Result
add_body(struct call *call, const char *data, size_t *len)
{
	struct callback *c = call->callback;

	if (c->bodies_bytes + *len > c->options.bodies_bytes_max + BODY_FIRST_BYTES ||
	    buf_add(&call->body, data, *len, NULL) < 0)
		return MHD_NO;
	c->bodies_bytes += *len;
	*len = 0;
	return MHD_YES;
}

static enum MHD_Result
receive(struct call *call)
{
	struct callback *c = call->callback;
	const struct callback_request request = {
		.token = call->token,
		.push = call->push,
		.mode = argument(call, "hub.mode"),
		.topic = argument(call, "hub.topic"),
		.challenge = argument(call, "hub.challenge"),
		.lease_seconds = argument(call, "hub.lease_seconds"),
		.reason = argument(call, "hub.reason"),
		.content_type = header(call, "Content-Type"),
		.content_language = header(call, "Content-Language"),
		.signature = header(call, "X-Hub-Signature"),
		.body = buf_bytes(&call->body),
	};
	int status;

	/* What came before in this turn is about to be rolled back: nothing is added to it. */
	if (c->failed.kind != ERR_NONE)
		return respond(call, MHD_HTTP_SERVICE_UNAVAILABLE);
	status = c->options.receive(c->options.arg, &request, &call->answer, &c->failed);
	if (status < 0 || buf_failed(&call->answer, NULL) < 0) {
		buf_reset(&call->answer);
		return respond(call, MHD_HTTP_SERVICE_UNAVAILABLE);
	}
	if (status >= 300)
		return respond(call, (unsigned int)status);
	call->status = (unsigned int)status;
	call->received = call->held = true;
	/* Its memory is not for as long as the disk takes. */
	c->bodies_bytes -= call->body.len;
	buf_done(&call->body);
	MHD_suspend_connection(call->connection);
	return MHD_YES;
}

static enum MHD_Result
on_request(void *arg, struct MHD_Connection *connection, const char *url, const char *method,
	   const char *version, const char *data, size_t *len, void **request)
{
	const struct callback *c = arg;
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	struct call *call = info ? info->socket_context : NULL;

	(void)version;
	if (!call || c->closing)
		return MHD_NO;
	if (!*request) {
		*request = call;
		return begin(call, url, method);
	}
	if (*len > 0)
		return add_body(call, data, len);
	return call->received ? respond(call, call->status) : receive(call);
}

/* The socket. */

struct callback *
callback_open(const struct callback_options *options, struct err *err)
{
	SCOPED(callback_close) struct callback *c = calloc(1, sizeof(*c));
	const union MHD_DaemonInfo *info;
	int fd;

	if (!c) {
		(void)err_sys(err, "callback");
		return NULL;
	}
	c->options = *options;
	if (c->options.request_ms == 0)
		c->options.request_ms = CALLBACK_REQUEST_MS;
	for (size_t i = 0; i < CALLBACK_CONNECTIONS_MAX; i++)
		c->calls[i].callback = c;
	fd = listener_open(options->listen, err);
	if (fd < 0)
		return NULL;
	c->daemon = MHD_start_daemon(
		MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, on_request, c,
		MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT,
		(unsigned int)CALLBACK_CONNECTIONS_MAX, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
		(size_t)CALLBACK_HEAD_BYTES_MAX, MHD_OPTION_CONNECTION_TIMEOUT,
		(unsigned int)IDLE_S, MHD_OPTION_NOTIFY_CONNECTION, on_connection, c,
		MHD_OPTION_END);
	if (!c->daemon) {
		(void)close(fd);
		(void)err_set(err, ERR_RETRY, "cannot listen at '%s'", options->listen);
		return NULL;
	}
	info = MHD_get_daemon_info(c->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	if (!info) {
		(void)err_set(err, ERR_FATAL, "libmicrohttpd has no epoll");
		return NULL;
	}
	c->fd = info->epoll_fd;
	return TAKE(c);
}

void
callback_close(struct callback *c)
{
	if (!c)
		return;
	/* libmicrohttpd does not end while it holds a connection back. */
	c->closing = true;
	if (c->daemon) {
		callback_settle(c, false);
		(void)MHD_run(c->daemon);
		MHD_stop_daemon(c->daemon);
	}
	free(c);
}

int
callback_fd(const struct callback *c)
{
	return c->fd;
}

void
callback_timeout(const struct callback *c, int *timeout_ms)
{
	MHD_UNSIGNED_LONG_LONG wanted_ms;

	if (MHD_get_timeout(c->daemon, &wanted_ms) != MHD_YES)
		return;
	if (*timeout_ms < 0 || wanted_ms < (MHD_UNSIGNED_LONG_LONG)*timeout_ms)
		*timeout_ms = (int)wanted_ms;
}

int
callback_turn(struct callback *c, struct err *err)
{
	cut_slow(c, clock_mono_ms());
	(void)MHD_run(c->daemon);
	if (c->failed.kind == ERR_NONE)
		return 0;
	(void)err_set(err, c->failed.kind, "%s", c->failed.text);
	c->failed.kind = ERR_NONE;
	return -1;
}

void
callback_settle(struct callback *c, bool good)
{
	for (size_t i = 0; i < CALLBACK_CONNECTIONS_MAX; i++) {
		struct call *call = &c->calls[i];

		if (!call->connection || !call->held)
			continue;
		call->held = false;
		call->until_ms = clock_mono_ms() + c->options.request_ms; /* for the answer */
		if (!good) {
			call->status = MHD_HTTP_SERVICE_UNAVAILABLE;
			buf_reset(&call->answer);
		}
		MHD_resume_connection(call->connection);
	}
}

bool
callback_holds(const struct callback *c)
{
	for (size_t i = 0; i < CALLBACK_CONNECTIONS_MAX; i++)
		if (c->calls[i].connection && c->calls[i].held)
			return true;
	return false;
}

int
callback_port(const struct callback *c)
{
	const union MHD_DaemonInfo *info =
		MHD_get_daemon_info(c->daemon, MHD_DAEMON_INFO_BIND_PORT);

	return info ? info->port : 0;
}
