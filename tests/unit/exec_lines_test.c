#include <fcntl.h>
#include <unistd.h>

#include "sink/exec_lines.h"
#include "tests/unit/check.h"

static struct buf heard;

static void
hear(void *arg, char *text, size_t len, bool cut)
{
	CHECK(arg == &heard);
	text[len] = '\0'; /* it may be written to */
	(void)buf_addf(&heard, NULL, "[%s]%s", text, cut ? "..." : "");
}

/* A pipe that does not block, as the reader has it; *writer is its other end. */
static int
pipe_of(int *writer)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) < 0 || fcntl(fds[0], F_SETFL, O_NONBLOCK) < 0)
		abort();
	*writer = fds[1];
	return fds[0];
}

static void
gives_lines_however_they_come_in(void)
{
	static const char text[] = "one\n\ntwo three\r\nfo";
	struct exec_lines lines = exec_lines_init(64);
	int writer, reader = pipe_of(&writer);

	heard = buf_init(1024);
	for (const char *at = text; *at; at++) {
		CHECK(write(writer, at, 1) == 1);
		CHECK(exec_lines_read(&lines, reader, 1024, hear, &heard));
	}
	CHECK_STR(buf_str(&heard), "[one][][two three\r]");
	CHECK(write(writer, "ur\nfive", 7) == 7);
	(void)close(writer);
	/* The end of the stream; a line that has none is no line. */
	CHECK(!exec_lines_read(&lines, reader, 1024, hear, &heard));
	CHECK_STR(buf_str(&heard), "[one][][two three\r][four]");
	(void)close(reader);
	exec_lines_done(&lines);
	buf_done(&heard);
}

static void
cuts_a_line_over_the_ceiling_once(void)
{
	struct exec_lines lines = exec_lines_init(4);
	int writer, reader = pipe_of(&writer);

	heard = buf_init(1024);
	CHECK(write(writer, "abcd\nabcde\nxyzxyzxyzxyz", 23) == 23);
	CHECK(exec_lines_read(&lines, reader, 1024, hear, &heard));
	CHECK_STR(buf_str(&heard), "[abcd][abcd]...[xyzx]...");
	CHECK(write(writer, "still the same\nnext\n", 20) == 20);
	CHECK(exec_lines_read(&lines, reader, 1024, hear, &heard));
	CHECK_STR(buf_str(&heard), "[abcd][abcd]...[xyzx]...[next]");
	(void)close(writer);
	(void)close(reader);
	exec_lines_done(&lines);
	buf_done(&heard);
}

static void
stops_at_its_budget_while_more_is_there(void)
{
	static char much[60000];
	struct exec_lines lines = exec_lines_init(sizeof(much));
	int writer, reader = pipe_of(&writer);
	char rest;

	heard = buf_init(1024);
	memset(much, 'x', sizeof(much));
	CHECK(write(writer, much, sizeof(much)) == (ssize_t)sizeof(much));
	CHECK(exec_lines_read(&lines, reader, 1, hear, &heard));
	CHECK(lines.line.len > 0 && lines.line.len < sizeof(much));
	CHECK(read(reader, &rest, 1) == 1);
	(void)close(writer);
	(void)close(reader);
	exec_lines_done(&lines);
	buf_done(&heard);
}

int
main(void)
{
	RUN(gives_lines_however_they_come_in);
	RUN(cuts_a_line_over_the_ceiling_once);
	RUN(stops_at_its_budget_while_more_is_there);
	return check_done();
}
