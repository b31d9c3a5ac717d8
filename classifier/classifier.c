#include "classifier/classifier.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "classifier/check.h"
#include "classifier/rulesfile.h"
#include "common/clock.h"
#include "common/log.h"

/* Rules. */

struct rules *
classifier_rules(const struct config *config, const struct classifier_conf *conf, struct err *err)
{
	SCOPED(buf_done) struct buf path = buf_init(PATH_MAX);

	if (rulesfile_path(config_path(config), conf->rules, &path, err) < 0)
		return NULL;
	return check_load(buf_str(&path), err);
}

int
classifier_use_rules(struct classifier *c, const struct config *config,
		     const struct classifier_conf *conf, struct err *err)
{
	SCOPED(rules_free) struct rules *rules = classifier_rules(config, conf, err);
	SCOPED(tagger_free) struct tagger *tagger = rules ? tagger_new(rules, err) : NULL;
	uint64_t *given = tagger ? calloc(rules->tag_count + 1, sizeof(*given)) : NULL;

	if (!given)
		return tagger ? err_sys(err, "rules") : -1;
	if (c->firings && firingbook_take(c->firings, c->rules, c->tagger, err) < 0) {
		free(given);
		return -1;
	}
	for (size_t i = 0; c->rules && i < c->rules->tag_count; i++)
		for (size_t k = 0; k < rules->tag_count; k++)
			if (strcmp(c->rules->tags[i].name, rules->tags[k].name) == 0)
				given[k] = c->given[i];
	tagger_free(c->tagger);
	rules_free(c->rules);
	free(c->given);
	c->tagger = TAKE(tagger);
	c->rules = TAKE(rules);
	c->given = given;
	if (c->firings)
		firingbook_give(c->firings, c->rules, c->tagger);
	c->rules_at_s = clock_wall_s();
	return 0;
}

/* Items. */

static void
count_tags(struct classifier *c)
{
	size_t count;
	const struct tagger_score *scores = tagger_scores(c->tagger, &count);

	for (size_t i = 0; i < count && scores[i].given; i++)
		c->given[scores[i].tag]++;
}

/* Each expression once: the items go on without it. */
static void
log_given_up(struct classifier *c)
{
	uint32_t number;

	while (tagger_newly_gave_up(c->tagger, &number)) {
		const struct rules_phrase *phrase = &c->rules->phrases[number];

		log_event(LOG_WARNING, "expression_gave_up",
			  LOG_TEXT("rule", phrase->phrase.source), LOG_TEXT("file", phrase->file),
			  LOG_NUM("line", phrase->line));
	}
}

static void
tap(struct classifier *c, const struct item *item)
{
	struct json j = json_into(&c->scratch);

	buf_reset(&c->scratch);
	item_json(item, &j);
	if (buf_failed(&c->scratch, NULL) == 0)
		stage_tap(c->stage, buf_str(&c->scratch), c->scratch.len);
}

/* A revision stays in the story that the item was in at first. */
static int
set_story(struct classifier *c, struct item *item, struct err *err)
{
	struct story story = {.rank = 1};
	const int known = seen_story(outbox_seen(c->outbox), item, story.id, &story.rank, err);

	if (known < 0 ||
	    (known == 0 && stories_find(c->stories, item, clock_wall_s(), &story, err) < 0))
		return -1;
	c->joined += known == 0 && story.rank > 1;
	item->story = arena_strndup(c->arena, story.id, ITEM_ID_HEX);
	item->story_rank = story.rank;
	return arena_failed(c->arena, err);
}

int
classifier_take(struct classifier *c, struct item *item, bool *new_out, struct err *err)
{
	enum seen_verdict verdict;

	/* First, since most of what feeds show was there before. */
	if (seen_judge(outbox_seen(c->outbox), item, &verdict, err) < 0)
		return -1;
	*new_out = verdict == SEEN_NEW;
	if (verdict != SEEN_NEW) {
		c->known += verdict == SEEN_KNOWN;
		c->old += verdict == SEEN_OLD;
		return 0;
	}
	if (tagger_run(c->tagger, item, c->arena, &item->tags, &item->tag_count, err) < 0 ||
	    set_story(c, item, err) < 0 || outbox_put(c->outbox, item, NULL, err) < 0)
		return -1;
	count_tags(c);
	log_given_up(c);
	if (stage_tapped(c->stage))
		tap(c, item);
	return 0;
}

/* A disk that is full has room left for what makes room, and for nothing else. */
static int
save_counts(struct classifier *c, struct err *err)
{
	const int64_t now_ms = clock_mono_ms();

	if ((!c->draining && now_ms - c->counted_ms < CLASSIFIER_COUNT_EVERY_MS) ||
	    db_is_full(outbox_db(c->outbox)))
		return 0;
	c->counted_ms = now_ms;
	return firingbook_save(c->firings, c->rules, c->tagger, err);
}

int
classifier_commit(struct classifier *c, struct err *err)
{
	if (save_counts(c, err) < 0)
		return -1;
	if (sinks_save(c->sinks, err) < 0 || outbox_commit(c->outbox, err) < 0)
		return -1;
	sinks_committed(c->sinks);
	return 0;
}

int
classifier_commit_now(struct classifier *c, struct err *err)
{
	if (classifier_commit(c, err) == 0)
		return 0;
	c->lost = true;
	return -1;
}
