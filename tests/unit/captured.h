/* captured - a command of a program run in the test itself, and what it printed. */
#ifndef FM_TESTS_UNIT_CAPTURED_H
#define FM_TESTS_UNIT_CAPTURED_H

#include <fcntl.h>
#include <getopt.h>

#include "common/buf.h"
#include "common/file.h"
#include "tests/unit/check.h"
#include "tests/unit/folder.h"

enum { CAPTURED_ARGS_MAX = 12 };

/* Runs it with the NULL-terminated args; what it prints, errors included, replaces the content of
 * output. Returns its status. */
static inline int
captured_run(const struct folder *folder, int (*command)(int argc, char **argv),
	     const char *const *args, struct buf *output)
{
	const char *path = folder_file(folder, "output");
	const int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	const int out = dup(STDOUT_FILENO), errors = dup(STDERR_FILENO);
	char *argv[CAPTURED_ARGS_MAX + 1] = {NULL}, *kept[CAPTURED_ARGS_MAX] = {NULL};
	int argc = 0, status;

	for (; args[argc] && argc < CAPTURED_ARGS_MAX; argc++)
		argv[argc] = kept[argc] = strdup(args[argc]);
	(void)fflush(stdout);
	CHECK(fd >= 0 && dup2(fd, STDOUT_FILENO) >= 0 && dup2(fd, STDERR_FILENO) >= 0);
	optind = 0; /* getopt begins anew */
	status = command(argc, argv);
	(void)fflush(stdout);
	CHECK(dup2(out, STDOUT_FILENO) >= 0 && dup2(errors, STDERR_FILENO) >= 0);
	(void)close(out);
	(void)close(errors);
	(void)close(fd);
	for (int i = 0; i < argc; i++)
		free(kept[i]); /* a command may take some out of argv */
	buf_reset(output);
	CHECK(file_read(path, output, NULL) == 0);
	return status;
}

#endif
