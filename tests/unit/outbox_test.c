#include "classifier/outbox.h"
#include "common/clock.h"
#include "tests/unit/check.h"
#include "tests/unit/folder.h"
#include "tests/unit/tagged.h"

enum { DAY_S = 24 * 60 * 60 };

static const struct outbox_options plenty = {
	.keep_s = 7 * DAY_S, .keep_bytes = INT64_C(1) << 40, .seen_s = 90 * DAY_S};
static struct folder folder;
static struct outbox *outbox;

static const struct outbox_holds *
held(int64_t seq)
{
	static struct outbox_holds holds;

	holds = (struct outbox_holds){seq, seq};
	return &holds;
}

static void
open_again(const struct outbox_options *options)
{
	struct err err = {.kind = ERR_NONE};

	outbox_close(outbox);
	outbox = outbox_open(folder_file(&folder, "outbox.db"), options, &err);
	CHECK_STR(err.text, "");
	if (!outbox)
		exit(EXIT_FAILURE);
}

static void
open_new(const struct outbox_options *options)
{
	outbox_close(outbox);
	outbox = NULL;
	folder_drop(&folder);
	folder = folder_make();
	open_again(options);
}

static void
put(unsigned n, const char *tag, const char *only)
{
	const struct item item = tagged_item(n, 1, 1, tag);
	struct err err = {.kind = ERR_NONE};

	CHECK(outbox_put(outbox, &item, only, &err) == 0);
	CHECK_STR(err.text, "");
}

static int
note(void *arg, const struct outbox_row *row)
{
	char *out = arg;
	const size_t used = strlen(out);

	(void)snprintf(out + used, 512 - used, "%s%d:%s%s%s", used > 0 ? " " : "", (int)row->seq,
		       row->labels, row->only ? "!" : "", row->only ? row->only : "");
	return 0;
}

static const char *
rows(int64_t after)
{
	static char out[512];

	out[0] = '\0';
	CHECK(outbox_each(outbox, after, 100, note, out, NULL) == 0);
	return out;
}

static void
commit(void)
{
	struct err err = {.kind = ERR_NONE};

	CHECK(outbox_commit(outbox, &err) == 0);
	CHECK_STR(err.text, "");
}

static void
shows_rows_once_they_are_committed(void)
{
	open_new(&plenty);
	put(1, "crypto", NULL);
	put(2, NULL, "site");
	CHECK_STR(rows(0), "");
	CHECK(outbox_last_seq(outbox) == 0);
	commit();
	CHECK_STR(rows(0), "1:tag:crypto 2:!site");
	CHECK_STR(rows(1), "2:!site");
	open_again(&plenty);
	CHECK_STR(rows(0), "1:tag:crypto 2:!site");
	CHECK(outbox_last_seq(outbox) == 2);
}

static void
never_gives_a_number_twice(void)
{
	open_new(&plenty);
	put(1, NULL, NULL);
	commit();
	put(2, NULL, NULL);
	outbox_rollback(outbox);
	CHECK_STR(rows(0), "1:");
	put(3, NULL, NULL);
	commit();
	CHECK_STR(rows(0), "1: 3:");
}

static void
loads_what_was_put_and_tells_damage(void)
{
	SCOPED(buf_done) struct buf body = buf_init(ITEM_BYTES_MAX);
	SCOPED(arena_free) struct arena *arena = arena_new(1 << 20);
	struct err err = {.kind = ERR_NONE};
	struct item item;

	open_new(&plenty);
	put(1, "crypto", NULL);
	put(2, "llms", NULL);
	commit();
	CHECK(outbox_load(outbox, 1, &body, &err) == 0);
	CHECK(item_decode(buf_bytes(&body), arena, &item, &err) == 0);
	CHECK_STR(item.tags[0].tag, "crypto");
	CHECK(outbox_load(outbox, 9, &body, &err) == -1 && err.kind == ERR_REJECT);
	CHECK(db_exec(outbox_db(outbox), "UPDATE items SET body = x'c0' WHERE seq = 2", &err) == 0);
	buf_reset(&body);
	CHECK(outbox_load(outbox, 2, &body, &err) == -1 && err.kind == ERR_REJECT);
	CHECK(strstr(err.text, "checksum") && body.len == 0);
	CHECK(outbox_body(outbox, 2, &body, &err) == 0 && body.len == 1);
	CHECK(outbox_body(outbox, 9, &body, &err) == 0 && body.len == 1);
}

