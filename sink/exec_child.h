/* exec_child - a program with three pipes: bytes are queued for its standard input and written as
 * it reads; its end is heard through a descriptor. Nothing here waits, except exec_child_stop.
 *
 * The program gets a session and process group of its own, which end with it; signals at
 * default; no descriptors above 2; SIGTERM when this process dies. */
#ifndef FM_SINK_EXEC_CHILD_H
#define FM_SINK_EXEC_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/buf.h"
#include "common/err.h"
#include "sink/exec_settings.h"

struct exec_child {
	pid_t pid; /* 0: no program */
	int end_fd;
	int in_fd, out_fd, err_fd; /* our ends; -1 closed */
	int epoll_fd;
	void *owner;              /* what epoll gives for its descriptors */
	struct buf pending;       /* bytes for in_fd, of which ... */
	size_t sent;              /* ... these are written */
	uint64_t queued, written; /* bytes of this program's whole life */
	bool in_watched;          /* epoll waits for room in in_fd */
	bool in_closing;          /* close in_fd once pending is written */
};

/* No program; pending may hold up to pending_bytes_max. Borrows epoll_fd and owner. */
struct exec_child exec_child_init(int epoll_fd, void *owner, size_t pending_bytes_max);
void exec_child_done(struct exec_child *child); /* stops it */

/* ERR_USAGE when it cannot be run as it stands (no such file, not executable), ERR_RETRY when
 * the machine is short of something. */
int exec_child_start(struct exec_child *child, const struct exec_settings *settings,
		     struct err *err);

/* The buffer to append to; call exec_child_queued after that. */
struct buf *exec_child_input(struct exec_child *child);
void exec_child_queued(struct exec_child *child);
/* Writes what can be written. Returns the bytes written now. A program that has closed its input
 * loses what is pending: its end follows. */
size_t exec_child_flush(struct exec_child *child);
size_t exec_child_pending(const struct exec_child *child);

/* Closes its input, after what is pending. */
void exec_child_close_input(struct exec_child *child);
/* It has closed its output: forget the descriptor. */
void exec_child_close_output(struct exec_child *child);
void exec_child_close_errors(struct exec_child *child);

/* To the program and all of its group. */
void exec_child_signal(const struct exec_child *child, int signal);

/* Whether it has ended; its pipes stay open for what is still in them. */
bool exec_child_ended(const struct exec_child *child);
/* After exec_child_ended: kills what is left of its group, closes the pipes, forgets it.
 * Returns the status as waitpid has it. */
int exec_child_reap(struct exec_child *child);

/* SIGTERM, and SIGKILL at until_ms on the monotonic clock; waits for the end. */
void exec_child_stop(struct exec_child *child, int64_t until_ms);

#endif
