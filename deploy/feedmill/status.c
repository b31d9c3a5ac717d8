/* feedmill status: a line a stage, and what wants attention below it. */
#include <stdio.h>
#include <string.h>

#include "common/jsondoc.h"
#include "deploy/feedmill/ask.h"
#include "deploy/feedmill/command.h"

struct view {
	const char *runtime_dir;
	bool json;
	int found, silent;
};

static const char *
text(const struct jsonval *object, const char *key)
{
	const char *value = jsonval_text(jsonval_get(object, key), NULL);

	return value ? value : "";
}

static long long
number(const struct jsonval *object, const char *key)
{
	int64_t value = 0;

	(void)jsonval_int(jsonval_get(object, key), &value);
	return value;
}

static void
print_routes(const struct jsonval *stage)
{
	const struct jsonval *routes = jsonval_get(stage, "routes");

	for (size_t i = 0; i < jsonval_count(routes); i++) {
		const struct jsonval *route = jsonval_at(routes, i);
		const struct jsonval *receivers = jsonval_get(route, "receivers");
		size_t up = 0;

		for (size_t n = 0; n < jsonval_count(receivers); n++)
			up += strcmp(text(jsonval_at(receivers, n), "state"), "up") == 0;
		(void)printf("    -> %-20s %zu of %zu up, %lld in flight, %lld sent again\n",
			     text(route, "to"), up, jsonval_count(receivers),
			     number(route, "in_flight"), number(route, "resent"));
	}
}

/* Numbers that a stage adds itself, as "name value": whatever they are called. */
static void
print_own(const struct jsonval *stage)
{
	static const char *const shown[] = {"uptime_s", "pid", "handled", "rejected", NULL};
	const struct jsonval *value;
	const void *at = NULL;
	const char *key;
	int column = 0;

	while ((at = jsonval_next(stage, at, &key, &value))) {
		const char *const *skip = shown;
		int64_t n;

		while (*skip && strcmp(*skip, key) != 0)
			skip++;
		if (*skip || !jsonval_int(value, &n))
			continue;
		(void)printf("%s%s %lld", column++ ? ", " : "    ", key, (long long)n);
	}
	if (column)
		(void)putchar('\n');
}

static void
print_sinks(const struct jsonval *stage)
{
	const struct jsonval *sinks = jsonval_get(stage, "sinks");

	for (size_t i = 0; i < jsonval_count(sinks); i++) {
		const struct jsonval *sink = jsonval_at(sinks, i);

		(void)printf("    sink %-16s behind %lld, delivered %lld, quarantined %lld\n",
			     text(sink, "sink"), number(sink, "depth"), number(sink, "delivered"),
			     number(sink, "quarantined"));
		if (number(sink, "replaying") > 0)
			(void)printf("        replaying: %lld to look through\n",
				     number(sink, "replaying"));
	}
}

static void
print_stage(const struct jsonval *stage)
{
	char who[128];

	(void)snprintf(who, sizeof(who), "%s@%s", text(stage, "stage"), text(stage, "instance"));
	(void)printf("%-20s %-9s up %llds, handled %lld, rejected %lld%s%s\n", who,
		     text(stage, "state"), number(stage, "uptime_s"), number(stage, "handled"),
		     number(stage, "rejected"), text(stage, "reason")[0] ? ": " : "",
		     text(stage, "reason"));
	print_own(stage);
	print_sinks(stage);
	print_routes(stage);
}

static int
show(void *arg, const char *stage, const char *instance)
{
	struct view *view = arg;
	SCOPED(buf_done) struct buf answer = buf_init(ASK_ANSWER_MAX);
	SCOPED(jsondoc_free) struct jsondoc *doc = NULL;
	struct err err = {.kind = ERR_NONE};

	view->found++;
	if (ask(view->runtime_dir, stage, instance, "status", NULL, &answer, &err) < 0) {
		view->silent++;
		if (view->json)
			(void)printf("{\"stage\":\"%s\",\"instance\":\"%s\",\"state\":\"down\"}\n",
				     stage, instance);
		else
			(void)printf("%s@%s down: %s\n", stage, instance, err.text);
		return 0;
	}
	if (view->json) {
		(void)fputs(buf_str(&answer), stdout);
		return 0;
	}
	doc = jsondoc_parse(buf_str(&answer), answer.len, &err);
	if (doc)
		print_stage(jsondoc_root(doc));
	return 0;
}

int
command_status(int argc, char **argv)
{
	const char *path = command_config_path(&argc, argv);
	struct options_common common;
	struct err err = {.kind = ERR_NONE};
	SCOPED(config_free) struct config *config = options_load(path, &common, &err);
	struct view view = {.json = command_flag(&argc, argv, "--json")};

	if (argc > 1)
		return command_usage("status: '%s' is not expected", argv[1]);
	if (!config)
		return command_bad("%s", err.text);
	view.runtime_dir = common.runtime_dir;
	(void)ask_each(common.runtime_dir, show, &view);
	if (!view.found)
		return command_bad("nothing runs below %s; start it with 'feedmill run' or "
				   "'systemctl start feedmill.target'",
				   common.runtime_dir);
	return view.silent ? COMMAND_BAD : COMMAND_GOOD;
}
