#include "sink/site_files.h"

#include <sys/stat.h>

#include "common/clock.h"
#include "common/file.h"
#include "tests/unit/check.h"
#include "tests/unit/folder.h"

static struct buf
content(const char *text)
{
	struct buf made = buf_init(1024);

	(void)buf_adds(&made, text, NULL);
	return made;
}

static int
put(struct site_files *files, const char *path, const char *text)
{
	SCOPED(buf_done) struct buf made = content(text);
	struct err err = {.kind = ERR_NONE};

	return files_write(files, path, &made, &err);
}

static bool
holds(const struct folder *folder, const char *path, const char *text)
{
	SCOPED(buf_done) struct buf found = buf_init(1024);

	return file_read(folder_file(folder, path), &found, NULL) == 0 &&
	       strcmp(buf_str(&found), text) == 0;
}

static void
a_batch_is_there_once_it_is_settled(void)
{
	SCOPED(folder_drop) struct folder folder = folder_make();
	SCOPED(files_free) struct site_files *files = files_new(folder.path, NULL);
	struct err err = {.kind = ERR_NONE};

	CHECK(put(files, "a.html", "one") == 0 && put(files, "x/y/b.html", "two") == 0);
	CHECK(files_waiting(files) == 2);
	CHECK(!files_has(files, "a.html") && !files_has(files, "x/y/b.html"));
	CHECK(files_settle(files, INT64_MAX, &err) == 1);
	CHECK(files_waiting(files) == 0);
	CHECK(holds(&folder, "a.html", "one") && holds(&folder, "x/y/b.html", "two"));
	CHECK(!files_has(files, "a.html.new") && !files_has(files, "x/y/b.html.new"));
	CHECK(files_counted(files).written == 2);
}

static void
settling_stops_when_its_time_is_over_and_goes_on(void)
{
	SCOPED(folder_drop) struct folder folder = folder_make();
	SCOPED(files_free) struct site_files *files = files_new(folder.path, NULL);
	struct err err = {.kind = ERR_NONE};

	CHECK(put(files, "a.html", "one") == 0);
	CHECK(files_settle(files, 0, &err) == 0);
	CHECK(!files_has(files, "a.html") && files_waiting(files) == 1);
	CHECK(files_settle(files, INT64_MAX, &err) == 1);
	CHECK(holds(&folder, "a.html", "one"));
}

static void
the_same_bytes_are_left_alone(void)
{
	SCOPED(folder_drop) struct folder folder = folder_make();
	SCOPED(files_free) struct site_files *files = files_new(folder.path, NULL);
	struct stat before, after;
	struct err err = {.kind = ERR_NONE};

	CHECK(put(files, "a.html", "one") == 0 && files_settle(files, INT64_MAX, &err) == 1);
	CHECK(stat(folder_file(&folder, "a.html"), &before) == 0);
	CHECK(put(files, "a.html", "one") == 0 && files_waiting(files) == 0);
	CHECK(stat(folder_file(&folder, "a.html"), &after) == 0);
	CHECK(before.st_ino == after.st_ino && files_counted(files).same == 1);
	CHECK(put(files, "a.html", "two") == 0 && files_settle(files, INT64_MAX, &err) == 1);
	CHECK(holds(&folder, "a.html", "two"));
}

static void
what_is_given_up_leaves_the_old_file_and_nothing_else(void)
{
	SCOPED(folder_drop) struct folder folder = folder_make();
	SCOPED(files_free) struct site_files *files = files_new(folder.path, NULL);
	struct err err = {.kind = ERR_NONE};

	CHECK(put(files, "a.html", "one") == 0 && files_settle(files, INT64_MAX, &err) == 1);
	CHECK(put(files, "a.html", "two") == 0);
	files_give_up(files);
	CHECK(holds(&folder, "a.html", "one") && !files_has(files, "a.html.new"));
	CHECK(files_waiting(files) == 0 && files_settle(files, INT64_MAX, &err) == 1);
}

static void
what_a_kill_left_behind_is_cleared_away(void)
{
	SCOPED(folder_drop) struct folder folder = folder_make();
	SCOPED(files_free) struct site_files *files = files_new(folder.path, NULL);
	struct err err = {.kind = ERR_NONE};

	CHECK(put(files, "a.html", "one") == 0 && files_settle(files, INT64_MAX, &err) == 1);
	CHECK(file_replace(folder_file(&folder, "a.html.new"), (struct bytes){"hal", 3}, &err) ==
	      0);
	CHECK(put(files, "a.html", "one") == 0);
	CHECK(!files_has(files, "a.html.new"));
}

static void
the_last_file_takes_its_folder_along(void)
{
	SCOPED(folder_drop) struct folder folder = folder_make();
	SCOPED(files_free) struct site_files *files = files_new(folder.path, NULL);
	struct err err = {.kind = ERR_NONE};

	CHECK(put(files, "x/a.html", "one") == 0 && put(files, "x/b.html", "two") == 0 &&
	      files_settle(files, INT64_MAX, &err) == 1);
	CHECK(files_remove(files, "x/a.html", &err) == 0 && files_has(files, "x"));
	CHECK(files_remove(files, "x/b.html", &err) == 0 && !files_has(files, "x"));
	CHECK(files_remove(files, "x/b.html", &err) == 0); /* is gone already */
}

static void
a_content_that_is_not_whole_is_not_written(void)
{
	SCOPED(folder_drop) struct folder folder = folder_make();
	SCOPED(files_free) struct site_files *files = files_new(folder.path, NULL);
	SCOPED(buf_done) struct buf cut = buf_init(4);
	struct err err = {.kind = ERR_NONE};

	(void)buf_adds(&cut, "<p>", NULL);
	(void)buf_adds(&cut, "</p>", NULL);
	CHECK(files_write(files, "a.html", &cut, &err) < 0);
	CHECK(!files_has(files, "a.html") && !files_has(files, "a.html.new"));
}

int
main(void)
{
	RUN(a_batch_is_there_once_it_is_settled);
	RUN(settling_stops_when_its_time_is_over_and_goes_on);
	RUN(the_same_bytes_are_left_alone);
	RUN(what_is_given_up_leaves_the_old_file_and_nothing_else);
	RUN(what_a_kill_left_behind_is_cleared_away);
	RUN(the_last_file_takes_its_folder_along);
	RUN(a_content_that_is_not_whole_is_not_written);
	return check_done();
}
