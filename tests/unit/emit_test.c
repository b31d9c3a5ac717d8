/* emit on a route of ours: what it offers is noted, and acked or refused by hand. */
#include "common/emit.h"

#include "common/loss.h"
#include "tests/unit/check.h"

static const struct route_ops *ops;
static void *ops_self;
static uint64_t offered[16];
static size_t offered_count, forgotten;
static uint64_t settled_ticket;
static int settled = -1;
static char settled_reason[300];

struct route *
stage_route(struct stage *stage, const char *to, enum route_pick pick, bool stable_ids,
	    const struct route_ops *route_ops, void *self, struct err *err)
{
	static char route;

	(void)stage;
	(void)to;
	(void)err;
	CHECK(pick == ROUTE_HASH && !stable_ids);
	ops = route_ops;
	ops_self = self;
	return (struct route *)(void *)&route;
}

int
route_offer(struct route *route, uint64_t id, size_t len, uint64_t key_hash, struct err *err)
{
	(void)route;
	(void)len;
	(void)key_hash;
	(void)err;
	offered[offered_count++] = id;
	return 0;
}

void
route_forget(struct route *route, uint64_t id)
{
	(void)route;
	(void)id;
	forgotten++;
}

void
stage_settle(struct stage *stage, uint64_t ticket, enum stage_verdict verdict, const char *reason,
	     int64_t delay_ms)
{
	(void)stage;
	(void)delay_ms;
	settled_ticket = ticket;
	settled = (int)verdict;
	(void)snprintf(settled_reason, sizeof(settled_reason), "%s", reason ? reason : "");
}

static size_t announced;

void
stage_announce(struct stage *stage, struct bytes hint)
{
	(void)stage;
	CHECK(hint.len > 0);
	announced++;
}

static struct emit *
with_parts(uint64_t ticket, int parts)
{
	struct emit *emit = emit_new(NULL, "classifier", NULL);

	offered_count = forgotten = 0;
	settled = -1;
	for (int i = 0; i < parts; i++)
		CHECK(emit_item(emit, ticket, (struct bytes){"item", 4}, 1, NULL) == 0);
	return emit;
}

static void
settles_a_message_when_its_last_part_is_acked(void)
{
	struct emit *emit = with_parts(5, 2);

	CHECK(emit_pending(emit, 5));
	CHECK(ops->acked(ops_self, NULL, offered[1], NULL) == 0 && settled == -1);
	/* the same again, as after a commit that failed */
	CHECK(ops->acked(ops_self, NULL, offered[1], NULL) == 0 && settled == -1);
	CHECK(ops->acked(ops_self, NULL, offered[0], NULL) == 0);
	CHECK(settled == STAGE_DONE && settled_ticket == 5 && !emit_pending(emit, 5));
	emit_free(emit);
}

static void
loads_a_part_as_long_as_it_is_not_acked(void)
{
	struct emit *emit = with_parts(5, 1);
	struct buf out = buf_init(100);
	struct err err = {.kind = ERR_NONE};

	CHECK(ops->load(ops_self, NULL, offered[0], &out, &err) == 0);
	CHECK_STR(buf_str(&out), "item");
	CHECK(ops->acked(ops_self, NULL, offered[0], NULL) == 0);
	CHECK(ops->load(ops_self, NULL, offered[0], &out, &err) == -1 && err.kind == ERR_REJECT);
	buf_done(&out);
	emit_free(emit);
}

static void
one_part_that_can_never_work_rejects_the_whole(void)
{
	struct emit *emit = with_parts(6, 3);

	CHECK(ops->rejected(ops_self, NULL, offered[1], "classifier@main", "bad", NULL) == 0);
	CHECK(settled == STAGE_REJECT && settled_ticket == 6 && forgotten == 3);
	CHECK_STR(settled_reason, "classifier@main: bad");
	CHECK(!emit_pending(emit, 6));
	emit_free(emit);
}

static void
three_crashes_reject_and_kills_from_outside_count_less(void)
{
	struct emit *emit = with_parts(7, 1);

	for (int i = 0; i < 2; i++)
		CHECK(ops->crashed(ops_self, NULL, offered[0], "c", ROUTE_BLAME_CRASH, NULL) == 0);
	for (int i = 0; i < 3; i++)
		CHECK(ops->crashed(ops_self, NULL, offered[0], "c", ROUTE_BLAME_KILL, NULL) == 0);
	CHECK(settled == -1);
	CHECK(ops->crashed(ops_self, NULL, offered[0], "c", ROUTE_BLAME_CRASH, NULL) == 1);
	CHECK(settled == STAGE_REJECT);
	emit_free(emit);
}

static void
takes_back_the_parts_of_a_message_that_failed_half_way(void)
{
	struct emit *emit = with_parts(8, 2);

	emit_cancel(emit, 8);
	CHECK(forgotten == 2 && !emit_pending(emit, 8) && settled == -1);
	emit_free(emit);
}

/* Other hints are for the stage that they come to. */
static void
passes_on_what_was_lost_and_no_other_hint(void)
{
	const struct loss loss = {.id = "00000000000000aa", .since_s = 5};
	struct emit *emit = with_parts(1, 1);
	struct buf hint = buf_init(1024);

	CHECK(loss_put(&loss, &hint, NULL) == 0);
	ops->hint(ops_self, NULL, buf_bytes(&hint));
	CHECK(announced == 1);
	ops->hint(ops_self, NULL, (struct bytes){"\x80", 1});
	ops->hint(ops_self, NULL, (struct bytes){"\xc1", 1});
	CHECK(announced == 1);
	buf_done(&hint);
	emit_free(emit);
}

int
main(void)
{
	RUN(settles_a_message_when_its_last_part_is_acked);
	RUN(loads_a_part_as_long_as_it_is_not_acked);
	RUN(one_part_that_can_never_work_rejects_the_whole);
	RUN(three_crashes_reject_and_kills_from_outside_count_less);
	RUN(passes_on_what_was_lost_and_no_other_hint);
	RUN(takes_back_the_parts_of_a_message_that_failed_half_way);
	return check_done();
}
