/* html_stack - the elements that are open in what is written, and the balance that they keep:
 * every start tag gets its end tag, in order, whatever the source does.
 *
 * Formatting (b, a, code, ...) that a block's end cuts off waits, and is opened again before the
 * next text, as browsers do it. */
#ifndef FM_PARSER_HTML_STACK_H
#define FM_PARSER_HTML_STACK_H

#include <stdbool.h>
#include <stddef.h>

#include "parser/html_attribute.h"
#include "parser/html_policy.h"

enum { HTML_WAITING_MAX = 32 };

struct html_open {
	const struct html_element *source; /* as the source names it */
	const struct html_element *as;     /* as it is written */
	size_t at;                         /* where its start tag stands in the output */
	size_t len;                        /* of the start tag */
	size_t origin;                     /* where the tag stands that it repeats; at */
	bool added;                        /* the source has no such tag here: goes when empty */
	bool ended;          /* its end tag came too early: closes as soon as it can */
	size_t waiting_base; /* of a marker: what to go back to */
};

struct html_stack {
	struct html_writer *w;
	size_t depth;
	size_t solid; /* the output's length after the last text, image, block */
	struct html_open open[HTML_DEPTH_MAX];
	unsigned short counts[HTML_NAMES]; /* of open, as written */
	/* Formatting to be opened again: in the innermost marker from waiting_base on. */
	size_t waiting_count;
	size_t waiting_base;
	struct html_open waiting[HTML_WAITING_MAX];
	/* Start tags too deep to be opened, by source: their end tags are theirs. */
	size_t too_deep;
	size_t too_deep_counts[HTML_NAMES];
};

/* Borrows w. */
void html_stack_init(struct html_stack *s, struct html_writer *w);

/* The innermost element; NULL when none is open. */
struct html_open *html_top(struct html_stack *s);

/* Whether an element, which may be NULL, is written as name. */
bool html_is(const struct html_open *open, enum html_name name);

/* Whether no text and no content but parts of the table may stand in it. */
bool html_is_table_only(const struct html_open *open);

/* Writes a start tag and opens it; false where that would be too deep. */
bool html_push(struct html_stack *s, const struct html_element *source,
	       const struct html_values *values);

/* The same for an element that the source does not have. */
bool html_push_added(struct html_stack *s, enum html_name as);

/* Puts attributes, written as they are to stand, before those of the innermost element;
 * there must be one. */
void html_amend(struct html_stack *s, const char *attributes);

/* Closes the innermost ones until depth are left; formatting among them waits. */
void html_close(struct html_stack *s, size_t depth);

/* Notes that something is written that makes what it stands in worth keeping. */
void html_solid(struct html_stack *s);

/* Opens the formatting again that waits. */
void html_reopen(struct html_stack *s);

/* The depth from which the innermost element written as name is open, counting from 1; 0 where
 * there is none. A table, a cell and a caption bar the search; html_find_in_tables crosses all. */
size_t html_find(const struct html_stack *s, enum html_name name);
size_t html_find_in_tables(const struct html_stack *s, enum html_name name);

/* The end tag of a formatting element: misnesting is resolved as browsers do it. */
void html_end_formatting(struct html_stack *s, const struct html_element *element);

/* No a may stand in an a: ends the one that is open, whatever stands in between. */
void html_end_link(struct html_stack *s);

/* Whether an end tag belongs to a start tag that was too deep. */
bool html_was_too_deep(struct html_stack *s, const struct html_element *element);

/* Makes a place for content: in a table, a cell; after the items of a list that we added, what
 * the list stands in. list: the list that what is to come belongs to; HTML_NAMES: none. */
void html_make_place(struct html_stack *s, enum html_name list);

/* Ends the heading that is innermost, if as is a heading too. */
void html_close_heading(struct html_stack *s, const struct html_element *as);

/* Ends the paragraph that is open here, if one is. */
void html_close_paragraph(struct html_stack *s);

#endif
