#include "classifier/words.h"

#include <ctype.h>
#include <stdlib.h>

#include "common/scope.h"
#include "tests/unit/check.h"

/* "fold@at-end/place" of words, the mark itself of marks, ~ of a break. */
static const char *
elements(const char *text)
{
	static char out[2048];
	struct words_element e;
	struct words words;
	size_t used = 0;

	out[0] = '\0';
	words_of(&words, text, strlen(text));
	while (words_next(&words, &e)) {
		if (used > 0)
			used += (size_t)snprintf(out + used, sizeof(out) - used, " ");
		if (e.kind == WORDS_WORD)
			used += (size_t)snprintf(out + used, sizeof(out) - used, "%.*s%s@%u-%u/%u",
						 e.fold_len, e.fold, e.cut ? "..." : "", e.at,
						 e.end, e.place);
		else
			used += (size_t)snprintf(out + used, sizeof(out) - used, "%c",
						 e.kind == WORDS_BREAK ? '~' : (int)e.mark);
	}
	return out;
}

static void
parts_a_text_into_words_and_marks(void)
{
	CHECK_STR(elements("On-chain / now"), "on@0-2/1 chain@3-8/2 now@11-14/3");
	CHECK_STR(elements("Mt. Gox\n#1"), "mt@0-2/1 . gox@4-7/2 ~ # 1@9-10/3");
	CHECK_STR(elements("  -- "), "");
	CHECK_STR(elements(""), "");
}

static void
words_go_on_over_accents_and_end_at_dashes(void)
{
	CHECK_STR(elements("caf\xC3\xA9\xE2\x80\x94"
			   "bar"),
		  "caf\xC3\xA9@0-5/1 bar@8-11/2");
	CHECK_STR(elements("Bitcoin\xE2\x80\x99s"), "bitcoin@0-7/1 ' s@10-11/2");
	CHECK_STR(elements("cafe\xCC\x81 x"), "caf\xC3\xA9@0-6/1 x@7-8/2");
	CHECK_STR(elements("a\xE2\x80\x8B b"), "a@0-1/1 b@5-6/2"); /* a zero width space behind */
}

static void
letters_of_scripts_without_blanks_stand_alone(void)
{
	CHECK_STR(elements("\xE4\xB8\xAD\xE6\x96\x87GPT"),
		  "\xE4\xB8\xAD@0-3/1 \xE6\x96\x87@3-6/2 gpt@6-9/3");
	/* Half width ha and its voicing mark are ba. */
	CHECK_STR(elements("\xEF\xBE\x8A\xEF\xBE\x9E"), "\xE3\x83\x90@0-6/1");
}

static void
long_words_are_cut(void)
{
	char text[201], wanted[128];

	(void)memset(text, 'x', 200);
	text[200] = '\0';
	(void)snprintf(wanted, sizeof(wanted), "%.64s...@0-200/1", text);
	CHECK_STR(elements(text), wanted);
}

static void
a_word_is_the_same_wherever_the_text_ends(void)
{
	/* Each text in memory of its own, so that a byte read behind it is a fault. */
	for (size_t len = 1; len < 70; len++) {
		for (size_t behind = 0; behind < 9; behind++) {
			SCOPED(free) char *text = malloc(len + behind);
			struct words_element e = {.kind = WORDS_BREAK};
			struct words words;
			size_t wrong = 0;

			if (!text)
				return;
			memset(text, '!', len + behind);
			for (size_t i = 0; i < len; i++)
				text[i] = (char)(i % 3 == 2 ? '0' + i % 10 : 'A' + i % 26);
			words_of(&words, text, len + behind);
			CHECK(words_next(&words, &e) && e.kind == WORDS_WORD && e.end == len);
			for (size_t i = 0; i < e.fold_len; i++)
				wrong += e.fold[i] != (char)tolower(text[i]);
			for (size_t i = e.fold_len; i % 8 != 0; i++)
				wrong += e.fold[i] != 0;
			CHECK(wrong == 0 && e.cut == (len > 64));
		}
	}
}

int
main(void)
{
	RUN(parts_a_text_into_words_and_marks);
	RUN(words_go_on_over_accents_and_end_at_dashes);
	RUN(letters_of_scripts_without_blanks_stand_alone);
	RUN(long_words_are_cut);
	RUN(a_word_is_the_same_wherever_the_text_ends);
	return check_done();
}
