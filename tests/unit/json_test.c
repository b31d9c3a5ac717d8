#include "common/json.h"

#include <locale.h>
#include <math.h>
#include <stdint.h>

#include "tests/unit/check.h"

static void
puts_commas_and_closers_where_they_belong(void)
{
	SCOPED(buf_done) struct buf out = buf_init(1000);
	struct json j = json_into(&out);

	json_object(&j);
	json_key(&j, "a");
	json_array(&j);
	json_int(&j, 1);
	json_null(&j);
	json_object(&j);
	json_close(&j);
	json_array(&j);
	json_close(&j);
	json_bool(&j, true);
	json_close(&j);
	json_member(&j, "b", "x");
	json_member(&j, "absent", NULL);
	json_member(&j, "empty", "");
	json_member_int(&j, "c", -5);
	json_key(&j, "d");
	json_raw(&j, "{\"raw\":1}", 9);
	json_key(&j, "e");
	json_text(&j, NULL);
	json_close(&j);
	CHECK_STR(buf_str(&out),
		  "{\"a\":[1,null,{},[],true],\"b\":\"x\",\"c\":-5,\"d\":{\"raw\":1},"
		  "\"e\":null}");
	json_close(&j); /* one too many changes nothing */
	CHECK(out.data[out.len - 1] == '}' && buf_failed(&out, NULL) == 0);
}

static void
ends_a_line_between_values_at_the_top(void)
{
	SCOPED(buf_done) struct buf out = buf_init(1000);
	struct json j = json_into(&out);

	json_object(&j);
	json_close(&j);
	json_int(&j, 1);
	json_text(&j, "x");
	CHECK_STR(buf_str(&out), "{}\n1\n\"x\"");
}

static void
escapes_what_it_must_at_any_place(void)
{
	for (int c = 1; c < 256; c++) {
		for (size_t at = 0; at < 20; at++) {
			SCOPED(buf_done) struct buf out = buf_init(1000);
			struct json j = json_into(&out);
			char text[21], wanted[40];
			char escape[8];

			memset(text, 'a', 20);
			text[20] = '\0';
			text[at] = (char)c;
			json_text(&j, text);
			if (c == '"' || c == '\\')
				(void)snprintf(escape, sizeof(escape), "\\%c", c);
			else if (c == '\n' || c == '\t' || c == '\r' || c == '\b' || c == '\f')
				(void)snprintf(escape, sizeof(escape), "\\%c",
					       c == '\n'   ? 'n'
					       : c == '\t' ? 't'
					       : c == '\r' ? 'r'
					       : c == '\b' ? 'b'
							   : 'f');
			else if (c < ' ')
				(void)snprintf(escape, sizeof(escape), "\\u%04x", (unsigned)c);
			else
				(void)snprintf(escape, sizeof(escape), "%c", c);
			(void)snprintf(wanted, sizeof(wanted), "\"%.*s%s%.*s\"", (int)at, text,
				       escape, (int)(19 - at), text + at + 1);
			CHECK_STR(buf_str(&out), wanted);
		}
	}
}

static void
leaves_the_rest_of_unicode_and_writes_nul(void)
{
	SCOPED(buf_done) struct buf out = buf_init(1000);
	struct json j = json_into(&out);

	json_text(&j, "</\xE2\x80\xA8\xE2\x80\xA9\xF0\x9F\x98\x80\x7F");
	json_text_n(&j, "a\0b", 3);
	json_text_n(&j, "", 0);
	json_text(&j, "\\\"\\\"\\\"\\\"");
	CHECK_STR(buf_str(&out), "\"</\xE2\x80\xA8\xE2\x80\xA9\xF0\x9F\x98\x80\x7F\"\n"
				 "\"a\\u0000b\"\n\"\"\n\"\\\\\\\"\\\\\\\"\\\\\\\"\\\\\\\"\"");
}

static void
writes_integers_to_their_limits(void)
{
	SCOPED(buf_done) struct buf out = buf_init(1000);
	struct json j = json_into(&out);

	json_int(&j, INT64_MIN);
	json_int(&j, INT64_MAX);
	json_uint(&j, UINT64_MAX);
	json_int(&j, 0);
	CHECK_STR(buf_str(&out),
		  "-9223372036854775808\n9223372036854775807\n18446744073709551615\n0");
}

