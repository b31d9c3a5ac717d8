/* stage - the skeleton of every daemon: options, configuration, signals, sd_notify, logging, the
 * control socket, and the one loop that owns the order of things:
 *
 *     receive a batch -> handle each -> emit -> commit -> ack
 *
 * A stage is a row of callbacks and a call of stage_main. Everything that a stage writes in one
 * turn of the loop goes into one transaction; commit makes it durable, and only then are the
 * inputs of that turn acked. When commit says ERR_RETRY (a full disk), nothing is acked, the
 * senders are told to come again later, and the loop goes on by itself. */
#ifndef FM_COMMON_STAGE_H
#define FM_COMMON_STAGE_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/config.h"
#include "common/err.h"
#include "common/json.h"
#include "common/route.h"

struct stage;

/* The largest message on any route: a document with all its headers. */
enum { STAGE_MESSAGE_BYTES_MAX = 33 * 1024 * 1024 };

/* One message handed to a stage. All borrowed for the call. */
struct delivery {
	uint64_t ticket;  /* names it in stage_settle */
	uint32_t attempt; /* 1 at first; more: it may have been handled before */
	const char *from; /* "parser@1" */
	struct bytes body;
};

/* What handle returns when the message's fate is known later, through stage_settle. */
enum { STAGE_LATER = 1 };

enum stage_verdict {
	STAGE_DONE,   /* safe: ack it after this turn's commit */
	STAGE_RETRY,  /* come again after delay_ms; the sender holds back until then */
	STAGE_REJECT, /* can never work: the durable side keeps it in its quarantine */
};

struct stage_ops {
	const char *name; /* "parser": the section, the runtime folder, feedmill-parser */
	const char *default_instance;

	/* The keys of [name] (of [name INSTANCE] when section_per_instance). */
	bool section_per_instance;
	bool needs_state_dir; /* made before open */
	const struct config_key *keys;
	size_t key_count;
	size_t conf_bytes;

	/* Credit for each sender; 0 messages: the stage takes no input. */
	uint32_t window_messages;
	uint64_t window_bytes;
	size_t message_bytes_max;

	/* -n: what open would refuse is refused here, without touching any state. May be NULL. */
	int (*check)(const struct config *config, const void *conf, struct err *err);

	/* conf is the filled struct of keys, valid until close. Sets *self_out on success. */
	int (*open)(struct stage *stage, const void *conf, void **self_out, struct err *err);
	void (*close)(void *self); /* accepts NULL */

	/* 0: done, ack after commit. STAGE_LATER. -1: ERR_REJECT, ERR_RETRY or ERR_FATAL. */
	int (*handle)(void *self, const struct delivery *delivery, struct err *err);
	/* A rejected input that this (durable) stage keeps itself, in this turn's transaction; it
	 * is acked then. NULL: the sender is told to keep it. */
	int (*keep)(void *self, const struct delivery *delivery, const char *reason,
		    struct err *err);

	/* Once a turn, after the messages: timers and sources. May be NULL. */
	int (*turn)(void *self, struct err *err);
	/* Makes this turn's work durable. Called in every turn; cheap when there is nothing. */
	int (*commit)(void *self, struct err *err);
	/* After a failed commit: forget what only the lost transaction knew. May be NULL. */
	void (*rollback)(void *self);

	/* File descriptors of its own to wake up for, at most max; lowers *timeout_ms. May be NULL.
	 */
	size_t (*watch)(void *self, struct pollfd *fds, size_t max, int *timeout_ms);
	/* The same descriptors after the poll, with revents. May be NULL. */
	int (*woken)(void *self, const struct pollfd *fds, size_t count, struct err *err);

	/* SIGTERM: stop taking up new work of one's own; true from `idle` means nothing is in hand.
	 */
	void (*drain)(void *self);
	bool (*idle)(void *self);

	/* SIGHUP, configuration checked: take up what can be. On error the old stays. May be NULL.
	 */
	int (*reload)(void *self, const struct config *config, const void *conf, struct err *err);

	/* Members for `feedmill status --json`, and commands of its own on the control socket
	 * (arg may be ""): writes JSON values, one a line of the answer. May be NULL. */
	void (*status)(void *self, struct json *j);
	int (*control)(void *self, const char *command, const char *arg, struct json *j,
		       struct err *err);
};

/* The whole main of a stage: returns the exit status (0 asked to stop, 100 usage or
 * configuration, 111 what a restart may cure). */
int stage_main(int argc, char **argv, const struct stage_ops *ops);

/* For the callbacks. */

/* "/var/lib/feedmill/parser" and so on (with "/INSTANCE" when section_per_instance); made when
 * it is missing. Borrowed for the stage's life. */
const char *stage_state_dir(const struct stage *stage);
const char *stage_runtime_dir(const struct stage *stage); /* "/run/feedmill" */
const char *stage_instance(const struct stage *stage);
const char *stage_config_path(const struct stage *stage); /* of feedmill.conf */
const struct config *stage_config(const struct stage *stage);

/* The fate of a message that handle answered with STAGE_LATER. reason for RETRY and REJECT,
 * delay_ms for RETRY (0: the sender's own back-off). An unknown ticket is ignored. */
void stage_settle(struct stage *stage, uint64_t ticket, enum stage_verdict verdict,
		  const char *reason, int64_t delay_ms);

/* Tells the sender of a message something that concerns the feed (link HINT): idempotent,
 * optional, last wins. Copies. */
void stage_hint(struct stage *stage, uint64_t ticket, struct bytes hint);

/* Tells every sender, now and whenever it connects: idempotent. Not before the first turn. Copies.
 */
void stage_announce(struct stage *stage, struct bytes hint);

/* A line for `feedmill tap`: JSON text without a newline; dropped for listeners that are slow.
 * Ask stage_tapped first: usually nobody listens. */
bool stage_tapped(const struct stage *stage);
void stage_tap(struct stage *stage, const char *json, size_t len);

/* A word for systemctl status. */
void stage_say(struct stage *stage, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* to: the receivers' folder below the runtime directory, "parser", or one receiver "sink/site".
 * stable_ids: the ids mean the same after a restart (spool, outbox). self is handed to ops.
 * Owned by the stage, closed after ops.close of the stage at the latest. */
struct route *stage_route(struct stage *stage, const char *to, enum route_pick pick,
			  bool stable_ids, const struct route_ops *ops, void *self,
			  struct err *err);
/* Sends nothing more on it and forgets it. */
void stage_route_close(struct stage *stage, struct route *route);

#endif
