#include "sink/sqlite_schema.h"

#include <stddef.h>

#include "sink/dedupe.h"

/* The index has a row here for each that it holds. */
#define IS_INDEXED " FROM items_fts_docsize WHERE id = old.n"

/* The rows behind the last that it holds: n grows, but for rows that were deleted from the end. */
const char sqlite_index_new[] = "INSERT INTO items_fts(rowid, title, summary, content)"
				" SELECT n, title, summary_text, content_text FROM items"
				" WHERE n > (SELECT coalesce(max(id), 0) FROM items_fts_docsize)";

const char *const sqlite_migrations[] = {
	DEDUPE_SCHEMA
	/* n is there for items_fts: a rowid that nobody declares may change in a VACUUM. The long
	 * columns come last, so that a scan of the others does not read them. */
	"CREATE TABLE items("
	" n INTEGER PRIMARY KEY,"
	" id TEXT NOT NULL UNIQUE, rev TEXT NOT NULL, seq INTEGER NOT NULL,"
	" time TEXT GENERATED ALWAYS AS (coalesce(published, updated, fetched)) VIRTUAL,"
	" published TEXT, updated TEXT, fetched TEXT,"
	" title TEXT, url TEXT, author TEXT,"
	" feed_id TEXT, feed_title TEXT, feed_url TEXT, feed_link TEXT,"
	" language TEXT, guid TEXT, image TEXT, comments TEXT, rights TEXT,"
	" source_title TEXT, source_url TEXT,"
	" authors TEXT, categories TEXT, enclosures TEXT,"
	" summary TEXT, content TEXT, summary_text TEXT, content_text TEXT);"
	"CREATE INDEX items_time ON items(time);"
	"CREATE INDEX items_feed ON items(feed_id, time);"

	"CREATE TABLE item_tags("
	" item_id TEXT NOT NULL, tag TEXT NOT NULL, score REAL NOT NULL, why TEXT,"
	" PRIMARY KEY(item_id, tag)) WITHOUT ROWID;"
	"CREATE INDEX item_tags_tag ON item_tags(tag);"

	"CREATE VIEW tagged AS"
	" SELECT t.tag, t.score, i.time, i.title, i.url, i.author, i.feed_title, i.summary,"
	" i.content, t.why, i.id"
	" FROM item_tags t JOIN items i ON i.id = t.item_id;"

	"CREATE VIEW items_text AS"
	" SELECT n, title, summary_text AS summary, content_text AS content FROM items;"
	"CREATE VIRTUAL TABLE items_fts USING fts5(title, summary, content,"
	" content = 'items_text', content_rowid = 'n',"
	" tokenize = 'unicode61 remove_diacritics 2');"

	/* By triggers, so that a DELETE of the user's keeps everything in step too. */
	"CREATE TRIGGER items_inserted AFTER INSERT ON items BEGIN"
	" INSERT INTO items_fts(rowid, title, summary, content)"
	" VALUES(new.n, new.title, new.summary_text, new.content_text);"
	"END;"
	"CREATE TRIGGER items_deleted AFTER DELETE ON items BEGIN"
	" INSERT INTO items_fts(items_fts, rowid, title, summary, content)"
	" VALUES('delete', old.n, old.title, old.summary_text, old.content_text);"
	" DELETE FROM item_tags WHERE item_id = old.id;"
	"END;"
	"CREATE TRIGGER items_updated AFTER UPDATE OF n, title, summary_text, content_text ON items"
	" BEGIN"
	" INSERT INTO items_fts(items_fts, rowid, title, summary, content)"
	" VALUES('delete', old.n, old.title, old.summary_text, old.content_text);"
	" INSERT INTO items_fts(rowid, title, summary, content)"
	" VALUES(new.n, new.title, new.summary_text, new.content_text);"
	"END;",

	"ALTER TABLE items ADD COLUMN story TEXT;"
	"ALTER TABLE items ADD COLUMN story_rank INTEGER;"
	"CREATE INDEX items_story ON items(story, story_rank) WHERE story IS NOT NULL;"
	/* The item of a story that came first stands for it; one without a story for itself. */
	"CREATE VIEW stories AS"
	" SELECT coalesce(i.story, i.id) AS story, i.time, i.title, i.url, i.feed_title, i.id,"
	" (SELECT count(*) FROM items o WHERE o.n = i.n OR o.story = i.story) AS items,"
	" (SELECT json_group_array(json_object('id', id, 'time', time, 'title', title,"
	" 'url', url, 'feed_title', feed_title)) FROM (SELECT * FROM items o"
	" WHERE o.n = i.n OR o.story = i.story ORDER BY o.story_rank, o.n)) AS sources"
	" FROM items i WHERE NOT EXISTS (SELECT 1 FROM items o WHERE o.story = i.story"
	" AND (o.story_rank, o.n) < (i.story_rank, i.n));",

	/* With a trigger on INSERT, the index wrote out what it had of each item by itself, since
	 * every statement that can fail half-way is a savepoint to it, and then merged all those:
	 * two thirds of the work of the sink. Now the sink has it take in what it has not seen, a
	 * batch at once (sqlite_index_new), and a row that it has not seen yet is not taken out. */
	"DROP TRIGGER items_inserted;"
	"DROP TRIGGER items_deleted;"
	"DROP TRIGGER items_updated;"
	"CREATE TRIGGER items_deleted AFTER DELETE ON items BEGIN"
	" INSERT INTO items_fts(items_fts, rowid, title, summary, content)"
	" SELECT 'delete', old.n, old.title, old.summary_text, old.content_text" IS_INDEXED ";"
	" DELETE FROM item_tags WHERE item_id = old.id;"
	"END;"
	"CREATE TRIGGER items_updated AFTER UPDATE OF n, title, summary_text, content_text ON items"
	" WHEN EXISTS(SELECT 1" IS_INDEXED ") BEGIN"
	" INSERT INTO items_fts(items_fts, rowid, title, summary, content)"
	" VALUES('delete', old.n, old.title, old.summary_text, old.content_text);"
	" INSERT INTO items_fts(rowid, title, summary, content)"
	" VALUES(new.n, new.title, new.summary_text, new.content_text);"
	"END;"
	/* Merged half as often; a search does not notice. */
	"INSERT INTO items_fts(items_fts, rank) VALUES('automerge', 8);",
	NULL,
};
