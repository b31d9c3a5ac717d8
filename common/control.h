/* control - the socket that answers the operator: a line "COMMAND [ARGUMENT]" in, JSON values out,
 * one a line, then the connection is closed. "tap" stays open and gets a line an item.
 *
 * Clients are local (the socket's mode is 0660) but may be slow, silent or wrong: a request has
 * CONTROL_LINE_MAX bytes, an answer CONTROL_ANSWER_MAX, a listener that does not read loses
 * lines, never delays the stage. */
#ifndef FM_COMMON_CONTROL_H
#define FM_COMMON_CONTROL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "common/json.h"
#include "common/scope.h"
#include "common/socket.h"

enum {
	CONTROL_CLIENTS_MAX = 32,
	CONTROL_LINE_MAX = 8192,
	CONTROL_ANSWER_MAX = 64 * 1024 * 1024,
	CONTROL_TAP_BYTES = 1024 * 1024, /* a listener's backlog */
	CONTROL_IDLE_MS = 30000,         /* a client that says nothing */
};

struct control;

/* Binds path (socketfile.h). answer: writes the values of a command's answer; -1: {"error":...} is
 * sent instead. Returns new. */
struct control *control_open(const char *path,
			     int (*answer)(void *arg, const char *command, const char *argument,
					   struct json *j, struct err *err),
			     void *arg, struct err *err);
void control_close(struct control *c);
SCOPED_DEFINE(struct control, control_close)

void control_wait(const struct control *c, struct socket_wait *wait);
/* Accepts, reads, answers, writes: whatever can be done without waiting. */
void control_turn(struct control *c, int64_t now_ms);

/* For those who said "tap". */
bool control_tapped(const struct control *c);
void control_tap(struct control *c, const char *line, size_t len);

#endif
