/* blackbox - which message a worker is handling, in a small mapped file that outlives it. A crash
 * then counts against the message that caused it, never against those that were in flight.
 *
 * It lies in the runtime directory: it must outlive the process, not the machine. */
#ifndef FM_COMMON_BLACKBOX_H
#define FM_COMMON_BLACKBOX_H

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"
#include "common/scope.h"

enum { BLACKBOX_FROM_MAX = 127 };

struct blackbox;

struct blackbox_entry {
	char from[BLACKBOX_FROM_MAX + 1];
	uint64_t stream, id;
	bool crashed; /* by a signal of its own making (a watchdog's SIGABRT too); else killed */
};

/* Maps path; *found_out says whether an earlier life left an entry in *entry_out, which is
 * taken out. From then on fatal signals of the process mark the entry before they kill. One in
 * a process. */
struct blackbox *blackbox_open(const char *path, struct blackbox_entry *entry_out, bool *found_out,
			       struct err *err);
void blackbox_close(struct blackbox *b);
SCOPED_DEFINE(struct blackbox, blackbox_close)

/* Around the handling of each message: no system call. */
void blackbox_enter(struct blackbox *b, const char *from, uint64_t stream, uint64_t id);
void blackbox_leave(struct blackbox *b);

#endif
