#include "classifier/phrase.h"
#include "common/buf.h"
#include "tests/unit/check.h"

static struct arena *arena;

/* All spellings of a side: elements by blanks, word starts with *, exact words with !, variants
 * with | between. */
static const char *
spelt(const struct phrase_side *side)
{
	static struct buf out = {.max = 4096};

	buf_reset(&out);
	for (size_t i = 0; i < side->count; i++) {
		(void)buf_adds(&out, i > 0 ? "|" : "", NULL);
		for (size_t k = 0; k < side->variants[i].count; k++) {
			const struct phrase_element *e = &side->variants[i].elements[k];
			const char mark[2] = {(char)e->mark, '\0'};

			(void)buf_adds(&out, k > 0 ? " " : "", NULL);
			(void)buf_adds(&out,
				       e->kind == PHRASE_MARK ? mark
				       : e->exact             ? e->exactly
							      : e->fold,
				       NULL);
			(void)buf_adds(&out, e->kind == PHRASE_PREFIX ? "*" : "", NULL);
			(void)buf_adds(&out, e->exact ? "!" : "", NULL);
		}
	}
	return buf_str(&out);
}

static const char *
plain(const char *text)
{
	struct phrase phrase = {.kind = PHRASE_REGEX};
	static struct err err;

	if (phrase_parse(text, arena, &phrase, &err) < 0)
		return err.text;
	return phrase.kind == PHRASE_PLAIN ? spelt(&phrase.sides[0]) : "not plain";
}

static const char *
refused(const char *text)
{
	static struct err err;
	struct phrase phrase;

	err = (struct err){.kind = ERR_NONE};
	if (phrase_parse(text, arena, &phrase, &err) == 0 || err.kind != ERR_USAGE)
		return "taken";
	return err.text;
}

static void
a_lower_case_word_is_any_case_and_a_capital_is_exact(void)
{
	CHECK_STR(plain("large language model"), "large language model");
	CHECK_STR(plain("AI chatbot"), "AI! chatbot");
	CHECK_STR(plain("iPhone"), "iPhone!");
	CHECK_STR(plain("\xC3\x89tat major"), "\xC3\x89tat! major"); /* État */
}

static void
hyphens_and_slashes_are_blanks_and_marks_are_elements(void)
{
	CHECK_STR(plain("on-chain"), "on chain");
	CHECK_STR(plain("proof/of  stake"), "proof of stake");
	CHECK_STR(plain("Mt. Gox"), "Mt! . Gox!");
	CHECK_STR(plain("llama.cpp"), "llama . cpp");
	CHECK_STR(plain("openai\xE2\x80\x99s"), "openai ' s"); /* the typographic apostrophe */
}

static void
braces_and_parentheses_spell_every_alternative(void)
{
	CHECK_STR(plain("LLM(s)"), "LLM!|LLMs!");
	CHECK_STR(plain("{meta,apple} headset(s)"),
		  "meta headset|meta headsets|apple headset|apple headsets");
	CHECK_STR(plain("GPT {3,4{o,v}}"), "GPT! 3|GPT! 4o|GPT! 4v");
	CHECK_STR(plain("{,big} apple"), "apple|big apple");
	CHECK_STR(plain("tokeni{s,z}ed"), "tokenised|tokenized");
	CHECK_STR(plain("bitcoin*"), "bitcoin*");
	CHECK_STR(plain("Chat{GPT,bot}*"), "ChatGPT*!|Chatbot*!");
	CHECK_STR(plain("C\\*algebra \\(sic\\)"), "C! * algebra ( sic )");
}

static void
near_and_pre_have_two_sides_and_a_distance(void)
{
	struct phrase phrase;
	struct err err = {.kind = ERR_NONE};

	CHECK(phrase_parse("prompt near/6 {AI,model}", arena, &phrase, &err) == 0);
	CHECK(phrase.kind == PHRASE_NEAR && phrase.distance == 6);
	CHECK_STR(spelt(&phrase.sides[0]), "prompt");
	CHECK_STR(spelt(&phrase.sides[1]), "AI!|model");
	CHECK(phrase_parse("the post pre/40 appeared first", arena, &phrase, &err) == 0);
	CHECK(phrase.kind == PHRASE_PRE && phrase.distance == 40);
	CHECK_STR(phrase.source, "the post pre/40 appeared first");
	CHECK_STR(plain("near miss"), "near miss");
}

