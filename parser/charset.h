/* charset - the bytes of a document as clean UTF-8. What decides, in order: a byte order mark; the
 * pattern of zero bytes that UTF-16 and UTF-32 leave; the charset of HTTP, if it is known; that of
 * the XML declaration; UTF-8, if the bytes are valid; a guess; windows-1252. Labels mean what the
 * WHATWG Encoding Standard says. Valid UTF-8 beats a label, as publishers' labels often lie. */
#ifndef FM_PARSER_CHARSET_H
#define FM_PARSER_CHARSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/err.h"

enum {
	CHARSET_LABEL_BYTES_MAX = 64,
	CHARSET_PROLOG_BYTES = 1024, /* where the XML declaration is looked for */
};

struct charset_result {
	const char *text; /* valid UTF-8 without control characters, no BOM; borrows from the bytes
			   * or from scratch; not terminated */
	size_t len;
	const char *name; /* "utf-8", "windows-1252", ...; static */
	size_t replaced;  /* sequences that were not valid */
	size_t controls;  /* control characters that were dropped */
	bool disagrees;   /* the label that the publisher gave was not believed */
	bool unknown;     /* ... or names no encoding */
	bool guessed;
};

/* content_type: the HTTP header, or NULL. scratch is emptied first and holds what had to be
 * converted; its ceiling applies. Time linear in len. */
int charset_decode(struct bytes body, const char *content_type, struct buf *scratch,
		   struct charset_result *out, struct err *err);

/* What charset_decode does to control characters and line ends, for text that comes to light later:
 * in base64, say. False where nothing is to be done, or not without memory; else out, emptied
 * first, holds the clean text, and *controls_out grows by what was left out. */
bool charset_clean(struct bytes text, struct buf *out, size_t *controls_out);

/* The character that a byte 0x80..0x9F stands for in windows-1252; undefined ones stay. */
uint32_t charset_windows_1252(unsigned char byte);

#endif
