#include "classifier/cursor.h"
#include "classifier/ledger.h"
#include "common/clock.h"
#include "common/quarantine.h"
#include "tests/unit/check.h"
#include "tests/unit/folder.h"
#include "tests/unit/tagged.h"

enum { DAY_S = 24 * 60 * 60 };

static const struct outbox_options keeps_nothing = {.keep_s = 0, .keep_bytes = 0, .seen_s = DAY_S};
static const struct outbox_options keeps_all = {
	.keep_s = DAY_S, .keep_bytes = INT64_C(1) << 40, .seen_s = DAY_S};
static struct folder folder;
static struct outbox *outbox;
static struct cursor *cursor;

static void
open_again(const struct outbox_options *options, const struct cursor_options *wants)
{
	struct err err = {.kind = ERR_NONE};

	cursor_close(cursor);
	outbox_close(outbox);
	cursor = NULL;
	outbox = outbox_open(folder_file(&folder, "outbox.db"), options, &err);
	if (outbox)
		cursor = cursor_open(outbox, "site", wants, &err);
	CHECK_STR(err.text, "");
	if (!cursor)
		exit(EXIT_FAILURE);
}

static void
open_new(const struct outbox_options *options, const struct cursor_options *wants)
{
	cursor_close(cursor);
	outbox_close(outbox);
	cursor = NULL;
	outbox = NULL;
	folder_drop(&folder);
	folder = folder_make();
	open_again(options, wants);
}

static void
commit(void)
{
	CHECK(cursor_save(cursor, NULL) == 0 && outbox_commit(outbox, NULL) == 0);
	cursor_committed(cursor);
}

static void
rollback(void)
{
	outbox_rollback(outbox);
	cursor_rollback(cursor);
}

static void
put(unsigned n, const char *tag, const char *only)
{
	const struct item item = tagged_item(n, 1, 1, tag);

	CHECK(outbox_put(outbox, &item, only, NULL) == 0);
}

static int
note(void *arg, uint64_t seq, size_t len, struct err *err)
{
	char *out = arg;
	const size_t used = strlen(out);

	(void)err;
	CHECK(len > 0);
	(void)snprintf(out + used, 256 - used, "%s%d", used > 0 ? " " : "", (int)seq);
	return 0;
}

static const char *
offered(size_t room)
{
	static char out[256];

	out[0] = '\0';
	CHECK(cursor_offer(cursor, room, note, out, NULL) == 0);
	return out;
}

static void
acked(uint64_t seq)
{
	CHECK(cursor_acked(cursor, seq, NULL) == 0);
}

/* A member of the cursor's status. */
static int64_t
said(const char *name)
{
	SCOPED(buf_done) struct buf out = buf_init(4096);
	SCOPED(buf_done) struct buf key = buf_init(64);
	struct json j = json_into(&out);
	const char *at;

	json_object(&j);
	cursor_status(cursor, clock_wall_s(), &j);
	json_close(&j);
	CHECK(buf_addf(&key, NULL, "\"%s\":", name) == 0);
	at = strstr(buf_str(&out), buf_str(&key));
	CHECK(at != NULL);
	return at ? strtoll(at + key.len, NULL, 10) : -1;
}

/* delivered, quarantined, expired, filtered, before, depth, and that they are all there is. */
static const char *
books(void)
{
	static const char *const names[] = {"delivered", "quarantined", "expired",
					    "filtered",  "before",      "depth"};
	static char out[256];
	int64_t sum = 0;

	out[0] = '\0';
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const int64_t n = said(names[i]);

		sum += n;
		(void)snprintf(out + strlen(out), sizeof(out) - strlen(out), "%s%d",
			       i > 0 ? " " : "", (int)n);
	}
	CHECK(sum == said("accepted") && said("settled") == sum - said("depth"));
	return out;
}

