#include "common/arena.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ARENA_KEEP_BYTES = 256 * 1024, ARENA_FIRST_BYTES = 16 * 1024, ARENA_ALIGN = 16 };

struct chunk {
	struct chunk *next;
	size_t size;
	size_t used;
	_Alignas(ARENA_ALIGN) char data[];
};

struct deferred {
	struct deferred *next;
	void (*fn)(void *arg);
	void *arg;
};

struct arena {
	struct chunk *chunk; /* the one being filled; fuller ones behind it */
	struct deferred *deferred;
	size_t max_bytes;
	size_t taken_bytes;
	bool failed;
	bool starved; /* it was malloc that refused, not the ceiling */
};

struct arena *
arena_new(size_t max_bytes)
{
	struct arena *arena = calloc(1, sizeof(*arena));

	if (arena)
		arena->max_bytes = max_bytes;
	return arena;
}

static void
chunks_free(struct chunk *chunk)
{
	while (chunk) {
		struct chunk *next = chunk->next;

		free(chunk);
		chunk = next;
	}
}

static void
deferred_run(struct arena *arena)
{
	for (struct deferred *d = arena->deferred; d; d = d->next)
		d->fn(d->arg);
	arena->deferred = NULL;
}

void
arena_free(struct arena *arena)
{
	if (!arena)
		return;
	deferred_run(arena);
	chunks_free(arena->chunk);
	free(arena);
}

static struct chunk *
chunk_for(struct arena *arena, size_t need)
{
	size_t size = arena->chunk ? arena->chunk->size * 2 : ARENA_FIRST_BYTES;
	struct chunk *chunk;

	while (size < need)
		size *= 2;
	chunk = malloc(sizeof(*chunk) + size);
	if (!chunk)
		return NULL;
	chunk->next = arena->chunk;
	chunk->size = size;
	chunk->used = 0;
	arena->chunk = chunk;
	return chunk;
}

static void *
piece_take(struct arena *arena, size_t size)
{
	struct chunk *chunk = arena->chunk;
	size_t need;
	char *piece;

	if (size > arena->max_bytes - arena->taken_bytes) {
		arena->failed = true;
		return NULL;
	}
	need = (size + ARENA_ALIGN - 1) & ~(size_t)(ARENA_ALIGN - 1);
	if (!chunk || chunk->size - chunk->used < need)
		chunk = chunk_for(arena, need);
	if (!chunk) {
		arena->failed = true;
		arena->starved = true;
		return NULL;
	}
	piece = chunk->data + chunk->used;
	chunk->used += need;
	arena->taken_bytes += size;
	return piece;
}

void *
arena_alloc(struct arena *arena, size_t size)
{
	void *piece = piece_take(arena, size);

	if (piece && size > 0)
		memset(piece, 0, size);
	return piece;
}

void *
arena_array(struct arena *arena, size_t count, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(count, size, &bytes)) {
		arena->failed = true;
		return NULL;
	}
	return arena_alloc(arena, bytes);
}

char *
arena_strndup(struct arena *arena, const char *s, size_t len)
{
	char *copy = len < SIZE_MAX ? piece_take(arena, len + 1) : NULL;

	if (!copy)
		return NULL;
	if (len > 0)
		memcpy(copy, s, len);
	copy[len] = '\0';
	return copy;
}

char *
arena_strdup(struct arena *arena, const char *s)
{
	return arena_strndup(arena, s, strlen(s));
}

char *
arena_printf(struct arena *arena, const char *fmt, ...)
{
	va_list ap;
	char *text;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	text = len < 0 ? NULL : arena_alloc(arena, (size_t)len + 1);
	if (!text)
		return NULL;
	va_start(ap, fmt);
	(void)vsnprintf(text, (size_t)len + 1, fmt, ap);
	va_end(ap);
	return text;
}

int
arena_defer(struct arena *arena, void (*fn)(void *arg), void *arg)
{
	struct deferred *d = arena_alloc(arena, sizeof(*d));

	if (!d) {
		fn(arg);
		return -1;
	}
	*d = (struct deferred){.next = arena->deferred, .fn = fn, .arg = arg};
	arena->deferred = d;
	return 0;
}

int
arena_failed(const struct arena *arena, struct err *err)
{
	if (!arena->failed)
		return 0;
	/* A machine short of memory is no fault of the message. */
	if (arena->starved)
		return err_set(err, ERR_RETRY, "no memory");
	return err_set(err, ERR_REJECT, "needs more than its %zu bytes of memory",
		       arena->max_bytes);
}

void
arena_reset(struct arena *arena)
{
	struct chunk *keep = arena->chunk;

	deferred_run(arena);
	if (keep && keep->size > ARENA_KEEP_BYTES) {
		chunks_free(keep);
		keep = NULL;
	} else if (keep) {
		chunks_free(keep->next);
		keep->next = NULL;
		keep->used = 0;
	}
	arena->chunk = keep;
	arena->taken_bytes = 0;
	arena->failed = false;
	arena->starved = false;
}
