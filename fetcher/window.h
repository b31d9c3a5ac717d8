/* window - the feeds that were taken out of the state because they are due: each waits for its host
 * or is in flight, and is known by its id, so that none is polled twice at once. Bounded, and
 * shared fairly: one host with many feeds does not fill what the others need. */
#ifndef FM_FETCHER_WINDOW_H
#define FM_FETCHER_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "common/http.h"
#include "common/scope.h"
#include "fetcher/feed.h"
#include "fetcher/host.h"
#include "fetcher/poll.h"
#include "fetcher/state.h"

enum {
	WINDOW_JOBS = 1024,         /* waiting or in flight */
	WINDOW_PORTION = 256,       /* taken out at once */
	WINDOW_HOST_JOBS = 32,      /* of one host, once the window is half full */
	WINDOW_WAIT_MS = 60 * 1000, /* a feed whose host is busy for longer goes back */
	WINDOW_HOST_BYTES_MAX = 1024,
};

/* One feed on its way. The owner fills poll and transfer; window_drop releases both. */
struct job {
	struct waiting waiting; /* first: hosts hands it back */
	struct job *next;
	struct poll *poll; /* NULL until the first request */
	struct http_transfer *transfer;
	int64_t expected_bytes, polled_s;
	char id[FEED_ID_HEX + 1];
};

struct window;

/* Borrows state and hosts. Returns new. */
struct window *window_new(struct state *state, struct hosts *hosts, struct err *err);
void window_free(struct window *window); /* drops every job */
SCOPED_DEFINE(struct window, window_free)

/* Takes a portion of what is due and puts it to its hosts; *more_out: there may be more. */
int window_fill(struct window *window, int64_t now_ms, bool *more_out, struct err *err);
/* The job of that feed, NULL. */
struct job *window_find(struct window *window, const char *id);
/* Calls each for the feeds that are in flight. */
void window_each_feed(const struct window *window, void (*each)(struct feed *feed));
void window_drop(struct window *window, struct job *job);

/* A feed will be due at due_s: the window looks again by then. */
void window_look_by(struct window *window, int64_t due_s);
/* The state has changed from outside: what waits goes back, and all is looked at anew. */
void window_look_anew(struct window *window);
/* The wall-clock second when window_fill may find something: INT64_MAX none. */
int64_t window_look_s(const struct window *window);
bool window_is_full(const struct window *window);

/* The host that the URL's politeness goes by. */
int window_host(const char *url, char out[WINDOW_HOST_BYTES_MAX], struct err *err);

#endif
