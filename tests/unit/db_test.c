#include "common/db.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "common/ballast.h"
#include "common/file.h"

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
makes_the_folder(void)
{
	SCOPED(folder_drop) struct folder folder = folder_make();
	struct db *db = opened(folder_file(&folder, "a/b/x.db"));

	CHECK(ask_int(db, "SELECT n FROM u") == 5 && !db_warning(db));
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
	CHECK(stat(folder_file(&folder, "x.db-wal"), &st) == 0 && st.st_size < 6 * 1024 * 1024);
}

/* The mark. */

/* A child commits `commits` rows and is killed with all of them in the WAL. */
static void
commit_and_die(const char *path, int commits)
{
	const pid_t child = fork();

	if (child == 0) {
		struct db *db = opened(path);

		for (int i = 0; i < commits; i++)
			if (add(db, "row") < 0 || db_commit(db, NULL) < 0)
				_exit(1);
		(void)kill(getpid(), SIGKILL);
	}
	CHECK(child > 0 && waitpid(child, NULL, 0) == child);
}

static void
flip_a_bit_in_the_middle(const char *path)
{
	SCOPED(close) int fd = open(path, O_RDWR);
	struct stat st;
	char c;

	CHECK(fd >= 0 && fstat(fd, &st) == 0 && st.st_size > 10000);
	CHECK(pread(fd, &c, 1, st.st_size / 2) == 1);
	c = (char)(c ^ 4);
	CHECK(pwrite(fd, &c, 1, st.st_size / 2) == 1);
}

static void
notices_commits_that_a_flipped_bit_in_the_wal_takes_away(void)
{
	SCOPED(folder_drop) struct folder folder = folder_make();
	const char *path = folder_file(&folder, "x.db");
	char first[LOSS_ID_CHARS + 1];
	struct db *db;
	int64_t rows;

	commit_and_die(path, 50);
	flip_a_bit_in_the_middle(folder_file(&folder, "x.db-wal"));
	db = opened(path);
	rows = ask_int(db, "SELECT count(*) FROM t");
	CHECK(rows > 0 && rows < 50);
	CHECK(db_warning(db) && strstr(db_warning(db), "commits are gone"));
	(void)printf("# %lld of 50 rows left: %s\n", (long long)rows,
		     db_warning(db) ? db_warning(db) : "(no warning)");
	/* The numbers of the lost rows are not given to others. */
	CHECK(add(db, "new") == 0 && db_commit(db, NULL) == 0);
	CHECK(ask_int(db, "SELECT max(id) FROM t") > rows + (50 - rows) * 1000000);
	db_close(db);
	/* It is said once; and noted for those who can make good for it. */
	db = opened(path);
	CHECK(db_loss(db) && db_loss(db)->since_s == LOSS_SINCE_UNKNOWN);
	CHECK(db_loss_since(db, 77, NULL) == 0);
	db_close(db);
	db = opened(path);
	CHECK(db_loss(db) && db_loss(db)->since_s == 77);
	CHECK(!db_warning(db) && ask_int(db, "SELECT count(*) FROM t") == rows + 1);
	(void)snprintf(first, sizeof(first), "%s", db_loss(db)->id);
	db_close(db);
	/* Another one before that was told: what is to be given again goes back as far. */
	commit_and_die(path, 50);
	flip_a_bit_in_the_middle(folder_file(&folder, "x.db-wal"));
	db = opened(path);
	CHECK(db_warning(db) && db_loss(db));
	CHECK(strcmp(db_loss(db)->id, first) != 0);
	/* Also when this life ends before it is known since when. */
	db_close(db);
	db = opened(path);
	CHECK(!db_warning(db) && db_loss(db) && db_loss(db)->since_s == LOSS_SINCE_UNKNOWN);
	CHECK(db_loss_since(db, 99, NULL) == 0 && db_loss(db)->since_s == 77);
	db_close(db);
}

