#include "classifier/rerun.h"

#include <stdlib.h>
#include <string.h>

#include "classifier/seen.h"
#include "common/buf.h"
#include "common/clock.h"
#include "common/digest.h"
#include "common/item.h"

enum {
	ROWS_A_TURN = 64,
	MS_A_TURN = 10,
	UNWRITTEN_ROWS_MAX = 4096, /* of progress: only to be gone through again */
};

struct rerun {
	struct outbox *outbox;
	struct digest *digest;
	struct buf body;
	int64_t done, end; /* rows; over when done has reached end */
	int64_t written;   /* done on the disk, or in this turn's transaction */
	int64_t changed;   /* ever */
};

static int
read_place(struct rerun *r, struct err *err)
{
	struct db_stmt *stmt =
		db_stmt(outbox_db(r->outbox), "SELECT done_seq, end_seq, changed FROM rerun", err);
	const int got = stmt ? db_step(stmt, err) : -1;

	if (got < 0)
		return -1;
	r->done = got > 0 ? db_col_int(stmt, 0) : 0;
	r->end = got > 0 ? db_col_int(stmt, 1) : 0;
	r->changed = got > 0 ? db_col_int(stmt, 2) : 0;
	r->written = r->done;
	db_reset(stmt);
	return 0;
}

static int
write_place(struct rerun *r, struct err *err)
{
	struct db *db = outbox_db(r->outbox);
	struct db_stmt *stmt;

	if (db_begin(db, err) < 0)
		return -1;
	stmt = db_stmt(db,
		       "INSERT INTO rerun(one, done_seq, end_seq, changed) VALUES(1, ?1, ?2, ?3)"
		       " ON CONFLICT(one) DO UPDATE SET done_seq = ?1, end_seq = ?2, changed = ?3",
		       err);
	if (!stmt)
		return -1;
	db_int(stmt, 1, r->done);
	db_int(stmt, 2, r->end);
	db_int(stmt, 3, r->changed);
	if (db_run(stmt, err) < 0)
		return -1;
	r->written = r->done;
	return 0;
}

struct rerun *
rerun_open(struct outbox *outbox, struct err *err)
{
	SCOPED(rerun_close) struct rerun *r = calloc(1, sizeof(*r));

	if (r) {
		r->outbox = outbox;
		r->body = buf_init(ITEM_BYTES_MAX);
		r->digest = digest_new();
	}
	if (!r || !r->digest) {
		(void)err_sys(err, "rerun");
		return NULL;
	}
	return read_place(r, err) < 0 ? NULL : TAKE(r);
}

void
rerun_close(struct rerun *r)
{
	if (!r)
		return;
	digest_free(r->digest);
	buf_done(&r->body);
	free(r);
}

int
rerun_begin(struct rerun *r, int64_t since_s, int64_t *rows_out, struct err *err)
{
	struct outbox_depth depth;
	int64_t first;

	if (outbox_since(r->outbox, since_s, &first, err) < 0 ||
	    outbox_depth(r->outbox, first - 1, &depth, err) < 0)
		return err_in(err, "rerun");
	if (!rerun_has_more(r) || first - 1 < r->done)
		r->done = first - 1;
	r->end = outbox_last_seq(r->outbox);
	if (write_place(r, err) < 0)
		return err_in(err, "rerun");
	*rows_out = depth.items;
	return 0;
}

/* One item. */

static bool
has_tag(const struct item_tag *tags, size_t count, const char *tag)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(tags[i].tag, tag) == 0)
			return true;
	return false;
}

/* Scores and reasons may differ: they alone are no news. */
static bool
same_tags(const struct item *item, const struct item_tag *tags, size_t count)
{
	if (item->tag_count != count)
		return false;
	for (size_t i = 0; i < count; i++)
		if (!has_tag(item->tags, item->tag_count, tags[i].tag))
			return false;
	return true;
}

