/* tag - the inside of start tags, written so that an XML parser takes it: names, and attributes
 * with whatever quotes, ampersands and slips they have. */
#ifndef FM_PARSER_TAG_H
#define FM_PARSER_TAG_H

#include <stdbool.h>
#include <stddef.h>

#include "common/buf.h"
#include "common/err.h"
#include "parser/entity.h"

enum {
	TAG_ATTRIBUTES_MAX = 64,         /* of one tag; the others are left out */
	TAG_VALUE_BYTES_MAX = 16 * 1024, /* longer attribute values are left out */
	TAG_NAME_BYTES_MAX = 128,        /* longer names are cut */
};

struct tag {
	struct buf *out;
	struct entities *entities; /* decodes the references in values */
	struct buf value;          /* scratch */
	bool mended;               /* an attribute was not well-formed; sticks until it is reset */
};

/* Holds value; release with tag_done. */
struct tag tag_init(struct buf *out);
void tag_done(struct tag *tag);

/* Whether tag_put_name leaves the name as it is, but for letters that are not ASCII: to be seen by
 * nobody, as no vocabulary has them. */
bool tag_is_name(const char *name, size_t len);

/* Appends a name that XML with namespaces takes for one. */
int tag_put_name(struct buf *out, const char *name, size_t len, struct err *err);

/* Appends the attributes of a tag; at is behind its name. *end_out is behind the tag then, NULL
 * where the document ends in it; *empty_out: it ends with a slash. Neither that nor ">" is written.
 */
int tag_put_attributes(struct tag *tag, const char *at, const char *end, const char **end_out,
		       bool *empty_out, struct err *err);

#endif
