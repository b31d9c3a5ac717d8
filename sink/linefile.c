#include "sink/linefile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/crashpoint.h"
#include "common/file.h"

enum { READ_BYTES = 256 * 1024, NAMES_MAX = 1000 };

struct linefile
linefile_init(void)
{
	return (struct linefile){
		.fd = -1,
		.pending = buf_init(LINEFILE_LINE_BYTES_MAX + LINEFILE_WRITE_BYTES),
	};
}

static void
close_file(struct linefile *f)
{
	if (f->fd >= 0)
		(void)close(f->fd);
	f->fd = -1;
	buf_reset(&f->pending);
}

void
linefile_done(struct linefile *f)
{
	close_file(f);
	buf_done(&f->pending);
	free(f->path);
	f->path = NULL;
}

static int
make_folder(const char *path, struct err *err)
{
	SCOPED(free) char *folder = strdup(path);
	char *slash = folder ? strrchr(folder, '/') : NULL;

	if (!folder)
		return err_sys(err, "'%s'", path);
	if (!slash || slash == folder)
		return 0;
	*slash = '\0';
	return file_mkdirs(folder, err);
}

int
linefile_open(struct linefile *f, const char *path, struct err *err)
{
	char *copy = strdup(path);
	struct stat st;

	close_file(f);
	if (!copy)
		return err_sys(err, "'%s'", path);
	free(f->path);
	f->path = copy;
	if (make_folder(f->path, err) < 0)
		return -1;
	f->fd = open(f->path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	if (f->fd < 0 || fstat(f->fd, &st) < 0) {
		(void)err_sys(err, "open '%s'", f->path);
		close_file(f);
		return -1;
	}
	if (!S_ISREG(st.st_mode)) {
		close_file(f);
		return err_set(err, ERR_USAGE, "'%s' is no regular file", f->path);
	}
	f->size = st.st_size;
	/* Whether the name is new is not known after a crash, so it is made durable each time. */
	return file_sync_folder(f->path, err);
}

bool
linefile_untouched(const struct linefile *f)
{
	struct stat ours, named;

	return f->fd >= 0 && fstat(f->fd, &ours) == 0 && stat(f->path, &named) == 0 &&
	       ours.st_ino == named.st_ino && ours.st_dev == named.st_dev &&
	       ours.st_size == f->size;
}

static int
write_pending(struct linefile *f, struct err *err)
{
	const char *at = f->pending.data;
	size_t left = f->pending.len;

	while (left > 0) {
		const ssize_t put = write(f->fd, at, left);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return err_sys(err, "write '%s'", f->path);
		at += put;
		left -= (size_t)put;
		f->size += put;
	}
	buf_reset(&f->pending);
	return 0;
}

int
linefile_add(struct linefile *f, const char *text, size_t len, struct err *err)
{
	if (len >= LINEFILE_LINE_BYTES_MAX)
		return err_set(err, ERR_REJECT, "a line of %zu bytes; at most %d", len,
			       (int)LINEFILE_LINE_BYTES_MAX);
	if (buf_add(&f->pending, text, len, err) < 0 || buf_addc(&f->pending, '\n', err) < 0)
		return -1;
	return f->pending.len < LINEFILE_WRITE_BYTES ? 0 : write_pending(f, err);
}

int
linefile_sync(struct linefile *f, struct err *err)
{
	if (write_pending(f, err) < 0)
		return -1;
	CRASHPOINT("line.written");
	if (fdatasync(f->fd) < 0) {
		(void)err_sys(err, "fdatasync '%s'", f->path);
		if (err)
			err->kind = ERR_FATAL;
		return -1;
	}
	return 0;
}

int
linefile_read(const struct linefile *f, int64_t from,
	      bool (*each)(void *arg, const char *line, size_t len), void *arg, int64_t *end_out,
	      struct err *err)
{
	SCOPED(buf_done) struct buf text = buf_init(LINEFILE_LINE_BYTES_MAX + READ_BYTES);
	int64_t end = from;  /* of the last line that was given */
	size_t searched = 0; /* in text, which begins at end: no LF there */

	while (text.len <= LINEFILE_LINE_BYTES_MAX) {
		char *room = buf_reserve(&text, READ_BYTES, err);
		const char *line, *lf;
		ssize_t got;

		if (!room)
			return err_in(err, "read '%s'", f->path);
		got = pread(f->fd, room, READ_BYTES, end + (int64_t)text.len);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_sys(err, "read '%s'", f->path);
		text.len += (size_t)got;
		line = text.data;
		while ((lf = memchr(line + searched, '\n',
				    (size_t)(text.data + text.len - line) - searched))) {
			if (!each(arg, line, (size_t)(lf - line)))
				got = 0;
			if (got == 0)
				break;
			end += lf + 1 - line;
			line = lf + 1;
			searched = 0;
		}
		if (got == 0)
			break;
		text.len -= (size_t)(line - text.data);
		memmove(text.data, line, text.len);
		searched = text.len;
	}
	*end_out = end;
	return 0;
}

int
linefile_cut(struct linefile *f, int64_t size, struct err *err)
{
	if (ftruncate(f->fd, size) < 0 || fsync(f->fd) < 0)
		return err_sys(err, "cut '%s'", f->path);
	f->size = size;
	return 0;
}

int
linefile_put_aside(struct linefile *f, const char *suffix, struct err *err)
{
	const size_t bytes = strlen(f->path) + strlen(suffix) + 16;
	SCOPED(free) char *name = malloc(bytes);

	if (!name)
		return err_sys(err, "'%s'", f->path);
	(void)snprintf(name, bytes, "%s.%s", f->path, suffix);
	for (int i = 2; access(name, F_OK) == 0; i++) {
		if (i > NAMES_MAX)
			return err_set(err, ERR_RETRY, "'%s' and %d more names are taken", name,
				       (int)NAMES_MAX);
		(void)snprintf(name, bytes, "%s.%s-%d", f->path, suffix, i);
	}
	if (rename(f->path, name) < 0)
		return err_sys(err, "rename '%s' to '%s'", f->path, name);
	close_file(f);
	return file_sync_folder(f->path, err);
}
