#include "fetcher/archive.h"

#include <stdlib.h>
#include <string.h>

#include "common/url.h"
#include "fetcher/description.h"

enum { NAME_BYTES_MAX = URL_MAX_BYTES + FEED_ID_HEX + 16 };

/* The row's id: of no URL that a list could hold. */
static int
id_of(const char *feed_id_, const char *url, char id[FEED_ID_HEX + 1], struct err *err)
{
	SCOPED(buf_done) struct buf name = buf_init(NAME_BYTES_MAX);

	if (buf_addf(&name, err, "archive %s %s", feed_id_, url) < 0)
		return -1;
	return feed_id(buf_str(&name), id, err);
}

/* until: where the walk ends. */
static int
begin(struct state *s, const char *feed, const char *spelt, const char *until, int64_t number,
      int64_t now_s, struct err *err)
{
	SCOPED(buf_done) struct buf url = buf_init(URL_MAX_BYTES);
	SCOPED(buf_done) struct buf userinfo = buf_init(URL_MAX_BYTES);
	struct err odd = {.kind = ERR_NONE};
	char id[FEED_ID_HEX + 1];
	struct db_stmt *stmt;

	/* A publisher's odd URL is no fault of ours; credentials in it are not used. */
	if (feed_url(spelt, &url, &userinfo, &odd) < 0)
		return odd.kind == ERR_REJECT ? 0 : err_set(err, odd.kind, "%s", odd.text);
	if (id_of(feed, buf_str(&url), id, err) < 0)
		return -1;
	stmt = state_write(
		s,
		"INSERT INTO feeds(id, url, want_interval_s, want_body_bytes, added_s, removed_s,"
		" due_s, archive_of, archive_number, archive_until)"
		" VALUES(?1, ?2, 0, 0, ?3, ?3, ?3, ?4, ?5, ?6) ON CONFLICT(id) DO UPDATE SET"
		" removed_s = ?3, due_s = ?3, failures = 0, archive_number = ?5,"
		" archive_until = ?6",
		err);
	if (!stmt)
		return -1;
	db_text(stmt, 1, id);
	db_text(stmt, 2, buf_str(&url));
	db_int(stmt, 3, now_s);
	db_text(stmt, 4, feed);
	db_int(stmt, 5, number);
	db_text(stmt, 6, until);
	return db_run(stmt, err) < 0 ? -1 : 1;
}

struct known {
	struct buf prev_archive;
	bool failed;
};

static void
note_known(void *arg, const struct description *d)
{
	struct known *k = arg;

	k->failed = d->prev_archive && buf_adds(&k->prev_archive, d->prev_archive, NULL) < 0;
}

int
archive_named(struct state *s, const char *feed, const char *url, int64_t now_s, struct err *err)
{
	struct known known = {.prev_archive = buf_init(URL_MAX_BYTES)};
	int rc = 0;

	if (!url)
		return 0;
	if (description_of(s, feed, note_known, &known, err) < 0)
		rc = -1;
	else if (!known.failed && known.prev_archive.len > 0 &&
		 strcmp(buf_str(&known.prev_archive), url) != 0)
		rc = begin(s, feed, url, buf_str(&known.prev_archive), 1, now_s, err);
	buf_done(&known.prev_archive);
	return rc;
}

int
archive_next(struct state *s, const char *archive_id, const char *url, int64_t now_s,
	     struct err *err)
{
	struct db_stmt *stmt = db_stmt(
		state_db(s),
		"SELECT archive_of, archive_until, archive_number FROM feeds WHERE id = ?1", err);
	SCOPED(free) char *feed = NULL;
	SCOPED(free) char *until = NULL;
	int64_t number = 0;
	int got;

	if (!stmt)
		return -1;
	db_text(stmt, 1, archive_id);
	got = db_step(stmt, err);
	if (got == 1) {
		number = db_col_int(stmt, 2);
		if (feed_set(&feed, db_col_text(stmt, 0), err) < 0 ||
		    feed_set(&until, db_col_text(stmt, 1), err) < 0)
			got = -1;
	}
	db_reset(stmt);
	if (got < 1 || !feed || !until || !url || strcmp(url, until) == 0 ||
	    number >= ARCHIVE_DOCUMENTS_MAX)
		return got < 0 ? -1 : 0;
	return begin(s, feed, url, until, number + 1, now_s, err);
}

bool
archive_is_done(const struct feed *row, bool good)
{
	return good || row->failures >= ARCHIVE_TRIES_MAX || row->retired_s > 0;
}
