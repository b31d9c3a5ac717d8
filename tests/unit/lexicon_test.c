#include "classifier/lexicon.h"
#include "tests/unit/check.h"

static struct arena *arena;

/* A phrase of one element. */
static struct phrase_element
element(const char *text)
{
	struct phrase phrase;
	struct err err;

	if (phrase_parse(text, arena, &phrase, &err) < 0) {
		CHECK_STR(err.text, "");
		return (struct phrase_element){.kind = PHRASE_MARK};
	}
	return phrase.sides[0].variants[0].elements[0];
}

static size_t
find(const struct lexicon *lexicon, const char *text, uint32_t *symbols)
{
	uint64_t kin;
	struct words_element e;
	struct words words;

	words_of(&words, text, strlen(text));
	CHECK(words_next(&words, &e));
	return lexicon_find(lexicon, &e, UINT64_MAX, symbols, &kin);
}

static uint32_t
add(struct lexicon *lexicon, const char *text)
{
	const struct phrase_element e = element(text);

	return lexicon_add(lexicon, &e);
}

static void
a_word_has_the_symbols_of_all_that_it_is(void)
{
	SCOPED(lexicon_free) struct lexicon *lexicon = lexicon_new();
	uint32_t symbols[LEXICON_SYMBOLS_MAX];
	const uint32_t any = add(lexicon, "llama"), exact = add(lexicon, "LLaMA"),
		       start = add(lexicon, "ll*"), exact_start = add(lexicon, "LLaM*"),
		       mark = add(lexicon, "#");

	CHECK(add(lexicon, "llama") == any && add(lexicon, "LLaMA") == exact);
	CHECK(any && exact && start && exact_start && mark && lexicon_count(lexicon) == 5);
	lexicon_seal(lexicon, 0);
	CHECK(find(lexicon, "LLaMA", symbols) == 4);
	CHECK(symbols[0] == any && symbols[1] == exact && symbols[2] == start &&
	      symbols[3] == exact_start);
	CHECK(find(lexicon, "llama", symbols) == 2 && symbols[0] == any && symbols[1] == start);
	CHECK(find(lexicon, "LLaMA2", symbols) == 2 && symbols[1] == exact_start);
	CHECK(find(lexicon, "l", symbols) == 0);
	CHECK(find(lexicon, "#", symbols) == 1 && symbols[0] == mark);
	CHECK(find(lexicon, "!", symbols) == 0);
}

static void
finds_each_of_many_words(void)
{
	SCOPED(lexicon_free) struct lexicon *lexicon = lexicon_new();
	static uint32_t given[20000];
	uint32_t symbols[LEXICON_SYMBOLS_MAX];
	char text[32];
	int bad = 0;

	for (int i = 0; i < 20000; i++) {
		(void)snprintf(text, sizeof(text), "w%dx%d", i, i % 7);
		given[i] = add(lexicon, text);
	}
	lexicon_seal(lexicon, 0);
	for (int i = 0; i < 20000; i++) {
		(void)snprintf(text, sizeof(text), "W%dX%d", i, i % 7);
		bad += find(lexicon, text, symbols) != 1 || symbols[0] != given[i];
		(void)snprintf(text, sizeof(text), "w%dy%d", i, i % 7);
		bad += find(lexicon, text, symbols) != 0;
	}
	CHECK(bad == 0);
}

static void
starts_of_any_length_are_found(void)
{
	SCOPED(lexicon_free) struct lexicon *lexicon = lexicon_new();
	uint32_t symbols[LEXICON_SYMBOLS_MAX];
	char start[WORDS_BYTES_MAX + 2] = "", word[100];

	for (size_t i = 0; i < WORDS_BYTES_MAX; i++) {
		start[i] = (char)('a' + i % 26);
		start[i + 1] = '*';
		CHECK(add(lexicon, start) == i + 1);
	}
	lexicon_seal(lexicon, 0);
	for (size_t i = 0; i < sizeof(word); i++)
		word[i] = (char)('a' + i % 26);
	word[sizeof(word) - 1] = '\0';
	CHECK(find(lexicon, word, symbols) == WORDS_BYTES_MAX);
	CHECK(find(lexicon, "a", symbols) == 1);
	CHECK(find(lexicon, "abd", symbols) == 2);
}

static void
only_what_begins_a_phrase_or_goes_on_with_one_is_looked_for(void)
{
	SCOPED(lexicon_free) struct lexicon *lexicon = lexicon_new();
	uint32_t symbols[LEXICON_SYMBOLS_MAX];
	const uint32_t first = add(lexicon, "Prompt"), second = add(lexicon, "engineering");
	struct words_element e;
	struct words words;
	uint64_t kin;

	lexicon_seal(lexicon, first);
	words_of(&words, "Prompt engineering", 18);
	CHECK(words_next(&words, &e) && lexicon_find(lexicon, &e, 0, symbols, &kin) == 1 &&
	      symbols[0] == first && kin == lexicon_kin(lexicon, first));
	CHECK(words_next(&words, &e) && lexicon_find(lexicon, &e, 0, symbols, &kin) == 0);
	CHECK(kin == 0);
	CHECK(lexicon_find(lexicon, &e, lexicon_kin(lexicon, second), symbols, &kin) == 1 &&
	      symbols[0] == second && kin == lexicon_kin(lexicon, second));
}

int
main(void)
{
	arena = arena_new((size_t)64 * 1024 * 1024);
	RUN(a_word_has_the_symbols_of_all_that_it_is);
	RUN(finds_each_of_many_words);
	RUN(only_what_begins_a_phrase_or_goes_on_with_one_is_looked_for);
	RUN(starts_of_any_length_are_found);
	arena_free(arena);
	return check_done();
}
