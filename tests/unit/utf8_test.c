#include "common/utf8.h"

#include <stdint.h>

#include "tests/unit/check.h"

static void
accepts_every_code_point_and_reads_back_what_it_wrote(void)
{
	int bad = 0;

	for (uint32_t cp = 0; cp <= 0x10FFFF; cp++) {
		char text[UTF8_BYTES_MAX];
		const char *at = text;
		size_t len;

		if (cp >= 0xD800 && cp <= 0xDFFF)
			continue;
		len = utf8_put(cp, text);
		bad += !utf8_valid(text, len);
		bad += utf8_next(&at, text + len) != cp || at != text + len;
		/* Cut short, it is never valid, and reading it stays inside. */
		for (size_t n = 1; n < len; n++) {
			at = text;
			bad += utf8_valid(text, n);
			bad += utf8_next(&at, text + n) != UTF8_REPLACEMENT || at != text + n;
		}
	}
	CHECK(bad == 0);
}

static void
writes_the_replacement_for_what_is_no_code_point(void)
{
	const uint32_t bad[] = {0xD800, 0xDFFF, 0x110000, UINT32_MAX};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char text[UTF8_BYTES_MAX];

		CHECK(utf8_put(bad[i], text) == 3 && memcmp(text, "\xEF\xBF\xBD", 3) == 0);
	}
}

static void
refuses_malformed_text_at_any_place(void)
{
	static const char *const bad[] = {
		"\x80",
		"\xBF",
		"\xC0\x80",
		"\xC1\xBF",
		"\xC2",
		"\xC2 ",
		"\xE0\x9F\xBF",
		"\xE0\x80\x80",
		"\xED\xA0\x80",
		"\xED\xBF\xBF",
		"\xE2\x82",
		"\xE2\x82 ",
		"\xF0\x8F\xBF\xBF",
		"\xF4\x90\x80\x80",
		"\xF5\x80\x80\x80",
		"\xFE",
		"\xFF",
		"\xF0\x9F\x98",
		"\xF8\x88\x80\x80\x80",
	};
	char text[128];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		const size_t len = strlen(bad[i]);

		/* Every alignment against the words that the fast path reads. */
		for (size_t at = 0; at + len <= sizeof(text); at++) {
			memset(text, 'a', sizeof(text));
			CHECK(utf8_valid(text, sizeof(text)));
			memcpy(text + at, bad[i], len);
			CHECK(!utf8_valid(text, sizeof(text)));
		}
	}
	CHECK(utf8_valid("", 0) && utf8_valid(NULL, 0) && utf8_valid("a\0b", 3));
}

/* The table of Unicode 15, 3.9, "U+FFFD substitution of maximal subparts". */
static void
replaces_maximal_prefixes(void)
{
	static const struct {
		const char *text;
		size_t replacements;
		const char *rest; /* what is well formed in it, in order */
	} cases[] = {
		{"\xC0\xAF\xE0\x80\xBF\xF0\x81\x82\x41", 8, "A"},
		{"\xED\xA0\x80\xED\xBF\xBF\xED\xAF\x41", 8, "A"},
		{"\xF4\x91\x92\x93\xFF\x41\x80\xBF\x42", 7, "AB"},
		{"\xE1\x80\xE2\xF0\x91\x92\xF1\xBF\x41", 4, "A"},
		{"\xE2\x82", 1, ""},
		{"x\xF0\x9F\x98y", 1, "xy"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *at = cases[i].text;
		const char *end = at + strlen(at);
		char rest[16] = "";
		size_t replacements = 0, len = 0;

		while (at < end) {
			const uint32_t cp = utf8_next(&at, end);

			if (cp == UTF8_REPLACEMENT)
				replacements++;
			else
				rest[len++] = (char)cp;
		}
		CHECK(at == end && replacements == cases[i].replacements);
		CHECK_STR(rest, cases[i].rest);
	}
}

/* Checking and reading are two codes for one rule. */
static void
checks_as_it_reads(void)
{
	static const unsigned char edges[] = {0x00, 0x7F, 0x80, 0x8F, 0x90, 0x9F,
					      0xA0, 0xBF, 0xC0, 0xC2, 0xFF};
	enum { EDGES = sizeof(edges) };
	int bad = 0;

	for (unsigned i = 0; i < 65536u * EDGES * EDGES; i++) {
		const unsigned pair = i / (EDGES * EDGES);
		const char text[4] = {(char)(pair >> 8), (char)pair, (char)edges[i / EDGES % EDGES],
				      (char)edges[i % EDGES]};
		const char *at = text;
		bool valid = true;

		while (at < text + 4)
			valid = utf8_next(&at, text + 4) != UTF8_REPLACEMENT && valid;
		/* U+FFFD itself is valid, and none of the edges spells it. */
		bad += at != text + 4 || utf8_valid(text, 4) != valid;
	}
	CHECK(bad == 0);
}

static void
cuts_between_code_points(void)
{
	const char *text = "a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80z"; /* a é € 😀 z */
	static const size_t wanted[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 11, 11};

	for (size_t max = 0; max < sizeof(wanted) / sizeof(wanted[0]); max++)
		CHECK(utf8_cut(text, 11, max) == wanted[max]);
	CHECK(utf8_cut("\x80\x80\x80\x80\x80\x80", 6, 5) == 5); /* not UTF-8: still bounded */
	CHECK(utf8_cut("", 0, 5) == 0);
}

int
main(void)
{
	RUN(accepts_every_code_point_and_reads_back_what_it_wrote);
	RUN(writes_the_replacement_for_what_is_no_code_point);
	RUN(refuses_malformed_text_at_any_place);
	RUN(replaces_maximal_prefixes);
	RUN(checks_as_it_reads);
	RUN(cuts_between_code_points);
	return check_done();
}
