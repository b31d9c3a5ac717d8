/* The spool beside the floor (the same bytes appended to a file with one fdatasync a group), and an
 * item on its way into msgpack and back:
 *
 *   store_bench [FOLDER]
 *
 * Each row of the spool is appended, loaded and deleted, in two commits a group. Rows a second are
 * medians of the rounds, spool and floor in turn; an item's cost is CPU time. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/clock.h"
#include "common/item.h"
#include "common/spool.h"
#include "common/wirecheck.h"
#include "tests/unit/folder.h"

enum { ROUNDS = 5, ITEMS = 100000, CONTENT_BYTES = 4200, BODY_BYTES_MAX = 65536 };

static const char *const migrations[] = {SPOOL_SCHEMA, NULL};
static char body[BODY_BYTES_MAX];

static void
die(const char *what, const struct err *err)
{
	(void)fprintf(stderr, "store_bench: %s: %s\n", what, err ? err->text : "failed");
	exit(EXIT_FAILURE);
}

static int
by_size(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double
median(double *values)
{
	qsort(values, ROUNDS, sizeof(*values), by_size);
	return values[ROUNDS / 2];
}

/* The spool. */

static void
pass_group(struct db *db, struct spool *spool, size_t rows, size_t len)
{
	SCOPED(buf_done) struct buf out = buf_init(BODY_BYTES_MAX);
	struct err err = {.kind = ERR_NONE};
	uint64_t last = 0;

	if (db_begin(db, &err) < 0)
		die("begin", &err);
	for (size_t i = 0; i < rows; i++)
		if (spool_append(spool, "feed", (struct bytes){body, len}, &last, &err) < 0)
			die("append", &err);
	if (db_commit(db, &err) < 0 || db_begin(db, &err) < 0)
		die("commit", &err);
	for (size_t i = 0; i < rows; i++) {
		buf_reset(&out);
		if (spool_load(spool, last - i, &out, &err) < 0 ||
		    spool_done(spool, last - i, &err) < 0)
			die("done", &err);
	}
	if (db_commit(db, &err) < 0)
		die("commit", &err);
}

static double
spool_rate(const struct folder *folder, size_t groups, size_t rows, size_t len)
{
	const struct db_options options = {.migrations = migrations,
					   .ballast_bytes = DB_BALLAST_BYTES};
	struct err err = {.kind = ERR_NONE};
	SCOPED(db_close) struct db *db = db_open(folder_file(folder, "x.db"), &options, &err);
	SCOPED(spool_close) struct spool *spool = db ? spool_open(db, &err) : NULL;
	int64_t began_us;

	if (!spool)
		die("open", &err);
	began_us = clock_mono_us();
	for (size_t i = 0; i < groups; i++)
		pass_group(db, spool, rows, len);
	return (double)(groups * rows) * 1e6 / (double)(clock_mono_us() - began_us);
}

static double
floor_rate(const struct folder *folder, size_t groups, size_t rows, size_t len)
{
	const char *path = folder_file(folder, "floor");
	SCOPED(close) int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	const int64_t began_us = clock_mono_us();
	double rate;

	for (size_t i = 0; i < groups; i++) {
		for (size_t row = 0; row < rows; row++)
			if (write(fd, body, len) != (ssize_t)len)
				die(path, NULL);
		if (fdatasync(fd) < 0)
			die(path, NULL);
	}
	rate = (double)(groups * rows) * 1e6 / (double)(clock_mono_us() - began_us);
	(void)unlink(path);
	return rate;
}

static void
bench_spool(const struct folder *folder, size_t groups, size_t rows, size_t len)
{
	double spool[ROUNDS], floor[ROUNDS];
	double rate, floor_median;

	for (int i = 0; i < ROUNDS; i++) {
		floor[i] = floor_rate(folder, groups, rows, len);
		spool[i] = spool_rate(folder, groups, rows, len);
	}
	rate = median(spool);
	floor_median = median(floor);
	(void)printf("spool  %5zu bytes, %2zu a commit: %7.0f rows/s in and out (best %.0f); floor"
		     " %7.0f; ratio %.2f\n",
		     len, rows, rate, spool[ROUNDS - 1], floor_median, rate / floor_median);
}

