/* websub_inside - what the parts of websub share: websub.c (finding hubs, the whole), websub_ask.c
 * (asking hubs: subscribe, renew, unsubscribe), websub_call.c (hubs call: questions and pushes) and
 * websub_story.c (for people). */
#ifndef FM_FETCHER_WEBSUB_INSIDE_H
#define FM_FETCHER_WEBSUB_INSIDE_H

#include "fetcher/callback.h"
#include "fetcher/hubs.h"
#include "fetcher/websub.h"
#include "fetcher/window.h"

enum { WEBSUB_PINGS = 16 };

/* One request to a hub. */
struct websub_ask {
	struct http_transfer *transfer; /* NULL: a free place */
	char token[SUBSCRIPTION_TOKEN_HEX + 1];
	uint64_t turn, at; /* of hubs.h: whose turn it is, and where it is now */
	bool secret;       /* goes along */
	int redirects;
	struct buf url, body;
};

struct websub {
	struct websub_options options;
	struct buf base; /* the public URL, without a slash at its end */
	struct callback *callback;
	struct websub_ask asks[WEBSUB_ASKS_MAX];
	struct hubs hubs;
	/* Feeds whose hubs called while they were just being polled: once more then. */
	char pings[WEBSUB_PINGS][FEED_ID_HEX + 1];
	int64_t look_ms; /* monotonic: when to look for what is due */
	bool paused;
	int64_t warned_ms; /* of a forged push */
	struct websub_counts counts;
};

/* Looks at what is due: not later than that. */
void websub_look_by(struct websub *w, int64_t at_ms);
/* Starts what is due. */
int websub_ask_due(struct websub *w, int64_t now_ms, struct err *err);
/* Takes in a hub's answer. */
int websub_answered(struct websub *w, struct http_transfer *transfer, struct err *err);

/* struct callback_options, with the websub as arg. */
int64_t websub_admit(void *arg, const char *token, int *status);
int websub_receive(void *arg, const struct callback_request *request, struct buf *answer,
		   struct err *err);

void websub_tell(struct websub *w, int priority, const char *event, const struct subscription *s,
		 const char *reason);
/* Whether nobody on the way hears what is said to it: over TLS, or on this very machine, by its
 * address, for a name may lead anywhere. */
bool websub_is_private(const char *url);
/* The feed's hub says that there is something; later where it was polled just now. */
int websub_ping(struct websub *w, const struct feed *feed, struct err *err);
/* Its feed is polled again as if it had no hub. */
int websub_poll_again(struct websub *w, const struct subscription *s, struct err *err);

#endif
