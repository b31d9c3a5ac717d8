/* ask - a question to a running stage over its control socket. */
#ifndef FM_DEPLOY_FEEDMILL_ASK_H
#define FM_DEPLOY_FEEDMILL_ASK_H

#include <stdio.h>

#include "common/buf.h"
#include "common/err.h"

enum { ASK_ANSWER_MAX = 64 * 1024 * 1024, ASK_SECONDS = 10 };

/* Sends "command argument" (argument may be NULL) to RUNTIME_DIR/STAGE/INSTANCE.ctl and appends
 * the answer's lines. ERR_RETRY: nobody answers there; ERR_REJECT: the stage says no, with its
 * words. */
int ask(const char *runtime_dir, const char *stage, const char *instance, const char *command,
	const char *argument, struct buf *out, struct err *err);

/* The connection itself, for tap: lines come until it is closed. Returns a descriptor or -1. */
int ask_connect(const char *runtime_dir, const char *stage, const char *instance,
		const char *command, struct err *err);

/* The descriptor as a stream of lines that may be long in coming. Takes fd. */
FILE *ask_lines(int fd);

/* Every control socket below runtime_dir in the order of the pipeline: calls each, until it
 * returns non-zero, which is returned. */
int ask_each(const char *runtime_dir,
	     int (*each)(void *arg, const char *stage, const char *instance), void *arg);

#endif
