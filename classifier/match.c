#include "classifier/match.h"

#include <stdlib.h>
#include <string.h>

#include "classifier/lexicon.h"
#include "classifier/regex.h"
#include "classifier/trie.h"
#include "classifier/words.h"

/* An output of the trie is a whole phrase, or one side of others. */
static const uint32_t IS_SIDE = (uint32_t)1 << 31;

/* A side of near/ or pre/; phrases that spell it alike share it. */
struct side {
	const char *source;
	uint32_t join, join_count; /* in joins: those that it may complete */
};

/* When the side at hand is met, `other` must have been met before, at most distance words ago. */
struct join {
	uint32_t side, other;
	uint32_t distance;
	uint32_t phrase;
};

struct pattern {
	struct regex *regex;
	uint32_t phrase;
};

struct match {
	struct lexicon *lexicon;
	struct trie *trie;
	struct side *sides;
	size_t side_count;
	struct join *joins;
	size_t join_count;
	struct pattern *patterns;
	size_t pattern_count;
};

/* A phrase half read. */
struct state {
	uint64_t kin; /* of the node */
	uint32_t node, at, place;
};

/* A side that was met. */
struct met {
	uint32_t at, end;
	uint32_t last_place;
	uint32_t before; /* the one met before + 1, of the same side */
};

struct list {
	void *items;
	size_t count, cap;
};

struct match_scan {
	const struct match *match;
	struct list hits;      /* struct match_hit */
	struct list met;       /* struct met */
	struct list states[2]; /* struct state: present, next */
	uint64_t wanted;       /* the kin of the present ones */
	uint32_t *latest;      /* by side: in met + 1 */
	struct list touched;   /* uint32_t: sides whose latest is set */
	uint64_t *limited;     /* by pattern */
	uint32_t newly;        /* limited: pattern + 1 */
	bool failed;
};

/* Building. */

struct builder {
	struct match *match;
	struct trie_row *rows;
	uint32_t *symbols;
	uint64_t *kin;
	size_t row_count, symbol_count, row_room, symbol_room;
	uint32_t *side_numbers; /* two a phrase */
	uint32_t beginnings;
};

static void
count_side(const struct phrase_side *side, struct builder *b)
{
	b->row_room += side->count;
	for (size_t i = 0; i < side->count; i++)
		b->symbol_room += side->variants[i].count;
}

/* Words that begin a side have the lowest numbers: trie_new wants them without a gap. */
static bool
number_beginnings(struct builder *b, const struct phrase_side *side)
{
	for (size_t i = 0; i < side->count; i++)
		if (!lexicon_add(b->match->lexicon, &side->variants[i].elements[0]))
			return false;
	return true;
}

static bool
add_side(struct builder *b, const struct phrase_side *side, uint32_t output)
{
	for (size_t i = 0; i < side->count; i++) {
		const struct phrase_variant *variant = &side->variants[i];
		uint32_t *symbols = b->symbols + b->symbol_count;
		uint64_t *kin = b->kin + b->symbol_count;

		for (size_t k = 0; k < variant->count; k++) {
			symbols[k] = lexicon_add(b->match->lexicon, &variant->elements[k]);
			if (!symbols[k])
				return false;
			kin[k] = lexicon_kin(b->match->lexicon, symbols[k]);
		}
		b->symbol_count += variant->count;
		b->rows[b->row_count++] = (struct trie_row){.symbols = symbols,
							    .kin = kin,
							    .len = (uint32_t)variant->count,
							    .output = output};
	}
	return true;
}

struct named_side {
	const struct phrase_side *side;
	uint32_t *number;
};

static int
by_source(const void *a, const void *b)
{
	const struct named_side *left = a, *right = b;

	return strcmp(left->side->source, right->side->source);
}

