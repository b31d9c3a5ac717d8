/* covers - what of a text the masks of the rules hide, and where its stops end it. */
#ifndef FM_CLASSIFIER_COVERS_H
#define FM_CLASSIFIER_COVERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "classifier/match.h"
#include "classifier/rules.h"
#include "common/scope.h"

/* Bytes that a mask of the tag covers. */
struct cover {
	uint32_t tag, at, end;
};

/* All zeroes: none. Sorted, without overlaps. */
struct covers {
	struct cover *items;
	size_t count, cap;
};

void covers_done(struct covers *covers);
SCOPED_DEFINE_HELD(struct covers, covers_done)

/* Replaces what is there by what the hits of a text cover, at a cost of n log n. Where the text
 * ends for a stop before *stop_out, it is moved there. -1 without memory. */
int covers_find(struct covers *covers, const struct rules *rules, const struct match_hit *hits,
		size_t count, size_t *stop_out);

/* Whether a mask of the tag, or of every tag, touches the hit. */
bool covers_hide(const struct covers *covers, uint32_t tag, const struct match_hit *hit);

#endif
