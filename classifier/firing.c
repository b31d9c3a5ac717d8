#include "classifier/firing.h"

void
firing_each(const struct rules *rules, const struct tagger *tagger,
	    void (*each)(void *arg, const struct firing *firing), void *arg)
{
	for (size_t i = 0; i < rules->phrase_count; i++) {
		const struct rules_phrase *phrase = &rules->phrases[i];
		const struct firing firing = {
			.tag = phrase->tag == RULES_EVERY ? "every" : rules->tags[phrase->tag].name,
			.list = rules_list_name(phrase->list),
			.rule = phrase->phrase.source,
			.file = phrase->file,
			.line = phrase->line,
			.items = tagger_phrase_items(tagger, i),
		};

		each(arg, &firing);
	}
	for (size_t i = 0; i < rules->publisher_count; i++) {
		const struct rules_publisher *publisher = &rules->publishers[i];
		const struct firing firing = {
			.tag = rules->tags[publisher->tag].name,
			.list = rules_publisher_name(publisher->kind),
			.rule = publisher->source,
			.file = publisher->file,
			.line = publisher->line,
			.items = tagger_publisher_items(tagger, i),
		};

		each(arg, &firing);
	}
}

static void
put_object(void *arg, const struct firing *firing)
{
	struct json *j = arg;

	json_object(j);
	json_member_int(j, "items", (int64_t)firing->items);
	json_member(j, "tag", firing->tag);
	json_member(j, "list", firing->list);
	json_member(j, "rule", firing->rule);
	json_member(j, "file", firing->file);
	json_member_int(j, "line", firing->line);
	json_close(j);
}

void
firing_json(const struct rules *rules, const struct tagger *tagger, struct json *j)
{
	firing_each(rules, tagger, put_object, j);
}

static void
put_row(void *arg, const struct firing *firing)
{
	(void)buf_addf(arg, NULL, "%8llu  %-14s %-8s %s  %s:%d\n",
		       (unsigned long long)firing->items, firing->tag, firing->list, firing->rule,
		       firing->file, firing->line);
}

void
firing_table(const struct rules *rules, const struct tagger *tagger, struct buf *out)
{
	(void)buf_addf(out, NULL, "%llu items\n", (unsigned long long)tagger_items(tagger));
	firing_each(rules, tagger, put_row, out);
}
