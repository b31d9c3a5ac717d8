/* trie - rows of symbols, walked all at once: from the root, one step a symbol, to the outputs
 * of the rows that end there. Read-only once built. */
#ifndef FM_CLASSIFIER_TRIE_H
#define FM_CLASSIFIER_TRIE_H

#include <stddef.h>
#include <stdint.h>

#include "common/scope.h"

struct trie_row {
	const uint32_t *symbols;
	uint32_t len; /* > 0 */
	uint32_t output;
};

/* Nodes are numbers; 0 is the root, and as an answer: no such node. */
struct trie_node {
	uint32_t child, child_count; /* in children, by ascending symbol */
	uint32_t output, output_count;
};

struct trie_child {
	uint32_t symbol, node;
};

struct trie {
	uint32_t *first; /* of the root: by symbol */
	uint32_t symbol_count;
	struct trie_node *nodes;
	struct trie_child *children;
	uint32_t *outputs;
	size_t node_count, child_count, output_count;
};

/* Symbols are 1..symbol_count. Sorts rows. Returns new, NULL without memory. */
struct trie *trie_new(struct trie_row *rows, size_t count, uint32_t symbol_count);
void trie_free(struct trie *trie);
SCOPED_DEFINE(struct trie, trie_free)

size_t trie_bytes(const struct trie *trie);

static inline uint32_t
trie_first(const struct trie *trie, uint32_t symbol)
{
	return trie->first[symbol];
}

static inline uint32_t
trie_next(const struct trie *trie, uint32_t node, uint32_t symbol)
{
	const struct trie_child *at = trie->children + trie->nodes[node].child;
	uint32_t count = trie->nodes[node].child_count;

	while (count > 0) {
		const uint32_t half = count / 2;

		if (at[half].symbol == symbol)
			return at[half].node;
		if (at[half].symbol < symbol) {
			at += half + 1;
			count -= half + 1;
		} else {
			count = half;
		}
	}
	return 0;
}

#endif
