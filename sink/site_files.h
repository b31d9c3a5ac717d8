/* site_files - the files of the site's folder: replaced when their bytes change, removed when they
 * are no more. Files are replaced in batches, so that the disk works on one while the next is
 * made and a folder is synced once for many: write every temporary file; sync them all; rename
 * them all; sync the folders. A crash anywhere leaves each file old or new, and each is new for
 * certain once files_settle has said so.
 *
 * Paths are relative to the folder and made by this program from slugs and numbers only. */
#ifndef FM_SINK_SITE_FILES_H
#define FM_SINK_SITE_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/err.h"
#include "common/scope.h"

enum { FILES_BATCH = 16 };

struct site_files;

/* Borrows folder. Returns new; release with files_free. */
struct site_files *files_new(const char *folder, struct err *err);
void files_free(struct site_files *files); /* what is not settled is given up */
SCOPED_DEFINE(struct site_files, files_free)

/* Takes the content into the batch, which must not be full, unless the file has those bytes. */
int files_write(struct site_files *files, const char *path, const struct buf *content,
		struct err *err);
size_t files_waiting(const struct site_files *files);

/* Makes the batch's files the present ones. A sync may take the disk a while: it stops between
 * two of them once clock_mono_us() is past until_us. 1: all of the batch is on the disk, for
 * certain, and the batch is empty. 0: call again, and write nothing before. -1: give the batch
 * up. */
int files_settle(struct site_files *files, int64_t until_us, struct err *err);
void files_give_up(struct site_files *files);

/* Removes the file, and the folder that held it when it is empty then. A file that is not there
 * is removed already. */
int files_remove(struct site_files *files, const char *path, struct err *err);

bool files_has(const struct site_files *files, const char *path);

/* Since files_new: written anew, and left alone because their bytes were the same. */
struct files_count {
	uint64_t written, same;
};
struct files_count files_counted(const struct site_files *files);

#endif
