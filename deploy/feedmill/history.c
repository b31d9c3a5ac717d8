/* feedmill replay, retag: what the outbox still keeps, once more to one sink, or through the
 * present rules. Both only begin here; `feedmill status` shows how far they are. */
#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "common/jsondoc.h"
#include "common/quantity.h"
#include "deploy/feedmill/ask.h"
#include "deploy/feedmill/command.h"

/* "7d" ago, "2026-11-01", or "2026-11-01T12:00:00Z"; NULL: all that is kept. */
static int
moment(const char *text, int64_t *out)
{
	char day[CLOCK_RFC3339_BYTES];
	int64_t ago_s;

	*out = 0;
	if (!text || clock_from_rfc3339(text, out) == 0)
		return 0;
	if (strlen(text) == strlen("2026-11-01")) {
		(void)snprintf(day, sizeof(day), "%sT00:00:00Z", text);
		if (clock_from_rfc3339(day, out) == 0)
			return 0;
	}
	if (!quantity_duration(text, &ago_s) || ago_s < 0)
		return -1;
	*out = clock_wall_s() - ago_s;
	return 0;
}

static int
begin(const char *path, bool json, const char *command, const char *argument, const char *what)
{
	struct options_common common;
	struct err err = {.kind = ERR_NONE};
	SCOPED(config_free) struct config *config = options_load(path, &common, &err);
	SCOPED(buf_done) struct buf answer = buf_init(ASK_ANSWER_MAX);
	SCOPED(jsondoc_free) struct jsondoc *doc = NULL;
	int64_t rows = 0;

	if (!config ||
	    ask(common.runtime_dir, "classifier", "main", command, argument, &answer, &err) < 0)
		return command_bad("%s", err.text);
	if (json) {
		(void)fputs(buf_str(&answer), stdout);
		return COMMAND_GOOD;
	}
	doc = jsondoc_parse(buf_str(&answer), answer.len, NULL);
	if (doc)
		(void)jsonval_int(jsonval_get(jsondoc_root(doc), "rows"), &rows);
	(void)printf("%lld kept items %s; feedmill status shows how far it is\n", (long long)rows,
		     what);
	return COMMAND_GOOD;
}

int
command_replay(int argc, char **argv)
{
	const char *path = command_config_path(&argc, argv);
	const bool json = command_flag(&argc, argv, "--json");
	const char *since = command_option(&argc, argv, "--since", NULL);
	const char *tag = command_option(&argc, argv, "--tag", NULL);
	SCOPED(buf_done) struct buf argument = buf_init(4096);
	int64_t since_s;

	if (argc != 2 || argv[1][0] == '-')
		return command_usage("replay SINK [--since T] [--tag T]");
	if (moment(since, &since_s) < 0)
		return command_usage("--since '%s': a duration (7d), a date (2026-11-01) or a time "
				     "(2026-11-01T12:00:00Z) is expected",
				     since);
	if (buf_addf(&argument, NULL, "%s %lld%s%s", argv[1], (long long)since_s,
		     tag ? " tag:" : "", tag ? tag : "") < 0)
		return command_usage("that is too long");
	return begin(path, json, "replay", buf_str(&argument), "are looked through for it");
}

int
command_retag(int argc, char **argv)
{
	const char *path = command_config_path(&argc, argv);
	const bool json = command_flag(&argc, argv, "--json");
	const char *since = command_option(&argc, argv, "--since", NULL);
	SCOPED(buf_done) struct buf argument = buf_init(64);
	int64_t since_s;

	if (argc != 1)
		return command_usage("retag [--since T]: '%s' is not expected", argv[1]);
	if (moment(since, &since_s) < 0)
		return command_usage("--since '%s': a duration (7d), a date (2026-11-01) or a time "
				     "(2026-11-01T12:00:00Z) is expected",
				     since);
	(void)buf_addf(&argument, NULL, "%lld", (long long)since_s);
	return begin(path, json, "retag", buf_str(&argument), "go through the present rules");
}
