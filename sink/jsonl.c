#include "sink/sinks.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <syslog.h>

#include "common/clock.h"
#include "common/db.h"
#include "common/jsondoc.h"
#include "sink/dedupe.h"
#include "sink/linefile.h"
#include "sink/outpath.h"
#include "sink/verdict.h"

/* jsonl - items as lines of JSON at the end of a file, each revision once.
 *
 * Two things must agree that cannot be committed together: the file, and the database that
 * remembers what is in it. The order of a commit:
 *
 *     1 write the lines, fdatasync      they are there
 *     2 commit the database             it knows them, and the size of the file up to there
 *
 * Killed between the two, the file has lines behind the size that the database knows. They are
 * kept, for a reader may have seen them: recover() reads them and adds them to the database before
 * anything is written. A last line without an end is cut. The same happens after every error, so
 * that there is one way back only. */

enum { DAY_S = 24 * 3600, ROTATE_AGAIN_MS = 60 * 1000 };

struct jsonl {
	struct db *db;
	struct linefile file;
	char *path;
	int64_t rotate_bytes; /* 0: never */
	int rotate_daily;
	int64_t committed;       /* bytes of the file that the database knows */
	int64_t day;             /* of the file's first line, since 1970 */
	int64_t rotate_after_ms; /* an attempt failed: not before */
	bool lost;               /* file and database may disagree: recover first */
};

static const char *const options[] = {"path", "rotate_size", "rotate_daily", NULL};

static const char *const migrations[] = {
	DEDUPE_SCHEMA "CREATE TABLE output(one INTEGER PRIMARY KEY CHECK(one = 1),"
		      " path TEXT NOT NULL, bytes INTEGER NOT NULL, day INTEGER NOT NULL);",
	NULL,
};

static int64_t
today(void)
{
	return clock_wall_s() / DAY_S;
}

/* What the database knows of the file. */

/* 1 and the values; 0: it does not know this file; -1. */
static int
output_read(struct jsonl *jsonl, int64_t *bytes_out, int64_t *day_out, struct err *err)
{
	struct db_stmt *stmt =
		db_stmt(jsonl->db, "SELECT bytes, day FROM output WHERE path = ?1", err);
	int got;

	if (!stmt)
		return -1;
	db_text(stmt, 1, jsonl->path);
	got = db_step(stmt, err);
	if (got == 1) {
		*bytes_out = db_col_int(stmt, 0);
		*day_out = db_col_int(stmt, 1);
		db_reset(stmt);
	}
	return got;
}

/* With the rest of the transaction. */
static int
output_commit(struct jsonl *jsonl, int64_t bytes, struct err *err)
{
	struct db_stmt *stmt;

	if (db_begin(jsonl->db, err) < 0)
		return -1;
	stmt = db_stmt(jsonl->db,
		       "INSERT OR REPLACE INTO output(one, path, bytes, day) VALUES(1, ?1, ?2, ?3)",
		       err);
	if (!stmt)
		return -1;
	db_text(stmt, 1, jsonl->path);
	db_int(stmt, 2, bytes);
	db_int(stmt, 3, jsonl->day);
	if (db_run(stmt, err) < 0 || db_commit(jsonl->db, err) < 0)
		return -1;
	jsonl->committed = bytes;
	return 0;
}

/* The way back. */

struct found {
	struct db *db;
	int64_t lines;
	bool refused;   /* a whole line that is no item */
	struct err err; /* of the database; a line that is no item is no error here */
};

static bool
found_line(void *arg, const char *line, size_t len)
{
	struct found *found = arg;
	SCOPED(jsondoc_free) struct jsondoc *doc = jsondoc_parse(line, len, NULL);
	const struct jsonval *root = doc ? jsondoc_root(doc) : NULL;
	const char *id = jsonval_text(jsonval_get(root, "id"), NULL);
	const char *rev = jsonval_text(jsonval_get(root, "rev"), NULL);
	int64_t seq = 0, retags = 0;

	(void)jsonval_int(jsonval_get(root, "seq"), &seq);
	(void)jsonval_int(jsonval_get(root, "retags"), &retags);
	if (!id || !rev ||
	    dedupe_found(found->db, id, rev, fm_order((uint64_t)seq, (uint64_t)retags),
			 &found->err) < 0) {
		found->refused = true;
		return false;
	}
	found->lines++;
	return true;
}

/* What the disk refused is still readable, until the machine stops: it must not be found and
 * counted by the next start. */
