#include "sink/exec_worker.h"

#include <signal.h>
#include <syslog.h>

#include "common/clock.h"
#include "sink/exec_end.h"
#include "sink/exec_hear.h"
#include "sink/exec_reply.h"

enum {
	READ_BYTES = 256 * 1024, /* a turn, of each pipe */
	STDERR_LINE_BYTES_MAX = 4096,
	TERM_MS = 5000, /* from SIGTERM to SIGKILL */
};

void
exec_worker_init(struct exec_worker *w, struct fm_sink *sink, const struct exec_settings *settings,
		 int epoll_fd)
{
	/* Twice: what is written leaves the buffer only once it is the larger part. */
	const size_t pending_max = 2 * (EXEC_PENDING_BYTES + (size_t)settings->max_line_bytes +
					EXEC_ENVELOPE_BYTES_MAX);

	*w = (struct exec_worker){
		.sink = sink,
		.settings = settings,
		.child = exec_child_init(epoll_fd, w, pending_max),
		.replies = exec_lines_init(EXEC_REPLY_BYTES_MAX),
		.errors = exec_lines_init(STDERR_LINE_BYTES_MAX),
		.phase = EXEC_DOWN,
		.backoff_ms = EXEC_BACKOFF_MIN_MS,
	};
	TAILQ_INIT(&w->waiting);
	TAILQ_INIT(&w->given);
	TAILQ_INIT(&w->later);
}

void
exec_worker_done(struct exec_worker *w, int64_t until_ms)
{
	exec_child_stop(&w->child, until_ms);
	exec_child_done(&w->child);
	exec_lines_done(&w->replies);
	exec_lines_done(&w->errors);
	exec_tasks_free(&w->waiting);
	exec_tasks_free(&w->given);
	exec_tasks_free(&w->later);
}

void
exec_worker_let_end(struct exec_worker *w, bool timed_out)
{
	w->phase = EXEC_DRAINS;
	w->timed_out = timed_out;
	w->answers_at_drain = w->answers;
	w->deadline_ms = clock_mono_ms() + w->settings->stop_timeout_s * 1000;
	exec_child_close_input(&w->child);
}

int
exec_worker_start(struct exec_worker *w, struct err *err)
{
	w->started_ms = clock_mono_ms();
	if (exec_child_start(&w->child, w->settings, err) < 0)
		return -1;
	exec_lines_reset(&w->replies);
	exec_lines_reset(&w->errors);
	w->phase = EXEC_RUNNING;
	w->timed_out = w->hinted = false;
	w->fault = NULL;
	w->seq = w->answers = w->given_ever = 0;
	w->bad_lines = 0;
	return 0;
}

static void
start_again(struct exec_worker *w)
{
	struct err err;

	if (exec_worker_start(w, &err) == 0)
		return;
	exec_log_line(&w->log, w->sink, LOG_ERR, "program_start_failed", err.text);
	exec_end_back_off(w);
}

static bool
may_give(const struct exec_worker *w, const struct exec_task *task)
{
	const struct exec_task *oldest = TAILQ_FIRST(&w->given);

	return !oldest ||
	       (!task->suspect && !oldest->suspect && w->given_count < w->settings->window);
}

static void
give(struct exec_worker *w)
{
	struct exec_child *child = &w->child;
	struct exec_task *task;

	if (w->given_count == 0)
		w->progress_ms = clock_mono_ms();
	while ((task = TAILQ_FIRST(&w->waiting)) && may_give(w, task)) {
		if (exec_child_pending(child) >= EXEC_PENDING_BYTES)
			return;
		task->seq = w->seq + 1;
		task->attempt++;
		task->line_start = child->queued;
		if (exec_task_line(task, exec_child_input(child)) < 0) {
			task->attempt--;
			return;
		}
		exec_child_queued(child);
		task->line_end = child->queued;
		TAILQ_REMOVE(&w->waiting, task, link);
		TAILQ_INSERT_TAIL(&w->given, task, link);
		w->given_count++;
		w->given_ever++;
		w->seq++;
		w->hinted = false;
	}
	/* Nothing more comes before it answers: a program that gathers a batch may as well end
	 * it. */
	if (w->settings->flush_hint && !w->hinted && w->given_count > 0 &&
	    buf_addc(exec_child_input(child), '\n', NULL) == 0) {
		exec_child_queued(child);
		w->hinted = true;
	}
}

static void
flush(struct exec_worker *w)
{
	const struct exec_task *oldest = TAILQ_FIRST(&w->given);
	const uint64_t before = w->child.written;

	/* The clock of an answer starts when the line is out, not while the program reads. */
	if (exec_child_flush(&w->child) > 0 && oldest && before < oldest->line_end)
		w->progress_ms = clock_mono_ms();
}

