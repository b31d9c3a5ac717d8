/* tagger - the rules applied to an item: its tags, and for each the evidence. Scratch memory for
 * one item after the other. */
#ifndef FM_CLASSIFIER_TAGGER_H
#define FM_CLASSIFIER_TAGGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "classifier/rules.h"
#include "common/arena.h"
#include "common/err.h"
#include "common/item.h"
#include "common/scope.h"

enum { TAGGER_TEXT_BYTES_MAX = 200 /* of an item's text in a reason */ };

struct tagger;

enum tagger_verdict {
	TAGGER_COUNTED, /* its weight is in the score */
	TAGGER_MASKED,  /* overlooked: a mask covers it */
	TAGGER_VETO,    /* a none phrase in the title: the tag is not given */
};

/* A phrase met for a tag. Each counts once: where it weighs most. */
struct tagger_evidence {
	uint32_t tag;
	enum tagger_verdict verdict;
	double weight;
	const char *rule; /* as the rule file spells it */
	const char *file; /* of the rule */
	int line;
	const char *field, *text; /* of the item: text as it spells it, at most ..._BYTES_MAX */
	int64_t at;               /* byte of the field */
};

/* A tag with evidence, given or not. */
struct tagger_score {
	uint32_t tag;
	double score;
	bool vetoed;
	bool given;
};

/* Borrows rules. Returns new, NULL with ERR_RETRY without memory. */
struct tagger *tagger_new(const struct rules *rules, struct err *err);
void tagger_free(struct tagger *tagger);
SCOPED_DEFINE(struct tagger, tagger_free)

/* The item's tags, highest score first, in the arena; what the item had as tags is not looked at.
 * Texts must be valid UTF-8. -1 with ERR_RETRY without memory, ERR_REJECT past the arena's
 * ceiling. */
int tagger_run(struct tagger *tagger, const struct item *item, struct arena *arena,
	       const struct item_tag **tags_out, size_t *count_out, struct err *err);

/* What the last run found, near misses included; texts live in its arena. */
const struct tagger_score *tagger_scores(const struct tagger *tagger, size_t *count_out);
const struct tagger_evidence *tagger_evidence(const struct tagger *tagger, size_t *count_out);

/* Items that it has tagged, and how many of them the rules' phrase and line of publishers of that
 * number met: since it is there, and what was carried into it. */
uint64_t tagger_items(const struct tagger *tagger);
uint64_t tagger_phrase_items(const struct tagger *tagger, size_t phrase);
uint64_t tagger_publisher_items(const struct tagger *tagger, size_t publisher);
/* While it is quiet nothing is counted: items that were counted when they came. */
void tagger_quiet(struct tagger *tagger, bool quiet);
void tagger_carry(struct tagger *tagger, uint64_t items);
void tagger_carry_phrase(struct tagger *tagger, size_t phrase, uint64_t items);
void tagger_carry_publisher(struct tagger *tagger, size_t publisher, uint64_t items);

/* Texts of which the phrase, a regular expression, gave up the search; and one that did so for the
 * first time since this was asked last: true, and which. */
uint64_t tagger_gave_up(const struct tagger *tagger, uint32_t phrase);
bool tagger_newly_gave_up(struct tagger *tagger, uint32_t *phrase_out);

#endif
