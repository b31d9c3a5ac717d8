#include "classifier/cursor.h"

#include <stdlib.h>
#include <string.h>

#include "classifier/errand.h"
#include "classifier/lane.h"
#include "classifier/ledger.h"
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

	struct lane fresh;     /* everything but the errand */
	int64_t saving, saved; /* fresh.done as this turn's transaction has it, and the disk (-1:
				* not there yet) */
	bool filter_changed;

	struct errand errand;
	bool has_errand;
	bool look;      /* there may be another in the database */
	bool has_blame; /* perhaps */

	struct tally tally; /* up to done, of the errand too if it is owed: saved with done */
	int64_t replayed, before;
	struct buf body;
};

/* The next one, when there is none at work. */
static int
take_errand(struct cursor *c, struct err *err)
{
	int got;

	if (c->has_errand || !c->look)
		return 0;
	got = errand_first(outbox_db(c->outbox), c->sink, &c->errand, err);
	c->has_errand = got > 0;
	c->look = got < 0;
	return got < 0 ? -1 : 0;
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
	struct ledger_place place = {.before = -1};
	const int known = ledger_load(c->ledger, &place, err);
	struct outbox_depth depth;

	c->look = true;
	if (known < 0 || take_errand(c, err) < 0 || read_blame(c, err) < 0)
		return -1;
	if (!known && c->options.from_now)
		place.done = outbox_last_seq(c->outbox);
	c->fresh = lane_of(place.done, INT64_MAX);
	c->saved = c->saving = known ? place.done : -1;
	c->tally = place.tally;
	c->replayed = place.replayed;
	c->before = place.before;
	if (c->before >= 0)
		return 0;
	if (cursor_depth(c, &depth, err) < 0)
		return -1;
	c->before = outbox_count_ever(c->outbox) - depth.items;
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
	lane_clear(&c->fresh);
	errand_done(&c->errand);
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
	return c->fresh.done;
}

bool
cursor_wants(const struct cursor *c, const char *labels)
{
	return filter_match(c->filter, labels);
}

struct outbox_holds
cursor_holds(struct cursor *c)
{
	/* Only what is on the disk counts: after a crash the sink goes on from there. */
	const int64_t done = c->saved < 0 ? 0 : c->saved < c->fresh.done ? c->saved : c->fresh.done;
	struct outbox_holds holds = {done, done};
	int64_t owed, replays;

	if (!c->has_errand && !c->look)
		return holds;
	if (errand_holds(outbox_db(c->outbox), c->sink, true, &owed, NULL) < 0 ||
	    errand_holds(outbox_db(c->outbox), c->sink, false, &replays, NULL) < 0)
		return (struct outbox_holds){0, 0};
	if (owed < holds.deliveries)
		holds.deliveries = owed;
	holds.replays = replays < holds.deliveries ? replays : holds.deliveries;
	return holds;
}

bool
cursor_has_pending(const struct cursor *c, int64_t seq)
{
	return seqset_has(&c->fresh.pending, seq) ||
	       (c->has_errand && seqset_has(&c->errand.lane.pending, seq));
}

bool
cursor_is_settled(const struct cursor *c, int64_t seq)
{
	return !lane_waits(&c->fresh, seq) &&
	       !(c->has_errand && seq > c->errand.lane.done && lane_waits(&c->errand.lane, seq));
}

/* What is offered. */

static size_t
pending(const struct cursor *c)
{
	return c->fresh.pending.count + (c->has_errand ? c->errand.lane.pending.count : 0);
}

struct offering {
	struct cursor *cursor;
	struct lane *lane;
	const struct errand *errand; /* NULL: what is new */
	size_t room;
	int (*offer)(void *arg, uint64_t seq, size_t len, struct err *err);
	void *arg;
	struct err *err;
	bool failed;
};

static bool
is_wanted(const struct cursor *c, const struct outbox_row *row)
{
	if (row->only)
		return strcmp(row->only, c->sink) == 0;
	return filter_match(c->filter, row->labels);
}

static bool
is_wanted_by(const struct offering *offering, const struct outbox_row *row)
{
	return is_wanted(offering->cursor, row) &&
	       (!offering->errand || (row->at_s >= offering->errand->since_s &&
				      filter_match(offering->errand->filter, row->labels)));
}

