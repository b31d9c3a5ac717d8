/* host - politeness: polls wait here in one queue a host, and are let go a few at a time, a while
 * apart, and not at all while the host has asked for silence. Timers are monotonic. */
#ifndef FM_FETCHER_HOST_H
#define FM_FETCHER_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "common/scope.h"
#include "fetcher/allowance.h"

/* A host that is to be silent for longer than that keeps nobody waiting: hosts_take_late. */
enum { HOSTS_LATE_MS = 60 * 1000 };

struct hosts;
struct host;

/* What waits: the head of the caller's own struct. */
struct waiting {
	struct waiting *next;
	struct host *host; /* while it waits or runs */
};

/* at_once: running polls a host; spacing_ms: between the starts of two. Returns new. */
struct hosts *hosts_new(int64_t at_once, int64_t spacing_ms, struct err *err);
/* What still waits is the caller's: take it out first (hosts_drain). */
void hosts_free(struct hosts *hosts);
SCOPED_DEFINE(struct hosts, hosts_free)

/* Queues w at the host's end, or at its front (a redirect: its first half is done). Borrows w until
 * hosts_next or hosts_drain returns it. */
int hosts_put(struct hosts *hosts, const char *name, struct waiting *w, bool front,
	      struct err *err);

/* One that may start now, and counts as running until hosts_done; NULL: none. */
struct waiting *hosts_next(struct hosts *hosts, int64_t now_ms);
void hosts_done(struct hosts *hosts, struct waiting *w);
/* The host of what waits or runs. Valid while it does. */
const char *hosts_name(const struct waiting *w);
/* How many wait for that host. */
size_t hosts_waiting_with(const struct waiting *w);

/* When hosts_next may have something, as far as time alone decides; -1: nothing waits for time. */
int64_t hosts_next_ms(const struct hosts *hosts);

/* No start before until_ms. */
int hosts_hold(struct hosts *hosts, const char *name, int64_t until_ms, struct err *err);

/* The host has answered 429 and wants silence for hold_ms: its allowance is learned, and it is
 * held. Into *until_ms_out: for how long. */
int hosts_refused(struct hosts *hosts, const char *name, int64_t now_ms, int64_t hold_ms,
		  int64_t *until_ms_out, struct err *err);
/* What was learned of the host; NULL: nothing. Valid until the next call. */
const struct allowance *hosts_allowance(const struct hosts *hosts, const char *name);
/* As it was learned in another life. */
int hosts_set_allowance(struct hosts *hosts, const char *name, const struct allowance *allowance,
			struct err *err);

/* Takes out one that would wait for longer than HOSTS_LATE_MS because its host was held after it
 * was put: it may start at *start_ms_out. NULL: there is none left. */
struct waiting *hosts_take_late(struct hosts *hosts, int64_t now_ms, int64_t *start_ms_out);

/* How long a poll that comes now would wait at least: ms; 0: not at all. */
int64_t hosts_delay_ms(const struct hosts *hosts, const char *name, int64_t now_ms);

size_t hosts_waiting(const struct hosts *hosts);
size_t hosts_waiting_at(const struct hosts *hosts, const char *name);
size_t hosts_count(const struct hosts *hosts);

/* Takes out whatever waits, one at a time; NULL: nothing is left. */
struct waiting *hosts_drain(struct hosts *hosts);

/* Forgets the hosts that nothing is known of any more. Call now and then. */
void hosts_sweep(struct hosts *hosts, int64_t now_ms);

#endif
