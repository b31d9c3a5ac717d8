#include "classifier/firingbook.h"

#include <stdlib.h>
#include <string.h>

#include "classifier/firing.h"
#include "common/arena.h"

enum { ARENA_BYTES_MAX = 512 * 1024 * 1024 };

/* A line with a count that is not 0. */
struct entry {
	const char *tag, *list, *rule;
	uint64_t items;
	bool written; /* so in the database */
};

struct firingbook {
	struct db *db;
	struct arena *arena;   /* of the texts */
	struct entry *entries; /* sorted */
	size_t count, cap;
	int64_t since_s;
	uint64_t items;   /* of which the tagger's count */
	uint64_t written; /* items on the disk, or in this turn's transaction */
};

static int
by_line(const void *a, const void *b)
{
	const struct entry *left = a, *right = b;
	int order = strcmp(left->tag, right->tag);

	if (order == 0)
		order = strcmp(left->list, right->list);
	return order ? order : strcmp(left->rule, right->rule);
}

static struct entry *
find(const struct firingbook *book, const struct firing *firing)
{
	const struct entry wanted = {
		.tag = firing->tag, .list = firing->list, .rule = firing->rule};

	if (book->count == 0)
		return NULL;
	return bsearch(&wanted, book->entries, book->count, sizeof(wanted), by_line);
}

static int
add(struct firingbook *book, const struct entry *entry, struct err *err)
{
	const size_t cap = book->cap ? book->cap * 2 : 256;
	struct entry *grown;

	if (book->count == book->cap) {
		grown = reallocarray(book->entries, cap, sizeof(*grown));
		if (!grown)
			return err_sys(err, "counts of the rules");
		book->entries = grown;
		book->cap = cap;
	}
	grown = &book->entries[book->count];
	*grown = *entry;
	grown->tag = arena_strdup(book->arena, entry->tag);
	grown->list = arena_strdup(book->arena, entry->list);
	grown->rule = arena_strdup(book->arena, entry->rule);
	if (arena_failed(book->arena, err) < 0)
		return -1;
	book->count++;
	return 0;
}

/* The database. */

static int
read_since(struct firingbook *book, struct err *err)
{
	struct db_stmt *stmt = db_stmt(book->db, "SELECT at_s, items FROM firings_since", err);
	const int got = stmt ? db_step(stmt, err) : -1;

	if (got == 1) {
		book->since_s = db_col_int(stmt, 0);
		book->items = book->written = (uint64_t)db_col_int(stmt, 1);
		db_reset(stmt);
	}
	return got < 0 ? -1 : 0;
}

static int
read_entries(struct firingbook *book, struct err *err)
{
	struct db_stmt *stmt = db_stmt(book->db, "SELECT tag, list, rule, items FROM firings", err);
	int got = stmt ? 0 : -1;

	while (stmt && (got = db_step(stmt, err)) == 1) {
		const struct entry entry = {.tag = db_col_text(stmt, 0),
					    .list = db_col_text(stmt, 1),
					    .rule = db_col_text(stmt, 2),
					    .items = (uint64_t)db_col_int(stmt, 3),
					    .written = true};

		if (add(book, &entry, err) < 0) {
			db_reset(stmt);
			return -1;
		}
	}
	if (got < 0)
		return -1;
	if (book->count > 1)
		qsort(book->entries, book->count, sizeof(*book->entries), by_line);
	return 0;
}

struct firingbook *
firingbook_open(struct db *db, int64_t now_s, struct err *err)
{
	SCOPED(firingbook_close) struct firingbook *book = calloc(1, sizeof(*book));

	if (book) {
		book->db = db;
		book->since_s = now_s;
		book->arena = arena_new(ARENA_BYTES_MAX);
	}
	if (!book || !book->arena) {
		(void)err_sys(err, "counts of the rules");
		return NULL;
	}
	if (read_since(book, err) < 0 || read_entries(book, err) < 0)
		return NULL;
	return TAKE(book);
}

void
firingbook_close(struct firingbook *book)
{
	if (!book)
		return;
	arena_free(book->arena);
	free(book->entries);
	free(book);
}

int64_t
firingbook_since_s(const struct firingbook *book)
{
	return book->since_s;
}

/* From tagger to tagger. */

