#include <stdlib.h>
#include <string.h>

#include "classifier/classifier.h"
#include "classifier/cursor.h"
#include "classifier/errand.h"
#include "classifier/firing.h"
#include "classifier/ledger.h"
#include "classifier/story.h"
#include "common/clock.h"
#include "common/digest.h"
#include "common/quantity.h"
#include "common/quarantine.h"

enum { LIST_ROWS_MAX = 1000, SHOWN_BYTES_MAX = 64 * 1024 };

static const char SINK_PREFIX[] = "sink@";

/* The quarantine. */

static int
id_of(const char *arg, int64_t *out, struct err *err)
{
	if (quantity_int(arg, out) && *out > 0)
		return 0;
	return err_set(err, ERR_USAGE, "'%.40s' is no quarantine id", arg);
}

static int
no_such(int64_t id, struct err *err)
{
	return err_set(err, ERR_REJECT, "no item %lld in the quarantine", (long long)id);
}

/* Members of an open object. */
static void
describe(const struct quarantined *row, struct json *j)
{
	char at[CLOCK_RFC3339_BYTES];

	json_member_int(j, "id", row->id);
	json_member(j, "at", clock_rfc3339(row->at_s, at));
	json_member(j, "kind", row->kind);
	json_member(j, "ref", row->ref);
	json_member(j, "stage", row->stage);
	json_member(j, "reason", row->reason);
	json_member_int(j, "attempts", row->attempts);
	json_member_int(j, "bytes", (int64_t)row->body.len);
}

static int
list_row(void *arg, const struct quarantined *row)
{
	struct json *j = arg;

	json_object(j);
	describe(row, j);
	json_close(j);
	return 0;
}

/* arg: the id after which to go on; "" from the first. */
static int
quarantine_list(struct classifier *c, const char *arg, struct json *j, struct err *err)
{
	int64_t after = 0;

	if (*arg && id_of(arg, &after, err) < 0)
		return -1;
	return quarantine_each(outbox_db(c->outbox), after, LIST_ROWS_MAX, false, list_row, j, err);
}

struct showing {
	struct classifier *c;
	struct json *j;
};

/* The item as JSON, or what cannot be read as hex. */
static int
show_row(void *arg, const struct quarantined *row)
{
	const struct showing *showing = arg;
	struct json *j = showing->j;
	struct item item;

	arena_reset(showing->c->arena);
	json_object(j);
	describe(row, j);
	if (item_decode(row->body, showing->c->arena, &item, NULL) == 0) {
		json_key(j, "item");
		item_json(&item, j);
	} else {
		const size_t len =
			row->body.len < SHOWN_BYTES_MAX ? row->body.len : SHOWN_BYTES_MAX;
		char *hex = arena_alloc(showing->c->arena, 2 * len + 1);

		if (hex)
			digest_hex(row->body.data, len, hex);
		json_member(j, "body_hex", hex);
	}
	json_close(j);
	return 0;
}

static int
quarantine_show(struct classifier *c, const char *arg, struct json *j, struct err *err)
{
	struct showing showing = {c, j};
	int64_t id;
	int got;

	if (id_of(arg, &id, err) < 0)
		return -1;
	got = quarantine_get(outbox_db(c->outbox), id, show_row, &showing, err);
	return got == 0 ? no_such(id, err) : got < 0 ? -1 : 0;
}

static int
drop(struct classifier *c, int64_t id, struct err *err)
{
	int got;

	if (db_begin(outbox_db(c->outbox), err) < 0)
		return -1;
	got = quarantine_drop(outbox_db(c->outbox), id, err);
	return got == 0 ? no_such(id, err) : got < 0 ? -1 : 0;
}

static void
answer_id(struct json *j, const char *what, int64_t id)
{
	json_object(j);
	json_member_int(j, what, id);
	json_close(j);
}

static int
quarantine_drop_row(struct classifier *c, const char *arg, struct json *j, struct err *err)
{
	int64_t id;

	/* It is on the disk before anybody is told; a retry too. */
	if (id_of(arg, &id, err) < 0 || drop(c, id, err) < 0 || classifier_commit_now(c, err) < 0)
		return -1;
	answer_id(j, "dropped", id);
	return 0;
}

struct retry {
	struct classifier *c;
	struct err *err;
	int done;
};

/* What a sink refused goes to that sink alone, as a row of its own; what the classifier could not
 * handle is handled once more. */
static int
retry_row(void *arg, const struct quarantined *row)
{
	struct retry *retry = arg;
	struct classifier *c = retry->c;
	const size_t prefix = sizeof(SINK_PREFIX) - 1;
	struct item item;
	bool is_new;

	arena_reset(c->arena);
	retry->done = item_decode(row->body, c->arena, &item, retry->err);
	if (retry->done < 0)
		return 0;
	if (strncmp(row->stage, SINK_PREFIX, prefix) != 0)
		retry->done = classifier_take(c, &item, &is_new, retry->err);
	else if (sinks_find(c->sinks, row->stage + prefix))
		retry->done = outbox_put(c->outbox, &item, row->stage + prefix, retry->err);
	else
		retry->done = err_set(retry->err, ERR_REJECT, "there is no [sink %s] any more",
				      row->stage + prefix);
	return 0;
}

