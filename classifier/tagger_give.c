/* The part of the tagger that decides: by score, under other tags, as sets of tags. */
#include "classifier/tagger_inside.h"

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
		struct tagger_score *score = tagger_score_of(t, child->parents.tags[i]);
		const double least = t->scores[t->tags[tag].score].score;
		bool known;

		if (!score || score->vetoed)
			continue;
		known = score->given;
		score->given = true;
		if (score->score < least)
			score->score = least;
		if (!known && tagger_add_evidence(t, &evidence))
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
		struct tagger_score *score = tagger_score_of(t, set);

		if (!score || !has(t, names->tags[i]))
			continue;
		if (score->score < t->scores[t->tags[names->tags[i]].score].score)
			score->score = t->scores[t->tags[names->tags[i]].score].score;
		(void)tagger_add_evidence(t, &evidence);
	}
}

/* A set of nothing but none: the tags that the item lacks are the reason. */
static void
speak_for_lack(struct tagger *t, uint32_t number)
{
	const struct rules_tag *set = &t->rules->tags[number];
	const char *names = "";

	for (size_t i = 0; names && i < set->none.count; i++)
		names = arena_printf(t->arena, "%s%s%s", names, i > 0 ? " " : "",
				     t->rules->tags[set->none.tags[i]].name);
	if (names && tagger_score_of(t, number)) {
		const struct tagger_evidence evidence = {.tag = number,
							 .rule = "none",
							 .file = set->file,
							 .line = set->line,
							 .field = "tag",
							 .text = names};

		(void)tagger_add_evidence(t, &evidence);
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
	if (set->all.count + set->any.count == 0)
		speak_for_lack(t, number);
	score = tagger_score_of(t, number);
	if (!score)
		return;
	score->given = true;
	give_parents(t, number);
}

void
tagger_give(struct tagger *t)
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