static void
offers_each_row_once_and_goes_on_behind_the_settled(void)
{
	const struct cursor_options wants = {.filter = NULL};

	open_new(&keeps_all, &wants);
	for (unsigned i = 1; i <= 5; i++)
		put(i, NULL, NULL);
	CHECK_STR(offered(9), ""); /* not committed yet */
	commit();
	CHECK_STR(offered(2), "1 2");
	CHECK_STR(offered(2), "3 4");
	CHECK_STR(books(), "0 0 0 0 0 5");
	acked(3);
	acked(2);
	CHECK_STR(books(), "2 0 0 0 0 3");
	CHECK(cursor_done(cursor) == 0 && cursor_has_pending(cursor, 1));
	CHECK(cursor_is_settled(cursor, 2) && !cursor_is_settled(cursor, 4));
	CHECK(!cursor_is_settled(cursor, 5));
	acked(1);
	CHECK(cursor_done(cursor) == 3 && !cursor_has_pending(cursor, 1));
	commit();
	/* 4 was in flight when it all went down. */
	open_again(&keeps_all, &wants);
	CHECK(cursor_done(cursor) == 3);
	CHECK_STR(offered(9), "4 5");
	acked(4);
	acked(5);
	CHECK(cursor_done(cursor) == 5);
	CHECK_STR(books(), "5 0 0 0 0 0");
}

static void
what_became_of_its_items_is_known_over_any_death(void)
{
	const struct cursor_options wants = {.filter = "-tag:y"}, other = {.filter = "tag:x"};

	open_new(&keeps_all, &wants);
	put(1, "x", NULL);
	put(2, "y", NULL);
	put(3, "x", NULL);
	put(4, "x", NULL);
	put(5, "x", NULL);
	commit();
	CHECK_STR(offered(9), "1 3 4 5");
	acked(1);
	acked(4);
	CHECK(cursor_rejected(cursor, 5, "sink@site", "no", NULL) == 0);
	CHECK_STR(books(), "2 1 0 1 0 1");
	commit();
	/* Beyond 3, which has no answer, all is done again: it counts again, and once. */
	open_again(&keeps_all, &other);
	CHECK_STR(books(), "1 0 0 1 0 3");
	CHECK_STR(offered(9), "3 4 5");
	CHECK(cursor_rejected(cursor, 5, "sink@site", "no", NULL) == 0);
	acked(4);
	acked(3);
	acked(3); /* twice said */
	CHECK_STR(books(), "3 1 0 1 0 0");
	CHECK(cursor_save(cursor, NULL) == 0);
	rollback();
	commit();
	open_again(&keeps_all, &wants);
	CHECK_STR(books(), "3 1 0 1 0 0");
	CHECK(quarantine_count(outbox_db(outbox)) == 1);
}

static void
a_database_that_did_not_count_begins_with_what_is_settled(void)
{
	const struct cursor_options wants = {.filter = NULL};

	open_new(&keeps_all, &wants);
	put(1, NULL, NULL);
	put(2, NULL, NULL);
	put(3, NULL, NULL);
	commit();
	CHECK_STR(offered(2), "1 2");
	acked(1);
	acked(2);
	commit();
	CHECK(db_exec(outbox_db(outbox), "UPDATE cursors SET before = NULL, delivered = 0", NULL) ==
	      0);
	open_again(&keeps_all, &wants);
	CHECK_STR(books(), "0 0 0 0 2 1");
	CHECK_STR(offered(2), "3");
	acked(3);
	commit();
	open_again(&keeps_all, &wants);
	CHECK_STR(books(), "1 0 0 0 2 0");
}

static void
what_was_accepted_is_known_when_nothing_is_kept(void)
{
	const struct cursor_options wants = {.filter = NULL};
	struct outbox_holds holds;

	open_new(&keeps_nothing, &wants);
	put(1, NULL, NULL);
	put(2, NULL, NULL);
	commit();
	CHECK_STR(offered(9), "1 2");
	acked(1);
	acked(2);
	commit();
	holds = cursor_holds(cursor);
	CHECK(outbox_turn(outbox, &holds, clock_wall_s() + 9, NULL) == 0);
	commit();
	open_again(&keeps_nothing, &wants);
	CHECK_STR(books(), "2 0 0 0 0 0");
}

