#include "fetcher/daemon.h"

#include <malloc.h>
#include <stdlib.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/quantity.h"
#include "fetcher/daemon_inside.h"
#include "fetcher/report.h"

enum {
	PATH_BYTES_MAX = 4096,
	BIG_BLOCK_BYTES = 256 << 10, /* of memory: goes back to the system at once */
};

static int
daemon_check(const struct config *config, const void *arg, struct err *err)
{
	const struct fetcher_conf *conf = arg;
	SCOPED(buf_done) struct buf path = buf_init(PATH_BYTES_MAX);
	SCOPED(addresses_free)
	struct addresses *addresses = addresses_new(conf->allow_address, err);
	struct websub_conf websub;
	bool optional;

	if (!addresses || conf_check(conf, config, err) < 0 ||
	    conf_websub(config, &websub, err) < 0 ||
	    conf_feeds_path(conf, config_path(config), &path, &optional, err) < 0)
		return -1;
	return daemon_check_list(buf_str(&path), optional, err);
}

static void
log_outcome(void *arg, const struct feed *feed, const struct outcome *o)
{
	char next[QUANTITY_TEXT_BYTES] = "never";

	(void)arg;
	if (o->kind == OUTCOME_DOCUMENT || o->kind == OUTCOME_UNCHANGED) {
		if (!log_shows(LOG_DEBUG))
			return;
		if (feed->due_s > 0)
			(void)quantity_duration_text(feed->due_s - clock_wall_s(), next);
		log_event(LOG_DEBUG, "poll_ok", LOG_TEXT("feed", feed->url),
			  LOG_NUM("status", o->status), LOG_NUM("bytes", o->body.len),
			  LOG_TEXT("next", next));
		return;
	}
	log_event(o->kind == OUTCOME_BUSY ? LOG_DEBUG : LOG_WARNING,
		  feed->retired_s > 0 ? "feed_retired" : "poll_failed", LOG_TEXT("feed", feed->url),
		  LOG_TEXT("what", outcome_name(o->kind)), LOG_NUM("status", o->status),
		  LOG_NUM("failures", feed->failures), LOG_NUM("due_s", feed->due_s),
		  LOG_TEXT("reason", o->reason));
}

static int
open_sweep(struct daemon *d, struct err *err)
{
	const struct sweep_options options = {
		.state = d->state,
		.http = d->http,
		.pace = conf_pace(&d->conf),
		.body_bytes_max = (size_t)d->conf.max_body,
		.bodies_bytes_max = CONF_BODIES_BYTES_MAX,
		.polls_max = d->conf.polls,
		.polls_a_host = d->conf.polls_per_host,
		.spacing_ms = d->conf.host_spacing_ms,
		.polled = daemon_look_for_hubs,
		.told = log_outcome,
		.arg = d,
	};

	d->sweep = sweep_new(&options, err);
	return d->sweep ? 0 : -1;
}

static void
daemon_close(void *self)
{
	struct daemon *d = self;

	if (!d)
		return;
	/* The reverse of daemon_open. */
	handover_free(d->handover);
	websub_close(d->websub);
	http_free(d->hubs);
	sweep_free(d->sweep);
	listwatch_free(d->watch);
	http_free(d->http);
	state_close(d->state);
	addresses_free(d->addresses);
	buf_done(&d->feeds_path);
	free(d);
}
SCOPED_DEFINE(struct daemon, daemon_close)

