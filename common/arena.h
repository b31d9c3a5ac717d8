/* arena - memory with the lifetime of one message: taken piece by piece, given back at once. */
#ifndef FM_COMMON_ARENA_H
#define FM_COMMON_ARENA_H

#include <stddef.h>

#include "common/err.h"
#include "common/scope.h"

struct arena;

/* Returns new, NULL without memory. max_bytes is the ceiling of all pieces together between two
 * resets. Release with arena_free. */
struct arena *arena_new(size_t max_bytes);
void arena_free(struct arena *arena);
SCOPED_DEFINE(struct arena, arena_free)

/* A piece, aligned for any type, zeroed; NULL past the ceiling or without memory, which sets
 * the sticky fault that arena_failed tells. A size of 0 gives a valid pointer. */
void *arena_alloc(struct arena *arena, size_t size);

/* Zeroed room for count elements; overflow is a fault like any other. */
void *arena_array(struct arena *arena, size_t count, size_t size);

/* Copies len bytes and adds a NUL; NULL as arena_alloc. */
char *arena_strndup(struct arena *arena, const char *s, size_t len);
char *arena_strdup(struct arena *arena, const char *s);
char *arena_printf(struct arena *arena, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Calls fn(arg) when the pieces go (arena_reset, arena_free), the last deferred first: for memory
 * of a library that belongs to the message. -1 where that cannot be noted: fn was called then. */
int arena_defer(struct arena *arena, void (*fn)(void *arg), void *arg);

/* -1 when a piece was refused since the last reset: ERR_REJECT by the ceiling, ERR_RETRY for want
 * of memory. */
int arena_failed(const struct arena *arena, struct err *err);

/* All pieces are gone; up to 256 KiB stay for the next message. */
void arena_reset(struct arena *arena);

#endif