static int
offer_row(void *arg, const struct outbox_row *row)
{
	struct offering *offering = arg;
	struct lane *lane = offering->lane;

	if (row->seq > lane->end)
		return 1;
	if (!is_wanted_by(offering, row)) {
		lane_note(lane, FATE_FILTERED);
		lane_pass(lane, row->seq);
		return 0;
	}
	/* Pending first: an offer that is not noted could be settled unnoticed. */
	if (lane_send(lane, row->seq, offering->err) < 0) {
		offering->failed = true;
		return 1;
	}
	if (offering->offer(offering->arg, (uint64_t)row->seq, row->len, offering->err) < 0) {
		lane_unsend(lane);
		offering->failed = true;
		return 1;
	}
	offering->room--;
	lane_pass(lane, row->seq);
	return offering->room == 0;
}

/* How many rows of each lane may be in flight. What an errand holds of the window keeps fresh items
 * waiting: half of it stays free for them, and, while they come, more of it beside a replay. */
static size_t
fresh_share(const struct cursor *c, size_t window)
{
	return c->has_errand && c->errand.owed && lane_has_more(&c->errand.lane, INT64_MAX)
		       ? window - window / 2
		       : window;
}

static size_t
errand_share(const struct cursor *c, size_t window)
{
	const size_t share =
		c->errand.owed || c->fresh.pending.count == 0 ? window / 2 : window / 4;

	return share > 0 ? share : 1;
}

static bool
may_offer(const struct cursor *c, const struct lane *lane, size_t share)
{
	return lane->pending.count < share && lane->pending.count < PENDING_MAX &&
	       lane_has_more(lane, outbox_last_seq(c->outbox));
}

/* Offers rows of one lane, as many as there is room for. */
static int
offer_lane(struct offering *offering, size_t share)
{
	struct cursor *c = offering->cursor;
	struct lane *lane = offering->lane;
	const int64_t before = lane->next, last = outbox_last_seq(c->outbox);
	const size_t room = offering->room;
	size_t mine;

	if (room == 0 || !may_offer(c, lane, share))
		return 0;
	mine = share - lane->pending.count < room ? share - lane->pending.count : room;
	offering->room = mine;
	if (outbox_each(c->outbox, lane->next, CURSOR_LOOK_ROWS_MAX, offer_row, offering,
			offering->err) < 0 ||
	    offering->failed)
		return -1;
	/* Nothing is left in the stretch: the rows at its end are gone. */
	if (lane->next == before && offering->room > 0)
		lane_pass(lane, lane->end < last ? lane->end : last);
	offering->room += room - mine;
	return 0;
}

/* What became of the rows that the next save says are done. */
static void
take_settled(struct cursor *c)
{
	struct tally again = {{0}};

	lane_take_settled(&c->fresh, &c->tally);
	if (c->has_errand)
		lane_take_settled(&c->errand.lane, c->errand.owed ? &c->tally : &again);
	c->replayed += again.of[FATE_DELIVERED];
}

/* A backlog that is too long to wait for becomes an errand; what is in flight of it goes along. */
static int
set_backlog_apart(struct cursor *c, struct err *err)
{
	const int64_t last = outbox_last_seq(c->outbox);
	struct lane backlog = c->fresh;

	if (c->has_errand || last - c->fresh.next < CURSOR_BACKLOG_ROWS_MIN)
		return 0;
	backlog.end = last;
	if (errand_init(&c->errand, true, backlog, INT64_MIN, NULL, err) < 0)
		return -1;
	c->has_errand = true;
	c->fresh = lane_of(last, INT64_MAX); /* what was settled went along, and is owed as well */
	return 0;
}

int
cursor_offer(struct cursor *c, size_t room,
	     int (*offer)(void *arg, uint64_t seq, size_t len, struct err *err), void *arg,
	     struct err *err)
{
	const size_t window = room + pending(c);
	struct offering offering = {.cursor = c,
				    .lane = &c->fresh,
				    .room = room,
				    .offer = offer,
				    .arg = arg,
				    .err = err};

	if (room == 0)
		return 0;
	if (take_errand(c, err) < 0 || set_backlog_apart(c, err) < 0 ||
	    offer_lane(&offering, fresh_share(c, window)) < 0)
		return err_in(err, "sink %s", c->sink);
	if (!c->has_errand)
		return 0;
	offering.lane = &c->errand.lane;
	offering.errand = &c->errand;
	if (offer_lane(&offering, errand_share(c, window)) < 0)
		return err_in(err, "sink %s", c->sink);
	return 0;
}

