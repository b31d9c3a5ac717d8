#include <signal.h>
#include <sys/resource.h>

#include "common/db.h"
#include "sink/sinks.h"
#include "sink/sqlite_schema.h"
#include "tests/unit/check.h"
#include "tests/unit/fakehost.h"
#include "tests/unit/killing.h"

/* What another program sees: the first column of the query's first row as text. */
static const char *
seen(const struct fm_sink *host, const char *query)
{
	static char answer[1024];
	const struct db_options options = {.shared_read = true};
	char path[128];
	struct err err = {.text = ""};
	struct db *db;
	struct db_stmt *stmt;

	(void)snprintf(path, sizeof(path), "%s/items.db", host->dir);
	(void)snprintf(answer, sizeof(answer), "(none)");
	db = db_open(path, &options, &err);
	stmt = db ? db_stmt(db, query, &err) : NULL;
	if (stmt && db_step(stmt, &err) == 1) {
		const char *text = db_col_text(stmt, 0);

		(void)snprintf(answer, sizeof(answer), "%s", text ? text : "(null)");
		db_reset(stmt);
	} else if (err.text[0]) {
		(void)snprintf(answer, sizeof(answer), "%s", err.text);
	}
	db_close(db);
	return answer;
}

/* And does. */
static void
done_by_another(const struct fm_sink *host, const char *sql)
{
	char command[512];

	(void)snprintf(command, sizeof(command), "%s/items.db", host->dir);
	struct err err = {.text = ""};
	struct dbconn *conn = dbconn_open(command, false, &err);
	CHECK(conn && dbconn_exec(conn, sql, &err) == 0);
	if (err.text[0])
		(void)printf("# %s\n", err.text);
	dbconn_close(conn);
}

static void
put(struct fm_sink *host, struct fm_item *item)
{
	CHECK(host->ops->put(host, host->self, fake_ready(item)) == FM_OK);
	if (host->reason[0])
		(void)printf("# %s\n", host->reason);
	fake_item_free(item);
}

static struct fm_item *
whole_item(void)
{
	static const struct item_author authors[] = {{.name = "Ada Lovelace", .email = "ada@x.org"},
						     {.url = "https://x.org/anon"},
						     {.name = "Charles \"B\" Babbage"}};
	static const char *const categories[] = {"Engines", "History"};
	static const struct item_enclosure enclosures[] = {
		{.url = "https://x.org/a.mp3", .type = "audio/mpeg", .length_bytes = 123}};
	static const struct item_why why[] = {
		{.rule = "ring*", .field = "title", .text = "ring", .at = 2}};
	static const struct item_tag tags[] = {
		{.tag = "wearables", .score = 7.5, .why = why, .why_count = 1},
		{.tag = "llms", .score = 2, .why = NULL, .why_count = 0}};
	struct fm_item *item = fake_item(1, 1, 10);

	item->item.guid = "tag:x.org,2024:1";
	item->item.url = "https://x.org/1";
	item->item.title = "A ring's t\xc3\xadtle";
	item->item.summary = "<p>Short &amp; safe</p>";
	item->item.content = "<p>Long <b>bold</b></p><p>wearing</p>";
	item->item.authors = authors;
	item->item.author_count = 3;
	item->item.published_s = 1709208000;
	item->item.fetched_s = 1709211600;
	item->item.categories = categories;
	item->item.category_count = 2;
	item->item.language = "en";
	item->item.enclosures = enclosures;
	item->item.enclosure_count = 1;
	item->item.feed.id = "f1";
	item->item.feed.url = "https://x.org/feed";
	item->item.feed.title = "X";
	item->item.tags = tags;
	item->item.tag_count = 2;
	return item;
}

