#include "classifier/ledger.h"
#include "tests/unit/check.h"
#include "tests/unit/folder.h"

static const char *const migrations[] = {
	LEDGER_SCHEMA "CREATE TABLE items(seq INTEGER PRIMARY KEY, body BLOB);", NULL};
static struct db *db;

static struct ledger
of(const char *sink)
{
	return (struct ledger){db, sink};
}

static int
note_sink(void *arg, const char *sink, int64_t done)
{
	char *out = arg;

	(void)snprintf(out + strlen(out), 64 - strlen(out), "%s:%d ", sink, (int)done);
	return 0;
}

static void
remembers_how_far_each_sink_is(void)
{
	char sinks[64] = "";
	int64_t done = -1;

	CHECK(ledger_done(of("a"), &done, NULL) == 0);
	CHECK(ledger_save(of("a"), 5, "", NULL) == 0 && ledger_save(of("b"), 1, "x", NULL) == 0);
	CHECK(ledger_save(of("a"), 7, "", NULL) == 0 && db_commit(db, NULL) == 0);
	CHECK(ledger_done(of("a"), &done, NULL) == 1 && done == 7);
	CHECK(ledger_each(db, note_sink, sinks, NULL) == 0);
	CHECK_STR(sinks, "a:7 b:1 ");
}

static void
adds_up_blame_and_drops_a_sink_with_all_of_it(void)
{
	int64_t n = -1;

	CHECK(ledger_blame_add(of("a"), 3, 4, &n, NULL) == 0 && n == 4);
	CHECK(ledger_blame_add(of("a"), 3, 1, &n, NULL) == 0 && n == 5);
	CHECK(ledger_blame_add(of("b"), 3, 1, &n, NULL) == 0 && n == 1);
	CHECK(ledger_blame_count(of("a"), &n, NULL) == 0 && n == 1);
	CHECK(ledger_drop(of("a"), NULL) == 1 && ledger_drop(of("a"), NULL) == 0);
	CHECK(ledger_blame_count(of("a"), &n, NULL) == 0 && n == 0);
	CHECK(ledger_blame_forget(of("b"), 3, NULL) == 0);
	CHECK(ledger_blame_count(of("b"), &n, NULL) == 0 && n == 0);
	CHECK(db_commit(db, NULL) == 0);
}

int
main(void)
{
	SCOPED(folder_drop) struct folder folder = folder_make();

	db = db_open(folder_file(&folder, "l.db"), &(struct db_options){.migrations = migrations},
		     NULL);
	if (!db)
		return EXIT_FAILURE;
	RUN(remembers_how_far_each_sink_is);
	RUN(adds_up_blame_and_drops_a_sink_with_all_of_it);
	db_close(db);
	return check_done();
}
