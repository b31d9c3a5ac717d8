#include "common/control.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/unit/check.h"
#include "tests/unit/tempdir.h"

static struct control *control;
static int64_t now_ms;

static int
answer(void *arg, const char *command, const char *argument, struct json *j, struct err *err)
{
	(void)arg;
	if (strcmp(command, "hello") != 0)
		return err_set(err, ERR_USAGE, "no such command '%s'", command);
	json_object(j);
	json_member(j, "you", argument);
	json_close(j);
	return 0;
}

static int
client(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", tempdir_path("1.ctl"));
	CHECK(connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0);
	return fd;
}

static void
say(int fd, const char *text)
{
	CHECK(send(fd, text, strlen(text), MSG_NOSIGNAL) == (ssize_t)strlen(text));
	control_turn(control, now_ms);
}

/* What has come so far; *closed_out: and no more will. */
static const char *
heard(int fd, int *closed_out)
{
	static char text[64 * 1024];
	size_t len = 0;
	ssize_t got;

	while ((got = recv(fd, text + len, sizeof(text) - 1 - len, MSG_DONTWAIT)) > 0)
		len += (size_t)got;
	text[len] = '\0';
	*closed_out = got == 0;
	return text;
}

static void
answers_a_line_and_hangs_up(void)
{
	const int fd = client();
	int closed;

	say(fd, "hello wor");
	CHECK_STR(heard(fd, &closed), "");
	CHECK(!closed);
	say(fd, "ld\n");
	CHECK_STR(heard(fd, &closed), "{\"you\":\"world\"}\n");
	CHECK(closed);
	(void)close(fd);
}

static void
says_no_in_json(void)
{
	const int fd = client();
	int closed;

	say(fd, "dance\n");
	CHECK_STR(heard(fd, &closed), "{\"error\":\"no such command 'dance'\"}\n");
	(void)close(fd);
}

static void
taps_get_every_line_and_slow_ones_delay_nobody(void)
{
	const int fast = client(), slow = client();
	static char line[10000];
	int closed;

	CHECK(!control_tapped(control));
	say(fast, "tap\n");
	say(slow, "tap\n");
	CHECK(control_tapped(control));
	control_tap(control, "{\"n\":1}", 7);
	control_turn(control, now_ms);
	CHECK_STR(heard(fast, &closed), "{\"n\":1}\n");
	memset(line, 'x', sizeof(line));
	for (int n = 0; n < 1000; n++) { /* 10 MB to somebody who does not read */
		control_tap(control, line, sizeof(line));
		control_turn(control, now_ms);
		(void)heard(fast, &closed);
	}
	CHECK(!closed);
	(void)close(fast);
	(void)close(slow);
	control_turn(control, now_ms);
	control_tap(control, "x", 1);
	control_turn(control, now_ms);
	CHECK(!control_tapped(control));
}

static void
hangs_up_on_the_silent_and_on_the_endless(void)
{
	const int silent = client(), endless = client();
	char text[CONTROL_LINE_MAX + 100];
	int closed;

	control_turn(control, now_ms);
	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	say(endless, text);
	for (int n = 0; n < 20; n++)
		control_turn(control, now_ms);
	(void)heard(endless, &closed);
	CHECK(closed);
	now_ms += CONTROL_IDLE_MS + 1;
	control_turn(control, now_ms);
	(void)heard(silent, &closed);
	CHECK(closed);
	(void)close(silent);
	(void)close(endless);
}

int
main(void)
{
	struct err err = {.kind = ERR_NONE};

	(void)tempdir_make();
	control = control_open(tempdir_path("1.ctl"), answer, NULL, &err);
	CHECK(control != NULL);
	RUN(answers_a_line_and_hangs_up);
	RUN(says_no_in_json);
	RUN(taps_get_every_line_and_slow_ones_delay_nobody);
	RUN(hangs_up_on_the_silent_and_on_the_endless);
	control_close(control);
	tempdir_done();
	return check_done();
}
