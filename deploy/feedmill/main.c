/* feedmill - the operator's and developer's command. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "deploy/feedmill/command.h"

static const struct command commands[] = {
	{"run", "[-c FILE] [--parsers N]", "every stage in the foreground, restarted if it dies",
	 command_run},
	{"check", "[-c FILE]", "configuration, rules and their tests, feeds", command_check},
	{"status", "[--json]", "stages, queues, rates, what fails and why", command_status},
	{"top", "[--every SECONDS] [-n LOOKS]", "the same again and again, with rates",
	 command_top},
	{"metrics", "[--listen HOST:PORT]", "the numbers of status for Prometheus",
	 command_metrics},
	{"tap", "[--tag T] [--stage STAGE[@INSTANCE]] [--json]",
	 "items as they pass, harming nothing", command_tap},
	{"feeds", "list [--json]|show URL|poll URL|add URL ...|remove URL ...|import FILE|export",
	 "the watched feeds; to add one, a site's address is enough", command_feeds},
	{"quarantine", "list|show ID [--body]|retry ID ...|drop ID ... [--json]",
	 "input that could not be handled", command_quarantine},
	{"replay", "SINK [--since T] [--tag T]", "items that are kept, once more to that sink",
	 command_replay},
	{"retag", "[--since T]", "the present rules over items that are kept", command_retag},
	{"rules", "stats [--never] [--json]", "how often each line of the rules met an item",
	 command_rules},
	{"explain", "ITEM-ID|URL [--json]", "where an item came from and where it went",
	 command_explain},
	{"drain", "STAGE[@INSTANCE]", "finish what is in hand and stop", command_drain},
	{"keygen", "[FOLDER]", "a pair of keys for links between machines", command_keygen},
	{"fetch", "[--json] [--body FILE] URL", "one polite fetch, each step shown", command_tool},
	{"parse",
	 "[FILE|-] [--content-type T] [--base-url U] [--content-language L] "
	 "[--max-document-bytes N] [--batch]",
	 "a feed as JSON", command_tool},
	{"sanitize", "[FILE|-] [--base-url U] [--batch]", "safe HTML of what is HTML",
	 command_tool},
	{"classify", "[--explain|--stats] [--rules FILE] [FILE|-]",
	 "items as JSON lines in, the same with tags out", command_tool},
};

enum { COMMANDS = sizeof(commands) / sizeof(commands[0]) };

static void
describe(FILE *to, const struct command *command)
{
	(void)fprintf(to, "  %s %s\n        %s\n", command->name, command->arguments,
		      command->does);
}

static void
usage(FILE *to)
{
	(void)fprintf(to, "usage: feedmill [-c FILE] COMMAND ...\n"
			  "       feedmill help [COMMAND] | --version\n");
	for (size_t i = 0; i < COMMANDS; i++)
		describe(to, &commands[i]);
	(void)fprintf(to, "The configuration is FILE, else $FEEDMILL_CONF, else "
			  "/etc/feedmill/feedmill.conf. More: man feedmill\n");
}

static const struct command *
find(const char *name)
{
	for (size_t i = 0; i < COMMANDS; i++)
		if (strcmp(name, commands[i].name) == 0)
			return &commands[i];
	return NULL;
}

static bool
asks_for_help(const char *word)
{
	return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

static int
no_command(const char *name)
{
	return command_usage("'%s' is no command; feedmill help shows them all", name);
}

static int
help(const char *name)
{
	const struct command *command = name ? find(name) : NULL;

	if (name && !command)
		return no_command(name);
	if (command)
		describe(stdout, command);
	else
		usage(stdout);
	return COMMAND_GOOD;
}

int
main(int argc, char **argv)
{
	const struct command *command;

	/* Before the command or behind it, -c is the same. */
	if (argc > 2 && strcmp(argv[1], "-c") == 0) {
		if (setenv("FEEDMILL_CONF", argv[2], 1) < 0)
			return command_bad("no memory");
		argc -= 2;
		argv += 2;
	}
	if (argc < 2) {
		usage(stderr);
		return COMMAND_USAGE;
	}
	if (asks_for_help(argv[1]) || strcmp(argv[1], "help") == 0)
		return help(argc > 2 ? argv[2] : NULL);
	if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0) {
		(void)printf("feedmill %s\n", VERSION);
		return COMMAND_GOOD;
	}
	command = find(argv[1]);
	if (!command)
		return no_command(argv[1]);
	if (argc > 2 && asks_for_help(argv[argc - 1]))
		return help(argv[1]);
	return command->run(argc - 1, argv + 1);
}
