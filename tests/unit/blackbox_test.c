#include "common/blackbox.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/check.h"
#include "tests/unit/tempdir.h"

/* A child that handles message 42 and ends by how. */
static void
die_by(int how)
{
	struct blackbox_entry entry;
	struct err err = {.kind = ERR_NONE};
	struct blackbox *b;
	bool found;
	const pid_t pid = fork();

	if (pid == 0) {
		/* a sanitiser's handlers would keep ours out */
		(void)signal(SIGSEGV, SIG_DFL);
		(void)signal(SIGABRT, SIG_DFL);
		b = blackbox_open(tempdir_path("1.blackbox"), &entry, &found, &err);
		blackbox_enter(b, "fetcher@main", 7, 42);
		if (how == 0)
			blackbox_leave(b);
		else
			(void)raise(how);
		_exit(0);
	}
	(void)waitpid(pid, NULL, 0);
}

static bool
look(struct blackbox_entry *entry)
{
	struct err err = {.kind = ERR_NONE};
	bool found = false;
	struct blackbox *b = blackbox_open(tempdir_path("1.blackbox"), entry, &found, &err);

	CHECK(b != NULL);
	blackbox_close(b);
	return found;
}

static void
names_the_message_that_it_died_of(void)
{
	struct blackbox_entry entry;

	die_by(SIGABRT);
	CHECK(look(&entry));
	CHECK_STR(entry.from, "fetcher@main");
	CHECK(entry.stream == 7 && entry.id == 42 && entry.crashed);
	CHECK(!look(&entry)); /* told once */
}

static void
tells_a_kill_from_a_crash(void)
{
	struct blackbox_entry entry;

	die_by(SIGKILL);
	CHECK(look(&entry) && !entry.crashed && entry.id == 42);
	die_by(SIGSEGV);
	CHECK(look(&entry) && entry.crashed);
}

static void
blames_nothing_between_messages(void)
{
	struct blackbox_entry entry;

	die_by(0);
	CHECK(!look(&entry));
}

static void
takes_any_file_for_an_empty_one(void)
{
	struct blackbox_entry entry;
	FILE *f = fopen(tempdir_path("1.blackbox"), "w");

	CHECK(f &&
	      fputs("this is no black box, but it is long enough to be read as one, and "
		    "then some more, so that every field of it would be garbage ... and on "
		    "it goes, and on, until the page is full of words",
		    f) > 0 &&
	      fclose(f) == 0);
	CHECK(!look(&entry));
}

int
main(void)
{
	(void)tempdir_make();
	RUN(names_the_message_that_it_died_of);
	RUN(tells_a_kill_from_a_crash);
	RUN(blames_nothing_between_messages);
	RUN(takes_any_file_for_an_empty_one);
	tempdir_done();
	return check_done();
}
