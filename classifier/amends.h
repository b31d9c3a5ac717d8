/* amends - what the outbox has lost of what it had acked (loss.h) is fetched again: where the loss
 * begins is found out before anything new comes in, and told to the parsers, who pass it on. */
#ifndef FM_CLASSIFIER_AMENDS_H
#define FM_CLASSIFIER_AMENDS_H

#include "classifier/outbox.h"
#include "common/buf.h"
#include "common/err.h"

/* Once, after the outbox was opened. Items come in the order of their documents, more or less:
 * nothing that was fetched before the newest few that are left is missing. */
int amends_begin(struct outbox *outbox, struct err *err);

/* The HINT to announce, in place of what hint holds; false: nothing is lost. */
bool amends_hint(struct outbox *outbox, struct buf *hint);

#endif
