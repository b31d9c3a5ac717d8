/* check - what a person would want to know of rules before they are used: phrases that can never
 * count, and the rules' own tests. */
#ifndef FM_CLASSIFIER_CHECK_H
#define FM_CLASSIFIER_CHECK_H

#include <stdbool.h>
#include <stddef.h>

#include "classifier/rules.h"
#include "common/err.h"

struct check_result {
	size_t errors; /* the rules must not be used */
	size_t notes;  /* strange, but somebody may have meant it */
	size_t tests;  /* inline tests that were run */
};

/* Calls each with every complaint, "file:line: ..."; is_note tells a note from an error. -1 when
 * there is no memory to check them. */
int check_rules(const struct rules *rules,
		void (*each)(void *arg, bool is_note, const char *complaint), void *arg,
		struct check_result *out, struct err *err);

/* rules_load and check_rules: NULL with the first error and how many more there are (ERR_USAGE).
 * Returns new. */
struct rules *check_load(const char *path, struct err *err);

#endif
