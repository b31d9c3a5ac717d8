#include "classifier/amends.h"

#include <unistd.h>

#include "common/arena.h"
#include "common/file.h"
#include "common/loss.h"
#include "tests/unit/check.h"
#include "tests/unit/folder.h"
#include "tests/unit/tagged.h"

static const struct outbox_options plenty = {
	.keep_s = 100000, .keep_bytes = INT64_C(1) << 40, .seen_s = 100000};
static struct folder folder;

static struct outbox *
opened(void)
{
	struct outbox *outbox = outbox_open(folder_file(&folder, "outbox.db"), &plenty, NULL);

	CHECK(outbox && amends_begin(outbox, NULL) == 0);
	if (!outbox)
		exit(EXIT_FAILURE);
	return outbox;
}

static void
put(struct outbox *outbox, unsigned n, int64_t fetched_s)
{
	struct item item = tagged_item(n, 1, 1, NULL);

	item.fetched_s = fetched_s;
	CHECK(outbox_put(outbox, &item, NULL, NULL) == 0 && outbox_commit(outbox, NULL) == 0);
}

/* Since when something is lost; -1: nothing is. */
static int64_t
lost_since(struct outbox *outbox)
{
	SCOPED(arena_free) struct arena *arena = arena_new(65536);
	SCOPED(buf_done) struct buf hint = buf_init(4096);
	struct loss loss = {.since_s = 0};

	if (!amends_hint(outbox, &hint))
		return -1;
	CHECK(loss_get(buf_bytes(&hint), arena, &loss));
	return loss.since_s;
}

static void
asks_for_what_was_fetched_since_the_oldest_of_the_newest_that_are_left(void)
{
	SCOPED(buf_done) struct buf copy = buf_init(1 << 20);
	struct outbox *outbox;

	folder = folder_make();
	outbox = opened();
	put(outbox, 1, 5000);
	put(outbox, 2, 4000);
	CHECK(lost_since(outbox) == -1);
	outbox_close(outbox);
	CHECK(file_read(folder_file(&folder, "outbox.db"), &copy, NULL) == 0);
	outbox = opened();
	put(outbox, 3, 6000);
	outbox_close(outbox);
	/* An older copy: the third is gone. */
	CHECK(file_replace(folder_file(&folder, "outbox.db"), buf_bytes(&copy), NULL) == 0);
	outbox = opened();
	CHECK(lost_since(outbox) == 4000);
	/* What comes then, and another life, change nothing of it. */
	put(outbox, 4, 1000);
	outbox_close(outbox);
	outbox = opened();
	CHECK(lost_since(outbox) == 4000);
	outbox_close(outbox);
	/* Of an outbox that is gone altogether nothing is known. */
	CHECK(unlink(folder_file(&folder, "outbox.db")) == 0);
	outbox = opened();
	CHECK(lost_since(outbox) == 0);
	outbox_close(outbox);
	folder_drop(&folder);
}

int
main(void)
{
	RUN(asks_for_what_was_fetched_since_the_oldest_of_the_newest_that_are_left);
	return check_done();
}
