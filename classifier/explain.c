#include "classifier/explain.h"

#include <string.h>

struct explaining {
	const struct rules *rules;
	const struct tagger_score *scores;
	const struct tagger_evidence *evidence;
	const struct nearmiss *misses;
	size_t score_count, evidence_count, miss_count;
	struct buf *out;
};

static const char *
base_name(const char *file)
{
	const char *slash = strrchr(file, '/');

	return slash ? slash + 1 : file;
}

static void
put_evidence(const struct explaining *e, uint32_t tag)
{
	for (size_t i = 0; i < e->evidence_count; i++) {
		const struct tagger_evidence *evidence = &e->evidence[i];

		/* What is masked is a near miss, and told there. */
		if (evidence->tag != tag || evidence->verdict == TAGGER_MASKED)
			continue;
		if (evidence->verdict == TAGGER_COUNTED)
			(void)buf_addf(e->out, NULL, "    %6.3g", evidence->weight);
		else
			(void)buf_addf(e->out, NULL, "    %6s", "veto");
		(void)buf_addf(e->out, NULL, "  %s@%lld '%s'  by '%s'  %s:%d\n", evidence->field,
			       (long long)evidence->at, evidence->text, evidence->rule,
			       base_name(evidence->file), evidence->line);
	}
}

/* Near misses. */

static void
put_other(const struct explaining *e, const struct nearmiss *miss)
{
	const struct rules_phrase *by = &e->rules->phrases[miss->by];

	(void)buf_addf(e->out, NULL, " '%s' %s:%d", by->phrase.source, base_name(by->file),
		       by->line);
}

static void
put_distance(const struct explaining *e, const struct nearmiss *miss)
{
	(void)buf_addf(e->out, NULL, " %u words apart, %u at most", miss->distance,
		       e->rules->phrases[miss->phrase].phrase.distance);
}

static const struct {
	const char *name, *why;
	void (*more)(const struct explaining *e, const struct nearmiss *miss);
} kinds[NEARMISS_KINDS] = {
	[NEARMISS_CASE] = {"case", "a word with a capital is met in that spelling only", NULL},
	[NEARMISS_WORD] = {"word", "a longer word; a star or (s) behind the phrase would meet it",
			   NULL},
	[NEARMISS_FAR] = {"far", "too far:", put_distance},
	[NEARMISS_ORDER] = {"order", "the other way round; near/ takes either", NULL},
	[NEARMISS_MASKED] = {"masked", "by the mask", put_other},
	[NEARMISS_STOP] = {"stop", "the text ended before it, at the stop", put_other},
	[NEARMISS_REGEX] = {"regex", "of the expression only this is there", NULL},
	[NEARMISS_DEEP] = {"deep", "only the beginning of a text is searched by expressions", NULL},
	[NEARMISS_SLOW] = {"slow", "the expression took too many steps and was given up", NULL},
};

static void
put_misses(const struct explaining *e, uint32_t tag)
{
	for (size_t i = 0; i < e->miss_count; i++) {
		const struct nearmiss *miss = &e->misses[i];
		const struct rules_phrase *phrase = &e->rules->phrases[miss->phrase];

		if (phrase->tag != tag)
			continue;
		(void)buf_addf(e->out, NULL, "    %6s  %s@%lld '%s'  by '%s'  %s:%d  (%s",
			       kinds[miss->kind].name, miss->field, (long long)miss->at, miss->text,
			       phrase->phrase.source, base_name(phrase->file), phrase->line,
			       kinds[miss->kind].why);
		if (kinds[miss->kind].more)
			kinds[miss->kind].more(e, miss);
		(void)buf_adds(e->out, ")\n", NULL);
	}
}

static bool
has_misses(const struct explaining *e, uint32_t tag)
{
	for (size_t i = 0; i < e->miss_count; i++)
		if (e->rules->phrases[e->misses[i].phrase].tag == tag)
			return true;
	return false;
}

/* Tags. */

static const struct tagger_score *
score_of(const struct explaining *e, uint32_t tag)
{
	for (size_t i = 0; i < e->score_count; i++)
		if (e->scores[i].tag == tag)
			return &e->scores[i];
	return NULL;
}

static bool
is_given(const struct explaining *e, uint32_t tag)
{
	const struct tagger_score *score = score_of(e, tag);

	return score && score->given;
}

static void
put_score(const struct explaining *e, uint32_t tag, const struct tagger_score *score)
{
	const char *verdict = !score || !(score->given || score->vetoed) ? "not given"
			      : score->given                             ? "given"
									 : "vetoed";

	(void)buf_addf(e->out, NULL, "  %s: %s, %.6g of %.6g\n", e->rules->tags[tag].name, verdict,
		       score ? score->score : 0, e->rules->tags[tag].threshold);
}

/* Sets that lack something, where the item has some of their tags. */

static size_t
count_given(const struct explaining *e, const struct rules_names *names)
{
	size_t count = 0;

	for (size_t i = 0; i < names->count; i++)
		count += is_given(e, names->tags[i]);
	return count;
}

static void
put_names(const struct explaining *e, const char *what, const struct rules_names *names, bool given)
{
	(void)buf_adds(e->out, what, NULL);
	for (size_t i = 0; i < names->count; i++)
		if (is_given(e, names->tags[i]) == given)
			(void)buf_addf(e->out, NULL, " %s", e->rules->tags[names->tags[i]].name);
}

static void
put_set(const struct explaining *e, const struct rules_tag *set)
{
	const size_t all = count_given(e, &set->all), any = count_given(e, &set->any);
	const size_t none = count_given(e, &set->none);

	if (all + any == 0)
		return;
	(void)buf_addf(e->out, NULL, "  %s: not given, a set %s:%d", set->name,
		       base_name(set->file), set->line);
	if (all < set->all.count)
		put_names(e, "; of all it lacks", &set->all, false);
	if (set->any.count > 0 && any == 0)
		put_names(e, "; of any it has none:", &set->any, false);
	if (none > 0)
		put_names(e, "; of none it has", &set->none, true);
	(void)buf_addc(e->out, '\n', NULL);
}

void
explain_item(const struct rules *rules, const struct tagger *tagger,
	     const struct nearmisses *misses, const struct item *item, struct buf *out)
{
	struct explaining e = {.rules = rules, .out = out};
	const size_t before = out->len;

	e.scores = tagger_scores(tagger, &e.score_count);
	e.evidence = tagger_evidence(tagger, &e.evidence_count);
	e.misses = nearmisses_found(misses, &e.miss_count);
	(void)buf_addf(out, NULL, "%s\n", item->title ? item->title : "(no title)");
	for (size_t i = 0; i < e.score_count; i++) {
		put_score(&e, e.scores[i].tag, &e.scores[i]);
		put_evidence(&e, e.scores[i].tag);
		put_misses(&e, e.scores[i].tag);
	}
	for (uint32_t tag = 0; tag < rules->tag_count; tag++) {
		if (rules->tags[tag].is_set && !is_given(&e, tag))
			put_set(&e, &rules->tags[tag]);
		if (score_of(&e, tag) || !has_misses(&e, tag))
			continue;
		put_score(&e, tag, NULL);
		put_misses(&e, tag);
	}
	if (e.score_count + e.miss_count == 0 && out->len > before)
		(void)buf_adds(out, "  no phrase of any tag was met\n", NULL);
}
