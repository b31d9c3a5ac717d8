/* feedmill feeds: questions that the fetcher answers in JSON lines. */
#include <stdio.h>
#include <string.h>

#include "common/jsondoc.h"
#include "deploy/feedmill/ask.h"
#include "deploy/feedmill/command.h"

static int
relay(int *argc, char **argv, const char *stage, const char *command, const char *argument)
{
	const char *path = command_config_path(argc, argv);
	struct options_common common;
	struct err err = {.kind = ERR_NONE};
	SCOPED(config_free) struct config *config = options_load(path, &common, &err);
	SCOPED(buf_done) struct buf answer = buf_init(ASK_ANSWER_MAX);

	if (!config || ask(common.runtime_dir, stage, "main", command, argument, &answer, &err) < 0)
		return command_bad("%s", err.text);
	(void)fputs(buf_str(&answer), stdout);
	return COMMAND_GOOD;
}

int
command_feeds(int argc, char **argv)
{
	if (argc >= 2 && strcmp(argv[1], "list") == 0)
		return relay(&argc, argv, "fetcher", "feeds", NULL);
	if (argc >= 3 && strcmp(argv[1], "poll") == 0)
		return relay(&argc, argv, "fetcher", "poll", argv[2]);
	return command_usage("feeds list | feeds poll URL|all");
}
