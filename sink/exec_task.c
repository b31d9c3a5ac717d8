#include "sink/exec_task.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/json.h"

struct exec_task *
exec_task_new(const struct fm_item *item, bool *bad_out)
{
	const char *id = fm_text(item, FM_ID), *rev = fm_text(item, FM_REV);
	size_t len;
	const char *json = fm_json(item, &len);
	struct exec_task *task;
	int key_len;

	*bad_out = false;
	task = json ? calloc(1, sizeof(*task) + len + 1) : NULL;
	if (!task)
		return NULL;
	key_len = snprintf(task->key, sizeof(task->key), "%s:%s", id ? id : "", rev ? rev : "");
	if (!id || !rev || key_len >= (int)sizeof(task->key)) {
		*bad_out = true;
		free(task);
		return NULL;
	}
	task->ticket = fm_ticket(item);
	task->attempt = fm_attempt(item) - 1;
	task->item_len = len;
	memcpy(task->item, json, len);
	return task;
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
	fm_settle(sink, task->ticket, verdict, reason, delay_ms);
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
	json_member(&j, "key", task->key);
	json_key(&j, "attempt");
	json_uint(&j, task->attempt);
	json_key(&j, "item");
	json_raw(&j, task->item, task->item_len);
	json_close(&j);
	(void)buf_addc(out, '\n', NULL);
	if (buf_failed(out, NULL) == 0)
		return 0;
	out->len = before;
	out->failed = 0;
	return -1;
}
