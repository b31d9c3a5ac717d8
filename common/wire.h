/* wire - msgpack out into a buf, and in with a sticky fault. The one door to msgpack-c.
 *
 * Bytes from a socket or a disk are walked first, without allocating: depth, counts, lengths,
 * UTF-8 of every string, unique keys of every map, no ext types, no trailing bytes. Only what
 * passed is given to msgpack-c. (Five bytes can make msgpack-c reserve 16 GiB.) */
#ifndef FM_COMMON_WIRE_H
#define FM_COMMON_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/buf.h"
#include "common/err.h"

enum {
	WIRE_DEPTH_MAX = 16,
	WIRE_NODES_MAX = 100000, /* values in one message, containers included */
};

/* 0, or -1 with ERR_REJECT saying at which byte and why. */
int wire_check(struct bytes msg, struct err *err);

/* --- out: faults stick in the buf ------------------------------------------------------------- */
void wire_put_map(struct buf *out, size_t members);
void wire_put_array(struct buf *out, size_t elements);
void wire_put_str(struct buf *out, const char *s);
void wire_put_str_n(struct buf *out, const char *s, size_t len);
void wire_put_bin(struct buf *out, const void *data, size_t len);
void wire_put_int(struct buf *out, int64_t n);
void wire_put_uint(struct buf *out, uint64_t n);
void wire_put_double(struct buf *out, double n);
void wire_put_nil(struct buf *out);

/* A map whose absent members are left out: the count is put right by wire_map_end.
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
void wire_map_bin(struct wire_map *m, const char *key, struct bytes b);
void wire_map_raw(struct wire_map *m, struct bytes pairs, uint32_t members); /* see wire_rest */
void wire_map_end(struct wire_map *m);

/* --- in: one value of a message --------------------------------------------------------------- */
struct wire_in; /* lives in the arena */

/* Checks msg and reads it; a fault is found by wire_fault later. Strings that reads return are
 * copies in the arena, NUL-terminated; bins and raws borrow from msg. */
struct wire_in *wire_in(struct bytes msg, struct arena *arena);

/* Members of the map at hand; past the first fault, and where the member is absent, they return
 * NULL, 0 or an empty run. A wrong type, a string over max or with a NUL inside is a fault. */
const char *wire_str(struct wire_in *in, const char *key, size_t max);
struct bytes wire_bin(struct wire_in *in, const char *key, size_t max);
int64_t wire_int(struct wire_in *in, const char *key);
uint64_t wire_uint(struct wire_in *in, const char *key);
double wire_double(struct wire_in *in, const char *key);
bool wire_has(struct wire_in *in, const char *key);

/* Steps into the map or array under key, or the i-th element; NULL-safe: a fault sticks in the
 * whole message. wire_count: elements of the array at hand, 0 where absent. */
struct wire_in *wire_child(struct wire_in *in, const char *key);
size_t wire_count(struct wire_in *in);
struct wire_in *wire_at(struct wire_in *in, size_t i);
/* The value at hand itself, where it is a string, an unsigned integer, bytes. */
const char *wire_self_str(struct wire_in *in, size_t max);
uint64_t wire_self_uint(struct wire_in *in);
struct bytes wire_self_bin(struct wire_in *in, size_t max);

/* The members of the map at hand that no key of known names (NULL-terminated), as raw msgpack
 * pairs to pass on untouched. Lives in the arena. */
struct bytes wire_rest(struct wire_in *in, const char *const *known, uint32_t *members_out);

/* Ask once, at the end: -1 with ERR_REJECT naming the first fault. */
int wire_fault(const struct wire_in *in, struct err *err);
/* Makes a fault of one's own stick. */
void wire_fail(struct wire_in *in, const char *why);

#endif
