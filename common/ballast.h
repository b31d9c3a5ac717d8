/* ballast - a file that only takes up room, to be thrown overboard when the disk is full, so that
 * what makes room (deletes, checkpoints) can still be written. */
#ifndef FM_COMMON_BALLAST_H
#define FM_COMMON_BALLAST_H

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"
#include "common/scope.h"

struct ballast;

/* Notes path and size, and finds out whether the file is there. Returns new. bytes 0: a ballast
 * that is never there. */
struct ballast *ballast_new(const char *path, int64_t bytes, struct err *err);
void ballast_free(struct ballast *ballast); /* the file stays */
SCOPED_DEFINE(struct ballast, ballast_free)

/* Whether the file is there, with all its blocks. */
bool ballast_held(const struct ballast *ballast);
/* Makes the file, in real blocks, where the disk has room for twice of it. Returns whether it is
 * there now. */
bool ballast_take(struct ballast *ballast);
/* Gives it up. Returns whether there was anything to give. */
bool ballast_drop(struct ballast *ballast);

/* Bytes that this process may still write on the disk of path; INT64_MAX where nobody knows. */
int64_t ballast_disk_free(const char *path);

/* What is right for a server's disk may be all that a small one has. A ballast of `wanted` bytes on
 * the disk of path: at most a sixteenth of it. */
int64_t ballast_fit(const char *path, int64_t wanted);
/* The same for what is to stay free there: at most an eighth. */
int64_t ballast_fit_free(const char *path, int64_t wanted);

#endif
