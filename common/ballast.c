#include "common/ballast.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "common/crashpoint.h"
#include "common/file.h"

enum {
	BLOCK_BYTES = 512, /* the unit of st_blocks */
	BALLAST_PARTS = 16,
	FREE_PARTS = 8,
};

struct ballast {
	char *path;
	int64_t bytes;
	bool held;
};

void
ballast_free(struct ballast *ballast)
{
	if (!ballast)
		return;
	free(ballast->path);
	free(ballast);
}

struct ballast *
ballast_new(const char *path, int64_t bytes, struct err *err)
{
	SCOPED(ballast_free) struct ballast *ballast = calloc(1, sizeof(*ballast));
	struct stat st;

	if (ballast)
		ballast->path = strdup(path);
	if (!ballast || !ballast->path) {
		(void)err_sys(err, "'%s'", path);
		return NULL;
	}
	ballast->bytes = bytes;
	ballast->held =
		bytes > 0 && stat(path, &st) == 0 && (int64_t)st.st_blocks * BLOCK_BYTES >= bytes;
	return TAKE(ballast);
}

bool
ballast_held(const struct ballast *ballast)
{
	return ballast->held;
}

int64_t
ballast_disk_free(const char *path)
{
	struct statvfs fs;
	int64_t bytes;

	if (statvfs(path, &fs) < 0 ||
	    __builtin_mul_overflow(geteuid() == 0 ? fs.f_bfree : fs.f_bavail, fs.f_frsize, &bytes))
		return INT64_MAX;
	return bytes;
}

static int64_t
part_of_disk(const char *path, int parts, int64_t wanted)
{
	struct statvfs fs;
	int64_t bytes;

	/* Some file systems have no end. */
	if (statvfs(path, &fs) < 0 || fs.f_blocks == 0 ||
	    __builtin_mul_overflow(fs.f_blocks, fs.f_frsize, &bytes))
		return wanted;
	return wanted < bytes / parts ? wanted : bytes / parts;
}

int64_t
ballast_fit(const char *path, int64_t wanted)
{
	return part_of_disk(path, BALLAST_PARTS, wanted);
}

int64_t
ballast_fit_free(const char *path, int64_t wanted)
{
	return part_of_disk(path, FREE_PARTS, wanted);
}

bool
ballast_take(struct ballast *ballast)
{
	if (ballast->held || ballast->bytes == 0)
		return ballast->held;
	SCOPED(close)
	int fd = open(ballast->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	/* The room is asked for after the open, whose truncation may have made some. */
	if (fd >= 0 && ballast_disk_free(ballast->path) / 2 >= ballast->bytes)
		ballast->held = posix_fallocate(fd, 0, ballast->bytes) == 0;
	if (fd >= 0 && !ballast->held)
		(void)unlink(ballast->path);
	return ballast->held;
}

bool
ballast_drop(struct ballast *ballast)
{
	if (!ballast->held)
		return false;
	ballast->held = false;
	if (unlink(ballast->path) < 0)
		return false;
	CRASHPOINT("ballast.dropped");
	return true;
}
