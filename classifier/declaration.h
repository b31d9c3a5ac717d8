/* declaration - what [sink NAME] of feedmill.conf says to the classifier: which items the sink
 * wants, and what becomes of those it does not fetch. Its other keys are the sink's own. */
#ifndef FM_CLASSIFIER_DECLARATION_H
#define FM_CLASSIFIER_DECLARATION_H

#include "classifier/cursor.h"
#include "common/config.h"
#include "common/err.h"

enum { DECLARATIONS_MAX = 60, DECLARATION_NAME_MAX = 64 };

/* The i-th [sink NAME]; NULL past the last. Borrowed from config. */
const struct config_section *declaration_at(const struct config *config, size_t i);

/* Texts borrow from config. -1 with ERR_USAGE and file:line. */
int declaration_read(const struct config *config, const struct config_section *section,
		     struct cursor_options *out, struct err *err);

/* All of them. */
int declarations_check(const struct config *config, struct err *err);

/* A tag that a sink's filter names and that nothing gives: a slip, most likely. */
struct declaration_doubt {
	const char *file;
	int line;
	const char *sink, *tag;
};
/* Calls doubt for each tag in the filters that known does not know; texts are borrowed. For what
 * declarations_check has passed. */
void declarations_doubt(const struct config *config, bool (*known)(void *arg, const char *tag),
			void (*doubt)(void *arg, const struct declaration_doubt *doubt), void *arg);

#endif
