/* wire - msgpack out into a buf, and in with a sticky fault. The one door to msgpack-c.
 *
 * Bytes from a socket or a disk are walked first (wirecheck); only what passed is unpacked. */
#ifndef FM_COMMON_WIRE_H
#define FM_COMMON_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/buf.h"
#include "common/err.h"
#include "common/wirecheck.h"

enum { WIRE_REST_MAX = 64 }; /* unknown members that are passed on */

/* Out: faults stick in the buf. */

void wire_put_map(struct buf *out, size_t members);
void wire_put_array(struct buf *out, size_t elements);
void wire_put_str(struct buf *out, const char *s);
void wire_put_str_n(struct buf *out, const char *s, size_t len);
void wire_put_bin(struct buf *out, const void *data, size_t len);
void wire_put_int(struct buf *out, int64_t n);
void wire_put_uint(struct buf *out, uint64_t n);
void wire_put_double(struct buf *out, double n);
void wire_put_nil(struct buf *out);

/* A map whose absent members are left out: the count is put right by wire_map_end. More than
 * WIRE_MEMBERS_MAX are a fault of the buf: no reader would take them.
 *   struct wire_map m = wire_map_begin(out); wire_map_str(&m, "url", url); wire_map_end(&m); */
struct wire_map {
	struct buf *out;
	size_t at; /* of the header */
	uint32_t members;
};
struct wire_map wire_map_begin(struct buf *out);
void wire_map_key(struct wire_map *m, const char *key);                /* the value follows */
void wire_map_str(struct wire_map *m, const char *key, const char *s); /* NULL, "": left out */
void wire_map_int(struct wire_map *m, const char *key, int64_t n);
void wire_map_uint(struct wire_map *m, const char *key, uint64_t n);
void wire_map_double(struct wire_map *m, const char *key, double n);
void wire_map_bin(struct wire_map *m, const char *key, struct bytes b);
void wire_map_raw(struct wire_map *m, struct bytes pairs, uint32_t members); /* see wire_rest */
void wire_map_end(struct wire_map *m);

/* In: one value of a message. */

struct wire_in; /* lives in the arena */

/* Checks msg and reads it; a fault is told by wire_fault later, and NULL is a fault like others.
 * Texts that reads return are copies in the arena, NUL-terminated; bins borrow from msg, which
 * must stay until the arena is reset. */
struct wire_in *wire_in(struct bytes msg, struct arena *arena);

/* Members of the map at hand; past the first fault, and where the member is absent or nil, they
 * return NULL, 0 or an empty run; an empty text counts as absent. A wrong type, a text over max or
 * with a NUL inside, a number that does not fit is a fault. Ask in the order of the writer: each
 * search starts behind the last hit. */
const char *wire_str(struct wire_in *in, const char *key, size_t max);
struct bytes wire_bin(struct wire_in *in, const char *key, size_t max);
int64_t wire_int(struct wire_in *in, const char *key);
int64_t wire_int_or(struct wire_in *in, const char *key, int64_t absent);
uint64_t wire_uint(struct wire_in *in, const char *key);
double wire_double(struct wire_in *in, const char *key); /* finite; whole numbers too */
bool wire_has(struct wire_in *in, const char *key);

/* Steps into the map or array under key, or the i-th element; NULL-safe: a fault sticks in the
 * whole message. wire_count: elements of the array at hand, 0 where absent. */
struct wire_in *wire_child(struct wire_in *in, const char *key);
size_t wire_count(struct wire_in *in);
struct wire_in *wire_at(struct wire_in *in, size_t i);
/* The value at hand itself, where it is a text ("" stays ""), a number from 0 up, bytes. */
const char *wire_self_str(struct wire_in *in, size_t max);
uint64_t wire_self_uint(struct wire_in *in);
struct bytes wire_self_bin(struct wire_in *in, size_t max);

/* The members of the map at hand that no key of known names (NULL-terminated), as msgpack pairs
 * for wire_map_raw: their values are passed on as they are. Lives in the arena. */
struct bytes wire_rest(struct wire_in *in, const char *const *known, uint32_t *members_out);

/* Ask once, at the end: -1 with ERR_REJECT naming the first fault. */
int wire_fault(const struct wire_in *in, struct err *err);
/* Makes a fault of one's own stick. */
void wire_fail(struct wire_in *in, const char *why);

#endif
