/* learn - what a poll, a parser's verdict or a hint teaches about a feed. Pure: it changes a struct
 * feed; others make that durable. */
#ifndef FM_FETCHER_LEARN_H
#define FM_FETCHER_LEARN_H

#include <stdbool.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/err.h"
#include "fetcher/feed.h"
#include "fetcher/poll.h"
#include "fetcher/schedule.h"

enum {
	LEARN_MOVED_SEEN = 3, /* sightings of a permanent redirect until it is followed for good */
	LEARN_ASTRAY = 3,     /* failures in a row at such a target until the old URL is back */
	LEARN_BUSY_S = 2,     /* until a poll is tried again that our own limits stopped */
	LEARN_OFFLINE_S = 5 * 60,          /* while it is us who have no network */
	LEARN_REJECTED_S = SCHEDULE_DAY_S, /* a rejected body is not tried again within */
};

struct lesson {
	const struct pace *pace;
	int64_t now_s;
	uint32_t random;
	bool offline; /* nobody at all is reached: it is not this feed's failure */
};

/* Takes the outcome in: validators, digest, failures, due time. *fresh_out: the document is new and
 * belongs into the spool. */
int learn_outcome(struct feed *feed, const struct outcome *outcome, const struct lesson *lesson,
		  bool *fresh_out, struct err *err);

/* A document that nobody asked for: its hub has sent it (content type and body; the rest of the
 * outcome is not looked at). It says nothing of the publisher's own server: validators, failures
 * and due time stay. *fresh_out as above. */
int learn_pushed(struct feed *feed, const struct outcome *outcome, const struct lesson *lesson,
		 bool *fresh_out, struct err *err);

/* The last failure was none of the feed's: our own network was down. */
void learn_innocent(struct feed *feed, const struct lesson *lesson);

/* No parser can read the document that the feed gave (digest: of that document): its validators go,
 * so that the next poll asks for everything. */
int learn_rejected(struct feed *feed, const struct feed_digest *digest, const char *reason,
		   const struct lesson *lesson, struct err *err);

/* Forgets what a poll would be conditional on, and that the document was rejected. */
void learn_to_ask_whole(struct feed *feed);

/* The digest by which a document is known again: of its content type and its body. */
int learn_digest(struct bytes content_type, struct bytes body, struct feed_digest *out,
		 struct err *err);

#endif
