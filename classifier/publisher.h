/* publisher - which tags an item has for where it comes from and what its publisher says of it,
 * whatever its text: the lists from, feed, folder, category and language of all tags. */
#ifndef FM_CLASSIFIER_PUBLISHER_H
#define FM_CLASSIFIER_PUBLISHER_H

#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/err.h"
#include "common/scope.h"

enum { PUBLISHER_HOST_BYTES_MAX = 255, PUBLISHER_KEY_BYTES_MAX = 512 };

enum publishers_kind {
	PUBLISHERS_FROM,     /* a dot and no blank: a host and all below it; else a feed's title */
	PUBLISHERS_FEED,     /* a feed's URL or id, as the list has it */
	PUBLISHERS_FOLDER,   /* a folder of the list and those in it: News/Science */
	PUBLISHERS_CATEGORY, /* one of the publisher's categories, the whole of it */
	PUBLISHERS_LANGUAGE, /* a language and its variants: pt is pt-BR too */
	PUBLISHERS_KINDS,
};

struct publishers;

/* Returns new, NULL without memory. */
struct publishers *publishers_new(void);
void publishers_free(struct publishers *publishers);
SCOPED_DEFINE(struct publishers, publishers_free)

/* A line of a tag's list; several tags may have the same. number names it when it is found. -1
 * with ERR_USAGE where it cannot be of that kind. */
int publishers_add(struct publishers *publishers, enum publishers_kind kind, const char *line,
		   uint32_t number, struct err *err);

/* Each line that names the host of url, or a domain above it; then where the host stands in url.
 * And each that is the title. found is called with its number. */
typedef void publishers_found(void *arg, uint32_t number, const char *text, size_t len);
void publishers_by_url(const struct publishers *publishers, const char *url,
		       publishers_found *found, void *arg);
void publishers_by_title(const struct publishers *publishers, const char *title,
			 publishers_found *found, void *arg);

/* Each line of that kind, other than PUBLISHERS_FROM, that what an item says of itself meets. */
void publishers_by(const struct publishers *publishers, enum publishers_kind kind, const char *said,
		   publishers_found *found, void *arg);

/* The host in an absolute URL: empty where there is none. Borrowed. */
struct bytes publisher_host(const char *url);

#endif
