#include "common/mark.h"

#include <fcntl.h>

#include "tests/unit/check.h"
#include "tests/unit/folder.h"

static void
remembers_the_last_number(void)
{
	SCOPED(folder_drop) struct folder folder = folder_make();
	const char *path = folder_file(&folder, "mark");

	for (uint64_t n = 0; n < 3; n++) {
		SCOPED(mark_close) struct mark *mark = mark_open(path, NULL);

		CHECK(mark && mark_get(mark) == n * 1000000007);
		if (mark)
			mark_set(mark, (n + 1) * 1000000007);
		CHECK(mark && mark_get(mark) == (n + 1) * 1000000007);
	}
}

static void
a_torn_or_foreign_content_counts_as_nothing(void)
{
	SCOPED(folder_drop) struct folder folder = folder_make();
	const char *path = folder_file(&folder, "mark");
	struct mark *mark = mark_open(path, NULL);
	SCOPED(close) int fd = open(path, O_RDWR);

	CHECK(mark && fd >= 0);
	if (mark)
		mark_set(mark, 77);
	mark_close(mark);
	CHECK(pwrite(fd, "x", 1, 3) == 1);
	mark = mark_open(path, NULL);
	CHECK(mark && mark_get(mark) == 0);
	mark_close(mark);
	CHECK(ftruncate(fd, 5) == 0);
	mark = mark_open(path, NULL);
	CHECK(mark && mark_get(mark) == 0);
	mark_close(mark);
}

static void
says_when_it_cannot_be_opened(void)
{
	struct err err = {.kind = ERR_NONE};

	CHECK(mark_open("/nowhere/at/all", &err) == NULL && err.kind == ERR_RETRY);
	CHECK_STR(err.text, "open '/nowhere/at/all': No such file or directory");
	mark_close(NULL);
}

int
main(void)
{
	RUN(remembers_the_last_number);
	RUN(a_torn_or_foreign_content_counts_as_nothing);
	RUN(says_when_it_cannot_be_opened);
	return check_done();
}
