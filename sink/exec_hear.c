#include "sink/exec_hear.h"

#include <stdio.h>
#include <syslog.h>

#include "common/clock.h"
#include "sink/exec_reply.h"

enum {
	LAST_BYTES = 2 * 1024 * 1024, /* of what an ended program left in its pipes */
	BAD_LINES_MAX = 10,           /* in a row */
	RETRY_MIN_MS = 1000,
	RETRY_MAX_MS = 600 * 1000,
	REASON_BYTES = EXEC_REPLY_BYTES_MAX + 64,
};

/* Retries wait here, not in the mill: there one item's delay would hold up the others. */
static void
wait_until_due(struct exec_worker *w, struct exec_task *task, int64_t after_s)
{
	struct exec_task *at = TAILQ_FIRST(&w->later);
	int64_t delay_ms = RETRY_MIN_MS;

	for (int64_t i = 1; i < task->retries && delay_ms < RETRY_MAX_MS; i++)
		delay_ms *= 2;
	if (delay_ms > RETRY_MAX_MS)
		delay_ms = RETRY_MAX_MS;
	if (after_s >= 0)
		delay_ms = after_s * 1000;
	task->due_ms = clock_mono_ms() + delay_ms;
	while (at && at->due_ms <= task->due_ms)
		at = TAILQ_NEXT(at, link);
	if (at)
		TAILQ_INSERT_BEFORE(at, task, link);
	else
		TAILQ_INSERT_TAIL(&w->later, task, link);
}

static void
retried(struct exec_worker *w, struct exec_task *task, const struct exec_reply *reply,
	const char *reason)
{
	const int64_t retries_max = w->settings->max_retries;
	char text[REASON_BYTES];

	task->retries++;
	if (retries_max > 0 && task->retries > retries_max) {
		(void)snprintf(text, sizeof(text), "retried %lld times: %s", (long long)retries_max,
			       reason);
		exec_task_settle(task, w->sink, FM_REJECT, text, 0);
	} else if (w->stopping) {
		exec_task_settle(task, w->sink, FM_RETRY, reason,
				 reply->after_s > 0 ? reply->after_s * 1000 : 0);
	} else {
		wait_until_due(w, task, reply->after_s);
	}
}

static void
answered(struct exec_worker *w, struct exec_task *task, const struct exec_reply *reply)
{
	const char *reason = reply->reason[0] ? reply->reason : "the program gave no reason";

	TAILQ_REMOVE(&w->given, task, link);
	w->given_count--;
	w->answers++;
	w->progress_ms = clock_mono_ms();
	task->suspect = false;
	switch (reply->verb) {
	case EXEC_OK:
		w->backoff_ms = EXEC_BACKOFF_MIN_MS;
		exec_task_settle(task, w->sink, FM_OK, NULL, 0);
		break;
	case EXEC_RETRY:
		retried(w, task, reply, reason);
		break;
	case EXEC_REJECT:
		exec_task_settle(task, w->sink, FM_REJECT, reason, 0);
		break;
	}
}

static void
on_reply(void *arg, char *text, size_t len, bool cut)
{
	struct exec_worker *w = arg;
	struct exec_reply reply;
	struct exec_task *task = TAILQ_FIRST(&w->given);

	if (cut || !exec_reply_read(text, len, &reply)) {
		exec_log_line(&w->log, w->sink, LOG_WARNING, "program_no_reply",
			      cut ? "a line that is too long" : text);
		if (++w->bad_lines >= BAD_LINES_MAX && !w->fault)
			w->fault = "10 lines in a row that are no reply";
		return;
	}
	w->bad_lines = 0;
	/* given is in the order of seq. An answer to what nobody waits for is nothing. */
	if (reply.target == EXEC_ONE) {
		while (task && task->seq < reply.seq)
			task = TAILQ_NEXT(task, link);
		if (task && task->seq == reply.seq)
			answered(w, task, &reply);
	} else if (reply.target == EXEC_OLDEST && task) {
		answered(w, task, &reply);
	} else if (reply.target == EXEC_UPTO) {
		for (; task && task->seq <= reply.seq; task = TAILQ_FIRST(&w->given))
			answered(w, task, &reply);
	}
}

static void
on_error_line(void *arg, char *text, size_t len, bool cut)
{
	struct exec_worker *w = arg;

	(void)cut;
	text[len] = '\0';
	exec_log_line(&w->log, w->sink, LOG_INFO, "program", text);
}

void
exec_hear(struct exec_worker *w, size_t budget)
{
	struct exec_child *child = &w->child;

	if (child->err_fd >= 0 &&
	    !exec_lines_read(&w->errors, child->err_fd, budget, on_error_line, w))
		exec_child_close_errors(child);
	if (child->out_fd >= 0 &&
	    !exec_lines_read(&w->replies, child->out_fd, budget, on_reply, w)) {
		exec_child_close_output(child);
		/* It can answer no more; how it ends will tell why. */
		if (w->phase == EXEC_RUNNING)
			exec_worker_let_end(w, false);
	}
}

void
exec_hear_last(struct exec_worker *w)
{
	exec_hear(w, LAST_BYTES);
	if (w->errors.line.len > 0)
		on_error_line(w, w->errors.line.data, w->errors.line.len, false);
	exec_log_dropped(&w->log, w->sink);
}
