#include "fetcher/outage.h"

#include <string.h>

#include "common/db.h"

bool
outage_is(const struct outage *outage)
{
	return outage->hosts >= OUTAGE_HOSTS;
}

static int
forgive(struct state *state, const char *id, const struct lesson *lesson, struct err *err)
{
	SCOPED(feed_done) struct feed feed = {.due_s = 0};
	const int got = state_load(state, id, &feed, err);

	if (got <= 0 || feed.failures == 0)
		return got < 0 ? -1 : 0;
	learn_innocent(&feed, lesson);
	return state_save(state, &feed, err);
}

int
outage_notice(struct outage *outage, struct state *state, const struct feed *feed,
	      const struct outcome *o, const struct lesson *lesson, struct err *err)
{
	char host[WINDOW_HOST_BYTES_MAX];

	if (o->kind != OUTCOME_UNREACHED) {
		if (o->status > 0) {
			outage->hosts = 0;
			outage->blamed_count = 0;
		}
		return 0;
	}
	if (window_host(o->url, host, NULL) == 0 && strcmp(host, outage->last_host) != 0) {
		memcpy(outage->last_host, host, sizeof(host));
		outage->hosts++;
	}
	if (!outage_is(outage)) {
		if (outage->blamed_count < OUTAGE_BLAMED_MAX)
			memcpy(outage->blamed[outage->blamed_count++], feed->id, sizeof(feed->id));
		return 0;
	}
	if (outage->blamed_count > 0 && db_begin(state_db(state), err) < 0)
		return -1;
	while (outage->blamed_count > 0) {
		/* Each comes back at a time of its own. */
		const struct lesson own = {
			.now_s = lesson->now_s,
			.random = (lesson->random + (uint32_t)outage->blamed_count) * 2654435761U};
		const char *id = outage->blamed[outage->blamed_count - 1];

		if (strcmp(id, feed->id) != 0 && forgive(state, id, &own, err) < 0)
			return -1;
		outage->blamed_count--;
	}
	return 0;
}
