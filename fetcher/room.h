/* room - whether there is room for more documents: on the disk, in the spool. Where there is none
 * no new polls start, and delivery goes on. */
#ifndef FM_FETCHER_ROOM_H
#define FM_FETCHER_ROOM_H

#include <stdbool.h>
#include <stdint.h>

#include "fetcher/state.h"

struct room_limits {
	int64_t min_free_bytes;  /* on the disk; 0: never mind */
	bool min_free_fits;      /* an eighth of the disk, where that is less */
	int64_t spool_bytes;     /* of spooled documents */
	int64_t spool_documents; /* in number */
};

/* NULL: there is. Else why not, a text that lives on: one of three. A little hysteresis keeps it
 * from flapping: was is the last answer. */
const char *room_lack(struct state *state, const char *dir, const struct room_limits *limits,
		      const char *was);

#endif
