#include "fetcher/shard.h"

#include "tests/unit/check.h"

enum { HOSTS = 20000 };

static const char *
url_of(int n)
{
	static char url[64];

	(void)snprintf(url, sizeof(url), "https://h%d.example/feed", n);
	return url;
}

static void
reads_a_number_of_a_count_and_nothing_else(void)
{
	static const char *const wrong[] = {"",     "2",   "0/4",  "5/4",    "2/0",
					    "2/4x", "a/b", "-1/4", "1/2000", "2/ 4/"};
	struct err err = {.kind = ERR_NONE};
	struct shard shard;

	CHECK(shard_read("2/4", &shard, &err) == 0 && shard.number == 2 && shard.count == 4);
	CHECK(shard_read(NULL, &shard, &err) == 0 && shard.number == 1 && shard.count == 1);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		err.kind = ERR_NONE;
		CHECK(shard_read(wrong[i], &shard, &err) == -1 && err.kind == ERR_USAGE);
	}
}

static void
every_host_has_exactly_one_shard_whatever_the_path(void)
{
	for (int n = 0; n < 200; n++) {
		int owners = 0;

		for (int i = 1; i <= 4; i++) {
			const struct shard shard = {i, 4};

			owners += shard_has(&shard, url_of(n), NULL);
		}
		CHECK(owners == 1);
	}
	CHECK(shard_of("http://A.example:8080/x", 7, NULL) ==
	      shard_of("https://a.example/y?z", 7, NULL));
}

static void
hosts_spread_evenly(void)
{
	int counts[5] = {0};

	for (int n = 0; n < HOSTS; n++)
		counts[shard_of(url_of(n), 4, NULL)]++;
	for (int i = 1; i <= 4; i++)
		CHECK(counts[i] > HOSTS / 4 * 95 / 100 && counts[i] < HOSTS / 4 * 105 / 100);
}

static void
a_fetcher_more_moves_only_what_becomes_its_own(void)
{
	int moved = 0;

	for (int n = 0; n < HOSTS; n++) {
		const int before = shard_of(url_of(n), 4, NULL);
		const int after = shard_of(url_of(n), 5, NULL);

		CHECK(after == before || after == 5);
		moved += after != before;
	}
	CHECK(moved > HOSTS / 5 * 9 / 10 && moved < HOSTS / 5 * 11 / 10);
}

static void
a_shard_means_the_same_in_every_version(void)
{
	/* Other fetchers on the list may be of another version: these may never change. */
	CHECK(shard_of("https://example.org/", 4, NULL) == 4);
	CHECK(shard_of("https://example.net/", 4, NULL) == 4);
	CHECK(shard_of("https://example.com/", 4, NULL) == 2);
}

int
main(void)
{
	RUN(reads_a_number_of_a_count_and_nothing_else);
	RUN(every_host_has_exactly_one_shard_whatever_the_path);
	RUN(hosts_spread_evenly);
	RUN(a_fetcher_more_moves_only_what_becomes_its_own);
	RUN(a_shard_means_the_same_in_every_version);
	return check_done();
}
