/* site_markup - text into HTML and XML. What came from outside reaches a page through
 * markup_text, which a template's {} calls by itself, and through nothing else. Faults stick in
 * the buf: ask buf_failed once. */
#ifndef FM_SINK_SITE_MARKUP_H
#define FM_SINK_SITE_MARKUP_H

#include <stddef.h>

#include "common/buf.h"

/* Appends len bytes as text that is safe in an element and in a quoted attribute, of HTML and of
 * XML: & < > " ' become references; control characters, what no XML may hold, and the marks
 * that turn the direction of what follows are dropped; bytes that are not UTF-8 become U+FFFD. */
void markup_text(struct buf *out, const char *s, size_t len);

/* Appends the template; each {} is the next of the values, as markup_text writes it; NULL is "".
 * The values have to be as many as the {} are. */
void markup_fill(struct buf *out, const char *template, const char *const *values, size_t count);

/* MARKUP(out, "<a href=\"{}\">{}</a>", url, title) */
#define MARKUP(out, template, ...)                                                                 \
	markup_fill((out), (template), (const char *const[]){__VA_ARGS__},                         \
		    sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))

/* Appends markup that is whole and ours. */
void markup_raw(struct buf *out, const char *markup);

/* Appends JSON text so that no HTML parser finds a tag or a comment in it: < > & as \u00XX. */
void markup_json(struct buf *out, struct bytes json);

#endif
