#include "sink/dedupe.h"
#include "tests/unit/check.h"
#include "tests/unit/folder.h"

enum { SEQS = 8, STEPS = 20000 };

static char path[1024];

static struct db *
db_new(void)
{
	static const char *const migrations[] = {DEDUPE_SCHEMA, NULL};
	const struct db_options options = {.migrations = migrations};
	struct err err = {.text = ""};
	struct db *db = db_open(path, &options, &err);

	if (!db)
		(void)printf("# %s\n", err.text);
	return db;
}

static const char *
hex(char out[33], unsigned digits, unsigned n)
{
	(void)snprintf(out, 33, "%0*x", (int)digits, n);
	return out;
}

static enum dedupe_verdict
offer(struct db *db, unsigned id, unsigned rev, uint64_t seq)
{
	enum dedupe_verdict verdict = DEDUPE_SKIP;
	struct err err = {.text = ""};
	char id_hex[33], rev_hex[33];

	CHECK(dedupe_offer(db, hex(id_hex, 32, id), hex(rev_hex, 16, rev), seq, &verdict, &err) ==
	      0);
	return verdict;
}

static void
takes_each_revision_once_and_the_newest_wins(void)
{
	struct db *db = db_new();

	CHECK(offer(db, 1, 1, 10) == DEDUPE_NEW);
	CHECK(offer(db, 1, 1, 10) == DEDUPE_SKIP);    /* delivered again */
	CHECK(offer(db, 1, 1, 12) == DEDUPE_SKIP);    /* fetched again, the same */
	CHECK(offer(db, 1, 2, 11) == DEDUPE_SKIP);    /* older than that fetch, late */
	CHECK(offer(db, 1, 2, 12) == DEDUPE_SKIP);    /* of the same document: the first stays */
	CHECK(offer(db, 1, 2, 13) == DEDUPE_CHANGED); /* newer */
	CHECK(offer(db, 1, 1, 12) == DEDUPE_SKIP);    /* the one before, delivered again */
	CHECK(offer(db, 1, 1, 14) == DEDUPE_CHANGED); /* the publisher took the change back */
	CHECK(offer(db, 2, 1, 1) == DEDUPE_NEW);
	db_close(db);
}

static void
remembers_with_the_commit_and_only_with_it(void)
{
	struct err err;
	struct db *db = db_new();

	CHECK(offer(db, 100, 1, 1) == DEDUPE_NEW);
	CHECK(db_commit(db, &err) == 0);
	CHECK(offer(db, 101, 1, 1) == DEDUPE_NEW);
	db_rollback(db);
	CHECK(offer(db, 101, 1, 1) == DEDUPE_NEW);
	db_close(db); /* in the midst of a transaction, as a crash does */
	db = db_new();
	CHECK(offer(db, 100, 1, 1) == DEDUPE_SKIP);
	CHECK(offer(db, 101, 1, 1) == DEDUPE_NEW);
	db_close(db);
}

static void
a_revision_that_was_found_is_skipped_until_a_newer_one_comes(void)
{
	struct err err;
	struct db *db = db_new();
	char id[33], rev[33];

	CHECK(dedupe_found(db, hex(id, 32, 200), hex(rev, 16, 1), 5, &err) == 0);
	CHECK(offer(db, 200, 1, 5) == DEDUPE_SKIP);
	CHECK(offer(db, 200, 2, 4) == DEDUPE_SKIP);
	CHECK(offer(db, 200, 2, 6) == DEDUPE_CHANGED);
	/* Found without a sequence: what was known of it stays. */
	CHECK(dedupe_found(db, hex(id, 32, 200), hex(rev, 16, 3), 0, &err) == 0);
	CHECK(offer(db, 200, 1, 5) == DEDUPE_SKIP);
	CHECK(offer(db, 200, 3, 7) == DEDUPE_SKIP);
	CHECK(offer(db, 200, 4, 8) == DEDUPE_CHANGED);
	db_close(db);
}

static void
refuses_an_item_without_id_or_revision(void)
{
	enum dedupe_verdict verdict = DEDUPE_CHANGED;
	struct err err = {.kind = ERR_NONE};
	struct db *db = db_new();
	char longer[66];

	memset(longer, 'a', 65);
	longer[65] = '\0';
	CHECK(dedupe_offer(db, NULL, "0a", 1, &verdict, &err) == -1 && err.kind == ERR_REJECT);
	CHECK(dedupe_offer(db, "0a", NULL, 1, &verdict, &err) == -1 && err.kind == ERR_REJECT);
	CHECK(dedupe_offer(db, "", "0a", 1, &verdict, &err) == -1 && err.kind == ERR_REJECT);
	CHECK(dedupe_offer(db, longer, "0a", 1, &verdict, &err) == -1 && err.kind == ERR_REJECT);
	CHECK(verdict == DEDUPE_CHANGED);
	/* Ids of another maker, which are no hex, are as good. */
	CHECK(dedupe_offer(db, "urn:x", "v1", 1, &verdict, &err) == 0 && verdict == DEDUPE_NEW);
	CHECK(dedupe_offer(db, "urn:y", "v1", 1, &verdict, &err) == 0 && verdict == DEDUPE_NEW);
	CHECK(dedupe_offer(db, "urn:x", "v1", 1, &verdict, &err) == 0 && verdict == DEDUPE_SKIP);
	CHECK(dedupe_offer(db, "urn:x", "v2", 2, &verdict, &err) == 0 && verdict == DEDUPE_CHANGED);
	db_close(db);
}

/* Whatever the order and however often: what is taken last is the newest of what was offered. */
static void
ends_with_the_newest_in_any_order(void)
{
	struct db *db = db_new();
	unsigned state = 1;
	struct {
		uint64_t seq;
		unsigned rev;
		bool there;
	} taken[8] = {{0}};
	uint64_t best[8] = {0};

	for (int step = 0; step < STEPS; step++) {
		unsigned id, rev;
		uint64_t seq;

		state = state * 1103515245U + 12345U;
		id = (state >> 16) % 8;
		seq = 1 + (uint64_t)step / 2500 + (state >> 20) % SEQS;
		rev = (unsigned)seq / 3; /* a function of the fetch, as in a feed */
		if (seq > best[id])
			best[id] = seq;
		if (offer(db, 300 + id, rev, seq) == DEDUPE_SKIP)
			continue;
		CHECK(!taken[id].there || (seq > taken[id].seq && rev != taken[id].rev));
		taken[id].there = true;
		taken[id].seq = seq;
		taken[id].rev = rev;
	}
	for (unsigned id = 0; id < 8; id++)
		CHECK(taken[id].rev == (unsigned)best[id] / 3);
	db_close(db);
}

int
main(void)
{
	const struct folder folder = folder_make();

	(void)snprintf(path, sizeof(path), "%s/x.db", folder.path);
	RUN(takes_each_revision_once_and_the_newest_wins);
	RUN(remembers_with_the_commit_and_only_with_it);
	RUN(a_revision_that_was_found_is_skipped_until_a_newer_one_comes);
	RUN(refuses_an_item_without_id_or_revision);
	RUN(ends_with_the_newest_in_any_order);
	folder_drop(&folder);
	return check_done();
}
