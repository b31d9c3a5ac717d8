#include "common/crashpoint.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/clock.h"
#include "tests/unit/check.h"
#include "tests/unit/tempdir.h"

/* How often a child passed "here" before it was killed; 100: it was not. */
static int
passed_before_death(const char *armed)
{
	int ends[2], status;
	char byte, passed = 0;
	pid_t child;

	CHECK(pipe(ends) == 0);
	CHECK(setenv("FEEDMILL_CRASH", armed, 1) == 0);
	child = fork();
	if (child == 0) {
		for (int i = 0; i < 100; i++) {
			crashpoint_pass("there");
			crashpoint_pass("here");
			(void)!write(ends[1], "x", 1);
		}
		_exit(0);
	}
	(void)close(ends[1]);
	while (read(ends[0], &byte, 1) == 1)
		passed++;
	(void)close(ends[0]);
	CHECK(waitpid(child, &status, 0) == child);
	CHECK(passed == 100 ? WIFEXITED(status)
			    : WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	CHECK(unsetenv("FEEDMILL_CRASH") == 0);
	return passed;
}

static void
kills_at_the_passing_that_was_asked_for(void)
{
	CHECK(passed_before_death("here:1") == 0);
	CHECK(passed_before_death("here:7") == 6);
}

static void
lets_everything_else_pass(void)
{
	CHECK(passed_before_death("elsewhere:1") == 100);
	CHECK(passed_before_death("her:1") == 100);
	CHECK(passed_before_death("here") == 100);
	CHECK(passed_before_death("here:0") == 100);
}

static void
hangs_where_it_is_asked_to(void)
{
	int ends[2], status;
	char byte;
	pid_t child;

	CHECK(pipe(ends) == 0);
	CHECK(setenv("FEEDMILL_HANG", "here:2", 1) == 0);
	child = fork();
	if (child == 0) {
		for (int i = 0; i < 3; i++) {
			crashpoint_pass("here");
			(void)!write(ends[1], "x", 1);
		}
		_exit(0);
	}
	(void)close(ends[1]);
	CHECK(read(ends[0], &byte, 1) == 1);
	/* It holds the pipe open and writes no more. */
	CHECK(poll(&(struct pollfd){.fd = ends[0], .events = POLLIN}, 1, 50) == 0);
	CHECK(kill(child, SIGKILL) == 0 && waitpid(child, &status, 0) == child);
	(void)close(ends[0]);
	CHECK(unsetenv("FEEDMILL_HANG") == 0);
}

static void
takes_the_time_that_it_is_told_to(void)
{
	const int64_t began_ms = clock_mono_ms();

	CHECK(setenv("FEEDMILL_SLOW", "here:20", 1) == 0);
	crashpoint_pass("there");
	crashpoint_pass("here");
	crashpoint_pass("here");
	CHECK(clock_mono_ms() - began_ms >= 40);
	CHECK(unsetenv("FEEDMILL_SLOW") == 0);
}

static void
a_count_outlives_the_process(void)
{
	const char *path;
	uint64_t count = 0;
	int status, fd;
	pid_t child;

	(void)tempdir_make();
	path = tempdir_path("tally");
	CHECK(setenv("FEEDMILL_TALLY", path, 1) == 0);
	for (int life = 0; life < 2; life++) {
		child = fork();
		if (child == 0) {
			for (int i = 0; i < 5; i++)
				crashpoint_tally();
			(void)raise(SIGKILL);
		}
		CHECK(waitpid(child, &status, 0) == child);
	}
	CHECK(unsetenv("FEEDMILL_TALLY") == 0);
	crashpoint_tally(); /* nowhere */
	fd = open(path, O_RDONLY | O_CLOEXEC);
	CHECK(read(fd, &count, sizeof(count)) == sizeof(count) && count == 10);
	(void)close(fd);
}

static void
is_nothing_in_other_builds(void)
{
#ifndef FEEDMILL_CRASHPOINTS
	CHECK(setenv("FEEDMILL_CRASH", "here:1", 1) == 0);
	CRASHPOINT("here");
	CHECK(unsetenv("FEEDMILL_CRASH") == 0);
#endif
}

int
main(void)
{
	RUN(kills_at_the_passing_that_was_asked_for);
	RUN(lets_everything_else_pass);
	RUN(hangs_where_it_is_asked_to);
	RUN(takes_the_time_that_it_is_told_to);
	RUN(a_count_outlives_the_process);
	RUN(is_nothing_in_other_builds);
	return check_done();
}
