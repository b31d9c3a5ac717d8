#include "common/config.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "common/arena.h"
#include "common/buf.h"
#include "common/hash.h"
#include "common/ini.h"
#include "common/mask.h"
#include "common/quantity.h"

enum {
	KEYS_MAX = 256,    /* of a section: they are looked for one by one */
	KNOWN_BYTES = 300, /* of the list of what is allowed */
	TEXT_BYTES_MAX = 64 * 1024 * 1024,
};

struct key {
	const char *name;
	const char *file; /* of its first line */
	int line;
	bool joined; /* the last value stands on an indented line, behind one before it */
	struct config_value *values;
	size_t count, cap;
};

struct section {
	struct config_section shown; /* first, so that the one is found from the other */
	const char *last_file;       /* of its latest header */
	struct key *keys;
	size_t count, cap;
};

struct config {
	struct section *sections;
	size_t count, cap;
	size_t *slots; /* a hash table of kind and name: 1 + index in sections, 0 where free */
	size_t slot_count;
	struct arena *arena; /* what every string and value borrows from */
	const char *path;
};

/* Where the reading stands: 1 + index of the section at hand, and the key that lines continue. */
struct reader {
	struct config *config;
	size_t section;
	struct key *key;
};

void
config_free(struct config *config)
{
	if (!config)
		return;
	for (size_t i = 0; i < config->count; i++) {
		struct section *section = &config->sections[i];

		for (size_t k = 0; k < section->count; k++)
			free(section->keys[k].values);
		free(section->keys);
	}
	free(config->sections);
	free(config->slots);
	arena_free(config->arena);
	free(config);
}

static struct config *
config_new(const char *path, struct err *err)
{
	SCOPED(config_free) struct config *config = calloc(1, sizeof(*config));

	if (config)
		config->arena = arena_new(TEXT_BYTES_MAX);
	if (!config || !config->arena) {
		(void)err_sys(err, "configuration");
		return NULL;
	}
	config->path = arena_strdup(config->arena, path);
	if (!config->path) {
		(void)arena_failed(config->arena, err);
		return NULL;
	}
	return TAKE(config);
}

/* The array with room for one more; NULL without memory, and the old one stays. */
static void *
room(void *array, size_t count, size_t *cap, size_t size, struct err *err)
{
	const size_t wanted = *cap ? *cap * 2 : 4;
	void *grown;

	if (count < *cap)
		return array;
	grown = reallocarray(array, wanted, size);
	if (grown)
		*cap = wanted;
	else
		(void)err_sys(err, "configuration");
	return grown;
}

static size_t
hash_of(const char *kind, const char *name)
{
	const uint64_t h = hash_text(hash_bytes(HASH_BASIS, kind, strlen(kind) + 1), name);

	return (size_t)(h ^ h >> 32);
}

static size_t *
slot_of(const struct config *config, const char *kind, const char *name)
{
	const size_t mask = config->slot_count - 1;

	for (size_t i = hash_of(kind, name) & mask;; i = (i + 1) & mask) {
		const size_t at = config->slots[i];

		if (at == 0 || (strcmp(config->sections[at - 1].shown.kind, kind) == 0 &&
				strcmp(config->sections[at - 1].shown.name, name) == 0))
			return &config->slots[i];
	}
}

/* At least half of the slots are free. */
static int
slots_grow(struct config *config, struct err *err)
{
	const size_t wanted = config->slot_count ? config->slot_count * 2 : 16;
	size_t *slots;

	if (config->count * 2 < config->slot_count)
		return 0;
	slots = calloc(wanted, sizeof(*slots));
	if (!slots)
		return err_sys(err, "configuration");
	free(config->slots);
	config->slots = slots;
	config->slot_count = wanted;
	for (size_t i = 0; i < config->count; i++) {
		const struct config_section *shown = &config->sections[i].shown;

		*slot_of(config, shown->kind, shown->name) = i + 1;
	}
	return 0;
}

static void
note_again(struct section *section, const struct ini_line *line)
{
	if (section->last_file == line->file && !section->shown.again_file) {
		section->shown.again_file = line->file;
		section->shown.again_line = line->line;
	}
	section->last_file = line->file;
}

