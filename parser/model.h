/* model - a parsed document as people see it: the JSON of `feedmill parse`. */
#ifndef FM_PARSER_MODEL_H
#define FM_PARSER_MODEL_H

#include "common/buf.h"
#include "parser/parse.h"

/* Appends {"feed":{...},"items":[...],"warnings":[...]}, without a newline. */
int model_json(const struct parse_result *result, struct buf *out, struct err *err);

/* Appends {"error":"..."}. */
int model_error(const char *why, struct buf *out, struct err *err);

#endif
