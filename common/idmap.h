/* idmap - a hash map from 64-bit numbers to pointers, for ids and tickets in flight. */
#ifndef FM_COMMON_IDMAP_H
#define FM_COMMON_IDMAP_H

#include <stddef.h>
#include <stdint.h>

struct idmap {
	struct idmap_slot *slots;
	size_t used;
	size_t cap; /* a power of two, or 0 */
};

/* A zeroed struct is an empty map. Releases the table, not what the pointers point to. */
void idmap_done(struct idmap *map);

/* The pointer under id; NULL where there is none. */
void *idmap_get(const struct idmap *map, uint64_t id);

/* Puts value (not NULL) under id, in place of what was there; -1 without memory. */
int idmap_put(struct idmap *map, uint64_t id, void *value);

/* Takes id out; returns what was there, NULL for nothing. */
void *idmap_take(struct idmap *map, uint64_t id);

/* Every value, in no order: start with *at = 0; NULL at the end. The map must not change. */
void *idmap_each(const struct idmap *map, size_t *at);

#endif
