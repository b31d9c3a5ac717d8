#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/crashpoint.h"
#include "common/frame.h"
#include "common/log.h"
#include "common/notify.h"
#include "common/stage_inside.h"

enum {
	/* A turn's batch ends with whichever comes first: group commit. */
	BATCH_MESSAGES_MAX = 256,
	BATCH_BYTES_MAX = 4 * 1024 * 1024,
	BATCH_US_MAX = 5000,

	IDLE_MS = 250, /* the loop looks at its timers so often at least ... */
	BUSY_MS = 50,  /* ... and so often while something is on its way */
	PAUSE_MIN_MS = 1000,
	PAUSE_MAX_MS = 30000,
	PARTING_MS = 5000,    /* for the LEAVE of every sender: one that is frozen never says it */
	ACKS_READ_MAX = 4096, /* frames a turn */
};

static void
note_done(struct stage *stage, uint64_t ticket)
{
	if (stage->done_count == stage->done_cap) {
		const size_t cap = stage->done_cap ? stage->done_cap * 2 : BATCH_MESSAGES_MAX;
		uint64_t *grown = realloc(stage->done, cap * sizeof(*grown));

		if (!grown) {
			/* Not acked: the sender asks for it and gives it again. */
			linkin_nack(inlet_link(stage->inlet), ticket, NACK_LATER, "no memory", 0);
			return;
		}
		stage->done = grown;
		stage->done_cap = cap;
	}
	stage->done[stage->done_count++] = ticket;
}

void
stage_settle(struct stage *stage, uint64_t ticket, enum stage_verdict verdict, const char *reason,
	     int64_t delay_ms)
{
	switch (verdict) {
	case STAGE_DONE:
		note_done(stage, ticket);
		break;
	case STAGE_RETRY:
		linkin_nack(inlet_link(stage->inlet), ticket, NACK_LATER, reason, delay_ms);
		break;
	case STAGE_REJECT:
		stage->rejected++;
		log_event(LOG_WARNING, "input_rejected", LOG_TEXT("reason", reason));
		linkin_nack(inlet_link(stage->inlet), ticket, NACK_REJECT, reason, 0);
		break;
	}
}

void
stage_hint(struct stage *stage, uint64_t ticket, struct bytes hint)
{
	/* Sent at once, so that the bytes may go. An answer that fails costs only the hint. */
	linkin_hint(inlet_link(stage->inlet), ticket, hint);
	(void)inlet_answer(stage->inlet, NULL);
}

void
stage_announce(struct stage *stage, struct bytes hint)
{
	if (!stage->inlet)
		return;
	/* What waits to be sent may borrow an older one, which this one may take the place of. */
	(void)inlet_answer(stage->inlet, NULL);
	linkin_announce(inlet_link(stage->inlet), hint);
	(void)inlet_answer(stage->inlet, NULL);
}

void
stage_drain(struct stage *stage)
{
	if (stage->draining_until_ms)
		return;
	stage->draining_until_ms = stage->now_ms + stage->common.drain_s * 1000;
	notify_stopping();
	log_event(LOG_INFO, "draining", LOG_NUM("limit_s", stage->common.drain_s));
	if (stage->inlet)
		linkin_bye(inlet_link(stage->inlet));
	for (int i = 0; i < STAGE_ROUTES_MAX; i++)
		if (stage->routes[i])
			route_drain(stage->routes[i]);
	if (stage->ops->drain)
		stage->ops->drain(stage->self);
}

static void
pause_stage(struct stage *stage, const char *reason)
{
	stage->pause_ms = stage->pause_ms ? stage->pause_ms * 2 : PAUSE_MIN_MS;
	if (stage->pause_ms > PAUSE_MAX_MS)
		stage->pause_ms = PAUSE_MAX_MS;
	stage->paused_until_ms = stage->now_ms + stage->pause_ms;
	(void)snprintf(stage->pause_reason, sizeof(stage->pause_reason), "%s", reason);
	log_event(LOG_WARNING, "paused", LOG_NUM("for_ms", stage->pause_ms),
		  LOG_TEXT("reason", reason));
	stage_say(stage, "paused: %s", reason);
}

/* Nothing of this turn is safe: whoever gave it gives it again. */
static void
give_back(struct stage *stage)
{
	for (size_t i = 0; i < stage->done_count; i++)
		linkin_nack(inlet_link(stage->inlet), stage->done[i], NACK_LATER, "commit failed",
			    0);
	stage->done_count = 0;
}

static int
reject(struct stage *stage, const struct delivery *delivery, struct err *why, struct err *err)
{
	log_event(LOG_WARNING, "input_rejected", LOG_TEXT("from", delivery->from),
		  LOG_TEXT("reason", why->text));
	stage->rejected++;
	if (stage->ops->keep) {
		if (stage->ops->keep(stage->self, delivery, why->text, err) < 0)
			return -1;
		note_done(stage, delivery->ticket);
		return 0;
	}
	linkin_nack(inlet_link(stage->inlet), delivery->ticket, NACK_REJECT, why->text, 0);
	return 0;
}

