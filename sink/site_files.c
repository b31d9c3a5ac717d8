#include "sink/site_files.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/file.h"

enum { FILES_PATH_BYTES = 4096 };

static int
whole_path(char out[FILES_PATH_BYTES], const char *folder, const char *path, struct err *err)
{
	if (snprintf(out, FILES_PATH_BYTES, "%s/%s", folder, path) >= FILES_PATH_BYTES)
		return err_set(err, ERR_FATAL, "'%s/%s': the path is too long", folder, path);
	return 0;
}

/* Makes the folders on the way to the file, and their names durable. */
static int
make_folders(char *path, size_t folder_len, struct err *err)
{
	for (char *slash = strchr(path + folder_len + 1, '/'); slash;
	     slash = strchr(slash + 1, '/')) {
		int made;

		*slash = '\0';
		made = mkdir(path, 0755);
		if (made < 0 && errno != EEXIST) {
			(void)err_sys(err, "mkdir '%s'", path);
			*slash = '/';
			return -1;
		}
		if (made == 0 && file_sync_folder(path, err) < 0) {
			*slash = '/';
			return -1;
		}
		*slash = '/';
	}
	return 0;
}

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

/* What a kill between write and rename left behind. */
static void
remove_leftover(const char *path)
{
	char leftover[FILES_PATH_BYTES + 8];

	(void)snprintf(leftover, sizeof(leftover), "%s.new", path); /* as file_replace names it */
	(void)unlink(leftover);
}

int
files_write(const char *folder, const char *path, const struct buf *content, bool *written_out,
	    struct err *err)
{
	char whole[FILES_PATH_BYTES];
	bool same;

	if (buf_failed(content, err) < 0)
		return err_in(err, "'%s'", path);
	if (whole_path(whole, folder, path, err) < 0)
		return -1;
	same = is_same(whole, content);
	if (same)
		remove_leftover(whole);
	else if (make_folders(whole, strlen(folder), err) < 0 ||
		 file_replace(whole, buf_bytes(content), err) < 0)
		return -1;
	*written_out = !same;
	return 0;
}

int
files_remove(const char *folder, const char *path, struct err *err)
{
	char whole[FILES_PATH_BYTES];
	char *slash;

	if (whole_path(whole, folder, path, err) < 0)
		return -1;
	remove_leftover(whole);
	if (unlink(whole) < 0 && errno != ENOENT && errno != ENOTDIR)
		return err_sys(err, "unlink '%s'", whole);
	slash = strrchr(whole, '/');
	if (slash && slash > whole + strlen(folder)) {
		*slash = '\0';
		(void)rmdir(whole); /* not empty: others live there */
	}
	return 0;
}

bool
files_has(const char *folder, const char *path)
{
	char whole[FILES_PATH_BYTES];

	return whole_path(whole, folder, path, NULL) == 0 && access(whole, F_OK) == 0;
}
