/* parse, sanitize, classify, fetch: the very code of the stages, in their own programs. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "common/scope.h"
#include "deploy/feedmill/command.h"

static const struct {
	const char *tool, *program;
} homes[] = {
	{"parse", "feedmill-parser"},        {"sanitize", "feedmill-parser"},
	{"classify", "feedmill-classifier"}, {"fetch", "feedmill-fetcher"},
	{"feeds", "feedmill-fetcher"},
};

int
command_tool(int argc, char **argv)
{
	const char *program = "";
	char path[COMMAND_PATH_MAX];
	SCOPED(free) char **args = calloc((size_t)argc + 2, sizeof(*args));

	for (size_t i = 0; i < sizeof(homes) / sizeof(homes[0]); i++)
		if (strcmp(homes[i].tool, argv[0]) == 0)
			program = homes[i].program;
	if (!args)
		return command_bad("no memory");
	command_program(program, path);
	args[0] = path;
	for (int i = 0; i <= argc; i++)
		args[i + 1] = argv[i]; /* the NULL too */
	(void)execvp(path, args);
	return command_bad("cannot run '%s': %s", path, strerror(errno));
}
