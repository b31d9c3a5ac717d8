#include "sink/site_store.h"

#include <stdio.h>
#include <string.h>

#include "common/digest.h"
#include "sink/site_bucket.h"
#include "sink/site_name.h"
#include "sink/site_query.h"
#include "sink/site_story.h"

enum { KEY_BYTES_MAX = 1024 };

static const char *const migrations[] = {
	/* story: the n of one of its items; leads: this item is the one that is shown and filed;
	 * sum: a digest of all that pages show; the keys say which items tell the same. */
	"CREATE TABLE item(n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, rev TEXT, seq INTEGER,"
	" sum INTEGER NOT NULL, story INTEGER NOT NULL, leads INTEGER NOT NULL DEFAULT 0,"
	" at INTEGER NOT NULL, updated INTEGER NOT NULL, dated INTEGER NOT NULL,"
	" key TEXT NOT NULL UNIQUE, url TEXT, title TEXT NOT NULL, author TEXT, language TEXT,"
	" excerpt TEXT, image TEXT, image_width INTEGER, image_height INTEGER, alt TEXT,"
	" caption TEXT, source INTEGER NOT NULL, source_title TEXT, url_key INTEGER,"
	" title_key INTEGER);"
	"CREATE INDEX item_story ON item(story, at, id);"
	"CREATE INDEX item_url_key ON item(url_key) WHERE url_key IS NOT NULL;"
	"CREATE INDEX item_title_key ON item(title_key, at) WHERE title_key IS NOT NULL;"
	"CREATE TABLE tag(n INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,"
	" slug TEXT NOT NULL UNIQUE);"
	"CREATE TABLE item_tag(item INTEGER, tag INTEGER, PRIMARY KEY(item, tag)) WITHOUT ROWID;"
	"CREATE TABLE source(n INTEGER PRIMARY KEY, feed_id TEXT NOT NULL UNIQUE,"
	" slug TEXT NOT NULL UNIQUE, title TEXT, url TEXT, link TEXT);"
	"CREATE TABLE filing(kind INTEGER, key INTEGER, at INTEGER, id TEXT,"
	" lead INTEGER NOT NULL, PRIMARY KEY(kind, key, at, id)) WITHOUT ROWID;"
	"CREATE INDEX filing_lead ON filing(lead);"
	"CREATE TABLE bucket(kind INTEGER, key INTEGER, count INTEGER NOT NULL DEFAULT 0,"
	" full INTEGER NOT NULL DEFAULT 0, marked INTEGER, doing INTEGER,"
	" PRIMARY KEY(kind, key)) WITHOUT ROWID;"
	"CREATE INDEX bucket_work ON bucket(kind, key)"
	" WHERE marked IS NOT NULL OR doing IS NOT NULL;"
	"CREATE TABLE meta(name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;",
	/* told: the key of the story that the classifier named; rank: its place there, 0 without.
	 */
	"ALTER TABLE item ADD COLUMN told INTEGER;"
	"ALTER TABLE item ADD COLUMN rank INTEGER NOT NULL DEFAULT 0;"
	"CREATE INDEX item_told ON item(told) WHERE told IS NOT NULL;",
	NULL,
};

struct db *
site_store_open(const char *path, struct err *err)
{
	const struct db_options options = {.migrations = migrations};

	return db_open(path, &options, err);
}

int
site_store_recall(struct db *db, const char *name, struct buf *out, struct err *err)
{
	struct db_stmt *const stmt = db_stmt(db, "SELECT value FROM meta WHERE name = ?1", err);
	int found;

	if (!stmt)
		return -1;
	db_text(stmt, 1, name);
	found = db_step(stmt, err);
	if (found <= 0)
		return found;
	if (db_col_text(stmt, 0))
		(void)buf_adds(out, db_col_text(stmt, 0), NULL);
	db_reset(stmt);
	return buf_failed(out, err);
}

