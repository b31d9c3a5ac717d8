#include "classifier/covers.h"

#include <stdlib.h>

void
covers_done(struct covers *covers)
{
	free(covers->items);
}

static int
by_place(const void *a, const void *b)
{
	const struct cover *left = a, *right = b;

	if (left->tag != right->tag)
		return left->tag < right->tag ? -1 : 1;
	return left->at < right->at ? -1 : left->at > right->at;
}

static int
add(struct covers *covers, const struct cover *cover)
{
	const size_t cap = covers->cap ? covers->cap * 2 : 32;
	struct cover *grown;

	if (covers->count == covers->cap) {
		grown = reallocarray(covers->items, cap, sizeof(*grown));
		if (!grown)
			return -1;
		covers->items = grown;
		covers->cap = cap;
	}
	covers->items[covers->count++] = *cover;
	return 0;
}

static void
join_overlapping(struct covers *covers)
{
	size_t kept = 0;

	if (covers->count < 2)
		return;
	qsort(covers->items, covers->count, sizeof(*covers->items), by_place);
	for (size_t i = 1; i < covers->count; i++) {
		struct cover *last = &covers->items[kept], *cover = &covers->items[i];

		if (cover->tag != last->tag || cover->at > last->end)
			covers->items[++kept] = *cover;
		else if (cover->end > last->end)
			last->end = cover->end;
	}
	covers->count = kept + 1;
}

int
covers_find(struct covers *covers, const struct rules *rules, const struct match_hit *hits,
	    size_t count, size_t *stop_out)
{
	covers->count = 0;
	for (size_t i = 0; i < count; i++) {
		const struct rules_phrase *phrase = &rules->phrases[hits[i].phrase];
		const struct cover cover = {phrase->tag, hits[i].at, hits[i].end};

		if (phrase->list == RULES_STOP && hits[i].at < *stop_out)
			*stop_out = hits[i].at;
		if (phrase->list == RULES_MASK && add(covers, &cover) < 0)
			return -1;
	}
	join_overlapping(covers);
	return 0;
}

static bool
touch(const struct covers *covers, uint32_t tag, const struct match_hit *hit)
{
	size_t first = 0, last = covers->count;

	/* The first cover of the tag that ends behind the hit's begin. */
	while (first < last) {
		const size_t half = first + (last - first) / 2;
		const struct cover *cover = &covers->items[half];

		if (cover->tag < tag || (cover->tag == tag && cover->end <= hit->at))
			first = half + 1;
		else
			last = half;
	}
	return first < covers->count && covers->items[first].tag == tag &&
	       covers->items[first].at < hit->end;
}

bool
covers_hide(const struct covers *covers, uint32_t tag, const struct match_hit *hit)
{
	return touch(covers, tag, hit) || touch(covers, RULES_EVERY, hit);
}
