#include "classifier/tagger.h"

#include <string.h>

#include "classifier/text.h"
#include "common/utf8.h"

/* Bytes of the field at hand that a mask of the tag covers. */
struct cover {
	uint32_t tag, at, end;
};

/* What is known of a tag or phrase holds for one run: the one that has this number. */
struct tag_state {
	uint64_t run;
	uint32_t score; /* in scores */
};

struct phrase_state {
	uint64_t run;
	uint32_t evidence; /* in evidence + 1; 0: none counted */
	bool masked;       /* and that was noted */
};

/* How often a phrase was met, for the statistics. */
struct phrase_fired {
	uint64_t run; /* when last */
	uint64_t items;
};

/* The field at hand. */
struct field {
	const char *name;
	const char *words; /* what the matcher reads */
	size_t len;
	const struct text *text; /* the way back to the field; NULL: words are the field */
	size_t lead;             /* where the lead ends */
	enum rules_place first, rest;
};

struct tagger {
	const struct rules *rules;
	struct match_scan *scan;
	struct text text;
	struct tag_state *tags;
	struct phrase_state *phrases;
	struct phrase_fired *fired;
	uint64_t *publisher_run, *publisher_fired;
	uint64_t run;

	struct tagger_score *scores;
	size_t score_count, score_cap;
	struct tagger_evidence *evidence;
	size_t evidence_count, evidence_cap;
	struct cover *covers;
	size_t cover_count, cover_cap;

	struct arena *arena; /* of the run */
	bool failed;         /* no memory */
	struct {
		const char *field;
		const char *start;
	} publisher; /* the field that publishers_by_... reads */
};

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
	free(t->covers);
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

static struct tagger_score *
score_of(struct tagger *t, uint32_t tag)
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

static struct tagger_evidence *
evidence_add(struct tagger *t, const struct tagger_evidence *evidence)
{
	struct tagger_evidence *list;

	list = room(t, t->evidence, t->evidence_count, &t->evidence_cap, sizeof(*list));
	if (!list)
		return NULL;
	t->evidence = list;
	list[t->evidence_count] = *evidence;
	return &list[t->evidence_count++];
}

/* Masks. */

static int
by_place(const void *a, const void *b)
{
	const struct cover *left = a, *right = b;

	if (left->tag != right->tag)
		return left->tag < right->tag ? -1 : 1;
	return left->at < right->at ? -1 : left->at > right->at;
}

/* Collects what masks cover, sorted and without overlaps, so that a field full of masks costs
 * no more than n log n. Returns where a stop phrase ends the field. */
static size_t
find_covers(struct tagger *t, const struct field *field, const struct match_hit *hits, size_t count)
{
	size_t kept = 0, stop = field->len;

	t->cover_count = 0;
	for (size_t i = 0; i < count; i++) {
		const struct rules_phrase *phrase = &t->rules->phrases[hits[i].phrase];
		struct cover *covers;

		if (phrase->list == RULES_STOP && hits[i].at < stop)
			stop = hits[i].at;
		if (phrase->list != RULES_MASK)
			continue;
		covers = room(t, t->covers, t->cover_count, &t->cover_cap, sizeof(*covers));
		if (!covers)
			return stop;
		t->covers = covers;
		covers[t->cover_count++] = (struct cover){phrase->tag, hits[i].at, hits[i].end};
	}
	if (t->cover_count < 2)
		return stop;
	qsort(t->covers, t->cover_count, sizeof(*t->covers), by_place);
	for (size_t i = 1; i < t->cover_count; i++) {
		struct cover *last = &t->covers[kept], *cover = &t->covers[i];

		if (cover->tag != last->tag || cover->at > last->end)
			t->covers[++kept] = *cover;
		else if (cover->end > last->end)
			last->end = cover->end;
	}
	t->cover_count = kept + 1;
	return stop;
}

