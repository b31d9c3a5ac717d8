#include "common/ballast.h"

#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/unit/check.h"
#include "tests/unit/folder.h"

enum { BYTES = 300 * 1024 };

static void
takes_up_real_room_until_it_is_dropped(void)
{
	SCOPED(folder_drop) struct folder folder = folder_make();
	const char *path = folder_file(&folder, "ballast");
	SCOPED(ballast_free) struct ballast *ballast = ballast_new(path, BYTES, NULL);
	struct stat st;

	CHECK(ballast && !ballast_held(ballast));
	if (!ballast)
		return;
	CHECK(!ballast_drop(ballast));
	CHECK(ballast_take(ballast) && ballast_held(ballast));
	CHECK(stat(path, &st) == 0 && st.st_blocks * 512 >= BYTES);
	CHECK(ballast_take(ballast));
	CHECK(ballast_drop(ballast) && !ballast_held(ballast));
	CHECK(stat(path, &st) < 0);
}

static void
is_found_again_when_it_is_whole(void)
{
	SCOPED(folder_drop) struct folder folder = folder_make();
	const char *path = folder_file(&folder, "ballast");
	struct ballast *ballast = ballast_new(path, BYTES, NULL);

	CHECK(ballast && ballast_take(ballast));
	ballast_free(ballast);
	ballast = ballast_new(path, BYTES, NULL);
	CHECK(ballast && ballast_held(ballast));
	ballast_free(ballast);
	/* A larger one is wanted now; the old one does not count, and is replaced. */
	ballast = ballast_new(path, 4 * BYTES, NULL);
	CHECK(ballast && !ballast_held(ballast) && ballast_take(ballast));
	ballast_free(ballast);
	CHECK(truncate(path, 0) == 0);
	ballast = ballast_new(path, BYTES, NULL);
	CHECK(ballast && !ballast_held(ballast));
	ballast_free(ballast);
}

static void
is_not_taken_without_room_for_twice(void)
{
	SCOPED(folder_drop) struct folder folder = folder_make();
	const char *path = folder_file(&folder, "ballast");
	const int64_t room = ballast_disk_free(folder.path);
	SCOPED(ballast_free) struct ballast *ballast = ballast_new(path, room / 2 + 1, NULL);
	struct stat st;

	CHECK(room > 0);
	CHECK(ballast && !ballast_take(ballast));
	CHECK(stat(path, &st) < 0);
}

static void
none_is_never_there(void)
{
	SCOPED(ballast_free) struct ballast *ballast = ballast_new("/nowhere/b", 0, NULL);

	CHECK(ballast && !ballast_take(ballast) && !ballast_held(ballast) &&
	      !ballast_drop(ballast));
}

int
main(void)
{
	RUN(takes_up_real_room_until_it_is_dropped);
	RUN(is_found_again_when_it_is_whole);
	RUN(is_not_taken_without_room_for_twice);
	RUN(none_is_never_there);
	return check_done();
}
