#include "classifier/amends.h"

#include "common/arena.h"
#include "common/item.h"

enum {
	NEWEST_ROWS = 512, /* two windows: what is sent again comes out of order */
	ITEM_MEMORY_MAX = 8 * ITEM_BYTES_MAX,
};

struct look {
	struct outbox *outbox;
	struct arena *arena;
	struct buf body;
	int64_t oldest_s;
};

/* A row that cannot be read says nothing. */
static int
look_at(void *arg, const struct outbox_row *row)
{
	struct look *look = arg;
	struct err err = {.kind = ERR_NONE};
	struct item item;

	buf_reset(&look->body);
	arena_reset(look->arena);
	if (outbox_load(look->outbox, row->seq, &look->body, &err) == 0 &&
	    item_decode(buf_bytes(&look->body), look->arena, &item, &err) == 0 &&
	    item.fetched_s != ITEM_NO_TIME && item.fetched_s < look->oldest_s)
		look->oldest_s = item.fetched_s;
	return 0;
}

int
amends_begin(struct outbox *outbox, struct err *err)
{
	const struct loss *loss = db_loss(outbox_db(outbox));
	const int64_t last = outbox_last_seq(outbox);
	struct look look = {.outbox = outbox, .oldest_s = INT64_MAX};
	int failed;

	if (!loss || loss->since_s != LOSS_SINCE_UNKNOWN)
		return 0;
	look.body = buf_init(ITEM_BYTES_MAX);
	look.arena = arena_new(ITEM_MEMORY_MAX);
	failed = look.arena ? outbox_each(outbox, last > NEWEST_ROWS ? last - NEWEST_ROWS : 0,
					  NEWEST_ROWS, look_at, &look, err)
			    : err_sys(err, "outbox");
	arena_free(look.arena);
	buf_done(&look.body);
	if (failed)
		return -1;
	/* With nothing left to go by, all may be lost. */
	return db_loss_since(outbox_db(outbox), look.oldest_s == INT64_MAX ? 0 : look.oldest_s,
			     err);
}

bool
amends_hint(struct outbox *outbox, struct buf *hint)
{
	const struct loss *loss = db_loss(outbox_db(outbox));

	buf_reset(hint);
	return loss && loss_put(loss, hint, NULL) == 0;
}
