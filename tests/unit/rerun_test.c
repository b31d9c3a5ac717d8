#include "classifier/rerun.h"
#include "tests/unit/check.h"
#include "tests/unit/folder.h"
#include "tests/unit/tagged.h"

enum { DAY_S = 24 * 60 * 60 };

static const struct outbox_options keeps_all = {
	.keep_s = DAY_S, .keep_bytes = INT64_C(1) << 40, .seen_s = DAY_S};
static struct folder folder;
static struct outbox *outbox;
static struct rerun *rerun;
static struct rules *rules;
static struct tagger *tagger;
static struct arena *arena;

static void
use_rules(const char *text)
{
	tagger_free(tagger);
	rules_free(rules);
	rules = rules_parse("r", text, strlen(text), NULL);
	tagger = rules ? tagger_new(rules, NULL) : NULL;
	if (!tagger)
		exit(EXIT_FAILURE);
}

static void
close_all(void)
{
	rerun_close(rerun);
	outbox_close(outbox);
}

static void
open_all(void)
{
	outbox = outbox_open(folder_file(&folder, "outbox.db"), &keeps_all, NULL);
	rerun = outbox ? rerun_open(outbox, NULL) : NULL;
	if (!rerun)
		exit(EXIT_FAILURE);
}

static void
start(void)
{
	folder = folder_make();
	arena = arena_new(1 << 24);
	open_all();
	use_rules("[tag coins]\nany = coin(s)\n");
}

static void
stop(void)
{
	close_all();
	tagger_free(tagger);
	rules_free(rules);
	tagger = NULL;
	rules = NULL;
	arena_free(arena);
	folder_drop(&folder);
}

static void
put(unsigned n, unsigned rev, uint64_t seq, const char *title, const char *tag)
{
	struct item item = tagged_item(n, rev, seq, tag);

	item.title = title;
	CHECK(outbox_put(outbox, &item, NULL, NULL) == 0);
}

static void
commit(void)
{
	CHECK(outbox_commit(outbox, NULL) == 0);
}

static int64_t
begin(void)
{
	int64_t rows = -1;

	CHECK(rerun_begin(rerun, 0, &rows, NULL) == 0);
	commit();
	return rows;
}

static void
finish(void)
{
	struct err err = {.kind = ERR_NONE};

	for (int turns = 0; rerun_has_more(rerun) && turns < 10000; turns++) {
		CHECK(rerun_turn(rerun, tagger, arena, &err) == 0);
		commit();
	}
	CHECK_STR(err.text, "");
	CHECK(rerun_left(rerun) == 0);
}

/* "NUMBER:SEQ.RETAGS:TAG" of row seq. */
static const char *
row(int64_t seq)
{
	static char out[128];
	SCOPED(buf_done) struct buf body = buf_init(1 << 20);
	struct item item;

	arena_reset(arena);
	if (outbox_load(outbox, seq, &body, NULL) < 0 ||
	    item_decode(buf_bytes(&body), arena, &item, NULL) < 0)
		return "none";
	(void)snprintf(out, sizeof(out), "%ld:%d.%d:%s", strtol(item.id, NULL, 16), (int)item.seq,
		       (int)item.retags, item.tag_count > 0 ? item.tags[0].tag : "-");
	return out;
}

static void
what_other_rules_tag_otherwise_is_a_new_revision(void)
{
	struct item again;
	enum seen_verdict verdict;
	struct seen_item seen;

	start();
	put(1, 7, 5, "A coin", NULL); /* no rule knew coins then */
	put(2, 7, 5, "A coin", "coins");
	put(3, 7, 5, "A stone", "coins");
	put(4, 7, 5, "A stone", NULL);
	commit();
	CHECK(begin() == 4);
	finish();
	CHECK(outbox_last_seq(outbox) == 6 && rerun_changed(rerun) == 2);
	CHECK_STR(row(5), "1:5.1:coins");
	CHECK_STR(row(6), "3:5.1:-");
	/* The feed's repetition stays nothing new, its next revision is. */
	again = tagged_item(1, 7, 6, NULL);
	CHECK(seen_judge(outbox_seen(outbox), &again, &verdict, NULL) == 0);
	CHECK(verdict == SEEN_KNOWN);
	again = tagged_item(1, 8, 6, NULL);
	CHECK(seen_judge(outbox_seen(outbox), &again, &verdict, NULL) == 0);
	CHECK(verdict == SEEN_NEW);
	CHECK(seen_find(outbox_seen(outbox), again.id, &seen, NULL) == 1 && seen.seq == 5);
	commit();
	/* Once more: the older rows are not judged, the newer ones stay. */
	CHECK(begin() == 6);
	finish();
	CHECK(rerun_changed(rerun) == 2);
	CHECK(outbox_last_seq(outbox) == 6);
	stop();
}

static void
a_later_rule_counts_on_and_never_gives_a_revision_again(void)
{
	char revs[3][ITEM_REV_HEX + 1] = {""};

	start();
	put(1, 7, 5, "A coin", NULL);
	for (int i = 0; i < 3; i++) {
		SCOPED(buf_done) struct buf body = buf_init(1 << 20);
		struct item item;

		use_rules(i % 2 == 0 ? "[tag coins]\nany = coin(s)\n" : "[tag x]\nany = stone\n");
		commit();
		CHECK(begin() == i + 1);
		finish();
		CHECK(outbox_load(outbox, i + 2, &body, NULL) == 0 &&
		      item_decode(buf_bytes(&body), arena, &item, NULL) == 0);
		CHECK((int)item.retags == i + 1);
		(void)snprintf(revs[i], sizeof(revs[i]), "%s", item.rev);
	}
	CHECK(strcmp(revs[0], revs[2]) != 0 && strcmp(revs[0], revs[1]) != 0);
	stop();
}

static void
a_crash_or_a_rollback_goes_on_and_does_nothing_twice(void)
{
	enum { ITEMS = 500 };
	int64_t rows;

	start();
	for (unsigned n = 1; n <= ITEMS; n++)
		put(n, 7, 5, n % 2 ? "A coin" : "A stone", NULL);
	commit();
	CHECK(begin() == ITEMS);
	CHECK(rerun_turn(rerun, tagger, arena, NULL) == 0);
	outbox_rollback(outbox);
	rerun_rollback(rerun);
	CHECK(rerun_left(rerun) == ITEMS);
	CHECK(rerun_turn(rerun, tagger, arena, NULL) == 0);
	commit();
	CHECK(rerun_turn(rerun, tagger, arena, NULL) == 0);
	close_all(); /* before the commit */
	open_all();
	CHECK(rerun_has_more(rerun) && rerun_left(rerun) < ITEMS);
	/* A second request in between begins at the first row again. */
	CHECK(rerun_begin(rerun, INT64_MAX, &rows, NULL) == 0 && rows == 0);
	CHECK(rerun_begin(rerun, 0, &rows, NULL) == 0 && rows >= ITEMS);
	commit();
	finish();
	CHECK(outbox_last_seq(outbox) >= ITEMS + ITEMS / 2);
	for (int64_t seq = ITEMS + 1, found = 0; seq <= outbox_last_seq(outbox); seq++) {
		found += strcmp(row(seq), "none") != 0;
		if (seq == outbox_last_seq(outbox))
			CHECK(found == ITEMS / 2);
	}
	stop();
}

int
main(void)
{
	RUN(what_other_rules_tag_otherwise_is_a_new_revision);
	RUN(a_later_rule_counts_on_and_never_gives_a_revision_again);
	RUN(a_crash_or_a_rollback_goes_on_and_does_nothing_twice);
	return check_done();
}