/* One message through the stage. -1 ends the turn's batch (paused), or the process (fatal). */
static int
handle(struct stage *stage, const struct inlet_message *message, struct err *err)
{
	const struct delivery delivery = {message->ticket, message->attempt, message->from,
					  message->body};
	struct err why = {.kind = ERR_NONE};
	const char *from = message->from;
	uint64_t stream = 0, id = 0;
	int got;

	if (linkin_name(inlet_link(stage->inlet), message->ticket, &from, &stream, &id))
		blackbox_enter(stage->blackbox, from, stream, id);
	CRASHPOINT("handle");
	got = stage->ops->handle(stage->self, &delivery, &why);
	CRASHPOINT("handled");
	blackbox_leave(stage->blackbox);
	stage->handled++;
	if (got == 0)
		note_done(stage, message->ticket);
	if (got >= 0)
		return 0;
	if (why.kind == ERR_REJECT)
		return reject(stage, &delivery, &why, err);
	*err = why;
	if (why.kind == ERR_RETRY)
		linkin_nack(inlet_link(stage->inlet), message->ticket, NACK_LATER, why.text, 0);
	return -1;
}

/* Receive -> handle: the turn's batch. */
static int
handle_batch(struct stage *stage, struct err *err)
{
	const int64_t until_us = clock_mono_us() + BATCH_US_MAX;
	struct inlet_message message;
	size_t bytes = 0;

	if (!stage->inlet || stage->now_ms < stage->paused_until_ms)
		return 0;
	for (int n = 0; n < BATCH_MESSAGES_MAX && bytes < BATCH_BYTES_MAX; n++) {
		int failed;

		if (!inlet_peek(stage->inlet, &message) || (n > 0 && clock_mono_us() >= until_us))
			break;
		bytes += message.body.len;
		failed = handle(stage, &message, err);
		inlet_pop(stage->inlet);
		if (failed)
			return -1;
	}
	return 0;
}

static int
apply_routes(struct stage *stage, struct err *err)
{
	for (int i = 0; i < STAGE_ROUTES_MAX; i++)
		if (stage->routes[i] && route_apply(stage->routes[i], err) < 0)
			return -1;
	return 0;
}

/* What receivers said, what senders gave, what the stage does by itself: one transaction. */
static int
work(struct stage *stage, struct err *err)
{
	if (apply_routes(stage, err) < 0 || handle_batch(stage, err) < 0)
		return -1;
	return stage->ops->turn ? stage->ops->turn(stage->self, err) : 0;
}

/* Commit, and only then ack. Returns -1 when the process must end. */
static int
finish_turn(struct stage *stage, struct err *err)
{
	struct err why = {.kind = ERR_NONE};
	int failed = work(stage, &why);

	/* A message that must wait does not undo those before it; a failing store shows in commit.
	 */
	if (!failed || why.kind == ERR_RETRY) {
		struct err commit = {.kind = ERR_NONE};

		if (stage->ops->commit && stage->ops->commit(stage->self, &commit) < 0) {
			failed = -1;
			why = commit;
		} else {
			for (int i = 0; i < STAGE_ROUTES_MAX; i++)
				if (stage->routes[i])
					route_committed(stage->routes[i]);
			if (stage->done_count > 0)
				CRASHPOINT("committed");
			for (size_t i = 0; i < stage->done_count; i++)
				linkin_ack(inlet_link(stage->inlet), stage->done[i]);
			stage->done_count = 0;
		}
	}
	if (!failed) {
		if (stage->pause_ms && stage->now_ms >= stage->paused_until_ms) {
			log_event(LOG_NOTICE, "resumed", LOG_TEXT("after", stage->pause_reason));
			stage_say(stage, "running");
			stage->pause_ms = 0;
		}
		return 0;
	}
	if (stage->ops->rollback)
		stage->ops->rollback(stage->self);
	give_back(stage);
	if (why.kind == ERR_RETRY) {
		if (stage->now_ms >= stage->paused_until_ms)
			pause_stage(stage, why.text);
		return 0;
	}
	*err = why;
	return -1;
}

static int
read_acks(struct stage *stage, struct err *err)
{
	struct err why = {.kind = ERR_NONE};
	struct socket_message message;
	struct frame frame;
	int got = 0;

	for (int n = 0; stage->acks && n < ACKS_READ_MAX; n++) {
		got = socket_receive(stage->acks, &message, &stage->refused_acks, err);
		if (got <= 0)
			break;
		if (frame_decode(message.bytes, stage->arena, &frame, &why) < 0)
			refusals_add(&stage->refused_acks, 1, why.text);
		else
			for (int i = 0; i < STAGE_ROUTES_MAX && got > 0; i++)
				if (stage->routes[i] &&
				    route_hear(stage->routes[i], &frame, stage->now_ms, err) < 0)
					got = -1;
		socket_message_done(&message);
		arena_reset(stage->arena);
		if (got < 0)
			break;
	}
	if (stage->acks)
		socket_look(stage->acks, stage->now_ms, &stage->refused_acks);
	return got < 0 ? -1 : 0;
}

