#include "sink/site_files.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/file.h"

enum {
	FILES_PATH_BYTES = 4096,
	FILES_DEPTH_MAX = 4, /* folders on the way to a file, the site's own included */
};

/* A temporary file, written but not yet certain to be on the disk. */
struct waiting {
	int fd;
	char *path; /* whole, of the file that it becomes */
};

struct site_files {
	const char *folder;
	struct waiting waiting[FILES_BATCH];
	size_t count;
	char *folders[FILES_BATCH * FILES_DEPTH_MAX]; /* that get new names; none twice */
	size_t folder_count;

	/* How far the batch is settled. */
	size_t synced, folders_synced;
	bool renamed;

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

/* Into the batch. */

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

/* The folder of the path will have to be synced. */
static int
note_folder(struct site_files *files, const char *path, size_t len, struct err *err)
{
	char *copy;

	for (size_t i = 0; i < files->folder_count; i++)
		if (strncmp(files->folders[i], path, len) == 0 && files->folders[i][len] == '\0')
			return 0;
	copy = files->folder_count < FILES_BATCH * FILES_DEPTH_MAX ? strndup(path, len) : NULL;
	if (!copy)
		return err_set(err, ERR_RETRY, "no room to remember '%s'", path);
	files->folders[files->folder_count++] = copy;
	return 0;
}

/* Makes the folders on the way to the file, and notes those that get a new name in them. */
static int
make_folders(struct site_files *files, char *path, struct err *err)
{
	char *slash = path + strlen(files->folder), *next;

	for (; (next = strchr(slash + 1, '/')); slash = next) {
		int made;

		*next = '\0';
		made = mkdir(path, 0755);
		if (made < 0 && errno != EEXIST)
			(void)err_sys(err, "mkdir '%s'", path);
		*next = '/';
		if ((made < 0 && errno != EEXIST) ||
		    (made == 0 && note_folder(files, path, (size_t)(slash - path), err) < 0))
			return -1;
	}
	return note_folder(files, path, (size_t)(slash - path), err);
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

	assert(files->count < FILES_BATCH && files->synced == 0 && !files->renamed);
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
	if (make_folders(files, whole, err) < 0)
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

/* Out of it. */

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
	for (size_t i = 0; i < files->folder_count; i++)
		free(files->folders[i]);
	files->count = files->folder_count = files->synced = files->folders_synced = 0;
	files->renamed = false;
}

static int
sync_folder(const char *path, struct err *err)
{
	SCOPED(close) int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 || fsync(fd) < 0 ? err_sys(err, "fsync '%s'", path) : 0;
}

static int
rename_all(struct site_files *files, struct err *err)
{
	char temporary[FILES_PATH_BYTES + 8];

	for (size_t i = 0; i < files->count; i++) {
		temporary_path(temporary, files->waiting[i].path);
		if (rename(temporary, files->waiting[i].path) < 0)
			return err_sys(err, "rename '%s'", temporary);
	}
	files->renamed = true;
	return 0;
}

int
files_settle(struct site_files *files, int64_t until_us, struct err *err)
{
	/* The contents are on the disk before their names are: a crash leaves old or new. */
	for (; files->synced < files->count; files->synced++) {
		if (clock_mono_us() >= until_us)
			return 0;
		if (fsync(files->waiting[files->synced].fd) < 0)
			return err_sys(err, "fsync '%s'", files->waiting[files->synced].path);
	}
	if (!files->renamed && rename_all(files, err) < 0)
		return -1;
	for (; files->folders_synced < files->folder_count; files->folders_synced++) {
		if (clock_mono_us() >= until_us)
			return 0;
		if (sync_folder(files->folders[files->folders_synced], err) < 0)
			return -1;
	}
	files->counted.written += files->count;
	files_give_up(files); /* nothing is left to unlink */
	return 1;
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
