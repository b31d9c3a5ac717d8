#include "fetcher/schedule.h"

enum {
	HOUR_S = 3600,
	HOURS = 24,
	DAYS = 7,
	EPOCH_WEEKDAY = 4 /* a Thursday */,
	DOUBLINGS_MAX = 20,
	QUIET_PART = 8,
};

static int64_t
within(int64_t n, int64_t least, int64_t most)
{
	return n < least ? least : n > most ? most : n;
}

static int64_t
later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

int64_t
schedule_open(const struct feed *feed, int64_t due_s)
{
	int64_t at_s = due_s;

	for (int i = 0; i < HOURS * (DAYS + 1); i++) {
		const int64_t hour = at_s / HOUR_S;

		if (!(feed->skip_hours >> (hour % HOURS) & 1) &&
		    !(feed->skip_days >> ((hour / HOURS + EPOCH_WEEKDAY) % DAYS) & 1))
			return at_s;
		at_s = (hour + 1) * HOUR_S;
	}
	return due_s;
}

int64_t
schedule_quiet_s(const struct pace *pace, const struct feed *feed, int64_t now_s)
{
	if (feed->newest_s <= 0 || feed->want_interval_s > 0 || feed->newest_s > now_s)
		return 0;
	return within((now_s - feed->newest_s) / QUIET_PART, 0, pace->max_interval_s);
}

int64_t
schedule_success(const struct pace *pace, struct feed *feed, bool changed, int64_t fresh_s,
		 int64_t now_s, uint32_t random)
{
	const int64_t own_s = feed->want_interval_s;
	const int64_t floor_s = own_s > 0 ? own_s : pace->interval_s;
	const int64_t ceiling_s = own_s > 0 ? own_s : later(pace->max_interval_s, floor_s);
	const int64_t last_s = feed->interval_s > 0 ? feed->interval_s : floor_s;
	int64_t wait_s;

	/* Down fast, up slowly: a feed that has come alive again is soon followed closely. */
	feed->interval_s = within(changed ? last_s / 2 : last_s + last_s / 4, floor_s, ceiling_s);
	/* A change that a poll saw says more than dates do: some feeds have none that are true. */
	if (!changed)
		feed->interval_s = later(feed->interval_s, schedule_quiet_s(pace, feed, now_s));
	wait_s = later(feed->interval_s, within(fresh_s, 0, SCHEDULE_WISH_MAX_S));
	wait_s = later(wait_s, within(feed->ttl_s, 0, SCHEDULE_WISH_MAX_S));
	/* Only later, never earlier: feeds that were polled in the same second drift apart. */
	wait_s += (int64_t)(random % (uint32_t)(wait_s / 10 + 1));
	return schedule_open(feed, now_s + wait_s);
}

int64_t
schedule_failure(const struct pace *pace, int64_t failures, int64_t retry_after_s, int64_t now_s,
		 uint32_t random)
{
	const int64_t most_s = later(pace->max_interval_s, pace->retry_s);
	int64_t wait_s = pace->retry_s;

	for (int64_t i = 1; i < failures && i < DOUBLINGS_MAX && wait_s < most_s; i++)
		wait_s *= 2;
	wait_s = within(wait_s, SCHEDULE_RETRY_LEAST_S, later(most_s, SCHEDULE_RETRY_LEAST_S));
	/* A server that names its time is believed, but one that says "a second" over and over is
	 * left alone as well. */
	if (retry_after_s >= 0)
		wait_s = later(within(retry_after_s, SCHEDULE_RETRY_LEAST_S, SCHEDULE_WISH_MAX_S),
			       failures > 1 ? wait_s / 2 : 0);
	return now_s + wait_s + (int64_t)(random % (uint32_t)(wait_s / 5 + 1));
}

int64_t
schedule_turn(int64_t polled_s, int64_t now_s)
{
	const int64_t since_s = now_s > polled_s ? now_s - polled_s : 0;

	return 59 * HOUR_S / (HOUR_S + since_s);
}