/* Rows that a damaged page hides are missed by nobody, unless somebody looks. */
static void
names_a_file_whose_rows_are_damaged(void)
{
	static const struct db_options careful = {.migrations = migrations, .looked_over = true};
	SCOPED(folder_drop) struct folder folder = folder_make();
	const char *path = folder_file(&folder, "x.db");
	struct err err = {.kind = ERR_NONE};
	struct db *db = opened(path);
	int fd;

	CHECK(db_begin(db, NULL) == 0);
	for (int i = 0; i < 500; i++)
		CHECK(add(db, "some text, to fill a page and then some more") == 0);
	CHECK(db_commit(db, NULL) == 0);
	db_close(db);
	db = db_open(path, &careful, &err);
	CHECK(db != NULL && ask_int(db, "SELECT count(*) FROM t") == 500);
	db_close(db);
	/* The number of cells on the last page, which is one of rows. */
	fd = open(path, O_RDWR);
	CHECK(pwrite(fd, "\0\0", 2, lseek(fd, 0, SEEK_END) - DB_PAGE_BYTES + 3) == 2);
	(void)close(fd);
	CHECK(db_open(path, &careful, &err) == NULL && err.kind == ERR_FATAL);
	CHECK(strstr(err.text, "x.db") && strstr(err.text, "damaged"));
	CHECK(!strchr(err.text, '\n') && strstr(err.text, "start again"));
	(void)printf("# %s\n", err.text);
}

static void
a_kill_alone_is_no_loss(void)
{
	SCOPED(folder_drop) struct folder folder = folder_make();
	const char *path = folder_file(&folder, "x.db");
	struct db *db;

	commit_and_die(path, 50);
	db = opened(path);
	CHECK(!db_warning(db) && ask_int(db, "SELECT count(*) FROM t") == 50);
	db_close(db);
	/* Nor is a mark that was lost or lags behind. */
	CHECK(truncate(folder_file(&folder, "x.db.mark"), 0) == 0);
	db = opened(path);
	CHECK(!db_warning(db) && !db_loss(db));
	db_close(db);
}

static void
notices_an_older_copy_and_an_empty_database(void)
{
	SCOPED(folder_drop) struct folder folder = folder_make();
	SCOPED(buf_done) struct buf copy = buf_init(1 << 20);
	const char *path = folder_file(&folder, "x.db");
	struct db *db = opened(path);

	CHECK(add(db, "a") == 0 && db_commit(db, NULL) == 0);
	db_close(db);
	CHECK(file_read(path, &copy, NULL) == 0);
	db = opened(path);
	for (int i = 0; i < 3; i++)
		CHECK(add(db, "b") == 0 && db_commit(db, NULL) == 0);
	db_close(db);
	CHECK(file_replace(path, buf_bytes(&copy), NULL) == 0);
	db = opened(path);
	CHECK(db_warning(db) && strstr(db_warning(db), "the last 3 of 4 commits are gone"));
	CHECK(add(db, "c") == 0 && db_commit(db, NULL) == 0);
	CHECK(ask_int(db, "SELECT max(id) FROM t") == 3000002);
	db_close(db);
	/* Removed altogether: it begins anew, but not with the old numbers. */
	CHECK(unlink(path) == 0);
	db = opened(path);
	CHECK(db_warning(db) && strstr(db_warning(db), "the last 5 of 5 commits are gone"));
	CHECK(add(db, "d") == 0 && db_commit(db, NULL) == 0);
	CHECK(ask_int(db, "SELECT max(id) FROM t") == 5000001);
	db_close(db);
	db = opened(path);
	CHECK(!db_warning(db));
	db_close(db);
}

/* No room. */

enum { ROW_BYTES = 5000, MIB = 1024 * 1024 };

/* A transaction of some rows; 0, or -1 with err and rolled back. */
static int
add_rows(struct db *db, int rows, struct err *err)
{
	static char body[ROW_BYTES];
	int got = db_room(db, (size_t)rows * ROW_BYTES, err) < 0 ? -1 : db_begin(db, err);

	for (int i = 0; i < rows && got == 0; i++) {
		struct db_stmt *stmt = db_stmt(db, "INSERT INTO t(b) VALUES(?1)", err);

		if (stmt)
			db_blob(stmt, 1, body, sizeof(body));
		got = stmt ? db_run(stmt, err) : -1;
	}
	if (got == 0)
		got = db_commit(db, err);
	if (got < 0)
		db_rollback(db);
	return got;
}

static int
drop_rows(struct db *db, int rows, struct err *err)
{
	struct db_stmt *stmt = db_stmt(
		db, "DELETE FROM t WHERE id IN (SELECT id FROM t ORDER BY id LIMIT ?1)", err);

	if (!stmt || db_begin(db, err) < 0)
		return -1;
	db_int(stmt, 1, rows);
	if (db_run(stmt, err) == 0 && db_commit(db, err) == 0)
		return 0;
	db_rollback(db);
	return -1;
}

