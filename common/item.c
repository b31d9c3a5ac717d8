#include "common/item.h"

#include <string.h>

#include "common/clock.h"
#include "common/jsondoc.h"
#include "common/wire.h"

/* --- the fields: one table for the wire out and in and for JSON out and in -------------------- */
enum kind {
	TEXT,    /* const char *; most: bytes */
	UINT,    /* uint64_t; 0: absent */
	INT,     /* int64_t, always there */
	LENGTH,  /* int64_t; negative: absent */
	TIME,    /* int64_t, seconds; RFC 3339 in JSON */
	NUMBER,  /* double, always there */
	STRINGS, /* const char *const *, size_t; most: elements */
	OBJECTS, /* pointer to structs of the fields `of`, size_t; most: elements */
	OBJECT,  /* a struct inside this one */
};

struct field {
	const char *key;
	enum kind kind;
	size_t at; /* in the struct */
	size_t most;
	const struct field *of;
	size_t count_at;
	size_t size; /* of an element */
};

#define AT(type, member) offsetof(struct type, member)

static const struct field author_fields[] = {
	{"name", TEXT, AT(item_author, name), ITEM_TEXT_BYTES_MAX, NULL, 0, 0},
	{"email", TEXT, AT(item_author, email), ITEM_TEXT_BYTES_MAX, NULL, 0, 0},
	{"url", TEXT, AT(item_author, url), ITEM_URL_BYTES_MAX, NULL, 0, 0},
	{0},
};

static const struct field enclosure_fields[] = {
	{"url", TEXT, AT(item_enclosure, url), ITEM_URL_BYTES_MAX, NULL, 0, 0},
	{"type", TEXT, AT(item_enclosure, type), ITEM_TEXT_BYTES_MAX, NULL, 0, 0},
	{"length", LENGTH, AT(item_enclosure, length_bytes), 0, NULL, 0, 0},
	{0},
};

static const struct field source_fields[] = {
	{"title", TEXT, AT(item, source.title), ITEM_TEXT_BYTES_MAX, NULL, 0, 0},
	{"url", TEXT, AT(item, source.url), ITEM_URL_BYTES_MAX, NULL, 0, 0},
	{0},
};

static const struct field feed_fields[] = {
	{"id", TEXT, AT(item, feed.id), ITEM_TEXT_BYTES_MAX, NULL, 0, 0},
	{"url", TEXT, AT(item, feed.url), ITEM_URL_BYTES_MAX, NULL, 0, 0},
	{"title", TEXT, AT(item, feed.title), ITEM_TEXT_BYTES_MAX, NULL, 0, 0},
	{"link", TEXT, AT(item, feed.link), ITEM_URL_BYTES_MAX, NULL, 0, 0},
	{"language", TEXT, AT(item, feed.language), ITEM_TEXT_BYTES_MAX, NULL, 0, 0},
	{0},
};

static const struct field why_fields[] = {
	{"rule", TEXT, AT(item_why, rule), ITEM_TEXT_BYTES_MAX, NULL, 0, 0},
	{"field", TEXT, AT(item_why, field), ITEM_TEXT_BYTES_MAX, NULL, 0, 0},
	{"text", TEXT, AT(item_why, text), ITEM_TEXT_BYTES_MAX, NULL, 0, 0},
	{"at", INT, AT(item_why, at), 0, NULL, 0, 0},
	{0},
};

static const struct field tag_fields[] = {
	{"tag", TEXT, AT(item_tag, tag), ITEM_TEXT_BYTES_MAX, NULL, 0, 0},
	{"score", NUMBER, AT(item_tag, score), 0, NULL, 0, 0},
	{"why", OBJECTS, AT(item_tag, why), ITEM_WHY_MAX, why_fields, AT(item_tag, why_count),
	 sizeof(struct item_why)},
	{0},
};

static const struct field item_fields[] = {
	{"id", TEXT, AT(item, id), ITEM_ID_HEX, NULL, 0, 0},
	{"rev", TEXT, AT(item, rev), ITEM_REV_HEX, NULL, 0, 0},
	{"seq", UINT, AT(item, seq), 0, NULL, 0, 0},
	{"guid", TEXT, AT(item, guid), ITEM_TEXT_BYTES_MAX, NULL, 0, 0},
	{"url", TEXT, AT(item, url), ITEM_URL_BYTES_MAX, NULL, 0, 0},
	{"title", TEXT, AT(item, title), ITEM_TITLE_BYTES_MAX, NULL, 0, 0},
	{"summary", TEXT, AT(item, summary), ITEM_HTML_BYTES_MAX, NULL, 0, 0},
	{"content", TEXT, AT(item, content), ITEM_HTML_BYTES_MAX, NULL, 0, 0},
	{"authors", OBJECTS, AT(item, authors), ITEM_LIST_MAX, author_fields,
	 AT(item, author_count), sizeof(struct item_author)},
	{"published", TIME, AT(item, published_s), 0, NULL, 0, 0},
	{"updated", TIME, AT(item, updated_s), 0, NULL, 0, 0},
	{"fetched", TIME, AT(item, fetched_s), 0, NULL, 0, 0},
	{"categories", STRINGS, AT(item, categories), ITEM_LIST_MAX, NULL, AT(item, category_count),
	 0},
	{"language", TEXT, AT(item, language), ITEM_TEXT_BYTES_MAX, NULL, 0, 0},
	{"image", TEXT, AT(item, image), ITEM_URL_BYTES_MAX, NULL, 0, 0},
	{"enclosures", OBJECTS, AT(item, enclosures), ITEM_LIST_MAX, enclosure_fields,
	 AT(item, enclosure_count), sizeof(struct item_enclosure)},
	{"comments", TEXT, AT(item, comments), ITEM_URL_BYTES_MAX, NULL, 0, 0},
	{"rights", TEXT, AT(item, rights), ITEM_TEXT_BYTES_MAX, NULL, 0, 0},
	{"source", OBJECT, 0, 0, source_fields, 0, 0},
	{"feed", OBJECT, 0, 0, feed_fields, 0, 0},
	{"tags", OBJECTS, AT(item, tags), ITEM_LIST_MAX, tag_fields, AT(item, tag_count),
	 sizeof(struct item_tag)},
	{0},
};

