#include "common/mark.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "common/digest.h"

struct mark {
	int fd;
	uint64_t n;
};

/* As it stands in the file, in the byte order of the machine, like the rest of its folder. */
struct record {
	uint64_t n;
	uint32_t crc;
} __attribute__((packed));

void
mark_close(struct mark *mark)
{
	if (!mark)
		return;
	scoped_close(&mark->fd);
	free(mark);
}

struct mark *
mark_open(const char *path, struct err *err)
{
	SCOPED(mark_close) struct mark *mark = calloc(1, sizeof(*mark));
	struct record record;

	if (mark)
		mark->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
	if (!mark || mark->fd < 0) {
		(void)err_sys(err, "open '%s'", path);
		return NULL;
	}
	if (pread(mark->fd, &record, sizeof(record), 0) == (ssize_t)sizeof(record) &&
	    record.crc == digest_crc32c(0, &record.n, sizeof(record.n)))
		mark->n = record.n;
	return TAKE(mark);
}

uint64_t
mark_get(const struct mark *mark)
{
	return mark->n;
}

void
mark_set(struct mark *mark, uint64_t n)
{
	const struct record record = {n, digest_crc32c(0, &n, sizeof(n))};

	mark->n = n;
	(void)!pwrite(mark->fd, &record, sizeof(record), 0);
}
