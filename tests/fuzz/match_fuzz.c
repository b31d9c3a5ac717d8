/* Phrases, a line each, an empty line, and a text: the matcher must meet exactly what a slow and
 * obvious one meets. */
#include <stdlib.h>
#include <string.h>

#include "classifier/match.h"
#include "classifier/words.h"
#include "common/utf8.h"
#include "tests/fuzz/fuzz.h"

enum {
	PHRASES_MAX = 24,
	VARIANTS_MAX = 500, /* of all phrases: the slow one looks at each in each place */
	TEXT_MAX = 1024,
	HITS_MAX = 65536,
	ARENA_BYTES_MAX = 64 * 1024 * 1024,
};

/* The slow one. */

/* An element of the text, its strings copied. */
struct part {
	struct words_element e;
	char fold[FOLD_WORD_BYTES_MAX], exact[FOLD_WORD_BYTES_MAX];
};

/* Where a side was met: parts first..last. */
struct place {
	size_t first, last;
};

static struct part parts[TEXT_MAX];
static size_t part_count;
static struct match_hit slow[HITS_MAX];
static size_t slow_count;

static void
read_parts(const char *text, size_t len)
{
	struct words words;

	part_count = 0;
	words_of(&words, text, len);
	while (words_next(&words, &parts[part_count].e)) {
		struct part *part = &parts[part_count++];

		if (part->e.kind == WORDS_WORD) {
			memcpy(part->fold, part->e.fold, part->e.fold_len);
			memcpy(part->exact, part->e.exact, part->e.exact_len);
		}
	}
}

static bool
begins_with(const char *s, size_t len, const char *start, size_t start_len)
{
	return len >= start_len && memcmp(s, start, start_len) == 0;
}

static bool
is_met(const struct phrase_element *e, const struct part *part)
{
	const struct words_element *w = &part->e;

	if (e->kind == PHRASE_MARK)
		return w->kind == WORDS_MARK && w->mark == e->mark;
	if (w->kind != WORDS_WORD || !begins_with(part->fold, w->fold_len, e->fold, e->fold_len))
		return false;
	if (e->exact && !begins_with(part->exact, w->exact_len, e->exactly, e->exact_len))
		return false;
	if (e->kind == PHRASE_PREFIX)
		return true;
	return !w->cut && w->fold_len == e->fold_len && (!e->exact || w->exact_len == e->exact_len);
}

/* The next place where a side is met; false: there is none. Starts with *variant = *first = 0. */
static bool
next_place(const struct phrase_side *side, size_t *variant, size_t *first, struct place *out)
{
	for (; *variant < side->count; *variant += 1, *first = 0) {
		const struct phrase_variant *v = &side->variants[*variant];

		for (; *first + v->count <= part_count; *first += 1) {
			size_t i = 0;

			while (i < v->count && is_met(&v->elements[i], &parts[*first + i]))
				i++;
			if (i == v->count) {
				*out = (struct place){*first, *first + v->count - 1};
				*first += 1;
				return true;
			}
		}
	}
	return false;
}

static void
slow_hit(uint32_t phrase, uint32_t at, uint32_t end)
{
	if (slow_count < HITS_MAX)
		slow[slow_count++] = (struct match_hit){phrase, at, end};
}

/* Each meeting of `later` with the closest of `other` that ends before it. */
static void
slow_near(uint32_t number, const struct phrase *p, const struct phrase_side *later,
	  const struct phrase_side *other)
{
	size_t variant = 0, first = 0;
	struct place y;

	while (next_place(later, &variant, &first, &y)) {
		const struct words_element *y_first = &parts[y.first].e;
		const struct words_element *best_first = NULL, *best_last = NULL;
		size_t v = 0, f = 0;
		struct place x;

		while (next_place(other, &v, &f, &x)) {
			const struct words_element *x_first = &parts[x.first].e;
			const struct words_element *x_last = &parts[x.last].e;

			if (x_last->end > y_first->at)
				continue;
			if (!best_last || x_last->end > best_last->end ||
			    (x_last->end == best_last->end && x_first->at > best_first->at)) {
				best_first = x_first;
				best_last = x_last;
			}
		}
		if (best_last && y_first->place - best_last->place <= p->distance)
			slow_hit(number, best_first->at, parts[y.last].e.end);
	}
}

