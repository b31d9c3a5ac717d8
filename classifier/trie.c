#include "classifier/trie.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>

/* A node in the making: the sorted rows [first, last) that share its depth symbols. */
struct span {
	size_t first, last;
	uint32_t depth;
};

static int
by_symbols(const void *a, const void *b)
{
	const struct trie_row *left = a, *right = b;
	const uint32_t len = left->len < right->len ? left->len : right->len;

	for (uint32_t i = 0; i < len; i++)
		if (left->symbols[i] != right->symbols[i])
			return left->symbols[i] < right->symbols[i] ? -1 : 1;
	if (left->len != right->len)
		return left->len < right->len ? -1 : 1;
	if (left->output != right->output)
		return left->output < right->output ? -1 : 1;
	return 0;
}

static size_t
shared(const struct trie_row *a, const struct trie_row *b)
{
	size_t n = 0;

	while (n < a->len && n < b->len && a->symbols[n] == b->symbols[n])
		n++;
	return n;
}

static bool
make_room(struct trie *trie, const struct trie_row *rows, size_t count)
{
	size_t nodes = 1;

	for (size_t i = 0; i < count; i++)
		nodes += rows[i].len - (i > 0 ? shared(&rows[i - 1], &rows[i]) : 0);
	trie->node_count = nodes;
	trie->nodes = calloc(nodes + 1, sizeof(*trie->nodes));
	trie->symbols = calloc(nodes, sizeof(*trie->symbols));
	trie->outputs = calloc(count + 1, sizeof(*trie->outputs));
	return trie->nodes && trie->symbols && trie->outputs;
}

/* The rows that end in the node, which sort first; each output once. */
static void
take_outputs(struct trie *trie, struct trie_node *node, const struct trie_row *rows,
	     struct span *span)
{
	node->output = (uint32_t)trie->output_count;
	while (span->first < span->last && rows[span->first].len == span->depth) {
		const uint32_t output = rows[span->first++].output;

		if (trie->output_count == node->output ||
		    trie->outputs[trie->output_count - 1] != output)
			trie->outputs[trie->output_count++] = output;
	}
}

struct trie *
trie_new(struct trie_row *rows, size_t count)
{
	SCOPED(trie_free) struct trie *trie = calloc(1, sizeof(*trie));
	SCOPED(free) struct span *spans = NULL;
	size_t made = 1;

	if (!trie)
		return NULL;
	if (count > 0)
		qsort(rows, count, sizeof(*rows), by_symbols);
	if (!make_room(trie, rows, count))
		return NULL;
	spans = calloc(trie->node_count, sizeof(*spans));
	if (!spans)
		return NULL;
	spans[0] = (struct span){.last = count};
	for (size_t n = 0; n < made; n++) {
		struct trie_node *node = &trie->nodes[n];
		struct span span = spans[n];

		take_outputs(trie, node, rows, &span);
		node->child = (uint32_t)made;
		while (span.first < span.last) {
			const uint32_t symbol = rows[span.first].symbols[span.depth];
			size_t last = span.first;

			while (last < span.last && rows[last].symbols[span.depth] == symbol)
				last++;
			assert(n > 0 || symbol == made);
			spans[made] = (struct span){span.first, last, span.depth + 1};
			trie->symbols[made++] = symbol;
			node->kin |= rows[span.first].kin[span.depth];
			span.first = last;
		}
	}
	trie->nodes[made] =
		(struct trie_node){.child = (uint32_t)made, .output = (uint32_t)trie->output_count};
	trie->beginnings = count > 0 ? trie->nodes[1].child - 1 : 0;
	return TAKE(trie);
}

void
trie_free(struct trie *trie)
{
	if (!trie)
		return;
	free(trie->nodes);
	free(trie->symbols);
	free(trie->outputs);
	free(trie);
}

size_t
trie_bytes(const struct trie *trie)
{
	return sizeof(*trie) + sizeof(*trie->nodes) +
	       trie->node_count * (sizeof(*trie->nodes) + sizeof(*trie->symbols)) +
	       trie->output_count * sizeof(*trie->outputs);
}
