/* record - structs described by a table of their fields: one table serves msgpack out and in, and
 * JSON out and in, so that the four cannot drift apart. A table ends with a row without a key. */
#ifndef FM_COMMON_RECORD_H
#define FM_COMMON_RECORD_H

#include <stddef.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/json.h"
#include "common/jsondoc.h"
#include "common/wire.h"

enum { RECORD_STRING_BYTES_MAX = 16 * 1024 }; /* of each of RECORD_STRINGS */
#define RECORD_NO_TIME INT64_MIN

/* What a field is in C, and which value means that it is absent. Absent fields are not written, an
 * empty text neither; and what is absent, or null, reads as absent. */
enum record_kind {
	RECORD_TEXT,    /* const char *, NULL; most: bytes */
	RECORD_UINT,    /* uint64_t up to INT64_MAX, 0 */
	RECORD_INT,     /* int64_t, always there */
	RECORD_LENGTH,  /* int64_t, negative */
	RECORD_TIME,    /* int64_t seconds, RECORD_NO_TIME; RFC 3339 in JSON */
	RECORD_NUMBER,  /* double, always there */
	RECORD_STRINGS, /* const char *const * and a size_t, 0; most: elements */
	RECORD_OBJECTS, /* pointer to structs of the fields `of` and a size_t, 0; most: elements */
	RECORD_OBJECT,  /* members of this same struct, in an object of their own */
};

struct record_field {
	const char *key;
	enum record_kind kind;
	size_t at; /* offsetof */
	size_t most;
	const struct record_field *of;
	size_t count_at; /* offsetof the size_t */
	size_t size;     /* of an element */
};

/* Makes every field of a zeroed struct absent. */
void record_clear(void *record, const struct record_field *fields);

/* Writes the members that are there. */
void record_encode(const void *record, const struct record_field *fields, struct wire_map *map);
/* Reads them into a cleared struct; texts and lists live in the arena, faults stick in `in`. */
void record_decode(struct wire_in *in, const struct record_field *fields, struct arena *arena,
		   void *record);

/* Writes the members that are there into the open object. */
void record_json(const void *record, const struct record_field *fields, struct json *j);
/* Reads them from an object; members that no field names are passed over. ERR_REJECT: one that has
 * another type, is over its ceiling, or no date. */
int record_from_json(const struct jsonval *object, const struct record_field *fields,
		     struct arena *arena, void *record, struct err *err);

#endif
