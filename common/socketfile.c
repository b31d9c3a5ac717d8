#include "common/socketfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { SOCKETFILE_BACKLOG = 128 };

struct socketfile {
	char path[SOCKETFILE_PATH_MAX + 1];
	int fd;
	int lock;
};

void
socketfile_close(struct socketfile *file)
{
	if (!file)
		return;
	/* The name goes before the lock: whoever gets the lock next must not lose its own file. */
	if (file->fd >= 0) {
		(void)unlink(file->path);
		(void)close(file->fd);
	}
	if (file->lock >= 0)
		(void)close(file->lock);
	free(file);
}

static int
lock(const char *path, struct err *err)
{
	char name[SOCKETFILE_PATH_MAX + 8];
	int fd;

	(void)snprintf(name, sizeof(name), "%s.lock", path);
	fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0660);
	if (fd < 0)
		return err_sys(err, "open '%s'", name);
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return fd;
	if (errno == EWOULDBLOCK)
		(void)err_set(err, ERR_USAGE,
			      "'%s' is in use: another process runs under this name; stop it, or "
			      "choose another instance with -i",
			      path);
	else
		(void)err_sys(err, "lock '%s'", name);
	(void)close(fd);
	return -1;
}

static int
bind_as(int fd, const char *temporary, const char *path, struct err *err)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	memcpy(address.sun_path, temporary, strlen(temporary) + 1);
	(void)unlink(temporary); /* ours: we hold the lock */
	if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		return err_sys(err, "bind '%s'", temporary);
	if (chmod(temporary, 0660) < 0)
		return err_sys(err, "chmod '%s'", temporary);
	if (listen(fd, SOCKETFILE_BACKLOG) < 0)
		return err_sys(err, "listen on '%s'", temporary);
	if (rename(temporary, path) < 0)
		return err_sys(err, "rename '%s' to '%s'", temporary, path);
	return 0;
}

struct socketfile *
socketfile_open(const char *path, struct err *err)
{
	SCOPED(socketfile_close) struct socketfile *file = calloc(1, sizeof(*file));
	char temporary[SOCKETFILE_PATH_MAX + 1];

	if (!file) {
		(void)err_sys(err, "socket '%s'", path);
		return NULL;
	}
	file->fd = file->lock = -1;
	if (snprintf(temporary, sizeof(temporary), "%s.new", path) >= (int)sizeof(temporary)) {
		(void)err_set(err, ERR_USAGE,
			      "'%s': the path of a socket may have %d bytes; choose a shorter "
			      "runtime_dir",
			      path, SOCKETFILE_PATH_MAX - 4);
		return NULL;
	}
	(void)snprintf(file->path, sizeof(file->path), "%s", path);
	file->lock = lock(path, err);
	if (file->lock < 0)
		return NULL;
	file->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (file->fd < 0) {
		(void)err_sys(err, "socket '%s'", path);
		return NULL;
	}
	if (bind_as(file->fd, temporary, path, err) < 0)
		return NULL;
	return TAKE(file);
}

int
socketfile_fd(const struct socketfile *file)
{
	return file->fd;
}

int
socketfile_folder(const char *path, struct err *err)
{
	/* The folder gets its group, and the bit that hands it on, from the one it is in. Setting
	 * that bit is what a hardened unit may not do (RestrictSUIDSGID), and another stage may
	 * look before a chmod: so the mode is right from the first moment. */
	const mode_t mask = umask(0007);
	const int made = mkdir(path, 0770);
	const int why = errno;

	(void)umask(mask);
	errno = why;
	return made == 0 || why == EEXIST ? 0 : err_sys(err, "mkdir '%s'", path);
}
