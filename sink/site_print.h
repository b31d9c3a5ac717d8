/* site_print - every kind of file that the site has, made from the store: what a bucket's pages
 * are called, what stands on them, which way leads on. */
#ifndef FM_SINK_SITE_PRINT_H
#define FM_SINK_SITE_PRINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/db.h"
#include "sink/site_bucket.h"
#include "sink/site_conf.h"
#include "sink/site_name.h"
#include "sink/site_store.h"

struct site_print {
	const struct site_conf *conf;
	struct db *db;
	struct arena *arena; /* reset by every print_ call but print_shelf */
	struct buf *out;     /* emptied first, then the file */
};

/* What a bucket is called. */
struct site_shelf {
	struct site_bucket bucket;
	char path[SITE_SLUG_BYTES + 16]; /* "", "2024/02/", "tag/crypto/", "source/.../" */
	char title[1024];                /* "February 2024", "Topic: crypto"; "" for the front */
	char heading[512];
	bool feeds; /* it has feeds of its own */
};

int print_shelf(const struct site_print *print, const struct site_bucket *bucket,
		struct site_shelf *out, struct err *err);

/* How many numbered pages a bucket of so many stories has. Each holds page_size stories, numbered
 * from the oldest, so that a story stays on its page; the rest, at least a page, are on the
 * bucket's first page. */
int64_t print_numbered_count(const struct site_conf *conf, const struct site_bucket *bucket);

/* The stories after the cursor, as page number `number` (1 is the oldest) of `full`. */
int print_numbered(const struct site_print *print, const struct site_shelf *shelf,
		   struct site_cursor *cursor, int64_t number, int64_t full, struct err *err);
/* The bucket's first page: its newest stories. */
int print_first(const struct site_print *print, const struct site_shelf *shelf, int64_t full,
		struct err *err);
int print_atom(const struct site_print *print, const struct site_shelf *shelf, struct err *err);
int print_json(const struct site_print *print, const struct site_shelf *shelf, struct err *err);

/* The search is done by the reader's browser, on lists of titles: a month's stories in parts of
 * SEARCH_PART, numbered from the oldest ("search/2024-02-1.json"), and a list of the parts. */
enum { SEARCH_PART = 250 };
int64_t print_search_count(const struct site_bucket *month);
int print_search(const struct site_print *print, const struct site_shelf *month,
		 struct site_cursor *cursor, struct err *err);
int print_search_parts(const struct site_print *print, struct err *err);
int print_search_page(const struct site_print *print, struct err *err);

/* The lists of the whole site, a file each. NULL past the last. */
struct site_list {
	const char *path;
	int (*print)(const struct site_print *print, struct err *err);
};
const struct site_list *print_list_at(size_t i);

#endif
