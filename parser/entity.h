/* entity - character references in XML text: the five of XML, numeric ones, HTML's names (which
 * feeds use without declaring them), and those that the document's own DTD declares as plain text.
 * What is no reference stays as it is: a bare ampersand is text. */
#ifndef FM_PARSER_ENTITY_H
#define FM_PARSER_ENTITY_H

#include <stddef.h>

#include "common/buf.h"
#include "common/err.h"

enum {
	ENTITY_OWN_MAX = 256,             /* declarations of a document; the others are unknown */
	ENTITY_OWN_BYTES_MAX = 4096,      /* what one stands for, expanded */
	ENTITY_SPENT_BYTES_MAX = 1 << 20, /* what all uses of them may add to one document */
	ENTITY_NAME_BYTES_MAX = 64,
};

/* The declarations of one document. Names borrow from its text. */
struct entities {
	struct {
		const char *name;
		size_t name_len;
		size_t at, len; /* in values */
	} own[ENTITY_OWN_MAX];
	size_t count;
	struct buf values;
	size_t spent_bytes;

	/* What was met, for the warnings. */
	size_t html_names; /* HTML's names, not declared */
	size_t bare;       /* ampersands that begin no reference */
	size_t no_text;    /* references to characters that no text may hold: left out */
	size_t windows;    /* references to control characters, by which windows-1252 was meant */
	size_t spelt;      /* UTF-8 spelt byte by byte */
	size_t over;       /* uses of the document's own that went over the ceiling: left out */
};

struct entities *entities_new(void); /* NULL without memory */
void entities_free(struct entities *e);
SCOPED_DEFINE(struct entities, entities_free)

/* Forgets the last document. */
void entities_reset(struct entities *e);

/* Reads the <!ENTITY name "text"> declarations of a document type declaration. Parameter
 * entities and external ones are passed over: nothing is ever fetched. References in a value are
 * expanded at once, so that they cannot multiply later. */
void entities_declare(struct entities *e, const char *doctype, size_t len);

/* Appends text with its references decoded, once. */
int entities_decode(struct entities *e, const char *text, size_t len, struct buf *out,
		    struct err *err);

#endif
