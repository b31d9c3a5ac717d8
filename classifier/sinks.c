#include "classifier/sinks.h"

#include <stdlib.h>
#include <string.h>

#include "classifier/declaration.h"
#include "classifier/ledger.h"
#include "common/arena.h"
#include "common/log.h"
#include "common/loss.h"

enum { HINT_MEMORY_MAX = 1024 * 1024 };

/* A declared sink; its address is what its route's callbacks get. */
struct sink {
	struct sinks *sinks;
	char *name;
	struct cursor *cursor;
	struct route *route;
	struct losses_heard heard;
	bool declared; /* while a configuration is taken up */
};

struct sinks {
	struct stage *stage;
	struct outbox *outbox;
	struct sink **list;
	size_t count;
};

/* The route. */

static int
offer(void *arg, uint64_t seq, size_t len, struct err *err)
{
	return route_offer(arg, seq, len, 0, err);
}

static int
fill(void *self, struct route *route, struct err *err)
{
	struct sink *sink = self;

	return cursor_offer(sink->cursor, route_room(route), offer, route, err);
}

static int
load(void *self, struct route *route, uint64_t id, struct buf *out, struct err *err)
{
	const struct sink *sink = self;

	(void)route;
	return outbox_load(sink->sinks->outbox, (int64_t)id, out, err);
}

static int
acked(void *self, struct route *route, uint64_t id, struct err *err)
{
	const struct sink *sink = self;

	(void)route;
	return cursor_acked(sink->cursor, id, err);
}

/* In the quarantine every refusal of a sink bears its name, whoever found it. */
static int
quarantine(const struct sink *sink, uint64_t id, const char *reason, struct err *err)
{
	SCOPED(buf_done) struct buf who = buf_init(DECLARATION_NAME_MAX + 8);

	if (buf_addf(&who, err, "sink@%s", sink->name) < 0)
		return -1;
	return cursor_rejected(sink->cursor, id, buf_str(&who), reason, err);
}

static int
rejected(void *self, struct route *route, uint64_t id, const char *who, const char *reason,
	 struct err *err)
{
	const struct sink *sink = self;

	(void)route;
	(void)who;
	return quarantine(sink, id, reason, err);
}

static int
crashed(void *self, struct route *route, uint64_t id, const char *who, int64_t points,
	struct err *err)
{
	const struct sink *sink = self;
	const int full = cursor_blame(sink->cursor, id, points, ROUTE_BLAME_MAX, err);

	(void)route;
	(void)who;
	if (full <= 0)
		return full;
	return quarantine(sink, id, "the sink died of it again and again", err) < 0 ? -1 : 1;
}

/* What a sink has lost the outbox gives again, as far as it keeps it. */
static void
hint(void *self, struct route *route, struct bytes body)
{
	struct sink *sink = self;
	SCOPED(arena_free) struct arena *arena = arena_new(HINT_MEMORY_MAX);
	struct err err = {.kind = ERR_NONE};
	struct loss loss;
	int64_t items;

	(void)route;
	if (!arena || !loss_get(body, arena, &loss) || losses_known(&sink->heard, &loss))
		return;
	if (cursor_replay(sink->cursor, loss.since_s, NULL, &items, &err) < 0) {
		/* It is told again when the sink is back, or we are. */
		log_event(LOG_WARNING, "hint_lost", LOG_TEXT("reason", err.text));
		return;
	}
	(void)losses_hear(&sink->heard, &loss);
	log_event(LOG_WARNING, "items_lost", LOG_TEXT("sink", sink->name),
		  LOG_TEXT("loss", loss.id), LOG_NUM("since", loss.since_s),
		  LOG_NUM("items_given_again", items));
}

static const struct route_ops route_ops = {
	.fill = fill,
	.load = load,
	.acked = acked,
	.rejected = rejected,
	.crashed = crashed,
	.hint = hint,
};

static void
forget(void *arg, uint64_t seq)
{
	route_forget(arg, seq);
}

/* The list. */

