#include "common/hash.h"

#include "tests/unit/check.h"

/* The values that FNV's own pages give. What they were is kept on disk and agreed on between
 * machines (shares of a list): they never change. */
static void
is_fnv_1a(void)
{
	CHECK(hash_text(HASH_BASIS, "") == HASH_BASIS);
	CHECK(hash_text(HASH_BASIS, "a") == UINT64_C(0xaf63dc4c8601ec8c));
	CHECK(hash_text(HASH_BASIS, "foobar") == UINT64_C(0x85944171f73967e8));
	CHECK(hash_bytes(hash_text(HASH_BASIS, "foo"), "bar", 3) ==
	      hash_text(HASH_BASIS, "foobar"));
	CHECK(hash_bytes(HASH_BASIS, "\xff", 1) == hash_number(HASH_BASIS, 0xff));
}

static void
mixes_each_bit_into_half_of_them(void)
{
	for (int bit = 0; bit < 64; bit++) {
		const uint64_t x = UINT64_C(0x0123456789abcdef);
		const int changed =
			__builtin_popcountll(hash_mix(x) ^ hash_mix(x ^ UINT64_C(1) << bit));

		CHECK(changed > 16 && changed < 48);
	}
	/* The first number of splitmix64 from 0. */
	CHECK(hash_mix(UINT64_C(0x9e3779b97f4a7c15)) == UINT64_C(0xe220a8397b1dcdaf));
}

int
main(void)
{
	RUN(is_fnv_1a);
	RUN(mixes_each_bit_into_half_of_them);
	return check_done();
}
