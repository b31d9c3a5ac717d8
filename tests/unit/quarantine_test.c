#include "common/quarantine.h"

#include "common/clock.h"
#include "tests/unit/check.h"
#include "tests/unit/folder.h"

static const char *const migrations[] = {QUARANTINE_SCHEMA, QUARANTINE_ONCE_SCHEMA, NULL};

static struct db *
opened(const struct folder *folder)
{
	struct db *db = db_open(folder_file(folder, "q.db"),
				&(struct db_options){.migrations = migrations}, NULL);

	if (!db)
		exit(EXIT_FAILURE);
	return db;
}

static int64_t
added(struct db *db, const char *reason, struct bytes body)
{
	const struct quarantined row = {.kind = "document",
					.ref = "feed1",
					.stage = "parser@1",
					.reason = reason,
					.attempts = 3,
					.body = body};
	int64_t id = -1;

	CHECK(db_begin(db, NULL) == 0 && quarantine_add(db, &row, &id, NULL) == 0);
	return id;
}

struct seen {
	size_t rows, stop_after;
	int64_t last;
	char reasons[64];
	size_t bodies, body_bytes;
	bool good;
};

static int
look(void *arg, const struct quarantined *row)
{
	struct seen *seen = arg;
	const size_t used = strlen(seen->reasons);

	(void)snprintf(seen->reasons + used, sizeof(seen->reasons) - used, "%s;", row->reason);
	seen->last = row->id;
	seen->bodies += row->body.data != NULL;
	seen->body_bytes += row->body.len;
	seen->good = strcmp(row->kind, "document") == 0 && strcmp(row->ref, "feed1") == 0 &&
		     strcmp(row->stage, "parser@1") == 0 && row->attempts == 3 &&
		     clock_wall_s() - row->at_s < 100;
	return ++seen->rows == seen->stop_after;
}

static void
keeps_a_row_whole_with_its_reason(void)
{
	SCOPED(folder_drop) struct folder folder = folder_make();
	struct db *db = opened(&folder);
	struct seen seen = {0};
	int64_t id = added(db, "neither RSS nor Atom", (struct bytes){"\x81\0\xff", 3});

	CHECK(id > 0 && db_commit(db, NULL) == 0);
	db_close(db);
	db = opened(&folder);
	CHECK(quarantine_count(db) == 1);
	CHECK(quarantine_get(db, id, look, &seen, NULL) == 1);
	CHECK(seen.rows == 1 && seen.good && seen.bodies == 1 && seen.body_bytes == 3);
	CHECK_STR(seen.reasons, "neither RSS nor Atom;");
	CHECK(quarantine_get(db, id + 1, look, &seen, NULL) == 0 && seen.rows == 1);
	db_close(db);
}

static void
lists_page_by_page_without_reading_the_bodies(void)
{
	SCOPED(folder_drop) struct folder folder = folder_make();
	SCOPED(db_close) struct db *db = opened(&folder);
	struct seen seen = {0};

	for (int i = 0; i < 5; i++) {
		const char reason[] = {(char)('a' + i), '\0'};

		(void)added(db, reason, (struct bytes){"12345", (size_t)i});
	}
	CHECK(quarantine_each(db, 0, 2, false, look, &seen, NULL) == 0);
	CHECK_STR(seen.reasons, "a;b;");
	CHECK(seen.bodies == 0 && seen.body_bytes == 1);
	CHECK(quarantine_each(db, seen.last, 100, true, look, &seen, NULL) == 0);
	CHECK_STR(seen.reasons, "a;b;c;d;e;");
	CHECK(seen.bodies == 3 && seen.body_bytes == 10);
	seen = (struct seen){.stop_after = 1};
	CHECK(quarantine_each(db, 0, SIZE_MAX, true, look, &seen, NULL) == 0 && seen.rows == 1);
}

static void
drops_a_row_once(void)
{
	SCOPED(folder_drop) struct folder folder = folder_make();
	SCOPED(db_close) struct db *db = opened(&folder);
	const int64_t id = added(db, "x", (struct bytes){"b", 1});

	CHECK(quarantine_drop(db, id, NULL) == 1 && quarantine_drop(db, id, NULL) == 0);
	CHECK(quarantine_count(db) == 0);
	/* Its number is not given again. */
	CHECK(added(db, "y", (struct bytes){"b", 1}) > id);
}

