/* tempdir - a folder of its own for a test, gone when the test is. */
#ifndef FM_TESTS_UNIT_TEMPDIR_H
#define FM_TESTS_UNIT_TEMPDIR_H

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>

static char tempdir[64];

static int
tempdir_remove(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static inline void
tempdir_done(void)
{
	(void)nftw(tempdir, tempdir_remove, 16, FTW_DEPTH | FTW_PHYS);
}

static inline const char *
tempdir_make(void)
{
	(void)snprintf(tempdir, sizeof(tempdir), "/tmp/fm-test.XXXXXX");
	if (!mkdtemp(tempdir))
		abort();
	return tempdir;
}

/* "TEMPDIR/name", in a buffer that the next call but three overwrites. */
static inline const char *
tempdir_path(const char *name)
{
	static char paths[4][256];
	static int n;
	char *path = paths[n++ % 4];

	(void)snprintf(path, sizeof(paths[0]), "%s/%s", tempdir, name);
	return path;
}

#endif
