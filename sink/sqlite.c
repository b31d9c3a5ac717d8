#include "sink/sinks.h"

#include <stdbool.h>
#include <stdlib.h>
#include <syslog.h>

#include "common/buf.h"
#include "common/clock.h"
#include "common/db.h"
#include "sink/dedupe.h"
#include "sink/htmltext.h"
#include "sink/lost.h"
#include "sink/outpath.h"
#include "sink/sqlite_schema.h"
#include "sink/verdict.h"

/* sqlite - items in a database that people query: one row an item, its tags, a full-text index.
 * All of an item and the memory that it was taken are one transaction with its whole batch. */

enum { TEXT_BYTES_MAX = 16 * 1024 * 1024 };

struct sqlite {
	struct db *db;
	struct buf summary, content, author; /* texts of the present item */
	bool lost; /* the transaction was rolled back since the last commit */
};

static const char *const options[] = {"path", NULL};

static void
sqlite_close(struct fm_sink *sink, void *self)
{
	struct sqlite *sqlite = self;

	(void)sink;
	if (!sqlite)
		return;
	db_close(sqlite->db);
	buf_done(&sqlite->summary);
	buf_done(&sqlite->content);
	buf_done(&sqlite->author);
	free(sqlite);
}

/* Of the rows that were written last, and so came last. */
static const char newest_left[] = "SELECT min(strftime('%s', fetched)) FROM"
				  " (SELECT fetched FROM items ORDER BY n DESC LIMIT 512)";

static int
sqlite_open(struct fm_sink *sink, void **self)
{
	const struct db_options db_options = {.migrations = sqlite_migrations};
	SCOPED(free) char *path = outpath_new(sink, "items.db");
	struct sqlite *sqlite = calloc(1, sizeof(*sqlite));
	struct err err;
	int verdict;

	if (!sqlite || !path) {
		free(sqlite);
		return fm_fail(sink, FM_FATAL, "no memory");
	}
	sqlite->summary = buf_init(TEXT_BYTES_MAX);
	sqlite->content = buf_init(TEXT_BYTES_MAX);
	sqlite->author = buf_init(TEXT_BYTES_MAX);
	sqlite->db = db_open(path, &db_options, &err);
	/* Our triggers write to a virtual table, which SQLite leaves to trusted schemas. Nothing is
	 * at stake: this connection knows no function or table that reaches outside. */
	if (!sqlite->db || db_exec(sqlite->db, "PRAGMA trusted_schema = ON", &err) < 0) {
		verdict = verdict_at_open(sink, &err);
		sqlite_close(sink, sqlite);
		return verdict;
	}
	if (db_warning(sqlite->db))
		fm_log(sink, LOG_WARNING, "database", db_warning(sqlite->db));
	if (lost_tell(sink, sqlite->db, newest_left, &err) < 0) {
		verdict = verdict_at_open(sink, &err);
		sqlite_close(sink, sqlite);
		return verdict;
	}
	*self = sqlite;
	return FM_OK;
}

/* "Ada Lovelace, Charles Babbage"; NULL when nobody is named. */
static const char *
author_names(const struct fm_item *item, struct buf *out)
{
	buf_reset(out);
	for (size_t i = 0; i < fm_author_count(item); i++) {
		const char *name = fm_author_name(item, i);

		if (name)
			(void)buf_addf(out, NULL, "%s%s", out->len > 0 ? ", " : "", name);
	}
	return out->len > 0 ? buf_str(out) : NULL;
}

static const char *
text_of(const struct fm_item *item, enum fm_field field, struct buf *out)
{
	const char *html = fm_text(item, field);

	buf_reset(out);
	htmltext(html, out);
	return html ? buf_str(out) : NULL;
}