static int64_t
drain_deadline_ms(const struct exec_worker *w)
{
	const int64_t answer_ms = w->progress_ms + w->settings->stop_timeout_s * 1000;

	return w->answers > w->answers_at_drain && answer_ms > w->deadline_ms ? answer_ms
									      : w->deadline_ms;
}

/* Who waited too long? */
static void
look_at_the_clock(struct exec_worker *w)
{
	const int64_t now_ms = clock_mono_ms();

	if (w->phase == EXEC_RUNNING && w->given_count > 0 &&
	    now_ms >= w->progress_ms + w->settings->ack_timeout_s * 1000)
		exec_worker_let_end(w, true);
	if ((w->phase == EXEC_DRAINS && now_ms >= drain_deadline_ms(w)) ||
	    (w->fault && (w->phase == EXEC_RUNNING || w->phase == EXEC_DRAINS))) {
		if (!w->fault)
			w->fault = "did not end within stop_timeout";
		exec_child_signal(&w->child, SIGTERM);
		w->phase = EXEC_TERM;
		w->deadline_ms = now_ms + TERM_MS;
	}
	if (w->phase == EXEC_TERM && now_ms >= w->deadline_ms) {
		exec_child_signal(&w->child, SIGKILL);
		w->phase = EXEC_KILLED;
	}
}

static void
take_up_due(struct exec_worker *w)
{
	const int64_t now_ms = clock_mono_ms();

	for (struct exec_task *task; (task = TAILQ_FIRST(&w->later)) && task->due_ms <= now_ms;) {
		TAILQ_REMOVE(&w->later, task, link);
		TAILQ_INSERT_TAIL(&w->waiting, task, link);
	}
}

int
exec_worker_put(struct exec_worker *w, const struct fm_item *item)
{
	const struct exec_tasks *const in_hand[] = {&w->given, &w->waiting, &w->later};
	struct exec_task *task = NULL;
	struct exec_key key;

	if (w->stopping)
		return fm_fail(w->sink, FM_RETRY, "the sink stops");
	if (!exec_key_of(item, &key))
		return fm_fail(w->sink, FM_REJECT, "the item has no id and revision for a key");
	for (size_t i = 0; i < sizeof(in_hand) / sizeof(in_hand[0]) && !task; i++)
		task = exec_tasks_find(in_hand[i], &key);
	if (task) {
		exec_task_add_ticket(task, w->sink, fm_ticket(item));
		return FM_PENDING;
	}
	task = exec_task_new(item, &key);
	if (!task)
		return fm_fail(w->sink, FM_RETRY, "no memory for the item");
	if (task->item_len + EXEC_ENVELOPE_BYTES_MAX > (size_t)w->settings->max_line_bytes) {
		exec_task_free(task);
		return fm_fail(w->sink, FM_REJECT, "too large: the line has over %lld bytes",
			       (long long)w->settings->max_line_bytes);
	}
	TAILQ_INSERT_TAIL(&w->waiting, task, link);
	return FM_PENDING;
}

int
exec_worker_turn(struct exec_worker *w)
{
	if (w->phase != EXEC_DOWN && w->ready) {
		w->ready = false;
		exec_hear(w, READ_BYTES);
		if (exec_child_ended(&w->child)) {
			const int verdict = exec_end(w);

			if (verdict != FM_OK)
				return verdict;
		}
	}
	take_up_due(w);
	if (w->phase == EXEC_DOWN && !w->stopping && !TAILQ_EMPTY(&w->waiting) &&
	    clock_mono_ms() >= w->start_ms)
		start_again(w);
	if (w->phase == EXEC_RUNNING && !w->stopping)
		give(w);
	if (w->phase != EXEC_DOWN) {
		flush(w);
		look_at_the_clock(w);
	}
	return FM_OK;
}

int64_t
exec_worker_wakes_ms(const struct exec_worker *w)
{
	const struct exec_task *later = TAILQ_FIRST(&w->later);
	int64_t at_ms = later ? later->due_ms : INT64_MAX;
	int64_t phase_ms = INT64_MAX;

	if (w->phase == EXEC_DOWN && !w->stopping && !TAILQ_EMPTY(&w->waiting))
		phase_ms = w->start_ms;
	else if (w->phase == EXEC_RUNNING && w->given_count > 0)
		phase_ms = w->progress_ms + w->settings->ack_timeout_s * 1000;
	else if (w->phase == EXEC_DRAINS)
		phase_ms = drain_deadline_ms(w);
	else if (w->phase == EXEC_TERM)
		phase_ms = w->deadline_ms;
	return phase_ms < at_ms ? phase_ms : at_ms;
}

void
exec_worker_drain(struct exec_worker *w)
{
	w->stopping = true;
	exec_tasks_give_back(&w->waiting, w->sink, "the sink stops");
	exec_tasks_give_back(&w->later, w->sink, "the sink stops");
	if (w->phase == EXEC_RUNNING)
		exec_worker_let_end(w, false);
}