static void
keeps_under_its_cap_and_takes_deletes_there(void)
{
	const struct db_options capped = {
		.migrations = migrations, .max_bytes = 2 * MIB, .ballast_bytes = MIB};
	SCOPED(folder_drop) struct folder folder = folder_make();
	SCOPED(db_close) struct db *db = db_open(folder_file(&folder, "x.db"), &capped, NULL);
	struct err err = {.kind = ERR_NONE};
	struct stat st;
	int added = 0;

	CHECK(db != NULL);
	while (db && add_rows(db, 8, &err) == 0)
		added += 8;
	CHECK(err.kind == ERR_RETRY && added > 200 && db_is_full(db));
	CHECK(db_size_bytes(db) <= 2 * MIB);
	/* The disk is not full: the ballast stays. */
	CHECK(stat(folder_file(&folder, "x.db.ballast"), &st) == 0);
	for (; added > 100; added -= 8)
		CHECK(drop_rows(db, 8, &err) == 0);
	db_regain_ballast(db);
	CHECK(!db_is_full(db) && add_rows(db, 8, &err) == 0);
}

/* Calls fn in a child that sees a small disk at path; false where that is not permitted. */
static bool
on_a_small_disk(const char *path, const char *size, void (*fn)(const char *path))
{
	enum { NOT_PERMITTED = 77 };
	const pid_t child = fork();
	int status = 0;

	if (child == 0) {
		if (unshare(CLONE_NEWNS) < 0 ||
		    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
		    mount("tmpfs", path, "tmpfs", 0, size) < 0)
			_exit(NOT_PERMITTED);
		check_bad = 0;
		fn(path);
		(void)fflush(stdout);
		_exit(check_bad ? 1 : 0);
	}
	CHECK(child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status));
	CHECK(WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == NOT_PERMITTED);
	if (WEXITSTATUS(status) == NOT_PERMITTED)
		(void)printf("# SKIP: no mount namespace of one's own here\n");
	return WEXITSTATUS(status) == 0;
}

/* Another program takes all the room there is. */
static int
eat_the_rest(const char *path)
{
	static const char block[4096];
	const int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	while (fd >= 0 && write(fd, block, sizeof(block)) > 0)
		;
	CHECK(fd >= 0 && ballast_disk_free(path) == 0);
	return fd;
}

static void
fill_and_drain(const char *path)
{
	const struct db_options heavy = {.migrations = migrations, .ballast_bytes = MIB};
	struct folder folder;
	struct err err = {.kind = ERR_NONE};
	struct db *db;
	int64_t rows;
	int refused = 0, fd;

	(void)snprintf(folder.path, sizeof(folder.path), "%s", path);
	db = db_open(folder_file(&folder, "x.db"), &heavy, &err);
	CHECK(db != NULL);
	if (!db)
		return;
	while (add_rows(db, 64, &err) == 0)
		;
	rows = ask_int(db, "SELECT count(*) FROM t");
	CHECK(err.kind == ERR_RETRY && db_is_full(db) && rows > 1000);
	fd = eat_the_rest(folder_file(&folder, "neighbour"));
	CHECK(ballast_disk_free(path) == 0);

	/* Every delete passes; the first may be refused, and gives up the ballast. */
	while (ask_int(db, "SELECT count(*) FROM t") > 0 && refused < 3)
		refused += drop_rows(db, 64, &err) < 0;
	(void)printf("# %lld rows on a full disk, %d deletes refused\n", (long long)rows, refused);
	CHECK(refused <= 1 && ask_int(db, "SELECT count(*) FROM t") == 0);
	CHECK(add_rows(db, 64, &err) == -1 && err.kind == ERR_RETRY);

	/* With the neighbour gone the room comes back, the ballast too, and work goes on. */
	CHECK(ftruncate(fd, 0) == 0);
	(void)close(fd);
	db_regain_ballast(db);
	CHECK(!db_is_full(db) && add_rows(db, 64, &err) == 0);
	CHECK(access(folder_file(&folder, "x.db.ballast"), F_OK) == 0);
	db_close(db);
}

