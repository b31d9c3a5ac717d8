/* folder - a fresh folder for a unit test, gone at its end. */
#ifndef FM_TESTS_UNIT_FOLDER_H
#define FM_TESTS_UNIT_FOLDER_H

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char folder[64];

static int
folder_remove(const char *path, const struct stat *stat, int what, struct FTW *ftw)
{
	(void)stat;
	(void)what;
	(void)ftw;
	return remove(path);
}

static void
folder_make(void)
{
	(void)snprintf(folder, sizeof(folder), "/tmp/feedmill-unit-XXXXXX");
	if (!mkdtemp(folder)) {
		perror(folder);
		exit(EXIT_FAILURE);
	}
}

static void
folder_drop(void)
{
	(void)nftw(folder, folder_remove, 16, FTW_DEPTH | FTW_PHYS);
}

#endif
