#include "common/loss.h"

#include <string.h>

#include "common/file.h"
#include "tests/unit/check.h"
#include "tests/unit/tempdir.h"

static void
a_note_is_told_for_a_day(void)
{
	const char *path;
	struct loss loss, read;
	struct err err = {.kind = ERR_NONE};

	(void)tempdir_make();
	path = tempdir_path("outbox.db.lost");
	CHECK(loss_read(path, 0, &read, &err) == 0);
	CHECK(loss_new(&loss, &err) == 0 && loss.since_s == LOSS_SINCE_UNKNOWN);
	CHECK(strlen(loss.id) == LOSS_ID_CHARS);
	CHECK(loss.untold_since_s == LOSS_SINCE_UNKNOWN);
	loss.since_s = 1234567890;
	loss.untold_since_s = 1234567800;
	CHECK(loss_write(path, &loss, &err) == 0);
	CHECK(loss_read(path, loss.at_s + LOSS_TOLD_S, &read, &err) == 1);
	CHECK_STR(read.id, loss.id);
	CHECK(read.at_s == loss.at_s && read.since_s == 1234567890);
	CHECK(read.untold_since_s == 1234567800);
	CHECK(loss_read(path, loss.at_s + LOSS_TOLD_S + 1, &read, &err) == 0);
	tempdir_done();
}

static void
a_note_of_before_is_read(void)
{
	static const char note[] = "00000000000000aa 1000 77\n";
	const char *path;
	struct loss read;

	(void)tempdir_make();
	path = tempdir_path("outbox.db.lost");
	CHECK(file_replace(path, (struct bytes){note, sizeof(note) - 1}, NULL) == 0);
	CHECK(loss_read(path, 1000, &read, NULL) == 1);
	CHECK_STR(read.id, "00000000000000aa");
	CHECK(read.since_s == 77 && read.untold_since_s == LOSS_SINCE_UNKNOWN);
	tempdir_done();
}

static void
of_two_times_the_older_counts_and_one_that_is_known(void)
{
	CHECK(loss_older(5, 9) == 5 && loss_older(9, 5) == 5);
	CHECK(loss_older(LOSS_SINCE_UNKNOWN, 9) == 9 && loss_older(9, LOSS_SINCE_UNKNOWN) == 9);
	CHECK(loss_older(LOSS_SINCE_UNKNOWN, LOSS_SINCE_UNKNOWN) == LOSS_SINCE_UNKNOWN);
}

static void
is_a_hint_that_is_told_from_others(void)
{
	static const char other[] = "\x81\xa4"
				    "feed\xa1x";
	struct loss loss = {.id = "00000000000000aa", .since_s = 77}, got;
	struct arena *arena = arena_new(65536);
	struct buf hint = buf_init(1024);

	CHECK(loss_put(&loss, &hint, NULL) == 0);
	CHECK(loss_get(buf_bytes(&hint), arena, &got));
	CHECK_STR(got.id, loss.id);
	CHECK(got.since_s == 77);
	CHECK(!loss_get((struct bytes){other, sizeof(other) - 1}, arena, &got));
	CHECK(!loss_get((struct bytes){"\xc1", 1}, arena, &got));
	CHECK(!loss_get((struct bytes){"", 0}, arena, &got));
	buf_done(&hint);
	arena_free(arena);
}

static void
one_that_was_heard_asks_for_nothing_new(void)
{
	struct losses_heard heard = {.next = 0};
	struct loss one = {.id = "one"}, many = {.id = ""};

	CHECK(losses_hear(&heard, &one) && !losses_hear(&heard, &one));
	for (int i = 1; i < LOSSES_HEARD_MAX; i++) {
		(void)snprintf(many.id, sizeof(many.id), "%d", i);
		CHECK(losses_hear(&heard, &many));
	}
	CHECK(!losses_hear(&heard, &one));
	(void)snprintf(many.id, sizeof(many.id), "more");
	CHECK(losses_hear(&heard, &many) && losses_hear(&heard, &one));
}

int
main(void)
{
	RUN(a_note_is_told_for_a_day);
	RUN(a_note_of_before_is_read);
	RUN(of_two_times_the_older_counts_and_one_that_is_known);
	RUN(is_a_hint_that_is_told_from_others);
	RUN(one_that_was_heard_asks_for_nothing_new);
	return check_done();
}
