#include "common/dbschema.h"

#include "tests/unit/check.h"
#include "tests/unit/folder.h"

static const char *const first[] = {"CREATE TABLE t(x TEXT); INSERT INTO t VALUES('old')", NULL};
static const char *const second[] = {"CREATE TABLE t(x TEXT); INSERT INTO t VALUES('old')",
				     "ALTER TABLE t ADD y INTEGER DEFAULT 9", NULL};
static const char *const broken[] = {
	"CREATE TABLE t(x TEXT); INSERT INTO t VALUES('old')",
	"CREATE TABLE v(x); DELETE FROM t; INSERT INTO nowhere VALUES(1)", NULL};

static int64_t
answer(struct dbconn *conn, const char *sql)
{
	int64_t n = -1;

	CHECK(dbconn_ask(conn, sql, &n, NULL) == 0);
	return n;
}

static struct dbconn *
opened(const struct folder *folder)
{
	struct dbconn *conn = dbconn_open(folder_file(folder, "x.db"), false, NULL);

	if (!conn)
		exit(EXIT_FAILURE);
	return conn;
}

static void
brings_the_schema_up_step_by_step(void)
{
	SCOPED(folder_drop) struct folder folder = folder_make();
	struct dbconn *conn = opened(&folder);

	CHECK(dbschema_check(conn, first, NULL) == 0 && dbschema_migrate(conn, first, NULL) == 0);
	CHECK(answer(conn, "PRAGMA user_version") == 1);
	dbconn_close(conn);
	conn = opened(&folder);
	CHECK(dbschema_check(conn, second, NULL) == 0 && dbschema_migrate(conn, second, NULL) == 0);
	CHECK(answer(conn, "SELECT y FROM t") == 9 && answer(conn, "PRAGMA user_version") == 2);
	/* Nothing is done twice. */
	CHECK(dbschema_migrate(conn, second, NULL) == 0);
	CHECK(answer(conn, "SELECT count(*) FROM t") == 1);
	dbconn_close(conn);
}

static void
refuses_a_schema_from_the_future(void)
{
	SCOPED(folder_drop) struct folder folder = folder_make();
	SCOPED(dbconn_close) struct dbconn *conn = opened(&folder);
	struct err err = {.kind = ERR_NONE};

	CHECK(dbschema_migrate(conn, second, NULL) == 0);
	CHECK(dbschema_check(conn, first, &err) == -1 && err.kind == ERR_USAGE);
	CHECK(strstr(err.text, "x.db': schema 2 is newer than this program knows (1): install the"
			       " newer feedmill"));
}

static void
a_step_that_fails_leaves_the_version_before(void)
{
	SCOPED(folder_drop) struct folder folder = folder_make();
	SCOPED(dbconn_close) struct dbconn *conn = opened(&folder);
	struct err err = {.kind = ERR_NONE};

	CHECK(dbschema_migrate(conn, broken, &err) == -1 && err.kind == ERR_FATAL);
	CHECK(strstr(err.text, "to schema 2: database") && strstr(err.text, "nowhere"));
	CHECK(answer(conn, "PRAGMA user_version") == 1);
	CHECK(answer(conn, "SELECT count(*) FROM t") == 1);
	CHECK(answer(conn, "SELECT count(*) FROM sqlite_master WHERE name = 'v'") == 0);
	CHECK(dbschema_migrate(conn, second, NULL) == 0);
}

int
main(void)
{
	RUN(brings_the_schema_up_step_by_step);
	RUN(refuses_a_schema_from_the_future);
	RUN(a_step_that_fails_leaves_the_version_before);
	return check_done();
}
