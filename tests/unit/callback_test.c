#include "fetcher/callback.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/clock.h"
#include "tests/unit/check.h"

enum { BODY_MAX = 1000, PATIENCE_MS = 20 * 1000 };

static struct callback *callback;
static int status; /* that receive says */
static int received;
static char seen[512];

static int64_t
admit(void *arg, const char *token, int *refused)
{
	(void)arg;
	*refused = 404;
	return strcmp(token, "token") == 0 ? BODY_MAX : -1;
}

static int
receive(void *arg, const struct callback_request *r, struct buf *answer, struct err *err)
{
	(void)arg;
	received++;
	(void)snprintf(seen, sizeof(seen), "%s %s mode=%s topic=%s signature=%s type=%s %zu",
		       r->push ? "push" : "question", r->token, r->mode ? r->mode : "-",
		       r->topic ? r->topic : "-", r->signature ? r->signature : "-",
		       r->content_type ? r->content_type : "-", r->body.len);
	if (status < 0)
		return err_set(err, ERR_RETRY, "the disk is full");
	if (r->challenge)
		(void)buf_adds(answer, r->challenge, NULL);
	return status;
}

static void
begin_within(int64_t request_ms)
{
	const struct callback_options options = {.listen = "127.0.0.1:0",
						 .bodies_bytes_max = 2 * BODY_MAX,
						 .request_ms = request_ms,
						 .admit = admit,
						 .receive = receive};
	struct err err = {.kind = ERR_NONE};

	status = 200;
	received = 0;
	seen[0] = '\0';
	callback = callback_open(&options, &err);
	CHECK(callback != NULL);
	if (!callback)
		(void)printf("# %s\n", err.text);
}

static void
begin(void)
{
	begin_within(0);
}

static int
connect_to(void)
{
	const struct sockaddr_in at = {.sin_family = AF_INET,
				       .sin_port = htons((uint16_t)callback_port(callback)),
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	CHECK(fd >= 0 && connect(fd, (const struct sockaddr *)&at, sizeof(at)) == 0);
	return fd;
}

static int
say(const char *text)
{
	const int fd = connect_to();

	CHECK(send(fd, text, strlen(text), MSG_NOSIGNAL) == (ssize_t)strlen(text));
	return fd;
}

/* Turns until fd can be read, for_ms at most: whether it can. */
static bool
can_be_read(int fd, int for_ms)
{
	const int64_t until_ms = clock_mono_ms() + for_ms;

	while (clock_mono_ms() < until_ms) {
		struct pollfd fds[] = {{.fd = fd, .events = POLLIN},
				       {.fd = callback_fd(callback), .events = POLLIN}};
		int wait_ms = 20;

		callback_timeout(callback, &wait_ms);
		(void)poll(fds, 2, wait_ms);
		if (fds[0].revents)
			return true;
		(void)callback_turn(callback, NULL);
	}
	return false;
}

/* The whole answer; its status, 0: it was cut. */
static int
answer_of(int fd, char *text, size_t size)
{
	size_t len = 0;

	while (len + 1 < size && can_be_read(fd, PATIENCE_MS)) {
		const ssize_t got = recv(fd, text + len, size - 1 - len, 0);

		if (got <= 0)
			break;
		len += (size_t)got;
	}
	text[len] = '\0';
	(void)close(fd);
	return len > 12 ? (int)strtol(text + 9, NULL, 10) : 0;
}

static void
await_received(int count)
{
	const int64_t until_ms = clock_mono_ms() + PATIENCE_MS;

	while (received < count && clock_mono_ms() < until_ms) {
		struct pollfd fd = {.fd = callback_fd(callback), .events = POLLIN};

		(void)poll(&fd, 1, 20);
		(void)callback_turn(callback, NULL);
	}
	CHECK(received == count);
}

static void
answers_when_what_it_took_is_on_the_disk(void)
{
	char text[4096];
	int fd;

	begin();
	fd = say("GET /a/b/token?hub.mode=subscribe&hub.topic=http%3A%2F%2Fx%2F%3Fa%3Db&"
		 "hub.challenge=say+%3Cthis%3E HTTP/1.1\r\nHost: x\r\n\r\n");
	await_received(1);
	CHECK_STR(seen, "question token mode=subscribe topic=http://x/?a=b signature=- type=- 0");
	CHECK(!can_be_read(fd, 100) && callback_holds(callback));
	callback_settle(callback, true);
	CHECK(!callback_holds(callback));
	CHECK(answer_of(fd, text, sizeof(text)) == 200);
	CHECK(strstr(text, "\r\n\r\nsay <this>") && strstr(text, "nosniff") &&
	      strstr(text, "text/plain"));
	callback_close(callback);
}

static void
tells_its_senders_to_come_again_when_it_was_lost(void)
{
	char text[4096];
	int fd;

	begin();
	fd = say(
		"POST /token HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Type: text/xml\r\n"
		"X-Hub-Signature: sha1=00\r\n\r\n<rss>");
	await_received(1);
	CHECK_STR(seen, "push token mode=- topic=- signature=sha1=00 type=text/xml 5");
	callback_settle(callback, false);
	CHECK(answer_of(fd, text, sizeof(text)) == 503 && strstr(text, "Retry-After: 60"));
	callback_close(callback);
}

static void
says_at_once_what_it_does_not_take(void)
{
	static const struct {
		const char *request;
		int status;
	} cases[] = {
		{"POST /nobody HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n<rss>", 404},
		{"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n<rss>", 404},
		{"GET / HTTP/1.1\r\nHost: x\r\n\r\n", 404},
		{"DELETE /token HTTP/1.1\r\nHost: x\r\n\r\n", 405},
		{"POST /token HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n", 413},
		{"nonsense\r\n\r\n", 0},
	};
	char text[4096];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int got;

		begin();
		got = answer_of(say(cases[i].request), text, sizeof(text));
		/* What is no HTTP is cut, or told so. */
		CHECK(got == cases[i].status || (cases[i].status == 0 && got == 400));
		CHECK(received == 0);
		callback_close(callback);
	}
	begin();
	status = 410;
	CHECK(answer_of(say("GET /token HTTP/1.1\r\nHost: x\r\n\r\n"), text, sizeof(text)) == 410);
	callback_close(callback);
}

