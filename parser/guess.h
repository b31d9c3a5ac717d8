/* guess - which legacy encoding bytes without a label are in, by how often the letters of a
 * language follow one another in it. Only for what is not valid UTF-8. */
#ifndef FM_PARSER_GUESS_H
#define FM_PARSER_GUESS_H

#include <stddef.h>

enum { GUESS_BYTES = 64 * 1024 }; /* how far it looks */

/* A label that charset_decode knows; "windows-1252" where nothing speaks for another. Static. */
const char *guess_charset(const char *bytes, size_t len);

#endif