static void
writes_what_people_ask_for(void)
{
	static const char *const wanted[][2] = {
		{"SELECT count(*) FROM items", "1"},
		{"SELECT id FROM items", "00000000000000000000000000000001"},
		{"SELECT rev || ' ' || (seq / 65536) FROM items", "0000000000000001 10"},
		{"SELECT time FROM items", "2024-02-29T12:00:00Z"},
		{"SELECT updated FROM items", "(null)"},
		{"SELECT fetched FROM items", "2024-02-29T13:00:00Z"},
		{"SELECT strftime('%Y-%m', time) FROM items", "2024-02"},
		{"SELECT title FROM items", "A ring's t\xc3\xadtle"},
		{"SELECT author FROM items", "Ada Lovelace, Charles \"B\" Babbage"},
		{"SELECT authors ->> '$[0].email' FROM items", "ada@x.org"},
		{"SELECT categories ->> '$[1]' FROM items", "History"},
		{"SELECT enclosures ->> '$[0].length' FROM items", "123"},
		{"SELECT content FROM items", "<p>Long <b>bold</b></p><p>wearing</p>"},
		{"SELECT content_text FROM items", "Long bold\nwearing"},
		{"SELECT summary_text FROM items", "Short & safe"},
		{"SELECT image FROM items", "(null)"},
		{"SELECT feed_title || ' ' || feed_url || ' ' || feed_id FROM items",
		 "X https://x.org/feed f1"},
		{"SELECT group_concat(tag || ' ' || score) FROM item_tags ORDER BY tag",
		 "llms 2.0,wearables 7.5"},
		{"SELECT why ->> '$[0].rule' FROM item_tags WHERE tag = 'wearables'", "ring*"},
		{"SELECT title FROM tagged WHERE tag = 'wearables'", "A ring's t\xc3\xadtle"},
		{"SELECT i.url FROM items_fts f JOIN items i ON i.n = f.rowid"
		 " WHERE items_fts MATCH 'title: title AND content: wearing'",
		 "https://x.org/1"},
		{"SELECT snippet(items_fts, 2, '[', ']', '', 8) FROM items_fts"
		 " WHERE items_fts MATCH 'bold'",
		 "Long [bold]\nwearing"},
		{"SELECT count(*) FROM items_fts WHERE items_fts MATCH 'b'", "0"}, /* no tags */
	};
	struct fm_sink *host = fake_new(&sink_sqlite, NULL, NULL);

	CHECK(fake_open(host) == FM_OK);
	put(host, whole_item());
	CHECK(fake_commit(host) == FM_OK);
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		CHECK_STR(seen(host, wanted[i][0]), wanted[i][1]);
	fake_done(host);
}

static void
an_item_without_anything_is_a_row_without_anything(void)
{
	struct fm_sink *host = fake_new(&sink_sqlite, NULL, NULL);

	CHECK(fake_open(host) == FM_OK);
	put(host, fake_item(1, 1, 1));
	CHECK(fake_commit(host) == FM_OK);
	CHECK_STR(seen(host, "SELECT count(*) FROM items WHERE time IS NULL AND title IS NULL AND"
			     " author IS NULL AND authors IS NULL AND content_text IS NULL"),
		  "1");
	CHECK_STR(seen(host, "SELECT count(*) FROM item_tags"), "0");
	fake_done(host);
}

static void
the_newest_revision_replaces_and_an_older_one_does_not(void)
{
	struct fm_sink *host = fake_new(&sink_sqlite, NULL, NULL);
	struct fm_item *newer = fake_item(1, 2, 20), *late = fake_item(1, 3, 15);

	CHECK(fake_open(host) == FM_OK);
	put(host, whole_item());
	newer->item.title = "second";
	put(host, newer);
	late->item.title = "late";
	put(host, late);
	put(host, whole_item());
	CHECK(fake_commit(host) == FM_OK);
	CHECK_STR(seen(host, "SELECT group_concat(title || (seq / 65536)) FROM items"), "second20");
	/* What the newer one does not have is gone, in every table. */
	CHECK_STR(seen(host, "SELECT count(url) FROM items"), "0");
	CHECK_STR(seen(host, "SELECT count(*) FROM item_tags"), "0");
	CHECK_STR(seen(host, "SELECT count(*) FROM items_fts WHERE items_fts MATCH 'bold'"), "0");
	CHECK_STR(seen(host, "SELECT count(*) FROM items_fts WHERE items_fts MATCH 'second'"), "1");
	done_by_another(host,
			"INSERT INTO items_fts(items_fts, rank) VALUES('integrity-check', 1)");
	fake_done(host);
}

