/* The part of the tagger that reads where an item comes from. */
#include <string.h>

#include "classifier/tagger_inside.h"
#include "common/utf8.h"

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
	struct tagger_score *score = tagger_score_of(t, publisher->tag);

	t->publisher_fired[number] += !t->quiet && t->publisher_run[number] != t->run;
	t->publisher_run[number] = t->run;
	/* A feed's URL, link and title name one publisher: they count once. */
	for (size_t i = 0; i < t->evidence_count; i++)
		if (t->evidence[i].tag == publisher->tag)
			return;
	if (!score)
		return;
	score->score += evidence.weight;
	(void)tagger_add_evidence(t, &evidence);
}

static void
read_said(struct tagger *t, enum publishers_kind kind, const char *field, const char *said)
{
	t->publisher.field = field;
	t->publisher.start = said;
	if (said)
		publishers_by(t->rules->from, kind, said, from_found, t);
}

void
tagger_read_publishers(struct tagger *t, const struct item *item)
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
