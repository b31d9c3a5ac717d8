/* site_press - prints what is marked. A little while after the last change, or a longer one after
 * the first, a sweep goes once over the marked buckets and writes their pages, a file at a time,
 * so that a burst of items prints each page a few times and not once an item, and the caller's
 * loop never waits long. A file is written whole, synced and renamed, and only when its bytes
 * change; a bucket's mark goes when its files are on the disk. */
#ifndef FM_SINK_SITE_PRESS_H
#define FM_SINK_SITE_PRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/db.h"
#include "common/scope.h"
#include "sink/site_conf.h"
#include "sink/site_files.h"

enum {
	PRESS_SETTLE_MS = 300,  /* after the last change */
	PRESS_WAIT_MS = 5000,   /* after the first, whatever comes */
	PRESS_AGAIN_MS = 10000, /* after a failure */
};

struct site_press;

/* Borrows both. Writes the files that never change (style sheet, icon), and marks every bucket
 * when the choices or the program are others than those that the pages were printed with. What
 * is marked is due at once. Returns new; release with press_free. */
struct site_press *press_new(const struct site_conf *conf, struct db *db, struct err *err);
void press_free(struct site_press *press);
SCOPED_DEFINE(struct site_press, press_free)

/* A put changed something. */
void press_changed(struct site_press *press);

/* Milliseconds until there is work: 0 now, -1 none. */
int press_timeout_ms(const struct site_press *press);

/* Prints for about budget_ms, in the caller's transaction, if it is time (or at once: `now`).
 * On failure what was begun stays marked, and is due again after PRESS_AGAIN_MS. */
int press_work(struct site_press *press, int64_t budget_ms, bool now, struct err *err);

struct files_count press_counted(const struct site_press *press);

#endif
