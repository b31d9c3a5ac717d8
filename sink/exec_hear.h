/* exec_hear - what a worker's program says: replies settle its items, its standard error goes to
 * the log. */
#ifndef FM_SINK_EXEC_HEAR_H
#define FM_SINK_EXEC_HEAR_H

#include "sink/exec_worker.h"

/* Reads both pipes, about budget bytes of each. A closed output begins the drain. */
void exec_hear(struct exec_worker *w, size_t budget);
/* The same for the last time: a line without an end counts on standard error. */
void exec_hear_last(struct exec_worker *w);

#endif