/* Numbers the sides, equal ones alike, and puts each into the trie's rows once. */
static bool
number_sides(struct builder *b, const struct phrase *const *phrases, size_t count)
{
	SCOPED(free) struct named_side *named = calloc(2 * count + 1, sizeof(*named));
	struct match *match = b->match;
	size_t n = 0;

	b->side_numbers = calloc(2 * count + 1, sizeof(*b->side_numbers));
	match->sides = calloc(2 * count + 1, sizeof(*match->sides));
	if (!named || !b->side_numbers || !match->sides)
		return false;
	for (size_t i = 0; i < count; i++) {
		if (phrases[i]->kind != PHRASE_NEAR && phrases[i]->kind != PHRASE_PRE)
			continue;
		for (size_t k = 0; k < 2; k++)
			named[n++] = (struct named_side){&phrases[i]->sides[k],
							 &b->side_numbers[2 * i + k]};
	}
	qsort(named, n, sizeof(*named), by_source);
	for (size_t i = 0; i < n; i++) {
		if (i == 0 || by_source(&named[i - 1], &named[i]) != 0) {
			const uint32_t number = (uint32_t)match->side_count++;

			if (!add_side(b, named[i].side, number | IS_SIDE))
				return false;
		}
		*named[i].number = (uint32_t)match->side_count - 1;
	}
	return true;
}

static int
by_side(const void *a, const void *b)
{
	const struct join *left = a, *right = b;

	if (left->side != right->side)
		return left->side < right->side ? -1 : 1;
	return left->phrase < right->phrase ? -1 : left->phrase > right->phrase;
}

static bool
add_joins(struct builder *b, const struct phrase *const *phrases, size_t count)
{
	struct match *match = b->match;
	struct join *joins = calloc(2 * count + 1, sizeof(*joins));
	size_t n = 0;

	match->joins = joins;
	if (!joins)
		return false;
	for (size_t i = 0; i < count; i++) {
		const uint32_t left = b->side_numbers[2 * i], right = b->side_numbers[2 * i + 1];
		const uint32_t distance = phrases[i]->distance;

		if (phrases[i]->kind != PHRASE_NEAR && phrases[i]->kind != PHRASE_PRE)
			continue;
		joins[n++] = (struct join){right, left, distance, (uint32_t)i};
		if (phrases[i]->kind == PHRASE_NEAR && left != right)
			joins[n++] = (struct join){left, right, distance, (uint32_t)i};
	}
	match->join_count = n;
	qsort(joins, n, sizeof(*joins), by_side);
	for (size_t i = 0; i < n; i++) {
		struct side *side = &match->sides[joins[i].side];

		if (side->join_count++ == 0)
			side->join = (uint32_t)i;
	}
	return true;
}

static int
add_patterns(struct match *match, const struct phrase *const *phrases, size_t count,
	     size_t *bad_out, struct err *err)
{
	for (size_t i = 0; i < count; i++)
		match->pattern_count += phrases[i]->kind == PHRASE_REGEX;
	match->patterns = calloc(match->pattern_count + 1, sizeof(*match->patterns));
	match->pattern_count = 0;
	if (!match->patterns)
		return err_sys(err, "phrases");
	for (size_t i = 0; i < count; i++) {
		struct pattern *pattern = &match->patterns[match->pattern_count];

		if (phrases[i]->kind != PHRASE_REGEX)
			continue;
		*bad_out = i;
		pattern->phrase = (uint32_t)i;
		pattern->regex = regex_new(phrases[i]->regex, phrases[i]->caseless, err);
		if (!pattern->regex)
			return -1;
		match->pattern_count++;
	}
	return 0;
}

static bool
add_phrases(struct match *match, const struct phrase *const *phrases, size_t count)
{
	struct builder b = {.match = match};
	bool made;

	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < 2; k++)
			count_side(&phrases[i]->sides[k], &b);
	b.rows = calloc(b.row_room + 1, sizeof(*b.rows));
	b.symbols = calloc(b.symbol_room + 1, sizeof(*b.symbols));
	b.kin = calloc(b.symbol_room + 1, sizeof(*b.kin));
	match->lexicon = lexicon_new();
	made = b.rows && b.symbols && b.kin && match->lexicon;
	for (size_t i = 0; made && i < 2 * count; i++)
		made = number_beginnings(&b, &phrases[i / 2]->sides[i % 2]);
	b.beginnings = made ? lexicon_count(match->lexicon) : 0;
	made = made && number_sides(&b, phrases, count) && add_joins(&b, phrases, count);
	for (size_t i = 0; made && i < count; i++)
		if (phrases[i]->kind == PHRASE_PLAIN)
			made = add_side(&b, &phrases[i]->sides[0], (uint32_t)i);
	if (made) {
		lexicon_seal(match->lexicon, b.beginnings);
		match->trie = trie_new(b.rows, b.row_count);
	}
	free(b.rows);
	free(b.symbols);
	free(b.kin);
	free(b.side_numbers);
	return made && match->trie;
}

