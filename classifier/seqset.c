#include "classifier/seqset.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { CAP_LEAST = 64 };

void
tally_add(struct tally *to, const struct tally *more)
{
	for (size_t i = 0; i < FATES; i++)
		to->of[i] += more->of[i];
}

int64_t
tally_sum(const struct tally *tally)
{
	int64_t sum = 0;

	for (size_t i = 0; i < FATES; i++)
		sum += tally->of[i];
	return sum;
}

void
seqset_done(struct seqset *set)
{
	free(set->at);
	*set = (struct seqset){.at = NULL};
}

static struct seqset_entry *
entry(const struct seqset *set, size_t i)
{
	return set->at + set->first + i;
}

int64_t
seqset_at(const struct seqset *set, size_t i)
{
	return entry(set, i)->seq;
}

/* Where seq is or belongs. */
static size_t
place_of(const struct seqset *set, int64_t seq)
{
	size_t first = 0, last = set->count;

	/* What is in flight is mostly answered in order. */
	if (last == 0 || seqset_at(set, 0) >= seq)
		return 0;
	while (first < last) {
		const size_t half = first + (last - first) / 2;

		if (seqset_at(set, half) < seq)
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

	return place < set->count && seqset_at(set, place) == seq;
}

/* Room for one more at the end: what was taken from the front is used again when it is half. */
static int
make_room(struct seqset *set, struct err *err)
{
	const size_t cap = set->cap ? set->cap * 2 : CAP_LEAST;
	struct seqset_entry *grown;

	if (set->first + set->count < set->cap)
		return 0;
	if (set->first > 0 && set->first >= set->count) {
		memcpy(set->at, entry(set, 0), set->count * sizeof(*set->at));
		set->first = 0;
		return 0;
	}
	grown = reallocarray(set->at, cap, sizeof(*grown));
	if (!grown)
		return err_sys(err, "%zu row numbers", cap);
	set->at = grown;
	set->cap = cap;
	return 0;
}

int
seqset_push(struct seqset *set, int64_t seq, struct err *err)
{
	assert(set->count == 0 || seq > seqset_at(set, set->count - 1));
	if (make_room(set, err) < 0)
		return -1;
	*entry(set, set->count++) = (struct seqset_entry){.seq = seq};
	return 0;
}

void
seqset_unpush(struct seqset *set)
{
	set->count--;
}

void
seqset_note(struct seqset *set, enum fate fate, int64_t rows, struct tally *ahead)
{
	if (set->count == 0) {
		ahead->of[fate] += rows;
		return;
	}
	entry(set, set->count - 1)->behind[fate] += (uint32_t)rows;
	set->behind.of[fate] += rows;
}

/* The first one goes, and with it what stands between it and the next. */
static void
remove_first(struct seqset *set, enum fate fate, struct tally *ahead)
{
	const struct seqset_entry *gone = entry(set, 0);

	for (size_t i = 0; i < FATES; i++) {
		ahead->of[i] += gone->behind[i];
		set->behind.of[i] -= gone->behind[i];
	}
	ahead->of[fate]++;
	set->first++;
	set->count--;
	if (set->count == 0)
		set->first = 0;
}

bool
seqset_remove(struct seqset *set, int64_t seq, enum fate fate, struct tally *ahead)
{
	const size_t place = place_of(set, seq);
	struct seqset_entry *before, *gone;

	if (place == set->count || seqset_at(set, place) != seq)
		return false;
	if (place == 0) {
		remove_first(set, fate, ahead);
		return true;
	}
	before = entry(set, place - 1);
	gone = entry(set, place);
	for (size_t i = 0; i < FATES; i++)
		before->behind[i] += gone->behind[i];
	before->behind[fate]++;
	set->behind.of[fate]++;
	set->count--;
	memmove(gone, gone + 1, (set->count - place) * sizeof(*gone));
	return true;
}

void
seqset_remove_to(struct seqset *set, int64_t last, enum fate fate, struct tally *ahead)
{
	while (set->count > 0 && seqset_at(set, 0) <= last)
		remove_first(set, fate, ahead);
}
