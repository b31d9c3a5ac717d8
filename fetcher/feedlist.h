/* feedlist - which feeds there are, as people write it down: feeds.conf (feedmill-feeds.conf(5))
 * and what lies in feeds.d/ beside it as NAME.opml.
 *
 *     [feeds]                          [feed https://example.org/atom.xml]
 *     url = https://example.org/       interval = 15m
 *         https://example.net/rss      title = Example */
#ifndef FM_FETCHER_FEEDLIST_H
#define FM_FETCHER_FEEDLIST_H

#include <stdbool.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/err.h"

/* Borrowed for the call; texts are NULL where absent. */
struct listed {
	const char *id;  /* see feed_id */
	const char *url; /* see feed_url */
	const char *userinfo, *title, *category;
	int64_t want_interval_s; /* 0: as all feeds */
	int64_t want_body_bytes; /* 0: as all feeds */
};

struct feedlist_to {
	/* -1 with err ends the reading. A feed may come more than once. */
	int (*each)(void *arg, const struct listed *feed, struct err *err);
	/* A line of an OPML that is left out, and why. */
	void (*warn)(void *arg, const char *text);
	void *arg;
};

/* Reads path (feeds.conf) and feeds.d beside it. A path that does not exist is no error when
 * optional. ERR_USAGE with file and line: nothing in between is guessed. */
int feedlist_read(const char *path, bool optional, const struct feedlist_to *to, struct err *err);

/* Appends the folder of OPML files that belongs to the list at path. */
int feedlist_folder(const char *path, struct buf *out, struct err *err);

/* A number that changes when any of these files does. */
uint64_t feedlist_stamp(const char *path);

#endif
