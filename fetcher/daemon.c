#include "fetcher/daemon.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/quantity.h"
#include "fetcher/feedlist.h"
#include "fetcher/learn.h"
#include "fetcher/listing.h"
#include "fetcher/report.h"
#include "fetcher/subscription.h"

enum {
	PATH_BYTES_MAX = 4096,
	LIST_MS = 5 * 1000,
	LIST_SETTLE_MS =
		100, /* after a change, for the next one: an import writes more than once */
	ROOM_MS = 1000,
	MINUTE_MS = 60 * 1000,
	HOUR_MS = 60 * MINUTE_MS,
	JUMP_S = 60,                 /* of the wall clock against the other one */
	DRAIN_MS = 8 * 1000,         /* what is in flight then is abandoned: it stays due */
	SHRINK_BYTES = 8 << 20,      /* of free pages a minute, back to the disk */
	BIG_BLOCK_BYTES = 256 << 10, /* of memory: goes back to the system at once */
};

/* The list of feeds. */

static int
add_listed(void *arg, const struct listed *feed, struct err *err)
{
	const struct daemon *d = arg;
	const int mine = shard_has(&d->shard, feed->url, err);

	return mine <= 0 ? mine : listing_add(d->state, feed, err);
}

static void
warn_listed(void *arg, const char *text)
{
	const struct daemon *d = arg;

	log_event(LOG_WARNING, "feed_left_out", LOG_TEXT("list", buf_str(&d->feeds_path)),
		  LOG_TEXT("reason", text));
}

/* Changes when the files of the list, our share of it or our reading of it may have. */
static uint64_t
list_stamp(const struct daemon *d)
{
	uint64_t stamp = feedlist_stamp(buf_str(&d->feeds_path));

	for (const char *c = VERSION; *c; c++)
		stamp = stamp * 31 + (unsigned char)*c;
	return stamp * 31 * SHARD_MOST * SHARD_MOST + (uint64_t)d->shard.number * SHARD_MOST +
	       (uint64_t)d->shard.count;
}

int
daemon_read_list(struct daemon *d, struct err *err)
{
	const struct feedlist_to to = {.each = add_listed, .warn = warn_listed, .arg = d};
	/* Before it is read: a change meanwhile is seen next time. */
	const uint64_t stamp = list_stamp(d);
	struct list_change change;

	d->list_stamp = stamp;
	if (listing_begin(d->state, err) < 0 ||
	    feedlist_read(buf_str(&d->feeds_path), d->feeds_optional, &to, err) < 0 ||
	    listing_end(d->state, stamp, clock_wall_s(), d->conf.interval_s, &change, err) < 0)
		return -1;
	if (change.removed > 0 && subscription_leave_removed(d->state, clock_wall_s(), err) < 0)
		return -1;
	if (d->websub)
		websub_look_anew(d->websub);
	if (d->sweep && change.added + change.changed + change.removed > 0)
		sweep_look_anew(d->sweep);
	log_event(change.feeds > 0 ? LOG_INFO : LOG_WARNING, "feeds_listed",
		  LOG_NUM("feeds", change.feeds), LOG_NUM("added", change.added),
		  LOG_NUM("changed", change.changed), LOG_NUM("removed", change.removed),
		  LOG_TEXT("list", buf_str(&d->feeds_path)));
	return 0;
}

/* At the start: a list that is as it was when it was last read is not read again. */
static int
know_list(struct daemon *d, struct err *err)
{
	const uint64_t stamp = list_stamp(d);

	if (listing_stamp(d->state, &d->list_stamp, err) < 0)
		return -1;
	return d->list_stamp == stamp ? 0 : daemon_read_list(d, err);
}

/* A list that is broken while we run is no reason to stop: people are just editing it. */
static int
read_list_again(struct daemon *d, struct err *err)
{
	if (daemon_read_list(d, err) == 0)
		return 0;
	if (err->kind != ERR_USAGE && err->kind != ERR_REJECT)
		return -1;
	log_event(LOG_ERR, "feeds_refused", LOG_TEXT("reason", err->text),
		  LOG_TEXT("then", "the list as it was stays in force"));
	err->kind = ERR_NONE;
	return 0;
}

