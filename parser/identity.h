/* identity - which item is which: the dedupe key, the id made of it, and the revision. */
#ifndef FM_PARSER_IDENTITY_H
#define FM_PARSER_IDENTITY_H

#include <stddef.h>

#include "common/arena.h"
#include "common/digest.h"
#include "common/err.h"
#include "parser/reader.h"

/* Gives each entry its key, item.id and item.rev, in the arena, and drops what is in the document
 * twice. *count is lowered by as many. feed_id: NULL where nobody knows it.
 *
 * The key is the guid; where that repeats in the document, guid and link; then title, then date are
 * added as far as needed. Without a guid it begins with the link; without either it is made of
 * title and content.
 *
 * The revision is a digest of what a reader would see: title, summary, content, link, authors,
 * categories, enclosures. Dates are not in it: publishers who print the time of the request as
 * a date would make each fetch of each item a new revision, and a date that changes alone is no
 * news. Tracking parameters of links, and whatever follows the "?" of an enclosure (signed and
 * expiring URLs), are not in it either. */
int identity_assign(struct digest *digest, const char *feed_id, struct entry *entries,
		    size_t *count, struct arena *arena, struct err *err);

#endif
