/* outpath - the option path: where a sink writes. */
#ifndef FM_SINK_OUTPATH_H
#define FM_SINK_OUTPATH_H

#include "common/feedmill.h"

/* The option's value, or name where it is not set; below the sink's state folder unless it is
 * absolute. Returns new, release with free; NULL without memory. */
char *outpath_new(const struct fm_sink *sink, const char *name);

#endif
