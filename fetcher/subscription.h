/* subscription - what we have asked a WebSub hub for, or are about to: rows of the state's table
 * subscriptions. A feed has one that counts; those that were given up stay beside it for a while,
 * so that their callbacks answer as the specification wants.
 *
 * As in state.h: what changes something works inside the open transaction. */
#ifndef FM_FETCHER_SUBSCRIPTION_H
#define FM_FETCHER_SUBSCRIPTION_H

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"
#include "common/scope.h"
#include "fetcher/feed.h"
#include "fetcher/state.h"

enum {
	SUBSCRIPTION_TOKEN_HEX = 32,
	SUBSCRIPTION_SECRET_HEX = 64,
	/* A due time further ahead was written by a clock that has since gone back. */
	SUBSCRIPTION_AHEAD_MAX_S = 40 * 24 * 3600,
};

/* The numbers stand in the database. */
enum subscription_phase {
	SUBSCRIPTION_WANTED = 0,  /* the hub is to be asked */
	SUBSCRIPTION_ASKED = 1,   /* it was: its question whether we meant it is awaited */
	SUBSCRIPTION_LIVE = 2,    /* verified: the lease runs */
	SUBSCRIPTION_DENIED = 3,  /* the hub does not want to */
	SUBSCRIPTION_LEAVING = 4, /* to be given up, the hub is to be told */
	SUBSCRIPTION_OVER = 5,    /* given up */
};

/* Texts are its own, NULL where absent. Times are seconds of the wall clock, 0 = never. */
struct subscription {
	char token[SUBSCRIPTION_TOKEN_HEX + 1]; /* the callback's unguessable part */
	char secret[SUBSCRIPTION_SECRET_HEX +
		    1]; /* what pushes are signed with; "": they are not */
	char feed[FEED_ID_HEX + 1];
	enum subscription_phase phase;
	char *topic, *hubs; /* hubs: a line each */
	char *base;         /* the public URL that its callback was made of */
	int64_t hub_at;     /* which of them */
	bool by_head;       /* named by the response's head, which goes before the document */
	int64_t made_s, due_s, asked_s, verified_s, lease_until_s;
	int64_t tries; /* without success */
	char *error;
	int64_t pushes, forged, pushed_s;
	int64_t missed; /* changes that a poll found and no push had brought, in a row */
};

void subscription_done(struct subscription *s);
SCOPED_DEFINE_HELD(struct subscription, subscription_done)

/* A new one for the feed: its token and secret are fresh chance. out is empty before. */
int subscription_make(const char *feed_id, struct subscription *out, struct err *err);

/* Another secret. */
int subscription_new_secret(struct subscription *s, struct err *err);

/* Its present hub: into out, "" where it names none. */
int subscription_hub(const struct subscription *s, struct buf *out, struct err *err);

/* 1 and *out (release with subscription_done), 0: there is none, -1. */
int subscription_load(struct state *state, const char *token, struct subscription *out,
		      struct err *err);
/* The one of the feed that counts. */
int subscription_of(struct state *state, const char *feed_id, struct subscription *out,
		    struct err *err);
int subscription_save(struct state *state, const struct subscription *s, struct err *err);
int subscription_drop(struct state *state, const char *token, struct err *err);

/* Calls each for up to limit that are due, the longest waiting first, until it returns non-zero. */
int subscription_each_due(struct state *state, int64_t now_s, int limit,
			  int (*each)(void *arg, const struct subscription *s), void *arg,
			  struct err *err);
/* The next due time after now_s into *out; 0: there is none. */
int subscription_next_due(struct state *state, int64_t now_s, int64_t *out, struct err *err);

/* The feeds' list has changed: the hubs of those that were removed are to be told. */
int subscription_leave_removed(struct state *state, int64_t now_s, struct err *err);
/* Those made for another public URL than base (NULL: for any) are made anew, and their feeds are
 * polled as if there were none. */
int subscription_rebase(struct state *state, const char *base, int64_t now_s, int64_t interval_s,
			struct err *err);

struct subscription_counts {
	int64_t live, awaited;
};
int subscription_count(struct state *state, struct subscription_counts *out, struct err *err);

#endif
