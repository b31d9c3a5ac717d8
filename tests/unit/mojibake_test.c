#include "parser/mojibake.h"

#include <string.h>

#include "tests/unit/check.h"

/* What the text becomes; NULL where it is left alone. */
static const char *
undone(const char *text)
{
	static struct buf out = {.max = 1000};

	return mojibake_undo((struct bytes){text, strlen(text)}, &out) ? buf_str(&out) : NULL;
}

static void
undoes_what_was_encoded_twice(void)
{
	CHECK_STR(undone("BrÃ¸ndby til fans"), "Brøndby til fans");
	CHECK_STR(undone("Â«En Ã©crivantÂ»"), "«En écrivant»");
	CHECK_STR(undone("â€œquotedâ€¦"), "“quoted…");
	CHECK_STR(undone("BookÂ\u00a0[Free]"), "Book\u00a0[Free]");
	CHECK_STR(undone("Ð´Ð°"), "да");
	CHECK_STR(undone("film Ã\u00a0 voir"), "film à voir");
	CHECK_STR(undone("ðŸ˜€ &amp; <b>Ã©</b>"), "😀 &amp; <b>é</b>");
}

static void
leaves_everything_else_alone(void)
{
	static const char *const texts[] = {
		"",
		"plain",
		"Brøndby",
		"é and Ã©",         /* once and twice: nobody knows */
		"Ã© – dash",        /* a character that was no byte */
		"AMANHÃ\u00a0CEDO", /* Portuguese */
		"TÃO",
		"да Ã©",
	};

	CHECK(!mojibake_undo((struct bytes){NULL, 0}, NULL));
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		CHECK(!undone(texts[i]));
}

static void
keeps_to_the_ceiling(void)
{
	struct buf out = buf_init(3);

	CHECK(!mojibake_undo((struct bytes){"abcÃ©", strlen("abcÃ©")}, &out));
	buf_done(&out);
}

int
main(void)
{
	RUN(undoes_what_was_encoded_twice);
	RUN(leaves_everything_else_alone);
	RUN(keeps_to_the_ceiling);
	return check_done();
}
