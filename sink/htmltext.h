/* htmltext - the text of safe HTML, for search and for excerpts: tags are gone, entities are
 * characters, white space is one blank, what stood in blocks of its own stands on lines of its
 * own. Linear in its input, whatever that is. */
#ifndef FM_SINK_HTMLTEXT_H
#define FM_SINK_HTMLTEXT_H

#include "common/buf.h"

/* Appends to out; faults stick there. html may be NULL. */
void htmltext(const char *html, struct buf *out);

#endif
