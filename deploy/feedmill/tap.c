/* feedmill tap: items as they pass the classifier, or a parser. A tap that cannot keep up loses
 * lines and delays nobody. */
#include <stdio.h>
#include <string.h>

#include "common/jsondoc.h"
#include "deploy/feedmill/ask.h"
#include "deploy/feedmill/command.h"

enum { TAGS_BYTES_MAX = 16 * 1024, STAGE_BYTES_MAX = 64 };

/* Where items pass that can be looked at, and the instance that is meant without a word of it. */
static const struct {
	const char *stage, *instance;
} places[] = {{"classifier", "main"}, {"parser", "1"}};

/* "parser@2" as stage and instance; NULL: nothing can be seen there. */
static const char *
place(const char *text, char stage_out[STAGE_BYTES_MAX])
{
	const char *at = strchrnul(text, '@');

	(void)snprintf(stage_out, STAGE_BYTES_MAX, "%.*s", (int)(at - text), text);
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (strcmp(places[i].stage, stage_out) == 0)
			return *at ? at + 1 : places[i].instance;
	return NULL;
}

static bool
has_tag(const struct jsonval *item, const char *tag)
{
	const struct jsonval *tags = jsonval_get(item, "tags");

	for (size_t i = 0; i < jsonval_count(tags); i++) {
		const char *name = jsonval_text(jsonval_get(jsonval_at(tags, i), "tag"), NULL);

		if (name && strcmp(name, tag) == 0)
			return true;
	}
	return false;
}

static const char *
text(const struct jsonval *object, const char *key)
{
	const char *value = jsonval_text(jsonval_get(object, key), NULL);

	return value ? value : "";
}

/* "2026-11-20  crypto llms  Title  (Feed)"; "-" for an item without a tag. */
static void
print_item(const struct jsonval *item)
{
	SCOPED(buf_done) struct buf tags = buf_init(TAGS_BYTES_MAX);
	const struct jsonval *list = jsonval_get(item, "tags");

	for (size_t i = 0; i < jsonval_count(list); i++)
		(void)buf_addf(&tags, NULL, "%s%s", i ? " " : "", text(jsonval_at(list, i), "tag"));
	(void)printf("%-10.10s  %-10s  %s  (%s)\n", text(item, "published"),
		     tags.len ? buf_str(&tags) : "-", text(item, "title"),
		     text(jsonval_get(item, "feed"), "title"));
}

static void
show(const char *line, size_t len, const char *tag, bool json)
{
	SCOPED(jsondoc_free) struct jsondoc *doc = jsondoc_parse(line, len, NULL);
	const struct jsonval *item = doc ? jsondoc_root(doc) : NULL;

	if (!item || (tag && !has_tag(item, tag)))
		return;
	if (json)
		(void)printf("%.*s\n", (int)len, line);
	else
		print_item(item);
	(void)fflush(stdout);
}

int
command_tap(int argc, char **argv)
{
	const char *path = command_config_path(&argc, argv);
	const char *tag = command_option(&argc, argv, "--tag", NULL);
	const char *stage = command_option(&argc, argv, "--stage", "classifier");
	const char *instance;
	char name[STAGE_BYTES_MAX];
	const bool json = command_flag(&argc, argv, "--json");
	struct options_common common;
	struct err err = {.kind = ERR_NONE};
	SCOPED(config_free) struct config *config = options_load(path, &common, &err);
	SCOPED(free) char *line = NULL;
	size_t room = 0;
	ssize_t len;
	FILE *lines;
	int fd;

	if (argc > 1)
		return command_usage("tap: '%s' is not expected", argv[1]);
	instance = place(stage, name);
	if (!instance)
		return command_usage("tap --stage '%s': items are seen at classifier or parser[@N]",
				     stage);
	if (!config)
		return command_bad("%s", err.text);
	fd = ask_connect(common.runtime_dir, name, instance, "tap", &err);
	lines = fd < 0 ? NULL : ask_lines(fd);
	if (!lines)
		return command_bad("%s", err.text);
	while ((len = getline(&line, &room, lines)) > 0)
		show(line, (size_t)len - 1, tag, json);
	(void)fclose(lines);
	return COMMAND_GOOD;
}
