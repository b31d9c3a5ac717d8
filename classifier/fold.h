/* fold - what a character is to a phrase, and words without the differences that a reader does
 * not see: case, composed or decomposed, full or half width. The one door to utf8proc: all that is
 * needed of Unicode here is normalising, folding and the kind of a character, which it does in 350
 * KB; ICU's 35 MB would add words of a dictionary for Thai and Chinese, and make a phrase depend on
 * how a dictionary cuts the sentence around it. */
#ifndef FM_CLASSIFIER_FOLD_H
#define FM_CLASSIFIER_FOLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	FOLD_RAW_BYTES_MAX = 96,   /* of a word as it stands in a text */
	FOLD_WORD_BYTES_MAX = 128, /* of a word that was folded */
};

enum fold_kind {
	FOLD_GAP,     /* blanks, hyphens and dashes, slashes: between words, all the same */
	FOLD_LETTER,  /* letters and digits: make up a word */
	FOLD_EXTEND,  /* combining marks: belong to the word before, nothing elsewhere */
	FOLD_ALONE,   /* a letter of a script that is written without blanks: a word by itself */
	FOLD_MARK,    /* everything else that is seen: stands for itself */
	FOLD_NOTHING, /* soft hyphens, joiners, direction marks: as though absent */
	FOLD_BREAK,   /* the newline: a paragraph ends, and no phrase goes on behind it */
};

enum fold_kind fold_kind(uint32_t cp);

/* Marks that mean the same: all apostrophes are ', all double quotes ", full width is ASCII. */
uint32_t fold_mark(uint32_t cp);

bool fold_is_capital(uint32_t cp);

/* The word in NFKC without ignorable characters; in any case (Unicode's full case folding) or,
 * when exact, as spelt. s is valid UTF-8 of at most FOLD_RAW_BYTES_MAX. Returns the length
 * written to out; 0 when it does not fit, which only made-up words manage. */
size_t fold_word(const char *s, size_t len, bool exact, char out[FOLD_WORD_BYTES_MAX]);

#endif
