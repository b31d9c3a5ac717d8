/* exec_lines - lines out of a pipe that does not block. A line longer than the ceiling is given
 * once, cut, and the rest of it dropped; bytes without an LF at the end are no line. */
#ifndef FM_SINK_EXEC_LINES_H
#define FM_SINK_EXEC_LINES_H

#include <stdbool.h>
#include <stddef.h>

#include "common/buf.h"

struct exec_lines {
	struct buf line; /* what there is of the present line */
	bool skipping;   /* the present line was given already, cut */
};

struct exec_lines exec_lines_init(size_t line_bytes_max);
void exec_lines_done(struct exec_lines *lines);
void exec_lines_reset(struct exec_lines *lines);

/* Reads what is there, at most about budget bytes, and calls each for every line; text[len] is
 * writable. Returns false at the end of the stream (or when it cannot be read). */
bool exec_lines_read(struct exec_lines *lines, int fd, size_t budget,
		     void (*each)(void *arg, char *text, size_t len, bool cut), void *arg);

#endif
