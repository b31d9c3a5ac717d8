#include "classifier/explain.h"
#include "tests/unit/check.h"

enum { ARENA_BYTES_MAX = 8 * 1024 * 1024, OUT_BYTES_MAX = 65536 };

static struct arena *arena;
static struct buf out;

static const char *
explained(const char *text, const char *title, const char *summary)
{
	static struct err err;
	SCOPED(rules_free) struct rules *rules = rules_parse("dir/r", text, strlen(text), &err);
	SCOPED(tagger_free) struct tagger *tagger = rules ? tagger_new(rules, &err) : NULL;
	SCOPED(nearmisses_free)
	struct nearmisses *misses = rules ? nearmisses_new(rules, &err) : NULL;
	const struct item_tag *tags;
	struct item item = item_empty();
	size_t count;

	item.title = title;
	item.summary = summary;
	arena_reset(arena);
	buf_reset(&out);
	if (!misses || !tagger || tagger_run(tagger, &item, arena, &tags, &count, &err) < 0 ||
	    nearmisses_find(misses, &item, arena, &err) < 0)
		return err.text;
	explain_item(rules, tagger, misses, &item, &out);
	return buf_str(&out);
}

static void
each_tag_says_its_sum_its_threshold_and_what_counts(void)
{
	CHECK_STR(explained("[tag t]\ntitle = coin\n[tag u]\nany = coin\nmask = a coin\n"
			    "[tag v]\nany = coin\n",
			    NULL, "<i>a Coin</i>"),
		  "(no title)\n"
		  "  v: given, 3 of 3\n"
		  "         3  summary@5 'Coin'  by 'coin'  r:7\n"
		  "  t: not given, 1 of 3\n"
		  "         1  summary@5 'Coin'  by 'coin'  r:2\n"
		  "  u: not given, 0 of 3\n"
		  "    masked  summary@5 'Coin'  by 'coin'  r:4  (by the mask 'a coin' r:5)\n");
	CHECK_STR(explained("[tag t]\nany = coin\n", "A purse", NULL),
		  "A purse\n  no phrase of any tag was met\n");
}

static void
a_veto_names_its_phrase(void)
{
	CHECK_STR(explained("[tag t]\nany = gemini\nnone = gemini protocol\n",
			    "The Gemini protocol", NULL),
		  "The Gemini protocol\n"
		  "  t: vetoed, 4 of 3\n"
		  "         4  title@4 'Gemini'  by 'gemini'  r:2\n"
		  "      veto  title@4 'Gemini protocol'  by 'gemini protocol'  r:3\n");
}

static void
a_set_says_what_it_lacks(void)
{
	static const char rules[] = "[tag a]\nany = x\n[tag b]\nany = y\n[tag c]\nany = z\n"
				    "[set both]\nall = a b\n[set only]\nall = a\nnone = b c\n"
				    "[set one]\nall = a\nany = b c\n";

	CHECK_STR(explained(rules, "x", NULL),
		  "x\n"
		  "  a: given, 4 of 3\n"
		  "         4  title@0 'x'  by 'x'  r:2\n"
		  "  only: given, 4 of 3\n"
		  "         0  tag@0 'a'  by 'all'  r:9\n"
		  "  both: not given, a set r:7; of all it lacks b\n"
		  "  one: not given, a set r:12; of any it has none: b c\n");
	CHECK(strstr(explained(rules, "x z", NULL),
		     "  only: not given, a set r:9; of none it has c\n"));
}

static void
near_misses_of_tags_without_evidence_stand_last(void)
{
	CHECK_STR(
		explained("[tag t]\nany =\n LLM(s)\n prompt near/2 model\n coin\n /gpt-[345]/\n"
			  "[tag u]\nany = llm\n",
			  "llm coins gpt-2", "prompt for a big model"),
		"llm coins gpt-2\n"
		"  u: given, 4 of 3\n"
		"         4  title@0 'llm'  by 'llm'  r:8\n"
		"  t: not given, 0 of 3\n"
		"      case  title@0 'llm'  by 'LLM(s)'  r:3  (a word with a capital is met in "
		"that spelling only)\n"
		"       far  summary@0 'prompt for a big model'  by 'prompt near/2 model'  r:4  "
		"(too far: 4 words apart, 2 at most)\n"
		"      word  title@4 'coins'  by 'coin'  r:5  (a longer word; a star or (s) behind "
		"the phrase would meet it)\n"
		"     regex  title@10 'gpt'  by '/gpt-[345]/'  r:6  (of the expression only this "
		"is there)\n");
}

int
main(void)
{
	arena = arena_new(ARENA_BYTES_MAX);
	out = buf_init(OUT_BYTES_MAX);
	RUN(each_tag_says_its_sum_its_threshold_and_what_counts);
	RUN(a_veto_names_its_phrase);
	RUN(a_set_says_what_it_lacks);
	RUN(near_misses_of_tags_without_evidence_stand_last);
	buf_done(&out);
	arena_free(arena);
	return check_done();
}
