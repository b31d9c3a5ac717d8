/* passage - what of an item its phrases are looked for in: the title, each category, the words of
 * summary and content without their tags. */
#ifndef FM_CLASSIFIER_PASSAGE_H
#define FM_CLASSIFIER_PASSAGE_H

#include <stddef.h>
#include <stdint.h>

#include "classifier/rules.h"
#include "classifier/text.h"
#include "common/err.h"
#include "common/item.h"

struct passage {
	const char *name;  /* of the field */
	const char *words; /* what the matcher reads, NUL-terminated */
	size_t len;
	const struct text *text; /* the way back to the field; NULL: words are the field */
	size_t lead;             /* where the lead ends */
	enum rules_place first, rest;
};

/* Calls read with each, in the order above, until one says -1; -1 also without memory (ERR_RETRY).
 * text is room for one after the other. */
int passage_each(const struct item *item, struct text *text,
		 int (*read)(void *arg, const struct passage *passage, struct err *err), void *arg,
		 struct err *err);

/* Of byte `at` of the words: where it stands, and which byte of the field it was. */
enum rules_place passage_place(const struct passage *passage, size_t at);
int64_t passage_origin(const struct passage *passage, size_t at);

#endif
