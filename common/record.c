#include "common/record.h"

#include <math.h>
#include <string.h>

#include "common/clock.h"

/* NOLINTBEGIN(misc-no-recursion): as deep as the tables are, and no deeper */

/* Members are reached by their place in a struct. memcpy, because pointers to different types
 * are read through one. */
static const char *
text_of(const char *record, const struct record_field *f)
{
	const char *text;

	memcpy(&text, record + f->at, sizeof(text));
	return text;
}

static int64_t
int_of(const char *record, const struct record_field *f)
{
	int64_t n;

	memcpy(&n, record + f->at, sizeof(n));
	return n;
}

static double
number_of(const char *record, const struct record_field *f)
{
	double n;

	memcpy(&n, record + f->at, sizeof(n));
	return n;
}

/* The elements of a list, and their number. */
static const char *
list_of(const char *record, const struct record_field *f, size_t *count_out)
{
	memcpy(count_out, record + f->count_at, sizeof(*count_out));
	return text_of(record, f);
}

static const char *
string_at(const char *list, size_t i)
{
	const char *text;

	memcpy(&text, list + i * sizeof(text), sizeof(text));
	return text;
}

static void
put_pointer(char *record, const struct record_field *f, const void *pointer)
{
	memcpy(record + f->at, &pointer, sizeof(pointer));
}

static void
put_int(char *record, const struct record_field *f, int64_t n)
{
	memcpy(record + f->at, &n, sizeof(n));
}

static void
put_number(char *record, const struct record_field *f, double n)
{
	memcpy(record + f->at, &n, sizeof(n));
}

static void
put_list(char *record, const struct record_field *f, const void *list, size_t count)
{
	put_pointer(record, f, list);
	memcpy(record + f->count_at, &count, sizeof(count));
}

static bool
is_absent(const char *record, const struct record_field *f)
{
	const char *text;
	size_t count;

	switch (f->kind) {
	case RECORD_TEXT:
		text = text_of(record, f);
		return !text || !*text;
	case RECORD_UINT:
		return int_of(record, f) == 0;
	case RECORD_LENGTH:
		return int_of(record, f) < 0;
	case RECORD_TIME:
		return int_of(record, f) == RECORD_NO_TIME;
	case RECORD_STRINGS:
	case RECORD_OBJECTS:
		(void)list_of(record, f, &count);
		return count == 0;
	case RECORD_OBJECT:
		for (const struct record_field *member = f->of; member->key; member++)
			if (!is_absent(record, member))
				return false;
		return true;
	case RECORD_INT:
	case RECORD_NUMBER:
		return false;
	}
	return true;
}

void
record_clear(void *record, const struct record_field *fields)
{
	for (const struct record_field *f = fields; f->key; f++)
		if (f->kind == RECORD_LENGTH)
			put_int(record, f, -1);
		else if (f->kind == RECORD_TIME)
			put_int(record, f, RECORD_NO_TIME);
}

/* Msgpack. */

static void
encode_record(const char *record, const struct record_field *fields, struct buf *out)
{
	struct wire_map map = wire_map_begin(out);

	record_encode(record, fields, &map);
	wire_map_end(&map);
}

static void
encode_list(const char *record, const struct record_field *f, struct wire_map *map)
{
	size_t count;
	const char *list = list_of(record, f, &count);

	wire_map_key(map, f->key);
	wire_put_array(map->out, count);
	for (size_t i = 0; i < count; i++)
		if (f->kind == RECORD_STRINGS)
			wire_put_str(map->out, string_at(list, i));
		else
			encode_record(list + i * f->size, f->of, map->out);
}

void
record_encode(const void *record, const struct record_field *fields, struct wire_map *map)
{
	for (const struct record_field *f = fields; f->key; f++) {
		if (is_absent(record, f))
			continue;
		switch (f->kind) {
		case RECORD_TEXT:
			wire_map_str(map, f->key, text_of(record, f));
			break;
		case RECORD_UINT:
			wire_map_uint(map, f->key, (uint64_t)int_of(record, f));
			break;
		case RECORD_INT:
		case RECORD_LENGTH:
		case RECORD_TIME:
			wire_map_int(map, f->key, int_of(record, f));
			break;
		case RECORD_NUMBER:
			wire_map_double(map, f->key, number_of(record, f));
			break;
		case RECORD_STRINGS:
		case RECORD_OBJECTS:
			encode_list(record, f, map);
			break;
		case RECORD_OBJECT:
			wire_map_key(map, f->key);
			encode_record(record, f->of, map->out);
			break;
		}
	}
}

