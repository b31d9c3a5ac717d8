/* lexicon - the words, word starts and marks that phrases use, each with a number (a symbol);
 * and the symbols of an element of a text, found at the same cost however many there are. */
#ifndef FM_CLASSIFIER_LEXICON_H
#define FM_CLASSIFIER_LEXICON_H

#include <stddef.h>
#include <stdint.h>

#include "classifier/phrase.h"
#include "classifier/words.h"
#include "common/scope.h"

struct lexicon;

/* A word has the symbol of its folded form and that of its spelling, and the same of each start
 * of it that a phrase asks for. */
enum { LEXICON_SYMBOLS_MAX = 2 + 2 * WORDS_BYTES_MAX };

/* Returns new, NULL without memory. */
struct lexicon *lexicon_new(void);
void lexicon_free(struct lexicon *lexicon);
SCOPED_DEFINE(struct lexicon, lexicon_free)

/* The symbol of a phrase's element, given now or before; 0 without memory. */
uint32_t lexicon_add(struct lexicon *lexicon, const struct phrase_element *element);
/* After the last lexicon_add, before the first lexicon_find. Symbols 1..beginnings are those with
 * which a phrase may begin. */
void lexicon_seal(struct lexicon *lexicon, uint32_t beginnings);
uint32_t lexicon_count(const struct lexicon *lexicon); /* symbols are 1..count */

/* One of 64 bits for each symbol: the same for all symbols of a word. */
uint64_t lexicon_kin(const struct lexicon *lexicon, uint32_t symbol);

/* The symbols of a text's element; returns how many, mostly 0. wanted has the kin of the symbols
 * that would go on with a phrase half read: of an element that neither does, nor begins a phrase,
 * they may be left out, which saves most of the work. kin_out: the kin of those found. */
size_t lexicon_find(const struct lexicon *lexicon, const struct words_element *element,
		    uint64_t wanted, uint32_t out[LEXICON_SYMBOLS_MAX], uint64_t *kin_out);

size_t lexicon_bytes(const struct lexicon *lexicon); /* of memory */

#endif
