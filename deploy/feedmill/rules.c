/* feedmill rules stats: how often each line of the rules fired, over reloads and restarts, and
 * which never did. */
#include <stdio.h>
#include <string.h>

#include "deploy/feedmill/ask.h"
#include "deploy/feedmill/command.h"
#include "deploy/feedmill/show.h"

struct stats {
	bool json, never;
	size_t lines, silent;
	char since[32]; /* when counting began */
};

static void
print_line(void *arg, const struct jsonval *row, const char *line, size_t len)
{
	struct stats *stats = arg;
	const long long items = show_number(row, "items");
	const char *rule = show_text(row, "rule");

	stats->lines++;
	stats->silent += items == 0;
	(void)snprintf(stats->since, sizeof(stats->since), "%s", show_text(row, "since"));
	if (stats->never && items > 0)
		return;
	if (stats->json) {
		(void)printf("%.*s\n", (int)len, line);
		return;
	}
	(void)printf("%8lld  %-14s %-8s ", items, show_text(row, "tag"), show_text(row, "list"));
	show_safely(stdout, rule, strlen(rule), 0);
	(void)printf("  %s:%lld", show_text(row, "file"), show_number(row, "line"));
	if (show_number(row, "gave_up") > 0)
		(void)printf("  gave up %lld times", (long long)show_number(row, "gave_up"));
	(void)putchar('\n');
}

int
command_rules(int argc, char **argv)
{
	SCOPED(buf_done) struct buf answer = buf_init(ASK_ANSWER_MAX);
	struct options_common common;
	struct stats stats = {.json = command_flag(&argc, argv, "--json"),
			      .never = command_flag(&argc, argv, "--never")};
	struct err err = {.kind = ERR_NONE};
	const char *path = command_config_path(&argc, argv);
	SCOPED(config_free) struct config *config = options_load(path, &common, &err);

	if (argc != 2 || strcmp(argv[1], "stats") != 0)
		return command_usage("rules stats [--never] [--json]");
	if (!config)
		return command_bad("%s", err.text);
	if (ask(common.runtime_dir, "classifier", "main", "rules-stats", NULL, &answer, &err) < 0)
		return command_bad("%s; feedmill classify --stats counts without it", err.text);
	show_lines(&answer, print_line, &stats);
	if (!stats.json)
		(void)printf("%zu lines of the rules, %zu of them have met nothing since %s\n",
			     stats.lines, stats.silent, stats.since);
	return COMMAND_GOOD;
}