static void
decode_list(struct wire_in *in, const struct record_field *f, struct arena *arena, char *record)
{
	struct wire_in *list = wire_child(in, f->key);
	const size_t count = wire_count(list);
	const size_t size = f->kind == RECORD_STRINGS ? sizeof(char *) : f->size;
	size_t kept = 0;
	char *elements;

	if (count > f->most)
		wire_fail(list, "too many elements");
	if (count == 0 || count > f->most)
		return;
	elements = arena_array(arena, count, size);
	if (!elements) {
		wire_fail(list, "the message takes too much memory");
		return;
	}
	for (size_t i = 0; i < count; i++) {
		struct wire_in *element = wire_at(list, i);
		const char *text;

		if (f->kind == RECORD_OBJECTS) {
			record_decode(element, f->of, arena, elements + kept++ * size);
			continue;
		}
		text = wire_self_str(element, RECORD_STRING_BYTES_MAX);
		if (text && *text)
			memcpy(elements + kept++ * size, &text, sizeof(text));
	}
	put_list(record, f, elements, kept);
}

void
record_decode(struct wire_in *in, const struct record_field *fields, struct arena *arena,
	      void *record)
{
	for (const struct record_field *f = fields; f->key; f++)
		switch (f->kind) {
		case RECORD_TEXT:
			put_pointer(record, f, wire_str(in, f->key, f->most));
			break;
		case RECORD_UINT:
			put_int(record, f, wire_int(in, f->key));
			if (int_of(record, f) < 0)
				wire_fail(in, "a number below 0");
			break;
		case RECORD_INT:
			put_int(record, f, wire_int(in, f->key));
			break;
		case RECORD_LENGTH:
			put_int(record, f, wire_int_or(in, f->key, -1));
			break;
		case RECORD_TIME:
			put_int(record, f, wire_int_or(in, f->key, RECORD_NO_TIME));
			break;
		case RECORD_NUMBER:
			put_number(record, f, wire_double(in, f->key));
			break;
		case RECORD_STRINGS:
		case RECORD_OBJECTS:
			decode_list(in, f, arena, record);
			break;
		case RECORD_OBJECT:
			record_decode(wire_child(in, f->key), f->of, arena, record);
			break;
		}
}

/* JSON out. */

static void
json_list(const char *record, const struct record_field *f, struct json *j)
{
	size_t count;
	const char *list = list_of(record, f, &count);

	json_array(j);
	for (size_t i = 0; i < count; i++) {
		if (f->kind == RECORD_STRINGS) {
			json_text(j, string_at(list, i));
			continue;
		}
		json_object(j);
		record_json(list + i * f->size, f->of, j);
		json_close(j);
	}
	json_close(j);
}

static void
json_time(struct json *j, const char *key, int64_t wall_s)
{
	char date[CLOCK_RFC3339_BYTES];

	json_member(j, key, clock_rfc3339(wall_s, date));
}

void
record_json(const void *record, const struct record_field *fields, struct json *j)
{
	for (const struct record_field *f = fields; f->key; f++) {
		if (is_absent(record, f))
			continue;
		if (f->kind == RECORD_TIME) {
			json_time(j, f->key, int_of(record, f));
			continue;
		}
		json_key(j, f->key);
		switch (f->kind) {
		case RECORD_TEXT:
			json_text(j, text_of(record, f));
			break;
		case RECORD_UINT:
			json_uint(j, (uint64_t)int_of(record, f));
			break;
		case RECORD_INT:
		case RECORD_LENGTH:
		case RECORD_TIME:
			json_int(j, int_of(record, f));
			break;
		case RECORD_NUMBER:
			json_double(j, number_of(record, f));
			break;
		case RECORD_STRINGS:
		case RECORD_OBJECTS:
			json_list(record, f, j);
			break;
		case RECORD_OBJECT:
			json_object(j);
			record_json(record, f->of, j);
			json_close(j);
			break;
		}
	}
}

/* JSON in. */

static int parse_fields(const struct jsonval *object, const struct record_field *fields,
			struct arena *arena, char *record, struct err *err);

