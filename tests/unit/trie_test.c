#include "classifier/trie.h"
#include "tests/unit/check.h"

static const uint32_t a_b[] = {1, 2}, a_b_c[] = {1, 2, 3}, c[] = {3};

static void
walks_to_the_rows_that_end_there(void)
{
	struct trie_row rows[] = {
		{a_b_c, 3, 30}, {c, 1, 10}, {a_b, 2, 20}, {a_b, 2, 21}, {a_b, 2, 20}};
	SCOPED(trie_free) struct trie *trie = trie_new(rows, 5, 3);
	uint32_t node = trie_first(trie, 1);

	CHECK(node && trie->nodes[node].output_count == 0);
	node = trie_next(trie, node, 2);
	CHECK(node && trie->nodes[node].output_count == 2); /* an output once */
	CHECK(trie->outputs[trie->nodes[node].output] == 20);
	CHECK(trie->outputs[trie->nodes[node].output + 1] == 21);
	node = trie_next(trie, node, 3);
	CHECK(node && trie->outputs[trie->nodes[node].output] == 30);
	CHECK(trie_next(trie, node, 1) == 0);
	CHECK(trie_first(trie, 2) == 0);
	node = trie_first(trie, 3);
	CHECK(node && trie->outputs[trie->nodes[node].output] == 10);
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
		rows[(i * 7) % COUNT] = (struct trie_row){symbols[i], 2, i};
	}
	trie = trie_new(rows, COUNT, COUNT + 2);
	for (uint32_t i = 0; i < COUNT; i++) {
		const uint32_t node = trie_next(trie, trie_first(trie, 1), i + 2);

		CHECK(node && trie->outputs[trie->nodes[node].output] == i);
	}
	CHECK(trie_next(trie, trie_first(trie, 1), 1) == 0);
}

static void
an_empty_trie_leads_nowhere(void)
{
	SCOPED(trie_free) struct trie *trie = trie_new(NULL, 0, 5);

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
