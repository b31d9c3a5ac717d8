#include <stdlib.h>
#include <string.h>

#include "classifier/rules_inside.h"

enum { RULES_ARENA_BYTES_MAX = 512 * 1024 * 1024 };

static const char *const list_names[RULES_LISTS] = {
	[RULES_ANY] = "any",   [RULES_TITLE] = "title", [RULES_NONE] = "none",
	[RULES_MASK] = "mask", [RULES_STOP] = "stop",
};

static const char *const publisher_names[PUBLISHERS_KINDS] = {
	[PUBLISHERS_FROM] = "from",         [PUBLISHERS_FEED] = "feed",
	[PUBLISHERS_FOLDER] = "folder",     [PUBLISHERS_CATEGORY] = "category",
	[PUBLISHERS_LANGUAGE] = "language",
};

static const char *const place_names[RULES_PLACES] = {
	[RULES_IN_TITLE] = "title", [RULES_IN_LEAD] = "lead",         [RULES_IN_REST] = "rest",
	[RULES_IN_BODY] = "body",   [RULES_IN_CATEGORY] = "category",
};

/* What a tag has unless [every] or the tag itself says otherwise. */
static const struct rules_tag defaults = {
	.threshold = 3,
	.weights = {[RULES_ANY] = {[RULES_IN_TITLE] = 4,
				   [RULES_IN_LEAD] = 3,
				   [RULES_IN_REST] = 1,
				   [RULES_IN_BODY] = 0.5,
				   [RULES_IN_CATEGORY] = 3},
		    [RULES_TITLE] =
			    {[RULES_IN_TITLE] = 4, [RULES_IN_LEAD] = 1, [RULES_IN_CATEGORY] = 1}},
	.from_weight = 4,
};

/* Tags. */

static int
check_section(struct rules_loader *l, const struct config_section *section)
{
	const size_t len = strlen(section->name);

	if (section->again_file)
		return err_set(
			l->err, ERR_USAGE, "%s:%d: [%s %.80s] stands a second time in this file",
			section->again_file, section->again_line, section->kind, section->name);
	if (len > 0 && len <= RULES_NAME_MAX && section->name[0] != '-' &&
	    strspn(section->name, "abcdefghijklmnopqrstuvwxyz0123456789-_.") == len)
		return 0;
	return err_set(l->err, ERR_USAGE,
		       "%s:%d: [%s %.80s]: a tag's name is 1 to %d of a-z 0-9 - _ . and begins "
		       "with no -",
		       section->file, section->line, section->kind, section->name, RULES_NAME_MAX);
}

static uint32_t
tag_number(const struct rules *rules, const char *name)
{
	for (size_t i = 0; i < rules->tag_count; i++)
		if (strcmp(rules->tags[i].name, name) == 0)
			return (uint32_t)i;
	return RULES_EVERY;
}

/* The tags that a key names, one or several a line. */
static int
read_names(struct rules_loader *l, const struct config_section *section, const char *key,
	   struct rules_names *out)
{
	const struct config_list list = config_values(l->rules->config, section, key);
	size_t count = 0, most = 0;
	uint32_t *tags;

	for (size_t i = 0; i < list.count; i++)
		most += strlen(list.values[i].text) / 2 + 1;
	tags = arena_array(l->rules->arena, most, sizeof(*tags));
	if (!tags)
		return arena_failed(l->rules->arena, l->err);
	for (size_t i = 0; i < list.count; i++) {
		const char *s = list.values[i].text;

		while (*s) {
			const size_t len = strcspn(s, " \t");
			const char *name = arena_strndup(l->rules->arena, s, len);
			const uint32_t tag = name ? tag_number(l->rules, name) : RULES_EVERY;

			if (tag == RULES_EVERY) {
				(void)err_set(l->err, ERR_USAGE,
					      "%s '%.60s': there is no [tag %.60s]", key,
					      name ? name : s, name ? name : s);
				return rules_wrong(l, &list.values[i]);
			}
			tags[count++] = tag;
			s += len + strspn(s + len, " \t");
		}
	}
	*out = (struct rules_names){tags, count};
	return 0;
}

/* A set is worked out from what stands before it, so that none can hang on itself. */
static int
check_order(struct rules_loader *l, uint32_t set, const struct rules_names *names)
{
	const struct rules_tag *tags = l->rules->tags;

	for (size_t i = 0; i < names->count; i++)
		if (tags[names->tags[i]].is_set && names->tags[i] >= set)
			return err_set(
				l->err, ERR_USAGE,
				"%s:%d: [set %s] names [set %s], which does not stand before it",
				tags[set].file, tags[set].line, tags[set].name,
				tags[names->tags[i]].name);
	return 0;
}

