/* gzip - the gzip format without compression. */
#ifndef FM_TESTS_FEEDSERVER_GZIP_H
#define FM_TESTS_FEEDSERVER_GZIP_H

#include "common/buf.h"

/* Appends plain as one gzip member of stored blocks. */
void gzip_store(struct bytes plain, struct buf *out);

#endif
