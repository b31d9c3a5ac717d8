/* trie - rows of symbols, walked all at once: from the root, one step a symbol, to the outputs
 * of the rows that end there. Read-only once built. */
#ifndef FM_CLASSIFIER_TRIE_H
#define FM_CLASSIFIER_TRIE_H

#include <stddef.h>
#include <stdint.h>

#include "common/scope.h"

struct trie_row {
	const uint32_t *symbols;
	const uint64_t *kin; /* of each, one of 64 bits */
	uint32_t len;        /* > 0 */
	uint32_t output;
};

/* Nodes are numbers; 0 is the root, and as an answer: no such node. They stand level by level, so
 * that what belongs to a node lasts to where that of the next begins. */
struct trie_node {
	uint64_t kin; /* of its children: most steps lead nowhere, which this tells without them */
	uint32_t child; /* the first of its children */
	uint32_t output;
};

struct trie {
	uint32_t beginnings; /* symbols 1..beginnings begin a row */
	struct trie_node
		*nodes;    /* that of a symbol which begins a row has its number; and one more */
	uint32_t *symbols; /* by which a node is reached from its parent, ascending in siblings */
	uint32_t *outputs;
	size_t node_count, output_count;
};

/* The symbols that begin a row are 1, 2, 3 ... without a gap, the others any. Sorts rows. Returns
 * new, NULL without memory. */
struct trie *trie_new(struct trie_row *rows, size_t count);
void trie_free(struct trie *trie);
SCOPED_DEFINE(struct trie, trie_free)

size_t trie_bytes(const struct trie *trie);

static inline uint32_t
trie_first(const struct trie *trie, uint32_t symbol)
{
	return symbol <= trie->beginnings ? symbol : 0;
}

static inline uint32_t
trie_outputs(const struct trie *trie, uint32_t node, const uint32_t **outputs_out)
{
	*outputs_out = trie->outputs + trie->nodes[node].output;
	return trie->nodes[node + 1].output - trie->nodes[node].output;
}

static inline uint32_t
trie_next(const struct trie *trie, uint32_t node, uint32_t symbol)
{
	uint32_t child = trie->nodes[node].child;
	uint32_t count = trie->nodes[node + 1].child - child;

	while (count > 0) {
		const uint32_t half = count / 2;

		if (trie->symbols[child + half] == symbol)
			return child + half;
		if (trie->symbols[child + half] < symbol) {
			child += half + 1;
			count -= half + 1;
		} else {
			count = half;
		}
	}
	return 0;
}

#endif
