#include <string.h>

#include "common/stage.h"
#include "fetcher/daemon.h"
#include "fetcher/feedstory.h"
#include "fetcher/tool.h"

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
} tools[] = {
	{"fetch", tool_fetch},
	{"check-feeds", tool_check_feeds},
	{"feeds", tool_feeds},
	{"explain", feedstory_explain},
};

int
main(int argc, char **argv)
{
	for (size_t i = 0; argc > 1 && i < sizeof(tools) / sizeof(tools[0]); i++)
		if (strcmp(argv[1], tools[i].name) == 0)
			return tools[i].run(argc - 1, argv + 1);
	return stage_main(argc, argv, &daemon_ops);
}
