/* opml - the feeds of an OPML 1 or 2 document: every outline with an xmlUrl, with the names of the
 * outlines around it. Read as it streams by; nothing is loaded from anywhere; a document type
 * declaration is refused, and so is a document that is not well-formed: half a list would remove
 * the feeds of the other half. */
#ifndef FM_FETCHER_OPML_H
#define FM_FETCHER_OPML_H

#include <stddef.h>

#include "common/err.h"

enum {
	OPML_DEPTH_MAX = 64,
	OPML_BYTES_MAX = 512 * 1024 * 1024,
	OPML_TEXT_BYTES_MAX = 8192, /* of one attribute; more is cut */
	OPML_FOLDER_BYTES_MAX = 512,
};

/* Borrowed for the call; NULL where absent. */
struct opml_feed {
	const char *url;    /* as it is written */
	const char *title;  /* text, else title */
	const char *folder; /* "News/Science"; NULL: none */
	int line;
};

/* each: -1 with err ends the reading. Errors: ERR_USAGE with the line. */
typedef int (*opml_each)(void *arg, const struct opml_feed *feed, struct err *err);

/* name stands for the document in errors. */
int opml_parse(const char *name, const char *text, size_t len, opml_each each, void *arg,
	       struct err *err);
int opml_read(const char *path, opml_each each, void *arg, struct err *err);

#endif
