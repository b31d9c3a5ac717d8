#include "common/db.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "tests/unit/check.h"
#include "tests/unit/folder.h"

static const char *const migrations[] = {
	"CREATE TABLE t(id INTEGER PRIMARY KEY AUTOINCREMENT, x TEXT, b BLOB)",
	"CREATE TABLE u(n INTEGER NOT NULL); INSERT INTO u VALUES(5)",
	NULL,
};
static const struct db_options options = {.migrations = migrations};

static struct db *
opened(const char *path)
{
	struct err err = {.kind = ERR_NONE};
	struct db *db = db_open(path, &options, &err);

	if (!db) {
		(void)printf("# %s\n", err.text);
		check_bad++;
		exit(check_done());
	}
	return db;
}

static int64_t
ask_int(struct db *db, const char *sql)
{
	struct db_stmt *stmt = db_stmt(db, sql, NULL);
	const int64_t n = stmt && db_step(stmt, NULL) == 1 ? db_col_int(stmt, 0) : -1;

	if (stmt)
		db_reset(stmt);
	return n;
}

static int
add(struct db *db, const char *x)
{
	struct db_stmt *stmt = db_stmt(db, "INSERT INTO t(x) VALUES(?1)", NULL);

	if (!stmt || db_begin(db, NULL) < 0)
		return -1;
	db_text(stmt, 1, x);
	return db_run(stmt, NULL);
}

static void
makes_the_folder_and_brings_the_schema_up(void)
{
	static const char *const first[] = {"CREATE TABLE t(x TEXT)", NULL};
	static const char *const second[] = {"CREATE TABLE t(x TEXT)",
					     "ALTER TABLE t ADD y INTEGER DEFAULT 9", NULL};
	SCOPED(folder_drop) struct folder folder = folder_make();
	const char *path = folder_file(&folder, "a/b/x.db");
	struct db *db = db_open(path, &(struct db_options){.migrations = first}, NULL);

	CHECK(db && db_exec(db, "INSERT INTO t VALUES('old')", NULL) == 0);
	db_close(db);
	db = db_open(path, &(struct db_options){.migrations = second}, NULL);
	CHECK(db && ask_int(db, "SELECT y FROM t") == 9);
	CHECK(db && ask_int(db, "PRAGMA user_version") == 2);
	CHECK(db && !db_warning(db));
	db_close(db);
}

static void
refuses_a_schema_from_the_future(void)
{
	static const char *const none[] = {NULL};
	SCOPED(folder_drop) struct folder folder = folder_make();
	const char *path = folder_file(&folder, "x.db");
	struct err err = {.kind = ERR_NONE};
	struct db *db = opened(path);

	db_close(db);
	CHECK(!db_open(path, &(struct db_options){.migrations = none}, &err));
	CHECK(err.kind == ERR_USAGE);
	CHECK(strstr(err.text, "schema 2 is newer than this program knows (0): install the newer"
			       " feedmill"));
}

static void
a_migration_that_fails_leaves_the_version_before(void)
{
	static const char *const bad[] = {"CREATE TABLE t(x TEXT)",
					  "CREATE TABLE v(x); INSERT INTO nowhere VALUES(1)", NULL};
	static const char *const good[] = {"CREATE TABLE t(x TEXT)", "CREATE TABLE v(x)", NULL};
	SCOPED(folder_drop) struct folder folder = folder_make();
	const char *path = folder_file(&folder, "x.db");
	struct err err = {.kind = ERR_NONE};
	struct db *db;

	CHECK(!db_open(path, &(struct db_options){.migrations = bad}, &err));
	CHECK(err.kind == ERR_FATAL && strstr(err.text, "to schema 2: database"));
	db = db_open(path, &(struct db_options){.migrations = good}, NULL);
	CHECK(db && ask_int(db, "SELECT count(*) FROM v") == 0);
	db_close(db);
}

static void
has_one_writer_and_any_number_of_readers(void)
{
	SCOPED(folder_drop) struct folder folder = folder_make();
	const char *path = folder_file(&folder, "x.db");
	SCOPED(db_close) struct db *db = opened(path);
	SCOPED(db_close) struct db *reader = NULL;
	struct err err = {.kind = ERR_NONE};

	CHECK(!db_open(path, &options, &err) && err.kind == ERR_RETRY);
	CHECK(strstr(err.text, "is in use: is another db_test running?"));
	reader = db_open(path, &(struct db_options){.migrations = migrations, .shared_read = true},
			 NULL);
	CHECK(reader != NULL);
	CHECK(add(db, "x") == 0 && db_commit(db, NULL) == 0);
	CHECK(reader && ask_int(reader, "SELECT count(*) FROM t") == 1);
	CHECK(reader && db_exec(reader, "DELETE FROM t", &err) == -1);
}

static void
values_come_back_as_they_were(void)
{
	SCOPED(folder_drop) struct folder folder = folder_make();
	SCOPED(db_close) struct db *db = opened(folder_file(&folder, "x.db"));
	struct db_stmt *stmt = db_stmt(db, "SELECT ?1, ?2, ?3, ?4, ?5, ?6", NULL);
	struct bytes blob;

	CHECK(stmt != NULL);
	if (!stmt)
		return;
	db_int(stmt, 1, INT64_MIN);
	db_double(stmt, 2, 7.5);
	db_text(stmt, 3, "t\xc3\xbc");
	db_text(stmt, 4, NULL);
	db_blob(stmt, 5, "a\0b", 3);
	db_blob(stmt, 6, NULL, 0);
	CHECK(db_step(stmt, NULL) == 1);
	CHECK(db_col_int(stmt, 0) == INT64_MIN && db_col_double(stmt, 1) > 7.4);
	CHECK_STR(db_col_text(stmt, 2), "t\xc3\xbc");
	CHECK(db_col_is_null(stmt, 3) && !db_col_text(stmt, 3));
	blob = db_col_blob(stmt, 4);
	CHECK(blob.len == 3 && memcmp(blob.data, "a\0b", 3) == 0);
	CHECK(!db_col_is_null(stmt, 5) && db_col_blob(stmt, 5).len == 0);
	CHECK(db_step(stmt, NULL) == 0);
	/* Asked for again it has no values. */
	stmt = db_stmt(db, "SELECT ?1, ?2, ?3, ?4, ?5, ?6", NULL);
	CHECK(stmt && db_step(stmt, NULL) == 1 && db_col_is_null(stmt, 0));
}

