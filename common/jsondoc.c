#include "common/jsondoc.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/buf.h"

struct jsondoc {
	json_t *root;
};

static const char BOM[] = "\xEF\xBB\xBF";

/* The offset behind the string whose first byte, behind the quote, is at i. */
static size_t
behind_string(const char *s, size_t len, size_t i)
{
	for (; i < len; i++) {
		if (s[i] == '"')
			return i + 1;
		if (s[i] == '\\')
			i++;
	}
	return len;
}

/* Whether the text holds more values than may be built: an empty object takes 2 bytes of it and
 * 200 of memory. */
static bool
has_too_many_values(const char *s, size_t len)
{
	size_t values = 1;

	for (size_t i = 0; i < len;) {
		const char c = s[i++];

		if (c == '"')
			i = behind_string(s, len, i);
		else
			values += c == ',' || c == '[' || c == '{';
	}
	return values > JSONDOC_VALUES_MAX;
}

/* Repair: what jansson refuses though the publisher's meaning is plain. */

static bool
is_number_byte(char c)
{
	return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E';
}

static bool
is_digits(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (s[i] < '0' || s[i] > '9')
			return false;
	return true;
}

/* Whether a number fits neither an int64 nor a double. */
static bool
overflows(const char *s, size_t len)
{
	const bool minus = s[0] == '-';
	const char *most = minus ? "9223372036854775808" : "9223372036854775807";
	const size_t most_len = strlen(most);
	SCOPED(buf_done) struct buf copy = buf_init(len);

	if (is_digits(s + minus, len - minus)) {
		s += minus;
		len -= minus;
		return len > most_len || (len == most_len && memcmp(s, most, len) > 0);
	}
	return buf_add(&copy, s, len, NULL) == 0 && isinf(strtod(buf_str(&copy), NULL));
}

/* The number after \u at s, -1 where there are no four hex digits. */
static int
unit_at(const char *s, size_t left)
{
	int unit = 0;

	if (left < 6 || s[0] != '\\' || s[1] != 'u')
		return -1;
	for (size_t i = 2; i < 6; i++) {
		const char *hex = "0123456789abcdef";
		const char *at = s[i] ? strchr(hex, s[i] | 0x20) : NULL;

		if (!at)
			return -1;
		unit = unit * 16 + (int)(at - hex);
	}
	return unit;
}

/* The length of the escape at s; *lone: it is half of a surrogate pair. */
static size_t
escape_length(const char *s, size_t left, bool *lone_out)
{
	const int unit = unit_at(s, left);

	*lone_out = false;
	if (unit < 0)
		return left < 2 ? left : 2;
	if (unit < 0xD800 || unit > 0xDFFF)
		return 6;
	if (unit < 0xDC00 && (unit_at(s + 6, left - 6) & ~0x3FF) == 0xDC00)
		return 12;
	*lone_out = true;
	return 6;
}

/* Copies what stands in a string from s on; returns how much of it that was. */
static size_t
repair_string(const char *s, size_t len, struct buf *out, bool *changed)
{
	size_t run = 0, i = 0;

	while (i < len && s[i] != '"') {
		const size_t at = i;
		bool lone = false;

		i += s[i] == '\\' ? escape_length(s + i, len - i, &lone) : 1;
		if (!lone && (unsigned char)s[at] >= ' ')
			continue;
		(void)buf_add(out, s + run, at - run, NULL);
		if (lone)
			(void)buf_adds(out, "\\ufffd", NULL);
		else
			(void)buf_addf(out, NULL, "\\u%04x", (unsigned)s[at]);
		*changed = true;
		run = i;
	}
	i += i < len; /* the closing quote */
	(void)buf_add(out, s + run, i - run, NULL);
	return i;
}

/* Numbers out of range become strings, lone surrogates U+FFFD, raw control characters escapes.
 * Whether anything was changed. */
static bool
repair(const char *s, size_t len, struct buf *out)
{
	bool changed = false;
	size_t run = 0, i = 0;

	while (i < len) {
		const size_t at = i++;

		if (s[at] == '"') {
			(void)buf_add(out, s + run, i - run, NULL);
			i += repair_string(s + i, len - i, out, &changed);
			run = i;
		} else if (is_number_byte(s[at])) {
			while (i < len && is_number_byte(s[i]))
				i++;
			if (!overflows(s + at, i - at))
				continue;
			(void)buf_add(out, s + run, at - run, NULL);
			(void)buf_addc(out, '"', NULL);
			(void)buf_add(out, s + at, i - at, NULL);
			(void)buf_addc(out, '"', NULL);
			changed = true;
			run = i;
		}
	}
	(void)buf_add(out, s + run, len - run, NULL);
	return changed && !out->failed;
}

