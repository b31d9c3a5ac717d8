#include "common/idmap.h"

#include <stdlib.h>

enum { IDMAP_FIRST_SLOTS = 16 };

struct idmap_slot {
	uint64_t id;
	void *value; /* NULL: empty */
};

void
idmap_done(struct idmap *map)
{
	free(map->slots);
	*map = (struct idmap){0};
}

/* Ids are often consecutive: multiply by the golden ratio to spread them. */
static size_t
home(const struct idmap *map, uint64_t id)
{
	return (size_t)((id * UINT64_C(0x9e3779b97f4a7c15)) >> 32) & (map->cap - 1);
}

static struct idmap_slot *
find(const struct idmap *map, uint64_t id)
{
	size_t i = home(map, id);

	while (map->slots[i].value && map->slots[i].id != id)
		i = (i + 1) & (map->cap - 1);
	return &map->slots[i];
}

void *
idmap_get(const struct idmap *map, uint64_t id)
{
	return map->used ? find(map, id)->value : NULL;
}

static int
grow(struct idmap *map)
{
	struct idmap bigger = {.cap = map->cap ? map->cap * 2 : IDMAP_FIRST_SLOTS};

	bigger.slots = calloc(bigger.cap, sizeof(*bigger.slots));
	if (!bigger.slots)
		return -1;
	for (size_t i = 0; i < map->cap; i++)
		if (map->slots[i].value)
			*find(&bigger, map->slots[i].id) = map->slots[i];
	bigger.used = map->used;
	free(map->slots);
	*map = bigger;
	return 0;
}

int
idmap_put(struct idmap *map, uint64_t id, void *value)
{
	struct idmap_slot *slot;

	if ((map->used + 1) * 4 > map->cap * 3 && grow(map) < 0)
		return -1;
	slot = find(map, id);
	if (!slot->value)
		map->used++;
	*slot = (struct idmap_slot){id, value};
	return 0;
}

void *
idmap_take(struct idmap *map, uint64_t id)
{
	const size_t mask = map->cap - 1;
	struct idmap_slot *slot;
	void *value;
	size_t hole;

	if (!map->used)
		return NULL;
	slot = find(map, id);
	value = slot->value;
	if (!value)
		return NULL;
	map->used--;
	/* Close the hole: move back every later slot that its home allows, so that no search
	 * ends early at an empty slot. */
	hole = (size_t)(slot - map->slots);
	for (size_t i = (hole + 1) & mask; map->slots[i].value; i = (i + 1) & mask) {
		const size_t from_home = (i - home(map, map->slots[i].id)) & mask;

		if (from_home >= ((i - hole) & mask)) {
			map->slots[hole] = map->slots[i];
			hole = i;
		}
	}
	map->slots[hole].value = NULL;
	return value;
}

void *
idmap_each(const struct idmap *map, size_t *at)
{
	while (*at < map->cap) {
		void *value = map->slots[(*at)++].value;

		if (value)
			return value;
	}
	return NULL;
}