/* Item n, which is the rank-th of the story (NULL: of none). */
static void
put_of_story(struct fm_sink *host, uint64_t n, const char *story, uint64_t rank)
{
	static char titles[8][16];
	struct fm_item *item = fake_item(n, 1, n);

	(void)snprintf(titles[n % 8], sizeof(titles[0]), "title %u", (unsigned)n);
	item->item.title = item->item.feed.title = titles[n % 8];
	item->item.story = story;
	item->item.story_rank = rank;
	put(host, item);
}

static void
put_with_title(struct fm_sink *host, uint64_t n, const char *title)
{
	struct fm_item *item = fake_item(n, 1, 30 + n);

	item->item.title = title;
	put(host, item);
}

static void
a_story_of_several_feeds_is_a_row_with_its_sources(void)
{
	static const char one[] = "00000000000000000000000000000001";
	static const char three[] = "00000000000000000000000000000003";
	struct fm_sink *host = fake_new(&sink_sqlite, NULL, NULL);

	CHECK(fake_open(host) == FM_OK);
	put_of_story(host, 2, one, 2); /* a sink may get the second first */
	put_of_story(host, 1, one, 1);
	put_of_story(host, 3, three, 1);
	put_of_story(host, 4, NULL, 0);
	put_of_story(host, 5, NULL, 0);
	CHECK(fake_commit(host) == FM_OK);
	CHECK_STR(
		seen(host, "SELECT story || ' ' || story_rank FROM items WHERE title = 'title 2'"),
		"00000000000000000000000000000001 2");
	CHECK_STR(seen(host, "SELECT group_concat(title || '=' || items, ', ') FROM"
			     " (SELECT * FROM stories ORDER BY title)"),
		  "title 1=2, title 3=1, title 4=1, title 5=1");
	CHECK_STR(seen(host, "SELECT group_concat(s.value ->> 'feed_title', ', ') FROM stories,"
			     " json_each(sources) AS s WHERE items > 1"),
		  "title 1, title 2");
	/* One that comes later is one source more; the story without its first is still one. */
	put_of_story(host, 6, one, 3);
	CHECK(fake_commit(host) == FM_OK);
	CHECK_STR(seen(host, "SELECT title || '=' || items FROM stories WHERE items > 1"),
		  "title 1=3");
	done_by_another(host, "DELETE FROM items WHERE title = 'title 1'");
	CHECK_STR(seen(host, "SELECT title || '=' || items || story FROM stories WHERE items > 1"),
		  "title 2=200000000000000000000000000000001");
	fake_done(host);
}

static void
a_database_of_before_there_were_stories_is_taken_up(void)
{
	const char *const before[] = {sqlite_migrations[0], NULL};
	const struct db_options options = {.migrations = before};
	struct fm_sink *host = fake_new(&sink_sqlite, NULL, NULL);
	struct err err = {.text = ""};
	char path[128];
	struct db *db;

	(void)snprintf(path, sizeof(path), "%s/items.db", host->dir);
	db = db_open(path, &options, &err);
	CHECK(db && db_exec(db, "PRAGMA trusted_schema = ON", &err) == 0);
	CHECK(db && db_exec(db, "INSERT INTO items(id, rev, seq, title) VALUES('a', 'b', 1, 'old')",
			    &err) == 0);
	CHECK(db && db_commit(db, &err) == 0);
	db_close(db);
	CHECK(fake_open(host) == FM_OK);
	put_of_story(host, 1, "00000000000000000000000000000001", 1);
	CHECK(fake_commit(host) == FM_OK);
	CHECK_STR(seen(host, "SELECT group_concat(story || title, ' ') FROM"
			     " (SELECT * FROM stories ORDER BY title)"),
		  "aold 00000000000000000000000000000001title 1");
	fake_done(host);
}

