/* site_plain - plain text for display: one clean line, and where a text may be cut so that a
 * reader takes it for a whole: after a sentence or, failing that, after a word. */
#ifndef FM_SINK_SITE_PLAIN_H
#define FM_SINK_SITE_PLAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"

/* Appends the text as one line: runs of white space become one blank, none is left at the ends;
 * control characters and marks that turn the direction are dropped; what is not UTF-8 becomes
 * U+FFFD; longer than max_chars code points, it ends at a word with "…". */
void plain_line(struct buf *out, const char *s, size_t len, size_t max_chars);

/* How many bytes of s to keep so that at most max_chars code points remain: up to the end of a
 * sentence where one ends in the last part of that, else of a word, else of a code point; without
 * the blanks and commas before it. len itself when all of it fits. */
size_t plain_cut(const char *s, size_t len, size_t max_chars);

/* Whether the text ends as a sentence does: . ! ? and their like, perhaps in a quotation. */
bool plain_is_sentence(const char *s, size_t len);

/* The length without its last word and the blanks and commas before it; 0 when it has but one. */
size_t plain_drop_word(const char *s, size_t len);

/* Code points in valid UTF-8. */
size_t plain_chars(const char *s, size_t len);

bool plain_is_blank(uint32_t cp);

/* Controls, noncharacters, the byte order mark, and marks that turn the direction. */
bool plain_is_unwanted(uint32_t cp);

#endif
