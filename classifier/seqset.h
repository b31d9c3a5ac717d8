/* seqset - a small set of row numbers in order: what is in flight. */
#ifndef FM_CLASSIFIER_SEQSET_H
#define FM_CLASSIFIER_SEQSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"

struct seqset {
	int64_t *at; /* ascending */
	size_t count, cap;
};

void seqset_done(struct seqset *set);

/* -1 with ERR_RETRY without memory. A number that is there already is no error. */
int seqset_add(struct seqset *set, int64_t seq, struct err *err);
bool seqset_has(const struct seqset *set, int64_t seq);
bool seqset_remove(struct seqset *set, int64_t seq);     /* whether it was there */
void seqset_remove_to(struct seqset *set, int64_t last); /* everything up to last */

#endif