static int
write_item(struct sqlite *sqlite, const struct fm_item *item, const char *json, struct err *err)
{
	static const char sql[] =
		"INSERT INTO items(id, rev, seq, published, updated, fetched, title, url, guid,"
		" language, image, comments, rights, source_title, source_url, feed_id, feed_title,"
		" feed_url, feed_link, summary, content, summary_text, content_text, author,"
		" authors, categories, enclosures, story, story_rank)"
		" VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16,"
		" ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, json_extract(?25, '$.authors'),"
		" json_extract(?25, '$.categories'), json_extract(?25, '$.enclosures'), ?26, "
		"nullif(?27, 0))"
		" ON CONFLICT(id) DO UPDATE SET"
		" (rev, seq, published, updated, fetched, title, url, guid, language, image,"
		" comments, rights, source_title, source_url, feed_id, feed_title, feed_url,"
		" feed_link, summary, content, summary_text, content_text, author, authors,"
		" categories, enclosures, story, story_rank) = (excluded.rev, excluded.seq, "
		"excluded.published,"
		" excluded.updated, excluded.fetched, excluded.title, excluded.url, excluded.guid,"
		" excluded.language, excluded.image, excluded.comments, excluded.rights,"
		" excluded.source_title, excluded.source_url, excluded.feed_id,"
		" excluded.feed_title, excluded.feed_url, excluded.feed_link, excluded.summary,"
		" excluded.content, excluded.summary_text, excluded.content_text,"
		" excluded.author, excluded.authors, excluded.categories, excluded.enclosures,"
		" excluded.story, excluded.story_rank)";
	static const enum fm_field texts[] = {
		FM_TITLE,      FM_URL,      FM_GUID,         FM_LANGUAGE,   FM_IMAGE,
		FM_COMMENTS,   FM_RIGHTS,   FM_SOURCE_TITLE, FM_SOURCE_URL, FM_FEED_ID,
		FM_FEED_TITLE, FM_FEED_URL, FM_FEED_LINK,    FM_SUMMARY,    FM_CONTENT,
	};
	static const enum fm_time_field times[] = {FM_PUBLISHED, FM_UPDATED, FM_FETCHED};
	char dates[sizeof(times) / sizeof(times[0])][CLOCK_RFC3339_BYTES];
	struct db_stmt *stmt = db_stmt(sqlite->db, sql, err);
	int place = 1;

	if (!stmt)
		return -1;
	db_text(stmt, place++, fm_text(item, FM_ID));
	db_text(stmt, place++, fm_text(item, FM_REV));
	db_int(stmt, place++, (int64_t)fm_seq(item));
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		int64_t time_s;
		const bool there = fm_time(item, times[i], &time_s) &&
				   clock_rfc3339(time_s, dates[i])[0] != '\0';

		db_text(stmt, place++, there ? dates[i] : NULL);
	}
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		db_text(stmt, place++, fm_text(item, texts[i]));
	db_text(stmt, place++, text_of(item, FM_SUMMARY, &sqlite->summary));
	db_text(stmt, place++, text_of(item, FM_CONTENT, &sqlite->content));
	db_text(stmt, place++, author_names(item, &sqlite->author));
	db_text(stmt, place++, json);
	db_text(stmt, place++, fm_text(item, FM_STORY));
	db_int(stmt, place, (int64_t)fm_story_rank(item));
	if (buf_failed(&sqlite->summary, err) < 0 || buf_failed(&sqlite->content, err) < 0 ||
	    buf_failed(&sqlite->author, err) < 0) {
		db_reset(stmt);
		return -1;
	}
	return db_run(stmt, err);
}

static int
write_tags(struct sqlite *sqlite, const struct fm_item *item, const char *json, bool is_new,
	   struct err *err)
{
	static const char forget[] = "DELETE FROM item_tags WHERE item_id = ?1";
	static const char add[] = "INSERT OR REPLACE INTO item_tags(item_id, tag, score, why)"
				  " SELECT ?1, json_extract(value, '$.tag'), "
				  "coalesce(json_extract(value, '$.score'), 0),"
				  " json_extract(value, '$.why') FROM json_each(?2, '$.tags')";
	const char *const statements[] = {forget, add};

	for (size_t i = is_new ? 1 : 0; i < sizeof(statements) / sizeof(statements[0]); i++) {
		struct db_stmt *stmt = db_stmt(sqlite->db, statements[i], err);

		if (!stmt)
			return -1;
		db_text(stmt, 1, fm_text(item, FM_ID));
		if (statements[i] == add)
			db_text(stmt, 2, json);
		if (db_run(stmt, err) < 0)
			return -1;
	}
	return 0;
}

static int
take_item(struct sqlite *sqlite, const struct fm_item *item, struct err *err)
{
	enum dedupe_verdict verdict;
	const char *json;
	size_t len;

	if (dedupe_offer(sqlite->db, fm_text(item, FM_ID), fm_text(item, FM_REV), fm_seq(item),
			 &verdict, err) < 0)
		return -1;
	if (verdict == DEDUPE_SKIP)
		return 0;
	json = fm_json(item, &len);
	if (!json)
		return err_set(err, ERR_RETRY, "no memory for the item");
	if (write_item(sqlite, item, json, err) < 0)
		return -1;
	if (verdict == DEDUPE_NEW && fm_tag_count(item) == 0)
		return 0;
	return write_tags(sqlite, item, json, verdict == DEDUPE_NEW, err);
}

static int
sqlite_put(struct fm_sink *sink, void *self, const struct fm_item *item)
{
	struct sqlite *sqlite = self;
	struct err err;

	if (sqlite->lost)
		return fm_fail(sink, FM_RETRY, "the transaction was rolled back");
	if (take_item(sqlite, item, &err) == 0)
		return FM_OK;
	/* Half an item must not be committed with the others of its batch: they come again. */
	db_rollback(sqlite->db);
	sqlite->lost = true;
	return verdict_of(sink, &err);
}

static int
index_new(struct sqlite *sqlite, struct err *err)
{
	struct db_stmt *stmt = db_stmt(sqlite->db, sqlite_index_new, err);

	return stmt ? db_run(stmt, err) : -1;
}

static int
sqlite_commit(struct fm_sink *sink, void *self)
{
	struct sqlite *sqlite = self;
	struct err err;

	if (sqlite->lost) {
		sqlite->lost = false;
		db_regain_ballast(sqlite->db);
		return fm_fail(sink, FM_RETRY, "the transaction was rolled back");
	}
	if (!db_in_transaction(sqlite->db))
		return FM_OK;
	if (index_new(sqlite, &err) < 0) {
		db_rollback(sqlite->db);
		return verdict_of(sink, &err);
	}
	return db_commit(sqlite->db, &err) == 0 ? FM_OK : verdict_of(sink, &err);
}

const struct fm_sink_ops sink_sqlite = {
	.api = FM_API,
	.options = options,
	.open = sqlite_open,
	.put = sqlite_put,
	.commit = sqlite_commit,
	.close = sqlite_close,
};
