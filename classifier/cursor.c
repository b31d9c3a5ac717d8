#include "classifier/cursor.h"

#include <stdlib.h>
#include <string.h>

#include "classifier/ledger.h"
#include "classifier/seqset.h"
#include "common/arena.h"
#include "common/quarantine.h"

enum { PENDING_MAX = 65536 };

struct cursor {
	struct outbox *outbox;
	struct ledger ledger; /* its sink is our own */
	char *sink;
	struct cursor_options options; /* filter is not kept here */
	struct filter *filter;
	char *filter_text;

	/* Settled up to here: in memory, as this turn's transaction has it, on the disk (-1: not
	 * there yet). */
	int64_t done, saving, saved;
	bool filter_changed;
	int64_t next; /* rows up to here were looked at */

	struct seqset pending; /* offered and not settled; done is what lies before the first */
	struct seqset again;   /* the same for the rows of the table again */
	int64_t again_first;   /* of that table; 0: none */
	bool again_more;       /* rows of it may not be offered yet */
	bool has_blame;        /* perhaps */

	uint64_t delivered, quarantined, expired;
	struct buf body;
};

static int
read_again(struct cursor *c, struct err *err)
{
	return ledger_again_first(c->ledger, &c->again_first, err);
}

static int
read_blame(struct cursor *c, struct err *err)
{
	int64_t blamed = 0;

	if (ledger_blame_count(c->ledger, &blamed, err) < 0)
		return -1;
	c->has_blame = blamed > 0;
	return 0;
}

static int
load(struct cursor *c, struct err *err)
{
	const int known = ledger_done(c->ledger, &c->saved, err);

	if (known < 0 || read_again(c, err) < 0 || read_blame(c, err) < 0)
		return -1;
	c->again_more = c->again_first > 0;
	c->done = known ? c->saved : c->options.from_now ? outbox_last_seq(c->outbox) : 0;
	c->next = c->done;
	c->saved = c->saving = known ? c->saved : -1;
	return 0;
}

static int
take_filter(struct cursor *c, const char *text, struct err *err)
{
	struct filter *filter = filter_parse(text, err);
	char *copy = filter ? strdup(text ? text : "") : NULL;

	if (!copy) {
		if (filter)
			(void)err_sys(err, "filter");
		filter_free(filter);
		return -1;
	}
	filter_free(c->filter);
	free(c->filter_text);
	c->filter = filter;
	c->filter_text = copy;
	c->filter_changed = true;
	return 0;
}

struct cursor *
cursor_open(struct outbox *outbox, const char *sink, const struct cursor_options *options,
	    struct err *err)
{
	SCOPED(cursor_close) struct cursor *c = calloc(1, sizeof(*c));

	if (c)
		c->sink = strdup(sink);
	if (!c || !c->sink) {
		(void)err_sys(err, "sink %s", sink);
		return NULL;
	}
	c->outbox = outbox;
	c->ledger = (struct ledger){outbox_db(outbox), c->sink};
	c->body = buf_init(ITEM_BYTES_MAX);
	c->options = *options;
	if (take_filter(c, options->filter, err) < 0 || load(c, err) < 0) {
		(void)err_in(err, "sink %s", sink);
		return NULL;
	}
	return TAKE(c);
}

void
cursor_close(struct cursor *c)
{
	if (!c)
		return;
	free(c->sink);
	filter_free(c->filter);
	free(c->filter_text);
	seqset_done(&c->pending);
	seqset_done(&c->again);
	buf_done(&c->body);
	free(c);
}

int
cursor_set_options(struct cursor *c, const struct cursor_options *options, struct err *err)
{
	const char *text = options->filter ? options->filter : "";

	if (strcmp(text, c->filter_text) != 0 && take_filter(c, text, err) < 0)
		return err_in(err, "sink %s", c->sink);
	c->options = *options;
	return 0;
}

