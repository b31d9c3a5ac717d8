#include "fetcher/hostbook.h"

#include "tests/unit/check.h"
#include "tests/unit/folder.h"

enum { NOW = 1800000000, HOUR = 3600, DAY = 24 * HOUR };

static struct folder folder;

static struct state *
open_state(void)
{
	struct state *s = state_open(folder.path, NULL);

	CHECK(s != NULL);
	return s;
}

static int
look(void *arg, const struct host_row *row)
{
	int *seen = arg;

	*seen += 1;
	CHECK_STR(row->host, *seen == 1 ? "b.example" : "c.example");
	if (*seen == 1)
		CHECK(row->held_until_s == NOW + HOUR && row->budget == 0);
	else
		CHECK(row->budget == 4 && row->window_s == 900 && row->began_s == NOW - 60 &&
		      row->used == 3 && row->good == 7);
	return 0;
}

static void
remembers_silence_and_allowance_in_the_next_life(void)
{
	const struct host_row limited = {.host = "c.example",
					 .budget = 4,
					 .window_s = 900,
					 .began_s = NOW - 60,
					 .used = 3,
					 .good = 7};
	int seen = 0;

	folder = folder_make();
	struct state *s = open_state();
	CHECK(hostbook_save(s, &(struct host_row){.host = "a.example", .held_until_s = NOW - 1},
			    NULL) == 0);
	CHECK(hostbook_save(s, &(struct host_row){.host = "b.example", .held_until_s = NOW + HOUR},
			    NULL) == 0);
	/* What comes later of a request that was under way shortens no silence. */
	CHECK(hostbook_save(s, &(struct host_row){.host = "b.example"}, NULL) == 0);
	CHECK(hostbook_save(s, &limited, NULL) == 0);
	CHECK(hostbook_purge(s, NOW, NULL) == 0 && state_commit(s, NULL) == 0);
	state_close(s);
	s = open_state();
	CHECK(hostbook_each(s, NOW, look, &seen, NULL) == 0 && seen == 2);
	state_close(s);
	folder_drop(&folder);
}

static void
asks_over_tls_who_wants_it(void)
{
	folder = folder_make();
	SCOPED(state_close) struct state *s = open_state();
	CHECK(hostbook_want_tls(s, "a.example", NOW + DAY, false, NOW, NULL) == 0);
	CHECK(hostbook_want_tls(s, "b.example", NOW + DAY, true, NOW, NULL) == 0);
	CHECK(hostbook_wants_tls(s, "a.example", NOW, NULL) == 1);
	CHECK(hostbook_wants_tls(s, "a.example", NOW + 2 * DAY, NULL) == 0);
	CHECK(hostbook_wants_tls(s, "www.a.example", NOW, NULL) == 0);
	CHECK(hostbook_wants_tls(s, "www.b.example", NOW, NULL) == 1);
	CHECK(hostbook_wants_tls(s, "a.www.b.example", NOW, NULL) == 1);
	CHECK(hostbook_wants_tls(s, "xb.example", NOW, NULL) == 0);
	CHECK(hostbook_wants_tls(s, "example", NOW, NULL) == 0);
	/* max-age=0 takes it back; addresses have no name to remember. */
	CHECK(hostbook_want_tls(s, "a.example", 0, false, NOW, NULL) == 0);
	CHECK(hostbook_wants_tls(s, "a.example", NOW, NULL) == 0);
	CHECK(hostbook_want_tls(s, "192.0.2.1", NOW + DAY, false, NOW, NULL) == 0);
	CHECK(hostbook_wants_tls(s, "192.0.2.1", NOW, NULL) == 0);
	CHECK(hostbook_want_tls(s, "[2001:db8::1]", NOW + DAY, false, NOW, NULL) == 0);
	CHECK(hostbook_wants_tls(s, "[2001:db8::1]", NOW, NULL) == 0);
	CHECK(state_commit(s, NULL) == 0);
	folder_drop(&folder);
}

static void
writes_down_the_same_wish_once_a_day(void)
{
	folder = folder_make();
	SCOPED(state_close) struct state *s = open_state();
	CHECK(hostbook_want_tls(s, "a.example", NOW + DAY, false, NOW, NULL) == 0);
	CHECK(state_commit(s, NULL) == 0);
	CHECK(hostbook_want_tls(s, "a.example", NOW + DAY + HOUR, false, NOW + HOUR, NULL) == 0);
	CHECK(!db_in_transaction(state_db(s)));
	CHECK(hostbook_want_tls(s, "a.example", NOW + 3 * DAY, false, NOW + HOUR, NULL) == 0);
	CHECK(db_in_transaction(state_db(s)));
	CHECK(hostbook_purge(s, NOW + 4 * DAY, NULL) == 0);
	CHECK(hostbook_wants_tls(s, "a.example", NOW, NULL) == 0); /* forgotten */
	CHECK(state_commit(s, NULL) == 0);
	folder_drop(&folder);
}

int
main(void)
{
	RUN(remembers_silence_and_allowance_in_the_next_life);
	RUN(asks_over_tls_who_wants_it);
	RUN(writes_down_the_same_wish_once_a_day);
	return check_done();
}
