#include "fetcher/hubs.h"

#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/check.h"

enum { T = 1000 * 1000, MINUTE = 60 * 1000 };

static int64_t at_ms;

static void
a_hub_has_two_requests_at_once_and_a_while_apart(void)
{
	struct hubs hubs = {.look = 0};
	const uint64_t a = hubs_name("a.example"), b = hubs_name("b.example");

	hubs_look(&hubs);
	CHECK(hubs_ask(&hubs, a, T, &at_ms) == HUBS_NOW);
	CHECK(hubs_ask(&hubs, a, T, &at_ms) == HUBS_WAIT && at_ms == T + HUBS_SPACING_MS);
	CHECK(hubs_ask(&hubs, b, T, &at_ms) == HUBS_NOW);
	CHECK(hubs_ask(&hubs, a, T + HUBS_SPACING_MS, &at_ms) == HUBS_NOW);
	/* Two are under way: the first that is over makes room. */
	hubs_look(&hubs);
	CHECK(hubs_ask(&hubs, a, T + 5000, &at_ms) == HUBS_WAIT && at_ms == T + 6000);
	hubs_done(&hubs, a);
	CHECK(hubs_ask(&hubs, a, T + 5000, &at_ms) == HUBS_NOW);
}

static void
what_waits_for_long_has_a_moment_of_its_own(void)
{
	struct hubs hubs = {.look = 0};
	const uint64_t a = hubs_name("a.example");

	hubs_look(&hubs);
	CHECK(hubs_ask(&hubs, a, T, &at_ms) == HUBS_NOW);
	for (int i = 0; i < HUBS_WAITING; i++)
		CHECK(hubs_ask(&hubs, a, T, &at_ms) == HUBS_WAIT);
	for (int i = 0; i < 1000; i++)
		CHECK(hubs_ask(&hubs, a, T, &at_ms) == HUBS_LATER &&
		      at_ms == T + 1000 + i * HUBS_SPACING_MS);
	/* In the next look as many may stay due again. */
	hubs_look(&hubs);
	CHECK(hubs_ask(&hubs, a, T, &at_ms) == HUBS_WAIT);
}

static void
a_hub_that_wants_silence_has_it_and_no_other(void)
{
	struct hubs hubs = {.look = 0};
	const uint64_t a = hubs_name("a.example"), b = hubs_name("b.example");

	hubs_look(&hubs);
	hubs_rest(&hubs, a, T + 50 * MINUTE);
	hubs_rest(&hubs, a, T + MINUTE); /* no sooner for that */
	CHECK(hubs_ask(&hubs, a, T, &at_ms) == HUBS_LATER && at_ms == T + 50 * MINUTE);
	CHECK(hubs_ask(&hubs, a, T, &at_ms) == HUBS_LATER && at_ms > T + 50 * MINUTE);
	CHECK(hubs_ask(&hubs, b, T, &at_ms) == HUBS_NOW);
	CHECK(hubs_ask(&hubs, a, T + 50 * MINUTE, &at_ms) == HUBS_NOW);
}

static void
forgets_the_hubs_that_are_free_first(void)
{
	struct hubs hubs = {.look = 0};
	const uint64_t asked = hubs_name("asked"), silent = hubs_name("silent");
	char host[32];

	CHECK(hubs_ask(&hubs, asked, T, &at_ms) == HUBS_NOW);
	hubs_rest(&hubs, silent, T + MINUTE);
	for (int i = 0; i < 10 * HUBS_KNOWN; i++) {
		const uint64_t name =
			hubs_name((snprintf(host, sizeof(host), "%d.example", i), host));

		CHECK(hubs_ask(&hubs, name, T, &at_ms) == HUBS_NOW);
		hubs_done(&hubs, name);
	}
	CHECK(hubs_ask(&hubs, silent, T, &at_ms) == HUBS_LATER);
	CHECK(hubs_ask(&hubs, asked, T + 500, &at_ms) == HUBS_NOW);
	hubs_look(&hubs);
	CHECK(hubs_ask(&hubs, asked, T + 2000, &at_ms) == HUBS_WAIT); /* two are under way */
}

/* A world of feeds that are due at the same moment, as the state keeps them: due by the second. */
enum { FEEDS_MAX = 10000, ASKS = 32, ROWS = 256, STEP_MS = 10, LIMIT_S = 4000 };

struct world {
	int64_t due_s[FEEDS_MAX], started_ms[FEEDS_MAX]; /* started: -1 not yet */
	int64_t hub_count, takes_ms;
	int64_t put_off, most_at_once, least_apart_ms, last_ms;
	int64_t running[64], last_start_ms[64], running_all;
};

