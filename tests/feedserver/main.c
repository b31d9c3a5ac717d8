/* feedserver - a small HTTP server on loopback for demo and tests: the files of a folder, feeds
 * that it makes up, and the bad manners of the world on request (answer.h).
 *
 *     feedserver [-p PORT] [-n] FOLDER
 *
 * Prints "listening on 127.0.0.1:PORT" once it does; port 0, the default, is a free one. It serves
 * every address of 127/8, so that a test can have as many hosts as it likes. Ends with the process
 * that started it, unless -n. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/quantity.h"
#include "tests/feedserver/answer.h"

enum {
	CONNECTIONS_MAX = 1024,
	SILENCE_MS_MAX = 60 * 1000,
	FILLER_BYTES = 64 * 1024,
};

struct connection {
	int fd;
	struct buf in;
	bool answering;
	struct answer answer;
	size_t sent;
	int64_t not_before_ms; /* of the next write */
	int64_t moved_ms;      /* when bytes last went either way */
};

struct server {
	const char *folder;
	struct board *board;
	int listener;
	size_t count;
	struct connection connections[CONNECTIONS_MAX];
};

static char filler[FILLER_BYTES];

static void
close_connection(struct connection *c)
{
	if (c->answering)
		answer_done(&c->answer);
	buf_done(&c->in);
	(void)close(c->fd);
	c->fd = -1;
}

/* Begins the answer to the next whole request in what has arrived. -1: the connection is over. */
static int
answer_next(struct server *s, struct connection *c)
{
	static struct request request;
	const size_t len = request_head_len(buf_str(&c->in), c->in.len);
	int status;

	if (len == 0)
		return 0;
	status = request_read(&request, c->in.data, len);
	if (status ? answer_error(&c->answer, status)
		   : answer_make(&c->answer, &request, s->folder, s->board)) {
		answer_done(&c->answer);
		return -1;
	}
	memmove(c->in.data, c->in.data + len, c->in.len - len);
	c->in.len -= len;
	c->answering = true;
	c->sent = 0;
	c->not_before_ms = clock_mono_ms() + c->answer.delay_ms;
	return 0;
}

static int
take_bytes(struct server *s, struct connection *c)
{
	char *to = buf_reserve(&c->in, 1024, NULL);
	const ssize_t got = to ? recv(c->fd, to, 1024, 0) : 0;

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (got <= 0)
		return -1;
	c->in.len += (size_t)got;
	c->moved_ms = clock_mono_ms();
	return c->answering ? 0 : answer_next(s, c);
}

/* The next run of bytes to send; len 0: the answer is complete. */
static struct bytes
next_bytes(const struct connection *c)
{
	const struct answer *a = &c->answer;
	const uint64_t filled = c->sent < a->bytes.len ? 0 : c->sent - a->bytes.len;
	struct bytes next = {filler, 0};

	if (c->sent < a->bytes.len)
		next = (struct bytes){a->bytes.data + c->sent, a->bytes.len - c->sent};
	else if (filled < a->filler)
		next.len = a->filler - filled < sizeof(filler) ? (size_t)(a->filler - filled)
							       : sizeof(filler);
	if (a->drip_ms > 0 && next.len > a->step_bytes)
		next.len = a->step_bytes;
	return next;
}

