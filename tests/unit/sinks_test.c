/* The stage's parts together, on a stage that is a stand-in: it takes what is offered. */
#include "classifier/classifier.h"
#include "common/quarantine.h"
#include "tests/unit/check.h"
#include "tests/unit/folder.h"
#include "tests/unit/tagged.h"

enum { ROUTES = 4, OFFERED_MAX = 64 };

/* The stand-in. */

struct route {
	char to[64];
	const struct route_ops *ops;
	void *self;
	uint64_t offered[OFFERED_MAX];
	size_t count;
	bool open;
};

static struct route routes[ROUTES];
static size_t room = 8;

struct route *
stage_route(struct stage *stage, const char *to, enum route_pick pick, bool stable_ids,
	    const struct route_ops *ops, void *self, struct err *err)
{
	(void)stage;
	(void)err;
	CHECK(pick == ROUTE_LEAST && stable_ids);
	for (size_t i = 0; i < ROUTES; i++) {
		if (routes[i].open)
			continue;
		routes[i] = (struct route){.ops = ops, .self = self, .open = true};
		(void)snprintf(routes[i].to, sizeof(routes[i].to), "%s", to);
		return &routes[i];
	}
	return NULL;
}

void
stage_route_close(struct stage *stage, struct route *route)
{
	(void)stage;
	route->open = false;
}

size_t
route_room(const struct route *route)
{
	(void)route;
	return room;
}

int
route_offer(struct route *route, uint64_t id, size_t len, uint64_t key_hash, struct err *err)
{
	(void)len;
	(void)key_hash;
	(void)err;
	CHECK(route->count < OFFERED_MAX);
	route->offered[route->count++] = id;
	return 0;
}

void
route_forget(struct route *route, uint64_t id)
{
	(void)route;
	(void)id;
}

bool
stage_tapped(const struct stage *stage)
{
	(void)stage;
	return false;
}

void
stage_tap(struct stage *stage, const char *json, size_t len)
{
	(void)stage;
	(void)json;
	(void)len;
}

/* The classifier. */

static const char rules_text[] = "[tag coins]\nany = coin(s)\n";
static struct folder folder;
static struct classifier c;

static struct config *
configured(const char *text)
{
	struct config *config = config_parse("f.conf", text, strlen(text), NULL);

	if (!config)
		exit(EXIT_FAILURE);
	return config;
}

static void
start(const char *text)
{
	const struct outbox_options options = {
		.keep_s = 3600, .keep_bytes = 1 << 20, .seen_s = 24 * 3600};
	SCOPED(config_free) struct config *config = configured(text);
	struct err err = {.kind = ERR_NONE};

	folder = folder_make();
	c = (struct classifier){.arena = arena_new(1 << 24), .scratch = buf_init(1 << 24)};
	c.rules = rules_parse("r", rules_text, strlen(rules_text), &err);
	c.tagger = tagger_new(c.rules, &err);
	c.given = calloc(2, sizeof(*c.given));
	c.outbox = outbox_open(folder_file(&folder, "outbox.db"), &options, &err);
	c.stories = c.outbox ? stories_open(outbox_db(c.outbox), 3600, &err) : NULL;
	c.firings = c.stories ? firingbook_open(outbox_db(c.outbox), 0, &err) : NULL;
	c.sinks = c.firings ? sinks_open(NULL, c.outbox, config, &err) : NULL;
	CHECK_STR(err.text, "");
	if (!c.sinks || !c.given)
		exit(EXIT_FAILURE);
}

static void
stop(void)
{
	sinks_close(c.sinks);
	stories_close(c.stories);
	firingbook_close(c.firings);
	outbox_close(c.outbox);
	tagger_free(c.tagger);
	rules_free(c.rules);
	free(c.given);
	arena_free(c.arena);
	buf_done(&c.scratch);
	folder_drop(&folder);
	for (size_t i = 0; i < ROUTES; i++) {
		CHECK(!routes[i].open);
		routes[i] = (struct route){.open = false};
	}
}

static bool
take(unsigned n, unsigned rev, uint64_t seq, const char *title)
{
	struct item item = tagged_item(n, rev, seq, NULL);
	bool is_new = false;

	item.title = title;
	arena_reset(c.arena);
	CHECK(classifier_take(&c, &item, &is_new, NULL) == 0);
	return is_new;
}

static void
commit(void)
{
	CHECK(sinks_save(c.sinks, NULL) == 0 && outbox_commit(c.outbox, NULL) == 0);
	sinks_committed(c.sinks);
}

static struct route *
route_to(const char *to)
{
	for (size_t i = 0; i < ROUTES; i++)
		if (routes[i].open && strcmp(routes[i].to, to) == 0)
			return &routes[i];
	return NULL;
}

