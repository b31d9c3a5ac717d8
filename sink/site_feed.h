/* site_feed - the newest stories as an Atom feed (RFC 4287) and as a JSON Feed (1.1): for the
 * whole site and for each tag. Entries keep the id that their publisher gave them, name their
 * source, and are in the order of their date, newest first. */
#ifndef FM_SINK_SITE_FEED_H
#define FM_SINK_SITE_FEED_H

#include <stddef.h>

#include "common/arena.h"
#include "common/buf.h"
#include "sink/site_conf.h"
#include "sink/site_store.h"

struct site_feed {
	const struct site_conf *conf;
	const char *path;  /* the folder that it is about: "", "tag/crypto/" */
	const char *title; /* plain text */
	const struct site_entry *entries;
	size_t count;
};

void feed_atom(const struct site_feed *feed, struct arena *arena, struct buf *out);
void feed_json(const struct site_feed *feed, struct arena *arena, struct buf *out);

/* The sources as OPML 2.0, begun, one by one, ended. */
void opml_begin(const struct site_conf *conf, struct buf *out);
void opml_source(struct buf *out, const char *title, const char *feed_url, const char *link);
void opml_end(struct buf *out);

/* A sitemap (sitemaps.org): the same way. */
enum { SITEMAP_URLS_MAX = 50000 };
void sitemap_begin(struct buf *out);
void sitemap_page(const struct site_conf *conf, struct buf *out, const char *path);
void sitemap_end(struct buf *out);

#endif
