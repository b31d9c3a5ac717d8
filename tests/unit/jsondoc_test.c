#include "common/jsondoc.h"

#include <math.h>

#include "common/buf.h"
#include "tests/unit/check.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static struct jsondoc *
parse(const char *text, struct err *err)
{
	return jsondoc_parse(text, strlen(text), err);
}

static void
reads_every_type_and_nothing_else(void)
{
	SCOPED(jsondoc_free)
	struct jsondoc *doc =
		parse("{\"s\":\"a\\u0000b\",\"i\":-7,\"d\":1.5,\"t\":true,\"n\":null,\"a\":[1,[]]}",
		      NULL);
	const struct jsonval *root = jsondoc_root(doc);
	const struct jsonval *array = jsonval_get(root, "a");
	const char *text;
	size_t len = 0;
	int64_t i = 0;
	double d = 0;
	bool b = false;

	CHECK(jsonval_is_object(root) && !jsonval_is_array(root));
	text = jsonval_text(jsonval_get(root, "s"), &len);
	CHECK(text && len == 3 && memcmp(text, "a\0b", 4) == 0);
	CHECK(jsonval_int(jsonval_get(root, "i"), &i) && i == -7);
	CHECK(jsonval_double(jsonval_get(root, "i"), &d) && d == -7);
	CHECK(jsonval_double(jsonval_get(root, "d"), &d) && d == 1.5);
	CHECK(!jsonval_int(jsonval_get(root, "d"), &i) && i == -7);
	CHECK(jsonval_bool(jsonval_get(root, "t"), &b) && b);
	CHECK(!jsonval_bool(jsonval_get(root, "n"), &b) && b);
	CHECK(jsonval_is_array(array) && jsonval_count(array) == 2);
	CHECK(jsonval_int(jsonval_at(array, 0), &i) && i == 1);
	CHECK(jsonval_is_array(jsonval_at(array, 1)) && !jsonval_at(array, 2));
}

static void
answers_questions_to_nothing(void)
{
	const struct jsonval *value = NULL;
	const char *key = NULL;
	int64_t i;
	double d;
	bool b;

	CHECK(!jsondoc_root(NULL) && !jsonval_get(NULL, "x") && !jsonval_at(NULL, 0));
	CHECK(jsonval_count(NULL) == 0 && !jsonval_text(NULL, NULL));
	CHECK(!jsonval_int(NULL, &i) && !jsonval_double(NULL, &d) && !jsonval_bool(NULL, &b));
	CHECK(!jsonval_is_object(NULL) && !jsonval_is_array(NULL));
	CHECK(!jsonval_next(NULL, NULL, &key, &value) && !key && !value);
	jsondoc_free(NULL);
}

static void
lists_members_in_their_order(void)
{
	SCOPED(jsondoc_free)
	struct jsondoc *doc = parse("{\"z\":1,\"a\":2,\"m\":3,\"\":4,\"z\":5}", NULL);
	SCOPED(buf_done) struct buf seen = buf_init(100);
	const struct jsonval *value;
	const char *key;

	for (const void *it = NULL; (it = jsonval_next(jsondoc_root(doc), it, &key, &value));) {
		int64_t n = 0;

		CHECK(jsonval_int(value, &n));
		(void)buf_addf(&seen, NULL, "%s=%d ", key, (int)n);
	}
	CHECK_STR(buf_str(&seen), "z=5 a=2 m=3 =4 "); /* of two, the last counts */
}

static void
takes_any_value_for_a_document(void)
{
	static const char *const good[] = {"1",      "\"x\"",        "null",
					   "[]",     " \t\r\n{} \n", "true",
					   "-0.5e3", "\"\"",         "\xEF\xBB\xBF{}"};

	for (size_t i = 0; i < COUNT(good); i++) {
		SCOPED(jsondoc_free) struct jsondoc *doc = parse(good[i], NULL);

		CHECK(doc != NULL);
	}
}

static void
says_where_it_is_not_json(void)
{
	static const char *const bad[] = {
		"",
		" ",
		"{",
		"[1,]",
		"{\"a\"}",
		"{a:1}",
		"nul",
		"1 2",
		"{} x",
		"[1 2]",
		"\"\\x\"",
		"\"\\u12g4\"",
		"\"abc",
		"\"\xFF\"",
		"\"\xED\xA0\x80\"",
		"01",
		"+1",
		".5",
		"'a'",
		"\xEF\xBB\xBF",
		"{\"a\":1,}",
		"NaN",
		"1e",
		"--1",
		"<html>",
		"99999999999999999999x",
		"\"\\ud800",
		"\"\\",
		"\"\\u",
	};
	struct err err = {.kind = ERR_NONE};

	for (size_t i = 0; i < COUNT(bad); i++) {
		SCOPED(jsondoc_free) struct jsondoc *doc = parse(bad[i], &err);

		CHECK(!doc && err.kind == ERR_REJECT);
		if (doc)
			(void)printf("# '%s'\n", bad[i]);
	}
	CHECK(!parse("{\n  \"a\": ?", &err) && strstr(err.text, "JSON: line 2, column "));
	CHECK(!jsondoc_parse("{}\0", 3, &err));
	CHECK(!jsondoc_parse(NULL, 0, &err));
}