/* As it lies there from before version 3, whose triggers wrote the index. */
static void
a_database_whose_index_was_written_by_triggers_goes_on(void)
{
	const char *const before[] = {sqlite_migrations[0], sqlite_migrations[1], NULL};
	const struct db_options options = {.migrations = before};
	struct fm_sink *host = fake_new(&sink_sqlite, NULL, NULL);
	struct err err = {.text = ""};
	char path[128];
	struct db *db;

	(void)snprintf(path, sizeof(path), "%s/items.db", host->dir);
	db = db_open(path, &options, &err);
	CHECK(db && db_exec(db, "PRAGMA trusted_schema = ON", &err) == 0);
	CHECK(db && db_exec(db,
			    "INSERT INTO items(id, rev, seq, title) VALUES"
			    "('a', 'b', 1, 'old one'), ('c', 'd', 2, 'old two')",
			    &err) == 0);
	db_close(db);
	CHECK(fake_open(host) == FM_OK);
	put(host, whole_item());
	CHECK(fake_commit(host) == FM_OK);
	done_by_another(host, "DELETE FROM items WHERE id = 'a'");
	CHECK_STR(seen(host, "SELECT group_concat(i.title) FROM items_fts f JOIN items i"
			     " ON i.n = f.rowid WHERE items_fts MATCH 'old OR bold'"),
		  "old two,A ring's t\xc3\xadtle");
	done_by_another(host,
			"INSERT INTO items_fts(items_fts, rank) VALUES('integrity-check', 1)");
	fake_done(host);
}

static void
search_finds_all_of_a_batch_and_nothing_of_one_that_was_rolled_back(void)
{
	struct fm_sink *host = fake_new(&sink_sqlite, NULL, NULL);
	struct fm_item *newer = fake_item(1, 2, 20), *unnamed = fake_item(0, 1, 9);
	char word[32];

	CHECK(fake_open(host) == FM_OK);
	put(host, whole_item());
	CHECK(fake_commit(host) == FM_OK);
	/* An item of before is changed, one is new, one is new and changed again: in one batch. */
	newer->item.title = "changed";
	put(host, newer);
	for (uint64_t rev = 1; rev <= 2; rev++) {
		struct fm_item *item = fake_item(2, rev, 20 + rev);

		(void)snprintf(word, sizeof(word), "two%u", (unsigned)rev);
		item->item.title = word;
		put(host, item);
	}
	CHECK(fake_commit(host) == FM_OK);
	CHECK_STR(seen(host, "SELECT group_concat(rowid) FROM items_fts"
			     " WHERE items_fts MATCH 'changed OR two2'"),
		  "1,2");
	CHECK_STR(seen(host, "SELECT count(*) FROM items_fts"
			     " WHERE items_fts MATCH 'bold OR two1'"),
		  "0");
	/* One that cannot be taken takes its batch with it, which comes again without it. */
	unnamed->item.id = "";
	put_with_title(host, 3, "third");
	CHECK(host->ops->put(host, host->self, fake_ready(unnamed)) == FM_REJECT);
	fake_item_free(unnamed);
	CHECK(fake_commit(host) == FM_RETRY);
	CHECK_STR(seen(host, "SELECT count(*) FROM items_fts WHERE items_fts MATCH 'third'"), "0");
	put_with_title(host, 3, "third");
	CHECK(fake_commit(host) == FM_OK);
	CHECK_STR(seen(host, "SELECT group_concat(rowid) FROM items_fts"
			     " WHERE items_fts MATCH 'third'"),
		  "3");
	done_by_another(host,
			"INSERT INTO items_fts(items_fts, rank) VALUES('integrity-check', 1)");
	fake_done(host);
}

