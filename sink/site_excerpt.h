/* site_excerpt - the beginning of an article, as safe HTML of a few elements that stands by
 * itself on our page: paragraphs, lists and quotations with emphasis, without links, headings of
 * its own, tables, or what feeds append ("The post X appeared first on Y"). It ends where the
 * article ends, or at a sentence or a word with "…". The first image that says something, and
 * its caption, are kept apart.
 *
 * Everything in the result is written by this module; the input may be anything at all. */
#ifndef FM_SINK_SITE_EXCERPT_H
#define FM_SINK_SITE_EXCERPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/err.h"
#include "common/scope.h"

enum {
	EXCERPT_CHARS_MAX = 4000,
	EXCERPT_HTML_BYTES_MAX = 64 * 1024,
	EXCERPT_SCAN_BYTES_MAX = 512 * 1024, /* of the article that are looked at */
	EXCERPT_CAPTION_CHARS_MAX = 200,
};

struct excerpt {
	struct buf html;                   /* "" when the article has no text */
	size_t chars;                      /* of text in html */
	bool cut;                          /* the article goes on, or was cut by its publisher */
	struct buf image;                  /* absolute https URL, or "" */
	struct buf alt;                    /* one line */
	struct buf caption;                /* one line */
	int64_t image_width, image_height; /* 0: not known */
};

void excerpt_init(struct excerpt *excerpt);
void excerpt_done(struct excerpt *excerpt);
void excerpt_clear(struct excerpt *excerpt); /* empty again; keeps the memory */
SCOPED_DEFINE_HELD(struct excerpt, excerpt_done)

/* Fills the empty excerpt with at most max_chars code points of html; a first paragraph that only
 * repeats the title (plain text, may be NULL) is left out. With max_chars 0 only the image is
 * found. */
int excerpt_make(struct excerpt *excerpt, const char *html, const char *title, size_t max_chars,
		 struct err *err);

/* An image's URL as a page may show it: absolute, https (http is asked for over TLS, as browsers
 * do by themselves), no data. Appends nothing and returns false for any other. */
bool excerpt_image_url(const char *url, size_t len, struct buf *out);

#endif
