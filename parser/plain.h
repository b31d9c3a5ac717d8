/* plain - what publishers write where plain text is due: white space, titles with or without
 * markup, names with addresses. */
#ifndef FM_PARSER_PLAIN_H
#define FM_PARSER_PLAIN_H

#include <stdbool.h>
#include <stddef.h>

#include "common/buf.h"
#include "common/err.h"

/* Without the ASCII blanks at its ends. */
struct bytes plain_trim(struct bytes text);

/* Appends text with runs of blanks made one and those at the ends left out. */
int plain_collapse(struct bytes text, struct buf *out, struct err *err);

/* Appends the plain text of a title (or the like) of a format that does not say whether it is
 * HTML. It is if it holds an end tag, or a tag that needs none; "std::vector<int>" and "if a < b"
 * stay as they are. References are decoded once either way. */
int plain_title(struct bytes text, struct buf *out, struct err *err);

/* "Jo Doe <jo@example.org>", "jo@example.org (Jo Doe)", "Jo Doe", "jo@example.org": the parts,
 * empty where they are missing. */
void plain_person(struct bytes text, struct bytes *name_out, struct bytes *email_out);

/* Comparisons without regard to case. */
bool plain_is(struct bytes text, const char *word);
bool plain_begins(struct bytes text, const char *word);
bool plain_ends(struct bytes text, const char *word);

/* Appends what base64 stands for; blanks and what is no base64 are passed over. */
int plain_base64(struct bytes text, struct buf *out, struct err *err);

/* The number at the beginning of the text; -1: there is none, or it has over 18 digits. */
int64_t plain_number(struct bytes text);

/* The plain text of a label (a category): references are decoded once, unless it is about markup
 * ("&lt;p&gt;"), and tags are no markup. */
int plain_label(struct bytes text, struct buf *out, struct err *err);

/* Whether it looks like an e-mail address. */
bool plain_is_email(struct bytes text);

#endif
