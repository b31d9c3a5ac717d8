#include <stdio.h>
#include <string.h>

#include "classifier/command.h"

struct command {
	const char *name;
	int (*run)(int argc, char **argv);
};

static const struct command commands[] = {
	{"classify", command_classify},
	{"check-rules", command_check_rules},
};

int
main(int argc, char **argv)
{
	for (size_t i = 0; argc > 1 && i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strcmp(argv[1], commands[i].name) == 0)
			return commands[i].run(argc - 1, argv + 1);
	(void)fprintf(stderr, "usage: feedmill-classifier classify|check-rules\n");
	return 2;
}
