#include "sink/exec_end.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <syslog.h>

#include "common/clock.h"
#include "sink/exec_hear.h"

enum { START_EVERY_MS = 100 /* at most */, HOW_BYTES = 128, TEXT_BYTES = 256 };

void
exec_end_back_off(struct exec_worker *w)
{
	const int64_t most_ms = w->settings->backoff_s * 1000;

	/* Any pause up to the present one: workers that fail together do not come back together. */
	w->start_ms = clock_mono_ms() + (int64_t)arc4random_uniform((uint32_t)w->backoff_ms + 1);
	w->backoff_ms = w->backoff_ms * 2 < most_ms ? w->backoff_ms * 2 : most_ms;
}

/* What was in hand is given again one at a time, so that the one that does it is found and no
 * other suffers for it. */
static void
blame(struct exec_worker *w, const char *how)
{
	struct exec_task *task = TAILQ_FIRST(&w->given);
	char text[TEXT_BYTES];

	if (task && !TAILQ_NEXT(task, link) && ++task->crashes >= w->settings->max_crashes) {
		TAILQ_REMOVE(&w->given, task, link);
		(void)snprintf(text, sizeof(text),
			       "poison: the program ended %lld times with this item alone in hand: "
			       "%s",
			       (long long)task->crashes, how);
		exec_task_settle(task, w->sink, FM_REJECT, text, 0);
	}
	TAILQ_FOREACH (task, &w->given, link)
		task->suspect = true;
}

/* All that was given and not answered waits again, first and in its order. */
static void
take_back(struct exec_worker *w)
{
	TAILQ_CONCAT(&w->given, &w->waiting, link);
	TAILQ_CONCAT(&w->waiting, &w->given, link);
	w->given_count = 0;
}

/* Lines of which the program cannot have read a byte: those items were never given. */
static void
take_back_unseen(struct exec_worker *w, uint64_t written)
{
	for (struct exec_task *task;
	     (task = TAILQ_LAST(&w->given, exec_tasks)) && task->line_start >= written;) {
		TAILQ_REMOVE(&w->given, task, link);
		TAILQ_INSERT_HEAD(&w->waiting, task, link);
		task->attempt--;
		w->given_count--;
	}
}

static void
say_how(const struct exec_worker *w, int status, char out[HOW_BYTES])
{
	if (w->fault)
		(void)snprintf(out, HOW_BYTES, "%s", w->fault);
	else if (WIFSIGNALED(status))
		(void)snprintf(out, HOW_BYTES, "signal %d (%s)", WTERMSIG(status),
			       sigdescr_np(WTERMSIG(status)));
	else
		(void)snprintf(out, HOW_BYTES, "exit status %d", WEXITSTATUS(status));
}

int
exec_end(struct exec_worker *w)
{
	char how[HOW_BYTES], text[TEXT_BYTES];
	int status, code;

	exec_hear_last(w);
	take_back_unseen(w, w->child.written);
	status = exec_child_reap(&w->child);
	w->phase = EXEC_DOWN;
	if (w->stopping) {
		take_back(w);
		exec_tasks_give_back(&w->waiting, w->sink, "the sink stops");
		return FM_OK;
	}
	if (!w->fault && w->timed_out && w->given_count > 0 && w->answers == w->answers_at_drain)
		w->fault = "no answer within ack_timeout";
	code = !w->fault && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	if (code == EX_CONFIG)
		return fm_fail(w->sink, FM_CONFIG,
			       "'%s' says that its configuration is wrong (exit status %d)",
			       w->settings->argv[0], code);
	say_how(w, status, how);
	(void)snprintf(text, sizeof(text), "%s, %lld items without an answer", how,
		       (long long)w->given_count);
	w->start_ms = w->started_ms + START_EVERY_MS;
	if (code == EX_OK) {
		fm_log(w->sink, LOG_INFO, "program_ended", text);
		/* One that ends well and has answered nothing would be started for ever. */
		if (w->given_ever > 0 && w->answers == 0)
			exec_end_back_off(w);
	} else if (code == EX_TEMPFAIL) {
		fm_log(w->sink, LOG_NOTICE, "program_tempfail", text);
		exec_end_back_off(w);
	} else {
		fm_log(w->sink, LOG_WARNING, "program_crashed", text);
		blame(w, how);
		exec_end_back_off(w);
	}
	take_back(w);
	return FM_OK;
}
