/* The part of the reader of rules that reads keys: a row each. */
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "classifier/rules_inside.h"

/* The kinds of sections. */
enum section { EVERY = 1, TAG = 2, SET = 4 };

/* A key of a section: read with one of its values, or all. */
struct key {
	const char *name;
	unsigned where; /* of enum section */
	int (*read)(struct rules_loader *l, uint32_t tag, const struct config_value *value,
		    enum rules_list list);
	enum rules_list list;
};

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

static int
read_phrase(struct rules_loader *l, uint32_t tag, const struct config_value *value,
	    enum rules_list list)
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
		return rules_wrong(l, value);
	}
	rules->phrase_count++;
	return 0;
}

static int
read_publisher(struct rules_loader *l, uint32_t tag, const struct config_value *value,
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
		return rules_wrong(l, value);
	}
	rows[rules->publisher_count++] =
		(struct rules_publisher){value->text, tag, kind, value->file, value->line};
	return 0;
}

static int
read_from(struct rules_loader *l, uint32_t tag, const struct config_value *value,
	  enum rules_list list)
{
	(void)list;
	return read_publisher(l, tag, value, PUBLISHERS_FROM);
}

static int
read_feed(struct rules_loader *l, uint32_t tag, const struct config_value *value,
	  enum rules_list list)
{
	(void)list;
	return read_publisher(l, tag, value, PUBLISHERS_FEED);
}

static int
read_folder(struct rules_loader *l, uint32_t tag, const struct config_value *value,
	    enum rules_list list)
{
	(void)list;
	return read_publisher(l, tag, value, PUBLISHERS_FOLDER);
}

static int
read_category(struct rules_loader *l, uint32_t tag, const struct config_value *value,
	      enum rules_list list)
{
	(void)list;
	return read_publisher(l, tag, value, PUBLISHERS_CATEGORY);
}

static int
read_language(struct rules_loader *l, uint32_t tag, const struct config_value *value,
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
read_threshold(struct rules_loader *l, uint32_t tag, const struct config_value *value,
	       enum rules_list list)
{
	const char *s = value->text;

	(void)list;
	if (read_number(&s, &rules_tag_at(l, tag)->threshold) && *s == '\0')
		return 0;
	(void)err_set(l->err, ERR_USAGE, "threshold '%.40s': a number from 0 to 1000000 is allowed",
		      value->text);
	return rules_wrong(l, value);
}

/* The weight that "title", "lead", ... names; NULL where there is none. */
static double *
weight_at(struct rules_tag *tag, enum rules_list list, const char *name, size_t len)
{
	if (list == RULES_ANY && len == 4 && strncmp(name, "from", len) == 0)
		return &tag->from_weight;
	for (size_t i = 0; i < RULES_PLACES; i++)
		if (strlen(rules_place_name((enum rules_place)i)) == len &&
		    strncmp(name, rules_place_name((enum rules_place)i), len) == 0)
			return &tag->weights[list][i];
	return NULL;
}

static int
read_weights(struct rules_loader *l, uint32_t tag, const struct config_value *value,
	     enum rules_list list)
{
	const char *s = value->text;

	while (*s) {
		const size_t len = strcspn(s, " \t");
		double *weight = weight_at(rules_tag_at(l, tag), list, s, len);

		s += len + strspn(s + len, " \t");
		if (!weight || !read_number(&s, weight)) {
			(void)err_set(l->err, ERR_USAGE,
				      "weights '%.80s': pairs of title, lead, rest, body, "
				      "category%s and a number are allowed",
				      value->text, list == RULES_ANY ? ", from" : "");
			return rules_wrong(l, value);
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
read_tests(struct rules_loader *l, struct rules_tag *tag, struct config_list list, bool must)
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
unknown_key(struct rules_loader *l, const struct config_section *section, const char *name,
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

int
rules_read_section(struct rules_loader *l, const struct config_section *section, uint32_t tag)
{
	const struct config *config = l->rules->config;
	const enum section where = tag == RULES_EVERY             ? EVERY
				   : rules_tag_at(l, tag)->is_set ? SET
								  : TAG;
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
		read_tests(l, rules_tag_at(l, tag), config_values(config, section, "must"), true);
		read_tests(l, rules_tag_at(l, tag), config_values(config, section, "must-not"),
			   false);
	}
	return 0;
}
