#include "classifier/rules.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

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

struct loader {
	struct rules *rules;
	struct rules_tag every; /* defaults as [every] changes them */
	size_t phrase_cap, publisher_cap;
	struct err *err;
};

/* The kinds of sections. */
enum section { EVERY = 1, TAG = 2, SET = 4 };

/* A key of a section: read with one of its values, or all. */
struct key {
	const char *name;
	unsigned where; /* of enum section */
	int (*read)(struct loader *l, uint32_t tag, const struct config_value *value,
		    enum rules_list list);
	enum rules_list list;
};

static int
wrong(struct loader *l, const struct config_value *value)
{
	return err_in(l->err, "%s:%d", value->file, value->line);
}

static struct rules_tag *
tag_at(struct loader *l, uint32_t tag)
{
	return tag == RULES_EVERY ? &l->every : &l->rules->tags[tag];
}

/* Room for one more in an array that the arena cannot grow. */
static void *
room(void *array, size_t count, size_t *cap, size_t size)
{
	const size_t wanted = *cap ? *cap * 2 : 256;
	void *grown;

	if (count < *cap)
		return array;
	grown = reallocarray(array, wanted, size);
	if (grown)
		*cap = wanted;
	return grown;
}

/* The keys. */

static int
read_phrase(struct loader *l, uint32_t tag, const struct config_value *value, enum rules_list list)
{
	struct rules *rules = l->rules;
	struct rules_phrase *phrases, *phrase;

	phrases = room(rules->phrases, rules->phrase_count, &l->phrase_cap, sizeof(*phrases));
	if (!phrases)
		return err_sys(l->err, "rules");
	rules->phrases = phrases;
	phrase = &phrases[rules->phrase_count];
	*phrase = (struct rules_phrase){
		.list = list, .tag = tag, .file = value->file, .line = value->line};
	if (phrase_parse(value->text, rules->arena, &phrase->phrase, l->err) < 0) {
		(void)err_in(l->err, "phrase '%.100s'", value->text);
		return wrong(l, value);
	}
	rules->phrase_count++;
	return 0;
}

static int
read_publisher(struct loader *l, uint32_t tag, const struct config_value *value,
	       enum publishers_kind kind)
{
	struct rules *rules = l->rules;
	struct rules_publisher *rows;

	rows = room(rules->publishers, rules->publisher_count, &l->publisher_cap, sizeof(*rows));
	if (!rows)
		return err_sys(l->err, "rules");
	rules->publishers = rows;
	if (publishers_add(rules->from, kind, value->text, (uint32_t)rules->publisher_count,
			   l->err) < 0) {
		(void)err_in(l->err, "%s '%.100s'", rules_publisher_name(kind), value->text);
		return wrong(l, value);
	}
	rows[rules->publisher_count++] =
		(struct rules_publisher){value->text, tag, kind, value->file, value->line};
	return 0;
}

static int
read_from(struct loader *l, uint32_t tag, const struct config_value *value, enum rules_list list)
{
	(void)list;
	return read_publisher(l, tag, value, PUBLISHERS_FROM);
}

static int
read_feed(struct loader *l, uint32_t tag, const struct config_value *value, enum rules_list list)
{
	(void)list;
	return read_publisher(l, tag, value, PUBLISHERS_FEED);
}

static int
read_folder(struct loader *l, uint32_t tag, const struct config_value *value, enum rules_list list)
{
	(void)list;
	return read_publisher(l, tag, value, PUBLISHERS_FOLDER);
}

static int
read_category(struct loader *l, uint32_t tag, const struct config_value *value,
	      enum rules_list list)
{
	(void)list;
	return read_publisher(l, tag, value, PUBLISHERS_CATEGORY);
}

static int
read_language(struct loader *l, uint32_t tag, const struct config_value *value,
	      enum rules_list list)
{
	(void)list;
	return read_publisher(l, tag, value, PUBLISHERS_LANGUAGE);
}

