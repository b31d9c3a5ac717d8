#include "parser/html_stack.h"

#include <string.h>

/* Formatting that is nested more often than this, with the same tag, waits no more than this
 * often (HTML Standard, 13.2.4.3: "the Noah's Ark clause"). */
enum { SAME_MAX = 3 };

void
html_stack_init(struct html_stack *s, struct html_writer *w)
{
	s->w = w;
	s->depth = 0;
	s->solid = w->out->len;
	memset(s->counts, 0, sizeof(s->counts));
	s->waiting_count = 0;
	s->waiting_base = 0;
	s->too_deep = 0;
	memset(s->too_deep_counts, 0, sizeof(s->too_deep_counts));
}

struct html_open *
html_top(struct html_stack *s)
{
	return s->depth > 0 ? &s->open[s->depth - 1] : NULL;
}

bool
html_is(const struct html_open *open, enum html_name name)
{
	return open && open->as == &html_elements[name];
}

bool
html_is_table_only(const struct html_open *open)
{
	return open && (open->as->kind == HTML_TABLED ||
			(open->as->kind == HTML_TABLE_PART && !(open->as->flags & HTML_MARKER)));
}

void
html_solid(struct html_stack *s)
{
	s->solid = s->w->out->len;
}

/* Opening. */

/* Takes what was written from at on as the start tag of an element that is open now. */
static void
opened(struct html_stack *s, struct html_open open)
{
	open.len = s->w->out->len - open.at;
	open.ended = false;
	if (open.as->flags & HTML_MARKER) {
		open.waiting_base = s->waiting_base;
		s->waiting_base = s->waiting_count;
	}
	s->counts[open.as - html_elements]++;
	s->open[s->depth++] = open;
}

bool
html_push(struct html_stack *s, const struct html_element *source, const struct html_values *values)
{
	const struct html_element *as = &html_elements[source->as];
	struct buf *out = s->w->out;
	const size_t at = out->len;

	if (s->depth == HTML_DEPTH_MAX) {
		s->too_deep++;
		s->too_deep_counts[source - html_elements]++;
		return false;
	}
	(void)buf_addc(out, '<', NULL);
	(void)buf_add(out, as->name, as->len, NULL);
	html_write_attributes(s->w, as, values);
	(void)buf_addc(out, '>', NULL);
	opened(s, (struct html_open){.source = source, .as = as, .at = at, .origin = at});
	if (as->kind != HTML_INLINE && as->kind != HTML_FORMATTING)
		html_solid(s);
	return true;
}

bool
html_push_added(struct html_stack *s, enum html_name as)
{
	const struct html_element *element = &html_elements[as];
	struct buf *out = s->w->out;
	const size_t at = out->len;

	if (s->depth == HTML_DEPTH_MAX)
		return false;
	(void)buf_addc(out, '<', NULL);
	(void)buf_add(out, element->name, element->len, NULL);
	(void)buf_addc(out, '>', NULL);
	opened(s, (struct html_open){
			  .source = element, .as = element, .at = at, .origin = at, .added = true});
	return true;
}

void
html_amend(struct html_stack *s, const char *attributes)
{
	struct buf *out = s->w->out;
	struct html_open *top = &s->open[s->depth - 1];
	const size_t at = top->at + 1 + top->as->len;
	const size_t len = strlen(attributes);
	const size_t rest = out->len - at;

	if (buf_adds(out, attributes, NULL) < 0)
		return;
	memmove(out->data + at + len, out->data + at, rest);
	memcpy(out->data + at, attributes, len);
	top->len += len;
	if (s->solid > at)
		s->solid += len;
	/* Formatting that ended in there stands further on now. */
	for (size_t i = 0; i < s->waiting_count; i++)
		if (s->waiting[i].origin > at)
			s->waiting[i].origin += len;
}

/* Opens an element once more, with the tag it had; false when that is not to be. */
static bool
open_again(struct html_stack *s, const struct html_open *open)
{
	struct buf *out = s->w->out;
	struct html_open again = *open;
	size_t at;

	html_close_heading(s, open->as);
	at = out->len;
	if (s->depth == HTML_DEPTH_MAX || !html_may_grow(s->w) ||
	    !buf_reserve(out, open->len, NULL))
		return false;
	(void)buf_add(out, out->data + open->origin, open->len, NULL);
	again.at = at;
	again.added = true;
	opened(s, again);
	return true;
}

