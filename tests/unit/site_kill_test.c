/* The site is killed at random moments, in puts, commits and prints, and started again by a mill
 * that remembers what was acked. */
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#include "tests/unit/folder.h"
#include "tests/unit/site_host.h"

enum { ITEMS = 240, BATCH = 20, KILLS = 40, ROUNDS_MAX = 60, DAY = 86400 };

static const char *const options[][2] = {{"page_size", "5"}, {NULL, NULL}};

/* Item i as round r publishes it: another text, sometimes another month or topic. */
static struct fm_item *
item_of(int round, int i)
{
	static const char *const names[] = {"crypto", "wearables", "llms", "C++", "c"};
	static struct item_tag tags[ITEMS];
	static char titles[ITEMS][64];
	const int64_t at = SITE_NOON + (int64_t)(i * 7919 % 90) * DAY +
			   (i % 11 == 0 ? (int64_t)(round % 9) * 40 * DAY : 0);
	struct fm_item *const item = site_item((uint64_t)i, at);

	tags[i].tag = names[(i + (i % 7 == 0 ? round : 0)) % 5];
	(void)snprintf(titles[i], sizeof(titles[i]), "Story %d as round %d tells it", i, round);
	item->item.title = titles[i];
	item->item.seq = (uint64_t)(round * ITEMS + i);
	return site_tag(item, &tags[i], 1);
}

static void
kill_in(int64_t us)
{
	struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGKILL};
	const struct itimerspec when = {.it_value = {us / 1000000, us % 1000000 * 1000 + 1}};
	timer_t timer;

	if (timer_create(CLOCK_MONOTONIC, &event, &timer) < 0 ||
	    timer_settime(timer, 0, &when, NULL) < 0)
		abort();
}

/* The sink's whole life: puts what is not acked yet, tells of every ack, prints, ends. */
static void
child(const char *dir, int round, int acked, int out)
{
	struct fm_sink *const host = fake_new(&sink_site, options, dir);

	if (fake_open(host) != FM_OK)
		_exit(2);
	while (acked < ITEMS) {
		const int end = acked + BATCH < ITEMS ? acked + BATCH : ITEMS;

		for (int i = acked; i < end; i++)
			if (host->ops->put(host, host->self, item_of(round, i)) != FM_OK)
				_exit(3);
		if (host->ops->turn(host, host->self) != FM_OK ||
		    host->ops->commit(host, host->self) != FM_OK)
			_exit(4);
		acked = end;
		if (write(out, &acked, sizeof(acked)) != sizeof(acked))
			_exit(5);
	}
	fake_close(host);
	_exit(0);
}

/* One life of at most us (0: as long as it takes). Returns whether it came to its own end. */
static bool
live(const char *dir, int round, int *acked, int64_t us)
{
	int pipe_fds[2], status, told;
	pid_t pid;

	if (pipe(pipe_fds) < 0)
		abort();
	pid = fork();
	if (pid == 0) {
		if (us > 0)
			kill_in(us);
		child(dir, round, *acked, pipe_fds[1]);
	}
	(void)close(pipe_fds[1]);
	while (read(pipe_fds[0], &told, sizeof(told)) == sizeof(told))
		*acked = told;
	(void)close(pipe_fds[0]);
	if (waitpid(pid, &status, 0) != pid)
		abort();
	CHECK(WIFSIGNALED(status) ? WTERMSIG(status) == SIGKILL : WEXITSTATUS(status) == 0);
	return WIFEXITED(status);
}

/* What is on the disk. */

static int files_seen, files_halved, files_left_over;

