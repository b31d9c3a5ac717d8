/* site_files - the files of the site's folder: replaced when their bytes change, removed when they
 * are no more. Paths are relative to the folder and are made by this program from slugs and
 * numbers only. */
#ifndef FM_SINK_SITE_FILES_H
#define FM_SINK_SITE_FILES_H

#include <stdbool.h>

#include "common/buf.h"
#include "common/err.h"

/* *written_out: whether the bytes were others (or the file was missing). */
int files_write(const char *folder, const char *path, const struct buf *content, bool *written_out,
		struct err *err);

/* Removes the file, and the folder that held it when it is empty then. A file that is not there
 * is removed already. */
int files_remove(const char *folder, const char *path, struct err *err);

bool files_has(const char *folder, const char *path);

#endif
