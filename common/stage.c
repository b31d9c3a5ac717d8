#include "common/stage.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "common/arena.h"
#include "common/blackbox.h"
#include "common/clock.h"
#include "common/control.h"
#include "common/file.h"
#include "common/frame.h"
#include "common/inlet.h"
#include "common/log.h"
#include "common/notify.h"
#include "common/options.h"
#include "common/route.h"
#include "common/socketfile.h"

enum {
	EXIT_STOPPED = 0,
	EXIT_CONFIG = 100, /* a restart cures nothing */
	EXIT_RESTART = 111,

	/* A turn's batch ends with whichever comes first: group commit. */
	BATCH_MESSAGES_MAX = 256,
	BATCH_BYTES_MAX = 4 * 1024 * 1024,
	BATCH_US_MAX = 5000,

	IDLE_MS = 250, /* the loop looks at its timers so often at least ... */
	BUSY_MS = 50,  /* ... and so often while something is on its way */
	PAUSE_MIN_MS = 1000,
	PAUSE_MAX_MS = 30000,
	ROUTES_MAX = 64,
	WATCH_MAX = 64,
	ACKS_READ_MAX = 4096, /* frames a turn */
	ACK_HWM = 65536,
	ACK_BYTES_MAX = 256 * 1024,
	SCRATCH_BYTES_MAX = 1024 * 1024,
	PATH_BYTES = 512,
};

struct stage {
	const struct stage_ops *ops;
	void *self;
	struct options options;
	struct options_common common;
	struct config *config;
	void *conf;
	/* Configurations and structs of before the last reloads: the stage may point into them. */
	struct former {
		struct former *next;
		struct config *config;
		void *conf;
	} * former;
	char who[FRAME_NAME_MAX + 1];
	char state_dir[PATH_BYTES];
	char status[256];

	struct socket_context *context;
	struct socket *acks; /* in: what receivers say to our routes */
	char ack_endpoint[PATH_BYTES + 96];
	struct inlet *inlet;
	struct blackbox *blackbox;
	struct control *control;
	struct route *routes[ROUTES_MAX];
	struct socket_wait *wait;
	struct arena *arena;
	int signals; /* signalfd */

	/* This turn's messages that are safe once the turn is committed. */
	uint64_t *done;
	size_t done_count, done_cap;
	int64_t now_ms, started_ms;
	int64_t paused_until_ms, pause_ms;
	char pause_reason[256];
	int64_t draining_until_ms; /* 0: not draining */
	int64_t watchdog_ms, watched_ms;
	uint64_t refused_acks, handled, rejected, commits;
	struct pollfd watched[WATCH_MAX];
	size_t watched_count, watched_at[WATCH_MAX];
};

/* --- for the callbacks -------------------------------------------------------------------------
 */

const char *
stage_state_dir(const struct stage *stage)
{
	return stage->state_dir;
}

const char *
stage_runtime_dir(const struct stage *stage)
{
	return stage->common.runtime_dir;
}

const char *
stage_instance(const struct stage *stage)
{
	return stage->options.instance;
}

const char *
stage_config_path(const struct stage *stage)
{
	return stage->options.config_path;
}

const struct config *
stage_config(const struct stage *stage)
{
	return stage->config;
}

void
stage_say(struct stage *stage, const char *fmt, ...)
{
	char text[sizeof(stage->status)];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (strcmp(text, stage->status) == 0)
		return;
	memcpy(stage->status, text, sizeof(text));
	notify_status(text);
}

bool
stage_tapped(const struct stage *stage)
{
	return control_tapped(stage->control);
}

void
stage_tap(struct stage *stage, const char *json, size_t len)
{
	control_tap(stage->control, json, len);
}

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

/* A number that names this stage's space of message ids on this route: kept beside the state that
 * the ids belong to. */
static int
kept_stream(struct stage *stage, uint64_t *stream_out, struct err *err)
{
	SCOPED(buf_done) struct buf text = buf_init(64);
	char path[PATH_BYTES + 16];
	uint64_t stream;

	(void)snprintf(path, sizeof(path), "%s/stream", stage->state_dir);
	if (access(path, F_OK) == 0) {
		if (file_read(path, &text, err) < 0)
			return -1;
		*stream_out = strtoull(buf_str(&text), NULL, 16);
		return 0;
	}
	if (getrandom(&stream, sizeof(stream), 0) != sizeof(stream))
		return err_sys(err, "random number");
	if (buf_addf(&text, err, "%016llx\n", (unsigned long long)stream) < 0 ||
	    file_replace(path, buf_bytes(&text), err) < 0)
		return -1;
	*stream_out = stream;
	return 0;
}

