/* discover - finding a site's feeds: whether a body is a feed or a page, and which feeds a page
 * names: rel=alternate and rel=feed of its response's Link lines and of its link elements, these
 * against base href, then links that look like feeds. Pure, linear in what it is given, and nothing
 * of a page is believed but that there may be a feed. */
#ifndef FM_FETCHER_DISCOVER_H
#define FM_FETCHER_DISCOVER_H

#include <stddef.h>

#include "common/buf.h"
#include "common/err.h"

enum {
	DISCOVER_FOUND_MAX = 32,
	DISCOVER_BYTES_MAX = 2 * 1024 * 1024, /* of a page that are looked at */
	DISCOVER_TITLE_BYTES_MAX = 512,
};

enum discover_kind { DISCOVER_FEED, DISCOVER_PAGE, DISCOVER_OTHER };

/* By what the body is, whatever its type says. */
enum discover_kind discover_kind(struct bytes body);

/* Borrowed for the call. */
struct discovered {
	const char *url;   /* absolute, http or https, no credentials, no fragment */
	const char *title; /* the page's word for it; NULL: none */
};

/* Calls each with the feeds that a page at page_url and the head of its response (may be empty)
 * name, the most likely first, no URL twice; until it returns non-zero. 0, or -1 without memory. */
int discover_links(struct bytes head, struct bytes page, const char *page_url,
		   int (*each)(void *arg, const struct discovered *found), void *arg,
		   struct err *err);

/* Where feeds often are on sites that do not name them; NULL-terminated. */
extern const char *const discover_usual_paths[];

#endif
