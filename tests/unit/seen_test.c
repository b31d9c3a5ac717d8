#include "classifier/seen.h"
#include "common/clock.h"
#include "tests/unit/check.h"
#include "tests/unit/folder.h"
#include "tests/unit/tagged.h"

enum { DAY_S = 24 * 60 * 60 };

static const char *const migrations[] = {SEEN_SCHEMA SEEN_STORY_SCHEMA, NULL};
static struct db *db;
static struct seen *seen;

/* Judges, and notes what is new as row 7. */
static enum seen_verdict
judged(unsigned n, unsigned rev, uint64_t seq)
{
	const struct item item = tagged_item(n, rev, seq, NULL);
	enum seen_verdict verdict = SEEN_OLD;
	struct err err = {.kind = ERR_NONE};

	CHECK(db_begin(db, &err) == 0);
	CHECK(seen_judge(seen, &item, &verdict, &err) == 0);
	if (verdict == SEEN_NEW)
		CHECK(seen_note(seen, &item, 7, &err) == 0);
	CHECK(db_commit(db, &err) == 0);
	CHECK_STR(err.text, "");
	return verdict;
}

static void
a_revision_is_new_once(void)
{
	CHECK(judged(1, 1, 10) == SEEN_NEW);
	CHECK(judged(1, 1, 10) == SEEN_KNOWN);
	CHECK(judged(1, 1, 11) == SEEN_KNOWN);
	CHECK(judged(2, 1, 11) == SEEN_NEW);
	CHECK(judged(1, 2, 12) == SEEN_NEW);
	CHECK(judged(1, 2, 12) == SEEN_KNOWN);
}

static void
an_older_revision_that_arrives_late_is_dropped(void)
{
	CHECK(judged(3, 2, 20) == SEEN_NEW);
	CHECK(judged(3, 1, 19) == SEEN_OLD);
	/* Seen again in a later document, it outlasts what lies between. */
	CHECK(judged(3, 2, 30) == SEEN_KNOWN);
	CHECK(judged(3, 1, 25) == SEEN_OLD);
	CHECK(judged(3, 2, 10) == SEEN_KNOWN);
	CHECK(judged(3, 1, 29) == SEEN_OLD);
	/* A publisher who goes back to it publishes it anew. */
	CHECK(judged(3, 1, 31) == SEEN_NEW);
}

static void
every_bit_of_a_revision_counts(void)
{
	struct item item = tagged_item(4, 1, 1, NULL);
	enum seen_verdict verdict;
	struct seen_item known;
	struct err err;

	item.rev = "ffffffffffffffff";
	CHECK(seen_judge(seen, &item, &verdict, &err) == 0 && verdict == SEEN_NEW);
	CHECK(db_begin(db, &err) == 0 && seen_note(seen, &item, 99, &err) == 0);
	item.rev = "7fffffffffffffff";
	CHECK(seen_judge(seen, &item, &verdict, &err) == 0 && verdict == SEEN_NEW);
	CHECK(seen_find(seen, item.id, &known, &err) == 1);
	CHECK_STR(known.rev, "ffffffffffffffff");
	CHECK(known.seq == 99 && known.fetch_seq == 1);
	CHECK(clock_wall_s() - known.last_s < DAY_S + 5);
	db_rollback(db);
	CHECK(seen_find(seen, item.id, &known, &err) == 0);
}

static void
refuses_what_is_no_id(void)
{
	struct item item = tagged_item(5, 1, 1, NULL);
	enum seen_verdict verdict;
	struct seen_item known;
	struct err err;

	item.id = "abc";
	CHECK(seen_judge(seen, &item, &verdict, &err) == -1 && err.kind == ERR_REJECT);
	item.id = NULL;
	CHECK(seen_judge(seen, &item, &verdict, &err) == -1 && err.kind == ERR_REJECT);
	CHECK(seen_find(seen, "0000000000000000000000000000000G", &known, &err) == -1);
}

static void
forgets_what_no_feed_shows_any_more(void)
{
	const int64_t now_s = clock_wall_s();
	struct seen_item known;
	struct err err;

	CHECK(judged(6, 1, 1) == SEEN_NEW);
	CHECK(seen_turn(seen, now_s + 89 * DAY_S, &err) == 0);
	CHECK(seen_find(seen, "00000000000000000000000000000006", &known, &err) == 1);
	/* A new sweep begins with a new opening, and hours later. */
	seen_close(seen);
	seen = seen_open(db, 90 * DAY_S, &err);
	CHECK(seen_turn(seen, now_s + 92 * DAY_S, &err) == 0 && db_commit(db, &err) == 0);
	CHECK(seen_find(seen, "00000000000000000000000000000006", &known, &err) == 0);
}

static void
an_item_stays_in_its_story_through_its_revisions(void)
{
	struct item item = tagged_item(77, 1, 1, NULL);
	char story[ITEM_ID_HEX + 1];
	uint64_t rank = 0;

	CHECK(seen_story(seen, &item, story, &rank, NULL) == 0);
	item.story = "000000000000000000000000000000ab";
	item.story_rank = 3;
	CHECK(db_begin(db, NULL) == 0 && seen_note(seen, &item, 7, NULL) == 0);
	item.rev = "0000000000000002";
	item.story_rank = 1; /* whoever says so */
	CHECK(seen_note(seen, &item, 8, NULL) == 0);
	CHECK(seen_story(seen, &item, story, &rank, NULL) == 1 && rank == 3);
	CHECK_STR(story, "000000000000000000000000000000ab");
	item = tagged_item(78, 1, 1, NULL);
	CHECK(seen_note(seen, &item, 9, NULL) == 0);
	CHECK(seen_story(seen, &item, story, &rank, NULL) == 1 && rank == 1);
	CHECK_STR(story, item.id);
	CHECK(db_commit(db, NULL) == 0);
}

int
main(void)
{
	SCOPED(folder_drop) struct folder folder = folder_make();
	struct err err = {.kind = ERR_NONE};

	db = db_open(folder_file(&folder, "s.db"), &(struct db_options){.migrations = migrations},
		     &err);
	seen = db ? seen_open(db, 90 * DAY_S, &err) : NULL;
	CHECK_STR(err.text, "");
	if (!seen)
		return EXIT_FAILURE;
	RUN(a_revision_is_new_once);
	RUN(an_older_revision_that_arrives_late_is_dropped);
	RUN(every_bit_of_a_revision_counts);
	RUN(refuses_what_is_no_id);
	RUN(forgets_what_no_feed_shows_any_more);
	RUN(an_item_stays_in_its_story_through_its_revisions);
	seen_close(seen);
	db_close(db);
	return check_done();
}
