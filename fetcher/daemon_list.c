#include "common/clock.h"
#include "common/log.h"
#include "fetcher/daemon_inside.h"
#include "fetcher/feedlist.h"
#include "fetcher/listing.h"
#include "fetcher/subscription.h"

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

uint64_t
daemon_list_stamp(const struct daemon *d)
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
	const uint64_t stamp = daemon_list_stamp(d);
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

int
daemon_know_list(struct daemon *d, struct err *err)
{
	const uint64_t stamp = daemon_list_stamp(d);

	if (listing_stamp(d->state, &d->list_stamp, err) < 0)
		return -1;
	return d->list_stamp == stamp ? 0 : daemon_read_list(d, err);
}

int
daemon_read_list_again(struct daemon *d, struct err *err)
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

int
daemon_check_list(const char *path, bool optional, struct err *err)
{
	const struct feedlist_to to = {.each = note_listed, .warn = drop_warning};

	return feedlist_read(path, optional, &to, err);
}