static void
match_slowly(const struct phrase *phrases, size_t count)
{
	slow_count = 0;
	for (size_t i = 0; i < count; i++) {
		const struct phrase *p = &phrases[i];
		size_t variant = 0, first = 0;
		struct place place;

		if (p->kind == PHRASE_PLAIN)
			while (next_place(&p->sides[0], &variant, &first, &place))
				slow_hit((uint32_t)i, parts[place.first].e.at,
					 parts[place.last].e.end);
		if (p->kind == PHRASE_NEAR || p->kind == PHRASE_PRE)
			slow_near((uint32_t)i, p, &p->sides[1], &p->sides[0]);
		if (p->kind == PHRASE_NEAR)
			slow_near((uint32_t)i, p, &p->sides[0], &p->sides[1]);
	}
}

/* The comparison. */

static int
by_all(const void *a, const void *b)
{
	const struct match_hit *l = a, *r = b;

	if (l->phrase != r->phrase)
		return l->phrase < r->phrase ? -1 : 1;
	if (l->at != r->at)
		return l->at < r->at ? -1 : 1;
	return l->end < r->end ? -1 : l->end > r->end;
}

/* Sorted, each once: the same place may be met in two spellings. */
static size_t
set_of(struct match_hit *hits, size_t count)
{
	size_t kept = 0;

	if (count == 0)
		return 0;
	qsort(hits, count, sizeof(*hits), by_all);
	for (size_t i = 1; i < count; i++)
		if (by_all(&hits[kept], &hits[i]) != 0)
			hits[++kept] = hits[i];
	return kept + 1;
}

static void
compare(const struct match *match, const struct phrase *phrases, const char *text, size_t len)
{
	static struct match_hit fast[HITS_MAX];
	SCOPED(match_scan_free) struct match_scan *scan = match_scan_new(match);
	const struct match_hit *hits;
	size_t hit_count, fast_count = 0;

	/* Twice: nothing of one text may stay for the next. */
	for (int i = 0; scan && i < 2; i++)
		FUZZ_CHECK(match_text(scan, text, len, &hits, &hit_count, NULL) == 0);
	if (!scan)
		return;
	for (size_t i = 0; i < hit_count && fast_count < HITS_MAX; i++) {
		FUZZ_CHECK(hits[i].at < hits[i].end && hits[i].end <= len);
		if (phrases[hits[i].phrase].kind != PHRASE_REGEX)
			fast[fast_count++] = hits[i];
	}
	if (fast_count == HITS_MAX || slow_count == HITS_MAX)
		return;
	fast_count = set_of(fast, fast_count);
	slow_count = set_of(slow, slow_count);
	FUZZ_CHECK(fast_count == slow_count);
	for (size_t i = 0; i < fast_count; i++)
		FUZZ_CHECK(by_all(&fast[i], &slow[i]) == 0);
}

static size_t
variants_of(const struct phrase *p)
{
	return p->sides[0].count + p->sides[1].count;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	SCOPED(arena_free) struct arena *arena = arena_new(ARENA_BYTES_MAX);
	SCOPED(match_free) struct match *match = NULL;
	struct phrase phrases[PHRASES_MAX];
	const struct phrase *list[PHRASES_MAX];
	char *text = arena ? arena_strndup(arena, (const char *)data, size) : NULL;
	size_t count = 0, variants = 0, bad;
	char *end;

	if (!text || strlen(text) != size)
		return 0;
	while ((end = strchr(text, '\n')) && end > text) {
		*end = '\0';
		if (count < PHRASES_MAX && phrase_parse(text, arena, &phrases[count], NULL) == 0 &&
		    variants + variants_of(&phrases[count]) <= VARIANTS_MAX) {
			variants += variants_of(&phrases[count]);
			list[count] = &phrases[count];
			count++;
		}
		text = end + 1;
	}
	if (end)
		text++;
	if (strlen(text) > TEXT_MAX || !utf8_valid(text, strlen(text)))
		return 0;
	match = match_new(list, count, &bad, NULL);
	if (!match)
		return 0;
	read_parts(text, strlen(text));
	match_slowly(phrases, count);
	compare(match, phrases, text, strlen(text));
	return 0;
}
