/* html_embed - frames and plug-ins become plain links: the reader decides whether a third party
 * is asked. */
#ifndef FM_PARSER_HTML_EMBED_H
#define FM_PARSER_HTML_EMBED_H

#include <stdbool.h>

#include "parser/html_attribute.h"

/* Accepts where an iframe, embed or object leads into w->url: the page to look at, where the
 * table of players knows it. False where there is nothing to see. */
bool html_accept_embed(struct html_writer *w, const struct html_values *values);

/* Writes the link to w->url; its text is the title, or the address. */
void html_write_embed(struct html_writer *w, const struct html_values *values);

#endif
