/* feedmill status: a line a stage, and what wants attention below it; feedmill top: the same again
 * and again, with rates. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/quantity.h"
#include "deploy/feedmill/ask.h"
#include "deploy/feedmill/command.h"
#include "deploy/feedmill/show.h"

enum { WHO_BYTES = 192, RATES_MAX = 256, TOP_SECONDS = 2, TOP_SECONDS_MAX = 3600 };

/* What a stage had handled at the last look, for top. */
struct rate {
	char who[WHO_BYTES];
	long long handled;
	int64_t at_ms;
};

struct view {
	const char *runtime_dir;
	bool json;
	int found, silent;
	struct rate *rates; /* NULL: no rates */
	size_t rate_count;
};

static void
print_routes(const struct jsonval *stage)
{
	const struct jsonval *routes = jsonval_get(stage, "routes");

	for (size_t i = 0; i < jsonval_count(routes); i++) {
		const struct jsonval *route = jsonval_at(routes, i);
		const struct jsonval *receivers = jsonval_get(route, "receivers");
		const size_t all = jsonval_count(receivers);
		size_t up = 0;

		for (size_t n = 0; n < all; n++)
			up += strcmp(show_text(jsonval_at(receivers, n), "state"), "up") == 0;
		(void)printf("    -> %-20s ", show_text(route, "to"));
		if (all == 0)
			(void)printf("nobody there");
		else
			(void)printf("%zu of %zu up", up, all);
		(void)printf(", %lld in flight, %lld sent again\n", show_number(route, "in_flight"),
			     show_number(route, "resent"));
	}
}

