/* daemon_inside - what the parts of daemon share: daemon.c (the stage: open, close, reload),
 * daemon_turn.c (a turn of its loop, its commit, its end), daemon_list.c (the list of feeds),
 * daemon_hubs.c (feeds that are pushed) and daemon_route.c (the way to the parsers). */
#ifndef FM_FETCHER_DAEMON_INSIDE_H
#define FM_FETCHER_DAEMON_INSIDE_H

#include "fetcher/daemon.h"

/* The list of feeds. */

/* Changes when the files of the list, our share of it or our reading of it may have. */
uint64_t daemon_list_stamp(const struct daemon *d);
/* At the start: a list that is as it was when it was last read is not read again. */
int daemon_know_list(struct daemon *d, struct err *err);
/* A list that is broken while we run is no reason to stop: people are just editing it. */
int daemon_read_list_again(struct daemon *d, struct err *err);
/* Reads it and does nothing with it. */
int daemon_check_list(const char *path, bool optional, struct err *err);

/* Feeds that are pushed. */

int daemon_open_websub(struct daemon *d, struct err *err);
/* struct sweep_options. */
int daemon_look_for_hubs(void *arg, struct feed *feed, const struct outcome *o, bool fresh,
			 struct err *err);

/* The way to the parsers. */

extern const struct route_ops daemon_to_parsers;

/* Callbacks of the stage. */

int daemon_turn(void *self, struct err *err);
int daemon_commit(void *self, struct err *err);
void daemon_rollback(void *self);
size_t daemon_watch(void *self, struct pollfd *fds, size_t max, int *timeout_ms);
void daemon_drain(void *self);
bool daemon_idle(void *self);

/* Commits what is open; nothing else that daemon_commit does. */
int daemon_commit_work(struct daemon *d, struct err *err);

#endif
