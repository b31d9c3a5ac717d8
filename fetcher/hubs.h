/* hubs - politeness towards WebSub hubs: each has a few requests at once, a while apart, and
 * silence where it wants it or does not answer. What has to wait for long is given a moment of its
 * own to come again, one after the other, so that ten thousand that are due at once are each put
 * off once or twice, and a hub with many of them keeps no other one waiting.
 *
 * Pure: time comes from outside and is monotonic. Memory is fixed; of more hubs than fit, those
 * that are the first to be free are forgotten, which does no more than ask them a little early. */
#ifndef FM_FETCHER_HUBS_H
#define FM_FETCHER_HUBS_H

#include <stddef.h>
#include <stdint.h>

enum {
	HUBS_AT_ONCE = 2, /* requests to one hub */
	HUBS_SPACING_MS = 100,
	HUBS_KNOWN = 256,
	HUBS_WAITING = 10, /* of one hub that may stay due: a second of them */
};

struct hub {
	uint64_t name; /* a hash: two of the same would share their turns. 0: a free place */
	int64_t running;
	int64_t next_ms;  /* no request before */
	int64_t after_ms; /* the last moment that was given away */
	uint64_t look;    /* the one that waiting counts for */
	int waiting;
};

struct hubs {
	struct hub known[HUBS_KNOWN];
	uint64_t look;
};

enum hubs_turn {
	HUBS_NOW,   /* it counts as running until hubs_done */
	HUBS_WAIT,  /* stays due: look again at *at_ms, or when a request is over */
	HUBS_LATER, /* is due at *at_ms, a second from now at the least */
};

/* What the hub at that host is called below. Never 0. */
uint64_t hubs_name(const char *host);

/* A look at what is due begins. */
void hubs_look(struct hubs *hubs);
/* Whether the hub may be asked. */
enum hubs_turn hubs_ask(struct hubs *hubs, uint64_t name, int64_t now_ms, int64_t *at_ms);
void hubs_done(struct hubs *hubs, uint64_t name);
/* No request before until_ms. */
void hubs_rest(struct hubs *hubs, uint64_t name, int64_t until_ms);

#endif
