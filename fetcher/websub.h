/* websub - feeds that are pushed to us (W3C WebSub): a hub that a feed names is asked for it, its
 * question whether that was us is answered, what it sends is taken in as if a poll had brought it,
 * and the lease is renewed before it ends. Polling goes on as the backstop, at longer intervals
 * while a lease runs.
 *
 * What it knows is in the state (subscription.h) and written in the stage's transaction; a hub that
 * sends something hears "taken" once that is on the disk. Hubs are asked under the same policy of
 * addresses as feeds are, a few at a time (hubs.h).
 *
 * A secret goes over TLS or to this very machine, never in the clear (section 5.1). Such a hub is
 * asked without one, and what it sends is a word to poll, whatever it says. */
#ifndef FM_FETCHER_WEBSUB_H
#define FM_FETCHER_WEBSUB_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "common/http.h"
#include "common/json.h"
#include "common/scope.h"
#include "fetcher/description.h"
#include "fetcher/poll.h"
#include "fetcher/state.h"
#include "fetcher/subscription.h"
#include "fetcher/sweep.h"

enum {
	WEBSUB_HUBS_MAX = 4,         /* of one feed */
	WEBSUB_URL_BYTES_MAX = 2048, /* of a hub or a topic */
	WEBSUB_ASKS_MAX = 32,        /* requests to hubs at once: hubs.h has those to one */
	WEBSUB_LEASE_LEAST_S = 10,
	WEBSUB_LEASE_MOST_S = 30 * 24 * 3600,
	WEBSUB_CHANGE_S = 24 * 3600, /* other hubs or topics of a feed are believed that often */
	WEBSUB_MISSED_MAX = 2,       /* then polls do not wait for the hub any more */
	WEBSUB_FDS = 2,
};

struct websub_options {
	struct state *state; /* borrowed, as are the others */
	struct sweep *sweep;
	struct http *http;      /* for this alone */
	const char *listen;     /* the callback's socket */
	const char *public_url; /* where the world finds it */
	int64_t lease_s;        /* to ask for */
	int64_t body_bytes_max; /* of feeds that have no ceiling of their own */
	size_t bodies_bytes_max;
	/* For the log: what happened to which subscription. priority is a syslog one. */
	void (*told)(void *arg, int priority, const char *event, const struct subscription *s,
		     const char *reason);
	void *arg;
};

struct websub;

/* Returns new. */
struct websub *websub_open(const struct websub_options *options, struct err *err);
void websub_close(struct websub *websub);
SCOPED_DEFINE(struct websub, websub_close)

/* Everything that can be done without waiting. -1 as sweep_turn. */
int websub_turn(struct websub *websub, struct err *err);
void websub_timeout(const struct websub *websub, int *timeout_ms);
void websub_fds(const struct websub *websub, struct pollfd fds[WEBSUB_FDS]);
/* After each commit, and after each rollback. */
void websub_committed(struct websub *websub);
void websub_rolled_back(struct websub *websub);
/* Whether a hub waits for the next commit. */
bool websub_awaited(const struct websub *websub);
/* The list of feeds has changed: there may be some to unsubscribe. */
void websub_look_anew(struct websub *websub);
/* No room for documents: hubs are told to come again. */
void websub_pause(struct websub *websub, bool pause);

/* A poll has learned from its outcome: finds the hubs that the response's head names, and puts the
 * feed's due time off while they push it. fresh: the poll found a document that was new. */
int websub_polled(struct websub *websub, struct feed *feed, const struct outcome *outcome,
		  bool fresh, struct err *err);
/* A document has said which hubs the feed has. */
int websub_described(struct websub *websub, const struct feed *feed,
		     const struct description *description, struct err *err);

struct websub_counts {
	int64_t asked, pushes, same, forged, refused, pings;
};
struct websub_counts websub_counts(const struct websub *websub);
int websub_port(const struct websub *websub); /* of the callback, for tests */

/* Members about the feed's subscription, for people; nothing where it has none. */
void websub_story(struct state *state, const char *feed_id, struct json *j);
/* Whether polls of the feed are put off because its hub pushes it. */
bool websub_is_live(const struct subscription *s, int64_t now_s);

#endif
