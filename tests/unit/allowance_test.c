#include "fetcher/allowance.h"

#include "tests/unit/check.h"

enum { MINUTE = 60 * 1000, HOUR = 60 * MINUTE };

/* A host that lets `limit` requests through in each window_ms, asked by a client with far more to
 * ask that does what the allowance says. */
struct host {
	int64_t limit, window_ms;
	int64_t window, in_window;
	int64_t sent, refused;
};

static void
ask_for(struct host *h, struct allowance *a, int64_t from_ms, int64_t until_ms)
{
	for (int64_t now_ms = from_ms, next_ms; now_ms < until_ms; now_ms = next_ms) {
		next_ms = allowance_spend(a, now_ms);
		if (next_ms < now_ms + 1000)
			next_ms = now_ms + 1000;
		h->sent++;
		if (now_ms / h->window_ms != h->window)
			h->in_window = 0;
		h->window = now_ms / h->window_ms;
		if (++h->in_window <= h->limit)
			continue;
		h->refused++;
		next_ms = allowance_refused(a, now_ms, 15 * MINUTE);
	}
}

static void
asks_as_freely_as_it_likes_until_a_429(void)
{
	struct allowance a = {.budget = 0};

	for (int64_t i = 0; i < 1000; i++)
		CHECK(allowance_spend(&a, i * 1000) == 0 && allowance_turn_ms(&a, 50) == 0);
}

static void
learns_the_number_that_went_well(void)
{
	struct allowance a = {.budget = 0};

	for (int64_t i = 0; i < 5; i++)
		CHECK(allowance_spend(&a, i * 1000) == 0);
	CHECK(allowance_refused(&a, 4000, 20 * MINUTE) == 4000 + 20 * MINUTE);
	CHECK(a.budget == 4 && a.window_ms == 20 * MINUTE);
	/* Another that was under way when the first 429 came. */
	CHECK(allowance_refused(&a, 4500, 20 * MINUTE) == 4500 + 20 * MINUTE && a.budget == 4);
	CHECK(allowance_turn_ms(&a, 0) >= 4500 + 20 * MINUTE);
	for (int64_t i = 0; i < 3; i++)
		CHECK(allowance_spend(&a, HOUR + i) == 0);
	CHECK(allowance_spend(&a, HOUR + 3) == HOUR + 20 * MINUTE);
	CHECK(allowance_turn_ms(&a, 0) == HOUR + 20 * MINUTE);
	CHECK(allowance_turn_ms(&a, 4) == HOUR + 40 * MINUTE);
}

static void
takes_a_lone_refusal_for_silence_and_no_more(void)
{
	struct allowance a = {.budget = 0};

	CHECK(allowance_spend(&a, 0) == 0);
	CHECK(allowance_refused(&a, 0, 2 * HOUR) == 2 * HOUR && a.budget == 0);
	CHECK(allowance_spend(&a, 3 * HOUR) == 0 && allowance_spend(&a, 3 * HOUR + 1) == 0);
}

static void
comes_later_when_even_the_first_is_refused(void)
{
	struct allowance a = {.budget = 3, .window_ms = 10 * MINUTE};

	CHECK(allowance_spend(&a, HOUR) == 0);
	CHECK(allowance_refused(&a, HOUR, MINUTE) == HOUR + 20 * MINUTE);
	CHECK(a.budget == 3 && a.window_ms == 20 * MINUTE);
	for (int i = 0; i < 20; i++)
		(void)allowance_refused(&a, HOUR, MINUTE);
	CHECK(a.window_ms <= ALLOWANCE_MOST_MS);
}

/* Four in twenty minutes, one a minute, a hundred an hour: a week of each. */
static void
is_seldom_refused_and_uses_most_of_what_there_is(void)
{
	static const struct host kinds[] = {{.limit = 4, .window_ms = 20 * MINUTE},
					    {.limit = 1, .window_ms = MINUTE},
					    {.limit = 100, .window_ms = HOUR}};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct allowance a = {.budget = 0};
		struct host h = kinds[i];
		const int64_t could = h.limit * (7 * 24 * HOUR / h.window_ms);

		ask_for(&h, &a, 0, 7 * (int64_t)24 * HOUR);
		(void)printf("# %lld in %lld min: sent %lld of %lld, refused %lld\n",
			     (long long)h.limit, (long long)h.window_ms / MINUTE, (long long)h.sent,
			     (long long)could, (long long)h.refused);
		CHECK(h.refused * 20 <= h.sent);
		CHECK(h.sent * 2 >= could);
	}
}

/* A host that was only busy once is asked freely again. */
static void
forgets_a_limit_that_is_gone(void)
{
	struct allowance a = {.budget = 2, .window_ms = 15 * MINUTE};
	struct host h = {.limit = 1000000, .window_ms = HOUR};

	ask_for(&h, &a, 0, 3 * (int64_t)24 * HOUR);
	CHECK(a.budget == 0 && h.refused == 0);
}

int
main(void)
{
	RUN(asks_as_freely_as_it_likes_until_a_429);
	RUN(learns_the_number_that_went_well);
	RUN(takes_a_lone_refusal_for_silence_and_no_more);
	RUN(comes_later_when_even_the_first_is_refused);
	RUN(is_seldom_refused_and_uses_most_of_what_there_is);
	RUN(forgets_a_limit_that_is_gone);
	return check_done();
}
