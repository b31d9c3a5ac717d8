/* jsondoc - JSON text in, as a tree to ask. The one door to jansson. Borrowed values live as
 * long as the document. Asking a NULL or a value of another type gives NULL, 0, -1: ask on. */
#ifndef FM_COMMON_JSONDOC_H
#define FM_COMMON_JSONDOC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "common/scope.h"

enum { JSONDOC_VALUES_MAX = 256 * 1024 };

struct jsondoc; /* a whole document */
struct jsonval; /* a value inside one */

/* Reads one JSON value and nothing around it but blanks and a byte order mark. Forgives what has
 * one meaning only: a number that fits neither an int64 nor a double reads as a string of its
 * spelling, half a surrogate pair as U+FFFD, a raw control character in a string as itself. Of
 * members with the same key the last counts. -> NULL with ERR_REJECT and line and column where
 * it is not JSON, nested more than 2048 deep, not UTF-8; or over JSONDOC_VALUES_MAX. Returns
 * new; release with jsondoc_free. */
struct jsondoc *jsondoc_parse(const char *text, size_t len, struct err *err);
void jsondoc_free(struct jsondoc *doc);
SCOPED_DEFINE(struct jsondoc, jsondoc_free)

const struct jsonval *jsondoc_root(const struct jsondoc *doc);

bool jsonval_is_object(const struct jsonval *v);
bool jsonval_is_array(const struct jsonval *v);
bool jsonval_is_null(const struct jsonval *v); /* "null" itself */

const struct jsonval *jsonval_get(const struct jsonval *object, const char *key);
size_t jsonval_count(const struct jsonval *array); /* 0 for what is no array */
const struct jsonval *jsonval_at(const struct jsonval *array, size_t i);

/* The string, NUL-terminated, its length in *len_out where wanted; NULL when it is no string. */
const char *jsonval_text(const struct jsonval *v, size_t *len_out);
bool jsonval_int(const struct jsonval *v, int64_t *out);
bool jsonval_double(const struct jsonval *v, double *out); /* integers too */
bool jsonval_bool(const struct jsonval *v, bool *out);

/* The members of an object in their order: start with NULL, ends with NULL.
 *   for (it = NULL; (it = jsonval_next(object, it, &key, &value));) */
const void *jsonval_next(const struct jsonval *object, const void *iter, const char **key_out,
			 const struct jsonval **value_out);

#endif
