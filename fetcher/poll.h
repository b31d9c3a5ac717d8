/* poll - one look at one feed: a conditional GET, its redirects followed by hand, and what came of
 * it. Pure: it makes requests and reads responses; others send them and keep the results.
 *
 *     poll_new -> poll_request -> (http) -> poll_answer: POLL_AGAIN -> poll_request -> ...
 *                                                        POLL_OVER, and the outcome
 *
 * Validators are offered only to the resource that gave them, credentials only to the origin of the
 * feed's own URL. */
#ifndef FM_FETCHER_POLL_H
#define FM_FETCHER_POLL_H

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"
#include "common/http.h"
#include "common/scope.h"
#include "fetcher/feed.h"

enum {
	POLL_REDIRECTS_MAX = 10,
	POLL_VALIDATOR_BYTES_MAX = 1024, /* a longer ETag is not kept */
	/* Asked without validators after that long without a whole response, as long as the server
	 * has never shown that a changed feed gets past them. */
	POLL_WHOLE_S = 7 * 24 * 3600,
};

struct poll;

/* Takes the feed's content and leaves an empty one. Returns new. */
struct poll *poll_new(struct feed *feed, int64_t now_s, struct err *err);
void poll_free(struct poll *poll);
SCOPED_DEFINE(struct poll, poll_free)

struct feed *poll_feed(struct poll *poll);
const char *poll_url(const struct poll *poll); /* of the next request, or of the last one */
int poll_redirects(const struct poll *poll);

/* The next request goes to the same place over TLS: http becomes https, port 80 443. */
int poll_use_tls(struct poll *poll, struct err *err);

/* The next request: what it points to lives until the next call. body_bytes_max: of feeds that
 * have no ceiling of their own. */
int poll_request(struct poll *poll, size_t body_bytes_max, struct http_request *out,
		 struct err *err);

enum outcome_kind {
	OUTCOME_DOCUMENT,  /* a whole 200 */
	OUTCOME_UNCHANGED, /* 304 */
	OUTCOME_GONE,      /* 410 */
	OUTCOME_LIMITED,   /* 429: the host has had enough of us */
	OUTCOME_FAILED,    /* the server answered, and it is no use */
	OUTCOME_UNREACHED, /* nobody answered */
	OUTCOME_BUSY,      /* our own limits: nothing is learned */
};

/* Borrowed from the response and the poll. */
struct outcome {
	enum outcome_kind kind;
	int64_t status;     /* of HTTP, 0: none */
	const char *reason; /* in words, of a failure; else "" */
	const char *url;    /* of the last response */
	/* Where the redirects lead that are permanent and have only permanent ones before them;
	 * NULL: there are none. */
	const char *moved_url;
	bool conditional;                 /* validators were offered */
	int64_t retry_after_s;            /* -1: not said */
	int64_t fresh_s;                  /* -1: not said */
	struct bytes etag, last_modified; /* len 0: none */
	struct bytes content_type, content_language, content_location, body;
	struct bytes head; /* all of it: see httphead and headlink */
};

enum poll_step { POLL_AGAIN, POLL_OVER };

/* Reads the answer to the last request. */
enum poll_step poll_answer(struct poll *poll, const struct http_response *response, int64_t now_s,
			   struct outcome *out);

const char *outcome_name(enum outcome_kind kind); /* "document", "unchanged", ... */

#endif
