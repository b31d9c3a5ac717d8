/* JSON text: what is read can be written, and read again the same. */
#include <string.h>

#include "common/json.h"
#include "common/jsondoc.h"
#include "common/utf8.h"
#include "tests/fuzz/fuzz.h"

/* NOLINTBEGIN(misc-no-recursion): JSON_DEPTH_MAX bounds it */
static void write_value(struct json *j, const struct jsonval *value, int depth);

static void
write_members(struct json *j, const struct jsonval *object, int depth)
{
	const struct jsonval *value;
	const char *key;

	json_object(j);
	for (const void *it = NULL; (it = jsonval_next(object, it, &key, &value));) {
		FUZZ_CHECK(utf8_valid(key, strlen(key)) && jsonval_get(object, key) == value);
		json_key(j, key);
		write_value(j, value, depth + 1);
	}
	json_close(j);
}

static void
write_scalar(struct json *j, const struct jsonval *value)
{
	size_t len = 0;
	const char *text = jsonval_text(value, &len);
	int64_t i;
	double d;
	bool yes;

	if (text) {
		FUZZ_CHECK(utf8_valid(text, len) && text[len] == '\0');
		json_text_n(j, text, len);
	} else if (jsonval_int(value, &i))
		json_int(j, i);
	else if (jsonval_double(value, &d))
		json_double(j, d == 0 ? 0 : d); /* -0 would be read as an integer */
	else if (jsonval_bool(value, &yes))
		json_bool(j, yes);
	else
		json_null(j);
}

static void
write_value(struct json *j, const struct jsonval *value, int depth)
{
	if (depth > JSON_DEPTH_MAX)
		json_null(j);
	else if (jsonval_is_object(value))
		write_members(j, value, depth);
	else if (jsonval_is_array(value)) {
		json_array(j);
		for (size_t i = 0; i < jsonval_count(value); i++)
			write_value(j, jsonval_at(value, i), depth + 1);
		json_close(j);
	} else
		write_scalar(j, value);
}

/* NOLINTEND(misc-no-recursion) */

/* 0 where the text is no JSON. */
static int
rewrite(const char *text, size_t len, struct buf *out, struct err *err)
{
	SCOPED(jsondoc_free) struct jsondoc *doc = jsondoc_parse(text, len, err);
	struct json j = json_into(out);

	if (!doc)
		return 0;
	write_value(&j, jsondoc_root(doc), 1);
	return 1;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	SCOPED(buf_done) struct buf once = buf_init(64 * len + 64);
	SCOPED(buf_done) struct buf twice = buf_init(64 * len + 64);
	struct err err = {.kind = ERR_NONE};

	if (!rewrite((const char *)data, len, &once, &err)) {
		FUZZ_CHECK(err.kind == ERR_REJECT && err.text[0]);
		return 0;
	}
	FUZZ_CHECK(utf8_valid(buf_str(&once), once.len));
	if (buf_failed(&once, NULL) < 0) /* deeper than we ever write */
		return 0;
	FUZZ_CHECK(rewrite(buf_str(&once), once.len, &twice, &err));
	FUZZ_CHECK(strcmp(buf_str(&once), buf_str(&twice)) == 0);
	return 0;
}
