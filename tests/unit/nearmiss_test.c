#include "classifier/nearmiss.h"
#include "classifier/regex.h"
#include "tests/unit/check.h"

enum { ARENA_BYTES_MAX = 8 * 1024 * 1024 };

static struct arena *arena;
static const char *const names[NEARMISS_KINDS] = {
	[NEARMISS_CASE] = "case",   [NEARMISS_WORD] = "word",   [NEARMISS_FAR] = "far",
	[NEARMISS_ORDER] = "order", [NEARMISS_MASKED] = "mask", [NEARMISS_STOP] = "stop",
	[NEARMISS_REGEX] = "regex", [NEARMISS_DEEP] = "deep",   [NEARMISS_SLOW] = "slow",
};

/* "kind phrase field@at'text' [by phrase] [distance]; ..." */
static const char *
missed(const char *text, const char *title, const char *summary)
{
	static char out[4096];
	static struct err err;
	SCOPED(rules_free) struct rules *rules = rules_parse("r", text, strlen(text), &err);
	SCOPED(nearmisses_free)
	struct nearmisses *misses = rules ? nearmisses_new(rules, &err) : NULL;
	struct item item = item_empty();
	const struct nearmiss *found;
	size_t count, used = 0;

	item.title = title;
	item.summary = summary;
	arena_reset(arena);
	out[0] = '\0';
	/* Twice: nothing of one item may stay for the next. */
	for (int i = 0; misses && i < 2; i++)
		CHECK(nearmisses_find(misses, &item, arena, &err) == 0);
	if (!misses)
		return err.text;
	found = nearmisses_found(misses, &count);
	for (size_t i = 0; i < count; i++) {
		used += (size_t)snprintf(out + used, sizeof(out) - used, "%s%s '%s' %s@%d'%.40s'",
					 used > 0 ? "; " : "", names[found[i].kind],
					 rules->phrases[found[i].phrase].phrase.source,
					 found[i].field, (int)found[i].at, found[i].text);
		if (found[i].kind == NEARMISS_MASKED || found[i].kind == NEARMISS_STOP)
			used += (size_t)snprintf(out + used, sizeof(out) - used, " by '%s'",
						 rules->phrases[found[i].by].phrase.source);
		if (found[i].distance > 0)
			used += (size_t)snprintf(out + used, sizeof(out) - used, " %u",
						 found[i].distance);
	}
	return out;
}

static void
each_kind_is_told_with_its_reason(void)
{
	static const struct {
		const char *rules, *title, *summary, *wanted;
	} rows[] = {
		{"[tag t]\nany = LLM(s)\n", "An llm, an Llms", NULL, "case 'LLM(s)' title@3'llm'"},
		{"[tag t]\nany = AI chatbot\n", "Ai Chatbot", NULL,
		 "case 'AI chatbot' title@0'Ai Chatbot'"},
		{"[tag t]\nany = AI near/2 Bot\n", "AI bot", NULL,
		 "case 'AI near/2 Bot' title@0'AI bot'"},
		{"[tag t]\nany = coin\n", "The coins", NULL, "word 'coin' title@4'coins'"},
		{"[tag t]\nany = coin\n", "A bitcoin", NULL, ""}, /* no edge before it: not near */
		{"[tag t]\nany = a near/3 b\n", "a 1 2 3, 4 b", NULL,
		 "far 'a near/3 b' title@0'a 1 2 3, 4 b' 5"},
		{"[tag t]\nany = a near/1 b\n", "b 1 1 1 a 1 1 b", NULL,
		 "far 'a near/1 b' title@8'a 1 1 b' 3"},
		{"[tag t]\nany = a pre/3 b\n", "a 1 2 3 b", NULL,
		 "far 'a pre/3 b' title@0'a 1 2 3 b' 4"},
		{"[tag t]\nany = a pre/3 b\n", "b 1 a", NULL, "order 'a pre/3 b' title@0'b 1 a' 2"},
		{"[tag t]\nany = a pre/3 b\n", "b 1 2 3 4 a", NULL, ""},
		{"[tag t]\nany = a near/3 b\n", "a alone", NULL, ""},
		{"[tag t]\nany = claude\nmask = claude monet\n", NULL, "<i>Claude Monet</i>",
		 "mask 'claude' summary@3'Claude' by 'claude monet'"},
		{"[tag t]\nany = coin\n[tag u]\nmask = coin\n[every]\nmask = coin purse\n",
		 "coin purse", NULL, "mask 'coin' title@0'coin' by 'coin purse'"},
		{"[tag t]\nany = coin\n[every]\nstop = read more\n", NULL, "Read more: coin",
		 "stop 'coin' summary@11'coin' by 'read more'"},
		{"[tag t]\nany = /gpt-?[345]/i\n", "The GPT-2 model", NULL,
		 "regex '/gpt-?[345]/i' title@4'GPT'"},
		{"[tag t]\nany = /gpt-?[345]/\n", "The GPT-3 model", NULL,
		 "regex '/gpt-?[345]/' title@4'GPT'"},
		{"[tag t]\nany = /gpt-?[345]/i\n", "GPT-2 and GPT-3", NULL, ""},
		{"[tag t]\nany = /gpt-?[345]/i\n", "nothing of it", NULL, ""},
		{"[tag t]\nany = /(x+x+)+y/\n", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx! y", NULL,
		 "slow '/(x+x+)+y/' title@0'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx! '"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *got = missed(rows[i].rules, rows[i].title, rows[i].summary);

		if (strcmp(got, rows[i].wanted) != 0)
			(void)printf("# row %zu: %s\n", i, rows[i].rules);
		CHECK_STR(got, rows[i].wanted);
	}
}

static void
what_counts_somewhere_is_no_near_miss(void)
{
	CHECK_STR(missed("[tag t]\nany = LLM\n", "llm", "an LLM"), "");
	CHECK_STR(missed("[tag t]\nany = coin\nmask = coin purse\n", "coin purse", "coin"), "");
	CHECK_STR(missed("[tag t]\nany = a near/1 b\n", "a x b", "a b"), "");
	/* Where it would weigh nothing it is not missed either. */
	CHECK_STR(missed("[tag t]\ntitle = Copilot\ntitle-weights = lead 0\n", NULL, "copilot"),
		  "");
	CHECK_STR(missed("[tag t]\nnone = Copilot\nmask = Pilot\n", "copilot pilot", NULL), "");
}

static void
an_expression_says_that_only_the_beginning_is_searched(void)
{
	static char html[REGEX_TEXT_BYTES_MAX * 2];
	const char *got;

	(void)memset(html, ' ', sizeof(html) - 1);
	(void)memcpy(html, "x", 1);
	(void)memcpy(html + sizeof(html) - 10, "gpt-4", 5);
	for (size_t i = 1; i + 10 < sizeof(html); i += 2)
		html[i] = '.';
	got = missed("[tag t]\nany = /gpt-?[345]/i\n", NULL, html);
	CHECK(strncmp(got, "deep '/gpt-?[345]/i' summary@", 29) == 0);
}

int
main(void)
{
	arena = arena_new(ARENA_BYTES_MAX);
	RUN(each_kind_is_told_with_its_reason);
	RUN(what_counts_somewhere_is_no_near_miss);
	RUN(an_expression_says_that_only_the_beginning_is_searched);
	arena_free(arena);
	return check_done();
}