static void
says_what_an_error_asks_for(void)
{
	SCOPED(folder_drop) struct folder folder = folder_make();
	SCOPED(db_close) struct db *db = opened(folder_file(&folder, "x.db"));
	struct err err = {.kind = ERR_NONE};
	struct db_stmt *stmt;

	CHECK(!db_stmt(db, "SELECT nonsense", &err) && err.kind == ERR_FATAL);
	CHECK(strstr(err.text, "x.db': no such column: nonsense"));
	stmt = db_stmt(db, "INSERT INTO u VALUES(?1)", &err);
	CHECK(stmt && db_run(stmt, &err) == -1 && err.kind == ERR_REJECT);
	stmt = db_stmt(db, "INSERT INTO u VALUES(?1)", &err);
	CHECK(stmt != NULL);
	if (!stmt)
		return;
	db_int(stmt, 2, 1);
	CHECK(db_run(stmt, &err) == -1 && err.kind == ERR_FATAL);
	CHECK(strstr(err.text, "a value cannot be bound"));
	db_int(stmt, 1, 1);
	CHECK(db_run(stmt, &err) == 0 && db_changes(db) == 1);
}

static void
a_rollback_takes_everything_back(void)
{
	SCOPED(folder_drop) struct folder folder = folder_make();
	SCOPED(db_close) struct db *db = opened(folder_file(&folder, "x.db"));

	CHECK(db_commit(db, NULL) == 0 && !db_in_transaction(db));
	CHECK(add(db, "a") == 0 && add(db, "b") == 0 && db_in_transaction(db));
	db_rollback(db);
	CHECK(!db_in_transaction(db) && ask_int(db, "SELECT count(*) FROM t") == 0);
	CHECK(add(db, "a") == 0 && db_commit(db, NULL) == 0 && !db_in_transaction(db));
	CHECK(ask_int(db, "SELECT count(*) FROM t") == 1);
	db_rollback(db);
	CHECK(ask_int(db, "SELECT count(*) FROM t") == 1);
}

static void
close_rolls_back_what_was_not_committed(void)
{
	SCOPED(folder_drop) struct folder folder = folder_make();
	const char *path = folder_file(&folder, "x.db");
	struct db *db = opened(path);

	CHECK(add(db, "a") == 0);
	db_close(db);
	db = opened(path);
	CHECK(ask_int(db, "SELECT count(*) FROM t") == 0);
	db_close(db);
}

/* What SQLite rolled back by itself must not be taken for committed. */
static void
a_transaction_that_is_gone_cannot_be_committed(void)
{
	SCOPED(folder_drop) struct folder folder = folder_make();
	SCOPED(db_close) struct db *db = opened(folder_file(&folder, "x.db"));
	struct err err = {.kind = ERR_NONE};

	CHECK(add(db, "a") == 0);
	CHECK(db_exec(db, "INSERT OR ROLLBACK INTO u VALUES(NULL)", NULL) == -1);
	CHECK(db_commit(db, &err) == -1 && err.kind == ERR_RETRY);
	CHECK(strstr(err.text, "rolled back before its end"));
	CHECK(!db_in_transaction(db) && add(db, "b") == 0 && db_commit(db, NULL) == 0);
	CHECK(ask_int(db, "SELECT count(*) FROM t") == 1);
}

/* A statement in the middle of its rows would keep every later checkpoint from passing. */
static void
commit_lets_go_of_statements_left_in_the_middle(void)
{
	SCOPED(folder_drop) struct folder folder = folder_make();
	SCOPED(db_close) struct db *db = opened(folder_file(&folder, "x.db"));
	struct db_stmt *stmt;
	struct stat st;

	for (int i = 0; i < 10; i++)
		CHECK(add(db, "a") == 0);
	CHECK(db_commit(db, NULL) == 0);
	stmt = db_stmt(db, "SELECT x FROM t", NULL);
	CHECK(stmt && db_step(stmt, NULL) == 1);
	for (int i = 0; i < 600; i++)
		CHECK(add(db, "a") == 0 && db_commit(db, NULL) == 0);
	CHECK(stat(folder_file(&folder, "x.db-wal"), &st) == 0 && st.st_size < 5 * 1024 * 1024);
}

int
main(void)
{
	RUN(makes_the_folder_and_brings_the_schema_up);
	RUN(refuses_a_schema_from_the_future);
	RUN(a_migration_that_fails_leaves_the_version_before);
	RUN(has_one_writer_and_any_number_of_readers);
	RUN(values_come_back_as_they_were);
	RUN(says_what_an_error_asks_for);
	RUN(a_rollback_takes_everything_back);
	RUN(close_rolls_back_what_was_not_committed);
	RUN(a_transaction_that_is_gone_cannot_be_committed);
	RUN(commit_lets_go_of_statements_left_in_the_middle);
	return check_done();
}