/* Waiting. */

static bool
is_same_tag(const struct html_stack *s, const struct html_open *a, const struct html_open *b)
{
	const char *out = s->w->out->data;

	return a->source == b->source && a->len == b->len &&
	       memcmp(out + a->origin, out + b->origin, a->len) == 0;
}

/* Whatever is open is older than what waits: it comes before. */
static void
wait(struct html_stack *s, const struct html_open *open)
{
	struct html_open *first = &s->waiting[s->waiting_base];
	int same = 0;

	if (s->waiting_count == HTML_WAITING_MAX)
		return;
	for (size_t i = s->waiting_base; i < s->waiting_count; i++)
		same += is_same_tag(s, &s->waiting[i], open);
	if (same >= SAME_MAX && open->as->kind == HTML_FORMATTING)
		return;
	memmove(first + 1, first, (s->waiting_count - s->waiting_base) * sizeof(*first));
	*first = *open;
	s->waiting_count++;
}

static void
forget(struct html_stack *s, size_t at, size_t count)
{
	s->waiting_count -= count;
	memmove(&s->waiting[at], &s->waiting[at + count],
		(s->waiting_count - at) * sizeof(s->waiting[0]));
}

/* Opens the first ones that wait; all of them are forgotten once one cannot be opened: what
 * comes after may only stand in what comes before. */
static void
reopen(struct html_stack *s, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (!open_again(s, &s->waiting[s->waiting_base + i])) {
			s->waiting_count = s->waiting_base;
			return;
		}
	}
	forget(s, s->waiting_base, count);
}

void
html_reopen(struct html_stack *s)
{
	if (s->waiting_count > s->waiting_base)
		reopen(s, s->waiting_count - s->waiting_base);
}

/* Closing. */

/* Whether an added element has nothing in it. In an added cell that includes formatting without
 * text, for a cell too many shifts all that follow. */
static bool
is_empty(const struct html_stack *s, const struct html_open *open)
{
	const size_t behind = open->at + open->len;

	return s->w->out->len == behind || ((open->as->flags & HTML_MARKER) && s->solid <= behind);
}

/* Closes the innermost element. */
static void
pop(struct html_stack *s)
{
	struct html_open *open = &s->open[--s->depth];
	struct buf *out = s->w->out;

	if (open->added && is_empty(s, open) && !out->failed) {
		buf_cut(out, open->at);
		if (s->solid > out->len)
			s->solid = out->len;
	} else {
		(void)buf_adds(out, "</", NULL);
		(void)buf_add(out, open->as->name, open->as->len, NULL);
		(void)buf_addc(out, '>', NULL);
	}
	s->counts[open->as - html_elements]--;
	if (open->as->flags & HTML_MARKER) {
		s->waiting_count = s->waiting_base;
		s->waiting_base = open->waiting_base;
	}
	if (s->too_deep > 0) {
		s->too_deep = 0;
		memset(s->too_deep_counts, 0, sizeof(s->too_deep_counts));
	}
}

static void
pop_ended(struct html_stack *s)
{
	while (s->depth > 0 && s->open[s->depth - 1].ended)
		pop(s);
}

void
html_close(struct html_stack *s, size_t depth)
{
	while (s->depth > depth) {
		const struct html_open open = s->open[s->depth - 1];

		pop(s);
		if (open.as->kind == HTML_FORMATTING && !open.ended)
			wait(s, &open);
	}
	pop_ended(s);
}

/* Finding. */

static bool
is_bar(const struct html_open *open)
{
	return (open->as->flags & HTML_MARKER) || open->as->kind == HTML_TABLED;
}

size_t
html_find(const struct html_stack *s, enum html_name name)
{
	const struct html_element *as = &html_elements[name];

	if (s->counts[name] == 0)
		return 0;
	for (size_t depth = s->depth; depth > 0; depth--) {
		if (s->open[depth - 1].as == as)
			return depth;
		if (is_bar(&s->open[depth - 1]))
			return 0;
	}
	return 0;
}

