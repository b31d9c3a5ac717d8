#include "common/spool.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

#include "common/clock.h"
#include "tests/unit/check.h"
#include "tests/unit/folder.h"

static const char *const migrations[] = {SPOOL_SCHEMA, NULL};

struct store {
	struct db *db;
	struct spool *spool;
};

static struct store
opened(const char *path)
{
	struct err err = {.kind = ERR_NONE};
	struct store st = {
		.db = db_open(path, &(struct db_options){.migrations = migrations}, &err)};

	if (st.db)
		st.spool = spool_open(st.db, &err);
	if (!st.spool) {
		(void)printf("# %s\n", err.text);
		exit(EXIT_FAILURE);
	}
	return st;
}

static void
closed(struct store *st)
{
	spool_close(st->spool);
	db_close(st->db);
}

static uint64_t
appended(struct store *st, const char *ref, const char *body)
{
	uint64_t seq = 0;

	CHECK(db_begin(st->db, NULL) == 0);
	CHECK(spool_append(st->spool, ref, (struct bytes){body, strlen(body)}, &seq, NULL) == 0);
	return seq;
}

static void
keeps_rows_in_order_until_they_are_done(void)
{
	SCOPED(folder_drop) struct folder folder = folder_make();
	const char *path = folder_file(&folder, "s.db");
	SCOPED(buf_done) struct buf body = buf_init(100);
	struct store st = opened(path);
	uint64_t seq = 0;
	size_t len = 0;

	CHECK(spool_oldest_s(st.spool) == 0 && spool_next_seq(st.spool) == 1);
	CHECK(spool_after(st.spool, 0, &seq, &len, NULL) == 0);
	CHECK(appended(&st, "feed1", "one") == 1);
	CHECK(appended(&st, NULL, "three") == 2);
	CHECK(db_commit(st.db, NULL) == 0);
	closed(&st);

	st = opened(path);
	CHECK(spool_depth(st.spool) == 2 && spool_bytes(st.spool) == 8);
	CHECK(clock_wall_s() - spool_oldest_s(st.spool) < 100);
	CHECK(spool_after(st.spool, 0, &seq, &len, NULL) == 1 && seq == 1 && len == 3);
	CHECK(spool_after(st.spool, 1, &seq, &len, NULL) == 1 && seq == 2 && len == 5);
	CHECK(spool_after(st.spool, 2, &seq, &len, NULL) == 0);
	CHECK(spool_load(st.spool, 1, &body, NULL) == 0);
	CHECK(spool_load(st.spool, 2, &body, NULL) == 0);
	CHECK_STR(buf_str(&body), "onethree");
	buf_reset(&body);
	CHECK(spool_ref(st.spool, 1, &body, NULL) == 0 && spool_ref(st.spool, 2, &body, NULL) == 0);
	CHECK(spool_ref(st.spool, 99, &body, NULL) == 0);
	CHECK_STR(buf_str(&body), "feed1");

	CHECK(db_begin(st.db, NULL) == 0 && spool_done(st.spool, 1, NULL) == 0);
	CHECK(spool_done(st.spool, 1, NULL) == 0 && spool_done(st.spool, 7, NULL) == 0);
	CHECK(spool_depth(st.spool) == 1 && spool_bytes(st.spool) == 5);
	CHECK(spool_done(st.spool, 2, NULL) == 0 && db_commit(st.db, NULL) == 0);
	CHECK(spool_depth(st.spool) == 0 && spool_bytes(st.spool) == 0);
	closed(&st);
}

static void
never_gives_a_number_twice(void)
{
	SCOPED(folder_drop) struct folder folder = folder_make();
	const char *path = folder_file(&folder, "s.db");
	struct store st = opened(path);

	CHECK(appended(&st, NULL, "a") == 1 && db_commit(st.db, NULL) == 0);
	CHECK(spool_done(st.spool, 1, NULL) == 0);
	closed(&st);
	st = opened(path);
	CHECK(spool_next_seq(st.spool) == 2);
	CHECK(appended(&st, NULL, "b") == 2);
	db_rollback(st.db);
	CHECK(spool_recount(st.spool, NULL) == 0);
	CHECK(spool_depth(st.spool) == 0 && spool_bytes(st.spool) == 0);
	CHECK(spool_next_seq(st.spool) == 3 && appended(&st, NULL, "c") == 3);
	closed(&st);
}

static void
says_what_became_of_a_row(void)
{
	SCOPED(folder_drop) struct folder folder = folder_make();
	SCOPED(buf_done) struct buf body = buf_init(3);
	struct store st = opened(folder_file(&folder, "s.db"));
	struct err err = {.kind = ERR_NONE};
	uint64_t seq = appended(&st, NULL, "body");

	CHECK(spool_load(st.spool, seq + 1, &body, &err) == -1 && err.kind == ERR_REJECT);
	CHECK_STR(err.text, "spool row 2: it is gone");
	CHECK(spool_load(st.spool, seq, &body, &err) == -1 && err.kind == ERR_REJECT);
	CHECK_STR(err.text, "spool row 1: over the ceiling of 3 bytes");
	CHECK(db_exec(st.db, "UPDATE spool SET body = x'626f6478'", NULL) == 0);
	CHECK(spool_load(st.spool, seq, &body, &err) == -1 && err.kind == ERR_REJECT);
	CHECK_STR(err.text, "spool row 1: checksum wrong (disk corruption?)");
	CHECK(body.len == 0);
	closed(&st);
}

