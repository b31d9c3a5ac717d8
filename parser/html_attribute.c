#include "parser/html_attribute.h"

#include <string.h>

#include "parser/html_escape.h"
#include "parser/html_value.h"

struct html_values
html_values(const struct html_token *token)
{
	struct html_values values = {{NULL}};

	for (size_t i = 0; i < token->attribute_count; i++) {
		const struct html_attribute *attribute = &token->attributes[i];
		const enum html_attribute_name name = html_attribute_find(attribute->name);

		if (name < HTML_ATTRS && !values.at[name] &&
		    attribute->value.len <= HTML_DATA_IMAGE_BYTES_MAX)
			values.at[name] = &attribute->value;
	}
	return values;
}

static void
write_name(struct html_writer *w, enum html_attribute_name name)
{
	(void)buf_addc(w->out, ' ', NULL);
	(void)buf_adds(w->out, html_attribute_text(name), NULL);
}

void
html_write_attribute(struct html_writer *w, enum html_attribute_name name, struct bytes value)
{
	write_name(w, name);
	(void)buf_adds(w->out, "=\"", NULL);
	html_write(w->out, value.data, value.len, HTML_ATTRIBUTE);
	(void)buf_addc(w->out, '"', NULL);
}

/* Whether the tag says itself that there is something to play. What stands in a source that
 * follows is seen to when it comes. */
static bool
is_played(const struct html_values *values)
{
	return values->at[HTML_ATTR_SRC] || values->at[HTML_ATTR_CONTROLS] ||
	       values->at[HTML_ATTR_PRELOAD];
}

void
html_write_by_rule(struct html_writer *w, const struct html_rule *rule,
		   const struct html_values *values)
{
	static const struct bytes empty = {"", 0};
	const struct bytes *value = values->at[rule->name];
	const size_t before = w->out->len;

	if (rule->value == HTML_ALWAYS || rule->value == HTML_PLAYED) {
		if (rule->value == HTML_PLAYED && !is_played(values))
			return;
		if (rule->choices)
			html_write_attribute(w, rule->name,
					     (struct bytes){rule->choices, strlen(rule->choices)});
		else
			write_name(w, rule->name);
		return;
	}
	if (!value)
		return;
	write_name(w, rule->name);
	if (rule->value == HTML_FLAG)
		return;
	(void)buf_adds(w->out, "=\"", NULL);
	if (html_write_value(w, rule, value->data ? value : &empty))
		(void)buf_addc(w->out, '"', NULL);
	else
		buf_cut(w->out, before);
}

void
html_write_attributes(struct html_writer *w, const struct html_element *element,
		      const struct html_values *values)
{
	const struct html_rule *rule;

	for (rule = element->rules; rule && rule->name < HTML_ATTRS; rule++)
		html_write_by_rule(w, rule, values);
	for (rule = html_global_rules; rule->name < HTML_ATTRS; rule++)
		html_write_by_rule(w, rule, values);
}
