/* The fetcher's state with a thousand and with a million feeds:
 *
 *   feeds_bench [FEEDS ...]
 *
 * what it costs to take a list of so many, to open the state again, to find the next 256 feeds that
 * are due, and to write one poll's result; and how much memory the process has at rest then. CPU
 * times; medians of the rounds. */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "fetcher/listing.h"
#include "tests/unit/folder.h"

enum { ROUNDS = 41, PORTION = 256, SPREAD_S = 3600, NOW = 1800000000 };

static double
cpu_s(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
die(const char *what, const struct err *err)
{
	(void)fprintf(stderr, "feeds_bench: %s: %s\n", what, err->text);
	exit(EXIT_FAILURE);
}

static double
resident_mib(void)
{
	long pages = 0, resident = 0;
	FILE *f = fopen("/proc/self/statm", "r");

	if (!f || fscanf(f, "%ld %ld", &pages, &resident) != 2)
		resident = 0;
	if (f)
		(void)fclose(f);
	return (double)resident * (double)sysconf(_SC_PAGESIZE) / (1 << 20);
}

static int
by_size(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double
median(double *values, size_t count)
{
	qsort(values, count, sizeof(*values), by_size);
	return values[count / 2];
}

static void
fill(struct state *state, long feeds)
{
	struct err err = {.kind = ERR_NONE};
	struct list_change change;

	if (listing_begin(state, &err) < 0)
		die("list", &err);
	for (long i = 0; i < feeds; i++) {
		char url[128], id[FEED_ID_HEX + 1];
		const struct listed feed = {.id = id, .url = url, .title = "A feed of the list"};

		(void)snprintf(url, sizeof(url), "https://h%ld.example.org/feeds/%ld/atom.xml",
			       i % 200000, i);
		if (feed_id(url, id, &err) < 0 || listing_add(state, &feed, &err) < 0)
			die("list", &err);
	}
	if (listing_end(state, 1, NOW, SPREAD_S, &change, &err) < 0 ||
	    state_commit(state, &err) < 0)
		die("list", &err);
}

static char due_id[FEED_ID_HEX + 1];

static int
note_due(void *arg, const struct due *due)
{
	(void)arg;
	(void)snprintf(due_id, sizeof(due_id), "%s", due->id);
	return 0;
}

/* What a poll that found nothing new leaves behind. */
static void
save_one(struct state *state)
{
	struct err err = {.kind = ERR_NONE};
	SCOPED(feed_done) struct feed feed = {.due_s = 0};

	if (state_load(state, due_id, &feed, &err) != 1)
		die("load", &err);
	feed.due_s = NOW + SPREAD_S;
	feed.polled_s = NOW;
	feed.status = 304;
	if (state_save(state, &feed, &err) < 0)
		die("save", &err);
}

static void
measure(long feeds)
{
	struct folder folder = folder_make();
	struct err err = {.kind = ERR_NONE};
	struct state *state = state_open(folder.path, &err);
	double due[ROUNDS], save[ROUNDS], began = cpu_s(), listed, opened;

	if (!state)
		die("open", &err);
	fill(state, feeds);
	listed = cpu_s() - began;
	state_close(state);
	began = cpu_s();
	state = state_open(folder.path, &err);
	opened = cpu_s() - began;
	if (!state)
		die("open", &err);
	for (size_t i = 0; i < ROUNDS; i++) {
		struct due_cursor cursor = {.due_s = 0};
		int64_t next_s;
		int got;

		began = cpu_s();
		got = state_due(state, NOW + SPREAD_S, &cursor, PORTION, note_due, NULL, &err);
		if (got < 0 || state_next_due(state, NOW, &next_s, &err) < 0)
			die("due", &err);
		due[i] = cpu_s() - began;
		began = cpu_s();
		save_one(state);
		save[i] = cpu_s() - began;
	}
	if (state_commit(state, &err) < 0)
		die("commit", &err);
	(void)malloc_trim(0);
	(void)printf(
		"feeds: %8ld in the state: the next %d due in %.2f ms, a poll's result in %.0f us,"
		" opened in %.0f ms, a new list of them %.1f s; %.1f MiB resident\n",
		feeds, PORTION, median(due, ROUNDS) * 1e3, median(save, ROUNDS) * 1e6, opened * 1e3,
		listed, resident_mib());
	state_close(state);
	folder_drop(&folder);
}

int
main(int argc, char **argv)
{
	if (argc == 1) {
		measure(1000);
		measure(1000000);
	}
	for (int i = 1; i < argc; i++)
		measure(strtol(argv[i], NULL, 10));
	return 0;
}
