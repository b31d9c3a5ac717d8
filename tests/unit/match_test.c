#include "classifier/match.h"
#include "tests/unit/check.h"

enum { PHRASES_MAX = 16 };

/* Whether the text meets the phrases, as "number@at-end ..." of each hit. */
static const char *
hits_of(const char *text, const char *const *lines)
{
	static char out[4096];
	static struct err err;
	struct phrase phrases[PHRASES_MAX];
	const struct phrase *list[PHRASES_MAX];
	struct arena *arena = arena_new((size_t)16 * 1024 * 1024);
	const struct match_hit *hits = NULL;
	struct match_scan *scan = NULL;
	struct match *match = NULL;
	size_t count = 0, bad = 0, used = 0, n = 0;

	for (; lines[n]; n++) {
		if (phrase_parse(lines[n], arena, &phrases[n], &err) < 0)
			return err.text;
		list[n] = &phrases[n];
	}
	match = match_new(list, n, &bad, &err);
	arena_free(arena); /* the matcher borrows nothing */
	scan = match ? match_scan_new(match) : NULL;
	out[0] = '\0';
	/* Twice: nothing of one text may stay for the next. */
	for (int i = 0; scan && i < 2; i++)
		CHECK(match_text(scan, text, strlen(text), &hits, &count, &err) == 0);
	for (size_t i = 0; i < count; i++)
		used += (size_t)snprintf(out + used, sizeof(out) - used, "%s%u@%u-%u",
					 i > 0 ? " " : "", hits[i].phrase, hits[i].at, hits[i].end);
	match_scan_free(scan);
	match_free(match);
	return scan ? out : err.text;
}

#define HITS(text, ...) hits_of((text), (const char *const[]){__VA_ARGS__, NULL})

static void
finds_words_only_between_edges(void)
{
	CHECK_STR(HITS("Bitcoin, bitcoins: BITCOIN!", "bitcoin"), "0@0-7 0@19-26");
	CHECK_STR(HITS("bitcoins bitcoiners", "bitcoin*"), "0@0-8 0@9-19");
	CHECK_STR(HITS("altbitcoin", "bitcoin*"), "");
	CHECK_STR(HITS("OpenAI's plan", "OpenAI"), "0@0-6");
	CHECK_STR(HITS("openai's plan", "OpenAI"), "");
}

static void
blank_hyphen_and_slash_are_one_and_other_marks_part_words(void)
{
	CHECK_STR(HITS("on-chain on/chain on  chain on\xE2\x80\x91"
		       "chain on. chain onchain",
		       "on chain"),
		  "0@0-8 0@9-17 0@18-27 0@28-38");
	CHECK_STR(HITS("Mt. Gox, Mt Gox", "Mt. Gox"), "0@0-7");
	CHECK_STR(HITS("GPT-3.5 and GPT-3 5", "GPT 3.5"), "0@0-7");
	CHECK_STR(HITS("large\nlanguage", "large language"), "");
}

static void
the_case_of_each_word_is_its_own(void)
{
	CHECK_STR(HITS("AI Chatbot, ai chatbot, AI CHATBOT", "AI chatbot"), "0@0-10 0@24-34");
	CHECK_STR(HITS("LLaMA2 LLaMa2 llama2", "LLaMA*", "llama*"), "1@0-6 0@0-6 1@7-13 1@14-20");
}

static void
finds_phrases_inside_and_across_each_other(void)
{
	CHECK_STR(HITS("a b c d", "a b c", "b", "b c", "c d"), "1@2-3 0@0-5 2@2-5 3@4-7");
	CHECK_STR(HITS("a a a b", "a a b", "a b"), "0@2-7 1@4-7");
}

static void
near_takes_either_order_and_pre_one(void)
{
	CHECK_STR(HITS("prompt for the model", "prompt near/3 model"), "0@0-20");
	CHECK_STR(HITS("prompt for the big model", "prompt near/3 model"), "");
	CHECK_STR(HITS("model, a prompt", "prompt near/3 model"), "0@0-15");
	CHECK_STR(HITS("model, a prompt", "prompt pre/3 model"), "");
	CHECK_STR(HITS("a b", "a pre/1 b"), "0@0-3");
	CHECK_STR(HITS("a x b b", "a near/2 b"), "0@0-5");
	CHECK_STR(HITS("b a b", "a near/2 b"), "0@0-3 0@2-5");
}

static void
the_sides_of_near_do_not_overlap(void)
{
	CHECK_STR(HITS("AI model", "AI near/3 {AI model,model}"), "0@0-8");
	CHECK_STR(HITS("AI AI model", "AI near/3 AI model"), "0@0-11");
	CHECK_STR(HITS("AI model", "AI near/3 AI model"), "");
	CHECK_STR(HITS("AI AI", "AI near/1 AI"), "0@0-5");
	CHECK_STR(HITS("AI", "AI near/1 AI"), "");
}