static int
read_set(struct rules_loader *l, const struct config_section *section, uint32_t number)
{
	struct rules_tag *set = &l->rules->tags[number];

	if (read_names(l, section, "all", &set->all) < 0 ||
	    read_names(l, section, "any", &set->any) < 0 ||
	    read_names(l, section, "none", &set->none) < 0 ||
	    check_order(l, number, &set->all) < 0 || check_order(l, number, &set->any) < 0 ||
	    check_order(l, number, &set->none) < 0)
		return -1;
	if (set->all.count + set->any.count + set->none.count == 0)
		return err_set(l->err, ERR_USAGE, "%s:%d: [set %s] names no tags: all, any or none",
			       set->file, set->line, set->name);
	l->rules->set_count++;
	return 0;
}

static int
add_tag(struct rules_loader *l, const struct config_section *section)
{
	struct rules *rules = l->rules;
	struct rules_tag *tag = &rules->tags[rules->tag_count];

	if (check_section(l, section) < 0)
		return -1;
	if (tag_number(rules, section->name) != RULES_EVERY)
		return err_set(l->err, ERR_USAGE, "%s:%d: there is a tag and a set called %.80s",
			       section->file, section->line, section->name);
	if (rules->tag_count == RULES_TAGS_MAX)
		return err_set(l->err, ERR_USAGE, "%s:%d: over %d tags", section->file,
			       section->line, RULES_TAGS_MAX);
	*tag = l->every;
	tag->name = section->name;
	tag->is_set = strcmp(section->kind, "set") == 0;
	tag->file = section->file;
	tag->line = section->line;
	return rules_read_section(l, section, (uint32_t)rules->tag_count++);
}

static int
read_tags(struct rules_loader *l)
{
	const struct config *config = l->rules->config;
	const size_t count = config_section_count(config);
	struct rules *rules = l->rules;

	rules->tags = arena_array(rules->arena, count + 1, sizeof(*rules->tags));
	if (!rules->tags)
		return arena_failed(rules->arena, l->err);
	for (size_t i = 0; i < count; i++) {
		const struct config_section *section = config_section_at(config, i);

		if (strcmp(section->kind, "every") != 0 && add_tag(l, section) < 0)
			return -1;
	}
	for (size_t i = 0; i < rules->tag_count; i++) {
		struct rules_tag *tag = &rules->tags[i];
		const struct config_section *section =
			config_section_find(config, tag->is_set ? "set" : "tag", tag->name);

		if (read_names(l, section, "under", &tag->parents) < 0 ||
		    (tag->is_set && read_set(l, section, (uint32_t)i) < 0))
			return -1;
	}
	return 0;
}

/* The whole. */

static int
compile(struct rules_loader *l)
{
	struct rules *rules = l->rules;
	const struct phrase **phrases =
		arena_array(rules->arena, rules->phrase_count, sizeof(*phrases));
	size_t bad = 0;

	if (!phrases)
		return arena_failed(rules->arena, l->err);
	for (size_t i = 0; i < rules->phrase_count; i++)
		phrases[i] = &rules->phrases[i].phrase;
	rules->match = match_new(phrases, rules->phrase_count, &bad, l->err);
	if (rules->match)
		return 0;
	if (l->err && l->err->kind == ERR_USAGE)
		return err_in(l->err, "%s:%d: phrase '%.100s'", rules->phrases[bad].file,
			      rules->phrases[bad].line, phrases[bad]->source);
	return -1;
}

/* Takes config, which may be NULL with err filled. */
static struct rules *
rules_of(struct config *config, struct err *err)
{
	static const char *const kinds[] = {"every", "tag", "set", NULL};
	SCOPED(rules_free) struct rules *rules = calloc(1, sizeof(*rules));
	struct rules_loader l = {.rules = rules, .every = defaults, .err = err};
	const struct config_section *every;

	if (!config || !rules) {
		config_free(config);
		if (config)
			(void)err_sys(err, "rules");
		return NULL;
	}
	rules->config = config;
	rules->arena = arena_new(RULES_ARENA_BYTES_MAX);
	rules->from = publishers_new();
	if (!rules->arena || !rules->from) {
		(void)err_sys(err, "rules");
		return NULL;
	}
	every = config_section_find(config, "every", "");
	if (config_check_kinds(config, kinds, err) < 0 ||
	    (every && rules_read_section(&l, every, RULES_EVERY) < 0) || read_tags(&l) < 0 ||
	    compile(&l) < 0 || arena_failed(rules->arena, err) < 0)
		return NULL;
	return TAKE(rules);
}

struct rules *
rules_load(const char *path, struct err *err)
{
	return rules_of(config_load(path, err), err);
}

struct rules *
rules_parse(const char *name, const char *text, size_t len, struct err *err)
{
	return rules_of(config_parse(name, text, len, err), err);
}

void
rules_free(struct rules *rules)
{
	if (!rules)
		return;
	match_free(rules->match);
	publishers_free(rules->from);
	free(rules->phrases);
	free(rules->publishers);
	arena_free(rules->arena);
	config_free(rules->config);
	free(rules);
}

const char *
rules_list_name(enum rules_list list)
{
	return list_names[list];
}

const char *
rules_place_name(enum rules_place place)
{
	return place_names[place];
}

const char *
rules_publisher_name(enum publishers_kind kind)
{
	return publisher_names[kind];
}