int
site_store_remember(struct db *db, const char *name, const char *value, struct err *err)
{
	struct db_stmt *const stmt =
		db_stmt(db, "INSERT OR REPLACE INTO meta(name, value) VALUES(?1, ?2)", err);

	if (!stmt)
		return -1;
	db_text(stmt, 1, name);
	db_text(stmt, 2, value);
	return db_run(stmt, err);
}

/* Put. */

/* The first 63 bits of a digest: a key to compare by. 0 for "". */
static int64_t
key_of(const char *text, size_t len)
{
	unsigned char digest[DIGEST_BYTES];
	uint64_t key = 0;

	if (len == 0)
		return 0;
	digest_hmac("feedmill site", 13, text, len, digest);
	for (size_t i = 0; i < sizeof(key); i++)
		key = key << 8 | digest[i];
	return (int64_t)(key >> 1 | 1);
}

static int64_t
story_key(const char *text, void (*append_key)(const char *, struct buf *))
{
	SCOPED(buf_done) struct buf key = buf_init(64 * 1024);

	if (text)
		append_key(text, &key);
	return key_of(buf_str(&key), key.len);
}

static void
add_line(struct buf *out, const char *text)
{
	if (text)
		(void)buf_adds(out, text, NULL);
	(void)buf_addc(out, '\0', NULL);
}

/* A digest of what pages show of the item. */
static int64_t
sum_of(const struct site_item *item)
{
	SCOPED(buf_done) struct buf all = buf_init(1024 * 1024);
	const char *const texts[] = {
		item->url,        item->title, item->author,  item->language, item->excerpt,
		item->image,      item->alt,   item->caption, item->feed_id,  item->feed_url,
		item->feed_title, item->guid,  item->story};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		add_line(&all, texts[i]);
	for (size_t i = 0; i < item->tag_count; i++)
		add_line(&all, item->tags[i]);
	(void)buf_addf(&all, NULL, "%lld %lld %d %lld %lld %llu", (long long)item->at,
		       (long long)item->updated, item->dated, (long long)item->image_width,
		       (long long)item->image_height, (unsigned long long)item->story_rank);
	return key_of(all.data, all.len);
}

/* The row's number by its name, made when it is missing. */
static int
source_number(struct db *db, const struct site_item *item, int64_t *out, struct err *err)
{
	struct db_stmt *const stmt =
		db_stmt(db,
			"INSERT INTO source(feed_id, slug, title, url, link)"
			" VALUES(?1, ?2, ?3, ?4, ?5) ON CONFLICT(feed_id) DO UPDATE SET"
			" title = ?3, url = ?4, link = ?5 RETURNING n",
			err);
	char slug[SITE_SLUG_BYTES];

	if (!stmt)
		return -1;
	site_source_slug(item->feed_id, item->feed_url ? item->feed_url : "", slug);
	db_text(stmt, 1, item->feed_id);
	db_text(stmt, 2, slug);
	db_text(stmt, 3, item->feed_title);
	db_text(stmt, 4, item->feed_url);
	db_text(stmt, 5, item->feed_link);
	return query_row(stmt, out, 1, err) < 0 ? -1 : 0;
}

static int
tag_number(struct db *db, const char *name, int64_t *out, struct err *err)
{
	struct db_stmt *stmt = db_stmt(db, "SELECT n FROM tag WHERE name = ?1", err);
	char slug[SITE_SLUG_BYTES];
	int found;

	if (!stmt)
		return -1;
	db_text(stmt, 1, name);
	found = query_row(stmt, out, 1, err);
	if (found != 0)
		return found < 0 ? -1 : 0;
	stmt = db_stmt(db, "INSERT INTO tag(name, slug) VALUES(?1, ?2) RETURNING n", err);
	if (!stmt)
		return -1;
	site_tag_slug(name, slug);
	db_text(stmt, 1, name);
	db_text(stmt, 2, slug);
	return query_row(stmt, out, 1, err) < 0 ? -1 : 0;
}

