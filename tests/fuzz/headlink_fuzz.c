/* The header lines of a response. */
#include "fetcher/headlink.h"
#include "tests/fuzz/fuzz.h"

static int
lies_within(struct bytes part, const uint8_t *data, size_t len)
{
	const uint8_t *at = part.data;

	return part.len == 0 || (at >= data && at + part.len <= data + len);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct headlink_walk walk = headlink_begin((struct bytes){data, len});
	struct headlink link;
	size_t count = 0;

	while (headlink_next(&walk, &link)) {
		count++;
		FUZZ_CHECK(link.rel.len > 0);
		FUZZ_CHECK(lies_within(link.target, data, len));
		FUZZ_CHECK(lies_within(link.rel, data, len));
		FUZZ_CHECK(lies_within(link.type, data, len));
		(void)headlink_is(&link, "hub");
	}
	FUZZ_CHECK(count <= HEADLINK_MAX);
	return 0;
}