static const struct {
	double n;
	const char *text;
} doubles[] = {
	{0, "0"},
	{-0.0, "-0"},
	{0.1, "0.1"},
	{7.5, "7.5"},
	{1.0 / 3, "0.3333333333333333"},
	{0.1 + 0.2, "0.30000000000000004"},
	{1e21, "1e+21"},
	{5e-324, "4.94065645841247e-324"},
	{1.7976931348623157e308, "1.7976931348623157e+308"},
	{-2.5e-7, "-2.5e-07"},
	{123456789012345, "123456789012345"},
	{9007199254740994, "9007199254740994"},
	{NAN, "null"},
	{INFINITY, "null"},
	{-INFINITY, "null"},
};

static void
check_doubles(void)
{
	for (size_t i = 0; i < sizeof(doubles) / sizeof(doubles[0]); i++) {
		SCOPED(buf_done) struct buf out = buf_init(1000);
		struct json j = json_into(&out);

		json_double(&j, doubles[i].n);
		CHECK_STR(buf_str(&out), doubles[i].text);
	}
}

static void
writes_doubles_that_read_back_the_same(void)
{
	uint64_t seed = 1;

	check_doubles();
	for (int i = 0; i < 20000; i++) {
		SCOPED(buf_done) struct buf out = buf_init(100);
		struct json j = json_into(&out);
		double n, back;

		seed = seed * 6364136223846793005u + 1442695040888963407u;
		memcpy(&n, &seed, sizeof(n));
		if (!isfinite(n))
			continue;
		json_double(&j, n);
		back = strtod(buf_str(&out), NULL);
		CHECK(memcmp(&back, &n, sizeof(n)) == 0);
	}
}

static void
writes_a_point_in_any_locale(void)
{
	static const char *const names[] = {"de_DE.UTF-8", "fr_FR.UTF-8", "ps_AF.UTF-8",
					    "fa_IR.UTF-8"};

	/* Where none of them is installed, the C locale is what is left to check. */
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		(void)setlocale(LC_ALL, names[i]);
		check_doubles();
	}
	(void)setlocale(LC_ALL, "C");
}

static void
remembers_a_level_too_many_and_a_full_buffer(void)
{
	SCOPED(buf_done) struct buf out = buf_init(1000);
	SCOPED(buf_done) struct buf tiny = buf_init(5);
	struct json j = json_into(&out);

	for (int i = 0; i < JSON_DEPTH_MAX; i++)
		json_array(&j);
	CHECK(buf_failed(&out, NULL) == 0);
	json_array(&j);
	for (int i = 0; i <= JSON_DEPTH_MAX; i++)
		json_close(&j);
	CHECK(buf_failed(&out, NULL) == -1 && j.depth == 0);
	j = json_into(&tiny);
	json_text(&j, "too long");
	CHECK(buf_failed(&tiny, NULL) == -1);
}

static void
names_a_moment_and_says_nothing_of_never(void)
{
	SCOPED(buf_done) struct buf out = buf_init(200);
	struct json j = json_into(&out);

	json_object(&j);
	json_member_time(&j, "never", 0);
	json_member_time(&j, "odd", -1);
	json_member_time(&j, "at", 1767225600);
	json_member_time(&j, "too_far", INT64_MAX);
	json_close(&j);
	CHECK_STR(buf_str(&out), "{\"at\":\"2026-01-01T00:00:00Z\"}");
}

int
main(void)
{
	RUN(puts_commas_and_closers_where_they_belong);
	RUN(ends_a_line_between_values_at_the_top);
	RUN(escapes_what_it_must_at_any_place);
	RUN(leaves_the_rest_of_unicode_and_writes_nul);
	RUN(writes_integers_to_their_limits);
	RUN(writes_doubles_that_read_back_the_same);
	RUN(writes_a_point_in_any_locale);
	RUN(names_a_moment_and_says_nothing_of_never);
	RUN(remembers_a_level_too_many_and_a_full_buffer);
	return check_done();
}
