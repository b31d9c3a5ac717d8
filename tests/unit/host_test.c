#include "fetcher/host.h"

#include "tests/unit/check.h"

enum { SPACING = 1000 };

static void
lets_two_go_a_while_apart(void)
{
	SCOPED(hosts_free) struct hosts *hosts = hosts_new(2, SPACING, NULL);
	struct waiting w[4] = {{NULL, NULL}};

	for (int i = 0; i < 4; i++)
		CHECK(hosts_put(hosts, "a.example", &w[i], false, NULL) == 0);
	CHECK(hosts_next(hosts, 0) == &w[0] && hosts_next(hosts, 0) == NULL);
	CHECK(hosts_next_ms(hosts) == SPACING);
	CHECK(hosts_next(hosts, SPACING - 1) == NULL && hosts_next(hosts, SPACING) == &w[1]);
	/* Two are running: time alone does not start a third. */
	CHECK(hosts_next(hosts, 9 * SPACING) == NULL && hosts_next_ms(hosts) == -1);
	hosts_done(hosts, &w[0]);
	CHECK(hosts_next(hosts, 9 * SPACING) == &w[2]);
	hosts_done(hosts, &w[1]);
	hosts_done(hosts, &w[2]);
	CHECK(hosts_next(hosts, 9 * SPACING) == NULL);
	CHECK(hosts_next(hosts, 10 * SPACING) == &w[3] && hosts_waiting(hosts) == 0);
}

static void
lets_no_host_wait_for_another(void)
{
	SCOPED(hosts_free) struct hosts *hosts = hosts_new(1, SPACING, NULL);
	struct waiting slow[50] = {{NULL, NULL}}, quick[50] = {{NULL, NULL}};
	char name[32];
	int started = 0;

	for (int i = 0; i < 50; i++) {
		(void)snprintf(name, sizeof(name), "q%d.example", i);
		CHECK(hosts_put(hosts, "slow.example", &slow[i], false, NULL) == 0);
		CHECK(hosts_put(hosts, name, &quick[i], false, NULL) == 0);
	}
	while (hosts_next(hosts, 0))
		started++;
	CHECK(started == 51 && hosts_waiting(hosts) == 49);
	CHECK(hosts_waiting_at(hosts, "slow.example") == 49);
	CHECK(hosts_delay_ms(hosts, "slow.example", 0) == 50 * SPACING);
	CHECK(hosts_delay_ms(hosts, "other.example", 0) == 0);
}

static void
gives_each_host_its_turn(void)
{
	SCOPED(hosts_free) struct hosts *hosts = hosts_new(16, 0, NULL);
	struct waiting w[24] = {{NULL, NULL}};
	int turns[3] = {0};

	for (int i = 0; i < 24; i++)
		CHECK(hosts_put(hosts, (const char *[]){"a", "b", "c"}[i / 8], &w[i], false,
				NULL) == 0);
	/* All may start at the same time: no host has more than one turn more than another. */
	for (int n = 0; n < 12; n++) {
		const struct waiting *next = hosts_next(hosts, 5);

		CHECK(next != NULL);
		turns[(next - w) / 8]++;
		CHECK(turns[(next - w) / 8] <= n / 3 + 1);
	}
	CHECK(turns[0] == 4 && turns[1] == 4 && turns[2] == 4);
	CHECK_STR(hosts_name(&w[0]), "a");
	CHECK(hosts_waiting_with(&w[0]) == 4);
}

static void
is_silent_while_a_host_wants_silence(void)
{
	SCOPED(hosts_free) struct hosts *hosts = hosts_new(2, SPACING, NULL);
	struct waiting w[2] = {{NULL, NULL}};

	CHECK(hosts_put(hosts, "a.example", &w[0], false, NULL) == 0);
	CHECK(hosts_hold(hosts, "a.example", 60000, NULL) == 0);
	CHECK(hosts_hold(hosts, "a.example", 5000, NULL) == 0);  /* the longer one counts */
	CHECK(hosts_hold(hosts, "b.example", 70000, NULL) == 0); /* before anything waits */
	CHECK(hosts_put(hosts, "b.example", &w[1], false, NULL) == 0);
	CHECK(hosts_next(hosts, 59999) == NULL && hosts_next_ms(hosts) == 60000);
	CHECK(hosts_next(hosts, 60000) == &w[0] && hosts_next(hosts, 60000) == NULL);
	hosts_sweep(hosts, 65000);
	CHECK(hosts_next(hosts, 70000) == &w[1]);
}

static void
puts_a_redirect_before_the_others(void)
{
	SCOPED(hosts_free) struct hosts *hosts = hosts_new(9, 0, NULL);
	struct waiting w[3] = {{NULL, NULL}};

	CHECK(hosts_put(hosts, "a", &w[0], false, NULL) == 0);
	CHECK(hosts_put(hosts, "a", &w[1], true, NULL) == 0);
	CHECK(hosts_put(hosts, "a", &w[2], false, NULL) == 0);
	CHECK(hosts_next(hosts, 0) == &w[1] && hosts_next(hosts, 0) == &w[0] &&
	      hosts_next(hosts, 0) == &w[2]);
}

