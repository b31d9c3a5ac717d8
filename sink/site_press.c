#include "sink/site_press.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/arena.h"
#include "common/clock.h"
#include "common/digest.h"
#include "sink/site_assets.h"
#include "sink/site_files.h"
#include "sink/site_print.h"

enum {
	/* Raise it when what the program prints for the same store changes. */
	PRESS_VERSION = 2,
	ARENA_BYTES_MAX = 64 * 1024 * 1024,
	FILE_BYTES_MAX = 64 * 1024 * 1024,
	NAME_BYTES = 256,
};

/* What is left to do for the bucket in hand, in this order. */
enum step { STEP_NUMBERED, STEP_FIRST, STEP_ATOM, STEP_JSON, STEP_SEARCH, STEP_END };

struct site_press {
	const struct site_conf *conf;
	struct db *db;
	struct arena *arena;
	struct buf out;
	struct site_files *files;

	int64_t due_ms;   /* of the next sweep; -1: nothing is marked */
	int64_t first_ms; /* of the first change since the last sweep began; -1: none */

	bool sweeping;
	int64_t kind, key; /* where the sweep is */
	bool settling;     /* the batch, before anything else */
	bool last;         /* the sweep ends with it */

	bool working; /* on shelf: */
	struct site_shelf shelf;
	enum step step;
	int64_t number;    /* of the next page, or list */
	int64_t full, old; /* numbered pages: to be, and on the disk */
	struct site_cursor cursor;
	int64_t part; /* of the search, of a month */
	struct site_cursor part_cursor;

	/* Buckets whose last file waits in the batch: their marks go when it is settled. */
	struct {
		struct site_bucket bucket;
		int64_t full;
	} ended[FILES_BATCH];
	size_t ended_count;
};

static struct site_print
printing(struct site_press *press)
{
	return (struct site_print){press->conf, press->db, press->arena, &press->out};
}

/* What was printed becomes the file's content, with the batch. */
static int
write_file(struct site_press *press, const char *path, struct err *err)
{
	return files_write(press->files, path, &press->out, err);
}

/* The batch: 1 settled, 0 not yet, -1. */
static int
settle(struct site_press *press, int64_t until_us, struct err *err)
{
	const int settled = files_settle(press->files, until_us, err);

	if (settled != 1 || press->ended_count == 0)
		return settled;
	/* The files are on the disk and so are their names: only now the marks may go. */
	if (db_begin(press->db, err) < 0)
		return -1;
	for (size_t i = 0; i < press->ended_count; i++)
		if (site_bucket_end(press->db, &press->ended[i].bucket, press->ended[i].full, err) <
		    0)
			return -1;
	press->ended_count = 0;
	return 1;
}

/* A bucket. */

/* Takes the next marked bucket up: 1, or 0 when the sweep is over. */
static int
begin_bucket(struct site_press *press, struct err *err)
{
	const struct site_print print = printing(press);
	struct site_bucket bucket;
	int64_t from, before;
	const int found = site_bucket_marked(press->db, press->kind, press->key, &bucket, err);

	if (found <= 0)
		return found;
	press->kind = bucket.kind;
	press->key = bucket.key;
	arena_reset(press->arena);
	if (db_begin(press->db, err) < 0 || print_shelf(&print, &bucket, &press->shelf, err) < 0 ||
	    site_bucket_begin(press->db, &bucket, &from, err) < 0 ||
	    site_bucket_before(press->db, &bucket, from, &before, err) < 0)
		return -1;
	press->old = bucket.full;
	press->full = print_numbered_count(press->conf, &bucket);
	/* From the page with the first marked story; and the last one that was printed, whose
	 * way on to newer stories may lead elsewhere now. */
	press->number = before / press->conf->page_size + 1;
	if (press->number > press->old)
		press->number = press->old > 0 ? press->old : 1;
	if (site_bucket_seek(press->db, &bucket, (press->number - 1) * press->conf->page_size,
			     &press->cursor, err) < 0)
		return -1;
	press->part = before / SEARCH_PART + 1;
	if (site_bucket_seek(press->db, &bucket, (press->part - 1) * SEARCH_PART,
			     &press->part_cursor, err) < 0)
		return -1;
	press->step = bucket.kind == BUCKET_LISTS ? STEP_FIRST : STEP_NUMBERED;
	if (bucket.kind == BUCKET_LISTS)
		press->number = 0;
	press->working = true;
	return 1;
}

/* The path of one of the bucket's numbered files: a page, or a part of the month's search. */
static void
numbered_path(const struct site_press *press, bool search, int64_t number, char out[NAME_BYTES])
{
	const char *const path = press->shelf.path;

	if (search) /* "2024/02/" -> "search/2024-02-1.json" */
		(void)snprintf(out, NAME_BYTES, "search/%.4s-%.2s-%lld.json", path, path + 5,
			       (long long)number);
	else
		(void)snprintf(out, NAME_BYTES, "%s%lld.html", path, (long long)number);
}