static void
tell_refusals(struct stage *stage, const char *on, struct refusals *refusals)
{
	const uint64_t count = refusals_tell(refusals, stage->now_ms);

	if (count > 0)
		log_event(LOG_WARNING, "link_refused", LOG_TEXT("on", on),
			  LOG_NUM("count", (int64_t)count), LOG_TEXT("reason", refusals->why));
}

static void
read_signals(struct stage *stage)
{
	struct signalfd_siginfo info;

	while (read(stage->signals, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGHUP)
			stage_reload(stage);
		else
			stage_drain(stage);
	}
}

static int
wait_for_something(struct stage *stage, struct err *err)
{
	int timeout_ms = IDLE_MS;

	socket_wait_clear(stage->wait);
	(void)socket_wait_fd(stage->wait, stage->signals, POLLIN);
	control_wait(stage->control, stage->wait);
	if (stage->inlet)
		inlet_wait(stage->inlet, stage->wait);
	if (stage->acks)
		socket_wait_socket(stage->wait, stage->acks);
	for (int i = 0; i < STAGE_ROUTES_MAX; i++) {
		if (!stage->routes[i])
			continue;
		route_wait(stage->routes[i], stage->wait);
		if (route_pending(stage->routes[i]) > 0)
			timeout_ms = BUSY_MS;
	}
	if (stage->inlet && inlet_waiting(stage->inlet) > 0)
		timeout_ms = stage->now_ms < stage->paused_until_ms ? BUSY_MS : 0;
	if (stage->draining_until_ms && timeout_ms > BUSY_MS)
		timeout_ms = BUSY_MS;
	stage->watched_count = 0;
	if (stage->ops->watch)
		stage->watched_count = stage->ops->watch(stage->self, stage->watched,
							 STAGE_WATCH_MAX, &timeout_ms);
	for (size_t i = 0; i < stage->watched_count; i++)
		stage->watched_at[i] =
			socket_wait_fd(stage->wait, stage->watched[i].fd, stage->watched[i].events);
	if (socket_wait_run(stage->wait, timeout_ms, err) < 0)
		return -1;
	for (size_t i = 0; i < stage->watched_count; i++)
		stage->watched[i].revents = socket_wait_revents(stage->wait, stage->watched_at[i]);
	return 0;
}

static int
turn(struct stage *stage, struct err *err)
{
	if (wait_for_something(stage, err) < 0)
		return -1;
	stage->now_ms = clock_mono_ms();
	if (stage->watchdog_ms && stage->now_ms - stage->watched_ms >= stage->watchdog_ms) {
		stage->watched_ms = stage->now_ms;
		notify_watchdog();
	}
	read_signals(stage);
	control_turn(stage->control, stage->now_ms);
	if (read_acks(stage, err) < 0)
		return -1;
	for (int i = 0; i < STAGE_ROUTES_MAX; i++)
		if (stage->routes[i] && route_turn(stage->routes[i], stage->now_ms, err) < 0)
			return -1;
	if (stage->inlet && inlet_read(stage->inlet, stage->now_ms, err) < 0)
		return -1;
	if (stage->inlet)
		tell_refusals(stage, "in", inlet_refusals(stage->inlet));
	tell_refusals(stage, "ack", &stage->refused_acks);
	if (stage->watched_count > 0 && stage->ops->woken &&
	    stage->ops->woken(stage->self, stage->watched, stage->watched_count, err) < 0)
		return -1;
	if (finish_turn(stage, err) < 0)
		return -1;
	if (stage->inlet && inlet_answer(stage->inlet, err) < 0)
		return -1;
	for (int i = 0; i < STAGE_ROUTES_MAX; i++)
		if (stage->routes[i] && route_send(stage->routes[i], err) < 0)
			return -1;
	return 0;
}

/* Whoever is gone while a sender still believes in it makes that sender give again what it sent
 * meanwhile. */
static bool
is_left(struct stage *stage)
{
	if (!stage->inlet || inlet_waiting(stage->inlet) > 0 || inlet_is_left(stage->inlet))
		return true;
	if (!stage->parting_until_ms)
		stage->parting_until_ms = stage->now_ms + PARTING_MS;
	return stage->now_ms >= stage->parting_until_ms;
}

/* Nothing is in hand any more, or nothing of it can move. */
static bool
is_drained(struct stage *stage)
{
	bool busy = false;

	for (int i = 0; i < STAGE_ROUTES_MAX; i++)
		busy |= stage->routes[i] && route_is_busy(stage->routes[i]);
	if (!busy && stage->inlet)
		busy = inlet_waiting(stage->inlet) > 0 && stage->now_ms >= stage->paused_until_ms;
	if (!busy && stage->ops->idle)
		busy = !stage->ops->idle(stage->self);
	return !busy && is_left(stage);
}

int
stage_loop(struct stage *stage, struct err *err)
{
	while (!stage->draining_until_ms ||
	       (stage->now_ms < stage->draining_until_ms && !is_drained(stage))) {
		struct err why = {.kind = ERR_NONE};

		if (turn(stage, &why) == 0)
			continue;
		/* What the next turn may cure, the next turn gets. */
		if (why.kind == ERR_RETRY) {
			pause_stage(stage, why.text);
			continue;
		}
		*err = why;
		return -1;
	}
	return 0;
}