/* 24 MiB: all that a server's ballast would be three times over. */
static void
use_most_of_a_small_disk(const char *path)
{
	const struct db_options usual = {.migrations = migrations,
					 .ballast_bytes = DB_BALLAST_BYTES};
	struct err err = {.kind = ERR_NONE};
	struct folder folder;
	struct db *db;

	(void)snprintf(folder.path, sizeof(folder.path), "%s", path);
	db = db_open(folder_file(&folder, "x.db"), &usual, &err);
	CHECK(db != NULL && !db_is_full(db));
	while (db && add_rows(db, 64, &err) == 0)
		;
	CHECK(db && err.kind == ERR_RETRY && db_is_full(db) && db_size_bytes(db) > 16 * MIB);
	while (db && ask_int(db, "SELECT count(*) FROM t") > 0)
		CHECK(drop_rows(db, 64, &err) == 0);
	if (db)
		db_regain_ballast(db);
	CHECK(db && !db_is_full(db) && add_rows(db, 64, &err) == 0);
	CHECK(access(folder_file(&folder, "x.db.ballast"), F_OK) == 0);
	db_close(db);
}

static void
die_full_and_come_back(const char *path)
{
	const struct db_options heavy = {.migrations = migrations, .ballast_bytes = MIB};
	struct folder folder;
	struct err err = {.kind = ERR_NONE};
	struct db *db;
	pid_t child;

	(void)snprintf(folder.path, sizeof(folder.path), "%s", path);
	child = fork();
	if (child == 0) {
		db = db_open(folder_file(&folder, "x.db"), &heavy, NULL);
		while (db && add_rows(db, 64, NULL) == 0)
			;
		(void)kill(getpid(), SIGKILL);
	}
	CHECK(child > 0 && waitpid(child, NULL, 0) == child);
	(void)eat_the_rest(folder_file(&folder, "neighbour"));
	db = db_open(folder_file(&folder, "x.db"), &heavy, &err);
	if (!db)
		(void)printf("# %s\n", err.text);
	CHECK(db && !db_warning(db) && db_is_full(db));
	for (int i = 0; db && i < 5; i++)
		CHECK(drop_rows(db, 64, &err) == 0);
	db_close(db);
}

static void
deletes_pass_on_a_full_disk_and_all_resumes_by_itself(void)
{
	SCOPED(folder_drop) struct folder folder = folder_make();

	(void)on_a_small_disk(folder.path, "size=24m", fill_and_drain);
}

static void
a_small_disk_is_used_for_the_most_part(void)
{
	SCOPED(folder_drop) struct folder folder = folder_make();

	(void)on_a_small_disk(folder.path, "size=24m", use_most_of_a_small_disk);
}

static void
opens_again_on_a_full_disk(void)
{
	SCOPED(folder_drop) struct folder folder = folder_make();

	(void)on_a_small_disk(folder.path, "size=16m", die_full_and_come_back);
}

static void
gives_free_pages_back(void)
{
	SCOPED(folder_drop) struct folder folder = folder_make();
	SCOPED(db_close) struct db *db = opened(folder_file(&folder, "x.db"));
	struct stat st;

	for (int i = 0; i < 60; i++)
		CHECK(add_rows(db, 64, NULL) == 0);
	CHECK(drop_rows(db, 64 * 60, NULL) == 0);
	CHECK(db_size_bytes(db) > 18 * MIB && db_free_bytes(db) > 18 * MIB);
	CHECK(db_shrink(db, 100 * MIB, NULL) == 0);
	CHECK(stat(folder_file(&folder, "x.db"), &st) == 0 && st.st_size < 9 * MIB);
	/* Some stays for what comes next. */
	CHECK(db_free_bytes(db) > 6 * MIB);
}

int
main(void)
{
	RUN(makes_the_folder);
	RUN(has_one_writer_and_any_number_of_readers);
	RUN(a_rollback_takes_everything_back);
	RUN(close_rolls_back_what_was_not_committed);
	RUN(a_transaction_that_is_gone_cannot_be_committed);
	RUN(commit_lets_go_of_statements_left_in_the_middle);
	RUN(notices_commits_that_a_flipped_bit_in_the_wal_takes_away);
	RUN(names_a_file_whose_rows_are_damaged);
	RUN(a_kill_alone_is_no_loss);
	RUN(notices_an_older_copy_and_an_empty_database);
	RUN(keeps_under_its_cap_and_takes_deletes_there);
	RUN(deletes_pass_on_a_full_disk_and_all_resumes_by_itself);
	RUN(a_small_disk_is_used_for_the_most_part);
	RUN(opens_again_on_a_full_disk);
	RUN(gives_free_pages_back);
	return check_done();
}
