/* verdict - what a sink answers for an error of the ground below it. */
#ifndef FM_SINK_VERDICT_H
#define FM_SINK_VERDICT_H

#include "common/err.h"
#include "common/feedmill.h"

/* FM_RETRY, FM_REJECT, FM_CONFIG or FM_FATAL by the error's kind, with its text as the reason. */
int verdict_of(struct fm_sink *sink, const struct err *err);

/* The same from open, where there is nothing to try again: FM_CONFIG, or FM_FATAL, so that the
 * supervisor tries again. */
int verdict_at_open(struct fm_sink *sink, const struct err *err);

#endif
