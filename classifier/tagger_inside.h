/* tagger_inside - what the parts of the tagger share: the state of a run. */
#ifndef FM_CLASSIFIER_TAGGER_INSIDE_H
#define FM_CLASSIFIER_TAGGER_INSIDE_H

#include "classifier/covers.h"
#include "classifier/tagger.h"
#include "classifier/text.h"

/* What is known of a tag or phrase holds for one run: the one that has this number. */
struct tag_state {
	uint64_t run;
	uint32_t score; /* in scores */
};

struct phrase_state {
	uint64_t run;
	uint32_t evidence; /* in evidence + 1; 0: none counted */
	bool masked;       /* and that was noted */
};

/* How often a phrase was met, for the statistics. */
struct phrase_fired {
	uint64_t run; /* when last */
	uint64_t items;
};

struct tagger {
	const struct rules *rules;
	struct match_scan *scan;
	struct text text;
	struct covers covers; /* of the passage at hand */
	struct tag_state *tags;
	struct phrase_state *phrases;
	struct phrase_fired *fired;
	uint64_t *publisher_run, *publisher_fired;
	uint64_t run, items;
	bool quiet;

	struct tagger_score *scores;
	size_t score_count, score_cap;
	struct tagger_evidence *evidence;
	size_t evidence_count, evidence_cap;

	struct arena *arena; /* of the run */
	bool failed;         /* no memory */
	struct {
		const char *field;
		const char *start;
	} publisher; /* the field that publishers_by_... reads */
};

/* The tag's score of this run, made when it is missing; NULL without memory, which sticks. */
struct tagger_score *tagger_score_of(struct tagger *t, uint32_t tag);
/* The one that was added; NULL likewise. */
struct tagger_evidence *tagger_add_evidence(struct tagger *t,
					    const struct tagger_evidence *evidence);

/* What the item has for where it comes from: before its texts. */
void tagger_read_publishers(struct tagger *t, const struct item *item);
/* Decides by the scores which tags are given, with those above them and the sets. */
void tagger_give(struct tagger *t);

#endif