struct match *
match_new(const struct phrase *const *phrases, size_t count, size_t *bad_out, struct err *err)
{
	SCOPED(match_free) struct match *match = calloc(1, sizeof(*match));

	if (!match || !add_phrases(match, phrases, count)) {
		(void)err_sys(err, "phrases");
		return NULL;
	}
	if (add_patterns(match, phrases, count, bad_out, err) < 0)
		return NULL;
	for (size_t i = 0; i < match->side_count; i++)
		match->sides[i].source = NULL; /* borrowed from the phrases */
	return TAKE(match);
}

void
match_free(struct match *match)
{
	if (!match)
		return;
	lexicon_free(match->lexicon);
	trie_free(match->trie);
	free(match->sides);
	free(match->joins);
	for (size_t i = 0; i < match->pattern_count; i++)
		regex_free(match->patterns[i].regex);
	free(match->patterns);
	free(match);
}

size_t
match_bytes(const struct match *match)
{
	return sizeof(*match) + lexicon_bytes(match->lexicon) + trie_bytes(match->trie) +
	       match->side_count * sizeof(*match->sides) +
	       match->join_count * sizeof(*match->joins);
}

/* Scanning. */

struct match_scan *
match_scan_new(const struct match *match)
{
	SCOPED(match_scan_free) struct match_scan *scan = calloc(1, sizeof(*scan));

	if (!scan)
		return NULL;
	scan->match = match;
	scan->latest = calloc(match->side_count + 1, sizeof(*scan->latest));
	scan->limited = calloc(match->pattern_count + 1, sizeof(*scan->limited));
	return scan->latest && scan->limited ? TAKE(scan) : NULL;
}

void
match_scan_free(struct match_scan *scan)
{
	if (!scan)
		return;
	free(scan->hits.items);
	free(scan->met.items);
	free(scan->states[0].items);
	free(scan->states[1].items);
	free(scan->touched.items);
	free(scan->latest);
	free(scan->limited);
	free(scan);
}

uint64_t
match_limited(const struct match_scan *scan, uint32_t phrase)
{
	const struct pattern *patterns = scan->match->patterns;
	size_t first = 0, last = scan->match->pattern_count;

	while (first < last) {
		const size_t half = first + (last - first) / 2;

		if (patterns[half].phrase < phrase)
			first = half + 1;
		else
			last = half;
	}
	return first < scan->match->pattern_count && patterns[first].phrase == phrase
		       ? scan->limited[first]
		       : 0;
}

bool
match_newly_limited(struct match_scan *scan, uint32_t *phrase_out)
{
	if (scan->newly == 0)
		return false;
	*phrase_out = scan->match->patterns[scan->newly - 1].phrase;
	scan->newly = 0;
	return true;
}

static bool
has_room(struct match_scan *scan, struct list *list, size_t size)
{
	const size_t cap = list->cap ? list->cap * 2 : 32;
	void *grown;

	if (list->count < list->cap)
		return true;
	grown = reallocarray(list->items, cap, size);
	if (!grown) {
		scan->failed = true;
		return false;
	}
	list->items = grown;
	list->cap = cap;
	return true;
}

static void
add_hit(struct match_scan *scan, uint32_t phrase, uint32_t at, uint32_t end)
{
	if (has_room(scan, &scan->hits, sizeof(struct match_hit)))
		((struct match_hit *)scan->hits.items)[scan->hits.count++] =
			(struct match_hit){phrase, at, end};
}

static void
add_state(struct match_scan *scan, struct list *states, struct state state)
{
	if (has_room(scan, states, sizeof(state)))
		((struct state *)states->items)[states->count++] = state;
}

/* Joins the side that was just met (from byte at, word place, on) with the closest meeting of
 * the other before it. Meetings are chained by falling end, so few are looked at: those that
 * overlap this one, and one more. */
static void
join(struct match_scan *scan, const struct join *join, uint32_t at, uint32_t place, uint32_t end)
{
	const struct met *met = scan->met.items, *best = NULL;

	for (uint32_t i = scan->latest[join->other]; i; i = met[i - 1].before) {
		const struct met *other = &met[i - 1];

		if (best && other->end < best->end)
			break;
		if (other->end <= at && (!best || other->at > best->at))
			best = other;
	}
	if (best && place - best->last_place <= join->distance)
		add_hit(scan, join->phrase, best->at, end);
}

