/* sinks - the types of sink that the mill brings along, each in its file, each written on the
 * public header; main.c has the table that gives them their names. */
#ifndef FM_SINK_SINKS_H
#define FM_SINK_SINKS_H

#include "common/feedmill.h"

extern const struct fm_sink_ops sink_exec;
extern const struct fm_sink_ops sink_jsonl;
extern const struct fm_sink_ops sink_site;
extern const struct fm_sink_ops sink_sqlite;

#endif