static void
reports_what_it_could_not_write(void)
{
	struct err err = {.kind = ERR_NONE};
	int64_t until_ms = clock_mono_ms() + PATIENCE_MS;
	char text[4096];
	int fd, rc = 0;

	begin();
	status = -1;
	fd = say("POST /token HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n<rss>");
	while (rc == 0 && clock_mono_ms() < until_ms)
		rc = callback_turn(callback, &err);
	CHECK(rc == -1 && err.kind == ERR_RETRY && strstr(err.text, "disk"));
	callback_settle(callback, false);
	CHECK(answer_of(fd, text, sizeof(text)) == 503);
	callback_close(callback);
}

static void
cuts_a_body_that_grows_over_its_ceiling(void)
{
	static const char head[] =
		"POST /token HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
	char text[4096], chunk[0x200 + 16];
	int fd;

	begin();
	fd = say(head);
	memset(chunk, 'x', sizeof(chunk));
	memcpy(chunk, "200\r\n", 5);
	memcpy(chunk + 5 + 0x200, "\r\n", 2);
	for (int i = 0; i < 8; i++)
		(void)send(fd, chunk, 5 + 0x200 + 2, MSG_NOSIGNAL);
	CHECK(answer_of(fd, text, sizeof(text)) != 200 && received == 0);
	callback_close(callback);
}

/* A byte now and then is no request, in the head as little as in the body. */
static void
cuts_a_sender_that_takes_too_long(void)
{
	static const char *const begun[] = {
		"GET /token HTTP/1.1\r\nHost: ",
		"POST /token HTTP/1.1\r\nHost: x\r\nContent-Length: 900\r\n\r\n"};

	for (size_t i = 0; i < sizeof(begun) / sizeof(begun[0]); i++) {
		int64_t until_ms = clock_mono_ms() + PATIENCE_MS;
		bool cut = false;
		int fd;

		begin_within(300);
		fd = say(begun[i]);
		while (!cut && clock_mono_ms() < until_ms) {
			(void)send(fd, "x", 1, MSG_NOSIGNAL);
			cut = can_be_read(fd, 50);
		}
		CHECK(cut && received == 0);
		(void)close(fd);
		callback_close(callback);
	}
}

/* What was received waits for the disk for as long as that takes. */
static void
cuts_nobody_who_waits_for_the_disk(void)
{
	char text[4096];
	int fd;

	begin_within(100);
	fd = say("GET /token HTTP/1.1\r\nHost: x\r\n\r\n");
	await_received(1);
	CHECK(!can_be_read(fd, 400));
	callback_settle(callback, true);
	CHECK(answer_of(fd, text, sizeof(text)) == 200);
	callback_close(callback);
}

static void
closes_with_senders_in_hand(void)
{
	int waits, idle;

	begin();
	waits = say("POST /token HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n<rss>");
	idle = say("POST /token HTTP/1.1\r\nHost: x\r\n");
	await_received(1);
	callback_close(callback);
	(void)close(waits);
	(void)close(idle);
}

int
main(void)
{
	RUN(answers_when_what_it_took_is_on_the_disk);
	RUN(tells_its_senders_to_come_again_when_it_was_lost);
	RUN(says_at_once_what_it_does_not_take);
	RUN(reports_what_it_could_not_write);
	RUN(cuts_a_body_that_grows_over_its_ceiling);
	RUN(cuts_a_sender_that_takes_too_long);
	RUN(cuts_nobody_who_waits_for_the_disk);
	RUN(closes_with_senders_in_hand);
	return check_done();
}
