/* linefile - a file that grows by whole lines and is made durable a batch at a time. How much of it
 * is committed its owner remembers elsewhere: after a crash, what stands behind that is read, kept
 * or cut. Nobody else writes to it. */
#ifndef FM_SINK_LINEFILE_H
#define FM_SINK_LINEFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/err.h"

enum {
	LINEFILE_LINE_BYTES_MAX = 64 * 1024 * 1024,
	LINEFILE_WRITE_BYTES = 1024 * 1024, /* so much is gathered before it is written */
};

struct linefile {
	char *path;
	int fd;       /* -1: not open */
	int64_t size; /* of the file, as far as we have written it */
	struct buf pending;
};

struct linefile linefile_init(void);
void linefile_done(struct linefile *f);

/* Opens path, made where it is missing and durable then, with its folder. Copies path. Also opens
 * anew one that is open: what is pending is forgotten. */
int linefile_open(struct linefile *f, const char *path, struct err *err);

/* Whether path is still this file, as large as we left it. */
bool linefile_untouched(const struct linefile *f);

/* Adds text and an LF. After an error part of it may be written: open anew, read, cut. */
int linefile_add(struct linefile *f, const char *text, size_t len, struct err *err);

/* All that was added is on the disk. ERR_FATAL: the disk did not take it, and asking again would
 * prove nothing. */
int linefile_sync(struct linefile *f, struct err *err);

/* Every whole line behind offset from, in order, without its LF: until each returns false or
 * there is none. *end_out: where the first line begins that is not whole or was refused. */
int linefile_read(const struct linefile *f, int64_t from,
		  bool (*each)(void *arg, const char *line, size_t len), void *arg,
		  int64_t *end_out, struct err *err);

/* Cuts it to size bytes, durably. */
int linefile_cut(struct linefile *f, int64_t size, struct err *err);

/* Gives it the name PATH.suffix, or PATH.suffix-2 ... when that is taken, durably, and closes
 * it. */
int linefile_put_aside(struct linefile *f, const char *suffix, struct err *err);

#endif
