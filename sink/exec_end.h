/* exec_end - a worker's program has ended: what its status means for the items that it had and for
 * its next start.
 *
 *     0                         start again when an item waits
 *     75 (EX_TEMPFAIL)          after a pause; nobody is blamed
 *     78 (EX_CONFIG)            FM_CONFIG: a restart cures nothing
 *     else, a signal, a fault   a crash: after a pause, one item at a time until those in hand are
 *                               answered; one that was alone in max_crashes crashes is poison */
#ifndef FM_SINK_EXEC_END_H
#define FM_SINK_EXEC_END_H

#include "sink/exec_worker.h"

/* After exec_child_ended; reaps it. FM_OK or FM_CONFIG. */
int exec_end(struct exec_worker *w);

/* The next start waits for a while, the longer the more often. */
void exec_end_back_off(struct exec_worker *w);

#endif
