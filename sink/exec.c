#include "sink/sinks.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/err.h"
#include "sink/exec_worker.h"
#include "sink/verdict.h"

/* exec - items to a program of the user's on its standard input, as feedmill-exec(7) says. This
 * file has the options and spreads items over the workers; exec_worker.c has the rules. */

enum {
	EVENTS_MAX = 64,
	CLOSE_MS = 1000, /* for programs that are still there at the end */
};

struct exec {
	struct exec_settings settings;
	struct exec_worker *workers;
	size_t worker_count;
	int epoll_fd;
};

static int
exec_check(struct fm_sink *sink)
{
	struct exec_settings settings;

	return exec_settings_read(sink, &settings);
}

static void
exec_close(struct fm_sink *sink, void *self)
{
	struct exec *exec = self;
	const int64_t until_ms = clock_mono_ms() + CLOSE_MS;

	(void)sink;
	if (!exec)
		return;
	/* To all at once, so that they end side by side. */
	for (size_t i = 0; i < exec->worker_count; i++)
		exec_child_signal(&exec->workers[i].child, SIGTERM);
	for (size_t i = 0; i < exec->worker_count; i++)
		exec_worker_done(&exec->workers[i], until_ms);
	free(exec->workers);
	if (exec->epoll_fd >= 0)
		(void)close(exec->epoll_fd);
	exec_settings_done(&exec->settings);
	free(exec);
}

static int
exec_start_all(struct fm_sink *sink, struct exec *exec)
{
	struct err err;

	for (size_t i = 0; i < exec->worker_count; i++) {
		if (exec_worker_start(&exec->workers[i], &err) == 0)
			continue;
		(void)err_in(&err, "command");
		return verdict_at_open(sink, &err);
	}
	return FM_OK;
}

static int
exec_open(struct fm_sink *sink, void **self)
{
	struct exec_settings settings;
	int verdict = exec_settings_read(sink, &settings);
	struct exec *exec;

	if (verdict != FM_OK)
		return verdict;
	exec = calloc(1, sizeof(*exec));
	if (!exec)
		return fm_fail(sink, FM_FATAL, "no memory");
	exec->settings = settings;
	exec->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	exec->workers = calloc((size_t)settings.workers, sizeof(*exec->workers));
	if (exec->epoll_fd < 0 || !exec->workers ||
	    exec_settings_program(sink, &exec->settings) < 0)
		verdict = fm_fail(sink, FM_FATAL, "no memory or descriptor for the workers");
	if (verdict == FM_OK) {
		/* A program that closes its input is heard of by its end. */
		(void)signal(SIGPIPE, SIG_IGN);
		exec->worker_count = (size_t)exec->settings.workers;
		for (size_t i = 0; i < exec->worker_count; i++)
			exec_worker_init(&exec->workers[i], sink, &exec->settings, exec->epoll_fd);
		verdict = exec_start_all(sink, exec);
	}
	if (verdict != FM_OK) {
		exec_close(sink, exec);
		return verdict;
	}
	*self = exec;
	return FM_OK;
}

/* By the item's id: all its revisions meet the same worker, in their order. (FNV-1a) */
static size_t
worker_of(const struct exec *exec, const struct fm_item *item)
{
	const char *id = fm_text(item, FM_ID);
	uint32_t hash = 2166136261U;

	for (size_t i = 0; id && id[i]; i++)
		hash = (hash ^ (unsigned char)id[i]) * 16777619U;
	return hash % exec->worker_count;
}

static int
exec_put(struct fm_sink *sink, void *self, const struct fm_item *item)
{
	struct exec *exec = self;

	(void)sink;
	return exec_worker_put(&exec->workers[worker_of(exec, item)], item);
}

/* An item is settled by the program's own answer, which says that it is durable there. */
static int
exec_commit(struct fm_sink *sink, void *self)
{
	(void)sink;
	(void)self;
	return FM_OK;
}

static size_t
exec_watch(struct fm_sink *sink, void *self, struct pollfd *fds, size_t max, int *timeout_ms)
{
	const struct exec *exec = self;
	const int64_t now_ms = clock_mono_ms();
	int64_t wake_ms = INT64_MAX;

	(void)sink;
	for (size_t i = 0; i < exec->worker_count; i++) {
		const int64_t at_ms = exec_worker_wakes_ms(&exec->workers[i]);

		wake_ms = at_ms < wake_ms ? at_ms : wake_ms;
	}
	if (wake_ms != INT64_MAX) {
		const int64_t left_ms = wake_ms > now_ms ? wake_ms - now_ms : 0;

		if (*timeout_ms < 0 || left_ms < *timeout_ms)
			*timeout_ms = left_ms < INT32_MAX ? (int)left_ms : INT32_MAX;
	}
	if (max == 0)
		return 0;
	fds[0] = (struct pollfd){.fd = exec->epoll_fd, .events = POLLIN};
	return 1;
}

static int
exec_woken(struct fm_sink *sink, void *self, const struct pollfd *fds, size_t count)
{
	struct exec *exec = self;
	struct epoll_event events[EVENTS_MAX];
	struct err err;
	int got;

	(void)fds;
	(void)count;
	got = epoll_wait(exec->epoll_fd, events, EVENTS_MAX, 0);
	if (got < 0 && errno != EINTR) {
		(void)err_sys(&err, "epoll");
		return fm_fail(sink, FM_FATAL, "%s", err.text);
	}
	for (int i = 0; i < got; i++) {
		struct exec_worker *worker = events[i].data.ptr;

		worker->ready = true;
	}
	return FM_OK;
}

static int
exec_turn(struct fm_sink *sink, void *self)
{
	struct exec *exec = self;

	(void)sink;
	for (size_t i = 0; i < exec->worker_count; i++) {
		const int verdict = exec_worker_turn(&exec->workers[i]);

		if (verdict != FM_OK)
			return verdict;
	}
	return FM_OK;
}

static void
exec_drain(struct fm_sink *sink, void *self)
{
	struct exec *exec = self;

	(void)sink;
	for (size_t i = 0; i < exec->worker_count; i++)
		exec_worker_drain(&exec->workers[i]);
}

const struct fm_sink_ops sink_exec = {
	.api = FM_API,
	.options = exec_option_names,
	.check = exec_check,
	.open = exec_open,
	.put = exec_put,
	.commit = exec_commit,
	.close = exec_close,
	.watch = exec_watch,
	.woken = exec_woken,
	.turn = exec_turn,
	.drain = exec_drain,
};