static void
passes_over_what_the_filter_does_not_want(void)
{
	const struct cursor_options wants = {.filter = "tag:crypto"};
	const struct cursor_options other = {.filter = "-tag:crypto"}, bad = {.filter = "x"};
	struct err err;

	open_new(&keeps_all, &wants);
	put(1, "llms", NULL);
	put(2, "crypto", NULL);
	put(3, NULL, NULL);
	put(4, "crypto", "other");
	put(5, "llms", "site");
	commit();
	CHECK_STR(offered(9), "2 5");
	CHECK(cursor_done(cursor) == 1);
	acked(2);
	acked(5);
	CHECK(cursor_done(cursor) == 5);
	CHECK(cursor_set_options(cursor, &bad, &err) == -1 && err.kind == ERR_USAGE);
	put(6, "crypto", NULL);
	commit();
	CHECK_STR(offered(9), "6");
	CHECK(cursor_set_options(cursor, &other, &err) == 0);
	put(7, "crypto", NULL);
	put(8, "llms", NULL);
	commit();
	CHECK_STR(offered(9), "8");
}

static void
begins_with_all_that_is_kept_or_with_the_next(void)
{
	const struct cursor_options beginning = {.filter = NULL}, now = {.from_now = true};

	open_new(&keeps_all, &beginning);
	put(1, NULL, NULL);
	commit();
	cursor_close(cursor);
	cursor = cursor_open(outbox, "late", &now, NULL);
	CHECK_STR(offered(9), "");
	put(2, NULL, NULL);
	commit();
	CHECK_STR(offered(9), "2");
	cursor_close(cursor);
	/* Known by now: `now` is where it stopped. */
	cursor = cursor_open(outbox, "late", &now, NULL);
	CHECK_STR(offered(9), "2");
	cursor_close(cursor);
	cursor = cursor_open(outbox, "early", &beginning, NULL);
	CHECK_STR(offered(9), "1 2");
}

static void
a_row_is_held_until_it_is_durably_settled(void)
{
	const struct cursor_options wants = {.filter = NULL};

	open_new(&keeps_nothing, &wants);
	put(1, NULL, NULL);
	CHECK(cursor_holds(cursor).deliveries == 0);
	commit();
	CHECK_STR(offered(9), "1");
	acked(1);
	CHECK(cursor_done(cursor) == 1 && cursor_holds(cursor).deliveries == 0);
	CHECK(cursor_save(cursor, NULL) == 0);
	CHECK(cursor_holds(cursor).deliveries == 0);
	rollback();
	CHECK(cursor_holds(cursor).deliveries == 0 && cursor_is_dirty(cursor));
	acked(1); /* the stage tells again */
	commit();
	CHECK(cursor_holds(cursor).deliveries == 1 && !cursor_is_dirty(cursor));
}

static int
keep(void *arg, const struct quarantined *row)
{
	(void)snprintf(arg, 256, "%s %s %s %s %d", row->kind, row->ref, row->stage, row->reason,
		       row->body.len > 10);
	return 0;
}

static void
a_rejected_row_is_quarantined_in_the_same_transaction(void)
{
	const struct cursor_options wants = {.filter = NULL};
	char row[256] = "";

	open_new(&keeps_all, &wants);
	put(1, NULL, NULL);
	commit();
	CHECK_STR(offered(9), "1");
	CHECK(cursor_rejected(cursor, 1, "sink@site", "too long", NULL) == 0);
	CHECK(cursor_done(cursor) == 1);
	rollback();
	CHECK(quarantine_count(outbox_db(outbox)) == 0);
	CHECK(cursor_rejected(cursor, 1, "sink@site", "too long", NULL) == 0);
	commit();
	CHECK(quarantine_each(outbox_db(outbox), 0, 9, true, keep, row, NULL) == 0);
	CHECK_STR(row, "item 00000000000000000000000000000001 sink@site too long 1");
}

