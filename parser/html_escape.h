/* html_escape - the one writer of text: decodes, cleans and escapes in one pass.
 *
 * Whatever is written is valid UTF-8 where the text is, holds no control character but TAB and
 * LF (CR and CR LF become LF, a form feed a blank, the others are left out). */
#ifndef FM_PARSER_HTML_ESCAPE_H
#define FM_PARSER_HTML_ESCAPE_H

#include <stddef.h>

#include "common/buf.h"
#include "parser/html.h"

enum {
	HTML_DECODE = 1,    /* character references are read */
	HTML_ATTRIBUTE = 2, /* text is an attribute's value: references as there, quotes escaped */
	HTML_PLAIN = 4,     /* nothing is escaped */
};

/* Appends text, which is valid UTF-8; faults stick in out. */
void html_write(struct buf *out, const char *text, size_t len, unsigned how);

/* Where the text is not valid UTF-8, points it to a copy in room with U+FFFD for what is not;
 * it borrows from room then. -1 as buf_add. */
int html_utf8(struct bytes *text, struct buf *room, struct err *err);

#endif
