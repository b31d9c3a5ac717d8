/* html_writer - where one fragment is written to, with its scratch memory, its bound on growth,
 * and the one gate for URLs. */
#ifndef FM_PARSER_HTML_WRITER_H
#define FM_PARSER_HTML_WRITER_H

#include <stdbool.h>
#include <stddef.h>

#include "common/buf.h"
#include "parser/html_token.h"

struct html_writer {
	struct buf *out;              /* borrowed; faults stick in it */
	size_t out_start;             /* its length before the fragment */
	const char *base_url;         /* borrowed; NULL: none */
	const struct html_tokens *in; /* borrowed: how far the source is read */
	const char *in_start;
	struct buf value; /* scratch: the value at hand, decoded */
	struct buf list;  /* scratch: a srcset, decoded */
	struct buf url;   /* the URL that was accepted last */
	struct buf last;  /* the URL of the image or embed that was written last */
};

/* Release with html_writer_done. */
struct html_writer html_writer_init(struct buf *out, const struct html_tokens *in,
				    const char *base_url);
void html_writer_done(struct html_writer *w);

/* Whether more may be written than the source holds: absolute URLs and reopened elements stop
 * when the result has grown out of proportion (to 6 times what was read and 32 KiB). */
bool html_may_grow(const struct html_writer *w);

/* An attribute's value as plain text: borrowed from w->value or from the source. */
struct bytes html_decoded(struct html_writer *w, const struct bytes *value);

/* Resolves the value of an attribute into w->url; false where it is NULL, no URL or of none of
 * the schemes. */
bool html_accept_url(struct html_writer *w, const struct bytes *value, const char *const *schemes);

#endif
