/* firing - how often each line of the rules met an item: what earns its place, what never did. */
#ifndef FM_CLASSIFIER_FIRING_H
#define FM_CLASSIFIER_FIRING_H

#include <stdint.h>

#include "classifier/tagger.h"
#include "common/buf.h"
#include "common/json.h"

/* A line of the rules. Texts are borrowed from them. */
struct firing {
	const char *tag;  /* "every" for those of [every] */
	const char *list; /* any, title, none, mask, stop, from, feed, ... */
	const char *rule;
	const char *file;
	int line;
	uint64_t items;   /* that it met */
	uint64_t gave_up; /* texts: a regular expression that met its limits */
	bool is_phrase;
	size_t number; /* of the phrase, or of the line of publishers */
};

/* Calls each for all lines, phrases first, in the order of the files. */
void firing_each(const struct rules *rules, const struct tagger *tagger,
		 void (*each)(void *arg, const struct firing *firing), void *arg);

/* One object a line of the rules; since: RFC 3339, or NULL. */
void firing_json(const struct rules *rules, const struct tagger *tagger, const char *since,
		 struct json *j);
/* A table for people. */
void firing_table(const struct rules *rules, const struct tagger *tagger, struct buf *out);

#endif