static int
take_section(struct reader *r, const struct ini_line *line, struct err *err)
{
	struct config *config = r->config;
	struct section *sections;
	size_t *slot;

	r->key = NULL;
	if (slots_grow(config, err) < 0)
		return -1;
	slot = slot_of(config, line->name, line->text);
	r->section = *slot;
	if (r->section > 0) {
		note_again(&config->sections[r->section - 1], line);
		return 0;
	}
	sections = room(config->sections, config->count, &config->cap, sizeof(*sections), err);
	if (!sections)
		return -1;
	config->sections = sections;
	sections[config->count] = (struct section){
		.shown = {.kind = line->name,
			  .name = line->text,
			  .file = line->file,
			  .line = line->line},
		.last_file = line->file,
	};
	*slot = r->section = ++config->count;
	return 0;
}

static struct key *
key_find(const struct section *section, const char *name)
{
	for (size_t i = 0; i < section->count; i++)
		if (strcmp(section->keys[i].name, name) == 0)
			return &section->keys[i];
	return NULL;
}

static struct key *
key_add(struct section *section, const struct ini_line *line, struct err *err)
{
	struct key *keys;

	if (section->count == KEYS_MAX) {
		(void)err_set(err, ERR_USAGE, "more than %d keys in a section", KEYS_MAX);
		return NULL;
	}
	keys = room(section->keys, section->count, &section->cap, sizeof(*keys), err);
	if (!keys)
		return NULL;
	section->keys = keys;
	keys[section->count] = (struct key){
		.name = line->name,
		.file = line->file,
		.line = line->line,
	};
	return &keys[section->count++];
}

static int
take_value(struct reader *r, const struct ini_line *line, struct err *err)
{
	struct section *section = &r->config->sections[r->section - 1];
	struct config_value *values;
	struct key *key = r->key;

	if (line->event == INI_KEY) {
		key = key_find(section, line->name);
		if (!key)
			key = key_add(section, line, err);
		if (!key)
			return -1;
		r->key = key;
		if (!*line->text) {
			key->count = 0;
			return 0;
		}
	}
	values = room(key->values, key->count, &key->cap, sizeof(*values), err);
	if (!values)
		return -1;
	key->joined = line->event == INI_MORE && key->count > 0;
	key->values = values;
	values[key->count++] = (struct config_value){line->text, line->file, line->line};
	return 0;
}

static int
take_line(void *self, const struct ini_line *line, struct err *err)
{
	if (line->event == INI_SECTION)
		return take_section(self, line, err);
	return take_value(self, line, err);
}

struct config *
config_load(const char *path, struct err *err)
{
	SCOPED(config_free) struct config *config = config_new(path, err);
	struct reader r = {.config = config};

	if (!config || ini_load(path, config->arena, take_line, &r, err) < 0)
		return NULL;
	return TAKE(config);
}

struct config *
config_parse(const char *name, const char *text, size_t len, struct err *err)
{
	SCOPED(config_free) struct config *config = config_new(name, err);
	struct reader r = {.config = config};

	if (!config || ini_read(config->path, text, len, config->arena, take_line, &r, err) < 0)
		return NULL;
	return TAKE(config);
}

const char *
config_path(const struct config *config)
{
	return config->path;
}

size_t
config_section_count(const struct config *config)
{
	return config->count;
}

const struct config_section *
config_section_at(const struct config *config, size_t i)
{
	return i < config->count ? &config->sections[i].shown : NULL;
}

const struct config_section *
config_section_find(const struct config *config, const char *kind, const char *name)
{
	const size_t at = config->slot_count > 0 ? *slot_of(config, kind, name) : 0;

	return at > 0 ? &config->sections[at - 1].shown : NULL;
}

static const struct section *
section_of(const struct config_section *shown)
{
	return (const struct section *)shown;
}

struct config_list
config_values(const struct config *config, const struct config_section *section, const char *key)
{
	const struct key *found = section ? key_find(section_of(section), key) : NULL;

	(void)config;
	return found ? (struct config_list){found->values, found->count} : (struct config_list){0};
}