const char *
cursor_sink(const struct cursor *c)
{
	return c->sink;
}

int64_t
cursor_done(const struct cursor *c)
{
	return c->done;
}

bool
cursor_wants(const struct cursor *c, const char *labels)
{
	return filter_match(c->filter, labels);
}

int64_t
cursor_holds(const struct cursor *c)
{
	/* Only what is on the disk counts: after a crash the sink goes on from there. */
	const int64_t done = c->saved < 0 ? 0 : c->saved < c->done ? c->saved : c->done;

	return c->again_first > 0 && c->again_first <= done ? c->again_first - 1 : done;
}

/* --- what is offered ---------------------------------------------------------------------------
 */

bool
cursor_has_pending(const struct cursor *c, int64_t seq)
{
	return seqset_has(&c->pending, seq);
}

bool
cursor_is_settled(const struct cursor *c, int64_t seq)
{
	return seq <= c->next && !seqset_has(&c->pending, seq);
}

static void
find_done(struct cursor *c)
{
	const int64_t done = c->pending.count > 0 ? c->pending.at[0] - 1 : c->next;

	if (done > c->done)
		c->done = done;
}

struct offering {
	struct cursor *cursor;
	size_t room;
	int (*offer)(void *arg, uint64_t seq, size_t len, struct err *err);
	void *arg;
	struct err *err;
	bool failed, gone;
};

static bool
is_wanted(const struct cursor *c, const struct outbox_row *row)
{
	if (row->only)
		return strcmp(row->only, c->sink) == 0;
	return filter_match(c->filter, row->labels);
}

static int
offer_row(void *arg, const struct outbox_row *row)
{
	struct offering *offering = arg;
	struct cursor *c = offering->cursor;

	if (is_wanted(c, row)) {
		/* Pending first: an offer that is not noted could be settled unnoticed. */
		if (seqset_add(&c->pending, row->seq, offering->err) < 0 ||
		    offering->offer(offering->arg, (uint64_t)row->seq, row->len, offering->err) <
			    0) {
			(void)seqset_remove(&c->pending, row->seq);
			offering->failed = true;
			return 1;
		}
		offering->room--;
	}
	c->next = row->seq;
	return offering->room == 0;
}

static int
offer_again_row(void *arg, int64_t seq, int64_t len)
{
	struct offering *offering = arg;
	struct cursor *c = offering->cursor;

	offering->gone |= len < 0;
	if (len < 0 || seqset_has(&c->again, seq))
		return 0;
	if (seqset_add(&c->again, seq, offering->err) < 0 ||
	    offering->offer(offering->arg, (uint64_t)seq, (size_t)len, offering->err) < 0) {
		(void)seqset_remove(&c->again, seq);
		offering->failed = true;
		return 1;
	}
	offering->room--;
	return offering->room == 0;
}

static int
offer_again(struct offering *offering)
{
	struct cursor *c = offering->cursor;

	/* What is past done comes on its own. */
	if (ledger_again_each(c->ledger, c->done, offering->room + c->again.count, offer_again_row,
			      offering, offering->err) < 0 ||
	    offering->failed)
		return -1;
	c->again_more = offering->room == 0;
	if (!offering->gone)
		return 0;
	return ledger_again_forget_gone(c->ledger, offering->err) < 0
		       ? -1
		       : read_again(c, offering->err);
}

int
cursor_offer(struct cursor *c, size_t room,
	     int (*offer)(void *arg, uint64_t seq, size_t len, struct err *err), void *arg,
	     struct err *err)
{
	struct offering offering = {
		.cursor = c, .room = room, .offer = offer, .arg = arg, .err = err};

	if (room > 0 && c->again_more && offer_again(&offering) < 0)
		return err_in(err, "sink %s", c->sink);
	if (offering.room == 0 || c->pending.count >= PENDING_MAX ||
	    c->next >= outbox_last_seq(c->outbox))
		return 0;
	if (outbox_each(c->outbox, c->next, CURSOR_LOOK_ROWS_MAX, offer_row, &offering, err) < 0 ||
	    offering.failed)
		return err_in(err, "sink %s", c->sink);
	find_done(c);
	return 0;
}

