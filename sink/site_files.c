#include "sink/site_files.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/file.h"

enum { FILES_PATH_BYTES = 4096 };

/* A temporary file, written but not yet certain to be on the disk. */
struct waiting {
	int fd;
	bool new_folder; /* a folder was made for it */
	char *path;      /* whole, of the file that it becomes */
};

struct site_files {
	const char *folder;
	struct waiting waiting[FILES_BATCH];
	size_t count;
	struct files_count counted;
};

struct site_files *
files_new(const char *folder, struct err *err)
{
	struct site_files *const files = calloc(1, sizeof(*files));

	if (!files) {
		(void)err_sys(err, "the site's files");
		return NULL;
	}
	files->folder = folder;
	return files;
}

void
files_free(struct site_files *files)
{
	if (!files)
		return;
	files_give_up(files);
	free(files);
}

size_t
files_waiting(const struct site_files *files)
{
	return files->count;
}

struct files_count
files_counted(const struct site_files *files)
{
	return files->counted;
}

static int
whole_path(char out[FILES_PATH_BYTES], const struct site_files *files, const char *path,
	   struct err *err)
{
	if (snprintf(out, FILES_PATH_BYTES, "%s/%s", files->folder, path) >= FILES_PATH_BYTES)
		return err_set(err, ERR_FATAL, "'%s/%s': the path is too long", files->folder,
			       path);
	return 0;
}

static void
temporary_path(char out[FILES_PATH_BYTES + 8], const char *whole)
{
	(void)snprintf(out, FILES_PATH_BYTES + 8, "%s.new", whole);
}

/* --- into the batch ----------------------------------------------------------------------------
 */

static bool
is_same(const char *path, const struct buf *content)
{
	struct stat st;

	if (stat(path, &st) < 0 || (size_t)st.st_size != content->len)
		return false;
	SCOPED(buf_done) struct buf old = buf_init(content->len);
	return file_read(path, &old, NULL) == 0 && old.len == content->len &&
	       memcmp(buf_str(&old), buf_str(content), content->len) == 0;
}

static int
make_folders(char *path, size_t root_len, bool *made_out, struct err *err)
{
	*made_out = false;
	for (char *slash = strchr(path + root_len + 1, '/'); slash;
	     slash = strchr(slash + 1, '/')) {
		int made;

		*slash = '\0';
		made = mkdir(path, 0755);
		if (made < 0 && errno != EEXIST)
			(void)err_sys(err, "mkdir '%s'", path);
		*slash = '/';
		if (made < 0 && errno != EEXIST)
			return -1;
		*made_out |= made == 0;
	}
	return 0;
}

static int
write_all(int fd, const char *path, const struct buf *content, struct err *err)
{
	for (size_t at = 0; at < content->len;) {
		const ssize_t put = write(fd, content->data + at, content->len - at);

		if (put < 0 && errno != EINTR)
			return err_sys(err, "write '%s'", path);
		at += put > 0 ? (size_t)put : 0;
	}
	/* A hint only: the disk may begin while the next file is made. */
	(void)sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE);
	return 0;
}

int
files_write(struct site_files *files, const char *path, const struct buf *content, struct err *err)
{
	struct waiting *const waiting = &files->waiting[files->count];
	char whole[FILES_PATH_BYTES], temporary[FILES_PATH_BYTES + 8];

	assert(files->count < FILES_BATCH);
	if (buf_failed(content, err) < 0)
		return err_in(err, "'%s'", path);
	if (whole_path(whole, files, path, err) < 0)
		return -1;
	temporary_path(temporary, whole);
	if (is_same(whole, content)) {
		(void)unlink(temporary); /* what a kill left behind */
		files->counted.same++;
		return 0;
	}
	if (make_folders(whole, strlen(files->folder), &waiting->new_folder, err) < 0)
		return -1;
	waiting->path = strdup(whole);
	waiting->fd = waiting->path
			      ? open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644)
			      : -1;
	if (waiting->fd < 0) {
		(void)err_sys(err, "open '%s'", temporary);
		free(waiting->path);
		return -1;
	}
	files->count++;
	return write_all(waiting->fd, temporary, content, err);
}

/* --- out of it ---------------------------------------------------------------------------------
 */

void
files_give_up(struct site_files *files)
{
	char temporary[FILES_PATH_BYTES + 8];

	for (size_t i = 0; i < files->count; i++) {
		temporary_path(temporary, files->waiting[i].path);
		(void)unlink(temporary);
		(void)close(files->waiting[i].fd);
		free(files->waiting[i].path);
	}
	files->count = 0;
}

/* The folder of the file, and those above it when they may be new. */
static int
sync_folders(const struct site_files *files, const struct waiting *waiting, struct err *err)
{
	const size_t root_len = strlen(files->folder);
	char path[FILES_PATH_BYTES];
	char *slash;

	(void)snprintf(path, sizeof(path), "%s", waiting->path);
	do {
		if (file_sync_folder(path, err) < 0)
			return -1;
		slash = strrchr(path, '/');
		*slash = '\0';
	} while (waiting->new_folder && strlen(path) > root_len);
	return 0;
}

static bool
share_folder(const struct waiting *a, const struct waiting *b)
{
	const size_t len = (size_t)(strrchr(a->path, '/') - a->path);

	return strncmp(a->path, b->path, len) == 0 &&
	       (size_t)(strrchr(b->path, '/') - b->path) == len;
}

static int
settle(struct site_files *files, struct err *err)
{
	char temporary[FILES_PATH_BYTES + 8];

	/* The contents are on the disk before their names are: a crash leaves old or new. */
	for (size_t i = 0; i < files->count; i++)
		if (fsync(files->waiting[i].fd) < 0)
			return err_sys(err, "fsync '%s'", files->waiting[i].path);
	for (size_t i = 0; i < files->count; i++) {
		temporary_path(temporary, files->waiting[i].path);
		if (rename(temporary, files->waiting[i].path) < 0)
			return err_sys(err, "rename '%s'", temporary);
	}
	for (size_t i = 0; i < files->count; i++) {
		const struct waiting *const next = &files->waiting[i + 1];

		if (i + 1 < files->count && !files->waiting[i].new_folder &&
		    share_folder(&files->waiting[i], next))
			continue; /* synced with the next one's */
		if (sync_folders(files, &files->waiting[i], err) < 0)
			return -1;
	}
	return 0;
}

int
files_settle(struct site_files *files, struct err *err)
{
	const size_t count = files->count;
	const int settled = settle(files, err);

	files_give_up(files); /* after a rename there is nothing left to unlink */
	files->counted.written += settled == 0 ? count : 0;
	return settled;
}

int
files_remove(struct site_files *files, const char *path, struct err *err)
{
	char whole[FILES_PATH_BYTES], temporary[FILES_PATH_BYTES + 8];
	char *slash;

	if (whole_path(whole, files, path, err) < 0)
		return -1;
	temporary_path(temporary, whole);
	(void)unlink(temporary);
	if (unlink(whole) < 0 && errno != ENOENT && errno != ENOTDIR)
		return err_sys(err, "unlink '%s'", whole);
	slash = strrchr(whole, '/');
	if (slash > whole + strlen(files->folder)) {
		*slash = '\0';
		(void)rmdir(whole); /* not empty: others live there */
	}
	return 0;
}

bool
files_has(const struct site_files *files, const char *path)
{
	char whole[FILES_PATH_BYTES];

	return whole_path(whole, files, path, NULL) == 0 && access(whole, F_OK) == 0;
}