int
config_blame(const struct config *config, const struct config_section *section, const char *key,
	     struct err *err)
{
	const struct config_list list = config_values(config, section, key);
	const struct config_value *last = list.count > 0 ? &list.values[list.count - 1] : NULL;
	char shown[MASK_BYTES];

	if (!last)
		return -1;
	return err_in(err, "%s:%d: %s = %s", last->file, last->line, key,
		      mask_text(last->text, shown));
}

const char *
config_key_at(const struct config *config, const struct config_section *section, size_t i)
{
	(void)config;
	if (!section || i >= section_of(section)->count)
		return NULL;
	return section_of(section)->keys[i].name;
}

/* How numbers of a type are read, written and called. */
static const struct quantity {
	const char *what;
	bool (*read)(const char *text, int64_t *out);
	const char *(*write)(int64_t n, char out[QUANTITY_TEXT_BYTES]);
} quantities[] = {
	[CONFIG_INT] = {"a whole number", quantity_int, quantity_int_text},
	[CONFIG_DURATION] = {"a duration (90, 15m, 2h 30m; units s m h d w)", quantity_duration,
			     quantity_duration_text},
	[CONFIG_SIZE] = {"a size (4096, 64K, 8M; units K M G T)", quantity_size,
			 quantity_size_text},
};

/* Adds "a, b, c" as far as it fits. */
static void
list_names(struct buf *out, const char *name)
{
	(void)buf_addf(out, NULL, "%s%s", out->len > 0 ? ", " : "", name);
}

static int
read_quantity(const struct config_key *key, const char *text, int64_t *out, struct err *err)
{
	const struct quantity *quantity = &quantities[key->type];
	const bool bounded = key->least != 0 || key->most != 0;
	char least[QUANTITY_TEXT_BYTES], most[QUANTITY_TEXT_BYTES];
	int64_t n;

	if (quantity->read(text, &n) && (bounded ? n >= key->least && n <= key->most : n >= 0)) {
		*out = n;
		return 0;
	}
	(void)quantity->write(key->least, least);
	(void)quantity->write(key->most, most);
	if (!bounded)
		return err_set(err, ERR_USAGE, "allowed is %s, at least 0", quantity->what);
	return err_set(err, ERR_USAGE, "allowed is %s, from %s to %s", quantity->what, least, most);
}

static int
read_choice(const struct config_key *key, const char *text, int64_t *out, struct err *err)
{
	SCOPED(buf_done) struct buf known = buf_init(KNOWN_BYTES);

	for (int64_t i = 0; key->choices[i]; i++) {
		if (strcmp(text, key->choices[i]) == 0) {
			*out = i;
			return 0;
		}
		list_names(&known, key->choices[i]);
	}
	return err_set(err, ERR_USAGE, "allowed is one of %s", buf_str(&known));
}

static int
read_bool(const char *text, bool *out, struct err *err)
{
	static const struct {
		const char *word;
		bool yes;
	} words[] = {
		{"yes", true}, {"no", false},  {"true", true}, {"false", false},
		{"on", true},  {"off", false}, {"1", true},    {"0", false},
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcasecmp(text, words[i].word) == 0) {
			*out = words[i].yes;
			return 0;
		}
	return err_set(err, ERR_USAGE, "allowed is yes or no");
}

static int
read_typed(const struct config_key *key, const char *text, void *at, struct err *err)
{
	switch (key->type) {
	case CONFIG_TEXT:
		*(const char **)at = text;
		return 0;
	case CONFIG_INT:
	case CONFIG_DURATION:
	case CONFIG_SIZE:
		return read_quantity(key, text, at, err);
	case CONFIG_BOOL:
		return read_bool(text, at, err);
	case CONFIG_CHOICE:
		return read_choice(key, text, at, err);
	case CONFIG_LIST:
		break;
	}
	return err_set(err, ERR_FATAL, "no single value");
}

static const size_t type_bytes[] = {
	[CONFIG_TEXT] = sizeof(const char *), [CONFIG_LIST] = sizeof(struct config_list),
	[CONFIG_INT] = sizeof(int64_t),       [CONFIG_DURATION] = sizeof(int64_t),
	[CONFIG_SIZE] = sizeof(int64_t),      [CONFIG_BOOL] = sizeof(bool),
	[CONFIG_CHOICE] = sizeof(int64_t),
};

