/* The start tags: what the balancer does for each kind of element. */
#include <string.h>

#include "parser/html_embed.h"
#include "parser/html_escape.h"
#include "parser/html_image.h"
#include "parser/html_sanitiser.h"

enum {
	TABLE_DEPTH_MAX = HTML_DEPTH_MAX - 4, /* so that its cells are not too deep */
	EMBED_DEPTH_MAX = HTML_DEPTH_MAX - 2, /* for a paragraph and a link */
};

static void
start_block(struct html_sanitiser *z, const struct html_element *element)
{
	struct html_stack *s = &z->stack;
	const struct html_values values = html_values(&z->token);

	/* form, center and the like stood anywhere in tables once. */
	if (html_is_table_only(html_top(s)) && &html_elements[element->as] != element)
		return;
	html_make_place(s, HTML_NAMES);
	html_close_paragraph(s);
	html_close_heading(s, element);
	(void)html_push(s, element, &values);
	z->pre_begins = element->as == HTML_PRE;
}

/* Closes the item before this one, if one is open; false when there is no list to be in. */
static bool
end_item_before(struct html_stack *s, const struct html_element *element)
{
	const bool li = element == &html_elements[HTML_LI];

	for (size_t depth = s->depth; depth > 0; depth--) {
		const struct html_open *open = &s->open[depth - 1];

		if (li ? html_is(open, HTML_UL) || html_is(open, HTML_OL) : html_is(open, HTML_DL))
			return true;
		if (li ? html_is(open, HTML_LI)
		       : html_is(open, HTML_DT) || html_is(open, HTML_DD)) {
			html_close(s, depth - 1);
			return true;
		}
		if ((open->as->flags & (HTML_SPECIAL | HTML_PASSED)) == HTML_SPECIAL)
			return false;
	}
	return false;
}

static void
start_item(struct html_sanitiser *z, const struct html_element *element)
{
	struct html_stack *s = &z->stack;
	const struct html_values values = html_values(&z->token);
	const enum html_name list = element == &html_elements[HTML_LI] ? HTML_UL : HTML_DL;

	html_make_place(s, list);
	if (!end_item_before(s, element)) {
		/* An item without a list would end that of the page around us. */
		html_close_paragraph(s);
		if (!html_push_added(s, list))
			return;
	}
	html_close_paragraph(s);
	(void)html_push(s, element, &values);
}

static void
start_inline(struct html_sanitiser *z, const struct html_element *element)
{
	struct html_stack *s = &z->stack;
	const struct html_values values = html_values(&z->token);

	html_make_place(s, HTML_NAMES);
	if (element->as == HTML_A)
		html_end_link(s);
	html_reopen(s);
	(void)html_push(s, element, &values);
}

static void
start_ruby_part(struct html_sanitiser *z, const struct html_element *element)
{
	struct html_stack *s = &z->stack;
	const struct html_values values = html_values(&z->token);
	const struct html_open *top;

	if (html_find(s, HTML_RUBY) == 0)
		return;
	while ((top = html_top(s)) && (top->as->kind == HTML_RUBY_PART ||
				       top->as->kind == HTML_ITEM || html_is(top, HTML_P)))
		html_close(s, s->depth - 1);
	if (element->as < HTML_NAMES)
		(void)html_push(s, element, &values);
}

static void
write_void(struct html_sanitiser *z, const struct html_element *element)
{
	struct buf *out = z->writer.out;
	const struct html_values values = html_values(&z->token);

	(void)buf_addc(out, '<', NULL);
	(void)buf_add(out, element->name, element->len, NULL);
	html_write_attributes(&z->writer, element, &values);
	(void)buf_addc(out, '>', NULL);
	html_solid(&z->stack);
}

/* A video or audio whose sources stand in it gets its controls with the first of them. */
static void
give_player(struct html_sanitiser *z)
{
	static const char player[] = HTML_PLAYER;
	const struct html_open *top = html_top(&z->stack);
	const struct html_values values = html_values(&z->token);
	const char *begin;

	if ((!html_is(top, HTML_VIDEO) && !html_is(top, HTML_AUDIO)) || !values.at[HTML_ATTR_SRC] ||
	    z->writer.out->failed)
		return;
	begin = z->writer.out->data + top->at + 1 + top->as->len;
	if (top->len < sizeof(player) || memcmp(begin, player, sizeof(player) - 1) != 0)
		html_amend(&z->stack, player);
}