static void
sink_free(struct sink *sink)
{
	if (!sink)
		return;
	if (sink->route)
		stage_route_close(sink->sinks->stage, sink->route);
	cursor_close(sink->cursor);
	free(sink->name);
	free(sink);
}
SCOPED_DEFINE(struct sink, sink_free)

static struct sink *
sink_new(struct sinks *sinks, const char *name, const struct cursor_options *options,
	 struct err *err)
{
	SCOPED(sink_free) struct sink *sink = calloc(1, sizeof(*sink));
	SCOPED(buf_done) struct buf to = buf_init(DECLARATION_NAME_MAX + 8);

	if (sink)
		sink->name = strdup(name);
	if (!sink || !sink->name) {
		(void)err_sys(err, "sink %s", name);
		return NULL;
	}
	sink->sinks = sinks;
	sink->declared = true;
	sink->cursor = cursor_open(sinks->outbox, name, options, err);
	if (!sink->cursor || buf_addf(&to, err, "sink/%s", name) < 0)
		return NULL;
	sink->route =
		stage_route(sinks->stage, buf_str(&to), ROUTE_LEAST, true, &route_ops, sink, err);
	if (!sink->route) {
		(void)err_in(err, "sink %s", name);
		return NULL;
	}
	return TAKE(sink);
}

static struct sink *
find(const struct sinks *sinks, const char *name)
{
	for (size_t i = 0; i < sinks->count; i++)
		if (strcmp(sinks->list[i]->name, name) == 0)
			return sinks->list[i];
	return NULL;
}

static int
take_up(struct sinks *sinks, const struct config *config, const struct config_section *section,
	struct err *err)
{
	struct sink *sink = find(sinks, section->name);
	struct cursor_options options;

	if (declaration_read(config, section, &options, err) < 0)
		return -1;
	if (sink) {
		sink->declared = true;
		return cursor_set_options(sink->cursor, &options, err);
	}
	sink = sink_new(sinks, section->name, &options, err);
	if (!sink)
		return -1;
	sinks->list[sinks->count++] = sink;
	return 0;
}

static void
drop_undeclared(struct sinks *sinks)
{
	size_t kept = 0;

	for (size_t i = 0; i < sinks->count; i++) {
		if (sinks->list[i]->declared)
			sinks->list[kept++] = sinks->list[i];
		else
			sink_free(sinks->list[i]);
	}
	sinks->count = kept;
}

int
sinks_reload(struct sinks *sinks, const struct config *config, struct err *err)
{
	const struct config_section *section;

	if (declarations_check(config, err) < 0)
		return -1;
	for (size_t i = 0; i < sinks->count; i++)
		sinks->list[i]->declared = false;
	/* Cursors that moved are written before one of them goes. */
	if (sinks_save(sinks, err) < 0)
		return -1;
	for (size_t i = 0; (section = declaration_at(config, i)); i++)
		if (take_up(sinks, config, section, err) < 0)
			return -1;
	drop_undeclared(sinks);
	return 0;
}

struct sinks *
sinks_open(struct stage *stage, struct outbox *outbox, const struct config *config, struct err *err)
{
	SCOPED(sinks_close) struct sinks *sinks = calloc(1, sizeof(*sinks));

	if (sinks)
		sinks->list = calloc(DECLARATIONS_MAX, sizeof(struct sink *));
	if (!sinks || !sinks->list) {
		(void)err_sys(err, "sinks");
		return NULL;
	}
	sinks->stage = stage;
	sinks->outbox = outbox;
	return sinks_reload(sinks, config, err) < 0 ? NULL : TAKE(sinks);
}

void
sinks_close(struct sinks *sinks)
{
	if (!sinks)
		return;
	for (size_t i = 0; i < sinks->count; i++)
		sink_free(sinks->list[i]);
	free(sinks->list);
	free(sinks);
}

struct cursor *
sinks_find(struct sinks *sinks, const char *name)
{
	const struct sink *sink = find(sinks, name);

	return sink ? sink->cursor : NULL;
}

size_t
sinks_count(const struct sinks *sinks)
{
	return sinks->count;
}

struct cursor *
sinks_at(struct sinks *sinks, size_t i)
{
	return sinks->list[i]->cursor;
}