/* The index takes rows in behind its last: also where those at the end are gone. */
static void
search_goes_on_behind_rows_that_people_deleted_or_put_in(void)
{
	struct fm_sink *host = fake_new(&sink_sqlite, NULL, NULL);

	CHECK(fake_open(host) == FM_OK);
	put_with_title(host, 1, "first");
	put_with_title(host, 2, "second");
	CHECK(fake_commit(host) == FM_OK);
	done_by_another(host, "DELETE FROM items WHERE title = 'second'");
	put_with_title(host, 3, "third");
	CHECK(fake_commit(host) == FM_OK);
	done_by_another(host, "INSERT INTO items(id, rev, seq, title) VALUES"
			      "('x', 'x', 1, 'foreign'), ('y', 'y', 1, 'fleeting')");
	/* Not taken in yet, and so not taken out. */
	done_by_another(host, "DELETE FROM items WHERE id = 'y'");
	put_with_title(host, 4, "fourth");
	CHECK(fake_commit(host) == FM_OK);
	CHECK_STR(seen(host, "SELECT group_concat(i.title) FROM items_fts f JOIN items i"
			     " ON i.n = f.rowid WHERE items_fts MATCH"
			     " 'first OR second OR third OR foreign OR fleeting OR fourth'"),
		  "first,third,foreign,fourth");
	done_by_another(host,
			"INSERT INTO items_fts(items_fts, rank) VALUES('integrity-check', 1)");
	fake_done(host);
}

static void
readers_see_whole_batches_only(void)
{
	struct fm_sink *host = fake_new(&sink_sqlite, NULL, NULL);

	CHECK(fake_open(host) == FM_OK);
	put(host, fake_item(1, 1, 1));
	CHECK(fake_commit(host) == FM_OK);
	put(host, fake_item(2, 1, 2));
	CHECK_STR(seen(host, "SELECT count(*) FROM items"), "1");
	CHECK(fake_commit(host) == FM_OK);
	CHECK_STR(seen(host, "SELECT count(*) FROM items"), "2");
	fake_done(host);
}

static void
what_people_delete_is_gone_from_search_and_stays_gone(void)
{
	struct fm_sink *host = fake_new(&sink_sqlite, NULL, NULL);

	CHECK(fake_open(host) == FM_OK);
	put(host, whole_item());
	CHECK(fake_commit(host) == FM_OK);
	done_by_another(host, "DELETE FROM items WHERE time < '2025'");
	CHECK_STR(seen(host, "SELECT count(*) FROM item_tags"), "0");
	CHECK_STR(seen(host, "SELECT count(*) FROM items_fts WHERE items_fts MATCH 'bold'"), "0");
	put(host, whole_item()); /* delivered again */
	CHECK(fake_commit(host) == FM_OK);
	CHECK_STR(seen(host, "SELECT count(*) FROM items"), "0");
	fake_done(host);
}

static void
a_full_disk_delays_and_leaves_no_half_item(void)
{
	struct fm_sink *host = fake_new(&sink_sqlite, NULL, NULL);
	static char content[200000];
	struct rlimit unlimited, small;
	size_t retries = 0;

	for (size_t i = 0; i < sizeof(content) - 1; i++)
		content[i] = i % 7 ? (char)('a' + i * i % 26) : ' ';
	CHECK(fake_open(host) == FM_OK);
	for (uint64_t i = 0; i < 20; i++) {
		struct fm_item *item = whole_item();

		(void)snprintf(item->id, sizeof(item->id), "%032llx", (unsigned long long)i);
		item->item.content = content;
		(void)fake_add(host, fake_ready(item));
	}
	host->batch = 4;
	/* No file may grow over 1 MB: as a full disk, but without a disk. */
	(void)signal(SIGXFSZ, SIG_IGN);
	CHECK(getrlimit(RLIMIT_FSIZE, &unlimited) == 0);
	small = unlimited;
	small.rlim_cur = 1000000;
	CHECK(setrlimit(RLIMIT_FSIZE, &small) == 0);
	for (int turn = 0; turn < 20; turn++) {
		fake_put_waiting(host);
		retries += fake_commit(host) == FM_RETRY;
		for (size_t i = 0; i < host->item_count; i++)
			host->items[i]->due_ms = 0;
	}
	CHECK(retries > 0 && host->verdict == FM_OK);
	CHECK(fake_count(host, FAKE_DONE) < 20);
	CHECK(setrlimit(RLIMIT_FSIZE, &unlimited) == 0);
	CHECK(fake_run(host, 20000));
	CHECK(fake_count(host, FAKE_DONE) == 20);
	CHECK_STR(seen(host, "SELECT count(*) FROM items"), "20");
	CHECK_STR(seen(host, "SELECT count(*) FROM item_tags"), "40");
	done_by_another(host,
			"INSERT INTO items_fts(items_fts, rank) VALUES('integrity-check', 1)");
	fake_done(host);
}

