#include "classifier/nearmiss.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "classifier/covers.h"
#include "classifier/loosened.h"
#include "classifier/passage.h"
#include "classifier/regex.h"
#include "classifier/tagger.h"
#include "classifier/words.h"
#include "common/utf8.h"

enum { SIDES_MAX = 64 /* meetings of a side in a passage that are looked at */ };

/* What a run knows of a phrase. */
struct seen {
	bool counts; /* somewhere in the item */
	bool met;    /* in the passage at hand */
	bool told[NEARMISS_KINDS];
};

struct nearmisses {
	const struct rules *rules;
	struct loosened *loosened;
	struct match_scan *strict, *loose;
	struct text text;
	struct covers covers;
	struct seen *seen; /* a phrase */

	struct nearmiss found[NEARMISS_MAX];
	size_t count;
	struct arena *arena; /* of the run */
};

struct nearmisses *
nearmisses_new(const struct rules *rules, struct err *err)
{
	SCOPED(nearmisses_free) struct nearmisses *m = calloc(1, sizeof(*m));

	if (!m) {
		(void)err_sys(err, "near misses");
		return NULL;
	}
	m->rules = rules;
	m->text = text_init();
	m->loosened = loosened_new(rules, err);
	if (!m->loosened)
		return NULL;
	m->strict = match_scan_new(rules->match);
	m->loose = match_scan_new(loosened_match(m->loosened));
	m->seen = calloc(rules->phrase_count + 1, sizeof(*m->seen));
	if (!m->strict || !m->loose || !m->seen) {
		(void)err_sys(err, "near misses");
		return NULL;
	}
	return TAKE(m);
}

void
nearmisses_free(struct nearmisses *m)
{
	if (!m)
		return;
	loosened_free(m->loosened);
	match_scan_free(m->strict);
	match_scan_free(m->loose);
	text_done(&m->text);
	covers_done(&m->covers);
	free(m->seen);
	free(m);
}

/* Whether the phrase would count at this place. */
static bool
is_evidence(const struct nearmisses *m, uint32_t phrase, const struct passage *passage, size_t at)
{
	const struct rules_phrase *p = &m->rules->phrases[phrase];

	return (p->list == RULES_ANY || p->list == RULES_TITLE) &&
	       m->rules->tags[p->tag].weights[p->list][passage_place(passage, at)] > 0;
}

static void
tell(struct nearmisses *m, const struct passage *passage, const struct nearmiss *what,
     const struct match_hit *hit)
{
	const size_t len =
		utf8_cut(passage->words + hit->at, hit->end - hit->at, TAGGER_TEXT_BYTES_MAX);
	struct nearmiss *miss;

	if (m->seen[what->phrase].told[what->kind] || m->count == NEARMISS_MAX ||
	    !is_evidence(m, what->phrase, passage, hit->at))
		return;
	m->seen[what->phrase].told[what->kind] = true;
	miss = &m->found[m->count++];
	*miss = *what;
	miss->field = passage->name;
	miss->text = arena_strndup(m->arena, passage->words + hit->at, len);
	miss->at = passage_origin(passage, hit->at);
}

/* What the rules do meet. */

static bool
touches(const struct match_hit *a, const struct match_hit *b)
{
	return a->at < b->end && b->at < a->end;
}

/* The first mask that touches the hit; the stop that ends the passage before it. */
static uint32_t
find_other(const struct nearmisses *m, enum rules_list list, const struct match_hit *hit,
	   const struct match_hit *hits, size_t count)
{
	const uint32_t tag = m->rules->phrases[hit->phrase].tag;

	for (size_t i = 0; i < count; i++) {
		const struct rules_phrase *other = &m->rules->phrases[hits[i].phrase];

		if (other->list != list || (other->tag != tag && other->tag != RULES_EVERY))
			continue;
		if (list == RULES_MASK ? touches(&hits[i], hit) : hits[i].at <= hit->at)
			return hits[i].phrase;
	}
	return hit->phrase;
}

