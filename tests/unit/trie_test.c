#include "classifier/trie.h"
#include "tests/unit/check.h"

static const uint64_t kin[] = {1, 2, 4};
static const uint32_t a_b[] = {1, 2}, a_b_c[] = {1, 2, 3}, c[] = {2};

static uint32_t
count_of(const struct trie *trie, uint32_t node)
{
	const uint32_t *outputs;

	return trie_outputs(trie, node, &outputs);
}

static uint32_t
output_of(const struct trie *trie, uint32_t node, uint32_t number)
{
	const uint32_t *outputs;

	return number < trie_outputs(trie, node, &outputs) ? outputs[number] : 0;
}

static void
walks_to_the_rows_that_end_there(void)
{
	struct trie_row rows[] = {{a_b_c, kin, 3, 30},
				  {c, kin, 1, 10},
				  {a_b, kin, 2, 20},
				  {a_b, kin, 2, 21},
				  {a_b, kin, 2, 20}};
	SCOPED(trie_free) struct trie *trie = trie_new(rows, 5);
	uint32_t node = trie_first(trie, 1);

	CHECK(node && count_of(trie, node) == 0 && trie->nodes[node].kin == 2);
	node = trie_next(trie, node, 2);
	CHECK(node && count_of(trie, node) == 2); /* an output once */
	CHECK(output_of(trie, node, 0) == 20);
	CHECK(output_of(trie, node, 1) == 21);
	node = trie_next(trie, node, 3);
	CHECK(node && output_of(trie, node, 0) == 30);
	CHECK(trie_next(trie, node, 1) == 0);
	CHECK(trie_first(trie, 3) == 0);
	node = trie_first(trie, 2);
	CHECK(node && output_of(trie, node, 0) == 10);
}

static void
finds_each_of_many_children(void)
{
	enum { COUNT = 1000 };
	static uint32_t symbols[COUNT][2];
	static struct trie_row rows[COUNT];
	SCOPED(trie_free) struct trie *trie = NULL;

	for (uint32_t i = 0; i < COUNT; i++) {
		symbols[i][0] = 1;
		symbols[i][1] = i + 2;
		rows[(i * 7) % COUNT] = (struct trie_row){symbols[i], kin, 2, i};
	}
	trie = trie_new(rows, COUNT);
	for (uint32_t i = 0; i < COUNT; i++) {
		const uint32_t node = trie_next(trie, trie_first(trie, 1), i + 2);

		CHECK(node && output_of(trie, node, 0) == i);
	}
	CHECK(trie_next(trie, trie_first(trie, 1), 1) == 0);
}

static void
an_empty_trie_leads_nowhere(void)
{
	SCOPED(trie_free) struct trie *trie = trie_new(NULL, 0);

	CHECK(trie && trie_first(trie, 5) == 0);
}

int
main(void)
{
	RUN(walks_to_the_rows_that_end_there);
	RUN(finds_each_of_many_children);
	RUN(an_empty_trie_leads_nowhere);
	return check_done();
}
