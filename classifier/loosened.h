/* loosened - the phrases of the rules that are evidence, each with one of its conditions taken
 * away: what they would meet is what was almost met (nearmiss). Read-only once made. */
#ifndef FM_CLASSIFIER_LOOSENED_H
#define FM_CLASSIFIER_LOOSENED_H

#include <stddef.h>
#include <stdint.h>

#include "classifier/match.h"
#include "classifier/regex.h"
#include "classifier/rules.h"
#include "common/err.h"
#include "common/scope.h"

enum loosened_way {
	LOOSENED_CASE, /* in any case */
	LOOSENED_WORD, /* the last word may go on */
	LOOSENED_SIDE, /* one side of near/ or pre/ alone */
};

struct loosened_phrase {
	uint32_t phrase; /* of the rules */
	enum loosened_way way;
	uint32_t side; /* of LOOSENED_SIDE: 0 or 1 */
};

/* A regular expression, and letters that stand in it as they are met: the longest run; NULL: it has
 * none of three or more. */
struct loosened_expression {
	uint32_t phrase;
	struct regex *regex;
	const char *literal;
};

struct loosened;

/* Borrows rules. Returns new. */
struct loosened *loosened_new(const struct rules *rules, struct err *err);
void loosened_free(struct loosened *loosened);
SCOPED_DEFINE(struct loosened, loosened_free)

/* The matcher; its phrase i is loosened_at i. Those of one phrase stand side by side, a way after
 * the other. */
const struct match *loosened_match(const struct loosened *loosened);
const struct loosened_phrase *loosened_at(const struct loosened *loosened, size_t i);

size_t loosened_expression_count(const struct loosened *loosened);
const struct loosened_expression *loosened_expression(const struct loosened *loosened, size_t i);

#endif
