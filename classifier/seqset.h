/* seqset - row numbers in order: what is in flight, and, between them, how many of the rows that
 * are not came to which end. So the fates of rows up to the first that is in flight can be told
 * apart from those behind it, however long it stays, in memory that only grows with what is in
 * flight. */
#ifndef FM_CLASSIFIER_SEQSET_H
#define FM_CLASSIFIER_SEQSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"

/* What becomes of a row. */
enum fate { FATE_DELIVERED, FATE_QUARANTINED, FATE_EXPIRED, FATE_FILTERED, FATES };

struct tally {
	int64_t of[FATES];
};

void tally_add(struct tally *to, const struct tally *more);
int64_t tally_sum(const struct tally *tally);

struct seqset_entry {
	int64_t seq;
	uint32_t behind[FATES]; /* rows between this one and the next */
};

struct seqset {
	struct seqset_entry *at; /* ascending, from `first` on */
	size_t first, count, cap;
	struct tally behind; /* all of them */
};

void seqset_done(struct seqset *set);

/* A number beyond all others. -1 with ERR_RETRY without memory. */
int seqset_push(struct seqset *set, int64_t seq, struct err *err);
/* Takes the last one out again, as if it had not been pushed. */
void seqset_unpush(struct seqset *set);
/* rows beyond the last number came to this end: they count there, or, where there is none, in
 * *ahead. */
void seqset_note(struct seqset *set, enum fate fate, int64_t rows, struct tally *ahead);

bool seqset_has(const struct seqset *set, int64_t seq);
/* The i-th of them, below count. */
int64_t seqset_at(const struct seqset *set, size_t i);

/* Takes it out, with its fate: whether it was there. What no number is before any more goes to
 * *ahead. */
bool seqset_remove(struct seqset *set, int64_t seq, enum fate fate, struct tally *ahead);
/* The same for everything up to last. */
void seqset_remove_to(struct seqset *set, int64_t last, enum fate fate, struct tally *ahead);

#endif
