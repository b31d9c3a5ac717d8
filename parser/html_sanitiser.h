/* html_sanitiser - the state of one run of html_sanitise, and what becomes of each kind of tag. */
#ifndef FM_PARSER_HTML_SANITISER_H
#define FM_PARSER_HTML_SANITISER_H

#include <stdbool.h>

#include "parser/html_policy.h"
#include "parser/html_stack.h"
#include "parser/html_token.h"
#include "parser/html_writer.h"

struct html_sanitiser {
	struct html_writer writer;
	struct html_tokens in;
	struct html_token token; /* the one at hand */
	struct html_stack stack;
	unsigned noscripts; /* that are open */
	unsigned maths;
	bool pre_begins; /* the last tag was that of a pre: a line feed that follows is not meant */
};

/* One function a kind of element. They may read on in the source. */
extern void (*const html_starts[HTML_KINDS])(struct html_sanitiser *z,
					     const struct html_element *element);
extern void (*const html_ends[HTML_KINDS])(struct html_sanitiser *z,
					   const struct html_element *element);

/* Hands the tag at hand to its function. */
void html_on_tag(struct html_sanitiser *z);

/* Writes text at the place that is open, in the ways of html_write. Parsers drop one line feed
 * after <pre>: the source's own is dropped here, and one that is meant is written twice. */
void html_write_text(struct html_sanitiser *z, const char *text, size_t len, unsigned how);

#endif
