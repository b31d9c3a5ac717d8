/* urlpart - the parts of a URL, written as browsers write them (WHATWG URL Standard): encoded
 * where no URL may hold a byte, and left as the publisher spelt them elsewhere. Faults of memory
 * and ceiling stick in out. */
#ifndef FM_COMMON_URLPART_H
#define FM_COMMON_URLPART_H

#include <stdbool.h>

#include "common/buf.h"

enum { URLPART_PORT_MAX = 65535 };

/* Which ASCII bytes are percent-encoded differs by part. */
enum urlpart {
	URLPART_OPAQUE, /* of a scheme that we know nothing about */
	URLPART_USERINFO,
	URLPART_PATH,
	URLPART_QUERY,
	URLPART_FRAGMENT,
};

/* Percent-encodes what the part may not hold, and of the rest what is no letter of an IRI:
 * malformed UTF-8, controls, what turns the direction of writing. Escapes stay as they are. */
void urlpart_encode(struct buf *out, enum urlpart part, struct bytes text);

/* Lower-cases what is ASCII. */
void urlpart_lower(struct buf *out, struct bytes text);

/* A host in lower case, escapes undone, or an IPv6 address in brackets. -1 with ERR_REJECT for
 * what is no host. */
int urlpart_host(struct buf *out, struct bytes host, struct err *err);

/* ":PORT", nothing where it is empty or the usual one. -1 with ERR_REJECT for what is none. */
int urlpart_port(struct buf *out, struct bytes port, unsigned long usual, struct err *err);

/* Appends the segments of path to the path that begins at start in out and ends with a slash;
 * dots are resolved. backslash: it reads as a slash. */
void urlpart_segments(struct buf *out, size_t start, struct bytes path, bool backslash);

#endif