static int
note_attempts(void *arg, const struct quarantined *row)
{
	*(int64_t *)arg = row->attempts;
	return 0;
}

static void
holds_a_refusal_once_however_often_it_comes(void)
{
	SCOPED(folder_drop) struct folder folder = folder_make();
	SCOPED(db_close) struct db *db = opened(&folder);
	struct quarantined row = {.kind = "item",
				  .ref = "i1",
				  .stage = "sink@a",
				  .reason = "too long",
				  .attempts = 2,
				  .body = {"body", 4}};
	struct seen seen = {0};
	int64_t first, id, attempts = 0;

	CHECK(db_begin(db, NULL) == 0 && quarantine_add(db, &row, &first, NULL) == 0);
	row.attempts = 1;
	row.reason = "longer than 3";
	CHECK(quarantine_add(db, &row, &id, NULL) == 0 && id == first);
	CHECK(quarantine_count(db) == 1);
	CHECK(quarantine_get(db, id, note_attempts, &attempts, NULL) == 1 && attempts == 2);
	CHECK(quarantine_each(db, 0, 9, true, look, &seen, NULL) == 0 && seen.bodies == 1);
	CHECK_STR(seen.reasons, "longer than 3;");
	/* Another sink's, another item's, another revision's are others. */
	row.stage = "sink@b";
	CHECK(quarantine_add(db, &row, &id, NULL) == 0 && id > first);
	row.ref = NULL;
	CHECK(quarantine_add(db, &row, &id, NULL) == 0 && id > first + 1);
	CHECK(quarantine_add(db, &row, &id, NULL) == 0 && quarantine_count(db) == 3);
	row.body = (struct bytes){"bodY", 4};
	CHECK(quarantine_add(db, &row, &id, NULL) == 0 && quarantine_count(db) == 4);
	/* What was dropped may be refused anew. */
	CHECK(quarantine_drop(db, id, NULL) == 1 && quarantine_add(db, &row, &id, NULL) == 0);
	CHECK(quarantine_count(db) == 4);
}

static void
takes_up_what_an_older_version_kept(void)
{
	static const char *const older[] = {QUARANTINE_SCHEMA, NULL};
	SCOPED(folder_drop) struct folder folder = folder_make();
	struct db *db = db_open(folder_file(&folder, "q.db"),
				&(struct db_options){.migrations = older}, NULL);

	if (!db)
		exit(EXIT_FAILURE);
	/* The same one twice: an older version did that. */
	for (int i = 0; i < 2; i++)
		CHECK(db_exec(db,
			      "INSERT INTO quarantine(at_s, kind, ref, stage, reason, attempts, "
			      "crc,"
			      " body) VALUES(1, 'item', 'i1', 'sink@a', 'r', 1, 0, '')",
			      NULL) == 0);
	db_close(db);
	db = opened(&folder);
	CHECK(quarantine_count(db) == 2);
	(void)added(db, "x", (struct bytes){"b", 1});
	CHECK(quarantine_count(db) == 3);
	db_close(db);
}

static void
notices_a_damaged_body(void)
{
	SCOPED(folder_drop) struct folder folder = folder_make();
	SCOPED(db_close) struct db *db = opened(&folder);
	const int64_t id = added(db, "x", (struct bytes){"body", 4});
	struct seen seen = {0};
	struct err err = {.kind = ERR_NONE};

	CHECK(db_exec(db, "UPDATE quarantine SET body = x'626f6478'", NULL) == 0);
	CHECK(quarantine_get(db, id, look, &seen, &err) == -1 && err.kind == ERR_REJECT);
	CHECK_STR(err.text, "quarantine: row 1: checksum wrong (disk corruption?)");
	/* The list goes on. */
	CHECK(quarantine_each(db, 0, 9, true, look, &seen, &err) == 0);
	CHECK(seen.rows == 1 && seen.bodies == 0);
}

int
main(void)
{
	RUN(keeps_a_row_whole_with_its_reason);
	RUN(lists_page_by_page_without_reading_the_bodies);
	RUN(drops_a_row_once);
	RUN(holds_a_refusal_once_however_often_it_comes);
	RUN(takes_up_what_an_older_version_kept);
	RUN(notices_a_damaged_body);
	return check_done();
}