static void
meet_side(struct match_scan *scan, uint32_t number, const struct state *state,
	  const struct words_element *element)
{
	const struct side *side = &scan->match->sides[number];
	const struct met met = {.at = state->at,
				.end = element->end,
				.last_place = element->place,
				.before = scan->latest[number]};

	for (uint32_t i = 0; i < side->join_count; i++)
		join(scan, &scan->match->joins[side->join + i], state->at, state->place,
		     element->end);
	if (!has_room(scan, &scan->met, sizeof(met)) ||
	    !has_room(scan, &scan->touched, sizeof(uint32_t)))
		return;
	((struct met *)scan->met.items)[scan->met.count++] = met;
	if (!met.before)
		((uint32_t *)scan->touched.items)[scan->touched.count++] = number;
	scan->latest[number] = (uint32_t)scan->met.count;
}

/* A state for the next element; what ends here is met. */
static void
arrive(struct match_scan *scan, struct state state, const struct words_element *element)
{
	const struct trie *trie = scan->match->trie;
	const uint32_t *outputs;
	const uint32_t output_count = trie_outputs(trie, state.node, &outputs);

	for (uint32_t i = 0; i < output_count; i++) {
		const uint32_t output = outputs[i];

		if (output & IS_SIDE)
			meet_side(scan, output & ~IS_SIDE, &state, element);
		else
			add_hit(scan, output, state.at, element->end);
	}
	state.kin = trie->nodes[state.node].kin;
	if (state.kin)
		add_state(scan, &scan->states[1], state);
	scan->wanted |= state.kin;
}

static void
step(struct match_scan *scan, const struct words_element *element, const uint32_t *symbols,
     size_t count, uint64_t kin)
{
	const struct trie *trie = scan->match->trie;
	struct list *present = &scan->states[0], *next = &scan->states[1], swap;

	next->count = 0;
	scan->wanted = 0;
	for (size_t i = 0; i < present->count; i++) {
		struct state state = ((const struct state *)present->items)[i];
		const uint32_t node = state.node;

		if (!(state.kin & kin))
			continue;
		for (size_t k = 0; k < count; k++) {
			state.node = trie_next(trie, node, symbols[k]);
			if (state.node)
				arrive(scan, state, element);
		}
	}
	for (size_t k = 0; k < count; k++) {
		const uint32_t node = trie_first(trie, symbols[k]);

		if (node)
			arrive(scan, (struct state){0, node, element->at, element->place}, element);
	}
	swap = *present;
	*present = *next;
	*next = swap;
}

static void
forget(struct match_scan *scan)
{
	for (size_t i = 0; i < scan->touched.count; i++)
		scan->latest[((const uint32_t *)scan->touched.items)[i]] = 0;
	scan->touched.count = 0;
	scan->met.count = 0;
	scan->hits.count = 0;
	scan->states[0].count = 0;
	scan->wanted = 0;
	scan->failed = false;
}

static void
search(struct match_scan *scan, const char *text, size_t len)
{
	for (size_t i = 0; i < scan->match->pattern_count; i++) {
		const struct pattern *pattern = &scan->match->patterns[i];
		uint32_t at, end = 0;
		int found;

		while ((found = regex_find(pattern->regex, text, len, end, &at, &end)) > 0)
			add_hit(scan, pattern->phrase, at, end);
		if (found < 0)
			if (scan->limited[i]++ == 0)
				scan->newly = (uint32_t)i + 1;
	}
}

int
match_text(struct match_scan *scan, const char *text, size_t len, const struct match_hit **hits_out,
	   size_t *count_out, struct err *err)
{
	uint32_t symbols[LEXICON_SYMBOLS_MAX];
	struct words_element element;
	struct words words;
	uint64_t kin;

	if (len > MATCH_TEXT_BYTES_MAX)
		return err_set(err, ERR_REJECT, "a text of over %d bytes", MATCH_TEXT_BYTES_MAX);
	forget(scan);
	words_of(&words, text, len);
	while (words_next(&words, &element)) {
		const size_t count =
			lexicon_find(scan->match->lexicon, &element, scan->wanted, symbols, &kin);

		if (count > 0)
			step(scan, &element, symbols, count, kin);
		else
			scan->states[0].count = scan->wanted = 0;
	}
	search(scan, text, len);
	if (scan->failed)
		return err_set(err, ERR_RETRY, "no memory for the phrases of a text");
	*hits_out = scan->hits.items;
	*count_out = scan->hits.count;
	return 0;
}
