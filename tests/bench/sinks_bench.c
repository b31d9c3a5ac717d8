/* The sinks beside the floor (the same JSON appended to a file with one fdatasync a batch), and the
 * exec sink beside a program that answers every line:
 *
 *   sinks_bench [FOLDER [ROW]]
 *
 * Items of 5 KB of prose, a commit for every 64. Items a second are medians of the rounds; CPU is
 * that of this process, without the kernel's writing out. */
#include <fcntl.h>
#include <time.h>

#include "sink/sinks.h"
#include "tests/unit/fakehost.h"

enum { ROUNDS = 5, ITEMS = 6400, BATCH = 64, WORDS = 20000, CONTENT_BYTES = 4300 };

static struct fm_item *items[ITEMS];
static char contents[ITEMS][CONTENT_BYTES + 32];

static void
die(const char *what)
{
	(void)fprintf(stderr, "sinks_bench: %s\n", what);
	exit(EXIT_FAILURE);
}

/* Prose as far as an index is concerned: few words often, many seldom. */
static void
make_items(void)
{
	static char titles[ITEMS][64];
	static const struct item_why why[] = {
		{.rule = "bitcoin", .field = "title", .text = "Bitcoin", .at = 4}};
	static const struct item_tag tags[] = {
		{.tag = "crypto", .score = 7.5, .why = why, .why_count = 1}};
	uint64_t random = 88172645463325252U;

	for (size_t i = 0; i < ITEMS; i++) {
		size_t len = 0;

		while (len < CONTENT_BYTES) {
			uint64_t word;

			random ^= random << 13;
			random ^= random >> 7;
			random ^= random << 17;
			word = random % WORDS;
			word = word * word / WORDS * word / WORDS; /* the small ones more often */
			len += (size_t)snprintf(contents[i] + len, sizeof(contents[i]) - len,
						len % 400 < 12 ? "<p>w%llx " : "w%llx ",
						(unsigned long long)word);
		}
		(void)snprintf(titles[i], sizeof(titles[i]), "The Bitcoin story number %zu", i);
		items[i] = fake_item(i + 1, 1, i + 1);
		items[i]->item.title = titles[i];
		items[i]->item.url = "https://news.example.org/2026/11/25/a-story-of-the-day";
		items[i]->item.content = contents[i];
		items[i]->item.published_s = 1709208000 + (int64_t)i;
		items[i]->item.fetched_s = 1709208000;
		items[i]->item.feed.title = "Example News";
		items[i]->item.tags = tags;
		items[i]->item.tag_count = 1;
		items[i]->ticket = i + 1;
		(void)fake_ready(items[i]);
	}
}

static double
cpu_s(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
through(const struct fm_sink_ops *ops, const char *const (*options)[2], const char *dir)
{
	struct fm_sink *host = fake_new(ops, options, dir);

	if (fake_open(host) != FM_OK)
		die(host->reason);
	for (size_t i = 0; i < ITEMS; i++) {
		if (ops->put(host, host->self, items[i]) != FM_OK)
			die(host->reason);
		if ((i + 1) % BATCH == 0 && ops->commit(host, host->self) != FM_OK)
			die(host->reason);
	}
	fake_free(host);
}

static void
floor_of(const char *dir)
{
	char path[128];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/floor", dir);
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0644);
	for (size_t i = 0; i < ITEMS; i++) {
		if (fd < 0 ||
		    write(fd, items[i]->json.data, items[i]->json.len) !=
			    (ssize_t)items[i]->json.len ||
		    ((i + 1) % BATCH == 0 && fdatasync(fd) < 0))
			die("floor");
	}
	(void)close(fd);
}

/* As little as a program can do: this one, which reads lines and answers each, in order. */
static int
answer_all(void)
{
	char *line = NULL;
	size_t size = 0;

	while (getline(&line, &size, stdin) > 0) {
		if (write(STDOUT_FILENO, "ok\n", 3) != 3)
			return EXIT_FAILURE;
	}
	free(line);
	return EXIT_SUCCESS;
}

static void
through_program(const char *dir)
{
	static const char *const options[][2] = {
		{"command", "/proc/self/exe"}, {"command", "--answer"}, {NULL, NULL}};
	struct fm_sink *host = fake_new(&sink_exec, options, dir);
	size_t next = 0, done = 0;

	if (fake_open(host) != FM_OK)
		die(host->reason);
	host->items = items;
	host->item_count = ITEMS;
	while (done < ITEMS) {
		struct pollfd fds[FAKE_WATCH_MAX];
		int timeout_ms = 1000;
		size_t count;

		for (; next < ITEMS && next - done < 2 * BATCH; next++) {
			items[next]->state = FAKE_PENDING;
			if (sink_exec.put(host, host->self, items[next]) != FM_PENDING)
				die(host->reason);
		}
		(void)sink_exec.turn(host, host->self);
		count = sink_exec.watch(host, host->self, fds, FAKE_WATCH_MAX, &timeout_ms);
		(void)poll(fds, count, timeout_ms);
		(void)sink_exec.woken(host, host->self, fds, count);
		(void)sink_exec.turn(host, host->self);
		while (done < next && items[done]->state == FAKE_SETTLED)
			done++;
	}
	host->items = NULL;
	host->item_count = 0;
	fake_free(host);
}

static void
through_sqlite(const char *dir)
{
	through(&sink_sqlite, NULL, dir);
}

static void
through_jsonl(const char *dir)
{
	through(&sink_jsonl, NULL, dir);
}

static int
by_size(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

int
main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*run)(const char *dir);
	} rows[] = {{"floor", floor_of},
		    {"jsonl", through_jsonl},
		    {"sqlite", through_sqlite},
		    {"exec", through_program}};
	enum { COUNT = sizeof(rows) / sizeof(rows[0]) };
	double wall[COUNT][ROUNDS], cpu[COUNT][ROUNDS];

	if (argc > 1 && strcmp(argv[1], "--answer") == 0)
		return answer_all();
	make_items();
	(void)printf("%d items of %zu bytes of JSON, %d a commit, in %s\n", ITEMS,
		     items[0]->json.len, BATCH, argc > 1 ? argv[1] : "/tmp");
	for (int round = 0; round < ROUNDS; round++) {
		for (size_t i = 0; i < COUNT; i++) {
			if (argc > 2 && strcmp(argv[2], rows[i].name) != 0)
				continue;
			char dir[FAKE_DIR_BYTES];
			const double cpu_before = cpu_s();
			const int64_t before_us = clock_mono_us();

			(void)snprintf(dir, sizeof(dir), "%s/sinks_bench.XXXXXX",
				       argc > 1 ? argv[1] : "/tmp");
			if (!mkdtemp(dir))
				die(dir);
			rows[i].run(dir);
			wall[i][round] = (double)(clock_mono_us() - before_us) / 1e6;
			cpu[i][round] = cpu_s() - cpu_before;
			fake_dir_remove(dir);
		}
	}
	for (size_t i = 0; i < COUNT; i++) {
		if (argc > 2 && strcmp(argv[2], rows[i].name) != 0)
			continue;
		qsort(wall[i], ROUNDS, sizeof(double), by_size);
		qsort(cpu[i], ROUNDS, sizeof(double), by_size);
		(void)printf("%-8s %8.0f items/s  %6.1f us of CPU an item\n", rows[i].name,
			     ITEMS / wall[i][ROUNDS / 2], cpu[i][ROUNDS / 2] / ITEMS * 1e6);
	}
	return 0;
}