static int
wrong(const struct record_field *f, const char *why, struct err *err)
{
	return err_set(err, ERR_REJECT, "%s: %s", f->key, why);
}

static int
parse_text(const struct jsonval *v, const struct record_field *f, size_t most, struct arena *arena,
	   const char **out, struct err *err)
{
	size_t len = 0;
	const char *text = jsonval_text(v, &len);

	if (!text)
		return wrong(f, "not a text", err);
	if (len > most)
		return err_set(err, ERR_REJECT, "%s: longer than %zu bytes", f->key, most);
	if (memchr(text, '\0', len))
		return wrong(f, "a NUL character inside", err);
	*out = len > 0 ? arena_strndup(arena, text, len) : NULL;
	return 0;
}

static int
parse_int(const struct jsonval *v, const struct record_field *f, char *record, struct err *err)
{
	const char *date = jsonval_text(v, NULL);
	int64_t n = 0;

	if (f->kind == RECORD_TIME) {
		if (!date || clock_from_rfc3339(date, &n) < 0)
			return wrong(f, "not a date as in 2026-11-25T02:30:38Z", err);
	} else if (!jsonval_int(v, &n) || (n < 0 && f->kind != RECORD_INT)) {
		return wrong(f, "not a whole number, or out of bounds", err);
	}
	put_int(record, f, n);
	return 0;
}

static int
parse_list(const struct jsonval *list, const struct record_field *f, struct arena *arena,
	   char *record, struct err *err)
{
	const size_t count = jsonval_count(list);
	const size_t size = f->kind == RECORD_STRINGS ? sizeof(char *) : f->size;
	size_t kept = 0;
	char *elements;

	if (!jsonval_is_array(list) || count > f->most)
		return wrong(f, "not an array, or one of too many elements", err);
	elements = arena_array(arena, count, size);
	for (size_t i = 0; elements && i < count; i++) {
		const struct jsonval *v = jsonval_at(list, i);
		const char *text = NULL;

		if (f->kind == RECORD_STRINGS) {
			if (parse_text(v, f, RECORD_STRING_BYTES_MAX, arena, &text, err) < 0)
				return -1;
			if (text)
				memcpy(elements + kept++ * size, &text, sizeof(text));
		} else if (parse_fields(v, f->of, arena, elements + kept++ * size, err) < 0) {
			return err_in(err, "%s[%zu]", f->key, i);
		}
	}
	put_list(record, f, elements, kept);
	return 0;
}

static int
parse_field(const struct jsonval *v, const struct record_field *f, struct arena *arena,
	    char *record, struct err *err)
{
	const char *text = NULL;
	double number;

	switch (f->kind) {
	case RECORD_TEXT:
		if (parse_text(v, f, f->most, arena, &text, err) < 0)
			return -1;
		put_pointer(record, f, text);
		return 0;
	case RECORD_UINT:
	case RECORD_INT:
	case RECORD_LENGTH:
	case RECORD_TIME:
		return parse_int(v, f, record, err);
	case RECORD_NUMBER:
		if (!jsonval_double(v, &number) || !isfinite(number))
			return wrong(f, "not a number", err);
		put_number(record, f, number);
		return 0;
	case RECORD_STRINGS:
	case RECORD_OBJECTS:
		return parse_list(v, f, arena, record, err);
	case RECORD_OBJECT:
		if (parse_fields(v, f->of, arena, record, err) < 0)
			return err_in(err, "%s", f->key);
		return 0;
	}
	return 0;
}

static int
parse_fields(const struct jsonval *object, const struct record_field *fields, struct arena *arena,
	     char *record, struct err *err)
{
	if (!jsonval_is_object(object))
		return err_set(err, ERR_REJECT, "not an object");
	record_clear(record, fields);
	for (const struct record_field *f = fields; f->key; f++) {
		const struct jsonval *v = jsonval_get(object, f->key);

		if (v && !jsonval_is_null(v) && parse_field(v, f, arena, record, err) < 0)
			return -1;
	}
	return 0;
}

int
record_from_json(const struct jsonval *object, const struct record_field *fields,
		 struct arena *arena, void *record, struct err *err)
{
	if (parse_fields(object, fields, arena, record, err) < 0)
		return -1;
	return arena_failed(arena, err);
}
/* NOLINTEND(misc-no-recursion) */