static int
put_tags(struct db *db, int64_t n, const struct site_item *item, struct err *err)
{
	if (query_run(QUERY(db, "DELETE FROM item_tag WHERE item = ?1", err, n), err) < 0)
		return -1;
	for (size_t i = 0; i < item->tag_count && i < SITE_TAGS_MAX; i++) {
		int64_t tag;

		if (tag_number(db, item->tags[i], &tag, err) < 0 ||
		    query_run(QUERY(db, "INSERT OR IGNORE INTO item_tag(item, tag) VALUES(?1, ?2)",
				    err, n, tag),
			      err) < 0)
			return -1;
	}
	return 0;
}

/* Whether a guid can stand as an atom:id: a URI of a kind that is made for it. Ours have a
 * namespace of their own, so that no publisher can take one that another item will need. */
static bool
is_uri(const char *guid)
{
	static const char *const starts[] = {"http://", "https://", "tag:", "urn:"};
	bool known = false;

	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++)
		known |= strncasecmp(guid, starts[i], strlen(starts[i])) == 0;
	if (!known || strncasecmp(guid, "urn:feedmill:", 13) == 0)
		return false;
	for (const char *c = guid; *c != '\0'; c++)
		if ((unsigned char)*c <= ' ' || strchr("<>\"{}|\\^`\x7f", *c))
			return false;
	return strlen(guid) <= KEY_BYTES_MAX;
}

/* What feeds call the item by: the origin's own id where it is a URI that no other item has. */
static int
choose_key(struct db *db, const struct site_item *item, struct buf *out, struct err *err)
{
	struct db_stmt *stmt;
	int64_t other;
	int found = 1;

	if (item->guid && is_uri(item->guid)) {
		stmt = db_stmt(db, "SELECT n FROM item WHERE key = ?1 AND id <> ?2", err);
		if (!stmt)
			return -1;
		db_text(stmt, 1, item->guid);
		db_text(stmt, 2, item->id);
		found = query_row(stmt, &other, 1, err);
	}
	if (found < 0)
		return -1;
	return found == 0 ? buf_adds(out, item->guid, err)
			  : buf_addf(out, err, "urn:feedmill:%s", item->id);
}

/* Writes the row; a new one is a story of its own. */
static int
put_row(struct db *db, const struct site_item *item, int64_t sum, int64_t *n_out, struct err *err)
{
	const int64_t url_key = story_key(item->url, site_url_key);
	const int64_t title_key = story_key(item->title, site_title_key);
	SCOPED(buf_done) struct buf key = buf_init(KEY_BYTES_MAX + 64);
	int64_t source;
	struct db_stmt *stmt;

	if (source_number(db, item, &source, err) < 0 || choose_key(db, item, &key, err) < 0)
		return -1;
	stmt = db_stmt(
		db,
		"INSERT INTO item(n, story, id, rev, seq, sum, at, updated, dated, key, url, title,"
		" author, language, excerpt, image, image_width, image_height, alt, caption, "
		"source,"
		" source_title, url_key, title_key, told, rank)"
		" SELECT next.n, next.n, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13,"
		" ?14, ?15, ?16, ?17, ?18, ?19, ?20, nullif(?21, 0), nullif(?22, 0), nullif(?23, "
		"0), ?24"
		" FROM (SELECT coalesce(max(n), 0) + 1 AS n FROM item) AS next WHERE true"
		" ON CONFLICT(id) DO UPDATE SET rev = ?2, seq = ?3, sum = ?4, at = ?5,"
		" updated = ?6, dated = ?7, key = ?8, url = ?9, title = ?10, author = ?11,"
		" language = ?12, excerpt = ?13, image = ?14, image_width = ?15,"
		" image_height = ?16, alt = ?17, caption = ?18, source = ?19, source_title = ?20,"
		" url_key = nullif(?21, 0), title_key = nullif(?22, 0), told = nullif(?23, 0),"
		" rank = ?24 RETURNING n",
		err);
	if (!stmt)
		return -1;
	db_text(stmt, 1, item->id);
	db_text(stmt, 2, item->rev);
	db_int(stmt, 3, (int64_t)item->seq);
	db_int(stmt, 4, sum);
	db_int(stmt, 5, item->at);
	db_int(stmt, 6, item->updated);
	db_int(stmt, 7, item->dated);
	db_text(stmt, 8, buf_str(&key));
	db_text(stmt, 9, item->url);
	db_text(stmt, 10, item->title);
	db_text(stmt, 11, item->author);
	db_text(stmt, 12, item->language);
	db_text(stmt, 13, item->excerpt);
	db_text(stmt, 14, item->image);
	db_int(stmt, 15, item->image_width);
	db_int(stmt, 16, item->image_height);
	db_text(stmt, 17, item->alt);
	db_text(stmt, 18, item->caption);
	db_int(stmt, 19, source);
	db_text(stmt, 20, item->feed_title);
	db_int(stmt, 21, url_key);
	db_int(stmt, 22, title_key);
	db_int(stmt, 23, item->story ? key_of(item->story, strlen(item->story)) : 0);
	db_int(stmt, 24, item->story ? (int64_t)item->story_rank : 0);
	return query_row(stmt, n_out, 1, err) < 0 ? -1 : 0;
}