static bool
is_covered(const struct tagger *t, uint32_t tag, const struct match_hit *hit)
{
	size_t first = 0, last = t->cover_count;

	/* The first cover of the tag that ends behind the hit's begin. */
	while (first < last) {
		const size_t half = first + (last - first) / 2;
		const struct cover *cover = &t->covers[half];

		if (cover->tag < tag || (cover->tag == tag && cover->end <= hit->at))
			first = half + 1;
		else
			last = half;
	}
	return first < t->cover_count && t->covers[first].tag == tag &&
	       t->covers[first].at < hit->end;
}

/* Evidence. */

static struct tagger_evidence
evidence_of(const struct tagger *t, const struct field *field, const struct match_hit *hit,
	    enum tagger_verdict verdict)
{
	const struct rules_phrase *phrase = &t->rules->phrases[hit->phrase];
	const size_t len =
		utf8_cut(field->words + hit->at, hit->end - hit->at, TAGGER_TEXT_BYTES_MAX);

	return (struct tagger_evidence){
		.tag = phrase->tag,
		.verdict = verdict,
		.rule = phrase->phrase.source,
		.file = phrase->file,
		.line = phrase->line,
		.field = field->name,
		.text = arena_strndup(t->arena, field->words + hit->at, len),
		.at = (int64_t)(field->text ? text_origin(field->text, hit->at) : hit->at),
	};
}

/* A phrase counts once, where it weighs most. */
static void
count(struct tagger *t, const struct field *field, const struct match_hit *hit)
{
	const struct rules_phrase *phrase = &t->rules->phrases[hit->phrase];
	const enum rules_place place = hit->at < field->lead ? field->first : field->rest;
	const double weight = t->rules->tags[phrase->tag].weights[phrase->list][place];
	struct phrase_state *state = &t->phrases[hit->phrase];
	struct tagger_evidence *counted, evidence;
	struct tagger_score *score;

	if (state->run != t->run)
		*state = (struct phrase_state){.run = t->run};
	counted = state->evidence ? &t->evidence[state->evidence - 1] : NULL;
	if (counted && counted->weight >= weight)
		return;
	if (is_covered(t, phrase->tag, hit) || is_covered(t, RULES_EVERY, hit)) {
		if (!state->masked && !counted && score_of(t, phrase->tag)) {
			evidence = evidence_of(t, field, hit, TAGGER_MASKED);
			(void)evidence_add(t, &evidence);
		}
		state->masked = true;
		return;
	}
	score = score_of(t, phrase->tag);
	if (!score)
		return;
	evidence = evidence_of(t, field, hit, TAGGER_COUNTED);
	evidence.weight = weight;
	score->score += weight - (counted ? counted->weight : 0);
	if (counted) {
		*counted = evidence;
	} else if (evidence_add(t, &evidence)) {
		state->evidence = (uint32_t)t->evidence_count;
	}
}

static void
veto(struct tagger *t, const struct field *field, const struct match_hit *hit)
{
	const struct rules_phrase *phrase = &t->rules->phrases[hit->phrase];
	const struct tagger_evidence evidence = evidence_of(t, field, hit, TAGGER_VETO);
	struct tagger_score *score;

	if (is_covered(t, phrase->tag, hit) || is_covered(t, RULES_EVERY, hit))
		return;
	score = score_of(t, phrase->tag);
	if (!score || score->vetoed)
		return;
	score->vetoed = true;
	(void)evidence_add(t, &evidence);
}

static int
read_field(struct tagger *t, const struct field *field, struct err *err)
{
	const struct match_hit *hits;
	size_t hit_count, stop;

	if (match_text(t->scan, field->words, field->len, &hits, &hit_count, err) < 0)
		return err_in(err, "%s", field->name);
	if (hit_count == 0)
		return 0;
	stop = find_covers(t, field, hits, hit_count);
	for (size_t i = 0; i < hit_count; i++) {
		const enum rules_list list = t->rules->phrases[hits[i].phrase].list;
		struct phrase_fired *fired = &t->fired[hits[i].phrase];

		fired->items += fired->run != t->run;
		fired->run = t->run;
		if (hits[i].at >= stop)
			continue;
		if (list == RULES_ANY || list == RULES_TITLE)
			count(t, field, &hits[i]);
		else if (list == RULES_NONE && field->first == RULES_IN_TITLE)
			veto(t, field, &hits[i]);
	}
	return 0;
}

