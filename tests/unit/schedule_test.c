#include "fetcher/schedule.h"

#include "tests/unit/check.h"

enum { HOUR = 3600, DAY = 24 * HOUR };

static const struct pace pace = {.interval_s = HOUR, .max_interval_s = DAY, .retry_s = 900};

/* A Wednesday, 2026-01-14T10:20:00Z. */
static const int64_t now = 1768386000;

static void
asks_an_hour_later_when_nothing_else_is_said(void)
{
	struct feed feed = {.due_s = 0};

	for (uint32_t random = 0; random < 5000; random += 7) {
		const int64_t due = schedule_success(&pace, &feed, true, -1, now, random);

		CHECK(due >= now + HOUR && due <= now + HOUR + HOUR / 10);
	}
	CHECK(feed.interval_s == HOUR);
}

static void
goes_after_a_feed_that_changes_and_leaves_one_that_does_not(void)
{
	struct feed feed = {.due_s = 0};
	int64_t last = 0;

	for (int i = 0; i < 40; i++) {
		(void)schedule_success(&pace, &feed, false, -1, now, 0);
		CHECK(feed.interval_s >= last && feed.interval_s <= DAY);
		last = feed.interval_s;
	}
	CHECK(feed.interval_s == DAY);
	for (int i = 0; i < 5; i++)
		(void)schedule_success(&pace, &feed, true, -1, now, 0);
	CHECK(feed.interval_s == HOUR);
}

static void
leaves_a_feed_in_peace_that_was_silent_for_long(void)
{
	struct feed dead = {.newest_s = now - 60 * DAY}, fresh = {.newest_s = now - 3 * HOUR};
	struct feed odd = {.newest_s = now + DAY}, own = {.newest_s = now - 60 * DAY};

	own.want_interval_s = HOUR;
	CHECK(schedule_quiet_s(&pace, &dead, now) == DAY);
	CHECK(schedule_quiet_s(&pace, &dead, now - 59 * DAY) == 3 * HOUR);
	CHECK(schedule_quiet_s(&pace, &odd, now) == 0 && schedule_quiet_s(&pace, &own, now) == 0);
	CHECK(schedule_success(&pace, &dead, false, -1, now, 0) == now + DAY);
	CHECK(schedule_success(&pace, &fresh, false, -1, now, 0) < now + 2 * HOUR);
	/* Dates that stand still while the feed does not are not believed. */
	dead.interval_s = 0;
	CHECK(schedule_success(&pace, &dead, true, -1, now, 0) == now + HOUR);
}

static void
lets_those_go_first_that_have_waited_longest(void)
{
	int64_t last = 60;

	for (int64_t since = 0; since < 3 * DAY; since += HOUR) {
		const int64_t turn = schedule_turn(now - since, now);

		CHECK(turn >= 0 && turn <= last);
		last = turn;
	}
	CHECK(schedule_turn(0, now) == 0 && schedule_turn(now + DAY, now) == 59);
}

static void
keeps_to_the_interval_that_a_person_wrote_down(void)
{
	struct feed feed = {.want_interval_s = 600};

	for (int i = 0; i < 9; i++)
		CHECK(schedule_success(&pace, &feed, i % 2, -1, now, 0) == now + 600);
	/* But not against the publisher's word. */
	CHECK(schedule_success(&pace, &feed, true, 2 * HOUR, now, 0) == now + 2 * HOUR);
	feed.want_interval_s = 2 * DAY;
	CHECK(schedule_success(&pace, &feed, true, -1, now, 0) == now + 2 * DAY);
}

static void
waits_as_long_as_the_publisher_wishes_within_reason(void)
{
	struct feed feed = {.due_s = 0};

	CHECK(schedule_success(&pace, &feed, true, 3 * HOUR, now, 0) == now + 3 * HOUR);
	CHECK(schedule_success(&pace, &feed, true, 60, now, 0) == now + HOUR);
	CHECK(schedule_success(&pace, &feed, true, 16LL * 365 * DAY, now, 0) == now + DAY);
	feed.ttl_s = 5 * HOUR;
	CHECK(schedule_success(&pace, &feed, true, -1, now, 0) == now + 5 * HOUR);
	feed.ttl_s = INT64_MAX;
	CHECK(schedule_success(&pace, &feed, true, -1, now, 0) == now + DAY);
}

static void
stays_out_of_skipped_hours_and_days(void)
{
	struct feed feed = {.skip_hours = 1u << 10 | 1u << 11};

	CHECK(schedule_open(&feed, now) == now - now % HOUR + 2 * HOUR);
	CHECK(schedule_open(&feed, now + 3 * HOUR) == now + 3 * HOUR);
	feed.skip_hours = 0;
	feed.skip_days = 1u << 3 | 1u << 4; /* Wednesday, Thursday */
	CHECK(schedule_open(&feed, now) == now - now % DAY + 2 * DAY);
	feed.skip_days = 0x7f; /* a feed that may never be asked is asked */
	CHECK(schedule_open(&feed, now) == now);
	feed.skip_days = 0;
	feed.skip_hours = 0xffffff;
	CHECK(schedule_open(&feed, now) == now);
}

static void
backs_off_but_never_gives_up(void)
{
	int64_t last = 0, at = now, polls = 0;

	for (int64_t failures = 1; failures < 100; failures++) {
		const int64_t wait = schedule_failure(&pace, failures, -1, now, 0) - now;

		CHECK(wait >= last && wait >= pace.retry_s && wait <= DAY);
		last = wait;
	}
	CHECK(last == DAY);
	CHECK(schedule_failure(&pace, INT64_MAX, -1, now, UINT32_MAX) <= now + DAY + DAY / 5);
	/* A feed that is broken for five hours is asked a handful of times. */
	for (int64_t failures = 1; at < now + 5 * HOUR; failures++, polls++)
		at = schedule_failure(&pace, failures, -1, at, 0);
	CHECK(polls <= 6);
}

static void
believes_retry_after_within_reason(void)
{
	CHECK(schedule_failure(&pace, 1, 3 * HOUR, now, 0) == now + 3 * HOUR);
	CHECK(schedule_failure(&pace, 1, 0, now, 0) == now + 60);
	CHECK(schedule_failure(&pace, 1, INT64_MAX, now, 0) == now + DAY);
	/* "A second", time and again: the back-off counts all the same. */
	CHECK(schedule_failure(&pace, 8, 1, now, 0) - now >= DAY / 2);
}

int
main(void)
{
	RUN(asks_an_hour_later_when_nothing_else_is_said);
	RUN(goes_after_a_feed_that_changes_and_leaves_one_that_does_not);
	RUN(leaves_a_feed_in_peace_that_was_silent_for_long);
	RUN(lets_those_go_first_that_have_waited_longest);
	RUN(keeps_to_the_interval_that_a_person_wrote_down);
	RUN(waits_as_long_as_the_publisher_wishes_within_reason);
	RUN(stays_out_of_skipped_hours_and_days);
	RUN(backs_off_but_never_gives_up);
	RUN(believes_retry_after_within_reason);
	return check_done();
}
