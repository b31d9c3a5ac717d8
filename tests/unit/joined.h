/* joined - an outlet and inlets on real sockets in a folder of the test's own, turned by hand. */
#ifndef FM_TESTS_UNIT_JOINED_H
#define FM_TESTS_UNIT_JOINED_H

#include <sys/stat.h>

#include "common/arena.h"
#include "common/clock.h"
#include "common/frame.h"
#include "common/inlet.h"
#include "common/outlet.h"
#include "tests/unit/check.h"
#include "tests/unit/folder.h"

enum {
	JOINED_INLETS_MAX = 2,
	JOINED_LIMIT_MS = 20000, /* what is not there by then never comes */
	JOINED_WINDOW = 4,
	JOINED_MESSAGE_BYTES_MAX = 4096,
};

static struct joined {
	struct folder folder;
	struct socket_context *context;
	struct socket *acks;
	struct inlet *inlets[JOINED_INLETS_MAX];
	struct arena *arena;
	struct socket_wait *wait;
} joined;

static inline const char *
joined_begin(void)
{
	static char ack[600];
	struct err err = {.kind = ERR_NONE};

	joined = (struct joined){.folder = folder_make()};
	joined.context = socket_context_new(&err);
	joined.arena = arena_new(1024 * 1024);
	joined.wait = socket_wait_new();
	CHECK(mkdir(folder_file(&joined.folder, "parser"), 0770) == 0);
	joined.acks = socket_bind(joined.context, SOCKET_ACK_IN,
				  folder_file(&joined.folder, "main.ack"), 64, 65536, &err);
	CHECK(joined.context && joined.arena && joined.wait && joined.acks);
	(void)snprintf(ack, sizeof(ack), "ipc://%s", folder_file(&joined.folder, "main.ack"));
	return ack;
}

static inline struct inlet *
joined_inlet(int i)
{
	char path[600], name[32];
	struct err err = {.kind = ERR_NONE};
	const struct inlet_options options = {path, name, JOINED_WINDOW, 1024 * 1024,
					      JOINED_MESSAGE_BYTES_MAX};

	(void)snprintf(name, sizeof(name), "parser@%d", i + 1);
	(void)snprintf(path, sizeof(path), "%s/parser/%d.in", joined.folder.path, i + 1);
	joined.inlets[i] = inlet_new(joined.context, &options, &err);
	CHECK(joined.inlets[i]);
	return joined.inlets[i];
}

static inline struct outlet_options
joined_options(const char *ack)
{
	static char folder[600];

	(void)snprintf(folder, sizeof(folder), "%s/parser", joined.folder.path);
	return (struct outlet_options){
		.who = "fetcher@main",
		.ack_endpoint = ack,
		.route = "parser",
		.folder = folder,
		.message_bytes_max = JOINED_MESSAGE_BYTES_MAX,
		.link = {.stream = 7, .first_epoch = 1},
	};
}

/* As a killed receiver: its sockets are gone without a word. */
static inline void
joined_kill(int i)
{
	inlet_free(joined.inlets[i]);
	joined.inlets[i] = NULL;
}

/* What came for the sender, to hear; then what the sender does in a turn. */
static inline void
joined_turn(int (*hear)(void *sender, const struct frame *frame, int64_t now_ms, struct err *err),
	    int (*turn)(void *sender, int64_t now_ms, struct err *err),
	    void (*wait)(void *sender, struct socket_wait *wait), void *sender)
{
	const int64_t now_ms = clock_mono_ms();
	struct socket_message message;
	struct err err = {.kind = ERR_NONE};

	socket_wait_clear(joined.wait);
	socket_wait_socket(joined.wait, joined.acks);
	wait(sender, joined.wait);
	for (int i = 0; i < JOINED_INLETS_MAX; i++)
		if (joined.inlets[i])
			inlet_wait(joined.inlets[i], joined.wait);
	CHECK(socket_wait_run(joined.wait, 20, &err) == 0);
	while (socket_receive(joined.acks, &message, NULL, &err) > 0) {
		struct frame frame;

		if (frame_decode(message.bytes, joined.arena, &frame, &err) == 0)
			CHECK(hear(sender, &frame, now_ms, &err) == 0);
		else
			CHECK(false);
		socket_message_done(&message);
		arena_reset(joined.arena);
	}
	CHECK(turn(sender, now_ms, &err) == 0);
	for (int i = 0; i < JOINED_INLETS_MAX; i++)
		if (joined.inlets[i])
			CHECK(inlet_read(joined.inlets[i], now_ms, &err) == 0);
}

static inline void
joined_end(void)
{
	for (int i = 0; i < JOINED_INLETS_MAX; i++)
		joined_kill(i);
	socket_close(joined.acks);
	socket_wait_free(joined.wait);
	arena_free(joined.arena);
	socket_context_free(joined.context);
	folder_drop(&joined.folder);
}

/* Turns until the condition holds, or the limit is over: then the test fails. */
#define JOINED_UNTIL(turn, condition)                                                              \
	do {                                                                                       \
		const int64_t until_ = clock_mono_ms() + JOINED_LIMIT_MS;                          \
		while (!(condition) && clock_mono_ms() < until_)                                   \
			turn;                                                                      \
		CHECK(condition);                                                                  \
	} while (0)

#endif
