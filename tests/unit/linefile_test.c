#include "sink/linefile.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "common/file.h"
#include "tests/unit/check.h"
#include "tests/unit/folder.h"

static char path[1024];

struct heard {
	char text[256];
	const char *refused;
};

static bool
hear(void *arg, const char *line, size_t len)
{
	struct heard *heard = arg;
	const size_t used = strlen(heard->text);

	if (heard->refused && len == strlen(heard->refused) &&
	    memcmp(line, heard->refused, len) == 0)
		return false;
	(void)snprintf(heard->text + used, sizeof(heard->text) - used, "[%.*s]", (int)len, line);
	return true;
}

static bool
count(void *arg, const char *line, size_t len)
{
	size_t *lines = arg;

	CHECK(len == 99999 && line[0] == 'x' && line[len - 1] == 'x');
	++*lines;
	return true;
}

static void
reads_whole_lines_from_anywhere(void)
{
	struct linefile f = linefile_init();
	struct heard heard = {.text = ""}, second = {.text = "", .refused = "three"};
	struct err err = {.text = ""};
	int64_t end;

	CHECK(linefile_open(&f, path, &err) == 0);
	CHECK(linefile_add(&f, "one", 3, &err) == 0);
	CHECK(linefile_add(&f, "", 0, &err) == 0);
	CHECK(linefile_add(&f, "three", 5, &err) == 0);
	CHECK(linefile_sync(&f, &err) == 0 && f.size == 11);
	CHECK(linefile_add(&f, "four", 4, &err) == 0);
	CHECK(linefile_sync(&f, &err) == 0);
	CHECK(linefile_cut(&f, 14, &err) == 0); /* "fou" */
	CHECK(linefile_read(&f, 4, hear, &heard, &end, &err) == 0);
	CHECK_STR(heard.text, "[][three]");
	CHECK(end == 11);
	CHECK(linefile_read(&f, 0, hear, &second, &end, &err) == 0);
	CHECK_STR(second.text, "[one][]");
	CHECK(end == 5);
	linefile_done(&f);
}

static void
reads_far_more_than_it_holds(void)
{
	static char line[99999];
	struct linefile f = linefile_init();
	struct err err = {.text = ""};
	size_t lines = 0;
	int64_t end;

	memset(line, 'x', sizeof(line));
	CHECK(linefile_open(&f, path, &err) == 0);
	CHECK(linefile_cut(&f, 0, &err) == 0);
	for (int i = 0; i < 100; i++)
		CHECK(linefile_add(&f, line, sizeof(line), &err) == 0);
	/* Long since begun to write. */
	CHECK(f.size > 8000000 && f.pending.len < LINEFILE_WRITE_BYTES);
	CHECK(linefile_sync(&f, &err) == 0);
	CHECK(linefile_read(&f, 0, count, &lines, &end, &err) == 0);
	CHECK(lines == 100 && end == 10000000);
	linefile_done(&f);
}

static void
sees_when_somebody_touched_it(void)
{
	struct linefile f = linefile_init();
	struct err err = {.text = ""};
	char aside[sizeof(path) + 16];

	CHECK(!linefile_untouched(&f));
	CHECK(linefile_open(&f, path, &err) == 0);
	CHECK(linefile_untouched(&f));
	CHECK(linefile_add(&f, "x", 1, &err) == 0 && linefile_untouched(&f));
	CHECK(linefile_sync(&f, &err) == 0 && linefile_untouched(&f));
	CHECK(truncate(path, 0) == 0 && !linefile_untouched(&f));
	CHECK(linefile_open(&f, path, &err) == 0 && f.size == 0);
	(void)snprintf(aside, sizeof(aside), "%s.aside", path);
	CHECK(rename(path, aside) == 0 && !linefile_untouched(&f));
	CHECK(file_replace(path, (struct bytes){"", 0}, &err) == 0 && !linefile_untouched(&f));
	linefile_done(&f);
}

static void
puts_itself_aside_under_a_name_of_its_own(void)
{
	struct linefile f = linefile_init();
	struct err err = {.text = ""};
	struct buf text = buf_init(100);
	char name[sizeof(path) + 16];

	for (int i = 1; i <= 3; i++) {
		CHECK(linefile_open(&f, path, &err) == 0);
		CHECK(f.size == 0);
		(void)snprintf(name, sizeof(name), "%d", i);
		CHECK(linefile_add(&f, name, 1, &err) == 0 && linefile_sync(&f, &err) == 0);
		CHECK(linefile_put_aside(&f, "old", &err) == 0);
		CHECK(f.fd == -1 && access(path, F_OK) < 0);
	}
	(void)snprintf(name, sizeof(name), "%s.old-3", path);
	CHECK(file_read(name, &text, &err) == 0);
	CHECK_STR(buf_str(&text), "3\n");
	buf_done(&text);
	linefile_done(&f);
}

static void
refuses_what_it_could_not_read_again(void)
{
	struct linefile f = linefile_init();
	struct err err = {.text = ""};
	char *line = calloc(1, LINEFILE_LINE_BYTES_MAX);

	CHECK(linefile_open(&f, path, &err) == 0);
	CHECK(linefile_add(&f, line, LINEFILE_LINE_BYTES_MAX, &err) == -1);
	CHECK(err.kind == ERR_REJECT);
	CHECK(linefile_sync(&f, &err) == 0 && f.size == 0);
	CHECK(linefile_open(&f, "/dev/null", &err) == -1 && err.kind == ERR_USAGE);
	CHECK(linefile_open(&f, "/proc/nowhere/x", &err) == -1);
	free(line);
	linefile_done(&f);
}

int
main(void)
{
	const struct folder folder = folder_make();

	(void)snprintf(path, sizeof(path), "%s/below/lines", folder.path);
	RUN(reads_whole_lines_from_anywhere);
	RUN(reads_far_more_than_it_holds);
	RUN(sees_when_somebody_touched_it);
	RUN(puts_itself_aside_under_a_name_of_its_own);
	RUN(refuses_what_it_could_not_read_again);
	folder_drop(&folder);
	return check_done();
}