static int
give_bytes(struct server *s, struct connection *c)
{
	const struct bytes next = next_bytes(c);
	ssize_t sent;

	if (next.len == 0) {
		const bool close = c->answer.close;

		answer_done(&c->answer);
		c->answering = false;
		return close ? -1 : answer_next(s, c);
	}
	sent = send(c->fd, next.data, next.len, MSG_NOSIGNAL);
	if (sent < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -1;
	c->sent += (size_t)sent;
	c->moved_ms = clock_mono_ms();
	if (c->answer.drip_ms > 0)
		c->not_before_ms = c->moved_ms + c->answer.drip_ms;
	return 0;
}

/* Only for those who asked an address of loopback. */
static void
accept_connection(struct server *s)
{
	const int one = 1;
	struct sockaddr_in own;
	socklen_t len = sizeof(own);
	const int fd = accept4(s->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd < 0)
		return;
	if (getsockname(fd, (struct sockaddr *)&own, &len) < 0 ||
	    ntohl(own.sin_addr.s_addr) >> 24 != IN_LOOPBACKNET) {
		(void)close(fd);
		return;
	}
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	s->connections[s->count++] = (struct connection){
		.fd = fd,
		.in = buf_init(REQUEST_HEAD_BYTES_MAX),
		.moved_ms = clock_mono_ms(),
	};
}

/* What to wait for, and how long. */
static int
gather(const struct server *s, struct pollfd *fds)
{
	const int64_t now_ms = clock_mono_ms();
	int64_t timeout_ms = 1000;

	for (size_t i = 0; i < s->count; i++) {
		const struct connection *c = &s->connections[i];
		const int64_t wait_ms = c->answering ? c->not_before_ms - now_ms : 0;

		fds[i] = (struct pollfd){.fd = c->fd, .events = POLLIN};
		if (c->answering && wait_ms > 0 && wait_ms < timeout_ms)
			timeout_ms = wait_ms;
		/* A client that leaves is POLLHUP; what it still says can wait. */
		if (c->answering)
			fds[i].events = wait_ms > 0 ? 0 : POLLOUT;
	}
	fds[s->count] = (struct pollfd){
		.fd = s->count < CONNECTIONS_MAX ? s->listener : -1,
		.events = POLLIN,
	};
	return (int)timeout_ms;
}

static int
serve_connection(struct server *s, struct connection *c, short revents)
{
	const int64_t now_ms = clock_mono_ms();

	if (revents & (POLLERR | POLLNVAL) || (revents & POLLHUP && c->answering))
		return -1;
	if (c->answering && now_ms >= c->not_before_ms && revents & POLLOUT)
		return give_bytes(s, c);
	if (!c->answering && revents & (POLLIN | POLLHUP))
		return take_bytes(s, c);
	return now_ms - c->moved_ms > SILENCE_MS_MAX && now_ms > c->not_before_ms ? -1 : 0;
}

static void
serve(struct server *s)
{
	static struct pollfd fds[CONNECTIONS_MAX + 1];

	for (;;) {
		const int timeout_ms = gather(s, fds);
		const size_t polled = s->count;
		size_t kept = 0;

		if (poll(fds, polled + 1, timeout_ms) < 0)
			continue;
		if (fds[polled].revents & POLLIN)
			accept_connection(s);
		for (size_t i = 0; i < s->count; i++) {
			struct connection *c = &s->connections[i];

			if (i < polled && serve_connection(s, c, fds[i].revents) < 0)
				close_connection(c);
			else
				s->connections[kept++] = *c;
		}
		s->count = kept;
	}
}

static int
listen_on(int port, int *port_out)
{
	const int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_ANY),
	};
	socklen_t len = sizeof(address);

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) < 0 ||
	    bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(fd, 512) < 0 ||
	    getsockname(fd, (struct sockaddr *)&address, &len) < 0)
		return -1;
	*port_out = ntohs(address.sin_port);
	return fd;
}

int
main(int argc, char **argv)
{
	static struct server server;
	int64_t port = 0;
	int opt, bound = 0;
	bool stay = false;

	while ((opt = getopt(argc, argv, "p:n")) != -1) {
		if (opt == 'n')
			stay = true;
		else if (opt != 'p' || !quantity_int(optarg, &port) || port < 0 || port > 65535)
			optind = argc + 1;
	}
	if (argc - optind != 1) {
		(void)fprintf(stderr, "usage: feedserver [-p PORT] [-n] FOLDER\n");
		return 2;
	}
	if (!stay)
		(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
	memset(filler, 'x', sizeof(filler));
	server.folder = argv[optind];
	server.board = board_new();
	server.listener = listen_on((int)port, &bound);
	if (!server.board || server.listener < 0) {
		perror("feedserver");
		return 1;
	}
	(void)printf("listening on 127.0.0.1:%d\n", bound);
	(void)fflush(stdout);
	serve(&server);
}
