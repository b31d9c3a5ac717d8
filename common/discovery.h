/* discovery - which receivers are there: socket files in a folder of the runtime directory,
 * looked for at once when inotify says that the folder changed, and every 5 s in any case
 * (inotify may overflow, or its folder be replaced). */
#ifndef FM_COMMON_DISCOVERY_H
#define FM_COMMON_DISCOVERY_H

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"
#include "common/scope.h"

enum { DISCOVERY_SCAN_MS = 5000, DISCOVERY_FILES_MAX = 256 };

struct discovery;

/* Watches folder for files whose names end in ".in"; with only, for the one called ONLY.in.
 * Copies both. Returns new. */
struct discovery *discovery_new(const char *folder, const char *only, struct err *err);
void discovery_free(struct discovery *d);
SCOPED_DEFINE(struct discovery, discovery_free)

/* To wait for. */
int discovery_fd(const struct discovery *d);

/* Looks, when there is reason to, and calls each for every file that appeared (also in place of
 * one of the same name: there = true) or went away (there = false) since the last look. */
void discovery_look(struct discovery *d, int64_t now_ms,
		    void (*each)(void *arg, const char *path, bool there), void *arg);

#endif
