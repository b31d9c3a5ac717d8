#include "sink/exec_settings.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	MAX_LINE_BYTES = 8 * 1024 * 1024,
	MAX_LINE_LEAST = 4096,
	MAX_LINE_MOST = 64 * 1024 * 1024,
	DAY_S = 24 * 3600,
};

const char *const exec_option_names[] = {
	"command",    "environment",  "workers",     "window",      "max_line", "ack_timeout",
	"flush_hint", "stop_timeout", "max_crashes", "max_retries", "backoff",  NULL,
};

static int
command_check(struct fm_sink *sink)
{
	const char *program = fm_option_nth(sink, "command", 0);
	const char *variable;

	if (!program)
		return fm_fail(sink, FM_CONFIG,
			       "command is missing: a program and its arguments, "
			       "one a line");
	/* The commonest mistake, and its own message would be "no such file". */
	if (!fm_option_nth(sink, "command", 1) && strchr(program, ' ') &&
	    access(program, F_OK) != 0)
		return fm_fail(sink, FM_CONFIG,
			       "command '%s': one argument a line (indented), there is no shell",
			       program);
	for (size_t i = 0; (variable = fm_option_nth(sink, "environment", i)); i++) {
		const char *equals = strchr(variable, '=');

		if (!equals || equals == variable)
			return fm_fail(sink, FM_CONFIG, "environment '%s': allowed is NAME=VALUE",
				       variable);
	}
	return FM_OK;
}

int
exec_settings_read(struct fm_sink *sink, struct exec_settings *settings_out)
{
	struct exec_settings s = {.flush_hint = 0};
	const struct {
		int (*read)(struct fm_sink *sink, const char *key, int64_t fallback, int64_t least,
			    int64_t most, int64_t *out);
		const char *key;
		int64_t fallback, least, most, *out;
	} rows[] = {
		{fm_option_int, "workers", 1, 1, EXEC_WORKERS_MAX, &s.workers},
		{fm_option_int, "window", 64, 1, EXEC_WINDOW_MAX, &s.window},
		{fm_option_size, "max_line", MAX_LINE_BYTES, MAX_LINE_LEAST, MAX_LINE_MOST,
		 &s.max_line_bytes},
		{fm_option_seconds, "ack_timeout", 60, 1, DAY_S, &s.ack_timeout_s},
		{fm_option_seconds, "stop_timeout", 10, 1, 3600, &s.stop_timeout_s},
		{fm_option_seconds, "backoff", 60, 1, DAY_S, &s.backoff_s},
		{fm_option_int, "max_crashes", 5, 1, 1000, &s.max_crashes},
		{fm_option_int, "max_retries", 0, 0, 1000000, &s.max_retries},
	};
	int verdict = fm_option_bool(sink, "flush_hint", 0, &s.flush_hint);

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]) && verdict == FM_OK; i++)
		verdict = rows[i].read(sink, rows[i].key, rows[i].fallback, rows[i].least,
				       rows[i].most, rows[i].out);
	if (verdict == FM_OK)
		verdict = command_check(sink);
	if (verdict == FM_OK)
		*settings_out = s;
	return verdict;
}

static void
strings_free(char **strings)
{
	for (size_t i = 0; strings && strings[i]; i++)
		free(strings[i]);
	free(strings);
}

/* All values of an option, NULL-terminated. NULL without memory. */
static char **
option_strings(const struct fm_sink *sink, const char *key)
{
	size_t count = 0;
	char **strings;

	while (fm_option_nth(sink, key, count))
		count++;
	strings = calloc(count + 1, sizeof(*strings));
	for (size_t i = 0; strings && i < count; i++) {
		strings[i] = strdup(fm_option_nth(sink, key, i));
		if (!strings[i]) {
			strings_free(strings);
			return NULL;
		}
	}
	return strings;
}

static bool
same_name(const char *variable, const char *other)
{
	const size_t len = strcspn(variable, "=");

	return strncmp(variable, other, len) == 0 && other[len] == '=';
}

/* Copies NAME=VALUE; replaces one of the same name. There is room for one more. */
static int
env_set(char **env, const char *name, const char *value)
{
	const size_t bytes = strlen(name) + 1 + strlen(value) + 1;
	char *variable = malloc(bytes);
	size_t i = 0;

	if (!variable)
		return -1;
	(void)snprintf(variable, bytes, "%s%s%s", name, value[0] ? "=" : "", value);
	while (env[i] && !same_name(variable, env[i]))
		i++;
	free(env[i]);
	env[i] = variable;
	return 0;
}

/* Our own environment, what the protocol adds, and the option's. NULL without memory. */
static char **
env_new(const struct fm_sink *sink)
{
	const char *const added[][2] = {
		{"FEEDMILL_PROTO", "1"},
		{"FEEDMILL_SINK", fm_sink_name(sink)},
		{"FEEDMILL_STATE_DIR", fm_sink_state_dir(sink)},
	};
	const size_t added_count = sizeof(added) / sizeof(added[0]);
	size_t count = 0;
	char **env;
	int bad = 0;

	while (environ[count])
		count++;
	for (size_t i = 0; fm_option_nth(sink, "environment", i); i++)
		count++;
	env = calloc(count + added_count + 1, sizeof(*env));
	if (!env)
		return NULL;
	for (size_t i = 0; environ[i]; i++)
		bad |= env_set(env, environ[i], "");
	for (size_t i = 0; i < added_count; i++)
		bad |= env_set(env, added[i][0], added[i][1]);
	for (size_t i = 0; fm_option_nth(sink, "environment", i); i++)
		bad |= env_set(env, fm_option_nth(sink, "environment", i), "");
	if (!bad)
		return env;
	strings_free(env);
	return NULL;
}

int
exec_settings_program(const struct fm_sink *sink, struct exec_settings *settings)
{
	settings->argv = option_strings(sink, "command");
	settings->env = env_new(sink);
	settings->dir = fm_sink_state_dir(sink);
	return settings->argv && settings->env ? 0 : -1;
}

void
exec_settings_done(struct exec_settings *settings)
{
	strings_free(settings->argv);
	strings_free(settings->env);
	settings->argv = settings->env = NULL;
}