static int
sync_or_cut(struct jsonl *jsonl, int64_t bytes, struct err *err)
{
	if (linefile_sync(&jsonl->file, err) == 0)
		return 0;
	if (err->kind == ERR_FATAL)
		(void)linefile_cut(&jsonl->file, bytes, NULL);
	return -1;
}

/* Opens the file and makes it and the database agree. */
static int
recover(struct fm_sink *sink, struct jsonl *jsonl, struct err *err)
{
	struct found found = {.db = jsonl->db, .err = {.kind = ERR_NONE}};
	int64_t bytes = 0, end, whole;
	int known;
	char text[128];

	db_rollback(jsonl->db);
	jsonl->day = today();
	known = output_read(jsonl, &bytes, &jsonl->day, err);
	if (known < 0 || linefile_open(&jsonl->file, jsonl->path, err) < 0)
		return -1;
	/* Rotated, or replaced by someone: its content is as unknown as that of a new one. */
	if (known && jsonl->file.size < bytes)
		known = 0;
	if (!known)
		bytes = 0;
	whole = jsonl->file.size;
	if (linefile_read(&jsonl->file, bytes, found_line, &found, &end, err) < 0)
		return -1;
	if (found.err.kind != ERR_NONE && found.err.kind != ERR_REJECT) {
		*err = found.err;
		return -1;
	}
	/* Behind items, a line without its end is one of ours, cut short by a death. */
	if (end < whole && !known &&
	    (found.refused || found.lines == 0 || whole - end > LINEFILE_LINE_BYTES_MAX))
		return err_set(err, ERR_USAGE,
			       "'%s' has something at byte %lld that is no item: is it another's "
			       "file?",
			       jsonl->path, (long long)end);
	if (end < whole) {
		(void)snprintf(text, sizeof(text), "%lld bytes of a line that was not finished",
			       (long long)(whole - end));
		fm_log(sink, LOG_NOTICE, "cut", text);
		if (linefile_cut(&jsonl->file, end, err) < 0)
			return -1;
	}
	if (found.lines > 0) {
		(void)snprintf(text, sizeof(text), "%lld lines that were written but not counted",
			       (long long)found.lines);
		fm_log(sink, LOG_NOTICE, "found", text);
	}
	/* The lines found are on the disk before the database says so. */
	if (sync_or_cut(jsonl, known ? bytes : end, err) < 0 || output_commit(jsonl, end, err) < 0)
		return -1;
	jsonl->lost = false;
	return 0;
}

/* Rotation. */

static bool
rotation_due(const struct jsonl *jsonl)
{
	if (jsonl->file.size == 0 || clock_mono_ms() < jsonl->rotate_after_ms)
		return false;
	return (jsonl->rotate_bytes > 0 && jsonl->file.size >= jsonl->rotate_bytes) ||
	       (jsonl->rotate_daily && today() > jsonl->day);
}

/* "20261125T023038Z" */
static const char *
now_compact(char out[CLOCK_RFC3339_BYTES])
{
	size_t len = 0;

	(void)clock_rfc3339(clock_wall_s(), out);
	for (const char *at = out; *at; at++) {
		if (*at != '-' && *at != ':')
			out[len++] = *at;
	}
	out[len] = '\0';
	return out;
}

/* Between two transactions. Killed after the rename, the next start finds no file, or an empty one,
 * where the database knows some bytes: it begins a new one, and all lines are in the old. */
static void
rotate(struct fm_sink *sink, struct jsonl *jsonl)
{
	char suffix[CLOCK_RFC3339_BYTES];
	struct err err;

	jsonl->lost = true;
	if (!linefile_untouched(&jsonl->file))
		return;
	if (linefile_put_aside(&jsonl->file, now_compact(suffix), &err) == 0) {
		/* The size of the file that is now elsewhere must not be taken for this one's. */
		if (linefile_open(&jsonl->file, jsonl->path, &err) == 0 &&
		    output_commit(jsonl, 0, &err) == 0) {
			jsonl->lost = false;
			return;
		}
		db_rollback(jsonl->db);
	}
	jsonl->rotate_after_ms = clock_mono_ms() + ROTATE_AGAIN_MS;
	fm_log(sink, LOG_WARNING, "rotate_failed", err.text);
}

/* The sink. */

static int
rotation_options(struct fm_sink *sink, int64_t *bytes_out, int *daily_out)
{
	const int verdict = fm_option_size(sink, "rotate_size", 0, 0, (int64_t)1 << 50, bytes_out);

	return verdict == FM_OK ? fm_option_bool(sink, "rotate_daily", 0, daily_out) : verdict;
}