static void
knows_what_lies_behind_a_row(void)
{
	struct outbox_depth depth;

	open_new(&plenty);
	CHECK(outbox_depth(outbox, 0, &depth, NULL) == 0 && depth.items == 0 &&
	      depth.oldest_s == 0);
	for (unsigned i = 1; i <= 10; i++)
		put(i, NULL, NULL);
	commit();
	CHECK(outbox_depth(outbox, 0, &depth, NULL) == 0 && depth.items == 10);
	CHECK(depth.bytes == outbox_bytes_ever(outbox));
	CHECK(depth.oldest_s > 0 && depth.oldest_s <= clock_wall_s());
	CHECK(outbox_depth(outbox, 7, &depth, NULL) == 0 && depth.items == 3);
	CHECK(depth.bytes == outbox_bytes_ever(outbox) / 10 * 3);
	CHECK(outbox_depth(outbox, 10, &depth, NULL) == 0 && depth.items == 0);
}

static void
keeps_what_a_sink_still_needs_and_drops_what_is_old(void)
{
	const int64_t now_s = clock_wall_s();
	struct err err;

	open_new(&plenty);
	for (unsigned i = 1; i <= 4; i++)
		put(i, NULL, NULL);
	commit();
	CHECK(outbox_turn(outbox, held(2), now_s + 6 * DAY_S, &err) == 0);
	commit();
	CHECK_STR(rows(0), "1: 2: 3: 4:");
	CHECK(outbox_turn(outbox, held(2), now_s + 8 * DAY_S, &err) == 0);
	commit();
	CHECK_STR(rows(0), "3: 4:");
	CHECK(outbox_turn(outbox, held(100), now_s + 9 * DAY_S, &err) == 0);
	commit();
	CHECK_STR(rows(0), "4:"); /* the newest stays: it knows how many there were */
	put(5, NULL, NULL);
	commit();
	CHECK(outbox_turn(outbox, held(100), now_s + 10 * DAY_S, &err) == 0);
	commit();
	CHECK_STR(rows(0), "5:");
	CHECK(outbox_count_ever(outbox) == 5);
}

static void
keeps_no_more_than_its_bytes(void)
{
	struct outbox_options options = plenty;
	const int64_t now_s = clock_wall_s();
	struct err err;

	open_new(&plenty);
	for (unsigned i = 1; i <= 10; i++)
		put(i, NULL, NULL);
	commit();
	options.keep_bytes = outbox_bytes_ever(outbox) / 10 * 3;
	outbox_set_options(outbox, &options);
	CHECK(outbox_turn(outbox, held(9), now_s + 1, &err) == 0);
	commit();
	CHECK_STR(rows(0), "8: 9: 10:");
}

static void
is_full_before_its_cap_and_takes_up_again(void)
{
	static char text[64 * 1024];
	struct outbox_options options = plenty;
	struct err err = {.kind = ERR_NONE};
	struct item item;
	unsigned n = 0;

	options.max_bytes = 8 * 1024 * 1024;
	(void)memset(text, 'x', sizeof(text) - 1);
	open_new(&options);
	while (!outbox_is_full(outbox) && n < 1000) {
		item = tagged_item(++n, 1, 1, NULL);
		item.summary = text;
		CHECK(outbox_put(outbox, &item, NULL, &err) == 0);
		commit();
	}
	CHECK(n > 50 && n < 128);
	CHECK(err.kind == ERR_NONE);
	/* What is new comes before history: what all have goes at once. */
	CHECK(outbox_turn(outbox, held((int64_t)n), clock_wall_s() + 1, &err) == 0);
	commit();
	CHECK(!outbox_is_full(outbox));
	options.min_free_bytes = INT64_C(1) << 60;
	outbox_set_options(outbox, &options);
	put(++n, NULL, NULL);
	commit();
	CHECK(outbox_is_full(outbox));
}

int
main(void)
{
	folder = folder_make();
	RUN(shows_rows_once_they_are_committed);
	RUN(never_gives_a_number_twice);
	RUN(loads_what_was_put_and_tells_damage);
	RUN(knows_what_lies_behind_a_row);
	RUN(keeps_what_a_sink_still_needs_and_drops_what_is_old);
	RUN(keeps_no_more_than_its_bytes);
	RUN(is_full_before_its_cap_and_takes_up_again);
	outbox_close(outbox);
	folder_drop(&folder);
	return check_done();
}