static const struct jsonval *
first(const struct jsondoc *doc)
{
	return jsonval_at(jsondoc_root(doc), 0);
}

static void
keeps_a_document_with_numbers_out_of_range(void)
{
	static const char *const spelt[] = {
		"9223372036854775808",
		"-9223372036854775809",
		"18446744073709551615",
		"123456789012345678901234567890",
		"1e309",
		"-1E+999",
	};
	static const char *const fits[] = {"9223372036854775807", "-9223372036854775808", "1e308",
					   "1e-999", "0.00000000000000000000001"};

	for (size_t i = 0; i < COUNT(spelt); i++) {
		SCOPED(buf_done) struct buf text = buf_init(200);
		SCOPED(jsondoc_free) struct jsondoc *doc = NULL;
		int64_t n = 0;

		(void)buf_addf(&text, NULL, "[%s, \"1e999\", 12]", spelt[i]);
		doc = parse(buf_str(&text), NULL);
		CHECK_STR(jsonval_text(first(doc), NULL), spelt[i]);
		CHECK_STR(jsonval_text(jsonval_at(jsondoc_root(doc), 1), NULL), "1e999");
		CHECK(jsonval_int(jsonval_at(jsondoc_root(doc), 2), &n) && n == 12);
	}
	for (size_t i = 0; i < COUNT(fits); i++) {
		SCOPED(buf_done) struct buf text = buf_init(200);
		SCOPED(jsondoc_free) struct jsondoc *doc = NULL;
		double d = NAN;

		/* Also beside one that does not. */
		(void)buf_addf(&text, NULL, "[%s, 1e999]", fits[i]);
		doc = parse(buf_str(&text), NULL);
		CHECK(jsonval_double(first(doc), &d) && isfinite(d));
	}
}

static void
mends_half_pairs_and_raw_controls(void)
{
	static const struct {
		const char *json, *text;
	} cases[] = {
		{"[\"a\\ud83d\"]", "a\xEF\xBF\xBD"},
		{"[\"\\ud83dx\"]", "\xEF\xBF\xBDx"},
		{"[\"\\uDE00\\ud83d\\uDE00\"]", "\xEF\xBF\xBD\xF0\x9F\x98\x80"},
		{"[\"\\ud83d\\ud83d\\ude00\"]", "\xEF\xBF\xBD\xF0\x9F\x98\x80"},
		{"[\"\\ud83d\\n\"]", "\xEF\xBF\xBD\n"},
		{"[\"\\\\ud83d\n\"]", "\\ud83d\n"},
		{"[\"a\tb\r\nc\001\"]", "a\tb\r\nc\001"},
		{"[\"\\\"\t\\\"\"]", "\"\t\""},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		SCOPED(jsondoc_free) struct jsondoc *doc = parse(cases[i].json, NULL);

		CHECK_STR(jsonval_text(first(doc), NULL), cases[i].text);
	}
}

static void
bounds_depth_and_number_of_values(void)
{
	SCOPED(buf_done) struct buf text = buf_init(16 << 20);
	struct err err = {.kind = ERR_NONE};
	SCOPED(jsondoc_free) struct jsondoc *doc = NULL;

	for (int i = 0; i < 1000000; i++)
		(void)buf_addc(&text, '[', NULL);
	CHECK(!parse(buf_str(&text), &err) && err.kind == ERR_REJECT);
	text.len = 100000; /* few enough, but too deep */
	CHECK(!jsondoc_parse(text.data, text.len, &err) && strstr(err.text, "depth"));
	buf_reset(&text);
	(void)buf_addc(&text, '[', NULL);
	for (int i = 0; i < JSONDOC_VALUES_MAX - 2; i++)
		(void)buf_adds(&text, "1,", NULL);
	(void)buf_adds(&text, "\",[{\\\",\"]", NULL); /* what is in strings does not count */
	doc = jsondoc_parse(text.data, text.len, &err);
	CHECK(jsonval_count(jsondoc_root(doc)) == JSONDOC_VALUES_MAX - 1);
	text.len--;
	(void)buf_adds(&text, ",1]", NULL);
	CHECK(!jsondoc_parse(text.data, text.len, &err) && strstr(err.text, "values"));
}

int
main(void)
{
	RUN(reads_every_type_and_nothing_else);
	RUN(answers_questions_to_nothing);
	RUN(lists_members_in_their_order);
	RUN(takes_any_value_for_a_document);
	RUN(says_where_it_is_not_json);
	RUN(keeps_a_document_with_numbers_out_of_range);
	RUN(mends_half_pairs_and_raw_controls);
	RUN(bounds_depth_and_number_of_values);
	return check_done();
}