/* A number that is not negative at *s, which moves behind it and the blanks there. */
static bool
read_number(const char **s, double *out)
{
	char *end;
	const double number = strtod(*s, &end);

	if (end == *s || !isfinite(number) || number < 0 || number > 1000000 ||
	    (*end && !isspace((unsigned char)*end)))
		return false;
	while (isspace((unsigned char)*end))
		end++;
	*s = end;
	*out = number;
	return true;
}

static int
read_threshold(struct loader *l, uint32_t tag, const struct config_value *value,
	       enum rules_list list)
{
	const char *s = value->text;

	(void)list;
	if (read_number(&s, &tag_at(l, tag)->threshold) && *s == '\0')
		return 0;
	(void)err_set(l->err, ERR_USAGE, "threshold '%.40s': a number from 0 to 1000000 is allowed",
		      value->text);
	return wrong(l, value);
}

/* The weight that "title", "lead", ... names; NULL where there is none. */
static double *
weight_at(struct rules_tag *tag, enum rules_list list, const char *name, size_t len)
{
	if (list == RULES_ANY && len == 4 && strncmp(name, "from", len) == 0)
		return &tag->from_weight;
	for (size_t i = 0; i < RULES_PLACES; i++)
		if (strlen(place_names[i]) == len && strncmp(name, place_names[i], len) == 0)
			return &tag->weights[list][i];
	return NULL;
}

static int
read_weights(struct loader *l, uint32_t tag, const struct config_value *value, enum rules_list list)
{
	const char *s = value->text;

	while (*s) {
		const size_t len = strcspn(s, " \t");
		double *weight = weight_at(tag_at(l, tag), list, s, len);

		s += len + strspn(s + len, " \t");
		if (!weight || !read_number(&s, weight)) {
			(void)err_set(l->err, ERR_USAGE,
				      "weights '%.80s': pairs of title, lead, rest, body, "
				      "category%s and a number are allowed",
				      value->text, list == RULES_ANY ? ", from" : "");
			return wrong(l, value);
		}
	}
	return 0;
}

/* "title || summary || feed" into its parts. */
static const char *
next_part(struct arena *arena, const char **s)
{
	const char *start = *s + strspn(*s, " \t"), *end = strstr(start, "||");

	if (end) {
		*s = end + 2;
	} else {
		end = start + strlen(start);
		*s = end;
	}
	while (end > start && isspace((unsigned char)end[-1]))
		end--;
	return end > start ? arena_strndup(arena, start, (size_t)(end - start)) : NULL;
}

/* The text behind "folder:" and the like; NULL: the part does not begin with that. */
static const char *
said(const char *part, const char *what)
{
	const size_t len = strlen(what);

	if (strncmp(part, what, len) != 0 || part[len] != ':')
		return NULL;
	return part + len + 1 + strspn(part + len + 1, " \t");
}

static struct rules_test
read_test(struct arena *arena, const struct config_value *value, bool must)
{
	struct rules_test test = {
		.source = value->text, .must = must, .file = value->file, .line = value->line};
	const char **const places[] = {&test.title, &test.summary, &test.feed};
	const struct {
		const char *what, **text;
	} named[] = {{"folder", &test.folder},
		     {"category", &test.category},
		     {"language", &test.language}};
	const char *s = value->text;
	size_t place = 0;

	while (*s) {
		const char *part = next_part(arena, &s), *text = NULL;

		for (size_t i = 0; part && !text && i < sizeof(named) / sizeof(named[0]); i++) {
			text = said(part, named[i].what);
			if (text)
				*named[i].text = text;
		}
		if (!text && place < sizeof(places) / sizeof(places[0]))
			*places[place++] = part;
	}
	return test;
}

static void
read_tests(struct loader *l, struct rules_tag *tag, struct config_list list, bool must)
{
	struct rules_test *tests =
		arena_array(l->rules->arena, tag->test_count + list.count, sizeof(*tests));

	if (!tests)
		return; /* the arena's fault sticks */
	if (tag->test_count > 0)
		memcpy(tests, tag->tests, tag->test_count * sizeof(*tests));
	for (size_t i = 0; i < list.count; i++)
		tests[tag->test_count++] = read_test(l->rules->arena, &list.values[i], must);
	tag->tests = tests;
}