/* Members are reached by their place in a struct. memcpy, because pointers to different types
 * are read through one. */
static const char *
text_of(const char *record, const struct field *f)
{
	const char *text;

	memcpy(&text, record + f->at, sizeof(text));
	return text;
}

static int64_t
int_of(const char *record, const struct field *f)
{
	int64_t n;

	memcpy(&n, record + f->at, sizeof(n));
	return n;
}

static double
number_of(const char *record, const struct field *f)
{
	double n;

	memcpy(&n, record + f->at, sizeof(n));
	return n;
}

/* The elements of a list, and their number. */
static const char *
list_of(const char *record, const struct field *f, size_t *count_out)
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
put_pointer(char *record, const struct field *f, const void *pointer)
{
	memcpy(record + f->at, &pointer, sizeof(pointer));
}

static void
put_int(char *record, const struct field *f, int64_t n)
{
	memcpy(record + f->at, &n, sizeof(n));
}

static void
put_number(char *record, const struct field *f, double n)
{
	memcpy(record + f->at, &n, sizeof(n));
}

static void
put_list(char *record, const struct field *f, const void *list, size_t count)
{
	put_pointer(record, f, list);
	memcpy(record + f->count_at, &count, sizeof(count));
}

static bool
is_absent(const char *record, const struct field *f)
{
	const char *text;
	size_t count;

	switch (f->kind) {
	case TEXT:
		text = text_of(record, f);
		return !text || !*text;
	case UINT:
		return int_of(record, f) == 0;
	case LENGTH:
		return int_of(record, f) < 0;
	case TIME:
		return int_of(record, f) == ITEM_NO_TIME;
	case STRINGS:
	case OBJECTS:
		(void)list_of(record, f, &count);
		return count == 0;
	case OBJECT:
		for (const struct field *member = f->of; member->key; member++)
			if (!is_absent(record, member))
				return false;
		return true;
	case INT:
	case NUMBER:
		return false;
	}
	return true;
}

static void
make_absent(char *record, const struct field *fields)
{
	for (const struct field *f = fields; f->key; f++)
		if (f->kind == LENGTH)
			put_int(record, f, -1);
		else if (f->kind == TIME)
			put_int(record, f, ITEM_NO_TIME);
}

struct item
item_empty(void)
{
	struct item item = {.version = ITEM_VERSION};

	make_absent((char *)&item, item_fields);
	return item;
}

/* --- msgpack ---------------------------------------------------------------------------------- */
static void encode_fields(const char *record, const struct field *fields, struct wire_map *map);

static void
encode_record(const char *record, const struct field *fields, struct buf *out)
{
	struct wire_map map = wire_map_begin(out);

	encode_fields(record, fields, &map);
	wire_map_end(&map);
}

static void
encode_list(const char *record, const struct field *f, struct wire_map *map)
{
	size_t count;
	const char *list = list_of(record, f, &count);

	wire_map_key(map, f->key);
	wire_put_array(map->out, count);
	for (size_t i = 0; i < count; i++)
		if (f->kind == STRINGS)
			wire_put_str(map->out, string_at(list, i));
		else
			encode_record(list + i * f->size, f->of, map->out);
}

static void
encode_fields(const char *record, const struct field *fields, struct wire_map *map)
{
	for (const struct field *f = fields; f->key; f++) {
		if (is_absent(record, f))
			continue;
		switch (f->kind) {
		case TEXT:
			wire_map_str(map, f->key, text_of(record, f));
			break;
		case UINT:
			wire_map_uint(map, f->key, (uint64_t)int_of(record, f));
			break;
		case INT:
		case LENGTH:
		case TIME:
			wire_map_int(map, f->key, int_of(record, f));
			break;
		case NUMBER:
			wire_map_double(map, f->key, number_of(record, f));
			break;
		case STRINGS:
		case OBJECTS:
			encode_list(record, f, map);
			break;
		case OBJECT:
			wire_map_key(map, f->key);
			encode_record(record, f->of, map->out);
			break;
		}
	}
}