int
site_store_put(struct db *db, const struct site_item *item, bool *changed_out, struct err *err)
{
	const int64_t sum = sum_of(item);
	struct db_stmt *const stmt = db_stmt(db, "SELECT n, seq, sum FROM item WHERE id = ?1", err);
	int64_t old[3] = {0};
	int found;

	if (!stmt)
		return -1;
	db_text(stmt, 1, item->id);
	found = query_row(stmt, old, 3, err);
	if (found < 0)
		return -1;
	*changed_out = false;
	if (found == 1 && ((uint64_t)old[1] > item->seq || old[2] == sum))
		return (uint64_t)old[1] >= item->seq
			       ? 0
			       : query_run(QUERY(db, "UPDATE item SET seq = ?2 WHERE n = ?1", err,
						 old[0], (int64_t)item->seq),
					   err);
	if (db_begin(db, err) < 0 || (found == 1 && site_story_leave(db, old[0], err) < 0) ||
	    put_row(db, item, sum, &old[0], err) < 0 || put_tags(db, old[0], item, err) < 0 ||
	    site_story_join(db, old[0], err) < 0)
		return -1;
	*changed_out = true;
	return 0;
}

/* Read. */

static const char *
col(struct db_stmt *stmt, int i, struct arena *arena)
{
	const char *const text = db_col_text(stmt, i);

	return text && *text != '\0' ? arena_strdup(arena, text) : NULL;
}

static int
read_tags(struct db *db, int64_t story, struct arena *arena, struct site_entry *out,
	  struct err *err)
{
	struct db_stmt *const stmt =
		QUERY(db,
		      "SELECT DISTINCT name, slug FROM item JOIN item_tag ON item_tag.item = item.n"
		      " JOIN tag ON item_tag.tag = tag.n WHERE story = ?1 ORDER BY name LIMIT ?2",
		      err, story, SITE_TAGS_MAX);
	int found = stmt ? 0 : -1;

	while (stmt && out->tag_count < SITE_TAGS_MAX && (found = db_step(stmt, err)) == 1)
		out->tags[out->tag_count++] =
			(struct site_label){col(stmt, 0, arena), col(stmt, 1, arena), ""};
	if (stmt)
		db_reset(stmt);
	return found < 0 ? -1 : 0;
}

