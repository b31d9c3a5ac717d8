/* site_name - what things are called in the site's paths, and by which keys two items are known
 * to tell the same story. All of it depends on the thing's own name and on nothing else, so that
 * a page keeps its address whatever else comes and in whichever order. */
#ifndef FM_SINK_SITE_NAME_H
#define FM_SINK_SITE_NAME_H

#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"

enum { SITE_SLUG_BYTES = 80 };

/* A tag's folder name: the tag itself where it is made of a-z, 0-9 and single '-'; for any other,
 * what is readable of it, "--" and a digest. Two tags never share one, no slug is a path of more
 * than one part, "." or "..", a hidden file, or a name that means a device somewhere. */
void site_tag_slug(const char *tag, char out[SITE_SLUG_BYTES]);

/* A source's: its feed's host and a digest of the feed's id. */
void site_source_slug(const char *feed_id, const char *feed_url, char out[SITE_SLUG_BYTES]);

/* Months are counted from the year 0: year * 12 + (0..11). */
int64_t site_month_of(int64_t wall_s);
int64_t site_month_start(int64_t month); /* its first second */

/* Appends the URL as a key: without scheme, "www.", tracking parameters and final slash. Nothing
 * for a URL that names a whole host, or that is no http(s) URL. */
void site_url_key(const char *url, struct buf *out);

/* Appends the title as a key: its letters and digits, lower-case where ASCII, words apart by one
 * blank. Nothing for a title too short to tell a story by. */
void site_title_key(const char *title, struct buf *out);

#endif