/* --- what became of it -------------------------------------------------------------------------
 */

/* The row may be in flight in both ways at once only if done fell back, which it never does. */
static int
settle(struct cursor *c, int64_t seq, struct err *err)
{
	if (seqset_remove(&c->pending, seq)) {
		find_done(c);
	} else if (c->again_first > 0) {
		(void)seqset_remove(&c->again, seq);
		if (ledger_again_forget(c->ledger, seq, err) < 0 || read_again(c, err) < 0)
			return -1;
	}
	if (!c->has_blame)
		return 0;
	return ledger_blame_forget(c->ledger, seq, err) < 0 ? -1 : read_blame(c, err);
}

int
cursor_acked(struct cursor *c, uint64_t seq, struct err *err)
{
	if (settle(c, (int64_t)seq, err) < 0)
		return err_in(err, "sink %s", c->sink);
	c->delivered++;
	return 0;
}

int
cursor_rejected(struct cursor *c, uint64_t seq, const char *who, const char *reason,
		struct err *err)
{
	SCOPED(arena_free) struct arena *arena = arena_new((size_t)4 * ITEM_BYTES_MAX);
	struct quarantined row = {.kind = "item", .stage = who, .reason = reason, .attempts = 1};
	struct db *db = outbox_db(c->outbox);
	struct item item;
	int64_t id;

	if (!arena)
		return err_sys(err, "sink %s", c->sink);
	buf_reset(&c->body);
	if (outbox_body(c->outbox, (int64_t)seq, &c->body, err) < 0)
		return err_in(err, "sink %s", c->sink);
	if (c->body.len > 0 && item_decode(buf_bytes(&c->body), arena, &item, NULL) == 0)
		row.ref = item.id;
	row.body = buf_bytes(&c->body);
	/* The quarantine first: done moves only with what is safe. A row that expired meanwhile
	 * is gone, and counted as that. */
	if (c->body.len > 0 && (db_begin(db, err) < 0 || quarantine_add(db, &row, &id, err) < 0))
		return err_in(err, "sink %s", c->sink);
	if (settle(c, (int64_t)seq, err) < 0)
		return err_in(err, "sink %s", c->sink);
	c->quarantined += c->body.len > 0;
	return 0;
}

int
cursor_blame(struct cursor *c, uint64_t seq, int64_t points, int64_t most, struct err *err)
{
	int64_t sum;

	if (ledger_blame_add(c->ledger, (int64_t)seq, points, &sum, err) < 0)
		return err_in(err, "sink %s", c->sink);
	c->has_blame = true;
	return sum >= most;
}

/* --- letting go and giving again ---------------------------------------------------------------
 */

struct expiry {
	struct cursor *cursor;
	int64_t least_s;   /* older ones go */
	int64_t keep_from; /* of the bytes ever: rows that begin before are too much */
	int64_t last;
	size_t count;
};

static int
expire_row(void *arg, const struct outbox_row *row)
{
	struct expiry *expiry = arg;

	if (row->at_s >= expiry->least_s && row->bytes_to - (int64_t)row->len >= expiry->keep_from)
		return 1;
	expiry->last = row->seq;
	expiry->count += is_wanted(expiry->cursor, row);
	return 0;
}

