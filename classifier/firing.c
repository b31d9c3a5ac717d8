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
			.gave_up = tagger_gave_up(tagger, (uint32_t)i),
			.is_phrase = true,
			.number = i,
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
			.number = i,
		};

		each(arg, &firing);
	}
}

struct putting {
	struct json *j;
	const char *since;
};

static void
put_object(void *arg, const struct firing *firing)
{
	const struct putting *putting = arg;
	struct json *j = putting->j;

	json_object(j);
	json_member_int(j, "items", (int64_t)firing->items);
	json_member(j, "tag", firing->tag);
	json_member(j, "list", firing->list);
	json_member(j, "rule", firing->rule);
	json_member(j, "file", firing->file);
	json_member_int(j, "line", firing->line);
	if (firing->gave_up > 0)
		json_member_int(j, "gave_up", (int64_t)firing->gave_up);
	json_member(j, "since", putting->since);
	json_close(j);
}

void
firing_json(const struct rules *rules, const struct tagger *tagger, const char *since,
	    struct json *j)
{
	struct putting putting = {j, since};

	firing_each(rules, tagger, put_object, &putting);
}

static void
put_row(void *arg, const struct firing *firing)
{
	(void)buf_addf(arg, NULL, "%8llu  %-14s %-8s %s  %s:%d", (unsigned long long)firing->items,
		       firing->tag, firing->list, firing->rule, firing->file, firing->line);
	if (firing->gave_up > 0)
		(void)buf_addf(arg, NULL, "  gave up %llu times",
			       (unsigned long long)firing->gave_up);
	(void)buf_addc(arg, '\n', NULL);
}

void
firing_table(const struct rules *rules, const struct tagger *tagger, struct buf *out)
{
	(void)buf_addf(out, NULL, "%llu items\n", (unsigned long long)tagger_items(tagger));
	firing_each(rules, tagger, put_row, out);
}
