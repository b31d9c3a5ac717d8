/* exec_worker - one program and the items that are its own: gives them to it a window at a time,
 * hears what became of them, starts it again when it ends, and finds the item that kills it.
 * feedmill-exec(7) has the rules. Verdicts go to the mill by fm_settle. */
#ifndef FM_SINK_EXEC_WORKER_H
#define FM_SINK_EXEC_WORKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/feedmill.h"
#include "sink/exec_child.h"
#include "sink/exec_lines.h"
#include "sink/exec_log.h"
#include "sink/exec_settings.h"
#include "sink/exec_task.h"

enum {
	EXEC_BACKOFF_MIN_MS = 100,
	EXEC_PENDING_BYTES = 256 * 1024, /* queued for the program before the next item waits */
};

enum exec_phase {
	EXEC_DOWN,    /* no program */
	EXEC_RUNNING, /* items go in, answers come out */
	EXEC_DRAINS,  /* its input is closed: it answers what it has and ends */
	EXEC_TERM,    /* it did not: SIGTERM was sent */
	EXEC_KILLED,  /* nor then: SIGKILL was sent */
};

struct exec_worker {
	struct fm_sink *sink;
	const struct exec_settings *settings;
	struct exec_child child;
	struct exec_lines replies, errors;
	enum exec_phase phase;
	bool ready;          /* epoll has seen something of the child */
	bool stopping;       /* the sink ends: nothing is given any more */
	bool timed_out;      /* DRAINS because of ack_timeout */
	bool hinted;         /* an empty line was the last thing written */
	const char *fault;   /* why its end will be a crash, whatever its status */
	int64_t deadline_ms; /* of the phases after RUNNING */
	int64_t progress_ms; /* the last answer, or when the oldest item's line was last written */
	int64_t start_ms;    /* not before */
	int64_t started_ms;
	int64_t backoff_ms;
	uint64_t seq;                                   /* of the item given last */
	uint64_t answers, answers_at_drain, given_ever; /* in this program's life */
	int bad_lines;                                  /* in a row */
	struct exec_tasks waiting, given, later;        /* later: until due */
	int64_t given_count;
	struct exec_log log;
};

void exec_worker_init(struct exec_worker *w, struct fm_sink *sink,
		      const struct exec_settings *settings, int epoll_fd);
/* Stops the program, if need be with SIGKILL at until_ms, and forgets what it holds. */
void exec_worker_done(struct exec_worker *w, int64_t until_ms);

/* Starts the program now, so that a wrong command is heard of at once. */
int exec_worker_start(struct exec_worker *w, struct err *err);

/* Copies what it needs of the item. FM_PENDING, FM_REJECT or FM_RETRY. */
int exec_worker_put(struct exec_worker *w, const struct fm_item *item);

/* Does what is to be done now: FM_OK or FM_CONFIG. */
int exec_worker_turn(struct exec_worker *w);

/* When to come again without an event, on the monotonic clock; INT64_MAX: no need. */
int64_t exec_worker_wakes_ms(const struct exec_worker *w);

/* No more input for the program: it answers what it has and ends, within stop_timeout. */
void exec_worker_let_end(struct exec_worker *w, bool timed_out);

/* Gives back what the program has not seen, and lets it end. */
void exec_worker_drain(struct exec_worker *w);

#endif
