#include "common/emit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "common/idmap.h"
#include "common/loss.h"

enum { HINT_MEMORY_MAX = 1024 * 1024 };

struct part {
	LIST_ENTRY(part) link; /* of its whole */
	uint64_t id;
	struct whole *whole;
	int64_t blame;
	size_t len;
	char body[];
};

struct whole {
	uint64_t ticket;
	LIST_HEAD(, part) parts;
};

struct emit {
	struct stage *stage;
	struct route *route;
	struct idmap parts;  /* by id */
	struct idmap wholes; /* by ticket */
	uint64_t last_id;
	uint64_t bytes;
};

static void
part_free(struct emit *emit, struct part *part)
{
	(void)idmap_take(&emit->parts, part->id);
	LIST_REMOVE(part, link);
	emit->bytes -= part->len;
	free(part);
}

void
emit_cancel(struct emit *emit, uint64_t ticket)
{
	struct whole *whole = idmap_take(&emit->wholes, ticket);
	struct part *part;

	while (whole && (part = LIST_FIRST(&whole->parts))) {
		route_forget(emit->route, part->id);
		part_free(emit, part);
	}
	free(whole);
}

static int
load(void *self, struct route *route, uint64_t id, struct buf *out, struct err *err)
{
	const struct emit *emit = self;
	const struct part *part = idmap_get(&emit->parts, id);

	(void)route;
	if (!part)
		return err_set(err, ERR_REJECT, "part %llu is gone", (unsigned long long)id);
	return buf_add(out, part->body, part->len, err);
}

static int
acked(void *self, struct route *route, uint64_t id, struct err *err)
{
	struct emit *emit = self;
	struct part *part = idmap_get(&emit->parts, id);
	struct whole *whole;

	(void)route;
	(void)err;
	if (!part)
		return 0;
	whole = part->whole;
	part_free(emit, part);
	if (!LIST_EMPTY(&whole->parts))
		return 0;
	stage_settle(emit->stage, whole->ticket, STAGE_DONE, NULL, 0);
	(void)idmap_take(&emit->wholes, whole->ticket);
	free(whole);
	return 0;
}

static int
rejected(void *self, struct route *route, uint64_t id, const char *who, const char *reason,
	 struct err *err)
{
	struct emit *emit = self;
	const struct part *part = idmap_get(&emit->parts, id);
	char why[512];
	uint64_t ticket;

	(void)route;
	(void)err;
	if (!part)
		return 0;
	ticket = part->whole->ticket;
	(void)snprintf(why, sizeof(why), "%s: %s", who, reason);
	emit_cancel(emit, ticket);
	stage_settle(emit->stage, ticket, STAGE_REJECT, why, 0);
	return 0;
}

static int
crashed(void *self, struct route *route, uint64_t id, const char *who, int64_t points,
	struct err *err)
{
	struct emit *emit = self;
	struct part *part = idmap_get(&emit->parts, id);

	if (!part)
		return 0;
	part->blame += points;
	if (part->blame < ROUTE_BLAME_MAX)
		return 0;
	return rejected(self, route, id, who, "dies whenever it handles this item", err) < 0 ? -1
											     : 1;
}

/* What a classifier has lost, whoever gave us the documents can give again. */
static void
hint(void *self, struct route *route, struct bytes hint)
{
	const struct emit *emit = self;
	SCOPED(arena_free) struct arena *arena = arena_new(HINT_MEMORY_MAX);
	struct loss loss;

	(void)route;
	if (arena && loss_get(hint, arena, &loss))
		stage_announce(emit->stage, hint);
}

static const struct route_ops ops = {
	.load = load,
	.acked = acked,
	.rejected = rejected,
	.crashed = crashed,
	.hint = hint,
};

struct emit *
emit_new(struct stage *stage, const char *to, struct err *err)
{
	SCOPED(emit_free) struct emit *emit = calloc(1, sizeof(*emit));

	if (!emit) {
		(void)err_sys(err, "route '%s'", to);
		return NULL;
	}
	emit->stage = stage;
	emit->route = stage_route(stage, to, ROUTE_HASH, false, &ops, emit, err);
	return emit->route ? TAKE(emit) : NULL;
}

void
emit_free(struct emit *emit)
{
	struct part *part;
	struct whole *whole;
	size_t at = 0;

	if (!emit)
		return;
	while ((part = idmap_each(&emit->parts, &at)))
		free(part);
	at = 0;
	while ((whole = idmap_each(&emit->wholes, &at)))
		free(whole);
	idmap_done(&emit->parts);
	idmap_done(&emit->wholes);
	free(emit);
}

static struct whole *
whole_of(struct emit *emit, uint64_t ticket)
{
	struct whole *whole = idmap_get(&emit->wholes, ticket);

	if (whole)
		return whole;
	whole = calloc(1, sizeof(*whole));
	if (!whole || idmap_put(&emit->wholes, ticket, whole) < 0) {
		free(whole);
		return NULL;
	}
	whole->ticket = ticket;
	LIST_INIT(&whole->parts);
	return whole;
}

int
emit_item(struct emit *emit, uint64_t ticket, struct bytes body, uint64_t key_hash, struct err *err)
{
	struct whole *whole = whole_of(emit, ticket);
	struct part *part = whole ? malloc(sizeof(*part) + body.len) : NULL;

	if (!part)
		return err_sys(err, "an item of %zu bytes", body.len);
	part->id = ++emit->last_id;
	part->whole = whole;
	part->blame = 0;
	part->len = body.len;
	memcpy(part->body, body.data, body.len);
	if (idmap_put(&emit->parts, part->id, part) < 0) {
		free(part);
		return err_sys(err, "an item of %zu bytes", body.len);
	}
	LIST_INSERT_HEAD(&whole->parts, part, link);
	emit->bytes += part->len;
	return route_offer(emit->route, part->id, part->len, key_hash, err);
}

bool
emit_pending(const struct emit *emit, uint64_t ticket)
{
	return idmap_get(&emit->wholes, ticket) != NULL;
}

void
emit_status(const struct emit *emit, struct json *j)
{
	json_member_int(j, "documents_in_hand", (int64_t)emit->wholes.used);
	json_member_int(j, "items_in_hand", (int64_t)emit->parts.used);
	json_member_int(j, "item_bytes_in_hand", (int64_t)emit->bytes);
}
