/* retag - a line of JSON as it came, but for its "tags": nothing that we do not know is lost. */
#ifndef FM_CLASSIFIER_RETAG_H
#define FM_CLASSIFIER_RETAG_H

#include <stddef.h>

#include "common/buf.h"
#include "common/item.h"

/* Appends the object in line, its member "tags" replaced or added at the end (an empty array
 * where there are none). line is one valid JSON object. Faults stick in out. */
void retag(const char *line, size_t len, const struct item_tag *tags, size_t count,
	   struct buf *out);

#endif
