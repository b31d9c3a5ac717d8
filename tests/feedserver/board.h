/* board - what a test sets and reads while the server runs: variables by name, and how often each
 * address was asked for. */
#ifndef FM_TESTS_FEEDSERVER_BOARD_H
#define FM_TESTS_FEEDSERVER_BOARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"

enum {
	BOARD_VARIABLES_MAX = 64,
	BOARD_NAME_BYTES_MAX = 64,
	BOARD_TARGETS_MAX = 65536,
};

struct board;

struct board_count {
	char *target;                        /* as the first request spelt it */
	uint64_t requests, whole, unchanged; /* answers in all, of status 200, of status 304 */
};

struct board *board_new(void); /* Returns new; NULL without memory */
void board_free(struct board *board);

/* false: no room for one more. */
bool board_set(struct board *board, const char *name, uint64_t value);
uint64_t board_get(const struct board *board, const char *name, uint64_t fallback);

/* The count of a target, made when it is new; NULL when there is no room. */
struct board_count *board_count(struct board *board, const char *target);
/* A line for each: "requests whole unchanged target". */
void board_print(const struct board *board, struct buf *out);

#endif
