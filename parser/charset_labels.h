/* charset_labels - the names by which publishers call encodings, and who decodes them. */
#ifndef FM_PARSER_CHARSET_LABELS_H
#define FM_PARSER_CHARSET_LABELS_H

#include <stdbool.h>
#include <stddef.h>

struct charset {
	const char *name;  /* of the WHATWG Encoding Standard where that has one */
	const char *iconv; /* NULL: decoded by ourselves */
	bool multibyte;    /* a byte may be half a character */
};

/* The encoding that a label names, without regard to case, blanks and quotes around it; NULL:
 * unknown. Static. Only listed encodings reach iconv: converters are code too. */
const struct charset *charset_of_label(const char *label, size_t len);

/* Whether its letters are not where those of ASCII are: no document that begins with "<" in ASCII
 * is in such an encoding. */
bool charset_is_ebcdic(const struct charset *charset);

#endif
