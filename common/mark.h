/* mark - a number that only grows, kept in a file of its own: how far a database had come. It is
 * written after each commit and never synced, so it may lag behind the database but can never
 * run ahead of it, unless commits that were on the disk are gone. */
#ifndef FM_COMMON_MARK_H
#define FM_COMMON_MARK_H

#include <stdint.h>

#include "common/err.h"
#include "common/scope.h"

struct mark;

/* Opens or makes the file. A content that is torn or foreign counts as 0. Returns new. */
struct mark *mark_open(const char *path, struct err *err);
void mark_close(struct mark *mark);
SCOPED_DEFINE(struct mark, mark_close)

uint64_t mark_get(const struct mark *mark);
/* Best effort: a mark that cannot be written stays behind, which is no fault. */
void mark_set(struct mark *mark, uint64_t n);

#endif