static void
blame_adds_up_over_restarts_and_an_ack_clears_it(void)
{
	const struct cursor_options wants = {.filter = NULL};

	open_new(&keeps_all, &wants);
	put(1, NULL, NULL);
	commit();
	CHECK_STR(offered(9), "1");
	CHECK(cursor_blame(cursor, 1, 4, 12, NULL) == 0);
	CHECK(cursor_blame(cursor, 1, 4, 12, NULL) == 0);
	commit();
	open_again(&keeps_all, &wants);
	CHECK_STR(offered(9), "1");
	acked(1);
	CHECK(cursor_blame(cursor, 1, 4, 12, NULL) == 0);
	CHECK(cursor_blame(cursor, 1, 8, 12, NULL) == 1);
}

static void
note_forgotten(void *arg, uint64_t seq)
{
	*(uint64_t *)arg = seq;
}

static void
an_expiring_sink_lets_go_and_counts(void)
{
	const int64_t now_s = clock_wall_s();
	struct cursor_options wants = {.filter = "tag:x", .expire = true, .max_age_s = 3600};
	uint64_t gone = 0;
	size_t count;

	open_new(&keeps_all, &wants);
	put(1, "x", NULL);
	put(2, "y", NULL);
	put(3, "x", NULL);
	commit();
	CHECK_STR(offered(1), "1");
	CHECK(cursor_expire(cursor, now_s + 3000, note_forgotten, &gone, &count, NULL) == 0 &&
	      count == 0);
	CHECK(cursor_expire(cursor, now_s + 3700, note_forgotten, &gone, &count, NULL) == 0 &&
	      count == 2);
	CHECK(cursor_done(cursor) == 3 && !cursor_has_pending(cursor, 1) && gone == 1);
	acked(1); /* late: nothing to settle */
	CHECK(cursor_rejected(cursor, 9, "sink@site", "gone", NULL) == 0);
	commit();
	CHECK(quarantine_count(outbox_db(outbox)) == 0);
	CHECK_STR(books(), "0 0 2 1 0 0");
	/* By size: of four alike, two may wait. */
	wants = (struct cursor_options){.expire = true};
	put(4, "x", NULL);
	put(5, "x", NULL);
	put(6, "x", NULL);
	put(7, "x", NULL);
	commit();
	wants.max_bytes = outbox_bytes_ever(outbox) / 7 * 2 + 2;
	CHECK(cursor_set_options(cursor, &wants, NULL) == 0);
	CHECK(cursor_expire(cursor, now_s, note_forgotten, &gone, &count, NULL) == 0 && count == 2);
	CHECK_STR(offered(9), "6 7");
}

static void
a_replay_gives_again_what_is_done(void)
{
	const struct cursor_options wants = {.filter = NULL};
	int64_t rows = 0;

	open_new(&keeps_nothing, &wants);
	put(1, "x", NULL);
	put(2, "y", NULL);
	put(3, "x", NULL);
	put(4, "x", NULL);
	commit();
	CHECK_STR(offered(3), "1 2 3");
	acked(1);
	acked(2);
	acked(3);
	CHECK(cursor_replay(cursor, 0, "tag:x", &rows, NULL) == 0 && rows == 3);
	CHECK(cursor_replay(cursor, 0, "x", &rows, NULL) == -1);
	commit();
	CHECK(cursor_holds(cursor).deliveries == 3 && cursor_holds(cursor).replays == 0);
	/* What is new comes first, and a replay leaves room for more of it. */
	CHECK_STR(offered(2), "4 1");
	CHECK(!cursor_has_more(cursor, 1) && cursor_has_more(cursor, 7));
	acked(4);
	CHECK_STR(offered(3), "3");
	acked(3);
	commit();
	/* 1 was not settled before the end. */
	open_again(&keeps_nothing, &wants);
	CHECK(cursor_holds(cursor).replays == 0);
	CHECK_STR(offered(9), "1 3");
	acked(1);
	acked(3);
	commit();
	CHECK(cursor_holds(cursor).replays == 4);
	CHECK_STR(offered(9), "");
}

