#include "classifier/errand.h"
#include "tests/unit/check.h"
#include "tests/unit/folder.h"

static const char *const migrations[] = {ERRAND_SCHEMA, NULL};
static struct db *db;

static void
save(struct errand *errand)
{
	CHECK(errand_save(db, "a", errand, NULL) == 0 && db_commit(db, NULL) == 0);
}

static void
what_is_owed_goes_first_and_each_goes_on_from_where_it_was(void)
{
	struct errand replay, backlog, found;
	int64_t owed, replays;

	CHECK(errand_first(db, "a", &found, NULL) == 0);
	CHECK(errand_init(&replay, false, lane_of(2, 9), 77, "tag:x", NULL) == 0);
	CHECK(errand_init(&backlog, true, lane_of(5, 8), INT64_MIN, NULL, NULL) == 0);
	save(&replay);
	save(&backlog);
	CHECK(!errand_is_dirty(&backlog) && !errand_committed(&backlog));
	CHECK(errand_holds(db, "a", true, &owed, NULL) == 0 && owed == 5);
	CHECK(errand_holds(db, "a", false, &replays, NULL) == 0 && replays == 2);
	CHECK(errand_holds(db, "b", false, &replays, NULL) == 0 && replays == INT64_MAX);
	CHECK(errand_first(db, "a", &found, NULL) == 1 && found.owed && found.lane.done == 5);
	lane_pass(&found.lane, 6);
	save(&found);
	CHECK(!errand_committed(&found));
	errand_done(&found);
	CHECK(errand_first(db, "a", &found, NULL) == 1 && found.lane.done == 6);
	lane_pass(&found.lane, 8);
	save(&found);
	CHECK(errand_committed(&found));
	errand_done(&found);
	CHECK(errand_first(db, "a", &found, NULL) == 1 && !found.owed && found.since_s == 77);
	CHECK_STR(found.filter_text, "tag:x");
	CHECK(found.lane.done == 2 && found.lane.end == 9);
	errand_done(&found);
	CHECK(errand_drop(db, "a", NULL) == 0 && db_commit(db, NULL) == 0);
	CHECK(errand_first(db, "a", &found, NULL) == 0);
	errand_done(&replay);
	errand_done(&backlog);
}

static void
a_rollback_is_written_again(void)
{
	struct errand errand, found;

	CHECK(errand_init(&errand, true, lane_of(0, 3), 0, NULL, NULL) == 0);
	CHECK(errand_save(db, "a", &errand, NULL) == 0);
	db_rollback(db);
	errand_rollback(&errand);
	CHECK(errand_is_dirty(&errand));
	save(&errand);
	CHECK(!errand_committed(&errand));
	lane_pass(&errand.lane, 3);
	CHECK(errand_save(db, "a", &errand, NULL) == 0);
	db_rollback(db);
	errand_rollback(&errand);
	CHECK(errand_first(db, "a", &found, NULL) == 1 && found.lane.done == 0);
	errand_done(&found);
	save(&errand);
	CHECK(errand_committed(&errand) && errand_first(db, "a", &found, NULL) == 0);
	errand_done(&errand);
}

static void
one_that_is_over_at_once_leaves_no_trace(void)
{
	struct errand errand, found;

	CHECK(errand_init(&errand, false, lane_of(3, 3), 0, NULL, NULL) == 0);
	CHECK(errand_is_dirty(&errand));
	save(&errand);
	CHECK(errand_committed(&errand) && errand_first(db, "a", &found, NULL) == 0);
	errand_done(&errand);
	CHECK(errand_init(&errand, false, lane_of(0, 3), 0, "nonsense", NULL) == -1);
}

int
main(void)
{
	SCOPED(folder_drop) struct folder folder = folder_make();

	db = db_open(folder_file(&folder, "e.db"), &(struct db_options){.migrations = migrations},
		     NULL);
	if (!db)
		return EXIT_FAILURE;
	RUN(what_is_owed_goes_first_and_each_goes_on_from_where_it_was);
	RUN(a_rollback_is_written_again);
	RUN(one_that_is_over_at_once_leaves_no_trace);
	db_close(db);
	return check_done();
}