/* Numbers that a stage adds itself, as "name value": whatever they are called. */
static void
print_own(const struct jsonval *stage)
{
	static const char *const shown[] = {"uptime_s", "pid",        "handled",
					    "rejected", "quarantine", NULL};
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

/* The fetcher's: the list, the spool, and the feeds that fail with what to do about it. */
static void
print_feeds(const struct jsonval *stage)
{
	const struct jsonval *feeds = jsonval_get(stage, "feeds");
	const struct jsonval *polls = jsonval_get(stage, "polls");
	const struct jsonval *hubs = jsonval_get(stage, "websub");
	const struct jsonval *spool = jsonval_get(stage, "spool");
	const struct jsonval *failing = jsonval_get(stage, "failing");
	char age[24];

	if (!feeds)
		return;
	(void)printf("    feeds %lld: %lld due, %lld failing, %lld retired\n",
		     show_number(feeds, "listed"), show_number(feeds, "due"),
		     show_number(feeds, "failing"), show_number(feeds, "retired"));
	(void)printf("    polls %lld: %lld documents, %lld unchanged, %lld failed\n",
		     show_number(polls, "started"), show_number(polls, "documents"),
		     show_number(polls, "unchanged"), show_number(polls, "failed"));
	if (hubs)
		(void)printf("    pushed by hubs %lld: %lld pushes, %lld of them known already, "
			     "%lld forged\n",
			     show_number(hubs, "subscribed"), show_number(hubs, "pushes"),
			     show_number(hubs, "pushes_same"), show_number(hubs, "forged"));
	show_row("    paused", show_text(polls, "paused"));
	(void)printf("    spool %lld documents wait, %lld bytes", show_number(spool, "depth"),
		     show_number(spool, "bytes"));
	if (show_number(spool, "oldest_s"))
		(void)printf(", the oldest for %s", show_age(show_number(spool, "oldest_s"), age));
	(void)putchar('\n');
	for (size_t i = 0; i < jsonval_count(failing); i++) {
		const struct jsonval *feed = jsonval_at(failing, i);
		const char *url = show_text(feed, "url"), *reason = show_text(feed, "reason");

		(void)printf("    failing ");
		show_safely(stdout, url, strlen(url), 0);
		(void)printf("\n        ");
		show_safely(stdout, reason, strlen(reason), 0);
		(void)printf("; again at %s\n", show_text(feed, "due"));
	}
}

static void
print_sinks(const struct jsonval *stage)
{
	static const struct {
		const char *member, *words;
	} rarer[] = {
		{"expired", "expired"},           {"filtered", "filtered out"},
		{"before", "from before"},        {"replayed", "replayed"},
		{"replaying", "still to replay"},
	};
	const struct jsonval *sinks = jsonval_get(stage, "sinks");

	for (size_t i = 0; i < jsonval_count(sinks); i++) {
		const struct jsonval *sink = jsonval_at(sinks, i);
		char age[24];

		(void)printf("    sink %-16s %lld of %lld settled, %lld queued",
			     show_text(sink, "sink"), show_number(sink, "settled"),
			     show_number(sink, "accepted"), show_number(sink, "depth"));
		if (show_number(sink, "depth"))
			(void)printf(" (the oldest for %s)",
				     show_age(show_number(sink, "oldest_s"), age));
		(void)printf("; delivered %lld, quarantined %lld", show_number(sink, "delivered"),
			     show_number(sink, "quarantined"));
		for (size_t n = 0; n < sizeof(rarer) / sizeof(rarer[0]); n++)
			if (show_number(sink, rarer[n].member))
				(void)printf(", %s %lld", rarer[n].words,
					     show_number(sink, rarer[n].member));
		(void)putchar('\n');
	}
	if (show_number(stage, "retag_left") || show_number(stage, "retagged"))
		(void)printf(
			"    retag: %lld items got other tags, %lld rows are left to look at\n",
			show_number(stage, "retagged"), show_number(stage, "retag_left"));
	if (show_number(stage, "quarantine"))
		(void)printf("    %lld in the quarantine: feedmill quarantine list\n",
			     show_number(stage, "quarantine"));
}

/* ", 123/s" since the last look. */
static void
print_rate(struct view *view, const char *who, long long handled)
{
	const int64_t now_ms = clock_mono_ms();
	struct rate *rate = view->rates;
	const struct rate *end = rate ? rate + view->rate_count : NULL;

	while (rate && rate < end && strcmp(rate->who, who) != 0)
		rate++;
	if (!rate || (rate == end && view->rate_count == RATES_MAX))
		return;
	if (rate == end)
		(void)snprintf(view->rates[view->rate_count++].who, WHO_BYTES, "%s", who);
	else if (now_ms > rate->at_ms && handled >= rate->handled)
		(void)printf(" (%lld/s)",
			     (handled - rate->handled) * 1000 / (long long)(now_ms - rate->at_ms));
	rate->handled = handled;
	rate->at_ms = now_ms;
}

static void
print_stage(struct view *view, const struct jsonval *stage)
{
	const char *reason = show_text(stage, "reason");
	char who[WHO_BYTES], age[24];

	(void)snprintf(who, sizeof(who), "%.60s@%.120s", show_text(stage, "stage"),
		       show_text(stage, "instance"));
	(void)printf("%-20s %-9s up %s, handled %lld", who, show_text(stage, "state"),
		     show_age(show_number(stage, "uptime_s"), age), show_number(stage, "handled"));
	print_rate(view, who, show_number(stage, "handled"));
	(void)printf(", rejected %lld%s", show_number(stage, "rejected"), *reason ? ": " : "");
	show_safely(stdout, reason, strlen(reason), 0);
	(void)putchar('\n');
	print_own(stage);
	print_feeds(stage);
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
		print_stage(view, jsondoc_root(doc));
	return 0;
}

static int
look(struct view *view)
{
	view->found = view->silent = 0;
	(void)ask_each(view->runtime_dir, show, view);
	if (!view->found && access(view->runtime_dir, R_OK | X_OK) < 0 && errno == EACCES)
		return command_bad("%s may not be looked into; ask as root or as one of the group "
				   "feedmill",
				   view->runtime_dir);
	if (!view->found)
		return command_bad("nothing runs below %s; start it with 'feedmill run' or "
				   "'systemctl start feedmill.target'",
				   view->runtime_dir);
	return view->silent ? COMMAND_BAD : COMMAND_GOOD;
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
	return look(&view);
}

/* Until ^C; -n COUNT looks and then an end, for scripts. */
int
command_top(int argc, char **argv)
{
	const char *path = command_config_path(&argc, argv);
	const char *every = command_option(&argc, argv, "--every", "2");
	const char *looks = command_option(&argc, argv, "-n", "0");
	struct options_common common;
	struct err err = {.kind = ERR_NONE};
	SCOPED(config_free) struct config *config = NULL;
	SCOPED(free) struct rate *rates = calloc(RATES_MAX, sizeof(*rates));
	struct view view = {.rates = rates};
	int64_t every_s = TOP_SECONDS, count = 0;
	int status = COMMAND_GOOD;

	if (argc > 1 || !quantity_int(every, &every_s) || every_s < 1 ||
	    every_s > TOP_SECONDS_MAX || !quantity_int(looks, &count) || count < 0)
		return command_usage("top [--every SECONDS] [-n LOOKS]");
	config = options_load(path, &common, &err);
	if (!config || !rates)
		return command_bad("%s", rates ? err.text : "no memory");
	view.runtime_dir = common.runtime_dir;
	for (int64_t n = 1;; n++) {
		char now[CLOCK_RFC3339_BYTES];

		if (isatty(STDOUT_FILENO))
			(void)fputs("\033[H\033[J", stdout);
		(void)printf("feedmill %s  every %lld s, ^C ends\n\n",
			     clock_rfc3339(clock_wall_s(), now), (long long)every_s);
		status = look(&view);
		(void)fflush(stdout);
		if (n == count || ferror(stdout))
			return status;
		(void)nanosleep(&(struct timespec){.tv_sec = every_s}, NULL);
	}
}