/* The folder of a stage's sockets below the runtime directory. */
static int
socket_folder(const struct stage *stage, const char *name, char out[PATH_BYTES], struct err *err)
{
	if (snprintf(out, PATH_BYTES, "%s/%s", stage->common.runtime_dir, name) >= PATH_BYTES)
		return err_set(err, ERR_USAGE, "runtime_dir '%s': the path is too long",
			       stage->common.runtime_dir);
	if (file_mkdirs(stage->common.runtime_dir, err) < 0)
		return -1;
	return socketfile_folder(out, err);
}

static int
bind_acks(struct stage *stage, struct err *err)
{
	char folder[PATH_BYTES], path[PATH_BYTES + 80];

	if (stage->acks)
		return 0;
	if (socket_folder(stage, stage->ops->name, folder, err) < 0)
		return -1;
	(void)snprintf(path, sizeof(path), "%s/%s.ack", folder, stage->options.instance);
	(void)snprintf(stage->ack_endpoint, sizeof(stage->ack_endpoint), "ipc://%s", path);
	stage->acks = socket_bind(stage->context, SOCKET_ACK_IN, path, ACK_HWM, ACK_BYTES_MAX, err);
	return stage->acks ? 0 : -1;
}

struct route *
stage_route(struct stage *stage, const char *to, enum route_pick pick, bool stable_ids,
	    const struct route_ops *ops, void *self, struct err *err)
{
	const char *only = strchr(to, '/');
	char folder[PATH_BYTES], name[FRAME_NAME_MAX + 1];
	uint64_t random[2], stream = 0;
	struct outlet_options options;
	int i = 0;

	while (i < ROUTES_MAX && stage->routes[i])
		i++;
	if (i == ROUTES_MAX) {
		(void)err_set(err, ERR_USAGE, "route '%s': more than %d routes", to, ROUTES_MAX);
		return NULL;
	}
	(void)snprintf(name, sizeof(name), "%.*s", only ? (int)(only - to) : FRAME_NAME_MAX, to);
	if (getrandom(random, sizeof(random), 0) != sizeof(random)) {
		(void)err_sys(err, "random number");
		return NULL;
	}
	if (bind_acks(stage, err) < 0 || socket_folder(stage, name, folder, err) < 0 ||
	    (stable_ids && kept_stream(stage, &stream, err) < 0))
		return NULL;
	/* Each route has its own space of ids, told apart by the route's name. */
	for (const char *c = to; stable_ids && *c; c++)
		stream = (stream ^ (unsigned char)*c) * UINT64_C(0x100000001b3);
	options = (struct outlet_options){
		.who = stage->who,
		.ack_endpoint = stage->ack_endpoint,
		.route = to,
		.folder = folder,
		.only = only ? only + 1 : NULL,
		.message_bytes_max = STAGE_MESSAGE_BYTES_MAX,
		.link = {.stream = stable_ids ? stream : random[0],
			 .first_epoch = random[1] >> 33,
			 .by_key = pick == ROUTE_HASH},
	};
	stage->routes[i] = route_new(stage->context, &options, ops, self, err);
	return stage->routes[i];
}

void
stage_route_close(struct stage *stage, struct route *route)
{
	for (int i = 0; i < ROUTES_MAX; i++) {
		if (stage->routes[i] != route)
			continue;
		stage->routes[i] = NULL;
		route_free(route);
	}
}

/* --- status and control ------------------------------------------------------------------------
 */

static void
write_status(struct stage *stage, struct json *j)
{
	json_object(j);
	json_member(j, "stage", stage->ops->name);
	json_member(j, "instance", stage->options.instance);
	json_member(j, "version", VERSION);
	json_member_int(j, "pid", getpid());
	json_member_int(j, "uptime_s", (stage->now_ms - stage->started_ms) / 1000);
	json_member(j, "state",
		    stage->draining_until_ms                 ? "draining"
		    : stage->now_ms < stage->paused_until_ms ? "paused"
							     : "running");
	if (stage->now_ms < stage->paused_until_ms)
		json_member(j, "reason", stage->pause_reason);
	json_member(j, "status", stage->status);
	json_member_int(j, "handled", (int64_t)stage->handled);
	json_member_int(j, "rejected", (int64_t)stage->rejected);
	if (stage->inlet) {
		json_key(j, "in");
		json_object(j);
		inlet_status(stage->inlet, j);
		json_close(j);
	}
	json_key(j, "routes");
	json_array(j);
	for (int i = 0; i < ROUTES_MAX; i++) {
		if (!stage->routes[i])
			continue;
		json_object(j);
		route_status(stage->routes[i], j);
		json_close(j);
	}
	json_close(j);
	if (stage->ops->status)
		stage->ops->status(stage->self, j);
	json_close(j);
}