static int
read_plain(struct tagger *t, const char *name, const char *s, enum rules_place place,
	   struct err *err)
{
	const struct field field = {
		.name = name, .words = s, .len = s ? strlen(s) : 0, .first = place, .rest = place};

	return s ? read_field(t, &field, err) : 0;
}

static int
read_html(struct tagger *t, const char *name, const char *s, enum rules_place rest, struct err *err)
{
	struct field field = {.name = name, .text = &t->text, .first = RULES_IN_LEAD, .rest = rest};

	if (!s)
		return 0;
	if (text_from_html(&t->text, s, strlen(s), err) < 0)
		return err_in(err, "%s", name);
	field.words = buf_str(&t->text.plain);
	field.len = t->text.plain.len;
	field.lead = text_lead(field.words, field.len, RULES_LEAD_CHARACTERS);
	return read_field(t, &field, err);
}

/* Publishers. */

static void
from_found(void *arg, uint32_t number, const char *text, size_t len)
{
	struct tagger *t = arg;
	const struct rules_publisher *publisher = &t->rules->publishers[number];
	const struct tagger_evidence evidence = {
		.tag = publisher->tag,
		.weight = t->rules->tags[publisher->tag].from_weight,
		.rule = publisher->source,
		.file = publisher->file,
		.line = publisher->line,
		.field = t->publisher.field,
		.text = arena_strndup(t->arena, text, utf8_cut(text, len, TAGGER_TEXT_BYTES_MAX)),
		.at = text - t->publisher.start,
	};
	struct tagger_score *score = score_of(t, publisher->tag);

	t->publisher_fired[number] += t->publisher_run[number] != t->run;
	t->publisher_run[number] = t->run;
	/* A feed's URL, link and title name one publisher: they count once. */
	for (size_t i = 0; i < t->evidence_count; i++)
		if (t->evidence[i].tag == publisher->tag)
			return;
	if (!score)
		return;
	score->score += evidence.weight;
	(void)evidence_add(t, &evidence);
}

static void
read_said(struct tagger *t, enum publishers_kind kind, const char *field, const char *said)
{
	t->publisher.field = field;
	t->publisher.start = said;
	if (said)
		publishers_by(t->rules->from, kind, said, from_found, t);
}

static void
read_publishers(struct tagger *t, const struct item *item)
{
	const struct {
		const char *field, *url;
	} urls[] = {
		{"feed", item->feed.link},
		{"feed", item->feed.url},
		{"source", item->source.url},
		{"url", item->url},
	};
	const struct {
		const char *field, *title;
	} titles[] = {
		{"feed", item->feed.title},
		{"source", item->source.title},
	};

	if (t->rules->publisher_count == 0)
		return;
	for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
		t->publisher.field = urls[i].field;
		t->publisher.start = urls[i].url;
		if (urls[i].url)
			publishers_by_url(t->rules->from, urls[i].url, from_found, t);
	}
	for (size_t i = 0; i < sizeof(titles) / sizeof(titles[0]); i++) {
		t->publisher.field = titles[i].field;
		t->publisher.start = titles[i].title;
		if (titles[i].title)
			publishers_by_title(t->rules->from, titles[i].title, from_found, t);
	}
	read_said(t, PUBLISHERS_FEED, "feed", item->feed.url);
	read_said(t, PUBLISHERS_FEED, "feed", item->feed.id);
	read_said(t, PUBLISHERS_FOLDER, "folder", item->feed.folder);
	read_said(t, PUBLISHERS_LANGUAGE, "language",
		  item->language ? item->language : item->feed.language);
	for (size_t i = 0; i < item->category_count; i++)
		read_said(t, PUBLISHERS_CATEGORY, "category", item->categories[i]);
}

/* Tags. */

