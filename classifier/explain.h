/* explain - why an item has its tags, for a person to read, near misses included. */
#ifndef FM_CLASSIFIER_EXPLAIN_H
#define FM_CLASSIFIER_EXPLAIN_H

#include "classifier/nearmiss.h"
#include "classifier/rules.h"
#include "classifier/tagger.h"
#include "common/buf.h"
#include "common/item.h"

/* Appends what tagger's last run and the last search for near misses, both of this item, found.
 * Faults stick in out. */
void explain_item(const struct rules *rules, const struct tagger *tagger,
		  const struct nearmisses *misses, const struct item *item, struct buf *out);

#endif
