#include "common/idmap.h"

#include <stdbool.h>

#include "tests/unit/check.h"

enum { IDS = 500, ROUNDS = 200000 };

/* Against an array, with ids that share their homes. */
static void
holds_what_was_put_and_not_taken(void)
{
	static char values[IDS];
	struct idmap map = {0};
	bool in[IDS] = {false};
	size_t count = 0;
	uint64_t seed = 7;

	for (int round = 0; round < ROUNDS; round++) {
		const size_t i = (size_t)((seed = seed * 6364136223846793005u + 1) >> 40) % IDS;
		const uint64_t id = (uint64_t)i << (i % 3 * 20);

		CHECK((idmap_get(&map, id) != NULL) == in[i]);
		if (round % 3) {
			CHECK(idmap_put(&map, id, &values[i]) == 0);
			count += !in[i];
			in[i] = true;
		} else {
			CHECK((idmap_take(&map, id) == &values[i]) == in[i]);
			count -= in[i];
			in[i] = false;
		}
		CHECK(map.used == count);
	}
	idmap_done(&map);
}

static void
visits_every_value_once(void)
{
	static char values[IDS];
	struct idmap map = {0};
	size_t at = 0, seen = 0;
	char *value;

	for (uint64_t i = 0; i < IDS; i++)
		CHECK(idmap_put(&map, i * 3, &values[i]) == 0);
	while ((value = idmap_each(&map, &at)))
		seen += ++*value == 1;
	CHECK(seen == IDS);
	idmap_done(&map);
}

static void
is_empty_when_zeroed(void)
{
	struct idmap map = {0};
	size_t at = 0;

	CHECK(!idmap_get(&map, 0) && !idmap_take(&map, 0) && !idmap_each(&map, &at));
	idmap_done(&map);
}

int
main(void)
{
	RUN(holds_what_was_put_and_not_taken);
	RUN(visits_every_value_once);
	RUN(is_empty_when_zeroed);
	return check_done();
}