/* Gives the tags above this one, with its score, and theirs. */
static void
give_parents(struct tagger *t, uint32_t tag)
{
	const struct rules_tag *child = &t->rules->tags[tag];

	for (size_t i = 0; i < child->parents.count; i++) {
		const struct tagger_evidence evidence = {
			.tag = child->parents.tags[i],
			.rule = "under",
			.file = child->file,
			.line = child->line,
			.field = "tag",
			.text = child->name,
		};
		struct tagger_score *score = score_of(t, child->parents.tags[i]);
		const double least = t->scores[t->tags[tag].score].score;
		bool known;

		if (!score || score->vetoed)
			continue;
		known = score->given;
		score->given = true;
		if (score->score < least)
			score->score = least;
		if (!known && evidence_add(t, &evidence))
			give_parents(t, child->parents.tags[i]);
	}
}

static bool
has(const struct tagger *t, uint32_t tag)
{
	return t->tags[tag].run == t->run && t->scores[t->tags[tag].score].given;
}

static size_t
has_of(const struct tagger *t, const struct rules_names *names)
{
	size_t count = 0;

	for (size_t i = 0; i < names->count; i++)
		count += has(t, names->tags[i]);
	return count;
}

/* Each tag that the item has speaks for the set, with the highest of their scores. */
static void
speak_for(struct tagger *t, uint32_t set, const char *rule, const struct rules_names *names)
{
	for (size_t i = 0; i < names->count; i++) {
		const struct tagger_evidence evidence = {
			.tag = set,
			.rule = rule,
			.file = t->rules->tags[set].file,
			.line = t->rules->tags[set].line,
			.field = "tag",
			.text = t->rules->tags[names->tags[i]].name,
		};
		struct tagger_score *score = score_of(t, set);

		if (!score || !has(t, names->tags[i]))
			continue;
		if (score->score < t->scores[t->tags[names->tags[i]].score].score)
			score->score = t->scores[t->tags[names->tags[i]].score].score;
		(void)evidence_add(t, &evidence);
	}
}

static void
give_set(struct tagger *t, uint32_t number)
{
	const struct rules_tag *set = &t->rules->tags[number];
	struct tagger_score *score;

	if (has_of(t, &set->all) < set->all.count || has_of(t, &set->none) > 0 ||
	    (set->any.count > 0 && has_of(t, &set->any) == 0))
		return;
	speak_for(t, number, "all", &set->all);
	speak_for(t, number, "any", &set->any);
	score = score_of(t, number);
	if (!score)
		return;
	score->given = true;
	give_parents(t, number);
}

static void
give(struct tagger *t)
{
	const size_t own = t->score_count;

	for (size_t i = 0; i < own; i++) {
		struct tagger_score *score = &t->scores[i];

		score->given = !score->vetoed && score->score > 0 &&
			       score->score >= t->rules->tags[score->tag].threshold;
	}
	for (size_t i = 0; i < own; i++)
		if (t->scores[i].given)
			give_parents(t, t->scores[i].tag);
	for (size_t i = 0; t->rules->set_count > 0 && i < t->rules->tag_count; i++)
		if (t->rules->tags[i].is_set)
			give_set(t, (uint32_t)i);
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
	t->score_count = t->evidence_count = 0;
	t->failed = false;
	read_publishers(t, item);
	if (read_plain(t, "title", item->title, RULES_IN_TITLE, err) < 0)
		return -1;
	for (size_t i = 0; i < item->category_count; i++)
		if (read_plain(t, "category", item->categories[i], RULES_IN_CATEGORY, err) < 0)
			return -1;
	if (read_html(t, "summary", item->summary, RULES_IN_REST, err) < 0 ||
	    read_html(t, "content", item->content, RULES_IN_BODY, err) < 0)
		return -1;
	give(t);
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
tagger_phrase_items(const struct tagger *t, size_t phrase)
{
	return t->fired[phrase].items;
}

uint64_t
tagger_publisher_items(const struct tagger *t, size_t publisher)
{
	return t->publisher_fired[publisher];
}

uint64_t
tagger_items(const struct tagger *t)
{
	return t->run;
}
