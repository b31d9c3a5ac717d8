#include "classifier/declaration.h"

#include <stddef.h>
#include <string.h>

#include "classifier/filter.h"

enum { FROM_BEGINNING, FROM_NOW };
enum { ON_FULL_BLOCK, ON_FULL_EXPIRE };

struct section {
	const char *filter;
	int64_t from, on_full;
	int64_t max_age_s, max_bytes;
};

static const char *const from_choices[] = {"beginning", "now", NULL};
static const char *const on_full_choices[] = {"block", "expire", NULL};

/* The keys of every sink that concern the outbox; others are the sink's own. */
static const struct config_key keys[] = {
	/* name, type, where, default, least, most, choices */
	{"filter", CONFIG_TEXT, offsetof(struct section, filter), NULL, 0, 0, NULL},
	{"from", CONFIG_CHOICE, offsetof(struct section, from), "beginning", 0, 0, from_choices},
	{"on_full", CONFIG_CHOICE, offsetof(struct section, on_full), "block", 0, 0,
	 on_full_choices},
	{"max_age", CONFIG_DURATION, offsetof(struct section, max_age_s), NULL, 60,
	 INT64_C(10) * 366 * 24 * 3600, NULL},
	{"max_size", CONFIG_SIZE, offsetof(struct section, max_bytes), NULL, 64 * 1024,
	 INT64_C(1) << 50, NULL},
};

static int
check_name(const struct config_section *section, struct err *err)
{
	const size_t len = strlen(section->name);

	if (len > 0 && len <= DECLARATION_NAME_MAX && section->name[0] != '.' &&
	    strspn(section->name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				  "-_.") == len)
		return 0;
	return err_set(
		err, ERR_USAGE,
		"%s:%d: [sink %.80s]: a sink's name is 1 to %d of letters, digits, - _ . and "
		"begins with no .",
		section->file, section->line, section->name, DECLARATION_NAME_MAX);
}

int
declaration_read(const struct config *config, const struct config_section *section,
		 struct cursor_options *out, struct err *err)
{
	const struct config_list filters = config_values(config, section, "filter");
	SCOPED(filter_free) struct filter *filter = NULL;
	struct section read;

	if (check_name(section, err) < 0 ||
	    config_read_some(config, section, keys, sizeof(keys) / sizeof(keys[0]), &read, err) < 0)
		return -1;
	filter = filter_parse(read.filter, err);
	if (!filter) {
		const struct config_value *value = &filters.values[filters.count - 1];

		return err_in(err, "%s:%d", value->file, value->line);
	}
	if (read.on_full == ON_FULL_EXPIRE && read.max_age_s == 0 && read.max_bytes == 0)
		return err_set(err, ERR_USAGE,
			       "%s:%d: [sink %s]: on_full = expire needs max_age, max_size or both",
			       section->file, section->line, section->name);
	*out = (struct cursor_options){
		.filter = read.filter,
		.from_now = read.from == FROM_NOW,
		.expire = read.on_full == ON_FULL_EXPIRE,
		.max_age_s = read.max_age_s,
		.max_bytes = read.max_bytes,
	};
	return 0;
}

const struct config_section *
declaration_at(const struct config *config, size_t i)
{
	const size_t count = config_section_count(config);

	for (size_t k = 0; k < count; k++) {
		const struct config_section *section = config_section_at(config, k);

		if (strcmp(section->kind, "sink") == 0 && i-- == 0)
			return section;
	}
	return NULL;
}

int
declarations_check(const struct config *config, struct err *err)
{
	const struct config_section *section;
	struct cursor_options options;
	size_t i = 0;

	for (; (section = declaration_at(config, i)); i++)
		if (declaration_read(config, section, &options, err) < 0)
			return -1;
	if (i > DECLARATIONS_MAX)
		return err_set(err, ERR_USAGE, "over %d sinks", DECLARATIONS_MAX);
	return 0;
}

struct doubting {
	struct declaration_doubt at;
	bool (*known)(void *arg, const char *tag);
	void (*doubt)(void *arg, const struct declaration_doubt *doubt);
	void *arg;
};

static void
doubt_tag(void *arg, const char *tag)
{
	struct doubting *doubting = arg;

	if (doubting->known(doubting->arg, tag))
		return;
	doubting->at.tag = tag;
	doubting->doubt(doubting->arg, &doubting->at);
}

void
declarations_doubt(const struct config *config, bool (*known)(void *arg, const char *tag),
		   void (*doubt)(void *arg, const struct declaration_doubt *doubt), void *arg)
{
	const struct config_section *section;

	for (size_t i = 0; (section = declaration_at(config, i)); i++) {
		const struct config_list texts = config_values(config, section, "filter");
		const struct config_value *last =
			texts.count > 0 ? &texts.values[texts.count - 1] : NULL;
		SCOPED(filter_free)
		struct filter *filter = last ? filter_parse(last->text, NULL) : NULL;
		struct doubting doubting = {.known = known, .doubt = doubt, .arg = arg};

		if (!filter)
			continue;
		doubting.at = (struct declaration_doubt){last->file, last->line, section->name, ""};
		filter_each_tag(filter, doubt_tag, &doubting);
	}
}