/* What a sink is offered now, as numbers. */
static const char *
offered(const char *to)
{
	static char out[256];
	struct route *route = route_to(to);

	out[0] = '\0';
	if (!route)
		return "no route";
	route->count = 0;
	CHECK(route->ops->fill(route->self, route, NULL) == 0);
	for (size_t i = 0; i < route->count; i++)
		(void)snprintf(out + strlen(out), sizeof(out) - strlen(out), "%s%d",
			       i > 0 ? " " : "", (int)route->offered[i]);
	return out;
}

static void
acked(const char *to, uint64_t id)
{
	struct route *route = route_to(to);

	CHECK(route && route->ops->acked(route->self, route, id, NULL) == 0);
}

static const char *
asked(const char *command, const char *arg)
{
	static struct buf out;
	struct err err = {.kind = ERR_NONE};
	struct json j;

	buf_done(&out);
	out = buf_init(65536);
	j = json_into(&out);
	if (classifier_control(&c, command, arg, &j, &err) < 0)
		(void)buf_adds(&out, err.text, NULL);
	commit();
	return buf_str(&out);
}

static void
each_sink_gets_what_it_wants_at_its_own_pace(void)
{
	start("[sink all]\n[sink some]\nfilter = tag:coins\n");
	CHECK(take(1, 1, 1, "A coin") && take(2, 1, 1, "Nothing") && take(3, 1, 1, "Coins"));
	CHECK(!take(1, 1, 2, "A coin") && !take(1, 2, 0, "An older coin"));
	CHECK(c.known == 1 && c.old == 1 && c.given[0] == 2);
	CHECK_STR(offered("sink/some"), "");
	commit();
	CHECK_STR(offered("sink/some"), "1 3");
	CHECK_STR(offered("sink/all"), "1 2 3");
	CHECK(sinks_hold(c.sinks).deliveries == 0);
	acked("sink/some", 1);
	acked("sink/some", 3);
	commit();
	CHECK(sinks_hold(c.sinks).deliveries == 0);
	for (uint64_t i = 1; i <= 3; i++)
		acked("sink/all", i);
	commit();
	CHECK(sinks_hold(c.sinks).deliveries == 3 && !sinks_are_dirty(c.sinks));
	stop();
}

static void
a_reload_brings_and_takes_sinks_and_changes_filters(void)
{
	SCOPED(config_free)
	struct config *other =
		configured("[sink some]\nfilter = -tag:coins\n[sink new]\nfrom = now\n");
	SCOPED(config_free) struct config *bad = configured("[sink some]\nfilter = x\n");
	struct err err = {.kind = ERR_NONE};

	start("[sink all]\n[sink some]\nfilter = tag:coins\n");
	CHECK(take(1, 1, 1, "A coin"));
	commit();
	CHECK(sinks_reload(c.sinks, bad, &err) == -1 && err.kind == ERR_USAGE);
	CHECK(sinks_count(c.sinks) == 2 && sinks_find(c.sinks, "all"));
	CHECK(sinks_reload(c.sinks, other, &err) == 0);
	commit();
	CHECK(!sinks_find(c.sinks, "all") && !route_to("sink/all"));
	CHECK_STR(offered("sink/some"), "");
	CHECK_STR(offered("sink/new"), "");
	CHECK(take(2, 1, 1, "Nothing"));
	commit();
	CHECK_STR(offered("sink/some"), "2");
	CHECK_STR(offered("sink/new"), "2");
	/* all is remembered, and holds nothing. */
	acked("sink/some", 2);
	acked("sink/new", 2);
	commit();
	CHECK(sinks_hold(c.sinks).deliveries == 2);
	CHECK(strstr(asked("sink-drop", "some"), "is declared"));
	CHECK_STR(asked("sink-drop", "all"), "{\"dropped\":\"all\"}");
	CHECK_STR(asked("sink-drop", "all"), "no sink 'all' is remembered");
	stop();
}

static void
what_a_sink_refuses_waits_for_a_person(void)
{
	struct route *route;

	start("[sink a]\n[sink b]\n");
	CHECK(take(1, 1, 1, "A coin"));
	commit();
	CHECK_STR(offered("sink/a"), "1");
	CHECK_STR(offered("sink/b"), "1");
	route = route_to("sink/a");
	CHECK(route &&
	      route->ops->rejected(route->self, route, 1, "sink@a", "too round", NULL) == 0);
	acked("sink/b", 1);
	commit();
	CHECK(sinks_hold(c.sinks).deliveries == 1);
	CHECK(strstr(asked("rules-stats", ""), "{\"items\":1,\"tag\":"));
	CHECK(strstr(asked("quarantine-list", ""),
		     "\"ref\":\"00000000000000000000000000000001\",\"stage\":\"sink@a\","
		     "\"reason\":\"too round\""));
	CHECK(strstr(asked("quarantine-show", "1"), "\"item\":{\"v\":1,\"id\":\"0000"));
	CHECK_STR(asked("quarantine-retry", "9"), "no item 9 in the quarantine");
	CHECK(strstr(asked("quarantine-retry", "x"), "is no quarantine id"));
	CHECK_STR(asked("quarantine-retry", "1"), "{\"retried\":1}");
	CHECK(quarantine_count(outbox_db(c.outbox)) == 0);
	/* Once more, to the one that refused it. */
	CHECK_STR(offered("sink/a"), "2");
	CHECK_STR(offered("sink/b"), "");
	stop();
}

