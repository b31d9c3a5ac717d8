#include "common/ascii.h"

#include "tests/unit/check.h"

static void
sorts_every_byte(void)
{
	int digits = 0, letters = 0, hex = 0, lowered = 0;

	for (int i = 0; i < 256; i++) {
		const unsigned char c = (unsigned char)i;

		digits += ascii_is_digit(c);
		letters += ascii_is_alpha(c);
		hex += ascii_hex(c) >= 0;
		lowered += ascii_lower(c) != c;
	}
	CHECK(digits == 10 && letters == 52 && hex == 22 && lowered == 26);
	CHECK(ascii_hex('0') == 0 && ascii_hex('9') == 9 && ascii_hex('a') == 10);
	CHECK(ascii_hex('F') == 15 && ascii_hex('g') == -1 && ascii_hex('@') == -1);
	CHECK(ascii_lower('Z') == 'z' && ascii_lower('[') == '[' && ascii_lower(0xC9) == 0xC9);
}

static void
compares_words_in_any_case(void)
{
	CHECK(ascii_is_word("HtTp", 4, "http") && ascii_is_word("", 0, ""));
	CHECK(!ascii_is_word("http", 4, "https") && !ascii_is_word("https", 5, "http"));
	CHECK(ascii_is_word("https", 4, "http"));
	CHECK(!ascii_is_word("http\0", 5, "http") && !ascii_is_word("\xC9", 1, "\xE9"));
}

int
main(void)
{
	RUN(sorts_every_byte);
	RUN(compares_words_in_any_case);
	return check_done();
}
