#include "common/mask.h"

#include <string.h>

#include "tests/unit/check.h"

static void
hides_what_may_be_credentials_and_nothing_else(void)
{
	static const struct {
		const char *text, *shown;
	} rows[] = {
		{"", ""},
		{"https://example.org/feed", "https://example.org/feed"},
		{"https://example.org:8080/@name/feed", "https://example.org:8080/@name/feed"},
		{"https://medium.example/@name?x=a@b#c@d",
		 "https://medium.example/@name?x=a@b#c@d"},
		{"http://[::1]:80/@x", "http://[::1]:80/@x"},
		{"someone@example.org", "someone@example.org"},
		{"http://name:pass@host/x", "http://***@host/x"},
		{"http://token@host/x", "http://***@host/x"},
		{"http://a@b@host/x@y", "http://***@host/x@y"},
		{"HTTP:\\\\name:pass@host\\x", "HTTP:\\\\***@host\\x"},
		{"http:name:pass@host", "http:***@host"},
		{"feed:https://name:pass@host/", "feed:https://***@host/"},
		{"//name:pass@host/", "//***@host/"},
		{"name:pass@host/x", "***@host/x"},
		{"name:pa/s=s@host/x", "***@host/x"},
		{"gopher://name:pass@host:99999/", "gopher://***@host:99999/"},
		/* No URL, and a password all the same. */
		{"http://name:pa/ss@host/", "http://***@host/"},
		{"http://name:pa?s#s@host/x", "http://***@host/x"},
		{"http://name:pa ss@host/", "http://***@host/"},
		{"http://name:pa'\"ss@a b/", "http://***@a b/"},
		{"http://name:pass@[::1/", "http://***@[::1/"},
		/* In the midst of something. */
		{"[feed http://name:pass@host/]", "[feed http://***@host/]"},
		{"url = http:name:pass@host", "url = http:***@host"},
		{"'http://a/': then http://n:p@b/", "'http://a/': then http://***@b/"},
		{"\xc3\xa4 http://n:p@\xc3\xb6/", "\xc3\xa4 http://***@\xc3\xb6/"},
	};
	char out[MASK_BYTES];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		CHECK_STR(mask_text(rows[i].text, out), rows[i].shown);
}

static void
cuts_what_is_long_between_two_characters(void)
{
	char text[4 * MASK_BYTES], out[MASK_BYTES];

	for (size_t shift = 0; shift < 4; shift++) {
		memset(text, 'x', shift);
		for (size_t i = shift; i + 3 < sizeof(text); i += 3)
			memcpy(text + i, "\xe2\x82\xac", 4);
		(void)mask_text(text, out);
		CHECK(strlen(out) <= MASK_BYTES - 1 && strlen(out) > MASK_BYTES - 5);
		CHECK((strlen(out) - shift) % 3 == 0);
	}
	/* Credentials longer than all that is shown. */
	memset(text, 'p', sizeof(text));
	memcpy(text, "http://name:", 12);
	memcpy(text + sizeof(text) - 9, "@host/xy", 9);
	CHECK_STR(mask_text(text, out), "http://***@host/xy");
}

int
main(void)
{
	RUN(hides_what_may_be_credentials_and_nothing_else);
	RUN(cuts_what_is_long_between_two_characters);
	return check_done();
}
