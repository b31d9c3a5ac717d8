#include "classifier/firing.h"
#include "tests/unit/check.h"

static const char text[] =
	"[tag a]\nany =\n x\n never\nfrom = a.example\n[every]\nstop = the end\n";
static struct rules *rules;
static struct tagger *tagger;

static void
tells_each_line_of_the_rules_how_many_items_it_met(void)
{
	SCOPED(buf_done) struct buf out = buf_init(65536);

	firing_table(rules, tagger, &out);
	CHECK_STR(buf_str(&out), "2 items\n"
				 "       1  every          stop     the end  r:7\n"
				 "       2  a              any      x  r:3\n"
				 "       0  a              any      never  r:4\n"
				 "       1  a              from     a.example  r:5\n");
}

static void
is_one_object_a_line_as_json(void)
{
	SCOPED(buf_done) struct buf out = buf_init(65536);
	struct json j = json_into(&out);

	firing_json(rules, tagger, "2026-11-25T08:00:00Z", &j);
	CHECK(strstr(buf_str(&out),
		     "{\"items\":0,\"tag\":\"a\",\"list\":\"any\",\"rule\":\"never\","
		     "\"file\":\"r\",\"line\":4,\"since\":\"2026-11-25T08:00:00Z\"}"));
	CHECK(strstr(buf_str(&out), "\"list\":\"from\",\"rule\":\"a.example\""));
}

int
main(void)
{
	struct arena *arena = arena_new(1024 * 1024);
	const struct item_tag *tags;
	struct item item = item_empty();
	struct err err;
	size_t count;

	rules = rules_parse("r", text, strlen(text), &err);
	tagger = rules ? tagger_new(rules, &err) : NULL;
	if (!tagger || !arena)
		return EXIT_FAILURE;
	item.title = "x and x";
	CHECK(tagger_run(tagger, &item, arena, &tags, &count, &err) == 0);
	item.summary = "the end";
	item.feed.link = "https://a.example/";
	CHECK(tagger_run(tagger, &item, arena, &tags, &count, &err) == 0);
	RUN(tells_each_line_of_the_rules_how_many_items_it_met);
	RUN(is_one_object_a_line_as_json);
	tagger_free(tagger);
	rules_free(rules);
	arena_free(arena);
	return check_done();
}
