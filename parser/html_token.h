/* html_token - HTML cut into text and tags, as browsers cut it (HTML Standard, 13.2.5). Comments,
 * doctypes and processing instructions are passed over; nothing is copied or decoded.
 *
 *   struct html_tokens in = html_tokens(html, len);
 *   while (html_token_next(&in, &token)) ... */
#ifndef FM_PARSER_HTML_TOKEN_H
#define FM_PARSER_HTML_TOKEN_H

#include <stdbool.h>
#include <stddef.h>

#include "common/buf.h"
#include "parser/html.h"

enum html_token_kind {
	HTML_TEXT,  /* may hold character references, CR, NUL */
	HTML_START, /* <name attributes> */
	HTML_END,   /* </name> */
};

/* Names in the spelling of the source, values undecoded; value.data is NULL where there is none. */
struct html_attribute {
	struct bytes name;
	struct bytes value;
};

/* All of it borrows from the source. */
struct html_token {
	enum html_token_kind kind;
	const char *text; /* of a tag: its name */
	size_t len;
	bool self_closing;      /* of a start tag: "/>" */
	bool follows_tag;       /* nothing was passed over before it */
	size_t attribute_count; /* of a start tag */
	struct html_attribute
		attributes[HTML_ATTRIBUTES_MAX]; /* in their order, repeated ones too */
};

struct html_tokens {
	const char *at;
	const char *end;
	bool foreign; /* inside svg or math, where <![CDATA[ ]]> is text: set by the caller */
};

/* Borrows html. A byte order mark at the beginning is no text. */
struct html_tokens html_tokens(const char *html, size_t len);

/* False at the end; a tag that the end cuts off is none. */
bool html_token_next(struct html_tokens *in, struct html_token *out);

/* After the start tag of an element whose content is text without markup (script, style, title,
 * ...): passes over the content and its end tag, or to the end where there is none. Returns the
 * content. In a script, "<!--" and "<script" hide an end tag as they do in browsers. */
struct bytes html_token_raw(struct html_tokens *in, const char *name, size_t name_len);

/* Whether name, in any case of letters, is lower, which is lower-case. */
bool html_name_is(const char *name, size_t len, const char *lower);

#endif