static void
start_void(struct html_sanitiser *z, const struct html_element *element)
{
	struct html_stack *s = &z->stack;

	if (element->as == HTML_SOURCE)
		give_player(z);
	html_make_place(s, HTML_NAMES);
	if (element->kind == HTML_RULE)
		html_close_paragraph(s);
	else
		html_reopen(s);
	write_void(z, element);
}

static void
start_image(struct html_sanitiser *z, const struct html_element *element)
{
	const struct html_values values = html_values(&z->token);

	(void)element;
	html_make_place(&z->stack, HTML_NAMES);
	html_reopen(&z->stack);
	if (html_write_image(&z->writer, &values, z->noscripts > 0))
		html_solid(&z->stack);
}

/* Whether a paragraph may begin here. */
static bool
is_flow(const struct html_stack *s)
{
	const struct html_element *as = s->depth > 0 ? s->open[s->depth - 1].as : NULL;

	if (!as)
		return true;
	if (as == &html_elements[HTML_PRE] || as == &html_elements[HTML_SUMMARY])
		return false;
	return (as->kind == HTML_BLOCK || as->kind == HTML_ITEM || (as->flags & HTML_MARKER)) &&
	       html_find(s, HTML_P) == 0;
}

static void
start_embed(struct html_sanitiser *z, const struct html_element *element)
{
	struct html_stack *s = &z->stack;
	const struct html_values values = html_values(&z->token);
	bool flow;

	if (element == &html_elements[HTML_IFRAME])
		(void)html_token_raw(&z->in, z->token.text, z->token.len);
	if (!html_accept_embed(&z->writer, &values))
		return;
	html_make_place(s, HTML_NAMES);
	flow = is_flow(s);
	if (!flow)
		html_reopen(s);
	if (s->depth > EMBED_DEPTH_MAX || html_find(s, HTML_A) > 0)
		return;
	if (flow)
		(void)html_push_added(s, HTML_P);
	html_write_embed(&z->writer, &values);
	html_solid(s);
	if (flow)
		html_close(s, s->depth - 1);
}

static void
start_table(struct html_sanitiser *z, const struct html_element *element)
{
	struct html_stack *s = &z->stack;
	const struct html_values values = html_values(&z->token);

	if (html_is_table_only(html_top(s)))
		html_close(s, html_find_in_tables(s, HTML_TABLE) - 1);
	html_make_place(s, HTML_NAMES);
	html_close_paragraph(s);
	if (s->depth < TABLE_DEPTH_MAX)
		(void)html_push(s, element, &values);
}

/* Which part of a table may stand in which. */
static bool
holds(const struct html_element *outer, const struct html_element *part)
{
	switch (outer - html_elements) {
	case HTML_TABLE:
		return true;
	case HTML_COLGROUP:
		return part->as == HTML_COL;
	case HTML_TBODY:
	case HTML_THEAD:
	case HTML_TFOOT:
		return part->as == HTML_TR || part->as == HTML_TD || part->as == HTML_TH;
	case HTML_TR:
		return part->as == HTML_TD || part->as == HTML_TH;
	default:
		return false;
	}
}

/* A part outside any table would end the page's own: its tags go. */
static void
start_table_part(struct html_sanitiser *z, const struct html_element *element)
{
	struct html_stack *s = &z->stack;
	const struct html_values values = html_values(&z->token);

	if (html_find_in_tables(s, HTML_TABLE) == 0)
		return;
	while (!holds(html_top(s)->as, element))
		html_close(s, s->depth - 1);
	if (element->as == HTML_COL) {
		write_void(z, element);
		return;
	}
	if ((element->as == HTML_TD || element->as == HTML_TH) && !html_is(html_top(s), HTML_TR))
		(void)html_push_added(s, HTML_TR);
	(void)html_push(s, element, &values);
}

static void
start_raw(struct html_sanitiser *z, const struct html_element *element)
{
	(void)element;
	(void)html_token_raw(&z->in, z->token.text, z->token.len);
}

