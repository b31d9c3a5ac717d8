/* sniff - what a document is: finds the root element of a feed behind whatever stands before it. */
#ifndef FM_PARSER_SNIFF_H
#define FM_PARSER_SNIFF_H

#include <stdbool.h>
#include <stddef.h>

#include "common/err.h"
#include "parser/entity.h"
#include "parser/reader.h"

struct sniff {
	enum format format;
	size_t at;     /* where the root element (or the JSON) begins */
	size_t junk;   /* bytes of text or markup before it that have no business there */
	size_t blank;  /* blanks before an XML declaration */
	bool unclosed; /* a declaration has no end: it ends at its first ">" */
};

/* Declares the entities of a document type declaration on the way. ERR_REJECT: it is no feed, and
 * what it is instead. Time linear in len. */
int sniff_format(const char *text, size_t len, struct entities *entities, struct sniff *out,
		 struct err *err);

#endif