static void
look(struct world *w, struct hubs *hubs, size_t feeds, int64_t now_ms)
{
	const int64_t now_s = now_ms / 1000;
	size_t rows = 0;
	char host[32];

	hubs_look(hubs);
	for (size_t i = 0; i < feeds && rows < ROWS && w->running_all < ASKS; i++) {
		const int64_t hub = (int64_t)i % w->hub_count;
		const uint64_t name =
			hubs_name((snprintf(host, sizeof(host), "%d", (int)hub), host));

		if (w->started_ms[i] >= 0 || w->due_s[i] > now_s)
			continue;
		rows++;
		switch (hubs_ask(hubs, name, now_ms, &at_ms)) {
		case HUBS_NOW:
			w->started_ms[i] = now_ms;
			w->running_all++;
			if (++w->running[hub] > w->most_at_once)
				w->most_at_once = w->running[hub];
			if (now_ms - w->last_start_ms[hub] < w->least_apart_ms)
				w->least_apart_ms = now_ms - w->last_start_ms[hub];
			w->last_start_ms[hub] = w->last_ms = now_ms;
			break;
		case HUBS_WAIT:
			break;
		case HUBS_LATER:
			w->due_s[i] = now_s + (at_ms - now_ms + 999) / 1000;
			w->put_off++;
			break;
		}
	}
}

static struct world
ask_all(size_t feeds, int64_t hub_count, int64_t takes_ms)
{
	struct world *w = calloc(1, sizeof(*w));
	static struct hubs hubs;
	struct world out;
	size_t first = 0; /* all before are over */

	hubs = (struct hubs){.look = 0};
	w->hub_count = hub_count;
	w->takes_ms = takes_ms;
	w->least_apart_ms = MINUTE;
	for (size_t h = 0; h < 64; h++)
		w->last_start_ms[h] = T - MINUTE;
	for (size_t i = 0; i < feeds; i++)
		w->started_ms[i] = -1;
	for (int64_t now_ms = T; now_ms < T + LIMIT_S * 1000 && first < feeds; now_ms += STEP_MS) {
		char host[32];

		for (size_t i = first; i < feeds && w->running_all > 0; i++) {
			if (w->started_ms[i] < 0 || now_ms - w->started_ms[i] != takes_ms)
				continue;
			(void)snprintf(host, sizeof(host), "%d", (int)((int64_t)i % hub_count));
			hubs_done(&hubs, hubs_name(host));
			w->running[(int64_t)i % hub_count]--;
			w->running_all--;
		}
		while (first < feeds && w->started_ms[first] >= 0 &&
		       now_ms - w->started_ms[first] >= takes_ms)
			first++;
		if (now_ms % (5 * STEP_MS) == 0)
			look(w, &hubs, feeds, now_ms);
	}
	out = *w;
	free(w);
	return out;
}

static void
ten_thousand_on_five_hubs_take_as_long_as_two_thousand_on_one(void)
{
	static const struct {
		size_t feeds;
		int64_t hubs, takes_ms, within_s, put_off_most;
	} cases[] = {
		{2000, 1, 50, 230, 2 * 2000},
		{10000, 5, 50, 230, 2 * 10000},
		{2000, 1, 300, 400, 4 * 2000}, /* two at once, 300 ms each */
		{300, 60, 200, 20, 2 * 300},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct world w = ask_all(cases[i].feeds, cases[i].hubs, cases[i].takes_ms);

		(void)printf("# %zu feeds, %d hubs, %d ms each: %d s, %d put off\n", cases[i].feeds,
			     (int)cases[i].hubs, (int)cases[i].takes_ms,
			     (int)((w.last_ms - T) / 1000), (int)w.put_off);
		CHECK(w.running_all == 0 && w.last_ms > T);
		CHECK(w.last_ms - T <= cases[i].within_s * 1000);
		CHECK(w.put_off <= cases[i].put_off_most);
		CHECK(w.most_at_once <= HUBS_AT_ONCE && w.least_apart_ms >= HUBS_SPACING_MS);
	}
}

int
main(void)
{
	RUN(a_hub_has_two_requests_at_once_and_a_while_apart);
	RUN(what_waits_for_long_has_a_moment_of_its_own);
	RUN(a_hub_that_wants_silence_has_it_and_no_other);
	RUN(forgets_the_hubs_that_are_free_first);
	RUN(ten_thousand_on_five_hubs_take_as_long_as_two_thousand_on_one);
	return check_done();
}
