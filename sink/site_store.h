/* site_store - what the site knows, in one SQLite file: items as pages show them, tags, sources,
 * and what is to be rendered (site_bucket). All changes of a turn are one transaction; pages can
 * be made again from it at any time. */
#ifndef FM_SINK_SITE_STORE_H
#define FM_SINK_SITE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/db.h"

enum { SITE_TAGS_MAX = 32, SITE_ALSO_MAX = 8 };

/* An item as it is kept: plain texts are single lines, excerpt is safe HTML. NULL: absent. */
struct site_item {
	const char *id, *rev;
	uint64_t seq;
	int64_t at;      /* the date that it is filed under */
	int64_t updated; /* never before at */
	bool dated;      /* at is the publisher's date, not that of the fetch */
	const char *url, *title;
	const char *author, *language, *guid;
	const char *excerpt;
	const char *image, *alt, *caption;
	int64_t image_width, image_height;
	const char *feed_id, *feed_url, *feed_title, *feed_link;
	const char *story; /* items with the same are shown as one; the least rank leads */
	uint64_t story_rank;
	const char *const *tags;
	size_t tag_count;
};

/* Returns new; release with db_close. */
struct db *site_store_open(const char *path, struct err *err);

/* Takes the item unless a newer revision is there, and marks the buckets that it changes. What
 * changes nothing marks nothing. *changed_out: whether any page changes. */
int site_store_put(struct db *db, const struct site_item *item, bool *changed_out, struct err *err);

/* A text that outlives the process; "" when it was never set. Appends to out. */
int site_store_recall(struct db *db, const char *name, struct buf *out, struct err *err);
int site_store_remember(struct db *db, const char *name, const char *value, struct err *err);

struct site_label {
	const char *name, *slug;
	const char *feed; /* of a source: its feed's address, without the scheme; else "" */
};

struct site_also {
	const char *source, *url;
};

/* A story as a page shows it: its leading item and the others. */
struct site_entry {
	struct site_item item; /* without guid, tags, story, rev, seq */
	const char *key;       /* for feeds: the origin's id, or a urn; no two are the same */
	struct site_label source;
	struct site_label tags[SITE_TAGS_MAX];
	size_t tag_count;
	struct site_also also[SITE_ALSO_MAX];
	size_t also_count, also_more; /* those that are named, and how many are not */
};

/* Reads the story that the item leads; texts live in the arena. */
int site_store_entry(struct db *db, int64_t lead, struct arena *arena, struct site_entry *out,
		     struct err *err);

/* A tag's or a source's name and slug: 1, or 0 when it is not there. */
int site_store_label(struct db *db, int64_t kind, int64_t key, struct arena *arena,
		     struct site_label *out, struct err *err);

#endif
