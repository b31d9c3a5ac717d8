/* regex - the /pattern/ of a rule, under limits of steps and depth, so that no pattern and no
 * text can hang the stage. The one door to PCRE2. */
#ifndef FM_CLASSIFIER_REGEX_H
#define FM_CLASSIFIER_REGEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "common/scope.h"

/* Together the ceiling of one search: PCRE2 counts its steps for each place of the text where a
 * match may begin. */
enum {
	REGEX_TEXT_BYTES_MAX = 4096, /* of each field; the rest is not searched */
	REGEX_STEPS_MAX = 1000,
	REGEX_HEAP_KIB_MAX = 1024,
};

struct regex;

/* Returns new; NULL with ERR_USAGE and where the pattern is wrong. */
struct regex *regex_new(const char *pattern, bool caseless, struct err *err);
void regex_free(struct regex *regex);
SCOPED_DEFINE(struct regex, regex_free)

/* The first match that begins at or after from: 1 with its bytes (at < end), 0 none, -1 the limits
 * were met. text is valid UTF-8. */
int regex_find(const struct regex *regex, const char *text, size_t len, size_t from,
	       uint32_t *at_out, uint32_t *end_out);

#endif
