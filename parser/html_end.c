/* The end tags: what the balancer does for each kind of element. */
#include "parser/html_sanitiser.h"

/* Closes through the innermost element that the source named so, if no bar lies between. */
static void
end_block(struct html_sanitiser *z, const struct html_element *element)
{
	struct html_stack *s = &z->stack;
	const bool li = element == &html_elements[HTML_LI];
	const bool heading = element->kind == HTML_HEADING;

	for (size_t depth = s->depth; depth > 0; depth--) {
		const struct html_open *open = &s->open[depth - 1];

		if (open->source == element || (heading && open->as->kind == HTML_HEADING)) {
			html_close(s, depth - 1);
			return;
		}
		/* Of lists, ul and ol bar the way to an item around them; menu and dir do not. */
		if ((open->as->flags & HTML_MARKER) || open->as->kind == HTML_TABLED ||
		    (li && (open->source == &html_elements[HTML_UL] ||
			    open->source == &html_elements[HTML_OL])))
			return;
	}
}

/* The same, if no block lies between. */
static void
end_inline(struct html_sanitiser *z, const struct html_element *element)
{
	struct html_stack *s = &z->stack;

	for (size_t depth = s->depth; depth > 0; depth--) {
		const struct html_open *open = &s->open[depth - 1];

		if (open->source == element) {
			html_close(s, depth - 1);
			return;
		}
		if (open->as->flags & HTML_SPECIAL)
			return;
	}
}

static void
end_formatting(struct html_sanitiser *z, const struct html_element *element)
{
	html_end_formatting(&z->stack, element);
}

/* </br> is a line break to browsers. */
static void
end_void(struct html_sanitiser *z, const struct html_element *element)
{
	z->token.attribute_count = 0;
	if (element == &html_elements[HTML_BR])
		html_starts[element->kind](z, element);
}

static void
end_table(struct html_sanitiser *z, const struct html_element *element)
{
	const size_t depth = html_find_in_tables(&z->stack, element->as);

	if (depth > 0 && depth >= html_find_in_tables(&z->stack, HTML_TABLE))
		html_close(&z->stack, depth - 1);
}

static void
end_unwrap(struct html_sanitiser *z, const struct html_element *element)
{
	z->noscripts -= element == &html_elements[HTML_NOSCRIPT] && z->noscripts > 0;
	z->maths -= element == &html_elements[HTML_MATH] && z->maths > 0;
}

static void
end_nothing(struct html_sanitiser *z, const struct html_element *element)
{
	(void)z;
	(void)element;
}

void (*const html_ends[HTML_KINDS])(struct html_sanitiser *, const struct html_element *) = {
	[HTML_UNWRAP] = end_unwrap,    [HTML_BLOCK] = end_block,
	[HTML_HEADING] = end_block,    [HTML_ITEM] = end_block,
	[HTML_INLINE] = end_inline,    [HTML_FORMATTING] = end_formatting,
	[HTML_RUBY_PART] = end_inline, [HTML_VOID] = end_void,
	[HTML_RULE] = end_nothing,     [HTML_PICTURED] = end_nothing,
	[HTML_EMBEDDED] = end_nothing, [HTML_TABLED] = end_table,
	[HTML_TABLE_PART] = end_table, [HTML_RAW] = end_nothing,
	[HTML_VERBATIM] = end_nothing, [HTML_SKIP] = end_nothing,
};