static int
daemon_open(struct stage *stage, const void *arg, void **self_out, struct err *err)
{
	SCOPED(daemon_close) struct daemon *d = calloc(1, sizeof(*d));

	/* Bodies come and go: without this a large one would stay with us as a hole in the heap,
	 * and each resolver thread would have a heap of its own. */
	(void)mallopt(M_MMAP_THRESHOLD, BIG_BLOCK_BYTES);
	/* Not at once, or each turn would give away and ask for the same pages: once a minute. */
	(void)mallopt(M_TRIM_THRESHOLD, 16 * BIG_BLOCK_BYTES);
	(void)mallopt(M_ARENA_MAX, 2);
	if (!d)
		return err_sys(err, "fetcher");
	d->stage = stage;
	d->conf = *(const struct fetcher_conf *)arg;
	d->feeds_path = buf_init(PATH_BYTES_MAX);
	d->wall_less_mono_s = clock_wall_s() - clock_mono_ms() / 1000;
	d->addresses = addresses_new(d->conf.allow_address, err);
	if (!d->addresses || conf_check(&d->conf, stage_config(stage), err) < 0 ||
	    conf_feeds_path(&d->conf, stage_config_path(stage), &d->feeds_path, &d->feeds_optional,
			    err) < 0 ||
	    shard_read(d->conf.shard, &d->shard, err) < 0)
		return -1;
	d->watch = listwatch_new(buf_str(&d->feeds_path), err);
	if (!d->watch)
		return -1;
	d->http = conf_http(&d->conf, d->addresses, err);
	d->state = d->http ? state_open(stage_state_dir(stage), err) : NULL;
	if (!d->state)
		return -1;
	if (db_warning(state_db(d->state)))
		log_event(LOG_WARNING, "state_damaged",
			  LOG_TEXT("reason", db_warning(state_db(d->state))));
	if (daemon_know_list(d, err) < 0 ||
	    state_check_clock(d->state, clock_wall_s(), d->conf.interval_s, err) < 0 ||
	    open_sweep(d, err) < 0 || daemon_open_websub(d, err) < 0 ||
	    state_commit(d->state, err) < 0)
		return -1;
	d->handover = handover_new(d->state, d->sweep, err);
	if (!d->handover)
		return -1;
	handover_tell(d->handover, d->websub);
	d->route = stage_route(stage, "parser", ROUTE_LEAST, true, &daemon_to_parsers, d, err);
	if (!d->route)
		return -1;
	if (!d->conf.contact)
		log_event(LOG_NOTICE, "contact_missing",
			  LOG_TEXT("hint", "set contact in [fetcher]: publishers see who asks"));
	*self_out = TAKE(d);
	return 0;
}

/* What the running client and its limits were made of stays; the list, the pace and the room are
 * taken up. */
static int
daemon_reload(void *self, const struct config *config, const void *arg, struct err *err)
{
	struct daemon *d = self;
	const struct fetcher_conf *conf = arg;

	if (daemon_check(config, conf, err) < 0 || shard_read(conf->shard, &d->shard, err) < 0)
		return -1;
	d->conf = *conf;
	buf_reset(&d->feeds_path);
	if (conf_feeds_path(conf, config_path(config), &d->feeds_path, &d->feeds_optional, err) <
		    0 ||
	    listwatch_follow(d->watch, buf_str(&d->feeds_path), err) < 0)
		return -1;
	sweep_set_pace(d->sweep, conf_pace(conf));
	d->list_stamp = 0;
	d->list_ms = 0;
	d->room_ms = 0;
	return 0;
}

static void
daemon_status(void *self, struct json *j)
{
	report_status(self, j);
}

static int
daemon_control(void *self, const char *command, const char *arg, struct json *j, struct err *err)
{
	struct daemon *d = self;
	int got;
	bool something;

	/* What failed half-way takes no poll's result with it. */
	if (daemon_commit_work(d, err) < 0) {
		daemon_rollback(d);
		return -1;
	}
	got = report_control(d, command, arg, j, err);
	something = db_in_transaction(state_db(d->state));
	/* On the disk before anybody is told; what failed half-way leaves nothing. */
	if (got == 0 && daemon_commit_work(d, err) == 0)
		return 0;
	if (something)
		daemon_rollback(d);
	return -1;
}

const struct stage_ops daemon_ops = {
	.name = "fetcher",
	.default_instance = "main",
	.needs_state_dir = true,
	.keys = conf_keys,
	.key_count = CONF_KEYS,
	.conf_bytes = sizeof(struct fetcher_conf),
	.check = daemon_check,
	.open = daemon_open,
	.close = daemon_close,
	.turn = daemon_turn,
	.commit = daemon_commit,
	.rollback = daemon_rollback,
	.watch = daemon_watch,
	.drain = daemon_drain,
	.idle = daemon_idle,
	.reload = daemon_reload,
	.status = daemon_status,
	.control = daemon_control,
};