static void
start_draining(struct stage *stage)
{
	if (stage->draining_until_ms)
		return;
	stage->draining_until_ms = stage->now_ms + stage->common.drain_s * 1000;
	notify_stopping();
	log_event(LOG_INFO, "draining", LOG_NUM("limit_s", stage->common.drain_s));
	if (stage->inlet)
		linkin_bye(inlet_link(stage->inlet));
	for (int i = 0; i < ROUTES_MAX; i++)
		if (stage->routes[i])
			route_drain(stage->routes[i]);
	if (stage->ops->drain)
		stage->ops->drain(stage->self);
}

static int
answer(void *arg, const char *command, const char *argument, struct json *j, struct err *err)
{
	struct stage *stage = arg;

	if (strcmp(command, "status") == 0) {
		write_status(stage, j);
		return 0;
	}
	if (strcmp(command, "drain") == 0) {
		start_draining(stage);
		json_object(j);
		json_member(j, "state", "draining");
		json_close(j);
		return 0;
	}
	if (stage->ops->control)
		return stage->ops->control(stage->self, command, argument, j, err);
	return err_set(err, ERR_USAGE, "'%s': %s knows no such command", command, stage->who);
}

/* --- configuration ------------------------------------------------------------------------------
 */

/* Reads, checks; on success *config_out and *conf_out are new. */
static int
load_config(struct stage *stage, struct options_common *common, struct config **config_out,
	    void **conf_out, struct err *err)
{
	const struct stage_ops *ops = stage->ops;
	const char *name = ops->section_per_instance ? stage->options.instance : "";
	SCOPED(config_free)
	struct config *config = options_load(stage->options.config_path, common, err);
	SCOPED(free) void *conf = calloc(1, ops->conf_bytes + 1);
	const struct config_section *section;

	if (!config)
		return -1;
	if (!conf)
		return err_sys(err, "configuration");
	section = config_section_find(config, ops->name, name);
	if (!section && ops->section_per_instance)
		return err_set(err, ERR_USAGE, "%s: no section [%s %s]", stage->options.config_path,
			       ops->name, name);
	if (ops->keys && config_read(config, section, ops->keys, ops->key_count, conf, err) < 0)
		return -1;
	if (ops->check && ops->check(config, conf, err) < 0)
		return -1;
	*config_out = TAKE(config);
	*conf_out = TAKE(conf);
	return 0;
}

static void
reload(struct stage *stage)
{
	struct former *former = calloc(1, sizeof(*former));
	struct options_common common;
	struct err err = {.kind = ERR_NONE};
	struct config *config = NULL;
	void *conf = NULL;

	notify_reloading();
	if (!former || load_config(stage, &common, &config, &conf, &err) < 0 ||
	    (stage->ops->reload && stage->ops->reload(stage->self, config, conf, &err) < 0)) {
		log_event(LOG_ERR, "reload_refused", LOG_TEXT("reason", err.text));
		config_free(config);
		free(conf);
		free(former);
	} else {
		*former = (struct former){stage->former, stage->config, stage->conf};
		stage->former = former;
		stage->config = config;
		stage->conf = conf;
		log_level((int)common.log_level);
		stage->common.drain_s = common.drain_s;
		log_event(LOG_INFO, "reloaded", LOG_TEXT("config", stage->options.config_path));
	}
	notify_ready();
}

/* --- the loop
 * --------------------------------------------------------------------------------------- */

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
	got = stage->ops->handle(stage->self, &delivery, &why);
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
	for (int i = 0; i < ROUTES_MAX; i++)
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
			for (int i = 0; i < ROUTES_MAX; i++)
				if (stage->routes[i])
					route_committed(stage->routes[i]);
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
	struct socket_message message;
	struct frame frame;
	int got = 0;

	for (int n = 0; stage->acks && n < ACKS_READ_MAX; n++) {
		got = socket_receive(stage->acks, &message, &stage->refused_acks, err);
		if (got <= 0)
			break;
		if (frame_decode(message.bytes, stage->arena, &frame, NULL) < 0)
			stage->refused_acks++;
		else
			for (int i = 0; i < ROUTES_MAX && got > 0; i++)
				if (stage->routes[i] &&
				    route_hear(stage->routes[i], &frame, stage->now_ms, err) < 0)
					got = -1;
		socket_message_done(&message);
		arena_reset(stage->arena);
		if (got < 0)
			break;
	}
	return got < 0 ? -1 : 0;
}