/* An item. */

static struct item
sample(void)
{
	static const struct item_author authors[] = {
		{"Ann Author", "ann@example.org", "https://example.org/ann"}};
	static const char *const categories[] = {"News", "Technology", "Markets"};
	static const struct item_why why[] = {{"bitcoin*", "title", "Bitcoin", 0},
					      {"halving", "content", "halving", 17}};
	static const struct item_tag tags[] = {{"crypto", 7.5, why, 2}};
	static char content[CONTENT_BYTES + 1];
	struct item item = item_empty();

	for (size_t i = 0; i < CONTENT_BYTES; i++)
		content[i] = "<p>The quick brown fox jumps over the lazy dog</p> "[i % 51];
	item.id = "0123456789abcdef0123456789abcdef";
	item.rev = "0123456789abcdef";
	item.seq = 77;
	item.guid = "https://example.org/?p=12345";
	item.url = "https://example.org/2026/11/a-story-about-something";
	item.title = "A story about something that happened";
	item.summary = "<p>A summary of some eighty bytes that says little or nothing.</p>";
	item.content = content;
	item.authors = authors;
	item.author_count = 1;
	item.published_s = 1764037838;
	item.fetched_s = 1764037900;
	item.categories = categories;
	item.category_count = 3;
	item.language = "en";
	item.feed.id = "0123456789abcdef";
	item.feed.url = "https://example.org/feed";
	item.feed.title = "Example News";
	item.feed.link = "https://example.org/";
	item.tags = tags;
	item.tag_count = 1;
	return item;
}

static int64_t
cpu_ns(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

static void
bench_item(void)
{
	SCOPED(buf_done) struct buf msg = buf_init(ITEM_BYTES_MAX);
	SCOPED(buf_done) struct buf text = buf_init(ITEM_BYTES_MAX);
	SCOPED(arena_free) struct arena *arena = arena_new(ITEM_BYTES_MAX);
	const struct item item = sample();
	struct err err = {.kind = ERR_NONE};
	int64_t marks[5];
	struct item back;

	marks[0] = cpu_ns();
	for (int i = 0; i < ITEMS; i++) {
		buf_reset(&msg);
		if (item_encode(&item, &msg, &err) < 0)
			die("encode", &err);
	}
	marks[1] = cpu_ns();
	for (int i = 0; i < ITEMS; i++)
		if (wire_check(buf_bytes(&msg), &err) < 0)
			die("check", &err);
	marks[2] = cpu_ns();
	for (int i = 0; i < ITEMS; i++) {
		arena_reset(arena);
		if (item_decode(buf_bytes(&msg), arena, &back, &err) < 0)
			die("decode", &err);
	}
	marks[3] = cpu_ns();
	for (int i = 0; i < ITEMS; i++) {
		struct json j = json_into(&text);

		buf_reset(&text);
		item_json(&item, &j);
	}
	marks[4] = cpu_ns();
	(void)printf("item   %5zu bytes: encode %.2f us, check %.2f us, decode (check included)"
		     " %.2f us, JSON %.2f us\n",
		     msg.len, (double)(marks[1] - marks[0]) / ITEMS / 1e3,
		     (double)(marks[2] - marks[1]) / ITEMS / 1e3,
		     (double)(marks[3] - marks[2]) / ITEMS / 1e3,
		     (double)(marks[4] - marks[3]) / ITEMS / 1e3);
}

int
main(int argc, char **argv)
{
	uint32_t x = 1;

	if (argc > 2) {
		(void)fprintf(stderr, "usage: store_bench [FOLDER]\n");
		return 2;
	}
	if (argc == 2 && setenv("TMPDIR", argv[1], 1) < 0)
		return EXIT_FAILURE;
	for (size_t i = 0; i < sizeof(body); i++) {
		x = x * 1664525 + 1013904223;
		body[i] = (char)(x >> 24);
	}
	bench_item();
	SCOPED(folder_drop) struct folder folder = folder_make();
	bench_spool(&folder, 400, 1, 5000);
	bench_spool(&folder, 200, 64, 5000);
	bench_spool(&folder, 50, 64, 20000);
	return 0;
}