static const struct key keys[] = {
	/* name, sections, reader, list */
	{"any", TAG, read_phrase, RULES_ANY},
	{"title", TAG, read_phrase, RULES_TITLE},
	{"none", TAG, read_phrase, RULES_NONE},
	{"mask", EVERY | TAG, read_phrase, RULES_MASK},
	{"stop", EVERY, read_phrase, RULES_STOP},
	{"from", TAG, read_from, RULES_ANY},
	{"feed", TAG, read_feed, RULES_ANY},
	{"folder", TAG, read_folder, RULES_ANY},
	{"category", TAG, read_category, RULES_ANY},
	{"language", TAG, read_language, RULES_ANY},
	{"threshold", EVERY | TAG, read_threshold, RULES_ANY},
	{"weights", EVERY | TAG, read_weights, RULES_ANY},
	{"title-weights", EVERY | TAG, read_weights, RULES_TITLE},
	{"all", SET, NULL, RULES_ANY},
	{"any", SET, NULL, RULES_ANY},
	{"none", SET, NULL, RULES_ANY},
	{"under", TAG | SET, NULL, RULES_ANY},
	{"must", TAG | SET, NULL, RULES_ANY},
	{"must-not", TAG | SET, NULL, RULES_ANY},
};

static const struct key *
key_find(const char *name, enum section where)
{
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (strcmp(keys[i].name, name) == 0 && (keys[i].where & where))
			return &keys[i];
	return NULL;
}

static int
unknown_key(struct loader *l, const struct config_section *section, const char *name,
	    enum section where)
{
	const struct config_list values = config_values(l->rules->config, section, name);
	char known[200] = "";

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (keys[i].where & where) {
			(void)strncat(known, " ", sizeof(known) - strlen(known) - 1);
			(void)strncat(known, keys[i].name, sizeof(known) - strlen(known) - 1);
		}
	}
	return err_set(l->err, ERR_USAGE, "%s:%d: unknown key '%.60s' in [%s%s%.60s]; known:%s",
		       values.count > 0 ? values.values[0].file : section->file,
		       values.count > 0 ? values.values[0].line : section->line, name,
		       section->kind, *section->name ? " " : "", section->name, known);
}

static int
read_section(struct loader *l, const struct config_section *section, uint32_t tag)
{
	const struct config *config = l->rules->config;
	const enum section where = tag == RULES_EVERY ? EVERY : tag_at(l, tag)->is_set ? SET : TAG;
	const char *name;

	for (size_t i = 0; (name = config_key_at(config, section, i)); i++) {
		const struct key *key = key_find(name, where);
		const struct config_list list = config_values(config, section, name);

		if (!key)
			return unknown_key(l, section, name, where);
		for (size_t k = 0; key->read && k < list.count; k++)
			if (key->read(l, tag, &list.values[k], key->list) < 0)
				return -1;
	}
	if (where != EVERY) {
		read_tests(l, tag_at(l, tag), config_values(config, section, "must"), true);
		read_tests(l, tag_at(l, tag), config_values(config, section, "must-not"), false);
	}
	return 0;
}

/* Tags. */

static int
check_section(struct loader *l, const struct config_section *section)
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
read_names(struct loader *l, const struct config_section *section, const char *key,
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
				return wrong(l, &list.values[i]);
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
check_order(struct loader *l, uint32_t set, const struct rules_names *names)
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
read_set(struct loader *l, const struct config_section *section, uint32_t number)
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
add_tag(struct loader *l, const struct config_section *section)
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
	return read_section(l, section, (uint32_t)rules->tag_count++);
}

static int
read_tags(struct loader *l)
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
compile(struct loader *l)
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
	struct loader l = {.rules = rules, .every = defaults, .err = err};
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
	    (every && read_section(&l, every, RULES_EVERY) < 0) || read_tags(&l) < 0 ||
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
