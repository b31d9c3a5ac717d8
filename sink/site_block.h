/* site_block - a paragraph on its way into an excerpt: plain text, and from which byte on it is
 * emphasised, code and so on. As text it can be searched and cut anywhere; written out, every tag
 * it opens it closes. */
#ifndef FM_SINK_SITE_BLOCK_H
#define FM_SINK_SITE_BLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"

enum {
	BLOCK_TEXT_BYTES_MAX = 16 * 1024, /* what is longer is cut, which shows as "…" */
	BLOCK_RUNS_MAX = 200,             /* changes of style; past them the style stays */
};

enum block_style {
	STYLE_STRONG = 1 << 0,
	STYLE_EM = 1 << 1,
	STYLE_CODE = 1 << 2,
	STYLE_SUB = 1 << 3,
	STYLE_SUP = 1 << 4,
};

enum block_kind { BLOCK_PARAGRAPH, BLOCK_HEADING };

/* What a paragraph stands in. */
enum block_place { PLACE_PLAIN, PLACE_QUOTE, PLACE_BULLETS, PLACE_NUMBERS };

struct block {
	enum block_kind kind;
	enum block_place place;
	bool first_in_item; /* of a list: an item begins here */
	struct buf text;    /* '\n' stands for a line break */
	struct {
		size_t from;
		unsigned style;
	} runs[BLOCK_RUNS_MAX];
	size_t run_count;
	bool cut; /* text is missing at its end */
};

void block_init(struct block *block);
void block_done(struct block *block);

/* Adds a code point in a style; blanks collapse, none comes first. */
void block_add(struct block *block, uint32_t cp, unsigned style);
void block_break_line(struct block *block);

/* Keeps the first len bytes. */
void block_cut(struct block *block, size_t len);

/* Takes blanks and breaks off the end; whether any text is left. */
bool block_trim(struct block *block);

/* Appends the text with its inline tags. */
void block_write(const struct block *block, struct buf *out);

#endif