static int
look_at(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	static const char *const ends[][2] = {
		{".html", "</html>\n"},  {".atom", "</feed>\n"}, {".json", "\n"},
		{".xml", "</urlset>\n"}, {".opml", "</opml>\n"}, {".new", ""},
	};
	struct buf content = buf_init(4 * 1024 * 1024);
	const char *const suffix = strrchr(path, '.');

	(void)st;
	(void)ftw;
	for (size_t i = 0; type == FTW_F && i < sizeof(ends) / sizeof(ends[0]); i++) {
		const size_t len = strlen(ends[i][1]);

		if (!suffix || strcmp(suffix, ends[i][0]) != 0)
			continue;
		CHECK(file_read(path, &content, NULL) == 0);
		files_seen++;
		files_left_over += len == 0;
		files_halved += content.len < len ||
				memcmp(buf_str(&content) + content.len - len, ends[i][1], len) != 0;
	}
	buf_done(&content);
	return 0;
}

static void
look(const char *dir)
{
	char www[600];

	files_seen = files_halved = files_left_over = 0;
	(void)snprintf(www, sizeof(www), "%s/www", dir);
	(void)nftw(www, look_at, 8, FTW_PHYS);
}

static const char *other_root;
static size_t root_len;
static int files_differ;

static int
compare_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	char other[1024];
	struct buf a = buf_init(4 * 1024 * 1024), b = buf_init(4 * 1024 * 1024);

	(void)st;
	(void)ftw;
	(void)snprintf(other, sizeof(other), "%s%s", other_root, path + root_len);
	if (type == FTW_F && (file_read(path, &a, NULL) < 0 || file_read(other, &b, NULL) < 0 ||
			      strcmp(buf_str(&a), buf_str(&b)) != 0)) {
		(void)printf("# %s differs\n", path);
		files_differ++;
	}
	if (type == FTW_D && access(other, F_OK) < 0)
		files_differ++;
	buf_done(&a);
	buf_done(&b);
	return 0;
}

static int
differences(const char *a, const char *b)
{
	char from[600], to[600];

	(void)snprintf(from, sizeof(from), "%s/www", a);
	(void)snprintf(to, sizeof(to), "%s/www", b);
	other_root = to;
	root_len = strlen(from);
	files_differ = 0;
	(void)nftw(from, compare_one, 8, FTW_PHYS);
	return files_differ;
}

static void
a_kill_leaves_old_or_new_pages_and_loses_nothing(void)
{
	const struct folder killed = folder_make(), undisturbed = folder_make();
	const int64_t start_us = clock_mono_us();
	const char *const seed = getenv("SEED"); /* another run of luck */
	int kills = 0, rounds = 0, acked = 0;
	int64_t whole_us;

	srandom(seed ? (unsigned)strtoul(seed, NULL, 10) : 20240220);
	CHECK(live(undisturbed.path, 0, &acked, 0));
	whole_us = clock_mono_us() - start_us;
	for (; kills < KILLS && rounds < ROUNDS_MAX; rounds++) {
		acked = 0;
		for (int lives = 0; lives < 100; lives++) {
			/* The fifth life of a round may last: else nothing would ever be done. */
			const int64_t us = lives % 5 == 4 ? 0 : random() % (whole_us * 2 / 3) + 1;

			if (live(killed.path, rounds, &acked, us))
				break;
			kills++;
			look(killed.path);
			CHECK(files_halved == 0);
		}
		CHECK(acked == ITEMS);
	}
	for (int round = 1; round < rounds; round++) {
		acked = 0;
		CHECK(live(undisturbed.path, round, &acked, 0));
	}
	look(killed.path);
	CHECK(files_seen > 100 && files_left_over == 0 && kills >= KILLS);
	CHECK(differences(killed.path, undisturbed.path) == 0);
	CHECK(differences(undisturbed.path, killed.path) == 0);
	(void)printf("# %d kills in %d rounds of %d items, %d files the same\n", kills, rounds,
		     ITEMS, files_seen);
	folder_drop(&killed);
	folder_drop(&undisturbed);
}

int
main(void)
{
	RUN(a_kill_leaves_old_or_new_pages_and_loses_nothing);
	return check_done();
}