int
item_encode(const struct item *item, struct buf *out, struct err *err)
{
	struct wire_map map = wire_map_begin(out);

	wire_map_uint(&map, "v", item->version ? item->version : ITEM_VERSION);
	encode_fields((const char *)item, item_fields, &map);
	wire_map_raw(&map, item->rest, item->rest_members);
	wire_map_end(&map);
	if (buf_failed(out, err) < 0)
		return err_in(err, "item");
	return 0;
}

static void decode_fields(struct wire_in *in, const struct field *fields, struct arena *arena,
			  char *record);

static void
decode_list(struct wire_in *in, const struct field *f, struct arena *arena, char *record)
{
	struct wire_in *list = wire_child(in, f->key);
	const size_t count = wire_count(list);
	const size_t size = f->kind == STRINGS ? sizeof(char *) : f->size;
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

		if (f->kind == OBJECTS) {
			decode_fields(element, f->of, arena, elements + kept++ * size);
			continue;
		}
		text = wire_self_str(element, ITEM_TEXT_BYTES_MAX);
		if (text && *text)
			memcpy(elements + kept++ * size, &text, sizeof(text));
	}
	put_list(record, f, elements, kept);
}

static void
decode_fields(struct wire_in *in, const struct field *fields, struct arena *arena, char *record)
{
	for (const struct field *f = fields; f->key; f++)
		switch (f->kind) {
		case TEXT:
			put_pointer(record, f, wire_str(in, f->key, f->most));
			break;
		case UINT:
			put_int(record, f, (int64_t)wire_uint(in, f->key));
			break;
		case INT:
			put_int(record, f, wire_int(in, f->key));
			break;
		case LENGTH:
			put_int(record, f, wire_int_or(in, f->key, -1));
			break;
		case TIME:
			put_int(record, f, wire_int_or(in, f->key, ITEM_NO_TIME));
			break;
		case NUMBER:
			put_number(record, f, wire_double(in, f->key));
			break;
		case STRINGS:
		case OBJECTS:
			decode_list(in, f, arena, record);
			break;
		case OBJECT:
			decode_fields(wire_child(in, f->key), f->of, arena, record);
			break;
		}
}

static bool
is_hex(const char *s, size_t digits)
{
	return s && strlen(s) == digits && strspn(s, "0123456789abcdef") == digits;
}

int
item_decode(struct bytes msg, struct arena *arena, struct item *out, struct err *err)
{
	const char *known[sizeof(item_fields) / sizeof(item_fields[0]) + 1] = {"v"};
	struct wire_in *in = wire_in(msg, arena);
	struct item item = item_empty();

	item.version = wire_uint(in, "v");
	decode_fields(in, item_fields, arena, (char *)&item);
	for (size_t i = 0; item_fields[i].key; i++)
		known[i + 1] = item_fields[i].key;
	item.rest = wire_rest(in, known, &item.rest_members);
	if (!is_hex(item.id, ITEM_ID_HEX))
		wire_fail(in, "id: not 32 hex digits");
	if (!is_hex(item.rev, ITEM_REV_HEX))
		wire_fail(in, "rev: not 16 hex digits");
	if (wire_fault(in, err) < 0)
		return err_in(err, "item");
	*out = item;
	return 0;
}

/* --- JSON ------------------------------------------------------------------------------------- */
static void json_fields(const char *record, const struct field *fields, struct json *j);

static void
json_list(const char *record, const struct field *f, struct json *j)
{
	size_t count;
	const char *list = list_of(record, f, &count);

	json_array(j);
	for (size_t i = 0; i < count; i++) {
		if (f->kind == STRINGS) {
			json_text(j, string_at(list, i));
			continue;
		}
		json_object(j);
		json_fields(list + i * f->size, f->of, j);
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

static void
json_fields(const char *record, const struct field *fields, struct json *j)
{
	for (const struct field *f = fields; f->key; f++) {
		if (is_absent(record, f))
			continue;
		if (f->kind == TIME) {
			json_time(j, f->key, int_of(record, f));
			continue;
		}
		json_key(j, f->key);
		switch (f->kind) {
		case TEXT:
			json_text(j, text_of(record, f));
			break;
		case UINT:
			json_uint(j, (uint64_t)int_of(record, f));
			break;
		case INT:
		case LENGTH:
		case TIME:
			json_int(j, int_of(record, f));
			break;
		case NUMBER:
			json_double(j, number_of(record, f));
			break;
		case STRINGS:
		case OBJECTS:
			json_list(record, f, j);
			break;
		case OBJECT:
			json_object(j);
			json_fields(record, f->of, j);
			json_close(j);
			break;
		}
	}
}

void
item_json(const struct item *item, struct json *j)
{
	json_object(j);
	json_member_int(j, "v", ITEM_VERSION);
	json_fields((const char *)item, item_fields, j);
	json_close(j);
}
