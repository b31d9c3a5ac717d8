/* folder - a folder of a test's own below $TMPDIR, removed with all that is in it. */
#ifndef FM_TESTS_UNIT_FOLDER_H
#define FM_TESTS_UNIT_FOLDER_H

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct folder {
	char path[512];
};

static inline struct folder
folder_make(void)
{
	const char *tmp = getenv("TMPDIR");
	struct folder folder;

	(void)snprintf(folder.path, sizeof(folder.path), "%s/feedmill-test-XXXXXX",
		       tmp && *tmp ? tmp : "/tmp");
	if (!mkdtemp(folder.path)) {
		perror(folder.path);
		exit(EXIT_FAILURE);
	}
	return folder;
}

static inline int
folder_drop_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static inline void
folder_drop(const struct folder *folder)
{
	(void)nftw(folder->path, folder_drop_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

static inline void
scoped_folder_drop(const struct folder *folder)
{
	folder_drop(folder);
}

/* "FOLDER/NAME", in a place that the next call but seven uses again. */
static inline const char *
folder_file(const struct folder *folder, const char *name)
{
	static char paths[8][1024];
	static unsigned next;
	char *path = paths[next++ % 8];

	(void)snprintf(path, sizeof(paths[0]), "%s/%s", folder->path, name);
	return path;
}

#endif
