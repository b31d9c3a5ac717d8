#include "common/crashpoint.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/check.h"

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
	RUN(is_nothing_in_other_builds);
	return check_done();
}
