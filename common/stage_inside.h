/* stage_inside - what the parts of the stage share: its struct, and the calls from one part into
 * another. stage.c begins and ends it, stage_loop.c turns, stage_ways.c makes its routes. */
#ifndef FM_COMMON_STAGE_INSIDE_H
#define FM_COMMON_STAGE_INSIDE_H

#include "common/arena.h"
#include "common/blackbox.h"
#include "common/control.h"
#include "common/inlet.h"
#include "common/options.h"
#include "common/route.h"
#include "common/stage.h"
#include "common/wiring.h"

enum {
	STAGE_ROUTES_MAX = 64,
	STAGE_WATCH_MAX = 64,
	STAGE_PATH_BYTES = 512,
};

struct stage {
	const struct stage_ops *ops;
	void *self;
	struct options options;
	struct options_common common;
	struct config *config;
	void *conf;
	/* Configurations and structs of before the last reloads: the stage may point into them. */
	struct former {
		struct former *next;
		struct config *config;
		void *conf;
	} * former;
	char who[FRAME_NAME_MAX + 1];
	char state_dir[STAGE_PATH_BYTES];
	char status[256];

	struct socket_context *context;
	struct socket *acks; /* in: what receivers say to our routes */
	char ack_endpoint[STAGE_PATH_BYTES + 96];
	char ack_endpoint_tcp[STAGE_PATH_BYTES]; /* "": none */
	struct wiring wiring;
	struct inlet *inlet;
	struct blackbox *blackbox;
	struct control *control;
	struct route *routes[STAGE_ROUTES_MAX];
	struct socket_wait *wait;
	struct arena *arena;
	int signals; /* signalfd */

	/* This turn's messages that are safe once the turn is committed. */
	uint64_t *done;
	size_t done_count, done_cap;
	int64_t now_ms, started_ms;
	int64_t paused_until_ms, pause_ms;
	char pause_reason[256];
	int64_t draining_until_ms; /* 0: not draining */
	int64_t parting_until_ms;  /* senders may say LEAVE until then; 0: not so far */
	int64_t watchdog_ms, watched_ms;
	struct refusals refused_acks;
	uint64_t handled, rejected, commits;
	struct pollfd watched[STAGE_WATCH_MAX];
	size_t watched_count, watched_at[STAGE_WATCH_MAX];
};

/* The loop, until the stage is drained (0) or cannot go on (-1). */
int stage_loop(struct stage *stage, struct err *err);
/* SIGTERM, or the operator's word: take nothing new, finish what is in hand. */
void stage_drain(struct stage *stage);
/* SIGHUP. */
void stage_reload(struct stage *stage);

/* "parser", "sink/site": what the stage's links are called in the configuration. */
void stage_link_name(const struct stage *stage, char out[STAGE_PATH_BYTES]);
/* After a reload: takes up where the receivers on other machines are, and says in the log which of
 * the other keys of [link] have changed and wait for a restart. */
void stage_take_up_links(struct stage *stage);
/* Lets senders on other machines in, where the configuration says so. */
int stage_listen(struct stage *stage, struct err *err);

/* The folder of a stage's sockets below the runtime directory, made when it is missing. */
int stage_socket_folder(const struct stage *stage, const char *name, char out[STAGE_PATH_BYTES],
			struct err *err);

#endif
