#include "common/control.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/socketfile.h"

struct client {
	int fd; /* -1: the slot is free */
	bool tap;
	bool answered; /* close when all is written */
	struct buf in;
	struct buf out;
	size_t written;
	int64_t since_ms;
};

struct control {
	struct socketfile *file;
	int (*answer)(void *, const char *, const char *, struct json *, struct err *);
	void *arg;
	struct client clients[CONTROL_CLIENTS_MAX];
	size_t taps;
};

struct control *
control_open(const char *path,
	     int (*answer)(void *arg, const char *command, const char *argument, struct json *j,
			   struct err *err),
	     void *arg, struct err *err)
{
	SCOPED(control_close) struct control *c = calloc(1, sizeof(*c));

	if (!c) {
		(void)err_sys(err, "control socket '%s'", path);
		return NULL;
	}
	for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++)
		c->clients[i].fd = -1;
	c->answer = answer;
	c->arg = arg;
	c->file = socketfile_open(path, err);
	return c->file ? TAKE(c) : NULL;
}

static void
hang_up(struct control *c, struct client *client)
{
	(void)close(client->fd);
	client->fd = -1;
	c->taps -= client->tap;
	buf_done(&client->in);
	buf_done(&client->out);
}

void
control_close(struct control *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++)
		if (c->clients[i].fd >= 0)
			hang_up(c, &c->clients[i]);
	socketfile_close(c->file);
	free(c);
}

void
control_wait(const struct control *c, struct socket_wait *wait)
{
	(void)socket_wait_fd(wait, socketfile_fd(c->file), POLLIN);
	for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++) {
		const struct client *client = &c->clients[i];

		if (client->fd >= 0)
			(void)socket_wait_fd(wait, client->fd,
					     client->out.len > client->written ? POLLOUT : POLLIN);
	}
}

static void
accept_clients(struct control *c, int64_t now_ms)
{
	for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++) {
		struct client *client = &c->clients[i];
		int fd;

		if (client->fd >= 0)
			continue;
		fd = accept4(socketfile_fd(c->file), NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd < 0)
			return;
		*client = (struct client){.fd = fd,
					  .in = buf_init(CONTROL_LINE_MAX),
					  .out = buf_init(CONTROL_ANSWER_MAX),
					  .since_ms = now_ms};
	}
}

static void
run(struct control *c, struct client *client, char *line)
{
	struct json j = json_into(&client->out);
	struct err err = {.kind = ERR_NONE};
	char *argument = strchr(line, ' ');

	if (argument)
		*argument++ = '\0';
	if (strcmp(line, "tap") == 0) {
		client->tap = true;
		c->taps++;
		client->out.max = CONTROL_TAP_BYTES;
		return;
	}
	client->answered = true;
	if (c->answer(c->arg, line, argument ? argument : "", &j, &err) < 0 ||
	    buf_failed(&client->out, &err) < 0) {
		buf_reset(&client->out);
		j = json_into(&client->out);
		json_object(&j);
		json_member(&j, "error", err.text);
		json_close(&j);
	}
	(void)buf_addc(&client->out, '\n', NULL);
}

/* False: the client is gone or wrong. */
static bool
read_line(struct control *c, struct client *client)
{
	char bytes[1024];
	ssize_t got;
	char *end;

	got = recv(client->fd, bytes, sizeof(bytes), 0);
	if (got < 0)
		return errno == EAGAIN || errno == EINTR;
	if (got == 0 || client->tap || client->answered)
		return got > 0;
	if (buf_add(&client->in, bytes, (size_t)got, NULL) < 0)
		return false;
	end = memchr(client->in.data, '\n', client->in.len);
	if (!end)
		return true;
	*end = '\0';
	run(c, client, client->in.data);
	return true;
}

static bool
write_some(struct client *client)
{
	while (client->written < client->out.len) {
		const ssize_t put = send(client->fd, client->out.data + client->written,
					 client->out.len - client->written, MSG_NOSIGNAL);

		if (put < 0)
			return errno == EAGAIN || errno == EINTR;
		client->written += (size_t)put;
	}
	buf_reset(&client->out);
	client->written = 0;
	return !client->answered;
}

void
control_turn(struct control *c, int64_t now_ms)
{
	accept_clients(c, now_ms);
	for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++) {
		struct client *client = &c->clients[i];

		if (client->fd < 0)
			continue;
		if (!read_line(c, client) || !write_some(client) ||
		    (!client->tap && now_ms - client->since_ms > CONTROL_IDLE_MS))
			hang_up(c, client);
	}
}

bool
control_tapped(const struct control *c)
{
	return c->taps > 0;
}

void
control_tap(struct control *c, const char *line, size_t len)
{
	for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++) {
		struct client *client = &c->clients[i];

		/* A line fits whole or is left out. */
		if (client->fd < 0 || !client->tap || client->out.len + len + 1 > CONTROL_TAP_BYTES)
			continue;
		(void)buf_add(&client->out, line, len, NULL);
		(void)buf_addc(&client->out, '\n', NULL);
	}
}
