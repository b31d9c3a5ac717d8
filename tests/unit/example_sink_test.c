/* The examples are what people begin with: they keep what they say under kill -9. */
#include <dirent.h>
#include <signal.h>

#include "common/db.h"
#include "common/file.h"
#include "sink/sinks.h"
#include "tests/unit/check.h"
#include "tests/unit/fakehost.h"
#include "tests/unit/killing.h"

int example_main(int argc, char **argv);
#define main example_main
#include "deploy/examples/sink.c"
#undef main

enum {
	C_ITEMS = 150,
	EXEC_ITEMS = 300,
	EXEC_KILLS = 50,
	RUN_MS = 60000,
	OUT_BYTES_MAX = 64 * 1024 * 1024
};

static int
is_revision(const struct dirent *entry)
{
	return strstr(entry->d_name, ".json") != NULL;
}

static void
the_sink_in_c_has_each_revision_once_and_whole(void)
{
	struct fm_sink *host;
	struct dirent **names;
	int count, whole = 0;

	CHECK(example_main(0, NULL) == 0);
	host = fake_new(fake_types[0].ops, NULL, NULL);
	killing_items = C_ITEMS;
	killing_batch_max = 3;
	killing_run(host->ops, NULL, host->dir);
	count = scandir(host->dir, &names, is_revision, alphasort);
	CHECK(count == C_ITEMS);
	for (int i = 0; i < count; i++)
		free(names[i]);
	free(names);
	for (size_t i = 0; i < C_ITEMS; i++) {
		struct fm_item *item = killing_item(i);
		struct buf text = buf_init(OUT_BYTES_MAX);
		char path[256];

		(void)snprintf(path, sizeof(path), "%s/%s-%s.json", host->dir, item->id, item->rev);
		(void)buf_addc(&item->json, '\n', NULL);
		whole += file_read(path, &text, NULL) == 0 &&
			 strcmp(buf_str(&text), buf_str(&item->json)) == 0;
		buf_done(&text);
		fake_item_free(item);
	}
	CHECK(whole == C_ITEMS);
	fake_done(host);
}

/* A host for the example at path, or NULL where this machine has nothing to run it. */
static struct fm_sink *
exec_host(const char *interpreter, const char *path, const char *flush_hint)
{
	static char absolute[4096];
	static const char *options[][2] = {{"command", NULL},    {"command", absolute},
					   {"flush_hint", NULL}, {"backoff", "1"},
					   {"ack_timeout", "5"}, {"max_crashes", "1000"},
					   {NULL, NULL}};

	if (access(interpreter, X_OK) < 0)
		return NULL;
	options[0][1] = interpreter;
	options[2][1] = flush_hint;
	CHECK(realpath(path, absolute) != NULL);
	return fake_new(&sink_exec, (const char *const(*)[2])options, NULL);
}

/* Turns until all is done, killing the program now and then. */
static void
run_and_kill(struct fm_sink *host)
{
	const int64_t until_ms = clock_mono_ms() + RUN_MS;
	uint64_t random = (uint64_t)clock_mono_us() | 1;
	size_t kills = 0, kill_at = 1;
	int out;

	(void)printf("# seed %llu\n", (unsigned long long)random);
	for (size_t i = 0; i < EXEC_ITEMS; i++)
		(void)fake_add(host, killing_item(i));
	CHECK(fake_open(host) == FM_OK);
	while (fake_count(host, FAKE_DONE) < EXEC_ITEMS && clock_mono_ms() < until_ms) {
		const size_t done = fake_count(host, FAKE_DONE);

		fake_turn(host, 20);
		if (done < kill_at)
			continue;
		kill_at = done + 1 + killing_random(&random, 2 * EXEC_ITEMS / EXEC_KILLS);
		/* Our only children are its programs. */
		out = open("/proc/thread-self/children", O_RDONLY);
		if (out >= 0) {
			char text[32] = "";
			long pid;

			if (read(out, text, sizeof(text) - 1) > 0 &&
			    (pid = strtol(text, NULL, 10)) > 0)
				kills += kill((pid_t)pid, SIGKILL) == 0;
			(void)close(out);
		}
	}
	CHECK(fake_count(host, FAKE_DONE) == EXEC_ITEMS);
	CHECK(fake_drain(host, RUN_MS));
	(void)printf("# %zu kills\n", kills);
	CHECK(kills >= 10);
}

static void
the_sink_in_shell_loses_nothing(void)
{
	struct fm_sink *host = exec_host("/bin/sh", "deploy/examples/exec.sh", "no");
	struct buf text = buf_init(OUT_BYTES_MAX);
	char path[256];
	int found = 0;

	run_and_kill(host);
	(void)snprintf(path, sizeof(path), "%s/items.ndjson", host->dir);
	CHECK(file_read(path, &text, NULL) == 0);
	for (size_t i = 0; i < EXEC_ITEMS; i++) {
		char key[128];

		(void)snprintf(key, sizeof(key), "\"key\":\"%s:%s\"", host->items[i]->id,
			       host->items[i]->rev);
		found += strstr(buf_str(&text), key) != NULL;
	}
	CHECK(found == EXEC_ITEMS);
	buf_done(&text);
	fake_done(host);
}

static void
the_sink_in_python_has_each_item_once(void)
{
	const struct db_options options = {.shared_read = true};
	struct fm_sink *host = exec_host("/usr/bin/python3", "deploy/examples/exec.py", "yes");
	struct err err = {.text = ""};
	char path[256];
	struct db *db;
	struct db_stmt *stmt;

	if (!host) {
		(void)printf("# SKIP: no /usr/bin/python3\n");
		return;
	}
	run_and_kill(host);
	(void)snprintf(path, sizeof(path), "%s/titles.db", host->dir);
	db = db_open(path, &options, &err);
	stmt = db ? db_stmt(db, "SELECT count(*) FROM titles", &err) : NULL;
	CHECK(stmt && db_step(stmt, &err) == 1 && db_col_int(stmt, 0) == EXEC_ITEMS);
	if (err.text[0])
		(void)printf("# %s\n", err.text);
	db_close(db);
	fake_done(host);
}

int
main(void)
{
	RUN(the_sink_in_c_has_each_revision_once_and_whole);
	RUN(the_sink_in_shell_loses_nothing);
	RUN(the_sink_in_python_has_each_item_once);
	return check_done();
}