static void
read_signals(struct stage *stage)
{
	struct signalfd_siginfo info;

	while (read(stage->signals, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGHUP)
			reload(stage);
		else
			start_draining(stage);
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
	for (int i = 0; i < ROUTES_MAX; i++) {
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
		stage->watched_count =
			stage->ops->watch(stage->self, stage->watched, WATCH_MAX, &timeout_ms);
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
	for (int i = 0; i < ROUTES_MAX; i++)
		if (stage->routes[i] && route_turn(stage->routes[i], stage->now_ms, err) < 0)
			return -1;
	if (stage->inlet && inlet_read(stage->inlet, stage->now_ms, err) < 0)
		return -1;
	if (stage->watched_count > 0 && stage->ops->woken &&
	    stage->ops->woken(stage->self, stage->watched, stage->watched_count, err) < 0)
		return -1;
	if (finish_turn(stage, err) < 0)
		return -1;
	if (stage->inlet && inlet_answer(stage->inlet, err) < 0)
		return -1;
	for (int i = 0; i < ROUTES_MAX; i++)
		if (stage->routes[i] && route_send(stage->routes[i], err) < 0)
			return -1;
	return 0;
}

/* Nothing is in hand any more, or nothing of it can move. */
static bool
is_drained(struct stage *stage)
{
	bool busy = false;

	for (int i = 0; i < ROUTES_MAX; i++)
		busy |= stage->routes[i] && route_is_busy(stage->routes[i]);
	if (!busy && stage->inlet)
		busy = inlet_waiting(stage->inlet) > 0 && stage->now_ms >= stage->paused_until_ms;
	if (!busy && stage->ops->idle)
		busy = !stage->ops->idle(stage->self);
	return !busy;
}

static int
loop(struct stage *stage, struct err *err)
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

/* --- life
 * ------------------------------------------------------------------------------------------- */

static int
open_blackbox(struct stage *stage, const char *folder, struct err *err)
{
	char path[PATH_BYTES + 80];
	struct blackbox_entry entry;
	bool found = false;

	(void)snprintf(path, sizeof(path), "%s/%s.blackbox", folder, stage->options.instance);
	stage->blackbox = blackbox_open(path, &entry, &found, err);
	if (!stage->blackbox)
		return -1;
	if (!found)
		return 0;
	log_event(LOG_WARNING, "died_handling", LOG_TEXT("from", entry.from),
		  LOG_NUM("id", (int64_t)entry.id),
		  LOG_TEXT("how", entry.crashed ? "crash" : "kill"));
	linkin_confess(inlet_link(stage->inlet), entry.from, entry.stream, entry.id,
		       entry.crashed ? ROUTE_BLAME_CRASH : ROUTE_BLAME_KILL);
	return 0;
}

static int
open_sockets(struct stage *stage, struct err *err)
{
	char folder[PATH_BYTES], path[PATH_BYTES + 80];
	const struct stage_ops *ops = stage->ops;

	if (socket_folder(stage, ops->name, folder, err) < 0)
		return -1;
	(void)snprintf(path, sizeof(path), "%s/%s.ctl", folder, stage->options.instance);
	stage->control = control_open(path, answer, stage, err);
	stage->context = socket_context_new(err);
	if (!stage->control || !stage->context)
		return -1;
	return 0;
}

/* Last: senders find a stage that is ready. */
static int
open_inlet(struct stage *stage, struct err *err)
{
	char folder[PATH_BYTES], path[PATH_BYTES + 80];
	const struct inlet_options options = {
		.path = path,
		.who = stage->who,
		.messages = stage->ops->window_messages,
		.bytes = stage->ops->window_bytes,
		.message_bytes_max = stage->ops->message_bytes_max,
	};

	if (!stage->ops->window_messages)
		return 0;
	if (socket_folder(stage, stage->ops->name, folder, err) < 0)
		return -1;
	(void)snprintf(path, sizeof(path), "%s/%s.in", folder, stage->options.instance);
	stage->inlet = inlet_new(stage->context, &options, err);
	return stage->inlet ? open_blackbox(stage, folder, err) : -1;
}

static int
open_signals(struct stage *stage, struct err *err)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGHUP);
	/* Before ZeroMQ starts its threads: they inherit the mask. */
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0 || signal(SIGPIPE, SIG_IGN) == SIG_ERR)
		return err_sys(err, "signals");
	stage->signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	return stage->signals < 0 ? err_sys(err, "signals") : 0;
}

