/* feedmill feeds: the list of feeds. What is known of them is asked of the fetcher, which need not
 * be running to change the list: that is its own program's work. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/clock.h"
#include "common/jsondoc.h"
#include "deploy/feedmill/ask.h"
#include "deploy/feedmill/command.h"
#include "deploy/feedmill/show.h"

enum { ID_BYTES = 64, AGE_BYTES = 24 };

/* The fetcher's answer. */
static int
ask_fetcher(const char *config_path, const char *command, const char *argument, struct buf *answer,
	    struct err *err)
{
	struct options_common common;
	SCOPED(config_free) struct config *config = options_load(config_path, &common, err);

	return config ? ask(common.runtime_dir, "fetcher", "main", command, argument, answer, err)
		      : -1;
}

static void
note_id(void *arg, const struct jsonval *row, const char *line, size_t len)
{
	(void)line;
	(void)len;
	(void)snprintf(arg, ID_BYTES, "%s", show_text(row, "id"));
}

/* Table. */

struct table {
	bool begun;
	char last[ID_BYTES];
};

/* "2026-11-25T09:00:00Z" as how far from now; "-" where it is none. */
static const char *
distance(const char *text, int64_t now_s, char out[AGE_BYTES])
{
	struct tm tm = {.tm_isdst = 0};

	if (!*text || !strptime(text, "%Y-%m-%dT%H:%M:%SZ", &tm))
		return "-";
	return show_age(llabs((long long)timegm(&tm) - now_s), out);
}

static const char *
state_of(const struct jsonval *feed)
{
	return *show_text(feed, "retired")           ? "gone"
	       : show_number(feed, "failures") > 0   ? "failing"
	       : show_number(feed, "rejections") > 0 ? "refused"
	       : *show_text(feed, "polled")          ? "good"
						     : "new";
}

static void
print_row(void *arg, const struct jsonval *feed, const char *line, size_t len)
{
	const char *title = show_text(feed, "title"), *url = show_text(feed, "url");
	const char *reason = show_text(feed, "reason");
	const int64_t now_s = clock_wall_s();
	char polled[AGE_BYTES], due[AGE_BYTES];
	struct table *table = arg;

	note_id(table->last, feed, line, len);
	if (!table->begun)
		(void)printf("%-8s %6s %6s  %s\n", "STATE", "POLLED", "NEXT", "FEED");
	table->begun = true;
	if (!*title)
		title = show_text(feed, "own_title");
	(void)printf("%-8s %6s %6s  ", state_of(feed),
		     distance(show_text(feed, "polled"), now_s, polled),
		     distance(show_text(feed, "due"), now_s, due));
	show_safely(stdout, url, strlen(url), 0);
	if (*title) {
		(void)printf("  ");
		show_safely(stdout, title, strlen(title), 0);
	}
	if (*reason) {
		(void)printf("\n%25s", "");
		show_safely(stdout, reason, strlen(reason), 0);
	}
	(void)putchar('\n');
}

/* The answer comes in pages. */
static int
feeds_list(int argc, char **argv)
{
	const char *config_path = command_config_path(&argc, argv);
	const bool json = command_flag(&argc, argv, "--json");
	struct table table = {.begun = false};
	struct err err = {.kind = ERR_NONE};

	if (argc != 2)
		return command_usage("feeds list [--json]");
	for (;;) {
		SCOPED(buf_done) struct buf answer = buf_init(ASK_ANSWER_MAX);
		char after[ID_BYTES];

		memcpy(after, table.last, sizeof(after));
		if (ask_fetcher(config_path, "feeds", after, &answer, &err) < 0)
			return command_bad("%s", err.text);
		show_lines(&answer, json ? note_id : print_row, json ? (void *)table.last : &table);
		if (strcmp(table.last, after) == 0)
			break;
		if (json)
			(void)fputs(buf_str(&answer), stdout);
	}
	if (!json && !table.begun)
		(void)printf("no feed is listed; feedmill feeds add URL\n");
	return COMMAND_GOOD;
}

static int
feeds_poll(int argc, char **argv)
{
	const char *config_path = command_config_path(&argc, argv);
	SCOPED(buf_done) struct buf answer = buf_init(ASK_ANSWER_MAX);
	struct err err = {.kind = ERR_NONE};

	if (argc != 3)
		return command_usage("feeds poll URL|all");
	if (ask_fetcher(config_path, "poll", argv[2], &answer, &err) < 0)
		return command_bad("%s", err.text);
	(void)fputs(buf_str(&answer), stdout);
	return COMMAND_GOOD;
}

