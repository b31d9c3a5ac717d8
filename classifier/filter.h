/* filter - which items a sink wants: the terms of `filter` in its section, all of which must hold.
 *
 *     tag:crypto          has the tag; tag:crypto,llms one of them; tag:any any at all
 *     feed:example.com    the feed's host is this one or below it
 *     lang:en             the language is en, or en-GB and so on
 *     -tag:crypto         the term must not hold
 *
 * An item is judged by its labels, a short text that is kept beside it, so that it need not be
 * decoded again. */
#ifndef FM_CLASSIFIER_FILTER_H
#define FM_CLASSIFIER_FILTER_H

#include <stdbool.h>

#include "common/buf.h"
#include "common/err.h"
#include "common/item.h"
#include "common/scope.h"

enum { FILTER_LABELS_BYTES_MAX = 64 * 1024, FILTER_TERMS_MAX = 64 };

struct filter;

/* Returns new; text may be NULL or empty: everything. NULL with ERR_USAGE and what is wrong. */
struct filter *filter_parse(const char *text, struct err *err);
void filter_free(struct filter *filter);
SCOPED_DEFINE(struct filter, filter_free)

/* Calls each with every tag that it names, but for "any". */
void filter_each_tag(const struct filter *filter, void (*each)(void *arg, const char *tag),
		     void *arg);

bool filter_match(const struct filter *filter, const char *labels);

/* Appends an item's labels: "lang:en feed:example.com tag:crypto". */
int filter_labels(const struct item *item, struct buf *out, struct err *err);

#endif
