/* feedmill check: every stage checks its own part, with its own code. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/wiring.h"
#include "deploy/feedmill/command.h"

/* Runs a program to its end; its exit status, or -1. */
static int
run(char *const args[])
{
	const pid_t pid = fork();
	int status;

	if (pid == 0) {
		(void)execvp(args[0], args);
		(void)command_bad("cannot run '%s': %s", args[0], strerror(errno));
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int
check_one(const char *label, const char *program, const char *config, const char *instance,
	  const char *tool)
{
	char path[COMMAND_PATH_MAX];
	char *args[8] = {path};
	int n = 1;

	command_program(program, path);
	/* execvp takes pointers to non-const and changes nothing. */
#define ARG(text) args[n++] = (char *)(uintptr_t)(text)
	if (tool)
		ARG(tool);
	ARG("-c");
	ARG(config);
	if (!tool)
		ARG("-n");
	if (instance) {
		ARG("-i");
		ARG(instance);
	}
#undef ARG
	if (run(args) == 0) {
		(void)printf("ok   %s\n", label);
		return 0;
	}
	(void)printf("BAD  %s\n", label);
	return 1;
}

static int
check_links(const struct config *config)
{
	struct err err = {.kind = ERR_NONE};

	if (wiring_check(config, &err) == 0)
		return 0;
	(void)command_bad("%s", err.text);
	(void)printf("BAD  links: the stages are checked when this is mended\n");
	return 1;
}

static int
check_stages(const struct config *config, const char *path)
{
	int bad = 0;

	bad += check_one("fetcher", "feedmill-fetcher", path, NULL, NULL);
	bad += check_one("parser", "feedmill-parser", path, NULL, NULL);
	bad += check_one("classifier", "feedmill-classifier", path, NULL, NULL);
	for (size_t i = 0; i < config_section_count(config); i++) {
		const struct config_section *section = config_section_at(config, i);
		const struct config_list program = config_values(config, section, "program");
		char label[128];

		if (strcmp(section->kind, "sink") != 0)
			continue;
		(void)snprintf(label, sizeof(label), "sink %s", section->name);
		bad += check_one(label,
				 program.count ? program.values[program.count - 1].text
					       : "feedmill-sink",
				 path, section->name, NULL);
	}
	return bad;
}

int
command_check(int argc, char **argv)
{
	const char *path = command_config_path(&argc, argv);
	struct options_common common;
	struct err err = {.kind = ERR_NONE};
	SCOPED(config_free) struct config *config = options_load(path, &common, &err);
	int bad;

	if (argc > 1)
		return command_usage("check: '%s' is not expected", argv[1]);
	if (!config)
		return command_bad("%s", err.text);
	(void)setvbuf(stdout, NULL, _IOLBF, 0);
	/* Every stage reads all links: a mistake there would be told once by each. */
	bad = check_links(config);
	if (!bad)
		bad = check_stages(config, path);
	bad += check_one("feeds", "feedmill-fetcher", path, NULL, "check-feeds");
	bad += check_one("rules", "feedmill-classifier", path, NULL, "check-rules");
	return bad ? COMMAND_BAD : COMMAND_GOOD;
}
