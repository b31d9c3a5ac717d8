#include <stdlib.h>
#include <string.h>

#include "classifier/passage.h"
#include "classifier/tagger_inside.h"
#include "common/utf8.h"

struct tagger *
tagger_new(const struct rules *rules, struct err *err)
{
	SCOPED(tagger_free) struct tagger *t = calloc(1, sizeof(*t));

	if (t) {
		t->rules = rules;
		t->text = text_init();
		t->scan = match_scan_new(rules->match);
		t->tags = calloc(rules->tag_count + 1, sizeof(*t->tags));
		t->phrases = calloc(rules->phrase_count + 1, sizeof(*t->phrases));
		t->fired = calloc(rules->phrase_count + 1, sizeof(*t->fired));
		t->publisher_run = calloc(rules->publisher_count + 1, sizeof(uint64_t));
		t->publisher_fired = calloc(rules->publisher_count + 1, sizeof(uint64_t));
	}
	if (!t || !t->scan || !t->tags || !t->phrases || !t->fired || !t->publisher_run ||
	    !t->publisher_fired) {
		(void)err_sys(err, "tagger");
		return NULL;
	}
	return TAKE(t);
}

void
tagger_free(struct tagger *t)
{
	if (!t)
		return;
	match_scan_free(t->scan);
	text_done(&t->text);
	free(t->tags);
	free(t->phrases);
	free(t->fired);
	free(t->publisher_run);
	free(t->publisher_fired);
	free(t->scores);
	free(t->evidence);
	covers_done(&t->covers);
	free(t);
}

/* Room for one more; NULL without memory, which sticks. */
static void *
room(struct tagger *t, void *array, size_t count, size_t *cap, size_t size)
{
	const size_t wanted = *cap ? *cap * 2 : 32;
	void *grown;

	if (count < *cap)
		return array;
	grown = reallocarray(array, wanted, size);
	if (grown)
		*cap = wanted;
	else
		t->failed = true;
	return grown;
}

struct tagger_score *
tagger_score_of(struct tagger *t, uint32_t tag)
{
	struct tag_state *state = &t->tags[tag];
	struct tagger_score *scores;

	if (state->run == t->run)
		return &t->scores[state->score];
	scores = room(t, t->scores, t->score_count, &t->score_cap, sizeof(*scores));
	if (!scores)
		return NULL;
	t->scores = scores;
	scores[t->score_count] = (struct tagger_score){.tag = tag};
	*state = (struct tag_state){.run = t->run, .score = (uint32_t)t->score_count};
	return &scores[t->score_count++];
}

struct tagger_evidence *
tagger_add_evidence(struct tagger *t, const struct tagger_evidence *evidence)
{
	struct tagger_evidence *list;

	list = room(t, t->evidence, t->evidence_count, &t->evidence_cap, sizeof(*list));
	if (!list)
		return NULL;
	t->evidence = list;
	list[t->evidence_count] = *evidence;
	return &list[t->evidence_count++];
}

/* Evidence. */

static struct tagger_evidence
evidence_of(const struct tagger *t, const struct passage *passage, const struct match_hit *hit,
	    enum tagger_verdict verdict)
{
	const struct rules_phrase *phrase = &t->rules->phrases[hit->phrase];
	const size_t len =
		utf8_cut(passage->words + hit->at, hit->end - hit->at, TAGGER_TEXT_BYTES_MAX);

	return (struct tagger_evidence){
		.tag = phrase->tag,
		.verdict = verdict,
		.rule = phrase->phrase.source,
		.file = phrase->file,
		.line = phrase->line,
		.field = passage->name,
		.text = arena_strndup(t->arena, passage->words + hit->at, len),
		.at = passage_origin(passage, hit->at),
	};
}

/* A phrase counts once, where it weighs most. */
static void
count(struct tagger *t, const struct passage *passage, const struct match_hit *hit)
{
	const struct rules_phrase *phrase = &t->rules->phrases[hit->phrase];
	const enum rules_place place = passage_place(passage, hit->at);
	const double weight = t->rules->tags[phrase->tag].weights[phrase->list][place];
	struct phrase_state *state = &t->phrases[hit->phrase];
	struct tagger_evidence *counted, evidence;
	struct tagger_score *score;

	if (state->run != t->run)
		*state = (struct phrase_state){.run = t->run};
	counted = state->evidence ? &t->evidence[state->evidence - 1] : NULL;
	if (counted && counted->weight >= weight)
		return;
	if (covers_hide(&t->covers, phrase->tag, hit)) {
		if (!state->masked && !counted && tagger_score_of(t, phrase->tag)) {
			evidence = evidence_of(t, passage, hit, TAGGER_MASKED);
			(void)tagger_add_evidence(t, &evidence);
		}
		state->masked = true;
		return;
	}
	score = tagger_score_of(t, phrase->tag);
	if (!score)
		return;
	evidence = evidence_of(t, passage, hit, TAGGER_COUNTED);
	evidence.weight = weight;
	score->score += weight - (counted ? counted->weight : 0);
	if (counted) {
		*counted = evidence;
	} else if (tagger_add_evidence(t, &evidence)) {
		state->evidence = (uint32_t)t->evidence_count;
	}
}