static void
adds_up_the_blame(void)
{
	SCOPED(folder_drop) struct folder folder = folder_make();
	const char *path = folder_file(&folder, "s.db");
	struct store st = opened(path);
	const uint64_t seq = appended(&st, NULL, "poison");
	int64_t blame = -1;

	CHECK(spool_blame(st.spool, seq, 4, &blame, NULL) == 0 && blame == 4);
	CHECK(db_commit(st.db, NULL) == 0);
	closed(&st);
	st = opened(path);
	CHECK(db_begin(st.db, NULL) == 0);
	CHECK(spool_blame(st.spool, seq, 1, &blame, NULL) == 0 && blame == 5);
	CHECK(spool_blame(st.spool, seq + 1, 1, &blame, NULL) == 0 && blame == 0);
	closed(&st);
}

/* Kill -9. */

enum { ROUNDS = 12, BODY_BYTES = 6000 };

/* A body that tells its own number. */
static void
body_of(uint64_t seq, char out[BODY_BYTES])
{
	uint64_t x = seq * 0x9e3779b97f4a7c15U + 1;

	for (size_t i = 0; i < BODY_BYTES; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		out[i] = (char)x;
	}
}

/* Appends in groups and tells each number after its commit; deletes every third before that, and
 * tells it as negative. Never returns. */
static _Noreturn void
append_until_killed(const char *path, int tell)
{
	struct store st = opened(path);

	for (;;) {
		int64_t told[16];
		size_t count = 0;

		if (db_begin(st.db, NULL) < 0)
			_exit(1);
		for (int i = 0; i < 8; i++) {
			char body[BODY_BYTES];
			uint64_t seq = 0;

			body_of(spool_next_seq(st.spool), body);
			if (spool_append(st.spool, "f", (struct bytes){body, BODY_BYTES}, &seq,
					 NULL) < 0)
				_exit(1);
			told[count++] = (int64_t)seq;
			if (seq % 3 == 0 && spool_done(st.spool, seq - 2, NULL) == 0)
				told[count++] = -(int64_t)(seq - 2);
		}
		if (db_commit(st.db, NULL) < 0)
			_exit(1);
		if (write(tell, told, count * sizeof(told[0])) < 0)
			_exit(1);
	}
}

/* Every number that was told is there with its bytes, every deletion too. */
static void
check_told(struct store *st, const int64_t *told, size_t count, uint64_t *checked)
{
	for (size_t i = 0; i < count; i++) {
		const uint64_t seq = (uint64_t)(told[i] < 0 ? -told[i] : told[i]);
		SCOPED(buf_done) struct buf body = buf_init(BODY_BYTES);
		char wanted[BODY_BYTES];
		const int got = spool_load(st->spool, seq, &body, NULL);
		bool gone = false;

		/* Deleted in this commit, or in the next whose word was not heard any more. */
		for (size_t j = i; j < count && !gone; j++)
			gone = told[j] == -(int64_t)seq;
		body_of(seq, wanted);
		if (gone)
			CHECK(got == -1);
		else if (got == -1)
			CHECK(seq % 3 == 1 && i + 24 > count);
		else
			CHECK(body.len == BODY_BYTES && memcmp(body.data, wanted, BODY_BYTES) == 0);
		++*checked;
	}
}

static void
what_was_committed_survives_kill_9(void)
{
	SCOPED(folder_drop) struct folder folder = folder_make();
	const char *path = folder_file(&folder, "s.db");
	SCOPED(free) int64_t *told = calloc(1 << 16, sizeof(*told));
	uint64_t last = 0, checked = 0;

	CHECK(told != NULL);
	for (int round = 0; told && round < ROUNDS; round++) {
		const size_t enough = 60 + (size_t)round * 53;
		size_t count = 0;
		struct store st;
		ssize_t got;
		int pipes[2];
		pid_t child;

		CHECK(pipe(pipes) == 0);
		child = fork();
		if (child == 0) {
			(void)close(pipes[0]);
			append_until_killed(path, pipes[1]);
		}
		(void)close(pipes[1]);
		while (count < enough &&
		       (got = read(pipes[0], told + count, 16 * sizeof(*told))) > 0)
			count += (size_t)got / sizeof(*told);
		CHECK(kill(child, SIGKILL) == 0 && waitpid(child, NULL, 0) == child);
		/* What it still said before it died counts too. */
		while (count < (1 << 16) - 16 &&
		       (got = read(pipes[0], told + count, 16 * sizeof(*told))) > 0)
			count += (size_t)got / sizeof(*told);
		(void)close(pipes[0]);
		CHECK(count >= enough && told[0] > (int64_t)last);

		st = opened(path);
		CHECK(!db_warning(st.db));
		check_told(&st, told, count, &checked);
		last = spool_next_seq(st.spool) - 1;
		closed(&st);
	}
	(void)printf("# %d kills, %llu numbers checked\n", ROUNDS, (unsigned long long)checked);
}

int
main(void)
{
	RUN(keeps_rows_in_order_until_they_are_done);
	RUN(never_gives_a_number_twice);
	RUN(says_what_became_of_a_row);
	RUN(adds_up_the_blame);
	RUN(what_was_committed_survives_kill_9);
	return check_done();
}
