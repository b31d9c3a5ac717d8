#include "common/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { READ_BYTES = 64 * 1024, PATH_BYTES_MAX = 4096 };

/* Reads some more into room, or into nowhere past the ceiling, to see whether there is more.
 * Returns the bytes read, 0 at the end, -1 with errno. */
static ssize_t
read_some(int fd, char *room, size_t len)
{
	char past;
	ssize_t got;

	do
		got = len > 0 ? read(fd, room, len) : read(fd, &past, 1);
	while (got < 0 && errno == EINTR);
	return got;
}

int
file_read(const char *path, struct buf *out, struct err *err)
{
	SCOPED(close) int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return err_sys(err, "open '%s'", path);
	for (;;) {
		const size_t left = out->max - out->len;
		const size_t len = left < READ_BYTES ? left : READ_BYTES;
		char *room = buf_reserve(out, len, err);
		ssize_t got;

		if (!room)
			return err_in(err, "'%s'", path);
		got = read_some(fd, room, len);
		if (got < 0)
			return err_sys(err, "read '%s'", path);
		if (got == 0)
			break;
		if (left == 0)
			return err_set(err, ERR_REJECT, "'%s' is larger than %zu bytes", path,
				       out->max);
		out->len += (size_t)got;
	}
	if (out->data)
		out->data[out->len] = '\0';
	return 0;
}

static int
write_all(int fd, const char *path, struct bytes content, struct err *err)
{
	const char *at = content.data;
	size_t left = content.len;

	while (left > 0) {
		const ssize_t put = write(fd, at, left);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return err_sys(err, "write '%s'", path);
		at += put;
		left -= (size_t)put;
	}
	if (fsync(fd) < 0)
		return err_sys(err, "fsync '%s'", path);
	return 0;
}

int
file_sync_folder(const char *path, struct err *err)
{
	const char *slash = strrchr(path, '/');
	char folder[PATH_BYTES_MAX] = ".";

	/* "/x" lies in "/", "x" in ".". */
	if (slash)
		(void)snprintf(folder, sizeof(folder), "%.*s",
			       slash == path ? 1 : (int)(slash - path), path);
	SCOPED(close) int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fsync(fd) < 0)
		return err_sys(err, "fsync the folder of '%s'", path);
	return 0;
}

/* Who may read a file with passwords in it is for its owner to say. */
static void
take_after(int fd, const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0 || !S_ISREG(st.st_mode))
		return;
	(void)!fchown(fd, st.st_uid, st.st_gid); /* as far as we may */
	(void)fchmod(fd, st.st_mode & 0777);
}

int
file_replace(const char *path, struct bytes content, struct err *err)
{
	char temporary[PATH_BYTES_MAX];

	if (snprintf(temporary, sizeof(temporary), "%s.new", path) >= (int)sizeof(temporary))
		return err_set(err, ERR_REJECT, "'%s': the path is too long", path);
	SCOPED(close)
	int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0)
		return err_sys(err, "open '%s'", temporary);
	take_after(fd, path);
	/* The content is on the disk before its name is: a crash in between leaves the old file. */
	if (write_all(fd, temporary, content, err) < 0) {
		(void)unlink(temporary);
		return -1;
	}
	if (rename(temporary, path) < 0) {
		(void)err_sys(err, "rename '%s' to '%s'", temporary, path);
		(void)unlink(temporary);
		return -1;
	}
	return file_sync_folder(path, err);
}

int
file_mkdirs(const char *path, struct err *err)
{
	char part[PATH_BYTES_MAX];
	const size_t len = strlen(path);
	struct stat st = {0};

	if (len >= sizeof(part))
		return err_set(err, ERR_REJECT, "'%s': the path is too long", path);
	for (size_t i = 1; i <= len; i++) {
		if (path[i] != '/' && path[i] != '\0')
			continue;
		memcpy(part, path, i);
		part[i] = '\0';
		if (mkdir(part, 0755) < 0 && errno != EEXIST)
			return err_sys(err, "mkdir '%s'", part);
	}
	/* EEXIST is also what a file of that name says. */
	if (stat(path, &st) == 0 && !S_ISDIR(st.st_mode))
		errno = ENOTDIR;
	else if (S_ISDIR(st.st_mode))
		return 0;
	return err_sys(err, "mkdir '%s'", path);
}
