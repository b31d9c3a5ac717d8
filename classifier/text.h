/* text - the words of a field that holds safe HTML, without its tags, and the way back from a
 * place in them to the place in the field. */
#ifndef FM_CLASSIFIER_TEXT_H
#define FM_CLASSIFIER_TEXT_H

#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/err.h"

enum { TEXT_BYTES_MAX = 64 * 1024 }; /* of words; what is behind is not read */

struct text_run {
	uint32_t plain, field; /* from here on both go side by side */
};

struct text {
	struct buf plain;
	struct text_run *runs;
	size_t run_count, run_cap;
};

struct text text_init(void);
void text_done(struct text *text);
SCOPED_DEFINE_HELD(struct text, text_done)

/* Replaces the content. Tags go; those that are no part of a sentence end a paragraph, which is
 * a newline; character references become characters, other white space a blank. Reads HTML as
 * our own serialiser writes it, and takes a '<' that begins no tag for itself. -1 with ERR_RETRY
 * without memory. */
int text_from_html(struct text *text, const char *html, size_t len, struct err *err);

/* The byte of the field that became the plain text's byte `at`. */
size_t text_origin(const struct text *text, size_t at);

/* Where the first `characters` of s end. */
size_t text_lead(const char *s, size_t len, size_t characters);

#endif
