#include <malloc.h>

#include "common/clock.h"
#include "common/log.h"
#include "fetcher/daemon_inside.h"

enum {
	LIST_MS = 5 * 1000,
	LIST_SETTLE_MS =
		100, /* after a change, for the next one: an import writes more than once */
	ROOM_MS = 1000,
	MINUTE_MS = 60 * 1000,
	HOUR_MS = 60 * MINUTE_MS,
	JUMP_S = 60,            /* of the wall clock against the other one */
	DRAIN_MS = 8 * 1000,    /* what is in flight then is abandoned: it stays due */
	SHRINK_BYTES = 8 << 20, /* of free pages a minute, back to the disk */
};

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

int
daemon_turn(void *self, struct err *err)
{
	struct daemon *d = self;
	const int64_t now_ms = clock_mono_ms();

	if (listwatch_moved(d->watch) && d->list_ms > now_ms + LIST_SETTLE_MS)
		d->list_ms = now_ms + LIST_SETTLE_MS;
	if (is_time(&d->list_ms, now_ms, LIST_MS) && daemon_list_stamp(d) != d->list_stamp &&
	    daemon_read_list_again(d, err) < 0)
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

int
daemon_commit_work(struct daemon *d, struct err *err)
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

int
daemon_commit(void *self, struct err *err)
{
	struct daemon *d = self;

	if (may_wait_ms(d) > 0)
		return 0;
	if (daemon_commit_work(d, err) < 0)
		return -1;
	if (is_time(&d->upkeep_ms, clock_mono_ms(), MINUTE_MS)) {
		db_regain_ballast(state_db(d->state));
		(void)malloc_trim(0); /* what a burst of polls needed is not needed at rest */
		return db_shrink(state_db(d->state), SHRINK_BYTES, err);
	}
	return 0;
}

void
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

size_t
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

void
daemon_drain(void *self)
{
	struct daemon *d = self;

	d->draining = true;
	d->drain_until_ms = clock_mono_ms() + DRAIN_MS;
	sweep_pause(d->sweep, true);
	if (d->websub)
		websub_pause(d->websub, true);
}

bool
daemon_idle(void *self)
{
	const struct daemon *d = self;

	return sweep_in_flight(d->sweep) == 0 || clock_mono_ms() >= d->drain_until_ms;
}
