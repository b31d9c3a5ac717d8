/* words - a text as phrases see it: a row of words and marks. Blanks, hyphens and slashes only
 * separate; every other mark is an element of its own ("Mt. Gox" is Mt, ".", Gox); an edge of a
 * word is whatever is neither letter nor digit. */
#ifndef FM_CLASSIFIER_WORDS_H
#define FM_CLASSIFIER_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "classifier/fold.h"

enum { WORDS_BYTES_MAX = 63 }; /* of a phrase's word, folded */

enum words_kind { WORDS_WORD, WORDS_MARK, WORDS_BREAK };

struct words_element {
	enum words_kind kind;
	uint32_t at, end;  /* bytes of the text */
	uint32_t place;    /* number of the word, from 1; a mark has that of the word before */
	uint32_t mark;     /* WORDS_MARK: the code point, folded */
	const char *fold;  /* WORDS_WORD: in any case, zeroes up to a multiple of 8 behind it */
	const char *exact; /* as spelt, in NFKC */
	uint8_t fold_len, exact_len;
	bool cut; /* too long: fold and exact are only how it begins */
};

/* Where it stands; made by words_of. What an element points to is borrowed until the next. */
struct words {
	const char *text;
	size_t len, at;
	uint32_t place;
	_Alignas(8) char fold[FOLD_WORD_BYTES_MAX + 8];
	char exact[FOLD_WORD_BYTES_MAX];
};

/* Borrows text, which is valid UTF-8 of less than 4 GiB. */
void words_of(struct words *w, const char *text, size_t len);
bool words_next(struct words *w, struct words_element *out);

#endif
