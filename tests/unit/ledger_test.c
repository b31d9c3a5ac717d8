#include "classifier/ledger.h"
#include "tests/unit/check.h"
#include "tests/unit/folder.h"

static const char *const migrations[] = {
	LEDGER_SCHEMA "CREATE TABLE items(seq INTEGER PRIMARY KEY, body BLOB);",
	"INSERT INTO cursors(sink, done_seq, filter) VALUES('old', 4, '');", LEDGER_TALLY_SCHEMA,
	NULL};
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
remembers_how_far_each_sink_is_and_what_became_of_its_items(void)
{
	const struct ledger_place first = {.done = 5}, other = {.done = 1, .before = 1};
	const struct ledger_place later = {.done = 7,
					   .tally = {{1, 2, 3, 4}}, /* a fate each */
					   .replayed = 5,
					   .before = 6};
	struct ledger_place found = {.done = -1};
	char sinks[64] = "";

	CHECK(ledger_load(of("a"), &found, NULL) == 0 && found.done == -1);
	CHECK(ledger_save(of("a"), &first, "", NULL) == 0);
	CHECK(ledger_save(of("b"), &other, "x", NULL) == 0);
	CHECK(ledger_save(of("a"), &later, "", NULL) == 0 && db_commit(db, NULL) == 0);
	CHECK(ledger_load(of("a"), &found, NULL) == 1);
	CHECK(memcmp(&found, &later, sizeof(found)) == 0);
	CHECK(ledger_each(db, note_sink, sinks, NULL) == 0);
	CHECK_STR(sinks, "a:7 b:1 old:4 ");
}

static void
knows_that_an_older_version_did_not_count(void)
{
	struct ledger_place found;

	CHECK(ledger_load(of("old"), &found, NULL) == 1 && found.done == 4);
	CHECK(found.before == -1 && tally_sum(&found.tally) == 0 && found.replayed == 0);
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
	RUN(remembers_how_far_each_sink_is_and_what_became_of_its_items);
	RUN(knows_that_an_older_version_did_not_count);
	RUN(adds_up_blame_and_drops_a_sink_with_all_of_it);
	db_close(db);
	return check_done();
}