/* Removes those after the last that belongs there, up to `known` and on: a sweep that was killed
 * may have written more than anybody knows of. From the end, so that another kill leaves no gap. */
static int
remove_surplus(struct site_press *press, bool search, int64_t last, int64_t known, struct err *err)
{
	int64_t number = known > last ? known : last;
	char path[NAME_BYTES];

	do
		numbered_path(press, search, ++number, path);
	while (files_has(press->files, path));
	while (--number > last) {
		numbered_path(press, search, number, path);
		if (files_remove(press->files, path, err) < 0)
			return -1;
	}
	return 0;
}

static int
step_numbered(struct site_press *press, struct err *err)
{
	const struct site_print print = printing(press);
	char path[NAME_BYTES];

	if (press->number > press->full) {
		press->step = STEP_FIRST;
		return remove_surplus(press, false, press->full, press->old, err);
	}
	if (print_numbered(&print, &press->shelf, &press->cursor, press->number, press->full, err) <
	    0)
		return -1;
	numbered_path(press, false, press->number, path);
	press->number++;
	return write_file(press, path, err);
}

static int
step_search(struct site_press *press, struct err *err)
{
	const struct site_print print = printing(press);
	const int64_t last = print_search_count(&press->shelf.bucket);
	char path[NAME_BYTES];

	if (press->part > last) {
		press->step = STEP_END;
		return remove_surplus(press, true, last, last, err);
	}
	if (print_search(&print, &press->shelf, &press->part_cursor, err) < 0)
		return -1;
	numbered_path(press, true, press->part, path);
	press->part++;
	return write_file(press, path, err);
}

