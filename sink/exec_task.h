/* exec_task - an item as a program gets it: a line with an envelope around its JSON. Holds what is
 * known of its way: how often it was given, retried, and what it is suspected of. */
#ifndef FM_SINK_EXEC_TASK_H
#define FM_SINK_EXEC_TASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "common/buf.h"
#include "common/feedmill.h"

enum {
	EXEC_KEY_BYTES_MAX = 160,
	EXEC_ENVELOPE_BYTES_MAX = EXEC_KEY_BYTES_MAX + 96,
	EXEC_TICKETS_MAX = 4,
};

struct exec_key {
	char text[EXEC_KEY_BYTES_MAX + 1];
};

struct exec_task {
	TAILQ_ENTRY(exec_task) link;
	/* More than one when the mill gave it again meanwhile: its sender was restarted. */
	uint64_t tickets[EXEC_TICKETS_MAX];
	size_t ticket_count;
	uint64_t seq;                  /* in the life of the program that has it */
	uint64_t line_start, line_end; /* in what that program reads */
	uint32_t attempt;              /* of the last line; before the first: one less */
	bool suspect;                  /* was in hand at a crash: it is given alone */
	int64_t crashes;               /* while it was alone in hand */
	int64_t retries;
	int64_t due_ms; /* of a retry */
	struct exec_key key;
	size_t item_len;
	char item[]; /* JSON */
};
TAILQ_HEAD(exec_tasks, exec_task);

/* "ID:REVISION". false: the item has none, or too long a one. */
bool exec_key_of(const struct fm_item *item, struct exec_key *key_out);

/* Copies. NULL without memory. */
struct exec_task *exec_task_new(const struct fm_item *item, const struct exec_key *key);
void exec_task_free(struct exec_task *task);

/* The task with that key, or NULL. */
struct exec_task *exec_tasks_find(const struct exec_tasks *tasks, const struct exec_key *key);
/* The mill gave the same item once more: it is told of it as often. */
void exec_task_add_ticket(struct exec_task *task, struct fm_sink *sink, uint64_t ticket);

/* The fate of a task that is in no list: tells the mill and frees it. */
void exec_task_settle(struct exec_task *task, struct fm_sink *sink, int verdict, const char *reason,
		      int64_t delay_ms);

/* Empties a list: back to the mill, or (it is gone) just freed. */
void exec_tasks_give_back(struct exec_tasks *tasks, struct fm_sink *sink, const char *reason);
void exec_tasks_free(struct exec_tasks *tasks);

/* Appends the line with its LF; -1 and nothing appended without memory. */
int exec_task_line(const struct exec_task *task, struct buf *out);

#endif
