#include "sink/dedupe.h"

#include <string.h>

enum { KEY_BYTES_MAX = 64 };

/* Hex digits as bytes, half the size in the index; anything else as it stands. */
struct key {
	unsigned char bytes[KEY_BYTES_MAX];
	size_t len;
};

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

static int
key_of(const char *text, const char *what, struct key *key_out, struct err *err)
{
	const size_t len = text ? strlen(text) : 0;
	struct key key = {.len = len / 2};

	if (len == 0 || len > KEY_BYTES_MAX)
		return err_set(err, ERR_REJECT, "the item's %s is not of 1 to %d bytes", what,
			       (int)KEY_BYTES_MAX);
	for (size_t i = 0; i < len; i++) {
		const int digit = hex_digit(text[i]);

		if (digit < 0 || len % 2 != 0) {
			memcpy(key.bytes, text, len);
			key.len = len;
			break;
		}
		key.bytes[i / 2] = (unsigned char)(key.bytes[i / 2] << 4 | digit);
	}
	*key_out = key;
	return 0;
}

/* The row of an id: 1 and *same_rev_out, *seq_out; 0 when there is none; -1. */
static int
row_read(struct db *db, const struct key *id, const struct key *rev, bool *same_rev_out,
	 uint64_t *seq_out, struct err *err)
{
	struct db_stmt *stmt = db_stmt(db, "SELECT rev, seq FROM latest WHERE id = ?1", err);
	struct bytes old;
	int got;

	if (!stmt)
		return -1;
	db_blob(stmt, 1, id->bytes, id->len);
	got = db_step(stmt, err);
	if (got != 1)
		return got;
	old = db_col_blob(stmt, 0);
	*same_rev_out = old.len == rev->len && memcmp(old.data, rev->bytes, rev->len) == 0;
	*seq_out = (uint64_t)db_col_int(stmt, 1);
	db_reset(stmt);
	return 1;
}

static int
row_write(struct db *db, const struct key *id, const struct key *rev, uint64_t seq, struct err *err)
{
	struct db_stmt *stmt =
		db_stmt(db, "INSERT OR REPLACE INTO latest(id, rev, seq) VALUES(?1, ?2, ?3)", err);

	if (!stmt)
		return -1;
	db_blob(stmt, 1, id->bytes, id->len);
	db_blob(stmt, 2, rev->bytes, rev->len);
	db_int(stmt, 3, (int64_t)seq);
	return db_run(stmt, err);
}

int
dedupe_offer(struct db *db, const char *id, const char *rev, uint64_t seq,
	     enum dedupe_verdict *verdict_out, struct err *err)
{
	struct key id_key = {.len = 0}, rev_key = {.len = 0};
	bool same_rev = false;
	uint64_t old_seq = 0;
	enum dedupe_verdict verdict;
	int row;

	if (key_of(id, "id", &id_key, err) < 0 || key_of(rev, "revision", &rev_key, err) < 0)
		return -1;
	if (db_begin(db, err) < 0)
		return -1;
	row = row_read(db, &id_key, &rev_key, &same_rev, &old_seq, err);
	if (row < 0)
		return -1;
	if (row == 1 && seq <= old_seq) {
		*verdict_out = DEDUPE_SKIP;
		return 0;
	}
	verdict = row == 0 ? DEDUPE_NEW : same_rev ? DEDUPE_SKIP : DEDUPE_CHANGED;
	if (row_write(db, &id_key, &rev_key, seq, err) < 0)
		return -1;
	*verdict_out = verdict;
	return 0;
}

int
dedupe_found(struct db *db, const char *id, const char *rev, uint64_t seq, struct err *err)
{
	struct key id_key = {.len = 0}, rev_key = {.len = 0};
	bool same_rev = false;
	uint64_t old_seq = 0;

	if (key_of(id, "id", &id_key, err) < 0 || key_of(rev, "revision", &rev_key, err) < 0)
		return -1;
	if (db_begin(db, err) < 0 || row_read(db, &id_key, &rev_key, &same_rev, &old_seq, err) < 0)
		return -1;
	return row_write(db, &id_key, &rev_key, seq > old_seq ? seq : old_seq, err);
}
