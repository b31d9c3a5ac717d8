/* wiring - the links that leave this machine, as the configuration has them: [link] and
 * [link STAGE] (feedmill.conf(5)).
 *
 * Off loopback they need keys: without them every function here is ERR_USAGE, with file and line.
 */
#ifndef FM_COMMON_WIRING_H
#define FM_COMMON_WIRING_H

#include "common/config.h"
#include "common/resolver.h"

/* What a stage has of its own section; name is "parser", or "sink/site". */
struct wiring {
	const char *keys;      /* a folder; NULL: none */
	const char *advertise; /* the host that others are told for acks; NULL: the one of acks */
	struct resolver_place bind[RESOLVER_PLACES_MAX];
	size_t bind_count;
	struct resolver_place acks;
	bool has_acks;
};

/* The texts borrow from config. */
int wiring_read(const struct config *config, const char *name, struct wiring *out, struct err *err);
/* Where senders find the receivers called name off this machine. */
int wiring_connect(const struct config *config, const char *name,
		   struct resolver_place out[RESOLVER_PLACES_MAX], size_t *count_out,
		   struct err *err);
/* All sections, for -n. */
int wiring_check(const struct config *config, struct err *err);

#endif
