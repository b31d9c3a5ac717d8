#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/clock.h"
#include "sink/exec_child.h"
#include "tests/unit/check.h"

enum { PENDING_MAX = 4 * 1024 * 1024, WAIT_MS = 10000 };

static struct exec_settings
shell(const char *script)
{
	static char *argv[] = {NULL, NULL, NULL, NULL};
	static char dir[] = "/tmp";
	static char name[] = "/bin/sh", flag[] = "-c", text[1024];

	(void)snprintf(text, sizeof(text), "%s", script);
	argv[0] = name;
	argv[1] = flag;
	argv[2] = text;
	return (struct exec_settings){.argv = argv, .env = environ, .dir = dir};
}

/* Reads its output to the end, feeding it what is pending. */
static size_t
output_of(struct exec_child *child, char *out, size_t max)
{
	size_t len = 0;

	for (;;) {
		struct pollfd fds[] = {{.fd = child->out_fd, .events = POLLIN},
				       {.fd = child->in_fd, .events = POLLOUT}};
		ssize_t got;

		(void)exec_child_flush(child);
		fds[1].fd = exec_child_pending(child) > 0 ? child->in_fd : -1;
		(void)poll(fds, 2, WAIT_MS);
		got = read(child->out_fd, out + len, max - len);
		if (got == 0 || (got < 0 && errno != EAGAIN))
			break;
		len += got > 0 ? (size_t)got : 0;
	}
	return len;
}

static void
wait_for_end(const struct exec_child *child)
{
	struct pollfd end = {.fd = child->end_fd, .events = POLLIN};

	CHECK(poll(&end, 1, WAIT_MS) == 1);
	CHECK(exec_child_ended(child));
}

static void
writes_far_more_than_a_pipe_holds_and_in_order(void)
{
	static char out[256];
	const int epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	struct exec_child child = exec_child_init(epoll_fd, NULL, PENDING_MAX);
	const struct exec_settings settings = shell("cksum");
	struct err err = {.text = ""};
	size_t len;

	CHECK(exec_child_start(&child, &settings, &err) == 0);
	for (int i = 0; i < 200000; i++)
		CHECK(buf_addf(exec_child_input(&child), &err, "%d\n", i) == 0);
	exec_child_queued(&child);
	CHECK(child.queued == 1288890);
	exec_child_close_input(&child);
	len = output_of(&child, out, sizeof(out) - 1);
	out[len] = '\0';
	/* seq 0 199999 | cksum */
	CHECK_STR(out, "1915759451 1288890\n");
	CHECK(child.written == child.queued);
	wait_for_end(&child);
	CHECK(exec_child_reap(&child) == 0);
	exec_child_done(&child);
	(void)close(epoll_fd);
}

static void
tells_a_wrong_command_from_a_busy_machine(void)
{
	const int epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	struct exec_child child = exec_child_init(epoll_fd, NULL, PENDING_MAX);
	struct exec_settings settings = shell("true");
	struct err err = {.text = ""};
	char no_such[] = "/nonexistent/program";
	char *argv[] = {no_such, NULL};

	settings.argv = argv;
	CHECK(exec_child_start(&child, &settings, &err) == -1);
	CHECK(err.kind == ERR_USAGE);
	CHECK_STR(err.text, "start '/nonexistent/program': No such file or directory");
	CHECK(child.pid == 0);
	/* No zombie is left. */
	CHECK(waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD);
	exec_child_done(&child);
	(void)close(epoll_fd);
}

static void
a_program_that_closes_its_input_harms_nobody(void)
{
	const int epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	struct exec_child child = exec_child_init(epoll_fd, NULL, PENDING_MAX);
	const struct exec_settings settings = shell("exec <&-; echo closed; exit 5");
	struct err err = {.text = ""};
	char out[16];

	CHECK(exec_child_start(&child, &settings, &err) == 0);
	CHECK(output_of(&child, out, sizeof(out)) == 7);
	CHECK(buf_adds(exec_child_input(&child), "lost\n", &err) == 0);
	exec_child_queued(&child);
	(void)exec_child_flush(&child);
	CHECK(child.in_fd == -1 && exec_child_pending(&child) == 0);
	wait_for_end(&child);
	CHECK(WEXITSTATUS(exec_child_reap(&child)) == 5);
	exec_child_done(&child);
	(void)close(epoll_fd);
}

static void
its_whole_group_ends_with_it(void)
{
	const int epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	struct exec_child child = exec_child_init(epoll_fd, NULL, PENDING_MAX);
	/* The one in the background keeps the output open. */
	const struct exec_settings settings = shell("sleep 3600 & exit 0");
	struct err err = {.text = ""};
	struct pollfd out;

	CHECK(exec_child_start(&child, &settings, &err) == 0);
	out = (struct pollfd){.fd = dup(child.out_fd), .events = POLLIN};
	wait_for_end(&child);
	CHECK(poll(&out, 1, 0) == 0);
	CHECK(exec_child_reap(&child) == 0);
	CHECK(poll(&out, 1, WAIT_MS) == 1 && (out.revents & POLLHUP));
	(void)close(out.fd);
	exec_child_done(&child);
	(void)close(epoll_fd);
}

static void
stop_waits_and_then_does_not(void)
{
	static const struct {
		const char *script;
		int grace_ms;
	} cases[] = {
		{"trap 'exit 0' TERM; echo ready; while :; do sleep 3600 & wait; done", WAIT_MS},
		{"trap '' TERM; echo ready; while :; do sleep 3600; done", 50},
	};
	const int epoll_fd = epoll_create1(EPOLL_CLOEXEC);

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct exec_child child = exec_child_init(epoll_fd, NULL, PENDING_MAX);
		const struct exec_settings settings = shell(cases[i].script);
		const int64_t start_ms = clock_mono_ms();
		struct err err = {.text = ""};
		struct pollfd out;

		CHECK(exec_child_start(&child, &settings, &err) == 0);
		out = (struct pollfd){.fd = child.out_fd, .events = POLLIN};
		CHECK(poll(&out, 1, WAIT_MS) == 1);
		exec_child_stop(&child, clock_mono_ms() + cases[i].grace_ms);
		CHECK(child.pid == 0 && child.out_fd == -1);
		CHECK(clock_mono_ms() - start_ms < WAIT_MS);
		exec_child_done(&child);
	}
	(void)close(epoll_fd);
}

static void
leaves_no_descriptor_behind(void)
{
	const int epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	const int before = dup(epoll_fd);
	struct exec_child child = exec_child_init(epoll_fd, NULL, PENDING_MAX);
	const struct exec_settings settings = shell("exit 0");
	struct err err = {.text = ""};
	int after;

	(void)close(before);
	for (int i = 0; i < 10; i++) {
		CHECK(exec_child_start(&child, &settings, &err) == 0);
		wait_for_end(&child);
		CHECK(exec_child_reap(&child) == 0);
	}
	after = dup(epoll_fd);
	CHECK(after == before);
	(void)close(after);
	exec_child_done(&child);
	(void)close(epoll_fd);
}

int
main(void)
{
	(void)signal(SIGPIPE, SIG_IGN);
	RUN(writes_far_more_than_a_pipe_holds_and_in_order);
	RUN(tells_a_wrong_command_from_a_busy_machine);
	RUN(a_program_that_closes_its_input_harms_nobody);
	RUN(its_whole_group_ends_with_it);
	RUN(stop_waits_and_then_does_not);
	RUN(leaves_no_descriptor_behind);
	return check_done();
}