static int
jsonl_check(struct fm_sink *sink)
{
	int64_t bytes;
	int daily;

	return rotation_options(sink, &bytes, &daily);
}

static void
jsonl_close(struct fm_sink *sink, void *self)
{
	struct jsonl *jsonl = self;

	(void)sink;
	if (!jsonl)
		return;
	linefile_done(&jsonl->file);
	db_close(jsonl->db);
	free(jsonl->path);
	free(jsonl);
}

static int
open_state(struct fm_sink *sink, struct jsonl *jsonl, struct err *err)
{
	const struct db_options db_options = {.migrations = migrations, .looked_over = true};
	const char *dir = fm_sink_state_dir(sink);
	const size_t bytes = strlen(dir) + sizeof("/jsonl.db");
	SCOPED(free) char *path = malloc(bytes);

	if (!path || !jsonl->path)
		return err_sys(err, "memory");
	(void)snprintf(path, bytes, "%s/jsonl.db", dir);
	jsonl->db = db_open(path, &db_options, err);
	if (!jsonl->db)
		return -1;
	if (db_warning(jsonl->db))
		fm_log(sink, LOG_WARNING, "database", db_warning(jsonl->db));
	return 0;
}

static int
jsonl_open(struct fm_sink *sink, void **self)
{
	struct jsonl *jsonl = calloc(1, sizeof(*jsonl));
	struct err err;
	int verdict;

	if (!jsonl)
		return fm_fail(sink, FM_FATAL, "no memory");
	jsonl->file = linefile_init();
	jsonl->path = outpath_new(sink, "items.jsonl");
	verdict = rotation_options(sink, &jsonl->rotate_bytes, &jsonl->rotate_daily);
	if (verdict == FM_OK && open_state(sink, jsonl, &err) < 0)
		verdict = verdict_at_open(sink, &err);
	if (verdict == FM_OK && recover(sink, jsonl, &err) < 0)
		verdict = verdict_at_open(sink, &err);
	if (verdict != FM_OK) {
		jsonl_close(sink, jsonl);
		return verdict;
	}
	*self = jsonl;
	return FM_OK;
}

static int
jsonl_put(struct fm_sink *sink, void *self, const struct fm_item *item)
{
	struct jsonl *jsonl = self;
	enum dedupe_verdict verdict;
	struct err err;
	const char *json;
	size_t len;

	if (!jsonl->lost && !db_in_transaction(jsonl->db) && rotation_due(jsonl))
		rotate(sink, jsonl);
	if (jsonl->lost)
		return fm_fail(sink, FM_RETRY,
			       "the file and its database are to be compared first");
	if (jsonl->file.size == 0 && jsonl->file.pending.len == 0)
		jsonl->day = today();
	json = fm_json(item, &len);
	if (!json)
		return fm_fail(sink, FM_RETRY, "no memory for the item");
	if (dedupe_offer(jsonl->db, fm_text(item, FM_ID), fm_text(item, FM_REV), fm_seq(item),
			 &verdict, &err) == 0 &&
	    (verdict == DEDUPE_SKIP || linefile_add(&jsonl->file, json, len, &err) == 0))
		return FM_OK;
	jsonl->lost = true;
	return verdict_of(sink, &err);
}

static int
write_batch(struct jsonl *jsonl, struct err *err)
{
	if (!db_in_transaction(jsonl->db))
		return 0;
	if (!linefile_untouched(&jsonl->file))
		return err_set(err, ERR_RETRY, "'%s' was changed by somebody else", jsonl->path);
	if (sync_or_cut(jsonl, jsonl->committed, err) < 0)
		return -1;
	return output_commit(jsonl, jsonl->file.size, err);
}

static int
jsonl_commit(struct fm_sink *sink, void *self)
{
	struct jsonl *jsonl = self;
	struct err err, again;

	if (!jsonl->lost && write_batch(jsonl, &err) == 0)
		return FM_OK;
	if (jsonl->lost)
		(void)err_set(&err, ERR_RETRY, "the batch was broken off");
	jsonl->lost = true;
	/* At once, so that no reader waits for the rest of a line while the disk is full. */
	if (err.kind == ERR_RETRY && recover(sink, jsonl, &again) < 0)
		err = again;
	return verdict_of(sink, &err);
}

const struct fm_sink_ops sink_jsonl = {
	.api = FM_API,
	.options = options,
	.check = jsonl_check,
	.open = jsonl_open,
	.put = jsonl_put,
	.commit = jsonl_commit,
	.close = jsonl_close,
};
