#include "sink/exec_lines.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { CHUNK_BYTES = 16 * 1024 };

struct exec_lines
exec_lines_init(size_t line_bytes_max)
{
	return (struct exec_lines){.line = buf_init(line_bytes_max)};
}

void
exec_lines_done(struct exec_lines *lines)
{
	buf_done(&lines->line);
}

void
exec_lines_reset(struct exec_lines *lines)
{
	buf_reset(&lines->line);
	lines->skipping = false;
}

struct listener {
	void (*each)(void *arg, char *text, size_t len, bool cut);
	void *arg;
};

static void
give(struct exec_lines *lines, const struct listener *to, bool cut)
{
	char empty[1] = "";

	to->each(to->arg, lines->line.data ? lines->line.data : empty, lines->line.len, cut);
	buf_reset(&lines->line);
}

/* A piece of a line: the last one when ends. */
static void
take(struct exec_lines *lines, const char *piece, size_t len, bool ends, const struct listener *to)
{
	const size_t room = lines->line.max - lines->line.len;

	if (!lines->skipping) {
		(void)buf_add(&lines->line, piece, len < room ? len : room, NULL);
		lines->skipping = len > room;
		if (ends || lines->skipping)
			give(lines, to, lines->skipping);
	}
	if (ends)
		lines->skipping = false;
}

bool
exec_lines_read(struct exec_lines *lines, int fd, size_t budget,
		void (*each)(void *arg, char *text, size_t len, bool cut), void *arg)
{
	const struct listener to = {each, arg};
	char chunk[CHUNK_BYTES];
	size_t seen = 0;

	while (seen < budget) {
		const ssize_t got = read(fd, chunk, sizeof(chunk));

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got < 0 && errno == EAGAIN;
		seen += (size_t)got;
		for (const char *at = chunk, *end = chunk + got; at < end;) {
			const char *lf = memchr(at, '\n', (size_t)(end - at));
			const size_t len = (size_t)((lf ? lf : end) - at);

			take(lines, at, len, lf != NULL, &to);
			at += len + (lf ? 1 : 0);
		}
	}
	return true;
}
