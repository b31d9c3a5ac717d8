/* file - whole files: read under a ceiling, replace so that a crash at any point leaves either
 * the old content or the new, never a mixture. */
#ifndef FM_COMMON_FILE_H
#define FM_COMMON_FILE_H

#include "common/buf.h"
#include "common/err.h"

/* Appends the file's content to out, whose ceiling applies. */
int file_read(const char *path, struct buf *out, struct err *err);

/* Replaces path: temporary file in the same folder, write, fsync, rename, fsync of the folder.
 * The file that was there gives it its mode and, where that may be, its owner; else the mode is
 * 0644 less the umask. */
int file_replace(const char *path, struct bytes content, struct err *err);

/* Makes the folder and what is missing above it, with mode 0755 less the umask. */
int file_mkdirs(const char *path, struct err *err);

/* fsync of the folder that holds path: makes a new name in it durable. */
int file_sync_folder(const char *path, struct err *err);

#endif
