#include "classifier/loosened.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/ascii.h"

enum { ARENA_BYTES_MAX = 512 * 1024 * 1024, WAYS_MAX = 3 /* of a phrase */, LITERAL_MIN = 3 };

struct loosened {
	struct arena *arena;
	struct loosened_phrase *at;
	struct phrase *phrases;
	const struct phrase **list;
	size_t count;
	struct match *match;
	struct loosened_expression *expressions;
	size_t expression_count;
};

typedef void loosen(struct phrase_element *elements, size_t count);

static void
in_any_case(struct phrase_element *elements, size_t count)
{
	for (size_t i = 0; i < count; i++)
		elements[i].exact = false;
}

static void
last_goes_on(struct phrase_element *elements, size_t count)
{
	if (elements[count - 1].kind == PHRASE_WORD)
		elements[count - 1].kind = PHRASE_PREFIX;
}

static int
copy_side(struct loosened *l, const struct phrase_side *side, loosen *change,
	  struct phrase_side *out)
{
	struct phrase_variant *variants = arena_array(l->arena, side->count, sizeof(*variants));

	for (size_t i = 0; variants && i < side->count; i++) {
		const struct phrase_variant *v = &side->variants[i];
		struct phrase_element *elements =
			arena_array(l->arena, v->count, sizeof(*elements));

		if (!elements)
			return -1;
		memcpy(elements, v->elements, v->count * sizeof(*elements));
		change(elements, v->count);
		variants[i] = (struct phrase_variant){elements, v->count};
	}
	*out = (struct phrase_side){side->source, variants, side->count};
	return variants ? 0 : -1;
}

static struct phrase *
add(struct loosened *l, uint32_t phrase, enum loosened_way way, uint32_t side)
{
	l->at[l->count] = (struct loosened_phrase){phrase, way, side};
	l->list[l->count] = &l->phrases[l->count];
	return &l->phrases[l->count++];
}

/* A copy of the phrase with each side's variants changed. */
static int
add_changed(struct loosened *l, uint32_t number, const struct phrase *p, enum loosened_way way,
	    loosen *change)
{
	struct phrase *copy = add(l, number, way, 0);

	*copy = *p;
	for (size_t i = 0; i < 2; i++)
		if (p->sides[i].count > 0 &&
		    copy_side(l, &p->sides[i], change, &copy->sides[i]) < 0)
			return -1;
	return 0;
}

static bool
has_exact(const struct phrase *p)
{
	for (size_t i = 0; i < 2; i++)
		for (size_t k = 0; k < p->sides[i].count; k++) {
			const struct phrase_variant *v = &p->sides[i].variants[k];

			for (size_t n = 0; n < v->count; n++)
				if (v->elements[n].exact)
					return true;
		}
	return false;
}

static int
add_phrase(struct loosened *l, uint32_t number, const struct phrase *p)
{
	if (has_exact(p) && add_changed(l, number, p, LOOSENED_CASE, in_any_case) < 0)
		return -1;
	if (p->kind == PHRASE_PLAIN)
		return add_changed(l, number, p, LOOSENED_WORD, last_goes_on);
	for (uint32_t i = 0; i < 2; i++)
		*add(l, number, LOOSENED_SIDE, i) = (struct phrase){
			.source = p->sides[i].source, .kind = PHRASE_PLAIN, .sides = {p->sides[i]}};
	return 0;
}

/* Regular expressions. */

/* Behind a bracket expression, a group's name or a quantifier in braces. */
static const char *
skip_to(const char *s, const char *end, char closer)
{
	for (s++; s < end && *s != closer; s++)
		if (*s == '\\' && s + 1 < end)
			s++;
	return s < end ? s + 1 : end;
}

/* The longest run of letters and digits that nothing makes optional. */
static const char *
longest_literal(const char *pattern, struct arena *arena)
{
	const char *s = pattern, *end = s + strlen(s), *best = s;
	size_t best_len = 0;

	while (s < end) {
		const char *start = s;
		size_t len;

		if (*s == '\\') {
			s += s + 1 < end ? 2 : 1;
			continue;
		}
		if (*s == '[' || *s == '{') {
			s = skip_to(s, end, *s == '[' ? ']' : '}');
			continue;
		}
		while (s < end &&
		       (ascii_is_alpha((unsigned char)*s) || ascii_is_digit((unsigned char)*s)))
			s++;
		len = (size_t)(s - start);
		if (len > 0 && s < end && strchr("?*{", *s))
			len--;
		if (len > best_len) {
			best = start;
			best_len = len;
		}
		if (s == start)
			s++;
	}
	return best_len >= LITERAL_MIN ? arena_strndup(arena, best, best_len) : NULL;
}

static int
add_expression(struct loosened *l, uint32_t number, const struct phrase *p, struct err *err)
{
	struct loosened_expression *e = &l->expressions[l->expression_count];

	e->phrase = number;
	e->literal = longest_literal(p->regex, l->arena);
	e->regex = regex_new(p->regex, p->caseless, err);
	if (!e->regex)
		return -1;
	l->expression_count++;
	return 0;
}

/* The whole. */

static int
add_all(struct loosened *l, const struct rules *rules, struct err *err)
{
	for (size_t i = 0; i < rules->phrase_count; i++) {
		const struct rules_phrase *p = &rules->phrases[i];

		if (p->list != RULES_ANY && p->list != RULES_TITLE)
			continue;
		if (p->phrase.kind == PHRASE_REGEX) {
			if (add_expression(l, (uint32_t)i, &p->phrase, err) < 0)
				return -1;
		} else if (add_phrase(l, (uint32_t)i, &p->phrase) < 0) {
			return arena_failed(l->arena, err);
		}
	}
	return 0;
}

struct loosened *
loosened_new(const struct rules *rules, struct err *err)
{
	const size_t most = rules->phrase_count * WAYS_MAX + 1;
	SCOPED(loosened_free) struct loosened *l = calloc(1, sizeof(*l));
	size_t bad;

	if (l) {
		l->arena = arena_new(ARENA_BYTES_MAX);
		l->at = calloc(most, sizeof(*l->at));
		l->phrases = calloc(most, sizeof(*l->phrases));
		l->list = calloc(most, sizeof(*l->list));
		l->expressions = calloc(most, sizeof(*l->expressions));
	}
	if (!l || !l->arena || !l->at || !l->phrases || !l->list || !l->expressions) {
		(void)err_sys(err, "near misses");
		return NULL;
	}
	if (add_all(l, rules, err) < 0)
		return NULL;
	l->match = match_new(l->list, l->count, &bad, err);
	return l->match ? TAKE(l) : NULL;
}

void
loosened_free(struct loosened *l)
{
	if (!l)
		return;
	for (size_t i = 0; i < l->expression_count; i++)
		regex_free(l->expressions[i].regex);
	match_free(l->match);
	arena_free(l->arena);
	free(l->at);
	free(l->phrases);
	free(l->list);
	free(l->expressions);
	free(l);
}

const struct match *
loosened_match(const struct loosened *l)
{
	return l->match;
}

const struct loosened_phrase *
loosened_at(const struct loosened *l, size_t i)
{
	return &l->at[i];
}

size_t
loosened_expression_count(const struct loosened *l)
{
	return l->expression_count;
}

const struct loosened_expression *
loosened_expression(const struct loosened *l, size_t i)
{
	return &l->expressions[i];
}
