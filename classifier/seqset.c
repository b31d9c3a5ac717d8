#include "classifier/seqset.h"

#include <stdlib.h>
#include <string.h>

void
seqset_done(struct seqset *set)
{
	free(set->at);
	*set = (struct seqset){.at = NULL};
}

/* Where seq is or belongs. */
static size_t
place_of(const struct seqset *set, int64_t seq)
{
	size_t first = 0, last = set->count;

	while (first < last) {
		const size_t half = first + (last - first) / 2;

		if (set->at[half] < seq)
			first = half + 1;
		else
			last = half;
	}
	return first;
}

bool
seqset_has(const struct seqset *set, int64_t seq)
{
	const size_t place = place_of(set, seq);

	return place < set->count && set->at[place] == seq;
}

int
seqset_add(struct seqset *set, int64_t seq, struct err *err)
{
	const size_t place = place_of(set, seq);

	if (place < set->count && set->at[place] == seq)
		return 0;
	if (set->count == set->cap) {
		const size_t cap = set->cap ? set->cap * 2 : 64;
		int64_t *grown = reallocarray(set->at, cap, sizeof(*grown));

		if (!grown)
			return err_sys(err, "%zu row numbers", cap);
		set->at = grown;
		set->cap = cap;
	}
	memmove(set->at + place + 1, set->at + place, (set->count - place) * sizeof(*set->at));
	set->at[place] = seq;
	set->count++;
	return 0;
}

bool
seqset_remove(struct seqset *set, int64_t seq)
{
	const size_t place = place_of(set, seq);

	if (place == set->count || set->at[place] != seq)
		return false;
	set->count--;
	memmove(set->at + place, set->at + place + 1, (set->count - place) * sizeof(*set->at));
	return true;
}

void
seqset_remove_to(struct seqset *set, int64_t last)
{
	const size_t place = place_of(set, last + 1);

	if (place == 0)
		return;
	set->count -= place;
	memmove(set->at, set->at + place, set->count * sizeof(*set->at));
}
