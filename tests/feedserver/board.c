#include "tests/feedserver/board.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "tests/feedserver/generate.h"

enum { SLOTS = 2 * BOARD_TARGETS_MAX };

struct board {
	struct {
		char name[BOARD_NAME_BYTES_MAX];
		uint64_t value;
	} variables[BOARD_VARIABLES_MAX];
	size_t variable_count;
	size_t target_count;
	struct board_count targets[SLOTS]; /* open addressing */
};

struct board *
board_new(void)
{
	return calloc(1, sizeof(struct board));
}

void
board_free(struct board *board)
{
	for (size_t i = 0; board && i < SLOTS; i++)
		free(board->targets[i].target);
	free(board);
}

bool
board_set(struct board *board, const char *name, uint64_t value)
{
	size_t i = 0;

	while (i < board->variable_count && strcmp(board->variables[i].name, name) != 0)
		i++;
	if (i == BOARD_VARIABLES_MAX || strlen(name) >= BOARD_NAME_BYTES_MAX)
		return false;
	if (i == board->variable_count)
		board->variable_count++;
	memcpy(board->variables[i].name, name, strlen(name) + 1);
	board->variables[i].value = value;
	return true;
}

uint64_t
board_get(const struct board *board, const char *name, uint64_t fallback)
{
	for (size_t i = 0; i < board->variable_count; i++)
		if (strcmp(board->variables[i].name, name) == 0)
			return board->variables[i].value;
	return fallback;
}

struct board_count *
board_count(struct board *board, const char *target)
{
	size_t slot = generate_crc32(target, strlen(target)) % SLOTS;

	while (board->targets[slot].target && strcmp(board->targets[slot].target, target) != 0)
		slot = (slot + 1) % SLOTS;
	if (!board->targets[slot].target) {
		if (board->target_count == BOARD_TARGETS_MAX)
			return NULL;
		board->targets[slot].target = strdup(target);
		if (!board->targets[slot].target)
			return NULL;
		board->target_count++;
	}
	return &board->targets[slot];
}

void
board_print(const struct board *board, struct buf *out)
{
	for (size_t i = 0; i < SLOTS; i++)
		if (board->targets[i].target)
			(void)buf_addf(out, NULL, "%" PRIu64 " %" PRIu64 " %" PRIu64 " %s\n",
				       board->targets[i].requests, board->targets[i].whole,
				       board->targets[i].unchanged, board->targets[i].target);
}
