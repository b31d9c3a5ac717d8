#include "fetcher/state.h"
#include "tests/unit/check.h"
#include "tests/unit/folder.h"

static const char id[] = "0123456789abcdef0123456789abcdef";
static struct folder folder;

static struct state *
open_with_a_feed(void)
{
	struct state *s = state_open(folder.path, NULL);

	CHECK(s != NULL);
	CHECK(db_exec(state_db(s),
		      "INSERT INTO feeds(id, url, want_interval_s, want_body_bytes, added_s, due_s)"
		      " VALUES('0123456789abcdef0123456789abcdef', 'http://a/', 7, 8, 1, 9)",
		      NULL) == 0);
	return s;
}

static struct feed
loaded(struct state *s)
{
	struct feed f = {.due_s = 0};

	CHECK(state_load(s, id, &f, NULL) == 1);
	return f;
}

enum { TEXTS = 6, NUMBERS = 16 };

static void
texts_of(struct feed *f, char **out[TEXTS])
{
	char **const texts[] = {&f->target_url,    &f->moved_url,      &f->etag,
				&f->last_modified, &f->validators_url, &f->error};

	memcpy(out, texts, sizeof(texts));
}

static void
numbers_of(struct feed *f, int64_t *out[NUMBERS])
{
	int64_t *const numbers[] = {&f->moved_seen, &f->rejected_s, &f->rejections, &f->quarantined,
				    &f->body_bytes, &f->due_s,      &f->interval_s, &f->failures,
				    &f->status,     &f->polled_s,   &f->ok_s,       &f->changed_s,
				    &f->whole_s,    &f->retired_s,  &f->ttl_s,      &f->newest_s};

	memcpy(out, numbers, sizeof(numbers));
}

/* Each field by itself, so that none is missed when it is the only one that changed. */
static void
remembers_every_field(void)
{
	struct state *s;

	folder = folder_make();
	s = open_with_a_feed();
	for (int i = 0; i < TEXTS; i++) {
		SCOPED(feed_done) struct feed a = loaded(s);
		SCOPED(feed_done) struct feed b = {.due_s = 0};
		char **texts[TEXTS];

		texts_of(&a, texts);
		CHECK(*texts[i] == NULL && feed_set(texts[i], "\"\x01\xff'\"", NULL) == 0);
		CHECK(state_save(s, &a, NULL) == 0);
		b = loaded(s);
		texts_of(&b, texts);
		CHECK_STR(*texts[i], "\"\x01\xff'\"");
	}
	for (int i = 0; i < NUMBERS; i++) {
		SCOPED(feed_done) struct feed a = loaded(s);
		SCOPED(feed_done) struct feed b = {.due_s = 0};
		int64_t *numbers[NUMBERS];

		numbers_of(&a, numbers);
		*numbers[i] = 100 + i;
		CHECK(state_save(s, &a, NULL) == 0);
		b = loaded(s);
		numbers_of(&b, numbers);
		for (int k = 0; k <= i; k++)
			CHECK(*numbers[k] == 100 + k);
	}
	for (int i = 0; i < 5; i++) {
		SCOPED(feed_done) struct feed a = loaded(s);
		SCOPED(feed_done) struct feed b = {.due_s = 0};

		a.digest.set |= i == 0;
		a.digest.bytes[15] = 5;
		a.rejected.set |= i >= 1;
		a.rejected.bytes[15] = i >= 1 ? 6 : 0;
		a.proved = i >= 2;
		a.skip_hours = i >= 3 ? 0xffffff : 0;
		a.skip_days = i >= 4 ? 0x7f : 0;
		CHECK(state_save(s, &a, NULL) == 0);
		b = loaded(s);
		CHECK(b.digest.set && b.digest.bytes[15] == 5);
		CHECK(b.rejected.set == (i >= 1) && b.rejected.bytes[15] == (i >= 1 ? 6 : 0));
		CHECK(b.proved == (i >= 2) && b.skip_hours == (i >= 3 ? 0xffffff : 0));
		CHECK(b.skip_days == (i >= 4 ? 0x7f : 0));
		CHECK_STR(b.url, "http://a/");
		CHECK(b.want_interval_s == 7 && b.want_body_bytes == 8);
	}
	CHECK(state_commit(s, NULL) == 0);
	state_close(s);
	s = state_open(folder.path, NULL);
	{
		SCOPED(feed_done) struct feed f = loaded(s);

		CHECK(f.due_s == 105 && f.skip_days == 0x7f && f.etag);
	}
	state_close(s);
	folder_drop(&folder);
}

