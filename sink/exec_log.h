/* exec_log - what a program says goes to the log, but cannot drown it: so many lines a second, then
 * a count of those left out. */
#ifndef FM_SINK_EXEC_LOG_H
#define FM_SINK_EXEC_LOG_H

#include <stdint.h>

#include "common/feedmill.h"

enum { EXEC_LOG_LINES_PER_SECOND = 100 };

struct exec_log {
	int64_t second; /* on the monotonic clock */
	int lines;      /* in this second */
	uint64_t dropped;
};

void exec_log_line(struct exec_log *log, struct fm_sink *sink, int priority, const char *event,
		   const char *text);
/* Says how many were left out since the last line, if any. */
void exec_log_dropped(struct exec_log *log, struct fm_sink *sink);

#endif
