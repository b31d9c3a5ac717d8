/* repair - any text as a well-formed skeleton of tags, and the text between them by reference.
 *
 * libxml2 reads the skeleton: element by element, every run of text in it is one placeholder
 * byte, and the runs themselves wait in a queue in the same order. So the structure is read by a
 * real XML parser, while text, which is most of a feed, is never copied into it; and what
 * publishers get wrong is mended on the way, in one pass: bare ampersands and quotes in
 * attributes, end tags that are missing, misspelt or crossed, comments and declarations where
 * none belong, elements that are nested too deep, a document that ends too early. A document type
 * declaration never reaches libxml2: there are no external entities and no expansions. */
#ifndef FM_PARSER_REPAIR_H
#define FM_PARSER_REPAIR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/err.h"
#include "parser/entity.h"
#include "parser/tag.h"

enum {
	REPAIR_DEPTH_MAX = 200,    /* deeper elements leave only their text; libxml2 takes 256 */
	REPAIR_TRACKED_MAX = 1024, /* ... whose names are still remembered, to match end tags */
	REPAIR_CHUNK_BYTES = 16 * 1024, /* of skeleton at a time: libxml2 is fastest so */
};

/* The byte that stands for a run of text in the skeleton. */
#define REPAIR_PLACEHOLDER 'T'

/* What was mended, as bits of repair.mended. */
enum repair_kind {
	REPAIR_ATTRIBUTE = 1 << 0,   /* attribute syntax */
	REPAIR_END_TAG = 1 << 1,     /* end tags missing, misspelt or crossed */
	REPAIR_DEPTH = 1 << 2,       /* nested too deep */
	REPAIR_STRAY = 1 << 3,       /* "<" that begins no tag */
	REPAIR_TRUNCATED = 1 << 4,   /* the document ends before its root element does */
	REPAIR_UNCLOSED = 1 << 5,    /* a comment, CDATA section or instruction without end */
	REPAIR_TRAILING = 1 << 6,    /* text after the root element */
	REPAIR_NAME = 1 << 7,        /* names too long, or with colons where none may be */
	REPAIR_DECLARATION = 1 << 8, /* declarations where none belong, or misspelt */
};

struct repair_run {
	const char *text; /* NULL: the document ended here; what follows are end tags made up */
	size_t len;
	bool literal; /* CDATA: there are no references in it */
};

struct repair_open {
	const char *name;
	size_t len;
};

struct repair {
	const char *at, *end;
	struct tag tag;      /* writes into skeleton */
	struct buf skeleton; /* well-formed so far, to be read by libxml2 */
	struct repair_run *runs;
	size_t run_first, run_count, run_cap;

	struct repair_open open[REPAIR_TRACKED_MAX];
	size_t depth;  /* of open */
	size_t beyond; /* elements over REPAIR_TRACKED_MAX */
	bool done;
	size_t misspelt;
	const char *no_comment_end, *no_cdata_end; /* none behind here: do not look again */
	unsigned mended;
};

struct repair *repair_new(void); /* NULL without memory */
void repair_free(struct repair *r);
SCOPED_DEFINE(struct repair, repair_free)

/* Begins with a document's text, at or before its root element. Borrows both until the next. */
void repair_begin(struct repair *r, const char *text, size_t len, struct entities *entities);

/* Makes the next chunk: empties skeleton and fills it. 1: there is a chunk; 0: the document was
 * done before; -1 without memory. */
int repair_next(struct repair *r, struct err *err);

/* The next run of text, in the order of placeholders; false when there is none. */
bool repair_take_run(struct repair *r, struct repair_run *out);

#endif
