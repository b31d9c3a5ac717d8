/* description - what a feed's documents say of it, and what became of the last one: a row beside it
 * in the state. hub and self are for WebSub, prev_archive for RFC 5005. */
#ifndef FM_FETCHER_DESCRIPTION_H
#define FM_FETCHER_DESCRIPTION_H

#include <stdint.h>

#include "common/err.h"
#include "fetcher/state.h"

/* NULL where absent. */
struct description {
	const char *title, *link, *self, *hub, *prev_archive;
	/* The last document that was parsed: its number in the spool (0: none yet), by which
	 * instance, how many items it had, what was wrong with it and was mended (a line each). */
	int64_t document;
	const char *parser;
	int64_t items;
	const char *warnings;
};

/* In the open transaction; writes nothing where it says nothing new. */
int description_save(struct state *state, const char *feed_id,
		     const struct description *description, struct err *err);

/* 1 and give was called (texts borrowed for the call), 0 nothing known, -1. */
int description_of(struct state *state, const char *feed_id,
		   void (*give)(void *arg, const struct description *description), void *arg,
		   struct err *err);

#endif
