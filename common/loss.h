/* loss - a store that had promised what it holds has lost the last of it (db.h: the mark). Whoever
 * gave it can give it again: a loss is told against the stream, as a HINT, from stage to stage, up
 * to who still has it or can fetch it. A sink's classifier has it in its outbox; a classifier's
 * fetchers ask their feeds for everything again.
 *
 * It is noted in a file before the store goes on without what is lost, and told for a day. */
#ifndef FM_COMMON_LOSS_H
#define FM_COMMON_LOSS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/buf.h"
#include "common/err.h"

enum {
	LOSS_ID_CHARS = 16,
	LOSS_TOLD_S = 24 * 3600,
	LOSS_SINCE_UNKNOWN = -1,
};

struct loss {
	char id[LOSS_ID_CHARS + 1]; /* told twice, it is still one */
	int64_t at_s;               /* when it was noticed */
	int64_t since_s;            /* nothing older is lost */
	/* since_s of one that was still to be told when this one took its place, in the same note,
	 * so that no kill comes in between. LOSS_SINCE_UNKNOWN: there was none. */
	int64_t untold_since_s;
};

/* One that is noticed now. */
int loss_new(struct loss *out, struct err *err);

/* The note: 1 there is one that is still to be told, 0, -1. */
int loss_read(const char *path, int64_t now_s, struct loss *out, struct err *err);
int loss_write(const char *path, const struct loss *loss, struct err *err);

/* Of two times since when something is lost the one that counts: one that is known, the older. */
int64_t loss_older(int64_t a_s, int64_t b_s);

/* The body of the HINT, appended; and back: false for any other hint. */
int loss_put(const struct loss *loss, struct buf *out, struct err *err);
bool loss_get(struct bytes hint, struct arena *arena, struct loss *out);

/* The losses that were heard last: a HINT that comes again asks for nothing new. */
enum { LOSSES_HEARD_MAX = 16 };
struct losses_heard {
	char ids[LOSSES_HEARD_MAX][LOSS_ID_CHARS + 1];
	unsigned next;
};
bool losses_known(const struct losses_heard *heard, const struct loss *loss);
/* True the first time. */
bool losses_hear(struct losses_heard *heard, const struct loss *loss);

#endif