static void
what_kills_a_sink_is_quarantined_and_innocents_are_not(void)
{
	struct route *route;

	start("[sink a]\n");
	CHECK(take(1, 1, 1, "Poison") && take(2, 1, 1, "Bread"));
	commit();
	CHECK_STR(offered("sink/a"), "1 2");
	route = route_to("sink/a");
	for (int i = 0; i < 2; i++)
		CHECK(route && route->ops->crashed(route->self, route, 1, "sink@a",
						   ROUTE_BLAME_CRASH, NULL) == 0);
	CHECK(route &&
	      route->ops->crashed(route->self, route, 1, "sink@a", ROUTE_BLAME_CRASH, NULL) == 1);
	acked("sink/a", 2);
	commit();
	CHECK(sinks_hold(c.sinks).deliveries == 2 && quarantine_count(outbox_db(c.outbox)) == 1);
	CHECK_STR(asked("quarantine-drop", "1"), "{\"dropped\":1}");
	CHECK(quarantine_count(outbox_db(c.outbox)) == 0);
	stop();
}

static void
an_item_tells_its_story(void)
{
	const char *story;

	start("[sink a]\n[sink b]\nfilter = -tag:coins\n");
	CHECK(take(7, 1, 5, "A coin"));
	commit();
	story = asked("explain", "00000000000000000000000000000007");
	CHECK(strstr(story, "\"rev\":\"0000000000000001\",\"fetch_seq\":5,\"outbox_seq\":1"));
	CHECK(strstr(story, "\"rule\":\"coin(s)\",\"field\":\"title\",\"text\":\"coin\",\"at\":2"));
	CHECK(strstr(story, "{\"sink\":\"a\",\"state\":\"waiting\"}"));
	CHECK(strstr(story, "\"state\":\"filtered out\",\"filter\":\"-tag:coins\"}"));
	CHECK_STR(offered("sink/a"), "1");
	CHECK(strstr(asked("explain", "00000000000000000000000000000007"), "\"in flight\""));
	acked("sink/a", 1);
	CHECK(strstr(asked("explain", "00000000000000000000000000000007"), "\"delivered\""));
	CHECK(strstr(asked("explain", "00000000000000000000000000000008"), "was never seen"));
	CHECK(strstr(asked("explain", "xyz"), "not 32 hex digits"));
	CHECK(strstr(asked("frobnicate", ""), "unknown command"));
	stop();
}

static void
a_replay_comes_once_more_to_that_sink(void)
{
	start("[sink a]\n[sink b]\n");
	CHECK(take(1, 1, 1, "A coin") && take(2, 1, 1, "Nothing"));
	commit();
	CHECK_STR(offered("sink/a"), "1 2");
	acked("sink/a", 1);
	acked("sink/a", 2);
	CHECK_STR(asked("replay", "a 0 tag:coins"), "{\"rows\":2}");
	CHECK_STR(offered("sink/a"), "1");
	CHECK(strstr(asked("replay", "x"), "there is no [sink x]"));
	CHECK(strstr(asked("replay", "a soon"), "SINCE in seconds"));
	CHECK(strstr(asked("replay", "a 0 coins"), "filter term"));
	stop();
}

static void
says_who_is_behind(void)
{
	SCOPED(buf_done) struct buf out = buf_init(65536);
	struct json j = json_into(&out);

	start("[sink a]\n[sink b]\n");
	CHECK(take(1, 1, 1, "A coin") && take(2, 1, 1, "Nothing"));
	commit();
	CHECK_STR(offered("sink/a"), "1 2");
	acked("sink/a", 1);
	sinks_slowest(c.sinks, &out);
	CHECK_STR(buf_str(&out), "sink b is 2 items behind");
	buf_reset(&out);
	sinks_status(c.sinks, 0, &j);
	CHECK(strstr(
		buf_str(&out),
		"{\"sink\":\"a\",\"state\":\"behind\",\"accepted\":2,\"settled\":1,\"depth\":1,"));
	CHECK(strstr(buf_str(&out), "\"pending\":1,\"delivered\":1,\"quarantined\":0"));
	stop();
}

int
main(void)
{
	RUN(each_sink_gets_what_it_wants_at_its_own_pace);
	RUN(a_reload_brings_and_takes_sinks_and_changes_filters);
	RUN(what_a_sink_refuses_waits_for_a_person);
	RUN(what_kills_a_sink_is_quarantined_and_innocents_are_not);
	RUN(an_item_tells_its_story);
	RUN(a_replay_comes_once_more_to_that_sink);
	RUN(says_who_is_behind);
	return check_done();
}
