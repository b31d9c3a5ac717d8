#include "common/stage.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/file.h"
#include "common/log.h"
#include "common/notify.h"
#include "common/stage_inside.h"

enum {
	EXIT_STOPPED = 0,
	EXIT_CONFIG = 100, /* a restart cures nothing */
	EXIT_RESTART = 111,
	SCRATCH_BYTES_MAX = 1024 * 1024,
	HELP_BYTES_MAX = 4096,
};

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
	json_key(j, "tapped");
	json_bool(j, stage_tapped(stage));
	if (stage->inlet) {
		json_key(j, "in");
		json_object(j);
		inlet_status(stage->inlet, j);
		json_close(j);
	}
	json_key(j, "routes");
	json_array(j);
	for (int i = 0; i < STAGE_ROUTES_MAX; i++) {
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

static int
answer(void *arg, const char *command, const char *argument, struct json *j, struct err *err)
{
	struct stage *stage = arg;

	if (strcmp(command, "status") == 0) {
		write_status(stage, j);
		return 0;
	}
	if (strcmp(command, "drain") == 0) {
		stage_drain(stage);
		json_object(j);
		json_member(j, "state", "draining");
		json_close(j);
		return 0;
	}
	if (stage->ops->control)
		return stage->ops->control(stage->self, command, argument, j, err);
	return err_set(err, ERR_USAGE, "'%s': %s knows no such command", command, stage->who);
}

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
	if (wiring_check(config, err) < 0 || (ops->check && ops->check(config, conf, err) < 0))
		return -1;
	*config_out = TAKE(config);
	*conf_out = TAKE(conf);
	return 0;
}

void
stage_reload(struct stage *stage)
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
		stage_take_up_links(stage);
		log_event(LOG_INFO, "reloaded", LOG_TEXT("config", stage->options.config_path));
	}
	notify_ready();
}

static int
open_blackbox(struct stage *stage, const char *folder, struct err *err)
{
	char path[STAGE_PATH_BYTES + 80];
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
	char folder[STAGE_PATH_BYTES], path[STAGE_PATH_BYTES + 80];
	const struct stage_ops *ops = stage->ops;

	if (stage_socket_folder(stage, ops->name, folder, err) < 0)
		return -1;
	(void)snprintf(path, sizeof(path), "%s/%s.ctl", folder, stage->options.instance);
	stage->control = control_open(path, answer, stage, err);
	stage->context = socket_context_new(err);
	if (!stage->control || !stage->context)
		return -1;
	stage_link_name(stage, folder);
	if (wiring_read(stage->config, folder, &stage->wiring, err) < 0)
		return -1;
	return stage->wiring.keys ? socket_context_secure(stage->context, stage->wiring.keys, err)
				  : 0;
}

/* Last: senders find a stage that is ready. */
static int
open_inlet(struct stage *stage, struct err *err)
{
	char folder[STAGE_PATH_BYTES], path[STAGE_PATH_BYTES + 80];
	const struct inlet_options options = {
		.path = path,
		.who = stage->who,
		.messages = stage->ops->window_messages,
		.bytes = stage->ops->window_bytes,
		.message_bytes_max = stage->ops->message_bytes_max,
	};

	if (!stage->ops->window_messages)
		return 0;
	if (stage_socket_folder(stage, stage->ops->name, folder, err) < 0)
		return -1;
	(void)snprintf(path, sizeof(path), "%s/%s.in", folder, stage->options.instance);
	stage->inlet = inlet_new(stage->context, &options, err);
	if (!stage->inlet || open_blackbox(stage, folder, err) < 0)
		return -1;
	return stage_listen(stage, err);
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
	for (int i = 0; i < STAGE_ROUTES_MAX; i++) {
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

/* Whatever is in flight now is given again by the next life. */
static void
log_end(const struct stage *stage)
{
	int64_t resent = 0, in_flight = 0;

	for (int i = 0; i < STAGE_ROUTES_MAX; i++) {
		if (!stage->routes[i])
			continue;
		resent += (int64_t)route_resent(stage->routes[i]);
		in_flight += (int64_t)route_in_flight(stage->routes[i]);
	}
	if (in_flight > 0)
		log_event(LOG_WARNING, "drain_cut", LOG_NUM("limit_s", stage->common.drain_s),
			  LOG_NUM("in_flight", in_flight));
	log_event(LOG_INFO, "stopped", LOG_NUM("handled", (int64_t)stage->handled),
		  LOG_NUM("resent", resent), LOG_NUM("in_flight", in_flight));
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
		if (stage_loop(stage, &err) < 0) {
			log_event(LOG_CRIT, "failed", LOG_TEXT("kind", err_kind_name(err.kind)),
				  LOG_TEXT("reason", err.text));
			status = exit_status(&err);
		}
	}
	if (status == EXIT_STOPPED)
		log_end(stage);
	close_stage(stage);
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

/* -h, -V. */
static int
say_what_it_is(const struct stage *stage)
{
	const struct stage_ops *ops = stage->ops;
	SCOPED(buf_done) struct buf text = buf_init(HELP_BYTES_MAX);

	if (stage->options.show_help)
		(void)options_help(ops->name, ops->default_instance, &text, NULL);
	else
		(void)buf_addf(&text, NULL, "feedmill-%s %s\n", ops->name, VERSION);
	return fputs(buf_str(&text), stdout) >= 0 && fflush(stdout) == 0 ? EXIT_STOPPED
									 : EXIT_RESTART;
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
	if (stage->options.show_help || stage->options.show_version) {
		status = say_what_it_is(stage);
		stage_done(stage);
		return status;
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
