/* hostbook - what is remembered of hosts across restarts: until when one wants silence, how much it
 * allows, and that it is to be asked over TLS alone (HSTS, RFC 6797). The state's table hosts; as
 * in state.h, what changes something works inside the open transaction. */
#ifndef FM_FETCHER_HOSTBOOK_H
#define FM_FETCHER_HOSTBOOK_H

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"
#include "fetcher/state.h"

enum { HOSTBOOK_TLS_MAX_S = 366 * 24 * 3600 };

/* Times are seconds of the wall clock. */
struct host_row {
	const char *host;
	int64_t held_until_s;                          /* 0: not */
	int64_t budget, window_s, began_s, used, good; /* see allowance.h; budget 0: none */
};

int hostbook_save(struct state *state, const struct host_row *row, struct err *err);
/* Calls each for the hosts that are held or have an allowance, until it returns non-zero. */
int hostbook_each(struct state *state, int64_t now_s,
		  int (*each)(void *arg, const struct host_row *row), void *arg, struct err *err);

/* The host wants TLS until then; with_subdomains: and all below it. 0 forgets it. */
int hostbook_want_tls(struct state *state, const char *host, int64_t until_s, bool with_subdomains,
		      int64_t now_s, struct err *err);
/* Whether it is to be asked over TLS: 1, 0, -1. Addresses never are. */
int hostbook_wants_tls(struct state *state, const char *host, int64_t now_s, struct err *err);

/* Forgets what has no meaning any more. */
int hostbook_purge(struct state *state, int64_t now_s, struct err *err);

#endif
