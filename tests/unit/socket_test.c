#include "common/socket.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/clock.h"
#include "tests/unit/check.h"
#include "tests/unit/tempdir.h"

enum { PATIENCE_MS = 5000 };

static struct socket_context *context;

/* Waits for what comes on s; 1 with the message, 0 after the patience. */
static int
wait_for(struct socket *s, struct socket_message *message, struct refusals *refused)
{
	struct socket_wait *wait = socket_wait_new();
	const int64_t until_ms = clock_mono_ms() + PATIENCE_MS;
	int got = 0;

	while (!got && clock_mono_ms() < until_ms) {
		socket_wait_clear(wait);
		socket_wait_socket(wait, s);
		CHECK(socket_wait_run(wait, 100, NULL) == 0);
		got = socket_receive(s, message, refused, NULL);
	}
	socket_wait_free(wait);
	return got;
}

static enum socket_event
wait_event(struct socket *s)
{
	const int64_t until_ms = clock_mono_ms() + PATIENCE_MS;
	enum socket_event event = SOCKET_QUIET;
	struct socket_wait *wait = socket_wait_new();

	while (event == SOCKET_QUIET && clock_mono_ms() < until_ms) {
		socket_wait_clear(wait);
		socket_wait_socket(wait, s);
		CHECK(socket_wait_run(wait, 100, NULL) == 0);
		event = socket_event(s);
	}
	socket_wait_free(wait);
	return event;
}

static struct socket *
bound(const char *path)
{
	struct err err = {.kind = ERR_NONE};
	struct socket *s = socket_bind(context, SOCKET_DATA_IN, path, 16, 1000, &err);

	CHECK(s != NULL);
	return s;
}

static struct socket *
connected(const char *path)
{
	char endpoint[300];

	(void)snprintf(endpoint, sizeof(endpoint), "ipc://%s", path);
	return socket_connect(context, SOCKET_DATA_OUT, endpoint, 16, NULL);
}

static void
carries_a_message_and_says_when_it_is_up_and_down(void)
{
	const char *path = tempdir_path("1.in");
	struct socket *in = bound(path), *out = connected(path);
	struct socket_message message;

	CHECK(wait_event(out) == SOCKET_UP);
	CHECK(socket_send(out, (struct bytes){"hello", 5}, NULL) == 0);
	CHECK(wait_for(in, &message, NULL) == 1);
	CHECK(message.bytes.len == 5 && memcmp(message.bytes.data, "hello", 5) == 0);
	socket_message_done(&message);
	socket_close(in);
	CHECK(wait_event(out) == SOCKET_DOWN);
	socket_close(out);
}

static void
accepts_nothing_before_the_connection_is_up(void)
{
	struct socket *out = connected(tempdir_path("nobody.in"));

	CHECK(socket_send(out, (struct bytes){"x", 1}, NULL) == 1);
	socket_close(out);
}

static void
ends_a_connection_that_sends_too_much(void)
{
	const char *path = tempdir_path("2.in");
	struct socket *in = bound(path), *out = connected(path);
	static char big[2000];
	struct socket_message message;

	CHECK(wait_event(out) == SOCKET_UP);
	CHECK(socket_send(out, (struct bytes){big, sizeof(big)}, NULL) == 0);
	CHECK(wait_event(out) == SOCKET_DOWN);
	CHECK(socket_receive(in, &message, NULL, NULL) == 0);
	socket_close(out);
	socket_close(in);
}

/* Without a ZAP domain libzmq would take some of these bytes for messages. */
static void
garbage_on_the_wire_is_no_message(void)
{
	const char *path = tempdir_path("3.in");
	struct socket *in = bound(path), *out;
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct socket_message message;
	uint64_t seed = 1;

	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	for (int n = 0; n < 20; n++) {
		const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
		unsigned char bytes[4096];

		for (size_t i = 0; i < sizeof(bytes); i++)
			bytes[i] = (unsigned char)((seed = seed * 6364136223846793005u + 1) >> 56);
		if (n % 2)
			bytes[0] = 0x01; /* the beginning of ZMTP 1.0 */
		CHECK(connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0);
		(void)!send(fd, bytes, sizeof(bytes), MSG_NOSIGNAL);
		(void)close(fd);
	}
	/* An honest message comes through, and nothing came before it. */
	out = connected(path);
	CHECK(wait_event(out) == SOCKET_UP);
	CHECK(socket_send(out, (struct bytes){"honest", 6}, NULL) == 0);
	CHECK(wait_for(in, &message, NULL) == 1);
	CHECK(message.bytes.len == 6 && memcmp(message.bytes.data, "honest", 6) == 0);
	socket_message_done(&message);
	socket_close(out);
	socket_close(in);
}

static void
waits_for_descriptors_too(void)
{
	struct socket_wait *wait = socket_wait_new();
	int fds[2];
	size_t place;

	CHECK(pipe2(fds, O_CLOEXEC) == 0);
	place = socket_wait_fd(wait, fds[0], POLLIN);
	CHECK(socket_wait_run(wait, 0, NULL) == 0 && socket_wait_revents(wait, place) == 0);
	CHECK(write(fds[1], "x", 1) == 1);
	CHECK(socket_wait_run(wait, PATIENCE_MS, NULL) == 0);
	CHECK(socket_wait_revents(wait, place) & POLLIN);
	socket_wait_free(wait);
	(void)close(fds[0]);
	(void)close(fds[1]);
}

/* Whoever connects and speaks something else is counted; an honest peer is not. */
static void
counts_strangers_and_not_friends(void)
{
	const char *path = tempdir_path("strangers.in");
	struct socket *in = bound(path), *out = connected(path);
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	const int stranger = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	const int64_t until_ms = clock_mono_ms() + PATIENCE_MS;
	struct socket_wait *wait = socket_wait_new();
	struct refusals refusals = {0};
	int64_t now_ms = 0;

	CHECK(wait_event(out) == SOCKET_UP);
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	CHECK(connect(stranger, (struct sockaddr *)&address, sizeof(address)) == 0);
	CHECK(write(stranger, "GET / HTTP/1.1\r\n\r\n", 18) == 18);
	/* Its clock runs ahead of ours: the answer is the same, and sooner. */
	while (refusals.count == 0 && clock_mono_ms() < until_ms) {
		socket_look(in, now_ms += 10000, &refusals);
		socket_wait_clear(wait);
		socket_wait_socket(wait, in);
		CHECK(socket_wait_run(wait, 10, NULL) == 0);
	}
	CHECK(refusals.count == 1);
	CHECK(strstr(refusals.why, "does not speak ZeroMQ") != NULL);
	for (int i = 0; i < 3; i++)
		socket_look(in, now_ms += 10000, &refusals);
	CHECK(refusals.count == 1);
	socket_wait_free(wait);
	(void)close(stranger);
	socket_close(out);
	socket_close(in);
}

int
main(void)
{
	(void)tempdir_make();
	context = socket_context_new(NULL);
	RUN(carries_a_message_and_says_when_it_is_up_and_down);
	RUN(accepts_nothing_before_the_connection_is_up);
	RUN(ends_a_connection_that_sends_too_much);
	RUN(garbage_on_the_wire_is_no_message);
	RUN(waits_for_descriptors_too);
	RUN(counts_strangers_and_not_friends);
	socket_context_free(context);
	tempdir_done();
	return check_done();
}
