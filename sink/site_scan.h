/* site_scan - an item's HTML as a run of tokens: text, opening tags, closing tags. It reads what
 * our own serialiser writes and takes anything else as best it can, in linear time: what is no
 * tag is text. Nothing of it reaches a page as it stands, so a fault here cannot become markup. */
#ifndef FM_SINK_SITE_SCAN_H
#define FM_SINK_SITE_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"

enum { SCAN_NAME_MAX = 16 };

enum scan_kind { SCAN_END, SCAN_TEXT, SCAN_OPEN, SCAN_CLOSE };

struct scan {
	const char *at, *end;
	bool text_only; /* a tag without an end was met: there is none after it either */
};

struct scan_token {
	enum scan_kind kind;
	char name[SCAN_NAME_MAX + 1]; /* of a tag, lower-case; "" when it is longer */
	struct bytes text; /* of SCAN_TEXT, references not read yet; of a tag, its attributes */
};

struct scan scan_over(const char *html, size_t len);
void scan_next(struct scan *scan, struct scan_token *out);

/* The code point at *at, with a reference read as one; *at moves past it. */
uint32_t scan_char(const char **at, const char *end);

/* Appends the attribute's value, references read; whether the tag has it. */
bool scan_attribute(const struct scan_token *tag, const char *name, struct buf *out);

#endif
