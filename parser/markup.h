/* markup - tags inside a text that is being kept, as HTML source for the sanitiser: inline XHTML,
 * and HTML that somebody forgot to escape. */
#ifndef FM_PARSER_MARKUP_H
#define FM_PARSER_MARKUP_H

#include <stdbool.h>
#include <stddef.h>

#include "parser/reader.h"

/* Whether len more bytes of the kept text are under its ceiling; where not, it is counted as cut.
 */
bool markup_room(struct reader *r, size_t len);

/* A start tag within the kept text, with the reader's attributes; f is its frame. It is written
 * where the text may have markup, and left out of plain texts. */
void markup_open(struct reader *r, struct frame *f, const struct xml_name *name);
void markup_close(struct reader *r, const struct frame *f);

#endif
