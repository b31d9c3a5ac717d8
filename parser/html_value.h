/* html_value - what an attribute may say: one writer for each kind of value in html_policy. */
#ifndef FM_PARSER_HTML_VALUE_H
#define FM_PARSER_HTML_VALUE_H

#include <stdbool.h>

#include "parser/html_policy.h"
#include "parser/html_writer.h"

/* Writes the value, undecoded as the source has it, as the rule allows it; false where it does
 * not, and what was written must go. Not for HTML_FLAG and HTML_ALWAYS, which have none. */
bool html_write_value(struct html_writer *w, const struct html_rule *rule,
		      const struct bytes *value);

/* A number in the value, "12", "12px", "12.5"; -1 where there is none or anything else. */
long html_number(const struct bytes *value);

/* Accepts the first candidate of a srcset that is an image into w->url; false when there is
 * none, or no value. */
bool html_accept_srcset(struct html_writer *w, const struct bytes *value);

#endif
