/* feedmill drain STAGE[@INSTANCE]: finish what is in hand and stop. */
#include <stdio.h>
#include <string.h>

#include "deploy/feedmill/ask.h"
#include "deploy/feedmill/command.h"

struct wanted {
	const char *runtime_dir;
	char stage[64];
	const char *instance; /* NULL: all */
	int found, bad;
};

static int
drain(void *arg, const char *stage, const char *instance)
{
	struct wanted *wanted = arg;
	SCOPED(buf_done) struct buf answer = buf_init(ASK_ANSWER_MAX);
	struct err err = {.kind = ERR_NONE};

	if (strcmp(stage, wanted->stage) != 0 ||
	    (wanted->instance && strcmp(instance, wanted->instance) != 0))
		return 0;
	wanted->found++;
	if (ask(wanted->runtime_dir, stage, instance, "drain", NULL, &answer, &err) < 0)
		wanted->bad += command_bad("%s", err.text);
	else
		(void)printf("%s@%s drains\n", stage, instance);
	return 0;
}

int
command_drain(int argc, char **argv)
{
	const char *path = command_config_path(&argc, argv);
	struct options_common common;
	struct err err = {.kind = ERR_NONE};
	SCOPED(config_free) struct config *config = options_load(path, &common, &err);
	struct wanted wanted = {0};
	const char *at;

	if (argc != 2)
		return command_usage("drain STAGE[@INSTANCE]: one is expected");
	if (!config)
		return command_bad("%s", err.text);
	at = strchr(argv[1], '@');
	wanted.runtime_dir = common.runtime_dir;
	wanted.instance = at ? at + 1 : NULL;
	(void)snprintf(wanted.stage, sizeof(wanted.stage), "%.*s",
		       at ? (int)(at - argv[1]) : (int)sizeof(wanted.stage) - 1, argv[1]);
	(void)ask_each(common.runtime_dir, drain, &wanted);
	if (!wanted.found)
		return command_bad("%s: no such stage is running below %s", argv[1],
				   common.runtime_dir);
	return wanted.bad ? COMMAND_BAD : COMMAND_GOOD;
}
