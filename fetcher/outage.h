/* outage - our own network is down: hosts that nobody reaches, one after another, are not so many
 * publishers' troubles. What the first of them were blamed for before that was clear is taken back.
 */
#ifndef FM_FETCHER_OUTAGE_H
#define FM_FETCHER_OUTAGE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/err.h"
#include "fetcher/feed.h"
#include "fetcher/learn.h"
#include "fetcher/poll.h"
#include "fetcher/state.h"
#include "fetcher/window.h"

enum {
	OUTAGE_HOSTS = 5, /* unreached one after another: it is our own network */
	OUTAGE_BLAMED_MAX = 16,
};

/* All zero at first. */
struct outage {
	int hosts;
	char last_host[WINDOW_HOST_BYTES_MAX];
	char blamed[OUTAGE_BLAMED_MAX][FEED_ID_HEX + 1]; /* since the last answer */
	size_t blamed_count;
};

/* Whether it is our own network, as far as is known. */
bool outage_is(const struct outage *outage);

/* A poll's outcome, before it is learnt. Once it is clear that it is our own network, the feeds
 * that were blamed until then are forgiven in the state's open transaction, all but that of the
 * poll. */
int outage_notice(struct outage *outage, struct state *state, const struct feed *feed,
		  const struct outcome *o, const struct lesson *lesson, struct err *err);

#endif
