/* html - safe HTML made from what publishers send, its visible text, and character references.
 *
 * The fragment is read as browsers read it (HTML Standard, 13.2), but nothing of it is passed
 * on: what comes out is written anew from an allow-list (html_policy), always balanced, always
 * valid UTF-8, with every URL absolute. No script, style, comment, form, frame, foreign or raw
 * text element is ever written, so that no later reading can make one out of the result, and no
 * end tag of it can close what surrounds it. Sanitising twice changes nothing.
 *
 * Every function appends to out, takes any bytes, and works in time linear in len. */
#ifndef FM_PARSER_HTML_H
#define FM_PARSER_HTML_H

#include <stddef.h>

#include "common/buf.h"
#include "common/err.h"

enum {
	HTML_IN_BYTES_MAX = 32 * 1024 * 1024,   /* what lies beyond is not read */
	HTML_DEPTH_MAX = 180,                   /* deeper elements are left out, their text stays */
	HTML_ATTRIBUTES_MAX = 64,               /* of one tag; the others are left out */
	HTML_VALUE_BYTES_MAX = 64 * 1024,       /* longer attribute values are left out, */
	HTML_DATA_IMAGE_BYTES_MAX = 512 * 1024, /* but for images in data: URLs up to this */
};

/* Appends safe HTML made from the fragment. base_url resolves relative URLs; NULL: none, and
 * they are left out. -1 only past out's ceiling or without memory; then nothing is appended. */
int html_sanitise(const char *html, size_t len, const char *base_url, struct buf *out,
		  struct err *err);

/* Appends the visible text of a fragment, as plain text: character references decoded once,
 * white space collapsed and trimmed, a blank where a block begins or ends, no content of script,
 * style and the like. */
int html_to_text(const char *html, size_t len, struct buf *out, struct err *err);

/* Appends plain text as HTML: & < > " escaped, bytes that are not UTF-8 replaced, control
 * characters left out. */
int html_escape(const char *text, size_t len, struct buf *out, struct err *err);

/* Appends text with its character references decoded once; tags are not touched (titles). */
int html_decode_entities(const char *text, size_t len, struct buf *out, struct err *err);

/* The UTF-8 of a named character reference that ends with a semicolon, named without & and ;
 * ("nbsp"): for XML documents without a DTD. NULL: unknown. Static. */
const char *html_entity_utf8(const char *name, size_t len);

#endif
