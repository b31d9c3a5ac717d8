#include "sink/exec_task.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/json.h"

bool
exec_key_of(const struct fm_item *item, struct exec_key *key_out)
{
	const char *id = fm_text(item, FM_ID), *rev = fm_text(item, FM_REV);

	return id && rev &&
	       snprintf(key_out->text, sizeof(key_out->text), "%s:%s", id, rev) <
		       (int)sizeof(key_out->text);
}

struct exec_task *
exec_task_new(const struct fm_item *item, const struct exec_key *key)
{
	size_t len;
	const char *json = fm_json(item, &len);
	struct exec_task *task = json ? calloc(1, sizeof(*task) + len + 1) : NULL;

	if (!task)
		return NULL;
	task->key = *key;
	task->tickets[task->ticket_count++] = fm_ticket(item);
	task->attempt = fm_attempt(item) - 1;
	task->item_len = len;
	memcpy(task->item, json, len);
	return task;
}

struct exec_task *
exec_tasks_find(const struct exec_tasks *tasks, const struct exec_key *key)
{
	struct exec_task *task;

	TAILQ_FOREACH (task, tasks, link)
		if (strcmp(task->key.text, key->text) == 0)
			return task;
	return NULL;
}

void
exec_task_add_ticket(struct exec_task *task, struct fm_sink *sink, uint64_t ticket)
{
	if (task->ticket_count == EXEC_TICKETS_MAX) {
		task->ticket_count--;
		fm_settle(sink, task->tickets[0], FM_RETRY, "given again meanwhile", 0);
		memmove(task->tickets, task->tickets + 1,
			task->ticket_count * sizeof(task->tickets[0]));
	}
	task->tickets[task->ticket_count++] = ticket;
}

void
exec_task_free(struct exec_task *task)
{
	free(task);
}

void
exec_task_settle(struct exec_task *task, struct fm_sink *sink, int verdict, const char *reason,
		 int64_t delay_ms)
{
	for (size_t i = 0; i < task->ticket_count; i++)
		fm_settle(sink, task->tickets[i], verdict, reason, delay_ms);
	exec_task_free(task);
}

static struct exec_task *
take_first(struct exec_tasks *tasks)
{
	struct exec_task *task = TAILQ_FIRST(tasks);

	if (task)
		TAILQ_REMOVE(tasks, task, link);
	return task;
}

void
exec_tasks_give_back(struct exec_tasks *tasks, struct fm_sink *sink, const char *reason)
{
	for (struct exec_task *task; (task = take_first(tasks));)
		exec_task_settle(task, sink, FM_RETRY, reason, 0);
}

void
exec_tasks_free(struct exec_tasks *tasks)
{
	for (struct exec_task *task; (task = take_first(tasks));)
		exec_task_free(task);
}

int
exec_task_line(const struct exec_task *task, struct buf *out)
{
	const size_t before = out->len;
	struct json j = json_into(out);

	json_object(&j);
	json_key(&j, "v");
	json_int(&j, 1);
	json_key(&j, "seq");
	json_uint(&j, task->seq);
	json_member(&j, "key", task->key.text);
	json_key(&j, "attempt");
	json_uint(&j, task->attempt);
	json_key(&j, "item");
	json_raw(&j, task->item, task->item_len);
	json_close(&j);
	(void)buf_addc(out, '\n', NULL);
	if (buf_failed(out, NULL) == 0)
		return 0;
	out->len = before;
	out->failed = BUF_SOUND;
	return -1;
}
