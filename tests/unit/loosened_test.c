#include "classifier/loosened.h"
#include "tests/unit/check.h"

static struct err err;

/* "way:phrase@at-end ..." of what the loosened phrases meet in the text. */
static const char *
met(const char *text, const char *in)
{
	static char out[1024];
	SCOPED(rules_free) struct rules *rules = rules_parse("r", text, strlen(text), &err);
	SCOPED(loosened_free) struct loosened *l = rules ? loosened_new(rules, &err) : NULL;
	SCOPED(match_scan_free)
	struct match_scan *scan = l ? match_scan_new(loosened_match(l)) : NULL;
	static const char *const ways[] = {"case", "word", "side"};
	const struct match_hit *hits;
	size_t count, used = 0;

	out[0] = '\0';
	if (!scan || match_text(scan, in, strlen(in), &hits, &count, &err) < 0)
		return err.text;
	for (size_t i = 0; i < count; i++) {
		const struct loosened_phrase *p = loosened_at(l, hits[i].phrase);

		used += (size_t)snprintf(out + used, sizeof(out) - used, "%s%s%u:%u@%u-%u",
					 used > 0 ? " " : "", ways[p->way], p->side, p->phrase,
					 hits[i].at, hits[i].end);
	}
	return out;
}

static void
each_phrase_loses_one_condition_at_a_time(void)
{
	CHECK_STR(met("[tag t]\nany = AI chatbot\n", "ai chatbot"), "case0:0@0-10");
	CHECK_STR(met("[tag t]\nany = AI chatbot\n", "AI chatbots"), "word0:0@0-11");
	CHECK_STR(met("[tag t]\nany = AI chatbot\n", "ai chatbots"), ""); /* that is two */
	CHECK_STR(met("[tag t]\nany = coin*\n", "coins"), "word0:0@0-5");
	CHECK_STR(met("[tag t]\nany = a near/1 B\n", "a x x B"), "side0:0@0-1 side1:0@6-7");
	CHECK_STR(met("[tag t]\nany = a near/1 B\n", "a b"), "side0:0@0-1 case0:0@0-3");
	/* Only what is evidence. */
	CHECK_STR(met("[tag t]\nnone = A\nmask = B\n", "a b A B"), "");
}

static const char *
literal(const char *line)
{
	static char out[128];
	char text[256];
	SCOPED(rules_free) struct rules *rules = NULL;
	SCOPED(loosened_free) struct loosened *l = NULL;

	(void)snprintf(text, sizeof(text), "[tag t]\nany = %s\n", line);
	rules = rules_parse("r", text, strlen(text), &err);
	l = rules ? loosened_new(rules, &err) : NULL;
	if (!l || loosened_expression_count(l) != 1)
		return err.text;
	(void)snprintf(out, sizeof(out), "%s",
		       loosened_expression(l, 0)->literal ? loosened_expression(l, 0)->literal
							  : "(none)");
	return out;
}

static void
an_expressions_longest_letters_are_its_literal(void)
{
	CHECK_STR(literal("/gpt-?[345]/i"), "gpt");
	CHECK_STR(literal("/\\bllama\\d+(chat)?/"), "llama");
	CHECK_STR(literal("/[abcdef]+xyz{2,3}end/"), "end");
	CHECK_STR(literal("/(abcde?f|gh)/"), "abcd");
	CHECK_STR(literal("/\\p{Lu}+\\d*/"), "(none)");
	CHECK_STR(literal("/a[]x]b\\[cc/"), "(none)");
}

int
main(void)
{
	RUN(each_phrase_loses_one_condition_at_a_time);
	RUN(an_expressions_longest_letters_are_its_literal);
	return check_done();
}