static void
replays_wait_for_each_other_and_outlast_rollbacks(void)
{
	const struct cursor_options wants = {.filter = NULL};
	int64_t rows = 0;

	open_new(&keeps_all, &wants);
	put(1, "x", NULL);
	put(2, "y", NULL);
	commit();
	CHECK_STR(offered(9), "1 2");
	acked(1);
	acked(2);
	commit();
	CHECK(cursor_replay(cursor, 0, "tag:x", &rows, NULL) == 0);
	rollback();
	CHECK(cursor_replay(cursor, 0, "tag:y", &rows, NULL) == 0 && cursor_is_dirty(cursor));
	commit();
	CHECK_STR(offered(9), "1");
	acked(1);
	CHECK(cursor_save(cursor, NULL) == 0);
	rollback();
	CHECK(cursor_is_dirty(cursor));
	commit();
	CHECK_STR(offered(9), "2");
	acked(2);
	commit();
	CHECK_STR(offered(9), "");
	/* Of the future there is nothing. */
	CHECK(cursor_replay(cursor, clock_wall_s() + DAY_S, NULL, &rows, NULL) == 0 && rows == 0);
	commit();
	CHECK_STR(offered(9), "");
	CHECK(!cursor_has_more(cursor, 9) && !cursor_is_dirty(cursor));
}

static void
fresh_items_do_not_wait_for_a_long_backlog(void)
{
	enum { BACKLOG = CURSOR_BACKLOG_ROWS_MIN };
	const struct cursor_options wants = {.filter = NULL};
	struct outbox_depth depth;
	unsigned owed = 0;
	char fresh[32];

	open_new(&keeps_all, &wants);
	for (unsigned i = 1; i <= BACKLOG; i++)
		put(i, NULL, NULL);
	commit();
	CHECK_STR(offered(4), "1 2");
	put(BACKLOG + 1, NULL, NULL);
	commit();
	(void)snprintf(fresh, sizeof(fresh), "%d", BACKLOG + 1);
	CHECK_STR(offered(2), fresh);
	CHECK(cursor_depth(cursor, &depth, NULL) == 0 && depth.items == BACKLOG + 1);
	CHECK(cursor_has_pending(cursor, 1) && !cursor_is_settled(cursor, BACKLOG));
	acked(BACKLOG + 1);
	acked(1);
	commit();
	CHECK(cursor_done(cursor) == BACKLOG + 1 && cursor_holds(cursor).deliveries == 1);
	/* Where both were is known after a crash. */
	open_again(&keeps_nothing, &wants);
	CHECK(cursor_done(cursor) == BACKLOG + 1 && cursor_holds(cursor).deliveries == 1);
	for (unsigned turn = 0; cursor_has_more(cursor, 8) && turn < 2 * BACKLOG; turn++) {
		const char *at = offered(8);
		char *end;

		for (long seq; (seq = strtol(at, &end, 10)) > 0; at = end) {
			acked((uint64_t)seq);
			owed++;
		}
	}
	commit();
	CHECK(owed == BACKLOG - 1);
	CHECK(cursor_holds(cursor).deliveries == BACKLOG + 1);
	CHECK(cursor_depth(cursor, &depth, NULL) == 0 && depth.items == 0);
}

/* A sink that acks in any order, over rollbacks and restarts. */

enum { MODEL_ITEMS = 3000, WINDOW = 8 };

static uint64_t in_flight[WINDOW];
static size_t in_flight_count;
static int delivered[2 * MODEL_ITEMS];
static uint64_t seed = 20240229;

static unsigned
dice(unsigned sides)
{
	seed = seed * 6364136223846793005 + 1442695040888963407;
	return (unsigned)(seed >> 33) % sides;
}

static int
send(void *arg, uint64_t seq, size_t len, struct err *err)
{
	(void)arg;
	(void)len;
	(void)err;
	for (size_t i = 0; i < in_flight_count; i++)
		CHECK(in_flight[i] != seq);
	CHECK(in_flight_count < WINDOW);
	in_flight[in_flight_count++] = seq;
	return 0;
}

