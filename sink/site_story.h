/* site_story - items that tell the same story are shown as one: those of which the classifier says
 * so; where it says nothing, those with the same address but for tracking parameters, or the same
 * title from another source within three days. The one that came first leads; the others are named
 * below it. A story is filed in the buckets of its month and of every tag and
 * source that its items have.
 *
 * All of it works inside the caller's transaction. */
#ifndef FM_SINK_SITE_STORY_H
#define FM_SINK_SITE_STORY_H

#include <stdint.h>

#include "common/db.h"

enum { STORY_ITEMS_MAX = 64 };

/* Takes the item out of its story, which is filed anew without it; the item is a story of its
 * own then, not filed. */
int site_story_leave(struct db *db, int64_t item, struct err *err);

/* Joins the item, a story of its own and not filed, with those that tell the same, and files
 * what comes of it. */
int site_story_join(struct db *db, int64_t item, struct err *err);

#endif