/* A turn. */

struct outbox_holds
sinks_hold(struct sinks *sinks)
{
	struct outbox_holds least = {INT64_MAX, INT64_MAX};

	for (size_t i = 0; i < sinks->count; i++) {
		const struct outbox_holds holds = cursor_holds(sinks->list[i]->cursor);

		if (holds.deliveries < least.deliveries)
			least.deliveries = holds.deliveries;
		if (holds.replays < least.replays)
			least.replays = holds.replays;
	}
	return least;
}

int
sinks_turn(struct sinks *sinks, int64_t now_s, void (*expired)(const char *sink, size_t count),
	   struct err *err)
{
	for (size_t i = 0; i < sinks->count; i++) {
		struct sink *sink = sinks->list[i];
		size_t count;

		if (cursor_expire(sink->cursor, now_s, forget, sink->route, &count, err) < 0)
			return -1;
		if (count > 0)
			expired(sink->name, count);
	}
	return 0;
}

bool
sinks_are_dirty(const struct sinks *sinks)
{
	for (size_t i = 0; i < sinks->count; i++)
		if (cursor_is_dirty(sinks->list[i]->cursor))
			return true;
	return false;
}

int
sinks_save(struct sinks *sinks, struct err *err)
{
	for (size_t i = 0; i < sinks->count; i++)
		if (cursor_save(sinks->list[i]->cursor, err) < 0)
			return -1;
	return 0;
}

void
sinks_committed(struct sinks *sinks)
{
	for (size_t i = 0; i < sinks->count; i++)
		cursor_committed(sinks->list[i]->cursor);
}

void
sinks_rollback(struct sinks *sinks)
{
	for (size_t i = 0; i < sinks->count; i++)
		cursor_rollback(sinks->list[i]->cursor);
}

bool
sinks_have_more(const struct sinks *sinks)
{
	for (size_t i = 0; i < sinks->count; i++)
		if (cursor_has_more(sinks->list[i]->cursor, route_room(sinks->list[i]->route)))
			return true;
	return false;
}

/* What people ask. */

void
sinks_slowest(struct sinks *sinks, struct buf *out)
{
	const struct sink *slowest = NULL;
	int64_t most = -1;

	for (size_t i = 0; i < sinks->count; i++) {
		struct outbox_depth depth = {0, 0, 0};

		(void)cursor_depth(sinks->list[i]->cursor, &depth, NULL);
		if (depth.items > most) {
			most = depth.items;
			slowest = sinks->list[i];
		}
	}
	if (slowest)
		(void)buf_addf(out, NULL, "sink %s is %lld items behind", slowest->name,
			       (long long)most);
	else
		(void)buf_adds(out, "no sink is declared", NULL);
}

struct listing {
	struct sinks *sinks;
	struct json *j;
};

static int
list_undeclared(void *arg, const char *name, int64_t done)
{
	struct listing *listing = arg;
	struct outbox_depth depth = {0, 0, 0};

	if (find(listing->sinks, name))
		return 0;
	(void)outbox_depth(listing->sinks->outbox, done, &depth, NULL);
	json_object(listing->j);
	json_member(listing->j, "sink", name);
	json_member(listing->j, "state", "undeclared");
	json_member_int(listing->j, "depth", depth.items);
	json_close(listing->j);
	return 0;
}

void
sinks_status(struct sinks *sinks, int64_t now_s, struct json *j)
{
	struct listing listing = {sinks, j};

	json_array(j);
	for (size_t i = 0; i < sinks->count; i++) {
		struct cursor *cursor = sinks->list[i]->cursor;
		struct outbox_depth depth = {0, 0, 0};
		const bool behind = cursor_depth(cursor, &depth, NULL) < 0 || depth.items > 0;

		json_object(j);
		json_member(j, "sink", sinks->list[i]->name);
		json_member(j, "state", behind ? "behind" : "up to date");
		cursor_status(cursor, now_s, j);
		json_close(j);
	}
	(void)ledger_each(outbox_db(sinks->outbox), list_undeclared, &listing, NULL);
	json_close(j);
}