static void
a_regular_expression_stands_between_slashes(void)
{
	struct phrase phrase;
	struct err err = {.kind = ERR_NONE};

	CHECK(phrase_parse("/gpt-?[345]\\b/i", arena, &phrase, &err) == 0);
	CHECK(phrase.kind == PHRASE_REGEX && phrase.caseless);
	CHECK_STR(phrase.regex, "gpt-?[345]\\b");
	CHECK(phrase_parse("/a/b/", arena, &phrase, &err) == 0 && !phrase.caseless);
	CHECK_STR(phrase.regex, "a/b");
	CHECK(strstr(refused("/open"), "ends with /"));
	CHECK(strstr(refused("/x/gi"), "not with '/gi'"));
	CHECK(strstr(refused("//"), "empty"));
}

static void
says_what_is_wrong_with_a_phrase(void)
{
	char wide[128];

	CHECK(strstr(refused("{a,b"), "lacks a '}'"));
	CHECK(strstr(refused("LLM(s"), "lacks a ')'"));
	CHECK(strstr(refused("smile :)"), "')' closes nothing"));
	CHECK(strstr(refused("- / -"), "no word"));
	CHECK(strstr(refused("{a,-} "), "no word"));
	CHECK(strstr(refused("* b"), "start of a word"));
	CHECK(strstr(refused("bit*coin"), "nothing of the word"));
	CHECK(strstr(refused("a\\b"), "backslash"));
	CHECK(strstr(refused("a near/3 b near/3 c"), "once"));
	CHECK(strstr(refused("{a near/3 b,c}"), "outside of braces"));
	CHECK(strstr(refused("a near/0 b"), "1 to 64"));
	CHECK(strstr(refused("a near/65 b"), "1 to 64"));
	CHECK(strstr(refused("a near/3"), "right of near/3"));
	CHECK(strstr(refused("((((((((((a))))))))))"), "too deep"));
	CHECK(strstr(refused("{1,2,3,4}{1,2,3,4}{1,2,3,4}{1,2,3,4}{1,2,3,4}{1,2,3,4}{1,2}"),
		     "over 4096 alternatives"));
	CHECK(strstr(refused("1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5"), "over 24"));
	(void)memset(wide, 'w', sizeof(wide));
	wide[64] = '\0';
	CHECK(strstr(refused(wide), "can never match"));
	wide[63] = '\0';
	CHECK_STR(plain(wide), wide);
	CHECK(strstr(refused("\xFF"), "not UTF-8"));
}

static void
compatible_letters_are_the_same(void)
{
	CHECK_STR(plain("\xEF\xBC\xA2\xEF\xBC\xB4\xEF\xBC\xA3"), "BTC!"); /* full width */
	CHECK_STR(plain("cafe\xCC\x81"), "caf\xC3\xA9");                  /* decomposed */
	CHECK_STR(plain("stra\xC3\x9F"
			"e"),
		  "strasse"); /* full case folding */
}

int
main(void)
{
	arena = arena_new((size_t)64 * 1024 * 1024);
	if (!arena)
		return EXIT_FAILURE;
	RUN(a_lower_case_word_is_any_case_and_a_capital_is_exact);
	RUN(hyphens_and_slashes_are_blanks_and_marks_are_elements);
	RUN(braces_and_parentheses_spell_every_alternative);
	RUN(near_and_pre_have_two_sides_and_a_distance);
	RUN(a_regular_expression_stands_between_slashes);
	RUN(says_what_is_wrong_with_a_phrase);
	RUN(compatible_letters_are_the_same);
	arena_free(arena);
	return check_done();
}