/* Many hosts with random starts and holds: what is let go is never early, and never forgotten. */
static void
forgets_nobody(void)
{
	enum { POLLS = 5000, HOSTS = 300 };
	static struct waiting w[POLLS];
	SCOPED(hosts_free) struct hosts *hosts = hosts_new(2, SPACING, NULL);
	struct waiting *running[64] = {NULL};
	char name[32];
	unsigned seed = 7;
	int started = 0, at = 0;

	for (int i = 0; i < POLLS; i++) {
		seed = seed * 1103515245u + 12345u;
		(void)snprintf(name, sizeof(name), "%u", (seed >> 8) % HOSTS);
		CHECK(hosts_put(hosts, name, &w[i], false, NULL) == 0);
	}
	for (int64_t now_ms = 0; started < POLLS && now_ms < 1000 * SPACING; now_ms += 100) {
		for (struct waiting *next; (next = hosts_next(hosts, now_ms));) {
			started++;
			if (running[at])
				hosts_done(hosts, running[at]);
			running[at] = next;
			at = (at + 1) % 64;
		}
		if (running[at])
			hosts_done(hosts, running[at]);
		running[at] = NULL;
		at = (at + 1) % 64;
	}
	CHECK(started == POLLS && hosts_waiting(hosts) == 0);
	for (int i = 0; i < 64; i++)
		if (running[i])
			hosts_done(hosts, running[i]);
	hosts_sweep(hosts, 2000 * SPACING + ALLOWANCE_WINDOW_MS);
	CHECK(hosts_count(hosts) == 0);
}

static void
gives_back_what_still_waits(void)
{
	SCOPED(hosts_free) struct hosts *hosts = hosts_new(2, SPACING, NULL);
	struct waiting w[3] = {{NULL, NULL}};
	int drained = 0;

	CHECK(hosts_put(hosts, "a", &w[0], false, NULL) == 0);
	CHECK(hosts_put(hosts, "b", &w[1], false, NULL) == 0);
	CHECK(hosts_put(hosts, "b", &w[2], false, NULL) == 0);
	while (hosts_drain(hosts))
		drained++;
	CHECK(drained == 3 && hosts_waiting(hosts) == 0 && hosts_next(hosts, 99999) == NULL);
}

/* What waits for a host when it asks for silence does not keep places that others need. */
static void
sends_back_who_would_wait_too_long(void)
{
	SCOPED(hosts_free) struct hosts *hosts = hosts_new(2, SPACING, NULL);
	struct waiting w[4] = {{NULL, NULL}};
	int64_t start_ms = 0, until_ms = 0;

	for (int i = 0; i < 3; i++)
		CHECK(hosts_put(hosts, "a", &w[i], false, NULL) == 0);
	CHECK(hosts_put(hosts, "b", &w[3], false, NULL) == 0);
	CHECK(hosts_next(hosts, 0) == &w[0] && hosts_take_late(hosts, 0, &start_ms) == NULL);
	CHECK(hosts_refused(hosts, "a", 0, 10 * HOSTS_LATE_MS, &until_ms, NULL) == 0);
	CHECK(until_ms == 10 * HOSTS_LATE_MS);
	CHECK(hosts_take_late(hosts, 0, &start_ms) == &w[1] && start_ms == until_ms);
	CHECK(hosts_take_late(hosts, 0, &start_ms) == &w[2]);
	CHECK(hosts_take_late(hosts, 0, &start_ms) == NULL && hosts_waiting(hosts) == 1);
	/* A redirect that leads there is as late. */
	CHECK(hosts_put(hosts, "a", &w[1], true, NULL) == 0);
	CHECK(hosts_take_late(hosts, 0, &start_ms) == &w[1]);
	CHECK(hosts_next(hosts, SPACING) == &w[3]);
}

static void
keeps_to_what_a_host_allows(void)
{
	SCOPED(hosts_free) struct hosts *hosts = hosts_new(9, 0, NULL);
	struct waiting w[12] = {{NULL, NULL}};
	const struct allowance allowance = {.budget = 4, .window_ms = 10 * HOSTS_LATE_MS};
	int64_t start_ms = 0;
	int late = 0;

	CHECK(hosts_set_allowance(hosts, "a", &allowance, NULL) == 0);
	CHECK(hosts_delay_ms(hosts, "a", 0) == 0);
	for (int i = 0; i < 12; i++)
		CHECK(hosts_put(hosts, "a", &w[i], false, NULL) == 0);
	CHECK(hosts_delay_ms(hosts, "a", 0) == 30 * HOSTS_LATE_MS);
	for (int i = 0; i < 4; i++)
		CHECK(hosts_next(hosts, 1) == &w[i]);
	CHECK(hosts_next(hosts, 1) == NULL);
	while (hosts_take_late(hosts, 1, &start_ms))
		late++;
	CHECK(late == 8 && start_ms == 10 * HOSTS_LATE_MS + 1);
	for (int i = 0; i < 4; i++)
		hosts_done(hosts, &w[i]);
	hosts_sweep(hosts, 100 * HOSTS_LATE_MS);
	CHECK(hosts_allowance(hosts, "a") != NULL && hosts_allowance(hosts, "b") == NULL);
}

int
main(void)
{
	RUN(lets_two_go_a_while_apart);
	RUN(lets_no_host_wait_for_another);
	RUN(gives_each_host_its_turn);
	RUN(is_silent_while_a_host_wants_silence);
	RUN(puts_a_redirect_before_the_others);
	RUN(forgets_nobody);
	RUN(gives_back_what_still_waits);
	RUN(sends_back_who_would_wait_too_long);
	RUN(keeps_to_what_a_host_allows);
	return check_done();
}
