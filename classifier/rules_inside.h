/* rules_inside - what the parts of the reader of rules share. */
#ifndef FM_CLASSIFIER_RULES_INSIDE_H
#define FM_CLASSIFIER_RULES_INSIDE_H

#include "classifier/rules.h"

struct rules_loader {
	struct rules *rules;
	struct rules_tag every; /* defaults as [every] changes them */
	size_t phrase_cap, publisher_cap;
	struct err *err;
};

/* The tag of that number; RULES_EVERY: the defaults. */
static inline struct rules_tag *
rules_tag_at(struct rules_loader *l, uint32_t tag)
{
	return tag == RULES_EVERY ? &l->every : &l->rules->tags[tag];
}

/* Puts file and line before the reason; -1. */
static inline int
rules_wrong(struct rules_loader *l, const struct config_value *value)
{
	return err_in(l->err, "%s:%d", value->file, value->line);
}

/* Reads the keys of a section, [tag], [set] or [every], but for those that name tags. */
int rules_read_section(struct rules_loader *l, const struct config_section *section, uint32_t tag);

#endif
