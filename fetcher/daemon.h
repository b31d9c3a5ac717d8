/* daemon - the fetcher as a stage: the callbacks of common/stage, and what they work on. */
#ifndef FM_FETCHER_DAEMON_H
#define FM_FETCHER_DAEMON_H

#include "common/stage.h"
#include "fetcher/address.h"
#include "fetcher/conf.h"
#include "fetcher/handover.h"
#include "fetcher/listwatch.h"
#include "fetcher/shard.h"
#include "fetcher/state.h"
#include "fetcher/sweep.h"
#include "fetcher/websub.h"

struct daemon {
	struct stage *stage;
	struct fetcher_conf conf; /* its texts are the present configuration's */
	struct buf feeds_path;
	bool feeds_optional;
	struct shard shard;
	struct listwatch *watch; /* of the list */
	struct addresses *addresses;
	struct http *http;
	struct state *state;
	struct sweep *sweep;
	struct http *hubs;     /* the client that asks them; NULL: feeds are not pushed to us */
	struct websub *websub; /* NULL: as above */
	struct handover *handover;
	struct route *route;

	uint64_t list_stamp;
	int64_t list_ms, room_ms, minute_ms, hour_ms, upkeep_ms; /* monotonic: when to look again */
	int64_t wall_less_mono_s; /* jumps when the wall clock does */
	const char *lack;         /* of room; NULL: none */
	bool draining;
	bool answered; /* a parser: the link waits for this turn's commit */
	int64_t drain_until_ms;
};

/* Reads the list of feeds into the state. ERR_USAGE: the list is broken, the old one stays. */
int daemon_read_list(struct daemon *d, struct err *err);

extern const struct stage_ops daemon_ops;

#endif
