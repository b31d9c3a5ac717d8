/* sweep - goes over the feeds that are due: takes them out of the state in portions, lets each wait
 * for its host, polls it, and writes what came of it - body, validators and due time in one
 * transaction, the stage's. What is in flight when the process dies was not written: it is due
 * still.
 *
 * It takes no new work while it is paused: the disk is full, the spool is, the stage is draining.
 */
#ifndef FM_FETCHER_SWEEP_H
#define FM_FETCHER_SWEEP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "common/http.h"
#include "common/scope.h"
#include "fetcher/feed.h"
#include "fetcher/poll.h"
#include "fetcher/schedule.h"
#include "fetcher/state.h"

struct sweep_options {
	struct state *state; /* borrowed */
	struct http *http;   /* borrowed */
	struct pace pace;
	size_t body_bytes_max;
	size_t bodies_bytes_max; /* expected of all polls in flight together */
	int64_t polls_max, polls_a_host, spacing_ms;
	/* Every outcome, after the feed has learned from it and before it is saved; fresh: its
	 * document goes into the spool. May be NULL. */
	int (*polled)(void *arg, struct feed *feed, const struct outcome *outcome, bool fresh,
		      struct err *err);
	/* And after that. feed's due_s says when next. */
	void (*told)(void *arg, const struct feed *feed, const struct outcome *outcome);
	void *arg;
};

struct sweep_counts {
	int64_t polls, documents, documents_same, unchanged, failed, redirects;
	int64_t wire_bytes, body_bytes;
};

struct sweep;

/* Returns new. */
struct sweep *sweep_new(const struct sweep_options *options, struct err *err);
void sweep_free(struct sweep *sweep); /* what is in flight is abandoned: it stays due */
SCOPED_DEFINE(struct sweep, sweep_free)

/* Everything that can be done without waiting. ERR_RETRY: the transaction cannot go on, roll it
 * back and call sweep_rolled_back. */
int sweep_turn(struct sweep *sweep, struct err *err);
/* Lowers *timeout_ms to when sweep_turn has something to do. */
void sweep_timeout(const struct sweep *sweep, int *timeout_ms);
/* What was learned since the last commit is lost: no new polls for a while, then again. */
void sweep_rolled_back(struct sweep *sweep);
void sweep_committed(struct sweep *sweep);
/* For how long what the sweep has written may wait for more, so that a commit serves many polls: 0
 * where nothing comes soon, or enough is there. A crash repeats the polls that waited. */
int sweep_may_wait_ms(const struct sweep *sweep);

void sweep_pause(struct sweep *sweep, bool pause);
void sweep_set_pace(struct sweep *sweep, struct pace pace);
/* The feeds, their due times or the clock have changed from outside: look anew. What waits goes
 * back, what is in flight goes on. */
void sweep_look_anew(struct sweep *sweep);

/* The feed, as it will be saved, while a poll of it is in flight; NULL: it is not. Borrowed; change
 * it there instead of in the state. */
/* Polls that are under way are the last with their validators. */
void sweep_ask_whole(struct sweep *sweep);
struct feed *sweep_feed(struct sweep *sweep, const char *id);

size_t sweep_in_flight(const struct sweep *sweep);
size_t sweep_waiting(const struct sweep *sweep);
struct sweep_counts sweep_counts(const struct sweep *sweep);
/* The lesson of this moment: pace, clock, chance. */
struct lesson sweep_lesson(struct sweep *sweep);

#endif