int
cursor_expire(struct cursor *c, int64_t now_s, void (*forget)(void *arg, uint64_t seq), void *arg,
	      size_t *count_out, struct err *err)
{
	struct expiry expiry = {.cursor = c, .least_s = INT64_MIN, .keep_from = INT64_MIN};

	*count_out = 0;
	if (!c->options.expire)
		return 0;
	if (c->options.max_age_s > 0)
		expiry.least_s = now_s - c->options.max_age_s;
	if (c->options.max_bytes > 0)
		expiry.keep_from = outbox_bytes_ever(c->outbox) - c->options.max_bytes;
	if (outbox_each(c->outbox, c->done, CURSOR_LOOK_ROWS_MAX, expire_row, &expiry, err) < 0)
		return err_in(err, "sink %s", c->sink);
	if (expiry.last == 0)
		return 0;
	/* In flight or not: an answer that still comes finds nothing to settle. */
	for (size_t i = 0; i < c->pending.count && c->pending.at[i] <= expiry.last; i++)
		forget(arg, (uint64_t)c->pending.at[i]);
	seqset_remove_to(&c->pending, expiry.last);
	if (c->next < expiry.last)
		c->next = expiry.last;
	find_done(c);
	c->expired += expiry.count;
	*count_out = expiry.count;
	return 0;
}

struct replay {
	struct cursor *cursor;
	const struct filter *filter;
	int64_t since_s, last;
	size_t count;
	struct err *err;
	bool failed;
};

static int
replay_row(void *arg, const struct outbox_row *row)
{
	struct replay *replay = arg;
	struct cursor *c = replay->cursor;

	if (row->seq > c->done)
		return 1;
	replay->last = row->seq;
	if (row->at_s < replay->since_s || !is_wanted(c, row) ||
	    !filter_match(replay->filter, row->labels))
		return 0;
	replay->failed = ledger_again_add(c->ledger, row->seq, replay->err) < 0;
	replay->count++;
	return replay->failed;
}

int
cursor_replay(struct cursor *c, int64_t since_s, const struct filter *filter, size_t *count_out,
	      struct err *err)
{
	struct replay replay = {.cursor = c, .filter = filter, .since_s = since_s, .err = err};

	if (db_begin(outbox_db(c->outbox), err) < 0 ||
	    outbox_each(c->outbox, 0, SIZE_MAX >> 1, replay_row, &replay, err) < 0 ||
	    replay.failed || read_again(c, err) < 0)
		return err_in(err, "sink %s", c->sink);
	c->again_more = c->again_first > 0;
	*count_out = replay.count;
	return 0;
}

/* --- the turn's end ----------------------------------------------------------------------------
 */

bool
cursor_is_dirty(const struct cursor *c)
{
	return c->done != c->saving || c->filter_changed;
}

int
cursor_save(struct cursor *c, struct err *err)
{
	if (!cursor_is_dirty(c))
		return 0;
	if (ledger_save(c->ledger, c->done, c->filter_text, err) < 0)
		return err_in(err, "sink %s", c->sink);
	c->saving = c->done;
	c->filter_changed = false;
	return 0;
}

void
cursor_committed(struct cursor *c)
{
	c->saved = c->saving;
}

void
cursor_rollback(struct cursor *c)
{
	c->saving = c->saved;
	c->has_blame = c->again_more = true;
	(void)read_again(c, NULL);
}

bool
cursor_has_more(const struct cursor *c)
{
	return c->next < outbox_last_seq(c->outbox) || c->again_more;
}

void
cursor_status(struct cursor *c, int64_t now_s, struct json *j)
{
	struct outbox_depth depth = {0, 0, 0};

	(void)outbox_depth(c->outbox, c->done, &depth, NULL);
	json_member_int(j, "depth", depth.items);
	json_member_int(j, "bytes", depth.bytes);
	json_member_int(j, "oldest_s", depth.oldest_s > 0 ? now_s - depth.oldest_s : 0);
	json_member_int(j, "pending", (int64_t)(c->pending.count + c->again.count));
	json_member_int(j, "delivered", (int64_t)c->delivered);
	json_member_int(j, "quarantined", (int64_t)c->quarantined);
	json_member_int(j, "expired", (int64_t)c->expired);
	json_member(j, "filter", c->filter_text);
}