static int
quarantine_retry(struct classifier *c, const char *arg, struct json *j, struct err *err)
{
	struct retry retry = {.c = c, .err = err};
	int64_t id;
	int got;

	if (id_of(arg, &id, err) < 0)
		return -1;
	got = quarantine_get(outbox_db(c->outbox), id, retry_row, &retry, err);
	if (got == 0)
		return no_such(id, err);
	if (got < 0 || retry.done < 0 || drop(c, id, err) < 0 || classifier_commit_now(c, err) < 0)
		return -1;
	answer_id(j, "retried", id);
	return 0;
}

/* An item's story. */

static enum story_fate
fate_of(void *arg, const char *sink, int64_t seq)
{
	const struct classifier *c = arg;
	const struct cursor *cursor = sinks_find(c->sinks, sink);

	if (!cursor)
		return STORY_UNDECLARED;
	if (cursor_has_pending(cursor, seq))
		return STORY_IN_FLIGHT;
	return cursor_is_settled(cursor, seq) ? STORY_SETTLED : STORY_WAITING;
}

static int
explain(struct classifier *c, const char *arg, struct json *j, struct err *err)
{
	const struct story_teller teller = {fate_of, c};

	return story_tell(outbox_db(c->outbox), arg, &teller, j, err);
}

/* Sinks. */

static struct cursor *
declared(struct classifier *c, const char *name, struct err *err)
{
	struct cursor *cursor = sinks_find(c->sinks, name);

	if (!cursor)
		(void)err_set(err, ERR_REJECT, "there is no [sink %.80s]", name);
	return cursor;
}

/* arg: "SINK SINCE FILTER": SINCE in Unix seconds, 0 for all that is kept. */
static int
replay(struct classifier *c, const char *arg, struct json *j, struct err *err)
{
	SCOPED(free) char *words = strdup(arg);
	char *rest = NULL, *name, *since;
	struct cursor *cursor;
	int64_t since_s = 0, rows = 0;

	if (!words)
		return err_sys(err, "replay");
	name = strtok_r(words, " ", &rest);
	since = strtok_r(NULL, " ", &rest);
	if (!name || (since && !quantity_int(since, &since_s)))
		return err_set(err, ERR_USAGE, "replay SINK [SINCE [FILTER]]: SINCE in seconds");
	cursor = declared(c, name, err);
	/* It is on the disk before anybody is told. */
	if (!cursor || cursor_replay(cursor, since_s, rest, &rows, err) < 0 ||
	    classifier_commit_now(c, err) < 0)
		return -1;
	answer_id(j, "rows", rows);
	return 0;
}

/* arg: SINCE in Unix seconds; "" or 0 for all that is kept. */
static int
retag_kept(struct classifier *c, const char *arg, struct json *j, struct err *err)
{
	int64_t since_s = 0, rows = 0;

	if (*arg && !quantity_int(arg, &since_s))
		return err_set(err, ERR_USAGE, "retag [SINCE]: in seconds");
	if (rerun_begin(c->rerun, since_s, &rows, err) < 0 || classifier_commit_now(c, err) < 0)
		return -1;
	answer_id(j, "rows", rows);
	return 0;
}

/* arg: a sink that is declared no more. */
static int
sink_drop(struct classifier *c, const char *arg, struct json *j, struct err *err)
{
	int got;

	if (sinks_find(c->sinks, arg))
		return err_set(err, ERR_REJECT,
			       "[sink %.80s] is declared: take it out of the "
			       "configuration and reload first",
			       arg);
	if (errand_drop(outbox_db(c->outbox), arg, err) < 0)
		return -1;
	got = ledger_drop((struct ledger){outbox_db(c->outbox), arg}, err);
	if (got == 0)
		return err_set(err, ERR_REJECT, "no sink '%.80s' is remembered", arg);
	if (got < 0)
		return -1;
	json_object(j);
	json_member(j, "dropped", arg);
	json_close(j);
	return 0;
}

static int
rules_stats(struct classifier *c, const char *arg, struct json *j, struct err *err)
{
	char since[CLOCK_RFC3339_BYTES];

	(void)arg;
	(void)err;
	firing_json(c->rules, c->tagger, clock_rfc3339(firingbook_since_s(c->firings), since), j);
	return 0;
}

static const struct {
	const char *name;
	int (*answer)(struct classifier *c, const char *arg, struct json *j, struct err *err);
} answers[] = {
	{"quarantine-list", quarantine_list},
	{"quarantine-show", quarantine_show},
	{"quarantine-retry", quarantine_retry},
	{"quarantine-drop", quarantine_drop_row},
	{"explain", explain},
	{"replay", replay},
	{"retag", retag_kept},
	{"rules-stats", rules_stats},
	{"sink-drop", sink_drop},
};

int
classifier_control(void *self, const char *command, const char *arg, struct json *j,
		   struct err *err)
{
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++)
		if (strcmp(answers[i].name, command) == 0)
			return answers[i].answer(self, arg, j, err);
	return err_set(err, ERR_USAGE, "unknown command '%.40s'", command);
}
