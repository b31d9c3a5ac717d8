/* killing - a sink under kill -9: lives of a process that puts and commits, each ended by SIGKILL
 * at a random moment, what was not acked delivered again, until everything is acked.
 *
 * Items are in the order of their fetch; some ids have several revisions. In between items that
 * were acked long ago come again, as after a lost link. */
#ifndef FM_TESTS_UNIT_KILLING_H
#define FM_TESTS_UNIT_KILLING_H

#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>

#include "tests/unit/check.h"
#include "tests/unit/fakehost.h"

enum {
	KILLING_IDS = 1300,
	KILLING_ITEMS = 2000, /* id i % IDS, revision i / IDS */
	KILLING_KILLS_MIN = 50,
	KILLING_KILLS_AIM = 100,
	KILLING_KILLS_MAX = 2000,
	KILLING_BATCH_MAX = 32,
};

/* For a sink that is slow an item: fewer of them. */
static size_t killing_items = KILLING_ITEMS, killing_batch_max = KILLING_BATCH_MAX;

/* What outlives the killed process. */
struct killing {
	unsigned char acked[KILLING_ITEMS];
	unsigned long commits;
};

/* xorshift64: no low bits with a short period of their own. */
static unsigned
killing_random(uint64_t *state, unsigned below)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return (unsigned)((*state >> 16) % below);
}

static inline struct fm_item *
killing_item(size_t i)
{
	static char title[32], content[2048];
	struct fm_item *item = fake_item(i % KILLING_IDS, 1 + i / KILLING_IDS, i + 1);

	(void)snprintf(title, sizeof(title), "item %zu", i);
	memset(content, 'x', sizeof(content) - 1);
	item->item.title = title;
	item->item.content = content;
	return fake_ready(item);
}

/* Kills this process, as another would, after us microseconds. */
static inline void
killing_arm(unsigned us)
{
	struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGKILL};
	const struct itimerspec when = {
		.it_value = {.tv_sec = us / 1000000, .tv_nsec = (long)(us % 1000000) * 1000}};
	timer_t timer;

	if (timer_create(CLOCK_MONOTONIC, &event, &timer) < 0 ||
	    timer_settime(timer, 0, &when, NULL) < 0)
		_exit(3);
}

/* Nothing here is short of anything: a refusal is a fault. */
static inline void
killing_give_up(const struct fm_sink *host)
{
	(void)printf("# %s\n", host->reason);
	(void)fflush(stdout);
	_exit(2);
}

/* One batch: the first items without an ack, and a few that had theirs. true: all have. */
static inline bool
killing_batch(struct fm_sink *host, struct killing *killing, uint64_t *random)
{
	const size_t size = 1 + killing_random(random, (unsigned)killing_batch_max);
	size_t put[2 * KILLING_BATCH_MAX], again = 0, count, i;

	for (; again < size / 4; again++)
		put[again] = killing_random(random, (unsigned)killing_items);
	/* What comes again has been acked: the others come in their order. */
	for (i = 0, count = 0; i < again; i++) {
		if (killing->acked[put[i]])
			put[count++] = put[i];
	}
	for (i = 0; i < killing_items && count < again + size; i++) {
		if (!killing->acked[i])
			put[count++] = i;
	}
	for (i = 0; i < count; i++) {
		struct fm_item *item = killing_item(put[i]);

		if (host->ops->put(host, host->self, item) != FM_OK)
			killing_give_up(host);
		fake_item_free(item);
	}
	if (fake_commit(host) != FM_OK)
		killing_give_up(host);
	for (i = 0; i < count; i++)
		killing->acked[put[i]] = 1;
	killing->commits++;
	return memchr(killing->acked, 0, killing_items) == NULL;
}

/* Lives until it is killed; when it is not to be killed, until everything is acked. */
static inline void
killing_life(const struct fm_sink_ops *ops, const char *const (*options)[2], const char *dir,
	     struct killing *killing, uint64_t seed, unsigned life_us)
{
	struct fm_sink *host = fake_new(ops, options, dir);

	if (life_us > 0)
		killing_arm(life_us);
	if (fake_open(host) != FM_OK)
		killing_give_up(host);
	while (!killing_batch(host, killing, &seed) || life_us > 0)
		continue;
	fake_free(host);
	_exit(0);
}

static inline size_t
killing_acked(const struct killing *killing)
{
	size_t acked = 0;

	for (size_t i = 0; i < killing_items; i++)
		acked += killing->acked[i];
	return acked;
}

/* Lives are as long as it takes to be killed about KILLS_AIM times, on this machine, today. */
static inline void
killing_run(const struct fm_sink_ops *ops, const char *const (*options)[2], const char *dir)
{
	struct killing *killing = mmap(NULL, sizeof(*killing), PROT_READ | PROT_WRITE,
				       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	uint64_t seed = (uint64_t)clock_mono_us() | 1;
	unsigned kills = 0, useful = 0, life_us = 8000;
	int status = 0;

	(void)printf("# seed %llu\n", (unsigned long long)seed);
	(void)fflush(stdout);
	for (bool last = false; !last;) {
		const size_t before = killing_acked(killing);
		pid_t pid;

		/* When all is acked sooner, what comes again is killed as well. */
		last = (before == killing_items && kills >= KILLING_KILLS_MIN) ||
		       kills == KILLING_KILLS_MAX;
		pid = fork();
		if (pid == 0)
			killing_life(ops, options, dir, killing, seed + kills,
				     last ? 0 : 1 + killing_random(&seed, life_us));
		CHECK(waitpid(pid, &status, 0) == pid);
		CHECK(last || WIFSIGNALED(status));
		if (!WIFSIGNALED(status))
			break;
		kills += WTERMSIG(status) == SIGKILL;
		if (WTERMSIG(status) != SIGKILL)
			break;
		useful += killing_acked(killing) > before;
		if (killing_acked(killing) - before > killing_items / KILLING_KILLS_AIM)
			life_us -= life_us / 8;
		else
			life_us += life_us / 8;
	}
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	CHECK(kills >= KILLING_KILLS_MIN);
	(void)printf("# %u kills, %u lives of which committed, %lu commits\n", kills, useful,
		     killing->commits);
	(void)munmap(killing, sizeof(*killing));
}

#endif
