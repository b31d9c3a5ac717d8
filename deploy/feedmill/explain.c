/* feedmill explain: the whole story of an item out of the stages' own state. A running stage is
 * asked; for one that is stopped its own program reads its files. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/json.h"
#include "common/mask.h"
#include "deploy/feedmill/ask.h"
#include "deploy/feedmill/command.h"
#include "deploy/feedmill/show.h"

enum { ID_HEX = 32, ANSWER_MAX = 64 * 1024 * 1024, IDS_BYTES_MAX = 64 * 1024 };

struct explaining {
	const char *config_path, *runtime_dir;
	bool json;
};

/* Where the answers come from. */

/* What "PROGRAM TOOL -c CONFIG ARGUMENT" writes, appended to out; stderr is left out when quiet.
 * Its exit status, or -1. */
static int
run_program(const struct explaining *e, const char *program, const char *tool, const char *argument,
	    bool quiet, struct buf *out)
{
	char path[COMMAND_PATH_MAX];
	int ends[2], status = -1;
	ssize_t got;
	pid_t pid;

	command_program(program, path);
	if (pipe(ends) < 0)
		return -1;
	pid = fork();
	if (pid == 0) {
		(void)dup2(ends[1], STDOUT_FILENO);
		(void)close(ends[0]);
		(void)close(ends[1]);
		if (quiet)
			(void)!freopen("/dev/null", "w", stderr);
		(void)execl(path, path, tool, "-c", e->config_path, argument, (char *)NULL);
		_exit(127);
	}
	(void)close(ends[1]);
	while (pid > 0) {
		char *room = buf_reserve(out, 65536, NULL);

		got = room ? read(ends[0], room, 65536) : 0;
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		out->len += (size_t)got;
		out->data[out->len] = '\0';
	}
	(void)close(ends[0]);
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* A stage's answer to "explain ARGUMENT": 1 from the daemon, 2 from its files, 0 none. */
static int
ask_or_read(const struct explaining *e, const char *stage, const char *argument, bool quiet,
	    struct buf *out)
{
	struct err err = {.kind = ERR_NONE};
	char program[64];

	if (ask(e->runtime_dir, stage, "main", "explain", argument, out, &err) == 0)
		return 1;
	buf_reset(out);
	if (err.kind == ERR_REJECT) {
		if (!quiet)
			(void)command_bad("%s", err.text);
		return 0;
	}
	(void)snprintf(program, sizeof(program), "feedmill-%s", stage);
	return run_program(e, program, "explain", argument, quiet, out) == 0 ? 2 : 0;
}

/* For people. */

static void
print_number(const char *label, long long n)
{
	if (n)
		(void)printf("%-12s  %lld\n", label, n);
}

static void
print_feed(const struct jsonval *feed, long long document)
{
	const struct jsonval *parsed = jsonval_get(feed, "parsed");
	const struct jsonval *warnings = jsonval_get(parsed, "warnings");

	(void)printf("\nfeed\n");
	show_row("  url", show_text(feed, "url"));
	show_row("  title", show_text(feed, "own_title"));
	show_row("  moved to", show_text(feed, "moved_to"));
	show_row("  polled", show_text(feed, "polled"));
	print_number("  status", show_number(feed, "status"));
	show_row("  changed", show_text(feed, "changed"));
	show_row("  etag", show_text(feed, "etag"));
	show_row("  modified", show_text(feed, "last_modified"));
	print_number("  failures", show_number(feed, "failures"));
	show_row("  trouble", show_text(feed, "reason"));
	show_row("  next poll", show_text(feed, "due"));
	show_row("  because", show_text(feed, "why"));
	if (show_number(feed, "quarantined"))
		(void)printf("  refused       document/%lld is in the quarantine\n",
			     show_number(feed, "quarantined"));
	if (!parsed)
		return;
	(void)printf("\nparser\n  document      %lld%s\n", show_number(parsed, "document"),
		     document && show_number(parsed, "document") != document
			     ? ", the feed's last: a later one than this item's"
			     : "");
	show_row("  parsed by", show_text(parsed, "parser"));
	print_number("  items", show_number(parsed, "items"));
	for (size_t i = 0; i < jsonval_count(warnings); i++)
		show_row("  mended", jsonval_text(jsonval_at(warnings, i), NULL));
}

static void
print_tags(const struct jsonval *tags)
{
	(void)printf("\ntags\n");
	if (jsonval_count(tags) == 0)
		(void)printf("  none: no rule matched\n");
	for (size_t i = 0; i < jsonval_count(tags); i++) {
		const struct jsonval *tag = jsonval_at(tags, i);
		const struct jsonval *why = jsonval_get(tag, "why");
		double score = 0;

		(void)jsonval_double(jsonval_get(tag, "score"), &score);
		(void)printf("  %-12s  score %g\n", show_text(tag, "tag"), score);
		for (size_t n = 0; n < jsonval_count(why); n++) {
			const struct jsonval *reason = jsonval_at(why, n);
			const char *met = show_text(reason, "text");

			(void)printf("      %s matched '", show_text(reason, "rule"));
			show_safely(stdout, met, strlen(met), 0);
			(void)printf("' at %lld of %s\n", show_number(reason, "at"),
				     show_text(reason, "field"));
		}
	}
}

/* Why the sink does not take it, from itself. */
static void
print_sink_trouble(const struct explaining *e, const char *sink)
{
	SCOPED(buf_done) struct buf answer = buf_init(ANSWER_MAX);
	SCOPED(jsondoc_free) struct jsondoc *doc = NULL;
	const struct jsonval *status;

	if (ask(e->runtime_dir, "sink", sink, "status", NULL, &answer, NULL) < 0) {
		(void)printf("      the sink does not run: feedmill-sink -i %s, or systemctl "
			     "start feedmill-sink@%s\n",
			     sink, sink);
		return;
	}
	doc = jsondoc_parse(buf_str(&answer), answer.len, NULL);
	status = doc ? jsondoc_root(doc) : NULL;
	if (*show_text(status, "reason"))
		(void)printf("      the sink is %s: %s\n", show_text(status, "state"),
			     show_text(status, "reason"));
}

static void
print_sinks(const struct explaining *e, const struct jsonval *sinks)
{
	(void)printf("\nsinks\n");
	if (jsonval_count(sinks) == 0)
		(void)printf("  none is declared\n");
	for (size_t i = 0; i < jsonval_count(sinks); i++) {
		const struct jsonval *sink = jsonval_at(sinks, i);
		const char *state = show_text(sink, "state"), *reason = show_text(sink, "reason");

		(void)printf("  %-12s  %s", show_text(sink, "sink"), state);
		if (strcmp(state, "filtered out") == 0)
			(void)printf(" by '%s'", show_text(sink, "filter"));
		if (show_number(sink, "quarantine"))
			(void)printf(", item/%lld in the quarantine",
				     show_number(sink, "quarantine"));
		if (show_number(sink, "attempts"))
			(void)printf(", attempts %lld", show_number(sink, "attempts"));
		if (show_number(sink, "crashes"))
			(void)printf(", blamed for crashes (%lld points)",
				     show_number(sink, "crashes"));
		(void)putchar('\n');
		show_row("    reason", reason);
		if (strcmp(state, "waiting") == 0 || strcmp(state, "in flight") == 0)
			print_sink_trouble(e, show_text(sink, "sink"));
	}
}

static void
print_item(const struct explaining *e, const struct jsonval *story, const struct jsonval *feed)
{
	static const char *const members[] = {"title",     "url",     "guid",
					      "published", "updated", "fetched"};
	const struct jsonval *item = jsonval_get(story, "item");

	(void)printf("item\n");
	show_row("  id", show_text(story, "id"));
	show_row("  revision", show_text(story, "rev"));
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		char label[32];

		(void)snprintf(label, sizeof(label), "  %s", members[i]);
		show_row(label, show_text(item, members[i]));
	}
	print_number("  document", show_number(story, "fetch_seq"));
	show_row("  taken up", show_text(story, "arrived"));
	if (!item)
		(void)printf("  its text is no longer kept in the outbox (keep, keep_size)\n");
	if (feed)
		print_feed(feed, show_number(story, "fetch_seq"));
	if (item)
		print_tags(jsonval_get(item, "tags"));
	print_sinks(e, jsonval_get(story, "sinks"));
}

