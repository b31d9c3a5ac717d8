/* exec_reply - one line of a program's standard output, as feedmill-exec(7) has it:
 *
 *     reply  = verb [SP target] [SP "after=" 1*7DIGIT] [SP reason]
 *     verb   = "ok" / "retry" / "reject"
 *     target = seq / "upto" SP seq                 none: the oldest item without an answer */
#ifndef FM_SINK_EXEC_REPLY_H
#define FM_SINK_EXEC_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { EXEC_REPLY_BYTES_MAX = 4096 };

enum exec_verb { EXEC_OK, EXEC_RETRY, EXEC_REJECT };
enum exec_target { EXEC_OLDEST, EXEC_ONE, EXEC_UPTO };

struct exec_reply {
	enum exec_verb verb;
	enum exec_target target;
	uint64_t seq;       /* of ONE and UPTO; items count from 1 */
	int64_t after_s;    /* -1: not said */
	const char *reason; /* "": none. In the line */
};

/* Reads a line of len bytes without its LF; line[len] must be writable: the line is changed
 * (what is no text in the reason becomes '?'). false: it is no reply. */
bool exec_reply_read(char *line, size_t len, struct exec_reply *reply_out);

#endif