/* Open and close. */

static int
note_listed(void *arg, const struct listed *feed, struct err *err)
{
	(void)arg;
	(void)feed;
	(void)err;
	return 0;
}

static void
drop_warning(void *arg, const char *text)
{
	(void)arg;
	log_event(LOG_WARNING, "feed_left_out", LOG_TEXT("reason", text));
}

static int
daemon_check(const struct config *config, const void *arg, struct err *err)
{
	const struct fetcher_conf *conf = arg;
	const struct feedlist_to to = {.each = note_listed, .warn = drop_warning};
	SCOPED(buf_done) struct buf path = buf_init(PATH_BYTES_MAX);
	SCOPED(addresses_free)
	struct addresses *addresses = addresses_new(conf->allow_address, err);
	struct websub_conf websub;
	bool optional;

	if (!addresses || conf_check(conf, config, err) < 0 ||
	    conf_websub(config, &websub, err) < 0 ||
	    conf_feeds_path(conf, config_path(config), &path, &optional, err) < 0)
		return -1;
	return feedlist_read(buf_str(&path), optional, &to, err);
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
look_for_hubs(void *arg, struct feed *feed, const struct outcome *o, bool fresh, struct err *err)
{
	struct daemon *d = arg;

	return d->websub ? websub_polled(d->websub, feed, o, fresh, err) : 0;
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
		.polled = look_for_hubs,
		.told = log_outcome,
		.arg = d,
	};

	d->sweep = sweep_new(&options, err);
	return d->sweep ? 0 : -1;
}

/* Hubs. */

static void
log_websub(void *arg, int priority, const char *event, const struct subscription *s,
	   const char *reason)
{
	(void)arg;
	log_event(priority, event, LOG_TEXT("topic", s->topic), LOG_TEXT("hubs", s->hubs),
		  LOG_TEXT("reason", reason));
}

static int
open_websub(struct daemon *d, struct err *err)
{
	struct websub_conf conf;

	if (conf_websub(stage_config(d->stage), &conf, err) < 0)
		return -1;
	if (!conf.listen)
		return subscription_rebase(d->state, NULL, clock_wall_s(), d->conf.interval_s, err);
	const struct websub_options options = {
		.state = d->state,
		.sweep = d->sweep,
		.http = d->hubs = conf_http(&d->conf, d->addresses, err),
		.listen = conf.listen,
		.public_url = conf.public_url,
		.lease_s = conf.lease_s,
		.body_bytes_max = d->conf.max_body,
		.bodies_bytes_max = CONF_BODIES_BYTES_MAX,
		.told = log_websub,
		.arg = d,
	};

	d->websub = d->hubs ? websub_open(&options, err) : NULL;
	return d->websub ? 0 : -1;
}

/* The way to the parsers. */

static int
route_fill(void *self, struct route *route, struct err *err)
{
	return handover_fill(((struct daemon *)self)->handover, route, err);
}

static int
route_load(void *self, struct route *route, uint64_t id, struct buf *out, struct err *err)
{
	(void)route;
	return handover_load(((struct daemon *)self)->handover, id, out, err);
}

static int
route_acked(void *self, struct route *route, uint64_t id, struct err *err)
{
	struct daemon *d = self;

	(void)route;
	d->answered = true;
	return handover_acked(d->handover, id, err);
}

static int
route_rejected(void *self, struct route *route, uint64_t id, const char *who, const char *reason,
	       struct err *err)
{
	struct daemon *d = self;

	(void)route;
	d->answered = true;
	log_event(LOG_WARNING, "document_rejected", LOG_NUM("seq", id), LOG_TEXT("by", who),
		  LOG_TEXT("reason", reason));
	return handover_rejected(d->handover, id, who, reason, err);
}

static int
route_crashed(void *self, struct route *route, uint64_t id, const char *who, int64_t points,
	      struct err *err)
{
	struct daemon *d = self;
	const int rc = handover_crashed(d->handover, id, who, points, err);

	(void)route;
	d->answered = true;
	log_event(LOG_WARNING, rc == 1 ? "document_quarantined" : "document_blamed",
		  LOG_NUM("seq", id), LOG_TEXT("by", who), LOG_NUM("points", points));
	return rc;
}

