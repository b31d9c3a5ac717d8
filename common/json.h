/* json - JSON text out (RFC 8259), piece by piece into a buf, commas and escapes taken care of.
 * Faults stick in the buf: ask buf_failed once. Strings must be valid UTF-8.
 * Values that follow one another at the top level stand on lines of their own (JSON lines). */
#ifndef FM_COMMON_JSON_H
#define FM_COMMON_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"

enum { JSON_DEPTH_MAX = 32 }; /* a level more is a fault of the buf */

/* struct json j = json_into(&out); json_object(&j); json_key(&j, "id"); json_text(&j, id);
 * json_close(&j); */
struct json {
	struct buf *out;
	bool comma; /* a value was written at this level: the next one needs a comma */
	int depth;
	char closers[JSON_DEPTH_MAX]; /* '}' or ']' a level */
};

struct json json_into(struct buf *out); /* borrows out */

void json_object(struct json *j);
void json_array(struct json *j);
void json_close(struct json *j); /* the innermost object or array */
void json_key(struct json *j, const char *key);

void json_text(struct json *j, const char *s); /* NULL writes null */
void json_text_n(struct json *j, const char *s, size_t len);
void json_int(struct json *j, int64_t n);
void json_uint(struct json *j, uint64_t n);
/* The first of 15, 16, 17 digits that reads back the same; null for NaN and infinity. */
void json_double(struct json *j, double n);
void json_bool(struct json *j, bool yes);
void json_null(struct json *j);
void json_raw(struct json *j, const char *s, size_t len); /* JSON text that is whole already */

/* Members of an object; the text ones write nothing when s is NULL or "": absent means absent. */
void json_member(struct json *j, const char *key, const char *s);
void json_member_int(struct json *j, const char *key, int64_t n);
/* A moment that has been or will be, as RFC 3339; nothing where it is 0 or less: never. */
void json_member_time(struct json *j, const char *key, int64_t wall_s);

#endif