static int
open_stage(struct stage *stage, struct err *err)
{
	stage->wait = socket_wait_new();
	stage->arena = arena_new(SCRATCH_BYTES_MAX);
	if (!stage->wait || !stage->arena)
		return err_sys(err, "memory");
	stage->now_ms = stage->started_ms = clock_mono_ms();
	stage->watchdog_ms = notify_watchdog_ms();
	if (stage->ops->needs_state_dir && file_mkdirs(stage->state_dir, err) < 0)
		return -1;
	if (open_signals(stage, err) < 0 || open_sockets(stage, err) < 0)
		return -1;
	if (stage->ops->open(stage, stage->conf, &stage->self, err) < 0)
		return -1;
	return open_inlet(stage, err);
}

/* Mirrors open_stage from its end. */
static void
close_stage(struct stage *stage)
{
	inlet_free(stage->inlet);
	blackbox_close(stage->blackbox);
	for (int i = 0; i < ROUTES_MAX; i++) {
		route_free(stage->routes[i]);
		stage->routes[i] = NULL;
	}
	stage->ops->close(stage->self);
	socket_close(stage->acks);
	socket_context_free(stage->context);
	control_close(stage->control);
	if (stage->signals >= 0)
		(void)close(stage->signals);
	arena_free(stage->arena);
	socket_wait_free(stage->wait);
	free(stage->done);
}

static int
exit_status(const struct err *err)
{
	return err->kind == ERR_USAGE ? EXIT_CONFIG : EXIT_RESTART;
}

static int
run(struct stage *stage)
{
	struct err err = {.kind = ERR_NONE};
	int status = EXIT_STOPPED;

	if (open_stage(stage, &err) < 0) {
		log_event(LOG_ERR, "start_failed", LOG_TEXT("reason", err.text));
		status = exit_status(&err);
	} else {
		log_event(LOG_INFO, "started", LOG_TEXT("version", VERSION),
			  LOG_TEXT("config", stage->options.config_path));
		stage_say(stage, "running");
		notify_ready();
		if (loop(stage, &err) < 0) {
			log_event(LOG_CRIT, "failed", LOG_TEXT("kind", err_kind_name(err.kind)),
				  LOG_TEXT("reason", err.text));
			status = exit_status(&err);
		}
	}
	close_stage(stage);
	if (status == EXIT_STOPPED)
		log_event(LOG_INFO, "stopped", LOG_NUM("handled", (int64_t)stage->handled));
	return status;
}

static void
stage_done(struct stage *stage)
{
	struct former *former;

	while ((former = stage->former)) {
		stage->former = former->next;
		config_free(former->config);
		free(former->conf);
		free(former);
	}
	config_free(stage->config);
	free(stage->conf);
	free(stage);
}

int
stage_main(int argc, char **argv, const struct stage_ops *ops)
{
	struct stage *stage = calloc(1, sizeof(*stage));
	struct err err = {.kind = ERR_NONE};
	int status;

	if (!stage)
		return EXIT_RESTART;
	stage->ops = ops;
	stage->signals = -1;
	log_name(ops->name);
	if (options_read(argc, argv, &stage->options, &err) < 0) {
		log_event(LOG_ERR, "usage", LOG_TEXT("reason", err.text));
		stage_done(stage);
		return EXIT_CONFIG;
	}
	if (stage->options.show_version) {
		(void)printf("feedmill-%s %s\n", ops->name, VERSION);
		stage_done(stage);
		return EXIT_STOPPED;
	}
	if (!stage->options.instance)
		stage->options.instance = ops->default_instance;
	(void)snprintf(stage->who, sizeof(stage->who), "%s@%s", ops->name, stage->options.instance);
	log_name(stage->who);
	if (load_config(stage, &stage->common, &stage->config, &stage->conf, &err) < 0) {
		log_event(LOG_ERR, "configuration", LOG_TEXT("reason", err.text));
		status = exit_status(&err);
	} else {
		log_level((int)stage->common.log_level);
		(void)snprintf(stage->state_dir, sizeof(stage->state_dir), "%s/%s%s%s",
			       stage->common.state_dir, ops->name,
			       ops->section_per_instance ? "/" : "",
			       ops->section_per_instance ? stage->options.instance : "");
		status = stage->options.check_only ? EXIT_STOPPED : run(stage);
	}
	stage_done(stage);
	return status;
}