static void
start_verbatim(struct html_sanitiser *z, const struct html_element *element)
{
	struct html_stack *s = &z->stack;
	const bool to_the_end = element == &html_elements[HTML_PLAINTEXT];
	const struct bytes rest = {z->in.at, (size_t)(z->in.end - z->in.at)};
	const struct bytes text =
		to_the_end ? rest : html_token_raw(&z->in, z->token.text, z->token.len);

	if (to_the_end)
		z->in.at = z->in.end;
	html_make_place(s, HTML_NAMES);
	html_close_paragraph(s);
	if (html_push_added(s, HTML_PRE)) {
		html_write_text(z, text.data, text.len, 0);
		html_solid(s);
		html_close(s, s->depth - 1);
	} else {
		html_write_text(z, text.data, text.len, 0);
	}
}

static void
start_unwrap(struct html_sanitiser *z, const struct html_element *element)
{
	z->noscripts += element == &html_elements[HTML_NOSCRIPT];
	z->maths += element == &html_elements[HTML_MATH];
}

/* Whether the tag at hand is of an element in which HTML goes on inside svg. */
static bool
is_integration_point(const struct html_token *tag)
{
	return html_name_is(tag->text, tag->len, "foreignobject") ||
	       html_name_is(tag->text, tag->len, "desc") ||
	       html_name_is(tag->text, tag->len, "title");
}

/* Whether the end tag at hand ends an element around svg, and svg with it (HTML Standard,
 * 13.2.6.5, "any other end tag"). */
static bool
ends_around(struct html_sanitiser *z, const struct html_element *element)
{
	const size_t depth = z->stack.depth;
	const size_t len = z->writer.out->len;

	if (!html_was_too_deep(&z->stack, element))
		html_ends[element->kind](z, element);
	return z->stack.depth != depth || z->writer.out->len != len;
}

/* Passes over an element with all that is in it; a tag that cannot stand in svg ends svg. */
static void
start_skip(struct html_sanitiser *z, const struct html_element *element)
{
	const bool foreign = element != &html_elements[HTML_TEMPLATE];
	struct html_token *tag = &z->token;
	size_t depth = 1;
	size_t points = 0;
	unsigned inside[HTML_NAMES] = {0}; /* open in svg itself, by name */
	bool broken_out = false;

	if (element != &html_elements[HTML_SVG] && foreign && z->maths == 0)
		return; /* an annotation is one only in math */
	if (foreign && tag->self_closing)
		return;
	z->in.foreign = foreign;
	while (depth > 0 && !broken_out && html_token_next(&z->in, tag)) {
		const struct html_element *inner;

		if (tag->kind == HTML_TEXT)
			continue;
		inner = html_element_find(tag->text, tag->len);
		if (tag->kind == HTML_START) {
			if (inner == element)
				depth += !foreign || !tag->self_closing;
			else if (foreign && is_integration_point(tag))
				points += !tag->self_closing;
			else if (inner && inner->kind == HTML_RAW && (!foreign || points > 0))
				(void)html_token_raw(&z->in, tag->text, tag->len);
			else if (foreign && points == 0 && inner) {
				broken_out = (inner->flags & HTML_BREAKOUT) != 0;
				inside[inner - html_elements] += !tag->self_closing;
			}
		} else if (inner == element) {
			depth--;
		} else if (foreign && points > 0) {
			points -= is_integration_point(tag);
		} else if (foreign && inner && inside[inner - html_elements] > 0) {
			inside[inner - html_elements]--;
		} else if (foreign && inner) {
			broken_out = inner->as == HTML_P || inner->as == HTML_BR ||
				     (inner == &html_elements[HTML_MATH] && z->maths > 0);
			if (!broken_out && ends_around(z, inner)) {
				z->in.foreign = false;
				return;
			}
		}
	}
	z->in.foreign = false;
	if (broken_out)
		html_on_tag(z);
}

void (*const html_starts[HTML_KINDS])(struct html_sanitiser *, const struct html_element *) = {
	[HTML_UNWRAP] = start_unwrap,
	[HTML_BLOCK] = start_block,
	[HTML_HEADING] = start_block,
	[HTML_ITEM] = start_item,
	[HTML_INLINE] = start_inline,
	[HTML_FORMATTING] = start_inline,
	[HTML_RUBY_PART] = start_ruby_part,
	[HTML_VOID] = start_void,
	[HTML_RULE] = start_void,
	[HTML_PICTURED] = start_image,
	[HTML_EMBEDDED] = start_embed,
	[HTML_TABLED] = start_table,
	[HTML_TABLE_PART] = start_table_part,
	[HTML_RAW] = start_raw,
	[HTML_VERBATIM] = start_verbatim,
	[HTML_SKIP] = start_skip,
};
