#include "classifier/fold.h"
#include "tests/unit/check.h"

static const char *
folded(const char *s, bool exact)
{
	static char out[FOLD_WORD_BYTES_MAX + 1];

	out[fold_word(s, strlen(s), exact, out)] = '\0';
	return out;
}

static void
tells_letters_gaps_and_marks(void)
{
	static const struct {
		uint32_t cp;
		enum fold_kind kind;
	} cases[] = {
		{'a', FOLD_LETTER},     {'7', FOLD_LETTER},    {' ', FOLD_GAP},
		{'-', FOLD_GAP},        {'/', FOLD_GAP},       {'\t', FOLD_GAP},
		{'\n', FOLD_BREAK},     {'.', FOLD_MARK},      {'_', FOLD_MARK},
		{0x00E9, FOLD_LETTER},  {0x2014, FOLD_GAP},    {0x00A0, FOLD_GAP},
		{0x2011, FOLD_GAP},     {0x0301, FOLD_EXTEND}, {0x00AD, FOLD_NOTHING},
		{0x200D, FOLD_NOTHING}, {0x4E2D, FOLD_ALONE},  {0x0E01, FOLD_ALONE},
		{0xD55C, FOLD_LETTER},  {0x1F600, FOLD_MARK},  {0x2019, FOLD_MARK},
		{0xFFFD, FOLD_MARK},    {0x0968, FOLD_LETTER},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		CHECK(fold_kind(cases[i].cp) == cases[i].kind);
}

static void
folds_case_width_and_composition(void)
{
	CHECK_STR(folded("BitCoin", false), "bitcoin");
	CHECK_STR(folded("BitCoin", true), "BitCoin");
	CHECK_STR(folded("\xC3\x89tat", false), "\xC3\xA9tat");
	CHECK_STR(folded("E\xCC\x81tat", true), "\xC3\x89tat");
	CHECK_STR(folded("\xEF\xBC\xB8", false), "x");
	CHECK_STR(folded("\xC4\xB0\xC4\xB1", false), "ii"); /* Turkish: dotted, dotless */
	CHECK_STR(folded("\xC4\xB0\xC4\xB1", true), "\xC4\xB0\xC4\xB1");
	CHECK_STR(folded("gro\xC3\x9F", false), "gross");
	CHECK_STR(folded("so\xC2\xAD"
			 "ft",
			 true),
		  "soft");
}

static void
what_does_not_fit_is_nothing(void)
{
	char wide[FOLD_RAW_BYTES_MAX + 1] = "";

	/* U+FDFA becomes 18 letters: no word of a language is made of many. */
	for (size_t at = 0; at + 3 <= FOLD_RAW_BYTES_MAX; at += 3)
		memcpy(wide + at, "\xEF\xB7\xBA", 3);
	CHECK(strlen(folded(wide, false)) == 0);
}

static void
marks_that_mean_the_same_are_one(void)
{
	CHECK(fold_mark(0x2019) == '\'' && fold_mark(0x201C) == '"' && fold_mark(0xFF0B) == '+');
	CHECK(fold_mark('#') == '#' && fold_mark(0x20AC) == 0x20AC);
	CHECK(fold_is_capital('A') && fold_is_capital(0x00C9) && !fold_is_capital('a') &&
	      !fold_is_capital('1'));
}

int
main(void)
{
	RUN(tells_letters_gaps_and_marks);
	RUN(folds_case_width_and_composition);
	RUN(what_does_not_fit_is_nothing);
	RUN(marks_that_mean_the_same_are_one);
	return check_done();
}