/* One story. */

static const char *
source_name(int from)
{
	return from == 1 ? "daemon" : "files";
}

static void
print_json(const struct buf *story, int story_from, const struct buf *feed, int feed_from)
{
	SCOPED(buf_done) struct buf out = buf_init((size_t)2 * ANSWER_MAX);
	struct json j = json_into(&out);

	json_object(&j);
	if (story) {
		json_key(&j, "story");
		json_raw(&j, buf_str(story), strcspn(buf_str(story), "\n"));
		json_member(&j, "story_from", source_name(story_from));
	}
	if (feed_from) {
		json_key(&j, "feed");
		json_raw(&j, buf_str(feed), strcspn(buf_str(feed), "\n"));
		json_member(&j, "feed_from", source_name(feed_from));
	}
	json_close(&j);
	(void)printf("%s\n", buf_str(&out));
}

static int
explain_item(const struct explaining *e, const char *id)
{
	SCOPED(buf_done) struct buf story = buf_init(ANSWER_MAX);
	SCOPED(buf_done) struct buf feed = buf_init(ANSWER_MAX);
	SCOPED(jsondoc_free) struct jsondoc *story_doc = NULL;
	SCOPED(jsondoc_free) struct jsondoc *feed_doc = NULL;
	const int from = ask_or_read(e, "classifier", id, false, &story);
	const struct jsonval *root;
	const char *feed_id;
	int feed_from = 0;

	if (!from)
		return COMMAND_BAD;
	story_doc = jsondoc_parse(buf_str(&story), story.len, NULL);
	root = story_doc ? jsondoc_root(story_doc) : NULL;
	feed_id = show_text(jsonval_get(jsonval_get(root, "item"), "feed"), "id");
	if (*feed_id)
		feed_from = ask_or_read(e, "fetcher", feed_id, true, &feed);
	if (e->json) {
		print_json(&story, from, &feed, feed_from);
		return COMMAND_GOOD;
	}
	if (feed_from)
		feed_doc = jsondoc_parse(buf_str(&feed), feed.len, NULL);
	print_item(e, root, feed_doc ? jsondoc_root(feed_doc) : NULL);
	if (from == 2)
		(void)printf("\n(the classifier does not run: this is what its files say)\n");
	return COMMAND_GOOD;
}