static void
a_second_sink_on_the_same_file_is_refused(void)
{
	struct fm_sink *host = fake_new(&sink_sqlite, NULL, NULL);
	struct fm_sink *second = fake_new(&sink_sqlite, NULL, host->dir);

	CHECK(fake_open(host) == FM_OK);
	CHECK(fake_open(second) == FM_FATAL);
	CHECK(strstr(second->reason, "is in use") != NULL);
	fake_free(second);
	fake_done(host);
}

static void
the_path_is_ones_own_to_choose(void)
{
	char path[128];
	const char *const options[][2] = {{"path", path}, {NULL, NULL}};
	struct fm_sink *host = fake_new(&sink_sqlite, options, NULL);

	(void)snprintf(path, sizeof(path), "%s/deep/er/news.sqlite", host->dir);
	CHECK(fake_open(host) == FM_OK);
	CHECK(access(path, R_OK) == 0);
	fake_done(host);
}

static void
killed_at_any_moment_it_has_each_item_once(void)
{
	struct fm_sink *host = fake_new(&sink_sqlite, NULL, NULL);
	char wanted[32];

	killing_run(&sink_sqlite, NULL, host->dir);
	(void)snprintf(wanted, sizeof(wanted), "%d", KILLING_IDS);
	CHECK_STR(seen(host, "SELECT count(*) FROM items"), wanted);
	CHECK_STR(seen(host, "SELECT count(*) FROM latest"), wanted);
	/* The newest of each: of the first ids there are two. */
	(void)snprintf(wanted, sizeof(wanted), "%d", KILLING_ITEMS - KILLING_IDS);
	CHECK_STR(seen(host, "SELECT count(*) FROM items WHERE rev = '0000000000000002' AND"
			     " title = 'item ' || (seq / 65536 - 1)"),
		  wanted);
	(void)snprintf(wanted, sizeof(wanted), "%d", KILLING_IDS);
	CHECK_STR(seen(host, "SELECT count(*) FROM items_fts WHERE items_fts MATCH 'item'"),
		  wanted);
	CHECK_STR(seen(host, "PRAGMA integrity_check"), "ok");
	done_by_another(host,
			"INSERT INTO items_fts(items_fts, rank) VALUES('integrity-check', 1)");
	fake_done(host);
}

int
main(void)
{
	RUN(writes_what_people_ask_for);
	RUN(an_item_without_anything_is_a_row_without_anything);
	RUN(the_newest_revision_replaces_and_an_older_one_does_not);
	RUN(a_story_of_several_feeds_is_a_row_with_its_sources);
	RUN(a_database_of_before_there_were_stories_is_taken_up);
	RUN(a_database_whose_index_was_written_by_triggers_goes_on);
	RUN(search_finds_all_of_a_batch_and_nothing_of_one_that_was_rolled_back);
	RUN(search_goes_on_behind_rows_that_people_deleted_or_put_in);
	RUN(readers_see_whole_batches_only);
	RUN(what_people_delete_is_gone_from_search_and_stays_gone);
	RUN(a_full_disk_delays_and_leaves_no_half_item);
	RUN(a_second_sink_on_the_same_file_is_refused);
	RUN(the_path_is_ones_own_to_choose);
	RUN(killed_at_any_moment_it_has_each_item_once);
	return check_done();
}
