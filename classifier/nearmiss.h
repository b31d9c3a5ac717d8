/* nearmiss - what an item almost had: phrases that a person would say are in it, and why they are
 * not evidence. For feedmill classify --explain: slow, and bounded. */
#ifndef FM_CLASSIFIER_NEARMISS_H
#define FM_CLASSIFIER_NEARMISS_H

#include <stddef.h>
#include <stdint.h>

#include "classifier/rules.h"
#include "common/arena.h"
#include "common/err.h"
#include "common/item.h"
#include "common/scope.h"

enum { NEARMISS_MAX = 1024 /* of an item; the rest is not told */ };

enum nearmiss_kind {
	NEARMISS_CASE,   /* a word with a capital is spelt otherwise */
	NEARMISS_WORD,   /* its last word is only how a longer one begins */
	NEARMISS_FAR,    /* both sides of near/ or pre/, but `distance` words apart */
	NEARMISS_ORDER,  /* both sides of pre/, the other way round */
	NEARMISS_MASKED, /* the mask `by` touches it */
	NEARMISS_STOP,   /* it stands behind the stop `by` */
	NEARMISS_REGEX,  /* letters that the expression asks for are there, and do not match */
	NEARMISS_DEEP,   /* they are behind the bytes that are searched */
	NEARMISS_SLOW,   /* the expression gave up */
	NEARMISS_KINDS,
};

/* Phrases are numbers of the rules. One of a phrase and kind: the first in the item; none of a
 * phrase that counts. */
struct nearmiss {
	enum nearmiss_kind kind;
	uint32_t phrase, by;
	uint32_t distance;
	const char *field, *text; /* of the item, text at most TAGGER_TEXT_BYTES_MAX */
	int64_t at;               /* byte of the field */
};

struct nearmisses;

/* Borrows rules. Returns new. */
struct nearmisses *nearmisses_new(const struct rules *rules, struct err *err);
void nearmisses_free(struct nearmisses *misses);
SCOPED_DEFINE(struct nearmisses, nearmisses_free)

/* Looks for those of the item; texts live in the arena. */
int nearmisses_find(struct nearmisses *misses, const struct item *item, struct arena *arena,
		    struct err *err);
/* What the last call found, in the order of the rules. */
const struct nearmiss *nearmisses_found(const struct nearmisses *misses, size_t *count_out);

#endif
