#include "sink/site_plain.h"

#include "tests/unit/check.h"

/* What is left of the text when at most max code points may be. */
static const char *
cut(const char *text, size_t max)
{
	static char out[512];

	(void)snprintf(out, sizeof(out), "%.*s", (int)plain_cut(text, strlen(text), max), text);
	return out;
}

static void
cuts_after_a_sentence(void)
{
	CHECK_STR(cut("One two three. Four five six seven.", 20), "One two three.");
	CHECK_STR(cut("He said \"yes.\" Then he went away again.", 20), "He said \"yes.\"");
	CHECK_STR(cut("Is it? Yes it is, and more of it.", 10), "Is it?");
	CHECK_STR(cut("今日は晴れです。明日は雨でしょう。", 10), "今日は晴れです。");
}

static void
cuts_after_a_word_where_no_sentence_ends(void)
{
	CHECK_STR(cut("One two three four five", 15), "One two three");
	CHECK_STR(cut("One two, three, four five", 16), "One two, three");
	CHECK_STR(cut("One two — three four", 10), "One two");
}

static void
cuts_between_code_points_where_no_word_ends(void)
{
	CHECK_STR(cut("Ääääääääääääääääääää", 5), "Äääää");
	CHECK_STR(cut("日本語日本語", 4), "日本語日");
}

static void
keeps_what_fits(void)
{
	CHECK_STR(cut("One two three", 13), "One two three");
	CHECK_STR(cut("", 5), "");
}

static void
takes_no_abbreviation_for_an_end(void)
{
	CHECK_STR(cut("Talks of the U.S. Senate went on", 22), "Talks of the U.S.");
	CHECK_STR(cut("Long talks with Mr. Smith and others", 25), "Long talks with Mr. Smith");
}

static void
makes_one_clean_line(void)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
		{"  a \n\t b  ", "a b"},
		{"\xE2\x80\xAEgnp.exe\xE2\x80\xAC", "gnp.exe"},
		{"a\x07"
		 "b\x7F",
		 "ab"},
		{"a\xC2\xA0 b", "a b"},
		{"a\xFFz", "a\xEF\xBF\xBDz"},
		{" \n ", ""},
		{"one two three four", "one two…"},
		{"One two. Three four.", "One two. …"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buf out = buf_init(1024);

		plain_line(&out, rows[i].in, strlen(rows[i].in), 12);
		CHECK_STR(buf_str(&out), rows[i].out);
		CHECK(plain_chars(buf_str(&out), out.len) <= 12);
		buf_done(&out);
	}
}

static void
knows_a_sentence(void)
{
	CHECK(plain_is_sentence("It is.", 6));
	CHECK(plain_is_sentence("(It is!)", 8));
	CHECK(!plain_is_sentence("It is", 5));
	CHECK(!plain_is_sentence("", 0));
}

static void
drops_the_last_word(void)
{
	CHECK(plain_drop_word("one two, th", 11) == 7);
	CHECK(plain_drop_word("one", 3) == 0);
}

int
main(void)
{
	RUN(cuts_after_a_sentence);
	RUN(cuts_after_a_word_where_no_sentence_ends);
	RUN(cuts_between_code_points_where_no_word_ends);
	RUN(keeps_what_fits);
	RUN(takes_no_abbreviation_for_an_end);
	RUN(makes_one_clean_line);
	RUN(knows_a_sentence);
	RUN(drops_the_last_word);
	return check_done();
}
