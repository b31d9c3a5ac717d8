/* html_entity - character references: "&nbsp;", "&#8217;", "&#x2019;" (HTML Standard, 13.2.5.72
 * to 13.2.5.80). */
#ifndef FM_PARSER_HTML_ENTITY_H
#define FM_PARSER_HTML_ENTITY_H

#include <stdbool.h>
#include <stddef.h>

enum {
	HTML_ENTITIES = 2125,
	HTML_ENTITY_NAME_BYTES = 32, /* with the NUL */
	HTML_ENTITY_UTF8_BYTES = 7,
	HTML_BARE_NAMES = 106,    /* names that count without a semicolon too */
	HTML_BARE_NAME_BYTES = 7, /* with the NUL */
};

struct html_entity {
	char name[HTML_ENTITY_NAME_BYTES]; /* without & and ; */
	char utf8[HTML_ENTITY_UTF8_BYTES];
};

/* Both are sorted by name. */
extern const struct html_entity html_entities[HTML_ENTITIES];
extern const char html_bare_names[HTML_BARE_NAMES][HTML_BARE_NAME_BYTES];

/* Reads the reference at *at, which points to a "&" before end: writes its UTF-8 to out, moves
 * *at past it and returns the length. 0: no reference, *at stays. In attribute values a name
 * without a semicolon is none where a letter, a digit or "=" follows. Numbers that are no
 * character give U+FFFD, 128 to 159 what windows-1252 has there. Looks at no more than one
 * reference: linear. */
size_t html_reference(const char **at, const char *end, bool in_attribute,
		      char out[HTML_ENTITY_UTF8_BYTES]);

#endif
