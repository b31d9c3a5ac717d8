/* errand - one fetch for a person who waits for it: the same polite poll as the daemon's, under the
 * same limits and the same policy of addresses, to its end. */
#ifndef FM_FETCHER_ERRAND_H
#define FM_FETCHER_ERRAND_H

#include <stdbool.h>
#include <stddef.h>

#include "common/err.h"
#include "common/http.h"
#include "common/scope.h"
#include "fetcher/poll.h"

struct errand_way {
	struct http *http; /* borrowed */
	size_t body_bytes_max;
	/* Each request and its response; again: a redirect or the like, another one follows. May be
	 * NULL. */
	void (*step)(void *arg, const struct http_request *request,
		     const struct http_response *response, bool again);
	void *arg;
};

struct errand {
	struct poll *poll;
	struct http_transfer *transfer;
	struct outcome outcome; /* borrows from both */
};

/* Fetches what feed_url reads in spelt. -1: it could not even be asked. Release with errand_done,
 * whatever it returns. */
int errand_run(struct errand *errand, const struct errand_way *way, const char *spelt,
	       struct err *err);
void errand_done(struct errand *errand);
SCOPED_DEFINE_HELD(struct errand, errand_done)

#endif
