/* command - what the subcommands of feedmill share: the options before them, the way to the
 * configuration and to the stages' programs. Exit status: 0 good, 1 not, 2 usage. */
#ifndef FM_DEPLOY_FEEDMILL_COMMAND_H
#define FM_DEPLOY_FEEDMILL_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include "common/config.h"
#include "common/err.h"
#include "common/options.h"

enum { COMMAND_GOOD = 0, COMMAND_BAD = 1, COMMAND_USAGE = 2, COMMAND_PATH_MAX = 4096 };

/* A row of the table of subcommands. argv[0] is the subcommand's name. */
struct command {
	const char *name;
	const char *arguments; /* for the usage text */
	const char *does;
	int (*run)(int argc, char **argv);
};

/* Takes every "NAME VALUE" (as "-c FILE") out of argv; the last value, or fallback. */
const char *command_option(int *argc, char **argv, const char *name, const char *fallback);
/* Takes every NAME (as "--json") out of argv; whether it was there. */
bool command_flag(int *argc, char **argv, const char *name);

/* The configuration file: -c FILE, $FEEDMILL_CONF, or /etc/feedmill/feedmill.conf. */
const char *command_config_path(int *argc, char **argv);

/* The path of a stage's program: beside this one, in ../lib/feedmill, or by $PATH. */
void command_program(const char *name, char out[COMMAND_PATH_MAX]);

/* "feedmill: ..." on stderr. Return the exit status. */
int command_bad(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
int command_usage(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* The subcommands. */
int command_run(int argc, char **argv);
int command_check(int argc, char **argv);
int command_status(int argc, char **argv);
int command_top(int argc, char **argv);
int command_metrics(int argc, char **argv);
int command_tap(int argc, char **argv);
int command_drain(int argc, char **argv);
int command_feeds(int argc, char **argv);
int command_rules(int argc, char **argv);
int command_quarantine(int argc, char **argv);
int command_keygen(int argc, char **argv);
int command_explain(int argc, char **argv);
int command_replay(int argc, char **argv);
int command_retag(int argc, char **argv);
int command_tool(int argc, char **argv); /* parse, sanitize, classify, fetch: the stage's own */

#endif
