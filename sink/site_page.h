/* site_page - one HTML page: head, masthead, articles under their days, the way to the older and
 * the newer ones, foot. Nothing inline and no script but the search's: it works under the strictest
 * policy, which it states itself. A page stays under SITE_PAGE_BYTES_MAX with 2 *
 * SITE_PAGE_SIZE_MAX articles: one that is too large is printed without its excerpt.
 *
 *     page_begin, page_entry ..., page_pager, page_end, page_done */
#ifndef FM_SINK_SITE_PAGE_H
#define FM_SINK_SITE_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/buf.h"
#include "sink/site_conf.h"
#include "sink/site_store.h"

struct site_page {
	const struct site_conf *conf;
	struct arena *arena; /* for links */
	struct buf *out;
	struct buf ld; /* JSON-LD of the articles */

	const char *path;        /* its folder: "", "2024/02/", "tag/crypto/3/" */
	const char *title;       /* for <title>; NULL: the site's */
	const char *kind;        /* what the heading names: "Topic"; or NULL */
	const char *heading;     /* <h1>; NULL: the site's title */
	const char *description; /* NULL: the site's */
	const char *feed;        /* the folder of its feeds */
	const char *script;      /* a file of the site, or NULL */
	const char *section;     /* the path of the masthead's link that is current, or NULL */
	int64_t day;             /* of the last article */
	bool first;              /* no article yet */
};

/* The address of a folder of the site ("tag/crypto/") or a file ("feed.atom"), from this page. */
const char *page_link(const struct site_page *page, const char *target);

void page_begin(struct site_page *page);
void page_entry(struct site_page *page, const struct site_entry *entry);

struct site_step {
	const char *target; /* a folder of the site; NULL: there is none */
	const char *text;
};
void page_pager(struct site_page *page, struct site_step older, struct site_step newer);
void page_end(struct site_page *page);

/* Gives back what page_begin took. */
void page_done(struct site_page *page);
SCOPED_DEFINE_HELD(struct site_page, page_done)

/* "20 February 2024", "Tuesday, 20 February 2024", "February 2024", in the arena. */
const char *page_date(struct arena *arena, int64_t wall_s);
const char *page_day(struct arena *arena, int64_t wall_s);
const char *page_month(struct arena *arena, int64_t month);
const char *page_month_name(int64_t month);                        /* "February" */
const char *page_month_dashed(struct arena *arena, int64_t month); /* "2024-02" */
/* "2024/02/" */
const char *page_month_path(struct arena *arena, int64_t month);

#endif