static void
route_hint(void *self, struct route *route, struct bytes hint)
{
	struct err err = {.kind = ERR_NONE};

	(void)route;
	/* A hint is optional: one that cannot be kept now is not missed. */
	if (handover_hint(((struct daemon *)self)->handover, hint, &err) < 0)
		log_event(LOG_WARNING, "hint_lost", LOG_TEXT("reason", err.text));
}

static const struct route_ops to_parsers = {
	.fill = route_fill,
	.load = route_load,
	.acked = route_acked,
	.rejected = route_rejected,
	.crashed = route_crashed,
	.hint = route_hint,
};

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
	if (know_list(d, err) < 0 ||
	    state_check_clock(d->state, clock_wall_s(), d->conf.interval_s, err) < 0 ||
	    open_sweep(d, err) < 0 || open_websub(d, err) < 0 || state_commit(d->state, err) < 0)
		return -1;
	d->handover = handover_new(d->state, d->sweep, err);
	if (!d->handover)
		return -1;
	handover_tell(d->handover, d->websub);
	d->route = stage_route(stage, "parser", ROUTE_LEAST, true, &to_parsers, d, err);
	if (!d->route)
		return -1;
	if (!d->conf.contact)
		log_event(LOG_NOTICE, "contact_missing",
			  LOG_TEXT("hint", "set contact in [fetcher]: publishers see who asks"));
	*self_out = TAKE(d);
	return 0;
}

/* A turn. */

static void
look_for_room(struct daemon *d)
{
	const struct room_limits limits = conf_room(&d->conf, stage_config(d->stage));
	const char *lack = room_lack(d->state, stage_state_dir(d->stage), &limits, d->lack);

	if (lack != d->lack && lack)
		log_event(LOG_WARNING, "polls_paused", LOG_TEXT("reason", lack));
	else if (lack != d->lack)
		log_event(LOG_NOTICE, "polls_resumed", LOG_TEXT("after", d->lack));
	d->lack = lack;
	sweep_pause(d->sweep, d->lack || d->draining);
	if (d->websub)
		websub_pause(d->websub, d->lack || d->draining);
}

static bool
has_jumped(const struct daemon *d)
{
	const int64_t jump_s = clock_wall_s() - clock_mono_ms() / 1000 - d->wall_less_mono_s;

	return jump_s > JUMP_S || jump_s < -JUMP_S;
}

/* Looked at in every turn: in a second much comes in. */
static bool
spool_is_over(const struct daemon *d)
{
	const struct spool *spool = state_spool(d->state);

	return spool_bytes(spool) > d->conf.spool_max ||
	       spool_depth(spool) > d->conf.spool_documents;
}

static int
look_at_the_clock(struct daemon *d, struct err *err)
{
	const int64_t now_s = clock_wall_s();
	const int64_t differs_s = now_s - clock_mono_ms() / 1000;
	const int64_t jump_s = differs_s - d->wall_less_mono_s;
	const bool jumped = has_jumped(d);

	d->wall_less_mono_s = differs_s;
	if (state_check_clock(d->state, now_s, d->conf.interval_s, err) < 0)
		return -1;
	if (jumped) {
		log_event(LOG_NOTICE, "clock_jumped", LOG_NUM("seconds", jump_s));
		sweep_look_anew(d->sweep);
	}
	return 0;
}

/* Whether a timer is due; then it is set again. */
static bool
is_time(int64_t *at_ms, int64_t now_ms, int64_t every_ms)
{
	if (now_ms < *at_ms)
		return false;
	*at_ms = now_ms + every_ms;
	return true;
}

static int
daemon_turn(void *self, struct err *err)
{
	struct daemon *d = self;
	const int64_t now_ms = clock_mono_ms();

	if (listwatch_moved(d->watch) && d->list_ms > now_ms + LIST_SETTLE_MS)
		d->list_ms = now_ms + LIST_SETTLE_MS;
	if (is_time(&d->list_ms, now_ms, LIST_MS) && list_stamp(d) != d->list_stamp &&
	    read_list_again(d, err) < 0)
		return -1;
	if (is_time(&d->room_ms, now_ms, ROOM_MS) || (!d->lack && spool_is_over(d))) {
		look_for_room(d);
		if (has_jumped(d))
			d->minute_ms = 0;
	}
	if (is_time(&d->minute_ms, now_ms, MINUTE_MS) && look_at_the_clock(d, err) < 0)
		return -1;
	if (is_time(&d->hour_ms, now_ms, HOUR_MS) && state_purge(d->state, clock_wall_s(), err) < 0)
		return -1;
	if (d->websub && websub_turn(d->websub, err) < 0)
		return -1;
	return sweep_turn(d->sweep, err);
}