/* A bucket that lost its last story has no files. */
static int
remove_bucket(struct site_press *press, struct err *err)
{
	static const char *const names[] = {"feed.atom", "feed.json", "index.html"};
	char path[NAME_BYTES];

	press->step = press->shelf.bucket.kind == BUCKET_MONTH ? STEP_SEARCH : STEP_END;
	for (size_t i = press->shelf.feeds ? 0 : 2; i < sizeof(names) / sizeof(names[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s%s", press->shelf.path, names[i]);
		if (files_remove(press->files, path, err) < 0)
			return -1;
	}
	return 0;
}

static int
step_first(struct site_press *press, struct err *err)
{
	const struct site_print print = printing(press);
	char path[NAME_BYTES];

	if (press->shelf.bucket.count == 0 && press->shelf.bucket.kind != BUCKET_FRONT)
		return remove_bucket(press, err);
	if (print_first(&print, &press->shelf, press->full, err) < 0)
		return -1;
	press->step = press->shelf.feeds                         ? STEP_ATOM
		      : press->shelf.bucket.kind == BUCKET_MONTH ? STEP_SEARCH
								 : STEP_END;
	(void)snprintf(path, sizeof(path), "%sindex.html", press->shelf.path);
	return write_file(press, path, err);
}

static int
step_list(struct site_press *press, struct err *err)
{
	const struct site_print print = printing(press);
	const struct site_list *const list = print_list_at((size_t)press->number);

	press->number++;
	if (!list) {
		press->step = STEP_END;
		return 0;
	}
	return list->print(&print, err) < 0 ? -1 : write_file(press, list->path, err);
}

static int
step_feed(struct site_press *press, struct err *err)
{
	const struct site_print print = printing(press);
	const bool atom = press->step == STEP_ATOM;
	char path[NAME_BYTES];

	if ((atom ? print_atom : print_json)(&print, &press->shelf, err) < 0)
		return -1;
	press->step = atom ? STEP_JSON : STEP_END;
	(void)snprintf(path, sizeof(path), "%s%s", press->shelf.path,
		       atom ? "feed.atom" : "feed.json");
	return write_file(press, path, err);
}

/* One file at most. */
static int
work_on(struct site_press *press, struct err *err)
{
	switch (press->step) {
	case STEP_NUMBERED:
		return step_numbered(press, err);
	case STEP_FIRST:
		return press->shelf.bucket.kind == BUCKET_LISTS ? step_list(press, err)
								: step_first(press, err);
	case STEP_ATOM:
	case STEP_JSON:
		return step_feed(press, err);
	case STEP_SEARCH:
		return step_search(press, err);
	case STEP_END:
		break;
	}
	press->working = false;
	press->ended[press->ended_count].bucket = press->shelf.bucket;
	press->ended[press->ended_count++].full = press->full;
	return 0;
}

/* The sweep. */

void
press_changed(struct site_press *press)
{
	const int64_t now = clock_mono_ms();

	if (press->first_ms < 0)
		press->first_ms = now;
	press->due_ms = now + PRESS_SETTLE_MS < press->first_ms + PRESS_WAIT_MS
				? now + PRESS_SETTLE_MS
				: press->first_ms + PRESS_WAIT_MS;
}

int
press_timeout_ms(const struct site_press *press)
{
	int64_t left;

	if (press->sweeping)
		return 0;
	if (press->due_ms < 0)
		return -1;
	left = press->due_ms - clock_mono_ms();
	return left > 0 ? (int)left : 0;
}

/* One small piece of the sweep's work. */
static int
sweep_on(struct site_press *press, int64_t until_us, struct err *err)
{
	int done;

	if (press->settling) {
		done = settle(press, until_us, err);
		if (done == 1) {
			press->settling = false;
			press->sweeping = !press->last;
		}
		return done < 0 ? -1 : 0;
	}
	if (press->working) {
		if (work_on(press, err) < 0)
			return -1;
		press->settling = files_waiting(press->files) == FILES_BATCH ||
				  press->ended_count == FILES_BATCH;
		return 0;
	}
	done = begin_bucket(press, err);
	press->settling = press->last = done == 0;
	return done < 0 ? -1 : 0;
}

/* What was begun stays marked. */
static int
give_up(struct site_press *press)
{
	files_give_up(press->files);
	press->ended_count = 0;
	press->sweeping = press->working = false;
	press->due_ms = clock_mono_ms() + PRESS_AGAIN_MS;
	return -1;
}

int
press_work(struct site_press *press, int64_t budget_ms, bool now, struct err *err)
{
	const int64_t until_us = clock_mono_us() + budget_ms * 1000;

	if (!press->sweeping) {
		if (press->due_ms < 0 || (!now && clock_mono_ms() < press->due_ms))
			return 0;
		press->sweeping = true;
		press->settling = press->last = false;
		press->kind = press->key = -1;
		press->due_ms = press->first_ms = -1;
	}
	do {
		if (sweep_on(press, until_us, err) < 0)
			return give_up(press);
	} while (press->sweeping && clock_mono_us() < until_us);
	return 0;
}

struct files_count
press_counted(const struct site_press *press)
{
	return files_counted(press->files);
}

/* Open. */

/* What pages depend on beside the store: the operator's choices and the program. */
static void
print_basis(const struct site_conf *conf, char out[2 * DIGEST_BYTES + 1])
{
	SCOPED(buf_done) struct buf text = buf_init(64 * 1024);
	unsigned char digest[DIGEST_BYTES];

	(void)buf_addf(&text, NULL, "%d\n%s\n%s\n%s\n%s\n%s\n%d %d %lld", PRESS_VERSION, conf->path,
		       conf->title, conf->description, conf->language, conf->base_url,
		       conf->folder_links, conf->images, (long long)conf->page_size);
	digest_hmac("feedmill site", 13, buf_str(&text), text.len, digest);
	digest_hex(digest, DIGEST_BYTES, out);
}

static int
check_basis(struct site_press *press, struct err *err)
{
	SCOPED(buf_done) struct buf old = buf_init(2 * DIGEST_BYTES);
	char basis[2 * DIGEST_BYTES + 1];

	print_basis(press->conf, basis);
	if (site_store_recall(press->db, "basis", &old, err) < 0)
		return -1;
	if (strcmp(buf_str(&old), basis) == 0 && files_has(press->files, "index.html"))
		return 0;
	if (db_begin(press->db, err) < 0 || site_bucket_mark_all(press->db, err) < 0 ||
	    site_bucket_mark(press->db, BUCKET_FRONT, 0, INT64_MIN, err) < 0 ||
	    site_bucket_mark(press->db, BUCKET_LISTS, 0, INT64_MIN, err) < 0 ||
	    site_store_remember(press->db, "basis", basis, err) < 0)
		return -1;
	return db_commit(press->db, err);
}

struct site_press *
press_new(const struct site_conf *conf, struct db *db, struct err *err)
{
	SCOPED(press_free) struct site_press *press = calloc(1, sizeof(*press));

	if (press) {
		press->arena = arena_new(ARENA_BYTES_MAX);
		press->files = files_new(conf->path, err);
	}
	if (!press || !press->arena || !press->files) {
		(void)err_set(err, ERR_RETRY, "the site's press: no memory");
		return NULL;
	}
	press->conf = conf;
	press->db = db;
	press->out = buf_init(FILE_BYTES_MAX);
	press->first_ms = -1;
	press->due_ms = clock_mono_ms();
	for (size_t i = 0; site_asset_at(i); i++) {
		const struct site_asset *const asset = site_asset_at(i);

		buf_reset(&press->out);
		if (buf_add(&press->out, asset->data, asset->len, err) < 0 ||
		    write_file(press, asset->path, err) < 0)
			return NULL;
	}
	if (settle(press, INT64_MAX, err) < 0 || check_basis(press, err) < 0)
		return NULL;
	return TAKE(press);
}

void
press_free(struct site_press *press)
{
	if (!press)
		return;
	files_free(press->files);
	buf_done(&press->out);
	arena_free(press->arena);
	free(press);
}
