/* tagged - items of a test's own, with the ids and revisions it asks for. */
#ifndef FM_TESTS_UNIT_TAGGED_H
#define FM_TESTS_UNIT_TAGGED_H

#include <stdio.h>

#include "common/item.h"

/* Item number n in revision rev, as the fetcher's document seq had it; its texts are in places
 * that the next call but seven uses again. tag may be NULL. */
static inline struct item
tagged_item(unsigned n, unsigned rev, uint64_t seq, const char *tag)
{
	static char ids[8][ITEM_ID_HEX + 1], revs[8][ITEM_REV_HEX + 1];
	static struct item_tag tags[8];
	static unsigned next;
	const unsigned at = next++ % 8;
	struct item item = item_empty();

	(void)snprintf(ids[at], sizeof(ids[at]), "%032x", n);
	(void)snprintf(revs[at], sizeof(revs[at]), "%016x", rev);
	item.id = ids[at];
	item.rev = revs[at];
	item.seq = seq;
	item.title = "A title";
	if (tag) {
		tags[at] = (struct item_tag){.tag = tag, .score = 4};
		item.tags = &tags[at];
		item.tag_count = 1;
	}
	return item;
}

#endif
