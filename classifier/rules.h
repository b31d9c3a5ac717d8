/* rules - the rule file read (feedmill-rules(5)): tags, the phrases that are evidence for them,
 * their weights, their tests; sets, which are tags made of tags; compiled for the matcher.
 * Read-only once loaded. */
#ifndef FM_CLASSIFIER_RULES_H
#define FM_CLASSIFIER_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "classifier/match.h"
#include "classifier/phrase.h"
#include "classifier/publisher.h"
#include "common/arena.h"
#include "common/config.h"
#include "common/err.h"
#include "common/scope.h"

enum {
	RULES_TAGS_MAX = 4096,
	RULES_NAME_MAX = 64,        /* of a tag, in bytes */
	RULES_LEAD_CHARACTERS = 300 /* how a summary or content begins */
};

/* The lists of phrases. */
enum rules_list {
	RULES_ANY,   /* evidence wherever it stands */
	RULES_TITLE, /* evidence in the title, a crumb elsewhere */
	RULES_NONE,  /* in the title: the tag is not given */
	RULES_MASK,  /* text to overlook */
	RULES_STOP,  /* of [every]: the field ends here */
	RULES_LISTS,
};

/* Where a phrase was met. */
enum rules_place {
	RULES_IN_TITLE,
	RULES_IN_LEAD,     /* how the summary or the content begins */
	RULES_IN_REST,     /* the summary behind that */
	RULES_IN_BODY,     /* the content behind that */
	RULES_IN_CATEGORY, /* one of the publisher's categories */
	RULES_PLACES,
};

/* The tag number of [every]. */
#define RULES_EVERY UINT32_MAX

struct rules_phrase {
	struct phrase phrase;
	enum rules_list list;
	uint32_t tag; /* RULES_EVERY: of every tag */
	const char *file;
	int line;
};

struct rules_publisher {
	const char *source;
	uint32_t tag;
	enum publishers_kind kind;
	const char *file;
	int line;
};

/* An item of an inline test; feed is a host or a title. NULL where absent. */
struct rules_test {
	const char *source;
	const char *title, *summary, *feed;
	const char *folder, *category, *language;
	bool must; /* have the tag; or must not */
	const char *file;
	int line;
};

/* Some tags, by number. */
struct rules_names {
	const uint32_t *tags;
	size_t count;
};

struct rules_tag {
	const char *name;
	double threshold;
	double weights[2][RULES_PLACES]; /* of RULES_ANY, RULES_TITLE */
	double from_weight;
	struct rules_names parents; /* under: items of this tag have those too */
	/* A set is given by the tags that the item has, of those before it: all of all, one of any
	 * (where there are some), none of none. */
	bool is_set;
	struct rules_names all, any, none;
	const struct rules_test *tests;
	size_t test_count;
	const char *file;
	int line;
};

struct rules {
	struct arena *arena;
	struct config *config; /* texts are borrowed from it */
	struct rules_tag *tags;
	size_t tag_count, set_count;
	struct rules_phrase *phrases; /* the matcher's numbers */
	size_t phrase_count;
	struct rules_publisher *publishers; /* the publishers' numbers */
	size_t publisher_count;
	struct match *match;
	struct publishers *from;
};

/* Reads path and its drop-ins, or text. Returns new; NULL with ERR_USAGE, "file:line: ...". Tests
 * and lints are not run: see check.h. */
struct rules *rules_load(const char *path, struct err *err);
struct rules *rules_parse(const char *name, const char *text, size_t len, struct err *err);
void rules_free(struct rules *rules);
SCOPED_DEFINE(struct rules, rules_free)

/* "any", "title", ... */
const char *rules_list_name(enum rules_list list);
const char *rules_place_name(enum rules_place place);
const char *rules_publisher_name(enum publishers_kind kind);

#endif