static json_t *
load(const char *text, size_t len, json_error_t *error)
{
	return json_loadb(text, len, JSON_ALLOW_NUL | JSON_DECODE_ANY, error);
}

struct jsondoc *
jsondoc_parse(const char *text, size_t len, struct err *err)
{
	SCOPED(jsondoc_free) struct jsondoc *doc = calloc(1, sizeof(*doc));
	/* A control character grows the most, from one byte to six. */
	SCOPED(buf_done) struct buf repaired = buf_init(len <= SIZE_MAX / 8 ? 6 * len : 0);
	json_error_t error, second;

	if (!doc) {
		(void)err_sys(err, "JSON");
		return NULL;
	}
	if (len >= strlen(BOM) && memcmp(text, BOM, strlen(BOM)) == 0) {
		text += strlen(BOM);
		len -= strlen(BOM);
	}
	if (len > 0 && has_too_many_values(text, len)) {
		(void)err_set(err, ERR_REJECT, "JSON: more than %d values", JSONDOC_VALUES_MAX);
		return NULL;
	}
	doc->root = load(len > 0 ? text : "", len, &error);
	if (!doc->root && len > 0 && repair(text, len, &repaired))
		doc->root = load(buf_str(&repaired), repaired.len, &second);
	if (!doc->root) {
		(void)err_set(err, ERR_REJECT, "JSON: line %d, column %d: %s", error.line,
			      error.column, error.text);
		return NULL;
	}
	return TAKE(doc);
}

void
jsondoc_free(struct jsondoc *doc)
{
	if (!doc)
		return;
	json_decref(doc->root);
	free(doc);
}

/* A jsonval is a json_t under another name. jansson does not say const where it only reads. */
union alias {
	const struct jsonval *value;
	json_t *json;
	const void *iter;
	void *json_iter;
};

static const struct jsonval *
value_of(json_t *json)
{
	return ((union alias){.json = json}).value;
}

static json_t *
json_of(const struct jsonval *value)
{
	return ((union alias){.value = value}).json;
}

const struct jsonval *
jsondoc_root(const struct jsondoc *doc)
{
	return doc ? value_of(doc->root) : NULL;
}

bool
jsonval_is_object(const struct jsonval *v)
{
	return json_is_object(json_of(v));
}

bool
jsonval_is_array(const struct jsonval *v)
{
	return json_is_array(json_of(v));
}

bool
jsonval_is_null(const struct jsonval *v)
{
	return json_is_null(json_of(v));
}

const struct jsonval *
jsonval_get(const struct jsonval *object, const char *key)
{
	return value_of(json_object_get(json_of(object), key));
}

size_t
jsonval_count(const struct jsonval *array)
{
	return json_array_size(json_of(array));
}

const struct jsonval *
jsonval_at(const struct jsonval *array, size_t i)
{
	return value_of(json_array_get(json_of(array), i));
}

const char *
jsonval_text(const struct jsonval *v, size_t *len_out)
{
	const char *text = json_string_value(json_of(v));

	if (text && len_out)
		*len_out = json_string_length(json_of(v));
	return text;
}

bool
jsonval_int(const struct jsonval *v, int64_t *out)
{
	if (!json_is_integer(json_of(v)))
		return false;
	*out = json_integer_value(json_of(v));
	return true;
}

bool
jsonval_double(const struct jsonval *v, double *out)
{
	if (!json_is_number(json_of(v)))
		return false;
	*out = json_number_value(json_of(v));
	return true;
}

bool
jsonval_bool(const struct jsonval *v, bool *out)
{
	if (!json_is_boolean(json_of(v)))
		return false;
	*out = json_is_true(json_of(v));
	return true;
}

const void *
jsonval_next(const struct jsonval *object, const void *iter, const char **key_out,
	     const struct jsonval **value_out)
{
	json_t *json = json_of(object);
	void *at = iter ? json_object_iter_next(json, ((union alias){.iter = iter}).json_iter)
			: json_object_iter(json);

	if (!at)
		return NULL;
	*key_out = json_object_iter_key(at);
	*value_out = value_of(json_object_iter_value(at));
	return at;
}
