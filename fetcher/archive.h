/* archive - the older documents of a feed (RFC 5005, section 4): when the archive that a feed names
 * is another one than before, more may have passed than the feed still shows, and the archives in
 * between are fetched, newest first, back to the one that was known. A feed that is seen for the
 * first time has no such past.
 *
 * An archive is a row of the feeds' table that no list has: it is polled as politely as they are,
 * survives a crash as they do, and is forgotten with the removed ones. */
#ifndef FM_FETCHER_ARCHIVE_H
#define FM_FETCHER_ARCHIVE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"
#include "fetcher/state.h"

enum {
	ARCHIVE_DOCUMENTS_MAX = 16, /* of one walk */
	ARCHIVE_TRIES_MAX = 3,
};

/* The feed's document names this archive (NULL: none). 1: a walk begins, 0: nothing to do, -1.
 * Call before description_save. */
int archive_named(struct state *state, const char *feed_id, const char *url, int64_t now_s,
		  struct err *err);

/* The document of the archive row archive_id names the next older one (NULL: none). As above. */
int archive_next(struct state *state, const char *archive_id, const char *url, int64_t now_s,
		 struct err *err);

/* After a poll of an archive's row: whether it was the last. */
bool archive_is_done(const struct feed *row, bool good);

#endif
