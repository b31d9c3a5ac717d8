/* worker - the parser's stage: a document in, its items out, its hints back. Keeps nothing on disk:
 * a document is acked when all its items were. */
#ifndef FM_PARSER_WORKER_H
#define FM_PARSER_WORKER_H

#include "common/stage.h"

enum {
	WORKER_WINDOW_MESSAGES = 8, /* documents that a fetcher may have under way here */
	WORKER_WINDOW_BYTES = 16 * 1024 * 1024,
};

/* The row of callbacks for stage_main. */
extern const struct stage_ops worker_ops;

#endif