static int
commit_work(struct daemon *d, struct err *err)
{
	if (!db_in_transaction(state_db(d->state)))
		return 0;
	if (state_commit(d->state, err) < 0)
		return -1;
	d->answered = false;
	sweep_committed(d->sweep);
	handover_committed(d->handover);
	if (d->websub)
		websub_committed(d->websub);
	return 0;
}

/* For how long the open transaction may wait for more; 0: it must not, or there is none. */
static int
may_wait_ms(const struct daemon *d)
{
	if (d->answered || d->draining || (d->websub && websub_awaited(d->websub)))
		return 0;
	return sweep_may_wait_ms(d->sweep);
}

static int
daemon_commit(void *self, struct err *err)
{
	struct daemon *d = self;

	if (may_wait_ms(d) > 0)
		return 0;
	if (commit_work(d, err) < 0)
		return -1;
	if (is_time(&d->upkeep_ms, clock_mono_ms(), MINUTE_MS)) {
		db_regain_ballast(state_db(d->state));
		(void)malloc_trim(0); /* what a burst of polls needed is not needed at rest */
		return db_shrink(state_db(d->state), SHRINK_BYTES, err);
	}
	return 0;
}

static void
daemon_rollback(void *self)
{
	struct daemon *d = self;

	state_rollback(d->state);
	d->answered = false;
	sweep_rolled_back(d->sweep);
	if (d->websub)
		websub_rolled_back(d->websub);
	d->list_stamp = 0; /* a new list may have been part of it */
	d->room_ms = 0;
}

static size_t
daemon_watch(void *self, struct pollfd *fds, size_t max, int *timeout_ms)
{
	struct daemon *d = self;

	const int group_ms = may_wait_ms(d);

	sweep_timeout(d->sweep, timeout_ms);
	if (group_ms > 0 && (*timeout_ms < 0 || *timeout_ms > group_ms))
		*timeout_ms = group_ms;
	/* The list, the room and the clock are looked at by the second; the loop wakes up that
	 * often by itself. */
	const int64_t list_ms = d->list_ms - clock_mono_ms();
	const int wait_ms = list_ms < 0 ? 0 : list_ms < LIST_MS ? (int)list_ms : LIST_MS;

	if (*timeout_ms < 0 || *timeout_ms > wait_ms)
		*timeout_ms = wait_ms;
	if (d->websub)
		websub_timeout(d->websub, timeout_ms);
	if (max < 2 + WEBSUB_FDS)
		return 0;
	fds[0] = (struct pollfd){.fd = http_fd(d->http), .events = POLLIN};
	fds[1] = (struct pollfd){.fd = listwatch_fd(d->watch), .events = POLLIN};
	if (!d->websub)
		return 2;
	websub_fds(d->websub, fds + 2);
	return 2 + WEBSUB_FDS;
}

static void
daemon_drain(void *self)
{
	struct daemon *d = self;

	d->draining = true;
	d->drain_until_ms = clock_mono_ms() + DRAIN_MS;
	sweep_pause(d->sweep, true);
	if (d->websub)
		websub_pause(d->websub, true);
}

static bool
daemon_idle(void *self)
{
	const struct daemon *d = self;

	return sweep_in_flight(d->sweep) == 0 || clock_mono_ms() >= d->drain_until_ms;
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
	if (commit_work(d, err) < 0) {
		daemon_rollback(d);
		return -1;
	}
	got = report_control(d, command, arg, j, err);
	something = db_in_transaction(state_db(d->state));
	/* On the disk before anybody is told; what failed half-way leaves nothing. */
	if (got == 0 && commit_work(d, err) == 0)
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
