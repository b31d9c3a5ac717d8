#include <dirent.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "common/dbconn.h"
#include "common/file.h"
#include "common/jsondoc.h"
#include "sink/sinks.h"
#include "tests/unit/check.h"
#include "tests/unit/fakehost.h"
#include "tests/unit/killing.h"

enum { FILE_BYTES_MAX = 64 * 1024 * 1024, NAME_BYTES = 512 };

static const char *
path_of(const struct fm_sink *host, const char *name)
{
	static char path[NAME_BYTES];

	(void)snprintf(path, sizeof(path), "%s/%s", host->dir, name);
	return path;
}

/* The content of a file of the sink. Borrowed until the next call. */
static const char *
content_of(const struct fm_sink *host, const char *name)
{
	static struct buf text;

	buf_done(&text);
	text = buf_init(FILE_BYTES_MAX);
	return file_read(path_of(host, name), &text, NULL) < 0 ? "(no such file)" : buf_str(&text);
}

static void
append_by_hand(const struct fm_sink *host, const char *text)
{
	const int fd = open(path_of(host, "items.jsonl"), O_WRONLY | O_CREAT | O_APPEND, 0644);

	CHECK(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	(void)close(fd);
}

static void
put(struct fm_sink *host, uint64_t id, uint64_t rev, uint64_t seq)
{
	struct fm_item *item = fake_ready(fake_item(id, rev, seq));

	CHECK(host->ops->put(host, host->self, item) == FM_OK);
	if (host->reason[0])
		(void)printf("# %s\n", host->reason);
	fake_item_free(item);
}

static const char *
line_of(uint64_t id, uint64_t rev, uint64_t seq)
{
	static char lines[8][NAME_BYTES];
	static size_t at;
	struct fm_item *item = fake_ready(fake_item(id, rev, seq));

	at = (at + 1) % 8;
	(void)snprintf(lines[at], sizeof(lines[at]), "%s\n", buf_str(&item->json));
	fake_item_free(item);
	return lines[at];
}

/* Up to four lines after one another. */
static const char *
lines_of(const char *a, const char *b, const char *c, const char *d)
{
	static char text[4 * NAME_BYTES];

	(void)snprintf(text, sizeof(text), "%s%s%s%s", a, b, c, d);
	return text;
}

/* What is in all files of the sink together. */
struct census {
	unsigned char copies[KILLING_IDS][4]; /* of each id and revision */
	size_t lines, files, strange;
	uint64_t last_rev[KILLING_IDS];
};

static void
count_file(const char *path, struct census *census)
{
	struct buf text = buf_init(FILE_BYTES_MAX);

	CHECK(file_read(path, &text, NULL) == 0);
	census->files++;
	for (const char *at = buf_str(&text), *lf; *at; at = lf + 1) {
		struct jsondoc *doc;
		const char *id, *rev;
		uint64_t n, r;

		lf = strchr(at, '\n');
		if (!lf) {
			census->strange++;
			break;
		}
		doc = jsondoc_parse(at, (size_t)(lf - at), NULL);
		id = doc ? jsonval_text(jsonval_get(jsondoc_root(doc), "id"), NULL) : NULL;
		rev = doc ? jsonval_text(jsonval_get(jsondoc_root(doc), "rev"), NULL) : NULL;
		n = id ? strtoull(id, NULL, 16) : KILLING_IDS;
		r = rev ? strtoull(rev, NULL, 16) : 0;
		jsondoc_free(doc);
		census->lines++;
		if (n >= KILLING_IDS || r > 3) {
			census->strange++;
			continue;
		}
		census->copies[n][r]++;
		census->last_rev[n] = r;
	}
	buf_done(&text);
}

static int
by_age(const struct dirent **a, const struct dirent **b)
{
	/* The present file has the shortest name and is the youngest. Put aside within one second
	 * they count -2, -3, ..., -10. */
	const size_t len_a = strlen((*a)->d_name), len_b = strlen((*b)->d_name);

	if (len_a == strlen("items.jsonl") || len_b == strlen("items.jsonl"))
		return len_a < len_b ? 1 : -1;
	return strverscmp((*a)->d_name, (*b)->d_name);
}

static int
is_output(const struct dirent *entry)
{
	return strncmp(entry->d_name, "items.jsonl", 11) == 0;
}

static void
census_of(const struct fm_sink *host, struct census *census)
{
	struct dirent **names;
	const int count = scandir(host->dir, &names, is_output, by_age);

	memset(census, 0, sizeof(*census));
	for (int i = 0; i < count; i++) {
		count_file(path_of(host, names[i]->d_name), census);
		free(names[i]);
	}
	free(names);
}

static void
writes_each_revision_as_one_line(void)
{
	struct fm_sink *host = fake_new(&sink_jsonl, NULL, NULL);

	CHECK(fake_open(host) == FM_OK);
	put(host, 1, 1, 10);
	put(host, 2, 1, 11);
	put(host, 1, 1, 10); /* again */
	put(host, 1, 2, 12); /* changed */
	put(host, 1, 3, 11); /* older, late */
	CHECK(fake_commit(host) == FM_OK);
	CHECK(fake_commit(host) == FM_OK);
	CHECK_STR(content_of(host, "items.jsonl"),
		  lines_of(line_of(1, 1, 10), line_of(2, 1, 11), line_of(1, 2, 12), ""));
	put(host, 2, 1, 13); /* after the commit too */
	CHECK(fake_commit(host) == FM_OK);
	CHECK_STR(content_of(host, "items.jsonl"),
		  lines_of(line_of(1, 1, 10), line_of(2, 1, 11), line_of(1, 2, 12), ""));
	fake_done(host);
}

static void
nothing_is_there_before_the_commit(void)
{
	struct fm_sink *host = fake_new(&sink_jsonl, NULL, NULL);

	CHECK(fake_open(host) == FM_OK);
	put(host, 1, 1, 1);
	fake_close(host); /* the mill was told nothing: the item comes again */
	CHECK_STR(content_of(host, "items.jsonl"), "");
	CHECK(fake_open(host) == FM_OK);
	put(host, 1, 1, 1);
	CHECK(fake_commit(host) == FM_OK);
	CHECK_STR(content_of(host, "items.jsonl"), line_of(1, 1, 1));
	fake_done(host);
}

static void
keeps_lines_that_were_written_but_not_counted(void)
{
	struct fm_sink *host = fake_new(&sink_jsonl, NULL, NULL);

	CHECK(fake_open(host) == FM_OK);
	put(host, 1, 1, 1);
	CHECK(fake_commit(host) == FM_OK);
	fake_close(host);
	/* As a kill between the two steps of a commit leaves it. */
	append_by_hand(host,
		       lines_of(line_of(2, 1, 2), line_of(3, 1, 3), "{\"v\":1,\"id\":\"00", ""));
	CHECK(fake_open(host) == FM_OK);
	CHECK_STR(content_of(host, "items.jsonl"),
		  lines_of(line_of(1, 1, 1), line_of(2, 1, 2), line_of(3, 1, 3), ""));
	CHECK(strstr(buf_str(&host->log), "found 2 lines") != NULL);
	CHECK(strstr(buf_str(&host->log), "cut 15 bytes") != NULL);
	put(host, 2, 1, 2);
	put(host, 3, 1, 3);
	put(host, 4, 1, 4);
	CHECK(fake_commit(host) == FM_OK);
	CHECK_STR(content_of(host, "items.jsonl"),
		  lines_of(line_of(1, 1, 1), line_of(2, 1, 2), line_of(3, 1, 3), line_of(4, 1, 4)));
	fake_done(host);
}

static void
cuts_what_a_lost_disk_block_left(void)
{
	struct fm_sink *host = fake_new(&sink_jsonl, NULL, NULL);
	const char zeros[100] = {0};
	int fd;

	CHECK(fake_open(host) == FM_OK);
	put(host, 1, 1, 1);
	CHECK(fake_commit(host) == FM_OK);
	fake_close(host);
	fd = open(path_of(host, "items.jsonl"), O_WRONLY | O_APPEND);
	CHECK(write(fd, zeros, sizeof(zeros)) == sizeof(zeros));
	(void)close(fd);
	append_by_hand(host, lines_of("\n", line_of(2, 1, 2), "", ""));
	CHECK(fake_open(host) == FM_OK);
	CHECK_STR(content_of(host, "items.jsonl"), line_of(1, 1, 1));
	put(host, 2, 1, 2);
	CHECK(fake_commit(host) == FM_OK);
	CHECK_STR(content_of(host, "items.jsonl"),
		  lines_of(line_of(1, 1, 1), line_of(2, 1, 2), "", ""));
	fake_done(host);
}

static void
touches_no_file_that_is_not_its_own(void)
{
	static const char *const strangers[] = {"root:x:0:0\n", "no end", "{}\n", "[1]\n"};

	for (size_t i = 0; i < sizeof(strangers) / sizeof(strangers[0]); i++) {
		struct fm_sink *host = fake_new(&sink_jsonl, NULL, NULL);

		append_by_hand(host, strangers[i]);
		CHECK(fake_open(host) == FM_CONFIG);
		CHECK(strstr(host->reason, "that is no item") != NULL);
		CHECK_STR(content_of(host, "items.jsonl"), strangers[i]);
		fake_done(host);
	}
}

static void
a_lost_database_is_made_again_from_the_file(void)
{
	struct fm_sink *host = fake_new(&sink_jsonl, NULL, NULL);

	CHECK(fake_open(host) == FM_OK);
	put(host, 1, 1, 1);
	put(host, 1, 2, 2);
	CHECK(fake_commit(host) == FM_OK);
	fake_close(host);
	CHECK(unlink(path_of(host, "jsonl.db")) == 0);
	(void)unlink(path_of(host, "jsonl.db-wal"));
	(void)unlink(path_of(host, "jsonl.db.mark"));
	append_by_hand(host, "{\"id\":\"0123"); /* death came in the middle of a line */
	CHECK(fake_open(host) == FM_OK);
	CHECK(strstr(buf_str(&host->log), "cut 11 bytes") != NULL);
	put(host, 1, 2, 2);
	CHECK(fake_commit(host) == FM_OK);
	CHECK_STR(content_of(host, "items.jsonl"),
		  lines_of(line_of(1, 1, 1), line_of(1, 2, 2), "", ""));
	fake_done(host);
}

static void
a_full_disk_delays_and_leaves_whole_lines(void)
{
	static const char *const none[][2] = {{NULL, NULL}};
	struct fm_sink *host = fake_new(&sink_jsonl, none, NULL);
	struct rlimit unlimited, small;
	struct census *census = calloc(1, sizeof(*census));
	size_t retries = 0;

	CHECK(fake_open(host) == FM_OK);
	for (size_t i = 0; i < 500; i++)
		(void)fake_add(host, killing_item(i));
	host->batch = 40; /* some 90 KB */
	/* No file may grow over 500 KB: as a full disk, but without a disk. */
	(void)signal(SIGXFSZ, SIG_IGN);
	CHECK(getrlimit(RLIMIT_FSIZE, &unlimited) == 0);
	small = unlimited;
	small.rlim_cur = 500000;
	CHECK(setrlimit(RLIMIT_FSIZE, &small) == 0);
	for (int turn = 0; turn < 30; turn++) {
		fake_put_waiting(host);
		retries += fake_commit(host) == FM_RETRY;
		for (size_t i = 0; i < host->item_count; i++)
			host->items[i]->due_ms = 0;
	}
	CHECK(retries > 10 && host->verdict == FM_OK);
	CHECK(fake_count(host, FAKE_DONE) > 100 && fake_count(host, FAKE_DONE) < 300);
	census_of(host, census);
	CHECK(census->strange == 0 && census->lines > 100);
	CHECK(setrlimit(RLIMIT_FSIZE, &unlimited) == 0);
	CHECK(fake_run(host, 20000));
	CHECK(fake_count(host, FAKE_DONE) == 500);
	census_of(host, census);
	CHECK(census->strange == 0 && census->lines == 500);
	for (size_t i = 0; i < 500; i++)
		CHECK(census->copies[i][1] == 1);
	free(census);
	fake_done(host);
}

static void
begins_a_new_file_when_the_old_one_is_large(void)
{
	static const char *const options[][2] = {{"rotate_size", "64K"}, {NULL, NULL}};
	struct fm_sink *host = fake_new(&sink_jsonl, options, NULL);
	struct census *census = calloc(1, sizeof(*census));
	struct stat st;

	CHECK(fake_open(host) == FM_OK);
	for (size_t i = 0; i < 300; i++)
		(void)fake_add(host, killing_item(i));
	host->batch = 10;
	CHECK(fake_run(host, 20000));
	census_of(host, census);
	/* 300 items of 2.2 KB: a file is put aside at 30 to 39 of them. */
	CHECK(census->files >= 8 && census->files <= 10);
	CHECK(census->strange == 0 && census->lines == 300);
	CHECK(stat(path_of(host, "items.jsonl"), &st) == 0 && st.st_size < 64 * 1024 + 25000);
	fake_close(host);
	/* And what stands in a file put aside is not forgotten. */
	CHECK(fake_open(host) == FM_OK);
	for (size_t i = 0; i < 300; i++)
		host->items[i]->state = FAKE_WAITING;
	CHECK(fake_run(host, 20000));
	census_of(host, census);
	CHECK(census->lines == 300);
	free(census);
	fake_done(host);
}

static void
begins_a_new_file_each_day(void)
{
	static const char *const options[][2] = {{"rotate_daily", "yes"}, {NULL, NULL}};
	struct fm_sink *host = fake_new(&sink_jsonl, options, NULL);
	struct census *census = calloc(1, sizeof(*census));
	struct err err = {.text = ""};
	struct dbconn *conn;

	CHECK(fake_open(host) == FM_OK);
	put(host, 1, 1, 1);
	CHECK(fake_commit(host) == FM_OK);
	put(host, 2, 1, 1);
	CHECK(fake_commit(host) == FM_OK);
	fake_close(host);
	census_of(host, census);
	CHECK(census->files == 1);
	conn = dbconn_open(path_of(host, "jsonl.db"), false, &err);
	CHECK(conn && dbconn_exec(conn, "UPDATE output SET day = day - 1", &err) == 0);
	dbconn_close(conn);
	CHECK(fake_open(host) == FM_OK);
	/* Not before there is a line for it. */
	CHECK(fake_commit(host) == FM_OK);
	census_of(host, census);
	CHECK(census->files == 1);
	put(host, 3, 1, 1);
	CHECK(fake_commit(host) == FM_OK);
	put(host, 4, 1, 1);
	CHECK(fake_commit(host) == FM_OK);
	census_of(host, census);
	CHECK(census->files == 2 && census->lines == 4);
	CHECK_STR(content_of(host, "items.jsonl"),
		  lines_of(line_of(3, 1, 1), line_of(4, 1, 1), "", ""));
	free(census);
	fake_done(host);
}

static void
a_rotation_broken_off_anywhere_goes_on(void)
{
	static const char *const before[] = {"rename", "rename and create"};

	for (size_t i = 0; i < sizeof(before) / sizeof(before[0]); i++) {
		struct fm_sink *host = fake_new(&sink_jsonl, NULL, NULL);
		char aside[NAME_BYTES];

		CHECK(fake_open(host) == FM_OK);
		put(host, 1, 1, 1);
		CHECK(fake_commit(host) == FM_OK);
		fake_close(host);
		(void)snprintf(aside, sizeof(aside), "%s/items.jsonl.aside", host->dir);
		CHECK(rename(path_of(host, "items.jsonl"), aside) == 0);
		if (i == 1)
			append_by_hand(host, "");
		CHECK(fake_open(host) == FM_OK);
		put(host, 1, 1, 1);
		put(host, 2, 1, 2);
		CHECK(fake_commit(host) == FM_OK);
		CHECK_STR(content_of(host, "items.jsonl"), line_of(2, 1, 2));
		CHECK_STR(content_of(host, "items.jsonl.aside"), line_of(1, 1, 1));
		fake_done(host);
	}
}

static void
a_file_taken_away_while_it_runs_is_begun_anew(void)
{
	struct fm_sink *host = fake_new(&sink_jsonl, NULL, NULL);
	char aside[NAME_BYTES];

	CHECK(fake_open(host) == FM_OK);
	(void)fake_add(host, killing_item(0));
	CHECK(fake_run(host, 10000));
	(void)snprintf(aside, sizeof(aside), "%s/aside", host->dir);
	CHECK(rename(path_of(host, "items.jsonl"), aside) == 0);
	(void)fake_add(host, killing_item(1));
	CHECK(fake_run(host, 10000));
	(void)snprintf(aside, sizeof(aside), "%s\n", buf_str(&host->items[0]->json));
	CHECK(strlen(content_of(host, "aside")) == host->items[0]->json.len + 1);
	CHECK(strlen(content_of(host, "items.jsonl")) == host->items[1]->json.len + 1);
	/* Emptied by another: the same. */
	CHECK(truncate(path_of(host, "items.jsonl"), 0) == 0);
	(void)fake_add(host, killing_item(2));
	CHECK(fake_run(host, 10000));
	CHECK(strlen(content_of(host, "items.jsonl")) == host->items[2]->json.len + 1);
	fake_done(host);
}

static void
wrong_options_are_refused(void)
{
	static const char *const options[][2] = {{"rotate_size", "much"}, {NULL, NULL}};
	static const char *const devices[][2] = {{"path", "/dev/null"}, {NULL, NULL}};
	struct fm_sink *host = fake_new(&sink_jsonl, options, NULL);
	struct fm_sink *device = fake_new(&sink_jsonl, devices, NULL);

	CHECK(fake_open(host) == FM_CONFIG);
	CHECK(fake_open(device) == FM_CONFIG);
	CHECK_STR(device->reason, "'/dev/null' is no regular file");
	fake_done(device);
	fake_done(host);
}

static void
killed_at_any_moment_it_has_each_revision_once(void)
{
	static const char *const options[][2] = {{"rotate_size", "256K"}, {NULL, NULL}};
	struct fm_sink *host = fake_new(&sink_jsonl, options, NULL);
	struct census *census = calloc(1, sizeof(*census));
	size_t lost = 0, doubled = 0;

	killing_run(&sink_jsonl, options, host->dir);
	census_of(host, census);
	for (size_t i = 0; i < KILLING_ITEMS; i++) {
		const unsigned copies = census->copies[i % KILLING_IDS][1 + i / KILLING_IDS];

		lost += copies == 0;
		doubled += copies > 1;
	}
	(void)printf("# %zu lines in %zu files: %zu lost, %zu doubled, %zu strange\n",
		     census->lines, census->files, lost, doubled, census->strange);
	CHECK(lost == 0 && doubled == 0 && census->strange == 0);
	CHECK(census->lines == KILLING_ITEMS);
	CHECK(census->files > 10);
	for (size_t i = 0; i < KILLING_IDS; i++)
		CHECK(census->last_rev[i] == (i < KILLING_ITEMS - KILLING_IDS ? 2U : 1U));
	free(census);
	fake_done(host);
}

int
main(void)
{
	RUN(writes_each_revision_as_one_line);
	RUN(nothing_is_there_before_the_commit);
	RUN(keeps_lines_that_were_written_but_not_counted);
	RUN(cuts_what_a_lost_disk_block_left);
	RUN(touches_no_file_that_is_not_its_own);
	RUN(a_lost_database_is_made_again_from_the_file);
	RUN(a_full_disk_delays_and_leaves_whole_lines);
	RUN(begins_a_new_file_when_the_old_one_is_large);
	RUN(begins_a_new_file_each_day);
	RUN(a_rotation_broken_off_anywhere_goes_on);
	RUN(a_file_taken_away_while_it_runs_is_begun_anew);
	RUN(wrong_options_are_refused);
	RUN(killed_at_any_moment_it_has_each_revision_once);
	return check_done();
}