/* The same from the same, should a crash come in between; never one that was there before. */
static const char *
next_revision(struct rerun *r, const struct item *item, struct arena *arena)
{
	unsigned char sum[DIGEST_BYTES];
	char *rev = arena_alloc(arena, ITEM_REV_HEX + 1);

	digest_begin(r->digest);
	digest_add_field(r->digest, item->rev, strlen(item->rev));
	digest_add(r->digest, &item->retags, sizeof(item->retags));
	for (size_t i = 0; i < item->tag_count; i++)
		digest_add_field(r->digest, item->tags[i].tag, strlen(item->tags[i].tag));
	digest_end(r->digest, sum);
	if (rev)
		digest_hex(sum, ITEM_REV_HEX / 2, rev);
	return rev;
}

static int
judge(struct rerun *r, int64_t seq, struct tagger *tagger, struct arena *arena, struct err *err)
{
	const struct item_tag *tags;
	struct seen_item seen;
	struct item item;
	size_t count;
	int known;

	arena_reset(arena);
	buf_reset(&r->body);
	if (outbox_load(r->outbox, seq, &r->body, err) < 0 ||
	    item_decode(buf_bytes(&r->body), arena, &item, err) < 0)
		return -1;
	known = seen_find(outbox_seen(r->outbox), item.id, &seen, err);
	if (known < 0)
		return -1;
	if (known == 0 || seen.seq != seq)
		return 0;
	tagger_quiet(tagger, true); /* it was counted when it came */
	known = tagger_run(tagger, &item, arena, &tags, &count, err);
	tagger_quiet(tagger, false);
	if (known < 0)
		return -1;
	if (same_tags(&item, tags, count))
		return 0;
	item.tags = tags;
	item.tag_count = count;
	item.retags++;
	item.rev = next_revision(r, &item, arena);
	if (arena_failed(arena, err) < 0 || outbox_put_anew(r->outbox, &item, err) < 0)
		return -1;
	r->changed++;
	return 0;
}

/* A turn. */

struct batch {
	int64_t seqs[ROWS_A_TURN];
	size_t count;
	int64_t end;
};

static int
note_row(void *arg, const struct outbox_row *row)
{
	struct batch *batch = arg;

	if (row->seq > batch->end)
		return 1;
	batch->seqs[batch->count++] = row->seq;
	return 0;
}

int
rerun_turn(struct rerun *r, struct tagger *tagger, struct arena *arena, struct err *err)
{
	const int64_t until_ms = clock_mono_ms() + MS_A_TURN;
	struct batch batch = {.end = r->end};

	if (!rerun_has_more(r) || outbox_is_full(r->outbox))
		return 0;
	/* First the numbers, then the items: a statement is not walked while rows are added. */
	if (outbox_each(r->outbox, r->done, ROWS_A_TURN, note_row, &batch, err) < 0)
		return err_in(err, "rerun");
	for (size_t i = 0; i < batch.count; i++) {
		struct err why = {.kind = ERR_NONE};

		/* What cannot be read, or not be tagged, stays as it is: its sinks have it, or it
		 * is in their quarantine. */
		if (judge(r, batch.seqs[i], tagger, arena, &why) < 0 && why.kind != ERR_REJECT)
			return err_set(err, why.kind, "rerun: %s", why.text);
		r->done = batch.seqs[i];
		if (clock_mono_ms() >= until_ms)
			break;
	}
	if (batch.count == 0)
		r->done = r->end;
	if (rerun_has_more(r) && !db_in_transaction(outbox_db(r->outbox)) &&
	    r->done - r->written < UNWRITTEN_ROWS_MAX)
		return 0;
	return write_place(r, err) < 0 ? err_in(err, "rerun") : 0;
}

bool
rerun_has_more(const struct rerun *r)
{
	return r->done < r->end;
}

void
rerun_rollback(struct rerun *r)
{
	(void)read_place(r, NULL); /* should even that fail, what was changed is lost until asked */
}

int64_t
rerun_left(const struct rerun *r)
{
	return rerun_has_more(r) ? r->end - r->done : 0;
}

int64_t
rerun_changed(const struct rerun *r)
{
	return r->changed;
}
