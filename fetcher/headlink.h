/* headlink - the links that the Link lines of one response give (RFC 8288, section 3). Pure.
 *
 *     struct headlink_walk walk = headlink_begin(response.head);
 *     while (headlink_next(&walk, &link))
 *             if (headlink_is(&link, "hub")) ...
 *
 * Linear in the head, whatever it holds: a value that is no link ends its line, not the walk. */
#ifndef FM_FETCHER_HEADLINK_H
#define FM_FETCHER_HEADLINK_H

#include <stdbool.h>
#include <stddef.h>

#include "common/buf.h"

enum {
	HEADLINK_LINES_MAX = 32, /* Link lines of one response that are looked at */
	HEADLINK_MAX = 64,       /* links of one response that are given */
};

/* Borrowed from the head: the server's own bytes, escapes in quoted values not undone. Of a
 * parameter that comes twice the first counts; len 0: absent. */
struct headlink {
	struct bytes target; /* a reference, for url_resolve; may be empty: the response itself */
	struct bytes rel, type;
	bool anchored; /* it says something of another resource than the response (3.2) */
};

struct headlink_walk {
	struct bytes head, rest;
	size_t lines, given;
};

/* Borrows head. */
struct headlink_walk headlink_begin(struct bytes head);
/* Links without a rel are passed over. */
bool headlink_next(struct headlink_walk *walk, struct headlink *out);

/* Whether rel is one of the link's relations, which are compared without regard to case. */
bool headlink_is(const struct headlink *link, const char *rel);

#endif