/* Text that is emptied, digests that go and texts that only change places are changes, too. */
static void
notices_what_is_taken_back(void)
{
	struct state *s;

	folder = folder_make();
	s = open_with_a_feed();
	for (int i = 0; i < 3; i++) {
		SCOPED(feed_done) struct feed f = loaded(s);

		CHECK(feed_set(&f.etag, i == 0 ? "x" : NULL, NULL) == 0);
		CHECK(feed_set(&f.last_modified, i == 1 ? "x" : NULL, NULL) == 0);
		f.digest = (struct feed_digest){{1}, i < 2};
		CHECK(state_save(s, &f, NULL) == 0);

		SCOPED(feed_done) struct feed back = loaded(s);

		CHECK((back.etag != NULL) == (i == 0) && (back.last_modified != NULL) == (i == 1));
		CHECK(back.digest.set == (i < 2));
	}
	CHECK(state_commit(s, NULL) == 0);
	state_close(s);
	folder_drop(&folder);
}

/* What is behind its back in the row shows what was written. */
static void
writes_times_alone_where_nothing_else_was_learned(void)
{
	SCOPED(feed_done) struct feed f = {.due_s = 0};
	SCOPED(feed_done) struct feed back = {.due_s = 0};
	struct state *s;

	folder = folder_make();
	s = open_with_a_feed();
	f = loaded(s);
	CHECK(db_exec(state_db(s), "UPDATE feeds SET etag = 'behind'", NULL) == 0);
	f.due_s = 50;
	f.polled_s = f.ok_s = 40;
	f.status = 304;
	CHECK(state_save(s, &f, NULL) == 0);
	back = loaded(s);
	CHECK_STR(back.etag, "behind");
	CHECK(back.due_s == 50 && back.polled_s == 40 && back.ok_s == 40 && back.status == 304);
	f.failures = 1;
	CHECK(state_save(s, &f, NULL) == 0);
	feed_done(&back);
	back = loaded(s);
	CHECK(!back.etag && back.failures == 1);
	CHECK(state_commit(s, NULL) == 0);
	state_close(s);
	folder_drop(&folder);
}

/* What changes and changes back while one poll is under way is not taken for unchanged. */
static void
writes_what_has_come_back_to_what_it_was(void)
{
	struct state *s;

	folder = folder_make();
	s = open_with_a_feed();
	for (int rolled_back = 0; rolled_back < 2; rolled_back++) {
		SCOPED(feed_done) struct feed f = loaded(s);
		SCOPED(feed_done) struct feed back = {.due_s = 0};

		CHECK(state_commit(s, NULL) == 0);
		f.ttl_s = 600;
		CHECK(state_save(s, &f, NULL) == 0);
		if (rolled_back)
			state_rollback(s);
		else
			f.ttl_s = 0;
		CHECK(state_save(s, &f, NULL) == 0);
		back = loaded(s);
		CHECK(back.ttl_s == (rolled_back ? 600 : 0));
	}
	CHECK(state_commit(s, NULL) == 0);
	state_close(s);
	folder_drop(&folder);
}

int
main(void)
{
	RUN(remembers_every_field);
	RUN(notices_what_is_taken_back);
	RUN(writes_what_has_come_back_to_what_it_was);
	RUN(writes_times_alone_where_nothing_else_was_learned);
	return check_done();
}