static int
read_fallback(const struct config *config, const struct config_key *key, void *at, struct err *err)
{
	struct config_value *value;

	memset(at, 0, type_bytes[key->type]);
	if (!key->fallback)
		return 0;
	if (key->type != CONFIG_LIST && read_typed(key, key->fallback, at, err) < 0)
		return err_in(err, "the default of %s", key->name);
	if (key->type != CONFIG_LIST)
		return 0;
	value = arena_alloc(config->arena, sizeof(*value));
	if (!value)
		return arena_failed(config->arena, err);
	*value = (struct config_value){key->fallback, "the default", 0};
	*(struct config_list *)at = (struct config_list){value, 1};
	return 0;
}

static int
read_key(const struct config *config, const struct config_section *section,
	 const struct config_key *key, void *at, struct err *err)
{
	const struct key *found = section ? key_find(section_of(section), key->name) : NULL;
	const struct config_value *last;

	if (!found || found->count == 0)
		return read_fallback(config, key, at, err);
	if (key->type == CONFIG_LIST) {
		*(struct config_list *)at = (struct config_list){found->values, found->count};
		return 0;
	}
	last = &found->values[found->count - 1];
	if (found->joined)
		return err_set(err, ERR_USAGE, "%s:%d: %s takes one value, not a list", last->file,
			       last->line, key->name);
	if (read_typed(key, last->text, at, err) < 0)
		return config_blame(config, section, key->name, err);
	return 0;
}

static int
check_keys(const struct section *section, const struct config_key *keys, size_t key_count,
	   struct err *err)
{
	SCOPED(buf_done) struct buf known = buf_init(KNOWN_BYTES);
	char name[MASK_BYTES];

	for (size_t i = 0; i < section->count; i++) {
		const struct key *key = &section->keys[i];
		size_t k = 0;

		while (k < key_count && strcmp(keys[k].name, key->name) != 0)
			k++;
		if (k < key_count)
			continue;
		for (k = 0; k < key_count; k++)
			list_names(&known, keys[k].name);
		return err_set(err, ERR_USAGE, "%s:%d: unknown key '%s' in [%s%s%s]; known: %s",
			       key->file, key->line, key->name, section->shown.kind,
			       *section->shown.name ? " " : "",
			       mask_text(section->shown.name, name),
			       key_count > 0 ? buf_str(&known) : "none");
	}
	return 0;
}

int
config_read_some(const struct config *config, const struct config_section *section,
		 const struct config_key *keys, size_t key_count, void *out, struct err *err)
{
	union {
		const char *text;
		struct config_list list;
		int64_t number;
		bool yes;
	} scratch;

	/* Twice: out is only touched when every value is good. */
	for (size_t i = 0; i < key_count; i++)
		if (read_key(config, section, &keys[i], &scratch, err) < 0)
			return -1;
	for (size_t i = 0; i < key_count; i++)
		if (read_key(config, section, &keys[i], (char *)out + keys[i].offset, err) < 0)
			return -1;
	return 0;
}

int
config_read(const struct config *config, const struct config_section *section,
	    const struct config_key *keys, size_t key_count, void *out, struct err *err)
{
	if (section && check_keys(section_of(section), keys, key_count, err) < 0)
		return -1;
	return config_read_some(config, section, keys, key_count, out, err);
}

int
config_check_kinds(const struct config *config, const char *const *kinds, struct err *err)
{
	SCOPED(buf_done) struct buf known = buf_init(KNOWN_BYTES);

	for (size_t i = 0; i < config->count; i++) {
		const struct config_section *section = &config->sections[i].shown;
		size_t k = 0;

		while (kinds[k] && strcmp(kinds[k], section->kind) != 0)
			k++;
		if (kinds[k])
			continue;
		for (k = 0; kinds[k]; k++)
			list_names(&known, kinds[k]);
		return err_set(err, ERR_USAGE, "%s:%d: unknown section [%s]; known: %s",
			       section->file, section->line, section->kind, buf_str(&known));
	}
	return 0;
}
