/* phrase - one line of a rule: the grammar of feedmill-rules(5), read into what the matcher
 * looks for.
 *
 *     large language model(s)           words; in lower case: any case
 *     LLM(s)                            a word with a capital: exactly so
 *     Claude {2,3,Code}                 either
 *     bitcoin*                          the start of a word
 *     prompt near/6 {AI,model}          within 6 words of each other; pre/6: in this order
 *     /gpt-?[345]\b/i                   a Perl-compatible regular expression
 */
#ifndef FM_CLASSIFIER_PHRASE_H
#define FM_CLASSIFIER_PHRASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/err.h"

enum {
	PHRASE_BYTES_MAX = 4096,
	PHRASE_ELEMENTS_MAX = 24,   /* words and marks in a row */
	PHRASE_VARIANTS_MAX = 4096, /* that braces and parentheses make of a side */
	PHRASE_DISTANCE_MAX = 64,   /* of near and pre, in words */
	PHRASE_DEPTH_MAX = 8,       /* braces and parentheses inside each other */
};

enum phrase_element_kind {
	PHRASE_WORD,
	PHRASE_PREFIX, /* the start of a word */
	PHRASE_MARK,   /* a character that is no part of a word */
};

struct phrase_element {
	enum phrase_element_kind kind;
	bool exact;       /* has a capital: must be spelt so */
	const char *fold; /* in any case; NUL-terminated like exact */
	const char *exactly;
	uint8_t fold_len, exact_len;
	uint32_t mark;
};

/* One way to spell a side. */
struct phrase_variant {
	const struct phrase_element *elements;
	size_t count;
};

struct phrase_side {
	const char *source;
	const struct phrase_variant *variants;
	size_t count;
};

enum phrase_kind { PHRASE_PLAIN, PHRASE_NEAR, PHRASE_PRE, PHRASE_REGEX };

struct phrase {
	const char *source; /* as the rule file spells it */
	enum phrase_kind kind;
	uint32_t distance;
	struct phrase_side sides[2]; /* PHRASE_PLAIN has the first, PHRASE_REGEX none */
	const char *regex;           /* between the slashes */
	bool caseless;
};

/* Everything lives in the arena, a copy of text included. -1 with ERR_USAGE and what is wrong with
 * it (or ERR_RETRY without memory). A regular expression is not compiled here. */
int phrase_parse(const char *text, struct arena *arena, struct phrase *out, struct err *err);

#endif
