/* feedmill quarantine: documents (kept by the fetcher) and items (kept by the classifier) that
 * could not be handled. An ID is "document/7" or "item/3". */
#include <stdio.h>
#include <string.h>

#include "common/jsondoc.h"
#include "deploy/feedmill/ask.h"
#include "deploy/feedmill/command.h"

static const struct keeper {
	const char *kind, *stage;
} keepers[] = {{"document", "fetcher"}, {"item", "classifier"}};

enum { KEEPERS = sizeof(keepers) / sizeof(keepers[0]) };

static const char *
text(const struct jsonval *object, const char *key)
{
	const char *value = jsonval_text(jsonval_get(object, key), NULL);

	return value ? value : "";
}

static void
print_row(const char *kind, const char *line, size_t len)
{
	SCOPED(jsondoc_free) struct jsondoc *doc = jsondoc_parse(line, len, NULL);
	const struct jsonval *row = doc ? jsondoc_root(doc) : NULL;
	int64_t id = 0, attempts = 0;

	(void)jsonval_int(jsonval_get(row, "id"), &id);
	(void)jsonval_int(jsonval_get(row, "attempts"), &attempts);
	(void)printf("%s/%lld  %s  %s  %s\n    %s\n", kind, (long long)id, text(row, "at"),
		     text(row, "stage"), text(row, "ref"), text(row, "reason"));
}

/* Raw lines for scripts, the kind put in front of the id for people. */
static void
print_lines(const char *kind, const struct buf *answer, bool json)
{
	const char *at = buf_str(answer);

	while (*at) {
		const size_t len = strcspn(at, "\n");

		if (json && len > 0)
			(void)printf("{\"kind\":\"%s\",\"row\":%.*s}\n", kind, (int)len, at);
		else if (len > 0)
			print_row(kind, at, len);
		at += len + (at[len] == '\n');
	}
}

static int
list(const char *runtime_dir, bool json)
{
	int bad = 0;

	for (size_t i = 0; i < KEEPERS; i++) {
		SCOPED(buf_done) struct buf answer = buf_init(ASK_ANSWER_MAX);
		struct err err = {.kind = ERR_NONE};

		if (ask(runtime_dir, keepers[i].stage, "main", "quarantine-list", NULL, &answer,
			&err) < 0)
			bad += command_bad("%s", err.text);
		else
			print_lines(keepers[i].kind, &answer, json);
	}
	return bad ? COMMAND_BAD : COMMAND_GOOD;
}

int
command_quarantine(int argc, char **argv)
{
	static const char *const verbs[] = {"show", "retry", "drop", NULL};
	const char *path = command_config_path(&argc, argv);
	const bool json = command_flag(&argc, argv, "--json");
	struct options_common common;
	struct err err = {.kind = ERR_NONE};
	SCOPED(config_free) struct config *config = options_load(path, &common, &err);
	SCOPED(buf_done) struct buf answer = buf_init(ASK_ANSWER_MAX);
	const char *slash, *const *verb = verbs;
	char command[64];

	if (argc < 2)
		return command_usage("quarantine list|show ID|retry ID|drop ID");
	if (!config)
		return command_bad("%s", err.text);
	if (strcmp(argv[1], "list") == 0 && argc == 2)
		return list(common.runtime_dir, json);
	while (*verb && strcmp(*verb, argv[1]) != 0)
		verb++;
	slash = argc == 3 ? strchr(argv[2], '/') : NULL;
	if (!*verb || !slash)
		return command_usage(
			"quarantine list|show ID|retry ID|drop ID; an ID is document/N "
			"or item/N, as list shows it");
	(void)snprintf(command, sizeof(command), "quarantine-%s", *verb);
	for (size_t i = 0; i < KEEPERS; i++) {
		if (strncmp(argv[2], keepers[i].kind, (size_t)(slash - argv[2])) != 0 ||
		    keepers[i].kind[slash - argv[2]] != '\0')
			continue;
		if (ask(common.runtime_dir, keepers[i].stage, "main", command, slash + 1, &answer,
			&err) < 0)
			return command_bad("%s", err.text);
		(void)fputs(buf_str(&answer), stdout);
		return COMMAND_GOOD;
	}
	return command_usage("'%s': an ID is document/N or item/N", argv[2]);
}