struct taking {
	struct firingbook *book;
	size_t known; /* entries that are sorted; those behind are new */
	struct err *err;
	bool failed;
};

static void
take_line(void *arg, const struct firing *firing)
{
	struct taking *taking = arg;
	struct firingbook *book = taking->book;
	const size_t count = book->count;
	const struct entry fresh = {firing->tag, firing->list, firing->rule, firing->items, false};
	struct entry *known;

	if (firing->items == 0 || taking->failed)
		return;
	book->count = taking->known;
	known = find(book, firing);
	book->count = count;
	if (!known) {
		taking->failed = add(book, &fresh, taking->err) < 0;
	} else if (known->items != firing->items) {
		known->items = firing->items;
		known->written = false;
	}
}

int
firingbook_take(struct firingbook *book, const struct rules *rules, const struct tagger *tagger,
		struct err *err)
{
	struct taking taking = {.book = book, .known = book->count, .err = err};
	size_t kept = 0;

	firing_each(rules, tagger, take_line, &taking);
	if (book->count > taking.known)
		qsort(book->entries, book->count, sizeof(*book->entries), by_line);
	/* Two files may have the same line: it is one here. */
	for (size_t i = 1; i < book->count; i++)
		if (by_line(&book->entries[kept], &book->entries[i]) != 0)
			book->entries[++kept] = book->entries[i];
	book->count = book->count > 0 ? kept + 1 : 0;
	if (taking.failed)
		return -1;
	book->items = tagger_items(tagger);
	return 0;
}

struct giving {
	const struct firingbook *book;
	struct tagger *tagger;
};

static void
give_line(void *arg, const struct firing *firing)
{
	const struct giving *giving = arg;
	const struct entry *known = find(giving->book, firing);

	if (known && firing->is_phrase)
		tagger_carry_phrase(giving->tagger, firing->number, known->items);
	else if (known)
		tagger_carry_publisher(giving->tagger, firing->number, known->items);
}

void
firingbook_give(const struct firingbook *book, const struct rules *rules, struct tagger *tagger)
{
	struct giving giving = {book, tagger};

	tagger_carry(tagger, book->items);
	firing_each(rules, tagger, give_line, &giving);
}

/* Saving. */

bool
firingbook_is_dirty(const struct firingbook *book, const struct tagger *tagger)
{
	return tagger_items(tagger) != book->written;
}

static int
write_since(struct firingbook *book, struct err *err)
{
	struct db_stmt *stmt =
		db_stmt(book->db,
			"INSERT INTO firings_since(one, at_s, items) VALUES(1, ?1, ?2)"
			" ON CONFLICT(one) DO UPDATE SET at_s = ?1, items = ?2",
			err);

	if (!stmt)
		return -1;
	db_int(stmt, 1, book->since_s);
	db_int(stmt, 2, (int64_t)book->items);
	return db_run(stmt, err);
}

static int
write_entry(struct firingbook *book, const struct entry *entry, struct err *err)
{
	struct db_stmt *stmt =
		db_stmt(book->db,
			"INSERT INTO firings(tag, list, rule, items) VALUES(?1, ?2, ?3, ?4)"
			" ON CONFLICT(tag, list, rule) DO UPDATE SET items = ?4",
			err);

	if (!stmt)
		return -1;
	db_text(stmt, 1, entry->tag);
	db_text(stmt, 2, entry->list);
	db_text(stmt, 3, entry->rule);
	db_int(stmt, 4, (int64_t)entry->items);
	return db_run(stmt, err);
}

int
firingbook_save(struct firingbook *book, const struct rules *rules, const struct tagger *tagger,
		struct err *err)
{
	if (!firingbook_is_dirty(book, tagger))
		return 0;
	if (firingbook_take(book, rules, tagger, err) < 0 || db_begin(book->db, err) < 0 ||
	    write_since(book, err) < 0)
		return -1;
	for (size_t i = 0; i < book->count; i++) {
		if (book->entries[i].written)
			continue;
		if (write_entry(book, &book->entries[i], err) < 0)
			return -1;
		book->entries[i].written = true;
	}
	book->written = book->items;
	return 0;
}

void
firingbook_rollback(struct firingbook *book)
{
	for (size_t i = 0; i < book->count; i++)
		book->entries[i].written = false;
	book->written = UINT64_MAX;
}