size_t
html_find_in_tables(const struct html_stack *s, enum html_name name)
{
	if (s->counts[name] == 0)
		return 0;
	for (size_t depth = s->depth; depth > 0; depth--)
		if (s->open[depth - 1].as == &html_elements[name])
			return depth;
	return 0;
}

bool
html_was_too_deep(struct html_stack *s, const struct html_element *element)
{
	size_t *count = &s->too_deep_counts[element - html_elements];

	if (s->too_deep == 0 || *count == 0)
		return false;
	(*count)--;
	s->too_deep--;
	return true;
}

/* Misnesting. */

/* Ends the formatting element at depth and opens again what was open inside it: blocks at once,
 * formatting when there is text. */
static void
split(struct html_stack *s, size_t depth)
{
	const size_t inside = s->depth - depth;
	size_t blocks = 0;

	if (inside > HTML_WAITING_MAX - s->waiting_count) {
		s->open[depth - 1].ended = true; /* does not wait */
		html_close(s, depth - 1);
		return;
	}
	while (s->depth > depth) {
		const struct html_open open = s->open[s->depth - 1];

		pop(s);
		if (!open.ended &&
		    (open.as->kind == HTML_FORMATTING || (open.as->flags & HTML_SPECIAL)))
			wait(s, &open);
	}
	pop(s);
	for (size_t i = s->waiting_base; i < s->waiting_count; i++)
		if (s->waiting[i].as->flags & HTML_SPECIAL)
			blocks = i + 1 - s->waiting_base;
	pop_ended(s);
	reopen(s, blocks);
}

/* Whether all blocks inside the element at depth may be divided. */
static bool
is_divisible(const struct html_stack *s, size_t depth)
{
	for (size_t i = depth; i < s->depth; i++)
		if ((s->open[i].as->flags & (HTML_SPECIAL | HTML_DIVISIBLE)) == HTML_SPECIAL)
			return false;
	return true;
}

/* The depth of the innermost formatting element of the source's name that is not ended. */
static size_t
find_formatting(const struct html_stack *s, const struct html_element *element)
{
	if (s->counts[element->as] == 0)
		return 0;
	for (size_t depth = s->depth; depth > 0; depth--) {
		const struct html_open *open = &s->open[depth - 1];

		if (open->source == element && !open->ended)
			return depth;
		if (is_bar(open))
			return 0;
	}
	return 0;
}

void
html_end_formatting(struct html_stack *s, const struct html_element *element)
{
	size_t depth;

	for (size_t i = s->waiting_count; i > s->waiting_base; i--) {
		if (s->waiting[i - 1].source == element) {
			forget(s, i - 1, 1);
			return;
		}
	}
	depth = find_formatting(s, element);
	if (depth == 0)
		return;
	if (is_divisible(s, depth))
		split(s, depth);
	else
		s->open[depth - 1].ended = true;
}

void
html_end_link(struct html_stack *s)
{
	size_t depth;

	for (size_t i = s->waiting_count; i > s->waiting_base; i--)
		if (s->waiting[i - 1].as == &html_elements[HTML_A])
			forget(s, i - 1, 1);
	depth = html_find(s, HTML_A);
	if (depth > 0)
		split(s, depth);
}

/* Places. */

void
html_make_place(struct html_stack *s, enum html_name list)
{
	struct html_open *top = html_top(s);

	while (top && top->added && !html_is(top, list) &&
	       (html_is(top, HTML_UL) || html_is(top, HTML_DL))) {
		html_close(s, s->depth - 1);
		top = html_top(s);
	}
	if (!html_is_table_only(top))
		return;
	if (html_is(top, HTML_COLGROUP))
		html_close(s, s->depth - 1);
	if (!html_is(html_top(s), HTML_TR))
		(void)html_push_added(s, HTML_TR);
	(void)html_push_added(s, HTML_TD);
}

void
html_close_heading(struct html_stack *s, const struct html_element *as)
{
	while (as->kind == HTML_HEADING && s->depth > 0 &&
	       s->open[s->depth - 1].as->kind == HTML_HEADING)
		html_close(s, s->depth - 1);
}

void
html_close_paragraph(struct html_stack *s)
{
	const size_t depth = html_find(s, HTML_P);

	if (depth > 0)
		html_close(s, depth - 1);
}