static void
tell_overlooked(struct nearmisses *m, const struct passage *passage, const struct match_hit *hits,
		size_t count, size_t stop)
{
	for (size_t i = 0; i < count; i++) {
		const struct match_hit *hit = &hits[i];
		const uint32_t tag = m->rules->phrases[hit->phrase].tag;
		struct nearmiss miss = {.phrase = hit->phrase};

		m->seen[hit->phrase].met = true;
		if (!is_evidence(m, hit->phrase, passage, hit->at))
			continue;
		if (hit->at >= stop) {
			miss.kind = NEARMISS_STOP;
			miss.by = find_other(m, RULES_STOP, hit, hits, count);
			tell(m, passage, &miss, hit);
		} else if (covers_hide(&m->covers, tag, hit)) {
			miss.kind = NEARMISS_MASKED;
			miss.by = find_other(m, RULES_MASK, hit, hits, count);
			tell(m, passage, &miss, hit);
		} else {
			m->seen[hit->phrase].counts = true;
		}
	}
}

/* What looser ones do. */

static bool
is_met_there(uint32_t phrase, const struct match_hit *loose, const struct match_hit *hits,
	     size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (hits[i].phrase == phrase && touches(&hits[i], loose))
			return true;
	return false;
}

/* Words from the end of the one to the beginning of the other; 1: side by side. */
static uint32_t
distance_of(const struct passage *passage, size_t end, size_t at)
{
	struct words_element element;
	struct words words;
	uint32_t distance = 1;

	words_of(&words, passage->words + end, at - end);
	while (words_next(&words, &element))
		distance += element.kind == WORDS_WORD;
	return distance;
}

/* The meetings of both sides of a near/ or pre/. */
struct sides {
	struct match_hit hits[2][SIDES_MAX];
	size_t counts[2];
};

/* The two meetings with the fewest bytes between them; turned: the right side stands first. False:
 * there are none. */
static bool
closest(const struct sides *sides, bool turned, struct match_hit *first, struct match_hit *second)
{
	uint32_t best = UINT32_MAX;

	for (size_t i = 0; i < sides->counts[turned]; i++)
		for (size_t k = 0; k < sides->counts[!turned]; k++) {
			const struct match_hit *a = &sides->hits[turned][i];
			const struct match_hit *b = &sides->hits[!turned][k];

			if (b->at < a->end || b->at - a->end >= best)
				continue;
			best = b->at - a->end;
			*first = *a;
			*second = *b;
		}
	return best != UINT32_MAX;
}

static void
tell_apart(struct nearmisses *m, const struct passage *passage, uint32_t phrase,
	   const struct sides *sides)
{
	const struct phrase *p = &m->rules->phrases[phrase].phrase;

	for (int turned = 0; turned < 2; turned++) {
		struct nearmiss miss = {.kind = NEARMISS_FAR, .phrase = phrase};
		struct match_hit first, second;

		if (!closest(sides, turned, &first, &second))
			continue;
		miss.distance = distance_of(passage, first.end, second.at);
		if (miss.distance <= p->distance)
			miss.kind = NEARMISS_ORDER;
		else if (turned && p->kind == PHRASE_PRE)
			continue;
		first.end = second.end;
		tell(m, passage, &miss, &first);
	}
}

/* Loose hits of one phrase are told of together: the sides of a near/ need each other. */
static int
by_phrase(const void *a, const void *b)
{
	const struct match_hit *left = a, *right = b;

	if (left->phrase != right->phrase)
		return left->phrase < right->phrase ? -1 : 1;
	return left->at < right->at ? -1 : left->at > right->at;
}

