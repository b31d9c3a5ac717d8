/* show - a stage's answer on a terminal: members of JSON, bytes that a stranger wrote, ages. What
 * the mill read somewhere never reaches the terminal as a command to it. */
#ifndef FM_DEPLOY_FEEDMILL_SHOW_H
#define FM_DEPLOY_FEEDMILL_SHOW_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "common/buf.h"
#include "common/jsondoc.h"

/* A member of an object: "" and 0 where it is absent or of another type. Borrowed. */
const char *show_text(const struct jsonval *object, const char *key);
long long show_number(const struct jsonval *object, const char *key);

/* Calls each with the lines of an answer that are JSON, and with their text. */
void show_lines(const struct buf *answer,
		void (*each)(void *arg, const struct jsonval *row, const char *line, size_t len),
		void *arg);

/* Text for people: control characters as "?", but for newlines and tabs where lines is true. */
void show_safely(FILE *to, const char *text, size_t len, int lines);
/* "label  text" when there is a text. */
void show_row(const char *label, const char *text);

/* "3d", "4h", "5m", "6s" into out. */
const char *show_age(long long seconds, char out[24]);

#endif