static int
read_also(struct db *db, int64_t story, int64_t lead, struct arena *arena, struct site_entry *out,
	  struct err *err)
{
	struct db_stmt *const stmt = QUERY(db,
					   "SELECT coalesce(source_title, slug), item.url,"
					   " count(*) OVER () FROM item"
					   " JOIN source ON item.source = source.n"
					   " WHERE story = ?1 AND item.n <> ?2"
					   " AND item.url <> (SELECT url FROM item WHERE n = ?2)"
					   " ORDER BY rank, at, item.id LIMIT ?3",
					   err, story, lead, SITE_ALSO_MAX);
	int found = stmt ? 0 : -1;

	while (stmt && out->also_count < SITE_ALSO_MAX && (found = db_step(stmt, err)) == 1) {
		out->also[out->also_count++] =
			(struct site_also){col(stmt, 0, arena), col(stmt, 1, arena)};
		out->also_more = (size_t)db_col_int(stmt, 2) - out->also_count;
	}
	if (stmt)
		db_reset(stmt);
	return found < 0 ? -1 : 0;
}

int
site_store_entry(struct db *db, int64_t lead, struct arena *arena, struct site_entry *out,
		 struct err *err)
{
	struct db_stmt *const stmt =
		QUERY(db,
		      "SELECT story, id, at, updated, dated, key, item.url, item.title, author,"
		      " language, excerpt, image, image_width, image_height, alt, caption,"
		      " coalesce(source_title, slug), slug, source.url, link FROM item"
		      " JOIN source ON item.source = source.n WHERE item.n = ?1",
		      err, lead);
	const int found = stmt ? db_step(stmt, err) : -1;
	struct site_entry entry = {.also_count = 0};
	int64_t story;

	if (found < 0)
		return -1;
	if (found == 0)
		return err_set(err, ERR_FATAL, "the site's item %lld is filed but not there",
			       (long long)lead);
	story = db_col_int(stmt, 0);
	entry.item = (struct site_item){
		.id = col(stmt, 1, arena),
		.at = db_col_int(stmt, 2),
		.updated = db_col_int(stmt, 3),
		.dated = db_col_int(stmt, 4) != 0,
		.url = col(stmt, 6, arena),
		.title = col(stmt, 7, arena),
		.author = col(stmt, 8, arena),
		.language = col(stmt, 9, arena),
		.excerpt = col(stmt, 10, arena),
		.image = col(stmt, 11, arena),
		.image_width = db_col_int(stmt, 12),
		.image_height = db_col_int(stmt, 13),
		.alt = col(stmt, 14, arena),
		.caption = col(stmt, 15, arena),
		.feed_url = col(stmt, 18, arena),
		.feed_link = col(stmt, 19, arena),
	};
	entry.key = col(stmt, 5, arena);
	entry.source = (struct site_label){col(stmt, 16, arena), col(stmt, 17, arena), ""};
	db_reset(stmt);
	if (read_tags(db, story, arena, &entry, err) < 0 ||
	    read_also(db, story, lead, arena, &entry, err) < 0 || arena_failed(arena, err) < 0)
		return -1;
	*out = entry;
	return 0;
}

int
site_store_label(struct db *db, int64_t kind, int64_t key, struct arena *arena,
		 struct site_label *out, struct err *err)
{
	struct db_stmt *const stmt = QUERY(
		db,
		kind == BUCKET_TAG ? "SELECT name, slug, '' FROM tag WHERE n = ?1"
				   : "SELECT coalesce(title, slug), slug, coalesce(substr(url,"
				     " instr(url, '//') + 2), slug) FROM source WHERE n = ?1",
		err, key);
	const int found = stmt ? db_step(stmt, err) : -1;

	if (found != 1)
		return found;
	*out = (struct site_label){col(stmt, 0, arena), col(stmt, 1, arena), col(stmt, 2, arena)};
	if (!out->feed)
		out->feed = "";
	db_reset(stmt);
	return arena_failed(arena, err) < 0 ? -1 : 1;
}
