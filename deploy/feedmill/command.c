#include "deploy/feedmill/command.h"

#include <libgen.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void
take_out(int *argc, char **argv, int at, int count)
{
	for (int i = at; i + count <= *argc; i++)
		argv[i] = argv[i + count];
	*argc -= count;
}

const char *
command_option(int *argc, char **argv, const char *name, const char *fallback)
{
	const char *value = fallback;

	for (int i = 1; i + 1 < *argc;) {
		if (strcmp(argv[i], name) != 0) {
			i++;
			continue;
		}
		value = argv[i + 1];
		take_out(argc, argv, i, 2);
	}
	return value;
}

bool
command_flag(int *argc, char **argv, const char *name)
{
	bool there = false;

	for (int i = 1; i < *argc;) {
		if (strcmp(argv[i], name) != 0) {
			i++;
			continue;
		}
		there = true;
		take_out(argc, argv, i, 1);
	}
	return there;
}

const char *
command_config_path(int *argc, char **argv)
{
	const char *set = getenv("FEEDMILL_CONF");

	return command_option(argc, argv, "-c", set && *set ? set : "/etc/feedmill/feedmill.conf");
}

void
command_program(const char *name, char out[COMMAND_PATH_MAX])
{
	static const char *const places[] = {"", "/../lib/feedmill"};
	char self[COMMAND_PATH_MAX];
	const ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);
	const char *folder;

	self[len > 0 ? len : 0] = '\0';
	folder = dirname(self);
	for (size_t i = 0; len > 0 && i < sizeof(places) / sizeof(places[0]); i++)
		if (snprintf(out, COMMAND_PATH_MAX, "%s%s/%s", folder, places[i], name) <
			    COMMAND_PATH_MAX &&
		    access(out, X_OK) == 0)
			return;
	(void)snprintf(out, COMMAND_PATH_MAX, "%s", name);
}

static void __attribute__((format(printf, 1, 0))) say(const char *fmt, va_list ap)
{
	(void)fputs("feedmill: ", stderr);
	(void)vfprintf(stderr, fmt, ap);
	(void)fputc('\n', stderr);
}

int
command_bad(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(fmt, ap);
	va_end(ap);
	return COMMAND_BAD;
}

int
command_usage(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(fmt, ap);
	va_end(ap);
	return COMMAND_USAGE;
}