bool
cursor_has_more(const struct cursor *c, size_t room)
{
	const size_t window = room + pending(c);

	return room > 0 &&
	       (c->look || may_offer(c, &c->fresh, fresh_share(c, window)) ||
		(c->has_errand && may_offer(c, &c->errand.lane, errand_share(c, window))));
}

/* What became of it. */

static int
settle(struct cursor *c, int64_t seq, enum fate fate, struct err *err)
{
	/* One row may be in flight in one lane only: an errand ends where fresh rows begin. One
	 * that is in none, for it was let go of meanwhile, has been counted. */
	if (!lane_settle(&c->fresh, seq, fate) && c->has_errand)
		(void)lane_settle(&c->errand.lane, seq, fate);
	if (!c->has_blame)
		return 0;
	return ledger_blame_forget(c->ledger, seq, err) < 0 ? -1 : read_blame(c, err);
}

int
cursor_acked(struct cursor *c, uint64_t seq, struct err *err)
{
	return settle(c, (int64_t)seq, FATE_DELIVERED, err) < 0 ? err_in(err, "sink %s", c->sink)
								: 0;
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
	if (settle(c, (int64_t)seq, c->body.len > 0 ? FATE_QUARANTINED : FATE_EXPIRED, err) < 0)
		return err_in(err, "sink %s", c->sink);
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

/* Letting go and giving again. */

struct expiry {
	struct cursor *cursor;
	int64_t least_s;   /* older ones go */
	int64_t keep_from; /* of the bytes ever: rows that begin before are too much */
	int64_t end, next, last;
	struct tally unseen; /* rows beyond next */
};

static int
expire_row(void *arg, const struct outbox_row *row)
{
	struct expiry *expiry = arg;

	if (row->seq > expiry->end || (row->at_s >= expiry->least_s &&
				       row->bytes_to - (int64_t)row->len >= expiry->keep_from))
		return 1;
	expiry->last = row->seq;
	if (row->seq > expiry->next)
		expiry->unseen.of[is_wanted(expiry->cursor, row) ? FATE_EXPIRED : FATE_FILTERED]++;
	return 0;
}

int
cursor_expire(struct cursor *c, int64_t now_s, void (*forget)(void *arg, uint64_t seq), void *arg,
	      size_t *count_out, struct err *err)
{
	struct expiry expiry = {.cursor = c, .least_s = INT64_MIN, .keep_from = INT64_MIN};
	struct lane *lane = &c->fresh;
	size_t sent = 0;

	*count_out = 0;
	if (!c->options.expire)
		return 0;
	if (c->options.max_age_s > 0)
		expiry.least_s = now_s - c->options.max_age_s;
	if (c->options.max_bytes > 0)
		expiry.keep_from = outbox_bytes_ever(c->outbox) - c->options.max_bytes;
	if (c->has_errand && c->errand.owed && !lane_is_over(&c->errand.lane))
		lane = &c->errand.lane;
	expiry.end = lane->end;
	expiry.next = lane->next;
	if (outbox_each(c->outbox, lane->done, CURSOR_LOOK_ROWS_MAX, expire_row, &expiry, err) < 0)
		return err_in(err, "sink %s", c->sink);
	if (expiry.last == 0)
		return 0;
	/* In flight or not: an answer that still comes finds nothing to settle. */
	for (; sent < lane->pending.count && seqset_at(&lane->pending, sent) <= expiry.last; sent++)
		forget(arg, (uint64_t)seqset_at(&lane->pending, sent));
	lane_skip(lane, expiry.last, &expiry.unseen);
	*count_out = sent + (size_t)expiry.unseen.of[FATE_EXPIRED];
	return 0;
}

int
cursor_replay(struct cursor *c, int64_t since_s, const char *filter, int64_t *count_out,
	      struct err *err)
{
	const int64_t end = c->fresh.done;
	struct outbox_depth from, to;
	struct errand errand;
	int64_t first;

	if (outbox_since(c->outbox, since_s, &first, err) < 0 ||
	    outbox_depth(c->outbox, first - 1, &from, err) < 0 ||
	    outbox_depth(c->outbox, end, &to, err) < 0)
		return err_in(err, "sink %s", c->sink);
	if (errand_init(&errand, false, lane_of(first - 1 < end ? first - 1 : end, end), since_s,
			filter, err) < 0)
		return err_in(err, "sink %s", c->sink);
	*count_out = from.items > to.items ? from.items - to.items : 0;
	if (!c->has_errand) {
		c->errand = errand;
		c->has_errand = true;
		return db_begin(outbox_db(c->outbox), err);
	}
	if (errand_save(outbox_db(c->outbox), c->sink, &errand, err) < 0) {
		errand_done(&errand);
		return err_in(err, "sink %s", c->sink);
	}
	errand_done(&errand);
	return 0;
}

/* The turn's end. */

bool
cursor_is_dirty(const struct cursor *c)
{
	return c->fresh.done != c->saving || c->filter_changed ||
	       (c->has_errand && errand_is_dirty(&c->errand));
}

static struct ledger_place
place_of(struct cursor *c)
{
	take_settled(c);
	return (struct ledger_place){c->fresh.done, c->tally, c->replayed, c->before};
}

int
cursor_save(struct cursor *c, struct err *err)
{
	const struct ledger_place place = place_of(c);

	if (!cursor_is_dirty(c))
		return 0;
	/* A backlog that was set apart and where fresh items begin: both or neither. */
	if ((c->has_errand && errand_save(outbox_db(c->outbox), c->sink, &c->errand, err) < 0) ||
	    ledger_save(c->ledger, &place, c->filter_text, err) < 0)
		return err_in(err, "sink %s", c->sink);
	c->saving = c->fresh.done;
	c->filter_changed = false;
	return 0;
}

void
cursor_committed(struct cursor *c)
{
	c->saved = c->saving;
	if (!c->has_errand || !errand_committed(&c->errand))
		return;
	errand_done(&c->errand);
	c->has_errand = false;
	c->look = true;
}

void
cursor_rollback(struct cursor *c)
{
	c->saving = c->saved;
	c->has_blame = true;
	if (c->has_errand)
		errand_rollback(&c->errand);
}

/* Items of the errand that are left. */
static int
errand_depth(struct cursor *c, struct outbox_depth *out, struct err *err)
{
	struct outbox_depth behind;

	if (outbox_depth(c->outbox, c->errand.lane.done, out, err) < 0 ||
	    outbox_depth(c->outbox, c->errand.lane.end, &behind, err) < 0)
		return -1;
	out->items -= behind.items;
	out->bytes -= behind.bytes;
	return 0;
}

int
cursor_depth(struct cursor *c, struct outbox_depth *out, struct err *err)
{
	struct outbox_depth owed;

	if (outbox_depth(c->outbox, c->fresh.done, out, err) < 0)
		return -1;
	out->items -= tally_sum(&c->fresh.pending.behind);
	if (!c->has_errand || !c->errand.owed || lane_is_over(&c->errand.lane))
		return 0;
	if (errand_depth(c, &owed, err) < 0)
		return -1;
	out->items += owed.items - tally_sum(&c->errand.lane.pending.behind);
	out->bytes += owed.bytes;
	out->oldest_s = owed.oldest_s;
	return 0;
}

void
cursor_status(struct cursor *c, int64_t now_s, struct json *j)
{
	struct outbox_depth depth = {0, 0, 0}, errand = {0, 0, 0};
	struct tally tally;

	(void)cursor_depth(c, &depth, NULL);
	if (c->has_errand && !lane_is_over(&c->errand.lane))
		(void)errand_depth(c, &errand, NULL);
	take_settled(c);
	tally = c->tally;
	tally_add(&tally, &c->fresh.pending.behind);
	if (c->has_errand && c->errand.owed)
		tally_add(&tally, &c->errand.lane.pending.behind);
	/* Out of the database, so that they add up over any number of deaths. */
	json_member_int(j, "accepted", outbox_count_ever(c->outbox));
	json_member_int(j, "settled", outbox_count_ever(c->outbox) - depth.items);
	json_member_int(j, "depth", depth.items);
	json_member_int(j, "bytes", depth.bytes);
	json_member_int(j, "oldest_s", depth.oldest_s > 0 ? now_s - depth.oldest_s : 0);
	json_member_int(j, "backlog", c->errand.owed ? errand.items : 0);
	json_member_int(j, "replaying", c->errand.owed ? 0 : errand.items);
	json_member_int(j, "pending", (int64_t)pending(c));
	json_member_int(j, "delivered", tally.of[FATE_DELIVERED]);
	json_member_int(j, "quarantined", tally.of[FATE_QUARANTINED]);
	json_member_int(j, "expired", tally.of[FATE_EXPIRED]);
	json_member_int(j, "filtered", tally.of[FATE_FILTERED]);
	json_member_int(j, "before", c->before);
	json_member_int(j, "replayed", c->replayed);
	json_member(j, "filter", c->filter_text);
}
