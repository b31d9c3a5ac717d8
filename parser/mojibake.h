/* mojibake - UTF-8 that somebody took for windows-1252 or ISO 8859-1 and encoded once more: "Ã©"
 * for "é". */
#ifndef FM_PARSER_MOJIBAKE_H
#define FM_PARSER_MOJIBAKE_H

#include <stdbool.h>

#include "common/buf.h"

/* Whether every character of text that is not ASCII belongs to a sequence encoded twice; out then
 * holds the text as it was meant. out is emptied first; its ceiling applies: beyond, false. text
 * is valid UTF-8. Time linear, and little where there is no such sequence. */
bool mojibake_undo(struct bytes text, struct buf *out);

#endif