/* Show. */

/* "2026-11-25T09:00:00Z, 3m ago" or "..., in 3m" in a row. */
static void
show_time(const struct jsonval *feed, const char *label, const char *key, const char *more)
{
	const char *text = show_text(feed, key);
	char row[1024], age[24];
	struct tm tm = {.tm_isdst = 0};
	long long left_s;

	if (!*text)
		return;
	if (!strptime(text, "%Y-%m-%dT%H:%M:%SZ", &tm)) {
		show_row(label, text);
		return;
	}
	left_s = (long long)timegm(&tm) - clock_wall_s();
	(void)snprintf(row, sizeof(row), "%s, %s%s%s%s%s", text, left_s > 0 ? "in " : "",
		       show_age(llabs(left_s), age), left_s > 0 ? "" : " ago", *more ? ": " : "",
		       more);
	show_row(label, row);
}

static void
show_count(const struct jsonval *feed, const char *label, const char *key, const char *words)
{
	char row[256];

	if (show_number(feed, key) == 0)
		return;
	(void)snprintf(row, sizeof(row), "%lld %s", show_number(feed, key), words);
	show_row(label, row);
}

static void
show_feed(void *arg, const struct jsonval *feed, const char *line, size_t len)
{
	const char *why = show_text(feed, "why");
	char status[64] = "";

	(void)arg;
	(void)line;
	(void)len;
	show_row("feed", show_text(feed, "url"));
	show_row("id", show_text(feed, "id"));
	show_row("title", *show_text(feed, "title") ? show_text(feed, "title")
						    : show_text(feed, "own_title"));
	show_row("folder", show_text(feed, "category"));
	show_row("site", show_text(feed, "link"));
	show_row("asked at", show_text(feed, "moved_to"));
	show_row("may move to", show_text(feed, "moving_to"));
	if (*show_text(feed, "due"))
		show_time(feed, "next poll", "due", why);
	else
		show_row("next poll", why);
	if (show_number(feed, "status") > 0)
		(void)snprintf(status, sizeof(status), "status %lld", show_number(feed, "status"));
	show_time(feed, "last poll", "polled", status);
	show_time(feed, "last good", "last_ok", "");
	show_time(feed, "last change", "changed", "");
	show_time(feed, "newest item", "newest_item", "");
	show_row("trouble", show_text(feed, "reason"));
	show_count(feed, "failures", "failures", "in a row");
	show_count(feed, "refused", "rejections", "documents that no parser could read");
	show_count(feed, "interval", "wanted_interval_s", "seconds, by the list");
	show_count(feed, "its ttl", "ttl_s", "seconds");
	show_row("ETag", show_text(feed, "etag"));
	show_row("modified", show_text(feed, "last_modified"));
	show_row("hub", show_text(feed, "hub"));
	show_row("pushed", show_text(jsonval_get(feed, "websub"), "says"));
	show_row("archive", show_text(feed, "prev_archive"));
	show_time(feed, "retired", "retired", "the publisher says that it is gone");
}

static int
feeds_show(int argc, char **argv)
{
	const char *config_path = command_config_path(&argc, argv);
	const bool json = command_flag(&argc, argv, "--json");
	SCOPED(buf_done) struct buf answer = buf_init(ASK_ANSWER_MAX);
	struct err err = {.kind = ERR_NONE};

	if (argc != 3)
		return command_usage("feeds show URL|ID [--json]");
	if (ask_fetcher(config_path, "explain", argv[2], &answer, &err) < 0)
		return command_bad("%s", err.text);
	if (json)
		(void)fputs(buf_str(&answer), stdout);
	else
		show_lines(&answer, show_feed, NULL);
	return COMMAND_GOOD;
}

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
} commands[] = {
	{"list", feeds_list},     {"poll", feeds_poll},     {"show", feeds_show},
	{"add", command_tool},    {"remove", command_tool}, {"import", command_tool},
	{"export", command_tool},
};

int
command_feeds(int argc, char **argv)
{
	for (size_t i = 0; argc >= 2 && i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strcmp(argv[1], commands[i].name) == 0)
			return commands[i].run(argc, argv);
	return command_usage(
		"feeds list [--json] | show URL [--json] | poll URL|all | add URL ... |"
		" remove URL ... | import FILE | export");
}
