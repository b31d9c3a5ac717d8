/* site_conf - what the operator chose for the site: the options of feedmill-site(7), as read once
 * at the start. */
#ifndef FM_SINK_SITE_CONF_H
#define FM_SINK_SITE_CONF_H

#include <stdbool.h>
#include <stdint.h>

enum {
	SITE_PAGE_BYTES_MAX = 1024 * 1024, /* a page is smaller, whatever its items hold */
	SITE_PAGE_SIZE_MAX = 60,
	SITE_FEED_ENTRIES = 50,
};

struct site_conf {
	const char *path; /* the folder, without a final slash */
	const char *title, *description, *language;
	const char *base_url; /* absolute, with a final slash */
	bool folder_links;    /* links name folders; else their index.html, for file:// */
	bool images;
	int64_t page_size;
	int64_t excerpt_chars;
};

#endif
