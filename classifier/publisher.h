/* publisher - the `from` lists of all tags: which tags an item has for who published it. A line
 * with a dot and no blank is a host and all below it; any other is a feed's title. */
#ifndef FM_CLASSIFIER_PUBLISHER_H
#define FM_CLASSIFIER_PUBLISHER_H

#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/err.h"
#include "common/scope.h"

enum { PUBLISHER_HOST_BYTES_MAX = 255, PUBLISHER_KEY_BYTES_MAX = 512 };

struct publishers;

/* Returns new, NULL without memory. */
struct publishers *publishers_new(void);
void publishers_free(struct publishers *publishers);
SCOPED_DEFINE(struct publishers, publishers_free)

/* A line of a tag's list; several tags may have the same. number names it when it is found. -1
 * with ERR_USAGE where it is neither host nor title. */
int publishers_add(struct publishers *publishers, const char *line, uint32_t number,
		   struct err *err);

/* Each line that names the host of url, or a domain above it; then where the host stands in url.
 * And each that is the title. found is called with its number. */
typedef void publishers_found(void *arg, uint32_t number, const char *text, size_t len);
void publishers_by_url(const struct publishers *publishers, const char *url,
		       publishers_found *found, void *arg);
void publishers_by_title(const struct publishers *publishers, const char *title,
			 publishers_found *found, void *arg);

/* The host in an absolute URL: empty where there is none. Borrowed. */
struct bytes publisher_host(const char *url);

#endif