static void
veto(struct tagger *t, const struct passage *passage, const struct match_hit *hit)
{
	const struct rules_phrase *phrase = &t->rules->phrases[hit->phrase];
	const struct tagger_evidence evidence = evidence_of(t, passage, hit, TAGGER_VETO);
	struct tagger_score *score;

	if (covers_hide(&t->covers, phrase->tag, hit))
		return;
	score = tagger_score_of(t, phrase->tag);
	if (!score || score->vetoed)
		return;
	score->vetoed = true;
	(void)tagger_add_evidence(t, &evidence);
}

static int
read_passage(void *arg, const struct passage *passage, struct err *err)
{
	struct tagger *t = arg;
	const struct match_hit *hits;
	size_t hit_count, stop = passage->len;

	if (match_text(t->scan, passage->words, passage->len, &hits, &hit_count, err) < 0)
		return -1;
	if (hit_count == 0)
		return 0;
	t->failed |= covers_find(&t->covers, t->rules, hits, hit_count, &stop) < 0;
	for (size_t i = 0; i < hit_count; i++) {
		const enum rules_list list = t->rules->phrases[hits[i].phrase].list;
		struct phrase_fired *fired = &t->fired[hits[i].phrase];

		fired->items += !t->quiet && fired->run != t->run;
		fired->run = t->run;
		if (hits[i].at >= stop)
			continue;
		if (list == RULES_ANY || list == RULES_TITLE)
			count(t, passage, &hits[i]);
		else if (list == RULES_NONE && passage->first == RULES_IN_TITLE)
			veto(t, passage, &hits[i]);
	}
	return 0;
}

static int
by_score(const void *a, const void *b)
{
	const struct tagger_score *left = a, *right = b;

	if (left->given != right->given)
		return left->given ? -1 : 1;
	if (left->score < right->score || left->score > right->score)
		return left->score > right->score ? -1 : 1;
	return left->tag < right->tag ? -1 : left->tag > right->tag;
}

static int
collect(struct tagger *t, const struct item_tag **tags_out, size_t *count_out, struct err *err)
{
	size_t given = 0;
	struct item_tag *tags;

	if (t->score_count > 1)
		qsort(t->scores, t->score_count, sizeof(*t->scores), by_score);
	while (given < t->score_count && given < ITEM_LIST_MAX && t->scores[given].given)
		given++;
	tags = arena_array(t->arena, given, sizeof(*tags));
	for (size_t i = 0; tags && i < given; i++) {
		struct item_why *why = arena_array(t->arena, ITEM_WHY_MAX, sizeof(*why));
		size_t n = 0;

		for (size_t k = 0; why && k < t->evidence_count && n < ITEM_WHY_MAX; k++) {
			const struct tagger_evidence *evidence = &t->evidence[k];

			if (evidence->tag == t->scores[i].tag &&
			    evidence->verdict == TAGGER_COUNTED)
				why[n++] = (struct item_why){evidence->rule, evidence->field,
							     evidence->text, evidence->at};
		}
		tags[i] = (struct item_tag){.tag = t->rules->tags[t->scores[i].tag].name,
					    .score = t->scores[i].score,
					    .why = why,
					    .why_count = n};
	}
	if (arena_failed(t->arena, err) < 0)
		return err_in(err, "tags");
	*tags_out = tags;
	*count_out = given;
	return 0;
}

int
tagger_run(struct tagger *t, const struct item *item, struct arena *arena,
	   const struct item_tag **tags_out, size_t *count_out, struct err *err)
{
	t->arena = arena;
	t->run++;
	t->items += !t->quiet;
	t->score_count = t->evidence_count = 0;
	t->failed = false;
	tagger_read_publishers(t, item);
	if (passage_each(item, &t->text, read_passage, t, err) < 0)
		return -1;
	tagger_give(t);
	if (t->failed)
		return err_set(err, ERR_RETRY, "no memory for an item's tags");
	return collect(t, tags_out, count_out, err);
}

const struct tagger_score *
tagger_scores(const struct tagger *t, size_t *count_out)
{
	*count_out = t->score_count;
	return t->scores;
}

const struct tagger_evidence *
tagger_evidence(const struct tagger *t, size_t *count_out)
{
	*count_out = t->evidence_count;
	return t->evidence;
}

uint64_t
tagger_items(const struct tagger *t)
{
	return t->items;
}

uint64_t
tagger_phrase_items(const struct tagger *t, size_t phrase)
{
	return t->fired[phrase].items;
}

uint64_t
tagger_publisher_items(const struct tagger *t, size_t publisher)
{
	return t->publisher_fired[publisher];
}

void
tagger_quiet(struct tagger *t, bool quiet)
{
	t->quiet = quiet;
}

void
tagger_carry(struct tagger *t, uint64_t items)
{
	t->items += items;
}

void
tagger_carry_phrase(struct tagger *t, size_t phrase, uint64_t items)
{
	t->fired[phrase].items += items;
}

void
tagger_carry_publisher(struct tagger *t, size_t publisher, uint64_t items)
{
	t->publisher_fired[publisher] += items;
}

uint64_t
tagger_gave_up(const struct tagger *t, uint32_t phrase)
{
	return match_limited(t->scan, phrase);
}

bool
tagger_newly_gave_up(struct tagger *t, uint32_t *phrase_out)
{
	return match_newly_limited(t->scan, phrase_out);
}