static int
tell_loose(struct nearmisses *m, const struct passage *passage, const struct match_hit *strict,
	   size_t strict_count, const struct match_hit *hits, size_t count)
{
	SCOPED(free) struct match_hit *sorted = calloc(count + 1, sizeof(*sorted));
	struct sides sides = {.counts = {0}};

	if (!sorted)
		return -1;
	if (count > 0)
		memcpy(sorted, hits, count * sizeof(*hits));
	qsort(sorted, count, sizeof(*sorted), by_phrase);
	for (size_t i = 0; i < count; i++) {
		const struct loosened_phrase *loose = loosened_at(m->loosened, sorted[i].phrase);
		const struct nearmiss miss = {.kind = loose->way == LOOSENED_CASE ? NEARMISS_CASE
										  : NEARMISS_WORD,
					      .phrase = loose->phrase};
		const struct loosened_phrase *next =
			i + 1 < count ? loosened_at(m->loosened, sorted[i + 1].phrase) : NULL;

		if (loose->way != LOOSENED_SIDE) {
			if (!is_met_there(loose->phrase, &sorted[i], strict, strict_count))
				tell(m, passage, &miss, &sorted[i]);
			continue;
		}
		if (sides.counts[loose->side] < SIDES_MAX)
			sides.hits[loose->side][sides.counts[loose->side]++] = sorted[i];
		if (next && next->way == LOOSENED_SIDE && next->phrase == loose->phrase)
			continue;
		if (!m->seen[loose->phrase].met)
			tell_apart(m, passage, loose->phrase, &sides);
		sides.counts[0] = sides.counts[1] = 0;
	}
	return 0;
}

static void
tell_expressions(struct nearmisses *m, const struct passage *passage)
{
	for (size_t i = 0; i < loosened_expression_count(m->loosened); i++) {
		const struct loosened_expression *e = loosened_expression(m->loosened, i);
		struct match_hit hit = {.phrase = e->phrase, .end = (uint32_t)passage->len};
		struct nearmiss miss = {.kind = NEARMISS_SLOW, .phrase = e->phrase};
		const char *at = e->literal ? strcasestr(passage->words, e->literal) : NULL;
		uint32_t begin, end;
		const int met = regex_find(e->regex, passage->words, passage->len, 0, &begin, &end);

		if (at) {
			hit.at = (uint32_t)(at - passage->words);
			hit.end = hit.at + (uint32_t)strlen(e->literal);
		}
		if (met > 0 || m->seen[e->phrase].met || (met == 0 && !at))
			continue;
		if (met == 0)
			miss.kind = hit.end > REGEX_TEXT_BYTES_MAX ? NEARMISS_DEEP : NEARMISS_REGEX;
		tell(m, passage, &miss, &hit);
	}
}

static int
read_passage(void *arg, const struct passage *passage, struct err *err)
{
	struct nearmisses *m = arg;
	const struct match_hit *strict, *loose;
	size_t strict_count, loose_count, stop = passage->len;

	for (size_t i = 0; i < m->rules->phrase_count; i++)
		m->seen[i].met = false;
	if (match_text(m->strict, passage->words, passage->len, &strict, &strict_count, err) < 0 ||
	    match_text(m->loose, passage->words, passage->len, &loose, &loose_count, err) < 0)
		return -1;
	if (covers_find(&m->covers, m->rules, strict, strict_count, &stop) < 0)
		return err_set(err, ERR_RETRY, "no memory for near misses");
	tell_overlooked(m, passage, strict, strict_count, stop);
	if (tell_loose(m, passage, strict, strict_count, loose, loose_count) < 0)
		return err_set(err, ERR_RETRY, "no memory for near misses");
	tell_expressions(m, passage);
	return 0;
}

static int
in_order(const void *a, const void *b)
{
	const struct nearmiss *left = a, *right = b;

	if (left->phrase != right->phrase)
		return left->phrase < right->phrase ? -1 : 1;
	return left->kind < right->kind ? -1 : left->kind > right->kind;
}

int
nearmisses_find(struct nearmisses *m, const struct item *item, struct arena *arena, struct err *err)
{
	size_t kept = 0;

	memset(m->seen, 0, (m->rules->phrase_count + 1) * sizeof(*m->seen));
	m->count = 0;
	m->arena = arena;
	if (passage_each(item, &m->text, read_passage, m, err) < 0)
		return -1;
	for (size_t i = 0; i < m->count; i++)
		if (!m->seen[m->found[i].phrase].counts)
			m->found[kept++] = m->found[i];
	m->count = kept;
	qsort(m->found, m->count, sizeof(m->found[0]), in_order);
	return arena_failed(arena, err);
}

const struct nearmiss *
nearmisses_found(const struct nearmisses *m, size_t *count_out)
{
	*count_out = m->count;
	return m->found;
}