static void
near_joins_with_the_closest(void)
{
	CHECK_STR(HITS("a x a b", "a pre/9 b"), "0@4-7");
	CHECK_STR(HITS("a b c", "{a b,b} pre/9 c"), "0@2-5");
}

static void
words_are_folded_in_any_script(void)
{
	/* Ёлка ёлка; Straße STRASSE; the Greek final sigma */
	CHECK_STR(HITS("\xD0\x81\xD0\xBB\xD0\xBA\xD0\xB0", "\xD1\x91\xD0\xBB\xD0\xBA\xD0\xB0"),
		  "0@0-8");
	CHECK_STR(HITS("STRASSE", "stra\xC3\x9F"
				  "e"),
		  "0@0-7");
	CHECK_STR(HITS("\xCE\x9F\xCE\x94\xCE\x9F\xCE\xA3", "\xCE\xBF\xCE\xB4\xCE\xBF\xCF\x82"),
		  "0@0-8");
	/* Decomposed, full width, with a soft hyphen in it. */
	CHECK_STR(HITS("Cafe\xCC\x81", "caf\xC3\xA9"), "0@0-6");
	CHECK_STR(HITS("\xEF\xBC\xA2\xEF\xBC\xB4\xEF\xBC\xA3", "BTC"), "0@0-9");
	CHECK_STR(HITS("bit\xC2\xAD"
		       "coin",
		       "bitcoin"),
		  "0@0-9");
}

static void
scripts_without_blanks_need_no_edge(void)
{
	/* 今日比特币上涨 with 比特币; ビットコイン価格 with ビットコイン */
	CHECK_STR(HITS("\xE4\xBB\x8A\xE6\x97\xA5\xE6\xAF\x94\xE7\x89\xB9\xE5\xB8\x81\xE4\xB8\x8A",
		       "\xE6\xAF\x94\xE7\x89\xB9\xE5\xB8\x81"),
		  "0@6-15");
	CHECK_STR(HITS("GPT4\xE6\xA8\xA1\xE5\x9E\x8B", "GPT4"), "0@0-4");
}

static void
a_word_too_long_matches_by_its_start_only(void)
{
	char text[300];

	(void)memset(text, 'a', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	CHECK_STR(HITS(text, "aaaa*"), "0@0-299");
	CHECK_STR(HITS(text, "aaaa"), "");
}

static void
regular_expressions_come_last_and_cannot_hang(void)
{
	static char text[200001];

	CHECK_STR(HITS("gpt-4, GPT3", "/gpt-?[345]\\b/i", "gpt"), "1@0-3 0@0-5 0@7-11");
	CHECK_STR(HITS("caf\xC3\xA9", "/\\bcaf\xC3\xA9\\b/"), "0@0-5");
	CHECK_STR(HITS("aaa", "/b*/"), "");
	/* Exponential, were it not for the limits. */
	(void)memset(text, 'a', sizeof(text) - 1);
	CHECK_STR(HITS(text, "/(a|aa|a+)+$b/"), "");
	CHECK_STR(HITS(text, "/(.*)*(.*)*x/"), "");
}

static void
a_bad_regular_expression_is_named(void)
{
	struct phrase good, bad;
	const struct phrase *list[] = {&good, &bad};
	struct arena *arena = arena_new(65536);
	struct err err = {.kind = ERR_NONE};
	size_t at = 0;

	CHECK(phrase_parse("x", arena, &good, &err) == 0);
	CHECK(phrase_parse("/(x/", arena, &bad, &err) == 0);
	CHECK(match_new(list, 2, &at, &err) == NULL);
	CHECK(err.kind == ERR_USAGE && at == 1 && strstr(err.text, "bad regular expression"));
	arena_free(arena);
}

static void
no_phrases_meet_nothing(void)
{
	CHECK_STR(hits_of("anything at all", (const char *const[]){NULL}), "");
	CHECK_STR(HITS("", "a"), "");
}

int
main(void)
{
	RUN(finds_words_only_between_edges);
	RUN(blank_hyphen_and_slash_are_one_and_other_marks_part_words);
	RUN(the_case_of_each_word_is_its_own);
	RUN(finds_phrases_inside_and_across_each_other);
	RUN(near_takes_either_order_and_pre_one);
	RUN(the_sides_of_near_do_not_overlap);
	RUN(near_joins_with_the_closest);
	RUN(words_are_folded_in_any_script);
	RUN(scripts_without_blanks_need_no_edge);
	RUN(a_word_too_long_matches_by_its_start_only);
	RUN(regular_expressions_come_last_and_cannot_hang);
	RUN(a_bad_regular_expression_is_named);
	RUN(no_phrases_meet_nothing);
	return check_done();
}
