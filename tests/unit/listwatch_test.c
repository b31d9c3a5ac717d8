#include "fetcher/listwatch.h"

#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/file.h"
#include "tests/unit/check.h"
#include "tests/unit/folder.h"

static char path[1024];

static const char *
in(const struct folder *folder, const char *name)
{
	(void)snprintf(path, sizeof(path), "%s/%s", folder->path, name);
	return path;
}

static void
write_file(const struct folder *folder, const char *name)
{
	CHECK(file_replace(in(folder, name), (struct bytes){"x", 1}, NULL) == 0);
}

/* Readable at once, and then not any more. */
static bool
tells(struct listwatch *watch)
{
	struct pollfd fd = {.fd = listwatch_fd(watch), .events = POLLIN};
	const bool told = poll(&fd, 1, 0) == 1;

	CHECK(listwatch_moved(watch) == told);
	CHECK(poll(&fd, 1, 0) == 0);
	return told;
}

static void
tells_of_the_list_and_of_both_folders_beside_it(void)
{
	struct folder folder = folder_make();
	SCOPED(listwatch_free) struct listwatch *watch = NULL;

	CHECK(mkdir(in(&folder, "feeds.d"), 0755) == 0);
	CHECK(mkdir(in(&folder, "feeds.conf.d"), 0755) == 0);
	watch = listwatch_new(in(&folder, "feeds.conf"), NULL);
	CHECK(watch && !tells(watch));
	write_file(&folder, "feeds.conf");
	CHECK(tells(watch));
	write_file(&folder, "feeds.d/a.opml");
	CHECK(tells(watch));
	write_file(&folder, "feeds.conf.d/a.conf");
	CHECK(tells(watch));
	CHECK(unlink(in(&folder, "feeds.d/a.opml")) == 0);
	CHECK(tells(watch));
	CHECK(!tells(watch));
	folder_drop(&folder);
}

static void
a_folder_that_comes_later_is_watched_too(void)
{
	struct folder folder = folder_make();
	SCOPED(listwatch_free)
	struct listwatch *watch = listwatch_new(in(&folder, "feeds.conf"), NULL);

	CHECK(watch && !tells(watch));
	CHECK(mkdir(in(&folder, "feeds.d"), 0755) == 0);
	CHECK(tells(watch));
	write_file(&folder, "feeds.d/a.opml");
	CHECK(tells(watch));
	folder_drop(&folder);
}

static void
follows_another_path_and_forgets_the_old_one(void)
{
	struct folder a = folder_make(), b = folder_make();
	SCOPED(listwatch_free) struct listwatch *watch = listwatch_new(in(&a, "feeds.conf"), NULL);

	CHECK(watch && listwatch_follow(watch, in(&b, "feeds.conf"), NULL) == 0);
	(void)listwatch_moved(watch); /* the old watches' end is told too */
	write_file(&a, "feeds.conf");
	CHECK(!tells(watch));
	write_file(&b, "feeds.conf");
	CHECK(tells(watch));
	folder_drop(&a);
	folder_drop(&b);
}

int
main(void)
{
	RUN(tells_of_the_list_and_of_both_folders_beside_it);
	RUN(a_folder_that_comes_later_is_watched_too);
	RUN(follows_another_path_and_forgets_the_old_one);
	return check_done();
}