/* What the sink answered in a turn is told again when the turn's commit fails. */
static void
answer(void)
{
	uint64_t answers[WINDOW];
	size_t count = 0;

	while (in_flight_count > 0 && dice(3) > 0) {
		const size_t at = dice((unsigned)in_flight_count);

		answers[count++] = in_flight[at];
		delivered[in_flight[at]]++;
		in_flight[at] = in_flight[--in_flight_count];
	}
	do {
		for (size_t i = 0; i < count; i++)
			acked(answers[i]);
		if (dice(10) > 0)
			break;
		CHECK(cursor_save(cursor, NULL) == 0);
		rollback();
	} while (1);
}

static void
no_row_is_passed_over_whatever_happens(void)
{
	const struct cursor_options wants = {.filter = "tag:x"};
	static bool wanted[2 * MODEL_ITEMS];
	unsigned items = 0, restarts = 0, turns = 0;
	struct outbox_holds holds;
	int lost = 0, unwanted = 0;
	int64_t wanted_count = 0;

	open_new(&keeps_nothing, &wants);
	while ((items < MODEL_ITEMS || cursor_has_more(cursor, WINDOW) || in_flight_count > 0) &&
	       turns++ < 100000) {
		const int64_t before = outbox_last_seq(outbox);

		for (unsigned n = dice(6); n > 0 && items < MODEL_ITEMS; n--)
			put(++items, dice(2) ? "x" : "y", NULL);
		if (dice(20) == 0) {
			rollback();
			continue;
		}
		commit();
		for (int64_t seq = before + 1; seq <= outbox_last_seq(outbox); seq++) {
			SCOPED(buf_done) struct buf body = buf_init(ITEM_BYTES_MAX);

			if (outbox_load(outbox, seq, &body, NULL) == 0)
				wanted[seq] = memmem(body.data, body.len, "\xA1x", 2) != NULL;
		}
		CHECK(cursor_offer(cursor, WINDOW - in_flight_count, send, NULL, NULL) == 0);
		answer();
		holds = cursor_holds(cursor);
		CHECK(outbox_turn(outbox, &holds, clock_wall_s() + turns, NULL) == 0);
		if (dice(50) == 0) {
			in_flight_count = 0;
			restarts++;
			open_again(&keeps_nothing, &wants);
			(void)books();
		}
	}
	for (int64_t seq = 1; seq <= outbox_last_seq(outbox); seq++) {
		lost += wanted[seq] && delivered[seq] == 0;
		unwanted += !wanted[seq] && delivered[seq] > 0;
	}
	CHECK(lost == 0 && unwanted == 0);
	CHECK(restarts > 10 && items == MODEL_ITEMS);
	commit();
	CHECK(cursor_done(cursor) == outbox_last_seq(outbox));
	open_again(&keeps_nothing, &wants);
	for (int64_t seq = 1; seq <= outbox_last_seq(outbox); seq++)
		wanted_count += wanted[seq];
	CHECK(said("delivered") == wanted_count && said("depth") == 0 && said("before") == 0);
	CHECK(said("filtered") == said("accepted") - wanted_count);
}

int
main(void)
{
	folder = folder_make();
	RUN(offers_each_row_once_and_goes_on_behind_the_settled);
	RUN(what_became_of_its_items_is_known_over_any_death);
	RUN(a_database_that_did_not_count_begins_with_what_is_settled);
	RUN(what_was_accepted_is_known_when_nothing_is_kept);
	RUN(passes_over_what_the_filter_does_not_want);
	RUN(begins_with_all_that_is_kept_or_with_the_next);
	RUN(a_row_is_held_until_it_is_durably_settled);
	RUN(a_rejected_row_is_quarantined_in_the_same_transaction);
	RUN(blame_adds_up_over_restarts_and_an_ack_clears_it);
	RUN(an_expiring_sink_lets_go_and_counts);
	RUN(a_replay_gives_again_what_is_done);
	RUN(replays_wait_for_each_other_and_outlast_rollbacks);
	RUN(fresh_items_do_not_wait_for_a_long_backlog);
	RUN(no_row_is_passed_over_whatever_happens);
	cursor_close(cursor);
	outbox_close(outbox);
	folder_drop(&folder);
	return check_done();
}