static int
explain_feed(const struct explaining *e, const char *url)
{
	SCOPED(buf_done) struct buf feed = buf_init(ANSWER_MAX);
	SCOPED(jsondoc_free) struct jsondoc *doc = NULL;
	const int from = ask_or_read(e, "fetcher", url, true, &feed);
	char shown[MASK_BYTES];

	if (!from)
		return command_bad("'%s' is neither an item that is kept nor a feed of the list",
				   mask_text(url, shown));
	if (e->json) {
		print_json(NULL, 0, &feed, from);
		return COMMAND_GOOD;
	}
	doc = jsondoc_parse(buf_str(&feed), feed.len, NULL);
	print_feed(doc ? jsondoc_root(doc) : NULL, 0);
	return COMMAND_GOOD;
}

/* Items by address, else a feed by it. */
static int
explain_address(const struct explaining *e, const char *text)
{
	SCOPED(buf_done) struct buf ids = buf_init(IDS_BYTES_MAX);
	int bad = 0;

	if (run_program(e, "feedmill-classifier", "find", text, true, &ids) != 0)
		return explain_feed(e, text);
	for (char *rest = NULL, *id = strtok_r(ids.data, "\n", &rest); id;
	     id = strtok_r(NULL, "\n", &rest)) {
		bad |= explain_item(e, id);
		if (*rest && !e->json)
			(void)putchar('\n');
	}
	return bad;
}

int
command_explain(int argc, char **argv)
{
	const char *path = command_config_path(&argc, argv);
	struct explaining e = {.config_path = path, .json = command_flag(&argc, argv, "--json")};
	struct options_common common;
	struct err err = {.kind = ERR_NONE};
	SCOPED(config_free) struct config *config = NULL;

	if (argc != 2 || argv[1][0] == '-')
		return command_usage("explain ITEM-ID|URL [--json]: the item's id, its address or "
				     "guid, or a feed's address");
	config = options_load(path, &common, &err);
	if (!config)
		return command_bad("%s", err.text);
	e.runtime_dir = common.runtime_dir;
	if (strlen(argv[1]) == ID_HEX && strspn(argv[1], "0123456789abcdef") == ID_HEX)
		return explain_item(&e, argv[1]);
	return explain_address(&e, argv[1]);
}
