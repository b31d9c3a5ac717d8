#include "sink/lost.h"

#include <unistd.h>

#include "tests/unit/check.h"
#include "tests/unit/fakehost.h"
#include "tests/unit/folder.h"

static const char *const migrations[] = {"CREATE TABLE t(fetched INTEGER)", NULL};
static const struct db_options options = {.migrations = migrations};
static const char newest_left[] = "SELECT min(fetched) FROM t";

static void
tells_since_when_and_the_same_in_a_later_life(void)
{
	SCOPED(folder_drop) struct folder folder = folder_make();
	const char *path = folder_file(&folder, "x.db");
	struct db *db = db_open(path, &options, NULL);
	char first[sizeof(fake_lost.id)];

	CHECK(lost_tell(NULL, db, newest_left, NULL) == 0 && fake_lost.id[0] == '\0');
	CHECK(db_begin(db, NULL) == 0 && db_exec(db, "INSERT INTO t VALUES(9)", NULL) == 0 &&
	      db_commit(db, NULL) == 0);
	db_close(db);
	/* All that it had is gone. */
	CHECK(unlink(path) == 0);
	db = db_open(path, &options, NULL);
	CHECK(lost_tell(NULL, db, newest_left, NULL) == 0);
	CHECK(fake_lost.id[0] != '\0' && fake_lost.since_s == 0);
	(void)snprintf(first, sizeof(first), "%s", fake_lost.id);
	CHECK(db_begin(db, NULL) == 0 && db_exec(db, "INSERT INTO t VALUES(77)", NULL) == 0 &&
	      db_commit(db, NULL) == 0);
	db_close(db);
	fake_lost.id[0] = '\0';
	db = db_open(path, &options, NULL);
	CHECK(lost_tell(NULL, db, newest_left, NULL) == 0 && fake_lost.since_s == 0);
	CHECK_STR(fake_lost.id, first);
	db_close(db);
}

int
main(void)
{
	RUN(tells_since_when_and_the_same_in_a_later_life);
	return check_done();
}
