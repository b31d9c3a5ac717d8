/* catalogue - feeds in an OPML file of our own, feeds.d/feedmill.opml: what `feedmill feeds add`,
 * remove and import change, and export writes. Folders are kept; the file is replaced whole. */
#ifndef FM_FETCHER_CATALOGUE_H
#define FM_FETCHER_CATALOGUE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/buf.h"
#include "common/err.h"
#include "common/scope.h"

struct catalogue;

/* An empty one. Returns new. */
struct catalogue *catalogue_new(struct err *err);
void catalogue_free(struct catalogue *catalogue);
SCOPED_DEFINE(struct catalogue, catalogue_free)

/* Adds every feed of that OPML file; one that does not exist is empty when optional. */
int catalogue_read(struct catalogue *catalogue, const char *path, bool optional, struct err *err);

/* url: as feed_url reads it, kept as it is spelt; title and folder ("News/Science") may be NULL.
 * Copies. 1; 0: it has that feed; -1: ERR_REJECT for what is no feed's URL. */
int catalogue_add(struct catalogue *catalogue, const char *url, const char *title,
		  const char *folder, struct err *err);
/* 1; 0: no such feed; -1 as catalogue_add. */
int catalogue_remove(struct catalogue *catalogue, const char *url, struct err *err);
/* 1, 0, -1 as catalogue_remove. */
int catalogue_has(const struct catalogue *catalogue, const char *url, struct err *err);

size_t catalogue_count(const struct catalogue *catalogue);

/* The OPML document, sorted by folder, in the order of adding within one. Appends. */
int catalogue_write(const struct catalogue *catalogue, struct buf *out, struct err *err);

#endif
