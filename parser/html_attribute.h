/* html_attribute - the attributes of a start tag, written by the rules of html_policy. */
#ifndef FM_PARSER_HTML_ATTRIBUTE_H
#define FM_PARSER_HTML_ATTRIBUTE_H

#include "parser/html_policy.h"
#include "parser/html_token.h"
#include "parser/html_writer.h"

/* The values of a start tag by name, the first of each; NULL where it has none. */
struct html_values {
	const struct bytes *at[HTML_ATTRS];
};

struct html_values html_values(const struct html_token *token);

/* Writes one attribute by its rule, if it has one and the rule allows it. */
void html_write_by_rule(struct html_writer *w, const struct html_rule *rule,
			const struct html_values *values);

/* Writes those that the element's rules and the global ones allow. */
void html_write_attributes(struct html_writer *w, const struct html_element *element,
			   const struct html_values *values);

/* ' name="value"', escaped; value is plain text. */
void html_write_attribute(struct html_writer *w, enum html_attribute_name name, struct bytes value);

#endif
