/* jsonfeed - JSON Feed 1.0 and 1.1 (jsonfeed.org), into the same records as the XML formats. */
#ifndef FM_PARSER_JSONFEED_H
#define FM_PARSER_JSONFEED_H

#include <stddef.h>

#include "common/err.h"
#include "parser/reader.h"

/* Reads a document for which reader_begin was called. ERR_REJECT: no JSON, or no JSON Feed. */
int jsonfeed_read(struct reader *r, const char *text, size_t len, struct err *err);

#endif
