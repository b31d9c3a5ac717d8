#include "common/dbconn.h"

#include "tests/unit/check.h"
#include "tests/unit/folder.h"

static struct dbconn *
opened(const struct folder *folder)
{
	struct dbconn *conn = dbconn_open(folder_file(folder, "x.db"), false, NULL);

	if (!conn ||
	    dbconn_exec(conn, "CREATE TABLE IF NOT EXISTS u(n INTEGER NOT NULL)", NULL) < 0)
		exit(EXIT_FAILURE);
	return conn;
}

static void
values_come_back_as_they_were(void)
{
	SCOPED(folder_drop) struct folder folder = folder_make();
	SCOPED(dbconn_close) struct dbconn *conn = opened(&folder);
	struct db_stmt *stmt = dbconn_stmt(conn, "SELECT ?1, ?2, ?3, ?4, ?5, ?6", NULL);
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
	stmt = dbconn_stmt(conn, "SELECT ?1, ?2, ?3, ?4, ?5, ?6", NULL);
	CHECK(stmt && db_step(stmt, NULL) == 1 && db_col_is_null(stmt, 0));
}

static void
says_what_an_error_asks_for(void)
{
	SCOPED(folder_drop) struct folder folder = folder_make();
	SCOPED(dbconn_close) struct dbconn *conn = opened(&folder);
	struct err err = {.kind = ERR_NONE};
	struct db_stmt *stmt;

	CHECK(!dbconn_stmt(conn, "SELECT nonsense", &err) && err.kind == ERR_FATAL);
	CHECK(strstr(err.text, "x.db': no such column: nonsense"));
	stmt = dbconn_stmt(conn, "INSERT INTO u VALUES(?1)", &err);
	CHECK(stmt && db_run(stmt, &err) == -1 && err.kind == ERR_REJECT);
	stmt = dbconn_stmt(conn, "INSERT INTO u VALUES(?1)", &err);
	CHECK(stmt != NULL);
	if (!stmt)
		return;
	db_int(stmt, 2, 1);
	CHECK(db_run(stmt, &err) == -1 && err.kind == ERR_FATAL);
	CHECK(strstr(err.text, "a value cannot be bound"));
	db_int(stmt, 1, 1);
	CHECK(db_run(stmt, &err) == 0 && dbconn_changes(conn) == 1);
}

static void
prepares_a_statement_once_and_hands_it_out_fresh(void)
{
	static const char insert[] = "INSERT INTO u VALUES(?1)";
	static const char all[] = "SELECT n FROM u";
	SCOPED(folder_drop) struct folder folder = folder_make();
	SCOPED(dbconn_close) struct dbconn *conn = opened(&folder);
	struct db_stmt *stmt = dbconn_stmt(conn, insert, NULL);

	CHECK(stmt && stmt == dbconn_stmt(conn, insert, NULL));
	for (int i = 0; stmt && i < 3; i++) {
		db_int(stmt, 1, i);
		CHECK(db_run(stmt, NULL) == 0);
	}
	stmt = dbconn_stmt(conn, all, NULL);
	CHECK(stmt && db_step(stmt, NULL) == 1 && db_step(stmt, NULL) == 1);
	CHECK(db_col_int(stmt, 0) == 1);
	/* Asked for again it is at its beginning; so it is after the end. */
	stmt = dbconn_stmt(conn, all, NULL);
	CHECK(stmt && db_step(stmt, NULL) == 1 && db_col_int(stmt, 0) == 0);
	CHECK(db_run(stmt, NULL) == 0 && db_step(stmt, NULL) == 1 && db_col_int(stmt, 0) == 0);
	dbconn_reset_all(conn);
	CHECK(db_step(stmt, NULL) == 1 && db_col_int(stmt, 0) == 0);
}

/* Statements are told apart by their pointer: what is not a literal would fill the table. */
static void
refuses_more_statements_than_any_program_has(void)
{
	static char sql[200][40];
	SCOPED(folder_drop) struct folder folder = folder_make();
	SCOPED(dbconn_close) struct dbconn *conn = opened(&folder);
	struct err err = {.kind = ERR_NONE};
	int made = 0;

	for (; made < 200; made++) {
		(void)snprintf(sql[made], sizeof(sql[made]), "SELECT %d", made);
		if (!dbconn_stmt(conn, sql[made], &err))
			break;
	}
	CHECK(made > 60 && made < 200 && err.kind == ERR_FATAL);
	for (int i = 0; i < made; i++) {
		int64_t n = -1;

		CHECK(dbconn_ask(conn, sql[i], &n, NULL) == 0 && n == i);
	}
}

static void
a_file_that_is_no_database_is_fatal(void)
{
	SCOPED(folder_drop) struct folder folder = folder_make();
	const char *path = folder_file(&folder, "x.db");
	FILE *f = fopen(path, "we");
	struct err err = {.kind = ERR_NONE};
	struct dbconn *conn;

	CHECK(f != NULL);
	for (int i = 0; f && i < 4096; i++)
		(void)fputc('x', f);
	if (f)
		(void)fclose(f);
	conn = dbconn_open(path, false, NULL);
	CHECK(conn && dbconn_ask(conn, "PRAGMA user_version", NULL, &err) == -1);
	CHECK(err.kind == ERR_FATAL && strstr(err.text, "not a database"));
	dbconn_close(conn);
	CHECK(!dbconn_open("/nowhere/x.db", false, &err) && err.kind == ERR_RETRY);
	CHECK(strstr(err.text, "'/nowhere/x.db': unable to open database file"));
}

int
main(void)
{
	RUN(values_come_back_as_they_were);
	RUN(says_what_an_error_asks_for);
	RUN(prepares_a_statement_once_and_hands_it_out_fresh);
	RUN(refuses_more_statements_than_any_program_has);
	RUN(a_file_that_is_no_database_is_fatal);
	return check_done();
}
