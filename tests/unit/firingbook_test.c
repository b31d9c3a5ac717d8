#include "classifier/firingbook.h"

#include "classifier/firing.h"
#include "tests/unit/check.h"
#include "tests/unit/folder.h"

static const char *const migrations[] = {FIRINGBOOK_SCHEMA, NULL};
static const char old_text[] = "[tag a]\nany =\n x\n y\nfrom = a.example\n[tag b]\nany = x\n";
/* y is gone, x of a stands elsewhere, and z is new. */
static const char new_text[] = "[tag b]\nany = x\n[tag a]\nfrom = a.example\nany =\n z\n x\n";

static struct folder folder;
static struct arena *arena;

/* The rules, and their tagger. */
struct running {
	struct rules *rules;
	struct tagger *tagger;
};

static struct running
run_rules(const char *text)
{
	struct err err;
	struct running r = {.rules = rules_parse("r", text, strlen(text), &err)};

	r.tagger = r.rules ? tagger_new(r.rules, &err) : NULL;
	if (!r.tagger)
		exit(EXIT_FAILURE);
	return r;
}

static void
stop_rules(struct running *r)
{
	tagger_free(r->tagger);
	rules_free(r->rules);
}

static void
tag(struct running *r, const char *title)
{
	struct item item = item_empty();
	const struct item_tag *tags;
	size_t count;

	item.title = title;
	item.feed.link = "https://a.example/";
	arena_reset(arena);
	CHECK(tagger_run(r->tagger, &item, arena, &tags, &count, NULL) == 0);
}

/* "items: tag.list rule=n ..." */
static void
put_count(void *arg, const struct firing *firing)
{
	const size_t used = strlen(arg);

	(void)snprintf((char *)arg + used, 512 - used, " %s.%s %s=%d", firing->tag, firing->list,
		       firing->rule, (int)firing->items);
}

static const char *
counts(const struct running *r)
{
	static char out[512];

	(void)snprintf(out, sizeof(out), "%d:", (int)tagger_items(r->tagger));
	firing_each(r->rules, r->tagger, put_count, out);
	return out;
}

static struct db *
open_db(void)
{
	static const struct db_options options = {.migrations = migrations};
	struct err err;
	struct db *db = db_open(folder_file(&folder, "counts.db"), &options, &err);

	CHECK(db != NULL);
	return db;
}

static void
counts_go_on_over_reloads_and_restarts(void)
{
	struct db *db = open_db();
	struct firingbook *book = firingbook_open(db, 1000, NULL);
	struct running r = run_rules(old_text), other = run_rules(new_text);

	firingbook_give(book, r.rules, r.tagger);
	CHECK(!firingbook_is_dirty(book, r.tagger));
	tag(&r, "x and y");
	tag(&r, "x");
	CHECK(firingbook_is_dirty(book, r.tagger));
	CHECK_STR(counts(&r), "2: a.any x=2 a.any y=1 b.any x=2 a.from a.example=2");

	/* A reload: nothing is on the disk yet, and nothing is lost. */
	CHECK(firingbook_take(book, r.rules, r.tagger, NULL) == 0);
	firingbook_give(book, other.rules, other.tagger);
	CHECK_STR(counts(&other), "2: b.any x=2 a.any z=0 a.any x=2 a.from a.example=2");
	tag(&other, "z");
	CHECK(firingbook_save(book, other.rules, other.tagger, NULL) == 0);
	CHECK(!firingbook_is_dirty(book, other.tagger));
	CHECK(db_commit(db, NULL) == 0);
	tag(&other, "x"); /* and is not written any more */
	stop_rules(&other);
	stop_rules(&r);
	firingbook_close(book);
	db_close(db);

	/* A restart with the rules of before: y is known again. */
	db = open_db();
	book = firingbook_open(db, 2000, NULL);
	CHECK(book && firingbook_since_s(book) == 1000);
	r = run_rules(old_text);
	firingbook_give(book, r.rules, r.tagger);
	CHECK_STR(counts(&r), "3: a.any x=2 a.any y=1 b.any x=2 a.from a.example=3");
	stop_rules(&r);
	firingbook_close(book);
	db_close(db);
}

static void
a_lost_transaction_is_written_again(void)
{
	struct db *db = open_db();
	struct firingbook *book = firingbook_open(db, 3000, NULL);
	struct running r = run_rules(old_text);

	firingbook_give(book, r.rules, r.tagger);
	tag(&r, "y");
	CHECK(firingbook_save(book, r.rules, r.tagger, NULL) == 0);
	db_rollback(db);
	firingbook_rollback(book);
	CHECK(firingbook_is_dirty(book, r.tagger));
	CHECK(firingbook_save(book, r.rules, r.tagger, NULL) == 0 && db_commit(db, NULL) == 0);
	firingbook_close(book);
	book = firingbook_open(db, 4000, NULL);
	stop_rules(&r);
	r = run_rules(old_text);
	firingbook_give(book, r.rules, r.tagger);
	CHECK_STR(counts(&r), "4: a.any x=2 a.any y=2 b.any x=2 a.from a.example=4");
	stop_rules(&r);
	firingbook_close(book);
	db_close(db);
}

static void
one_line_in_two_files_is_counted_once(void)
{
	struct db *db = open_db();
	struct firingbook *book = firingbook_open(db, 3000, NULL);
	struct running r = run_rules("[tag c]\nany =\n x\n x\n");

	firingbook_give(book, r.rules, r.tagger);
	tag(&r, "x");
	CHECK(firingbook_take(book, r.rules, r.tagger, NULL) == 0);
	stop_rules(&r);
	r = run_rules("[tag c]\nany = x\n");
	firingbook_give(book, r.rules, r.tagger);
	CHECK_STR(counts(&r), "5: c.any x=1");
	stop_rules(&r);
	firingbook_close(book);
	db_close(db);
}

int
main(void)
{
	folder = folder_make();
	arena = arena_new(1024 * 1024);
	RUN(counts_go_on_over_reloads_and_restarts);
	RUN(a_lost_transaction_is_written_again);
	RUN(one_line_in_two_files_is_counted_once);
	arena_free(arena);
	folder_drop(&folder);
	return check_done();
}
