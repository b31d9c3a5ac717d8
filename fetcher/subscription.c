#include "fetcher/subscription.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "common/digest.h"
#include "common/url.h"

void
subscription_done(struct subscription *s)
{
	free(s->topic);
	free(s->hubs);
	free(s->base);
	free(s->error);
	*s = (struct subscription){.due_s = 0};
}

/* Chance as hex digits. */
static int
draw(size_t hex, char *out, struct err *err)
{
	unsigned char chance[SUBSCRIPTION_SECRET_HEX / 2];

	if (getrandom(chance, hex / 2, 0) != (ssize_t)(hex / 2))
		return err_sys(err, "getrandom");
	digest_hex(chance, hex / 2, out);
	return 0;
}

int
subscription_new_secret(struct subscription *s, struct err *err)
{
	return draw(SUBSCRIPTION_SECRET_HEX, s->secret, err);
}

int
subscription_make(const char *feed_id_, struct subscription *out, struct err *err)
{
	if (draw(SUBSCRIPTION_TOKEN_HEX, out->token, err) < 0 ||
	    subscription_new_secret(out, err) < 0)
		return -1;
	(void)snprintf(out->feed, sizeof(out->feed), "%s", feed_id_);
	return 0;
}

int
subscription_hub(const struct subscription *s, struct buf *out, struct err *err)
{
	const char *at = s->hubs ? s->hubs : "";

	for (int64_t i = 0; i < s->hub_at && *at; i++) {
		at += strcspn(at, "\n");
		at += *at == '\n';
	}
	/* The list has grown shorter meanwhile: its first one again. */
	if (!*at && s->hubs)
		at = s->hubs;
	return buf_add(out, at, strcspn(at, "\n"), err);
}

/* Rows. */

#define COLUMNS                                                                                    \
	"token, secret, feed, phase, topic, hubs, base, hub_at, by_head, made_s, due_s, asked_s,"  \
	" verified_s, lease_until_s, tries, error, pushes, forged, pushed_s, missed"

static int
read_row(struct db_stmt *row, struct subscription *out, struct err *err)
{
	SCOPED(subscription_done) struct subscription s = {.due_s = 0};

	(void)snprintf(s.token, sizeof(s.token), "%s", db_col_text(row, 0));
	(void)snprintf(s.secret, sizeof(s.secret), "%s", db_col_text(row, 1));
	(void)snprintf(s.feed, sizeof(s.feed), "%s", db_col_text(row, 2));
	s.phase = (enum subscription_phase)db_col_int(row, 3);
	if (feed_set(&s.topic, db_col_text(row, 4), err) < 0 ||
	    feed_set(&s.hubs, db_col_text(row, 5), err) < 0 ||
	    feed_set(&s.base, db_col_text(row, 6), err) < 0 ||
	    feed_set(&s.error, db_col_text(row, 15), err) < 0)
		return -1;
	s.hub_at = db_col_int(row, 7);
	s.by_head = db_col_int(row, 8) != 0;
	s.made_s = db_col_int(row, 9);
	s.due_s = db_col_int(row, 10);
	s.asked_s = db_col_int(row, 11);
	s.verified_s = db_col_int(row, 12);
	s.lease_until_s = db_col_int(row, 13);
	s.tries = db_col_int(row, 14);
	s.pushes = db_col_int(row, 16);
	s.forged = db_col_int(row, 17);
	s.pushed_s = db_col_int(row, 18);
	s.missed = db_col_int(row, 19);
	*out = s;
	s = (struct subscription){.due_s = 0};
	return 0;
}

static int
load_by(struct state *state, const char *sql, const char *key, struct subscription *out,
	struct err *err)
{
	struct db_stmt *stmt = db_stmt(state_db(state), sql, err);
	int got;

	if (!stmt)
		return -1;
	db_text(stmt, 1, key);
	got = db_step(stmt, err);
	if (got == 1 && read_row(stmt, out, err) < 0)
		got = -1;
	db_reset(stmt);
	return got;
}

int
subscription_load(struct state *state, const char *token, struct subscription *out, struct err *err)
{
	return load_by(state, "SELECT " COLUMNS " FROM subscriptions WHERE token = ?1", token, out,
		       err);
}

int
subscription_of(struct state *state, const char *feed, struct subscription *out, struct err *err)
{
	return load_by(state, "SELECT " COLUMNS " FROM subscriptions WHERE feed = ?1 AND phase < 4",
		       feed, out, err);
}

int
subscription_save(struct state *state, const struct subscription *s, struct err *err)
{
	struct db_stmt *stmt =
		state_write(state,
			    "INSERT OR REPLACE INTO subscriptions(" COLUMNS ") VALUES(?1, ?2, ?3,"
			    " ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18,"
			    " ?19, ?20)",
			    err);

	if (!stmt)
		return -1;
	db_text(stmt, 1, s->token);
	db_text(stmt, 2, s->secret);
	db_text(stmt, 3, s->feed);
	db_int(stmt, 4, s->phase);
	db_text(stmt, 5, s->topic);
	db_text(stmt, 6, s->hubs);
	db_text(stmt, 7, s->base);
	db_int(stmt, 8, s->hub_at);
	db_int(stmt, 9, s->by_head);
	db_int(stmt, 10, s->made_s);
	db_int(stmt, 11, s->due_s);
	db_int(stmt, 12, s->asked_s);
	db_int(stmt, 13, s->verified_s);
	db_int(stmt, 14, s->lease_until_s);
	db_int(stmt, 15, s->tries);
	db_text(stmt, 16, s->error);
	db_int(stmt, 17, s->pushes);
	db_int(stmt, 18, s->forged);
	db_int(stmt, 19, s->pushed_s);
	db_int(stmt, 20, s->missed);
	return db_run(stmt, err);
}

int
subscription_drop(struct state *state, const char *token, struct err *err)
{
	struct db_stmt *stmt =
		state_write(state, "DELETE FROM subscriptions WHERE token = ?1", err);

	if (!stmt)
		return -1;
	db_text(stmt, 1, token);
	return db_run(stmt, err);
}

/* What is due. */

int
subscription_each_due(struct state *state, int64_t now_s, int limit,
		      int (*each)(void *arg, const struct subscription *s), void *arg,
		      struct err *err)
{
	struct db_stmt *stmt = db_stmt(state_db(state),
				       "SELECT " COLUMNS " FROM subscriptions WHERE due_s <= ?1 OR"
				       " due_s > ?2 ORDER BY due_s LIMIT ?3",
				       err);
	int got;

	if (!stmt)
		return -1;
	db_int(stmt, 1, now_s);
	db_int(stmt, 2, now_s + SUBSCRIPTION_AHEAD_MAX_S);
	db_int(stmt, 3, limit);
	while ((got = db_step(stmt, err)) == 1) {
		SCOPED(subscription_done) struct subscription s = {.due_s = 0};

		if (read_row(stmt, &s, err) < 0) {
			got = -1;
			break;
		}
		if (each(arg, &s) != 0)
			break;
	}
	db_reset(stmt);
	return got < 0 ? -1 : 0;
}

int
subscription_next_due(struct state *state, int64_t now_s, int64_t *out, struct err *err)
{
	return state_ask(state,
			 "SELECT due_s FROM subscriptions WHERE due_s > ?1 ORDER BY due_s LIMIT 1",
			 now_s, out, err);
}

/* Many at once. */

int
subscription_leave_removed(struct state *state, int64_t now_s, struct err *err)
{
	struct db_stmt *stmt = state_write(
		state,
		"UPDATE subscriptions SET phase = 4, due_s = ?1, tries = 0 WHERE phase < 4 AND"
		" NOT EXISTS (SELECT 1 FROM feeds WHERE id = feed AND removed_s IS NULL)",
		err);

	if (!stmt)
		return -1;
	db_int(stmt, 1, now_s);
	return db_run(stmt, err);
}

int
subscription_rebase(struct state *state, const char *base, int64_t now_s, int64_t interval_s,
		    struct err *err)
{
	struct db_stmt *stmt = state_write(
		state,
		"UPDATE feeds SET due_s = ?1 + " STATE_SPREAD(
			"id") " WHERE due_s > ?1 + ?2 AND want_interval_s = 0 AND failures = 0 AND"
			      " id IN (SELECT feed FROM subscriptions WHERE phase = 2 AND"
			      " base IS NOT ?3)",
		err);

	if (!stmt)
		return -1;
	db_int(stmt, 1, now_s);
	db_int(stmt, 2, interval_s);
	db_text(stmt, 3, base);
	if (db_run(stmt, err) < 0)
		return -1;
	/* What is known of their hubs is found again with the next poll, made for the new URL. */
	stmt = state_write(state, "DELETE FROM subscriptions WHERE base IS NOT ?1", err);
	if (!stmt)
		return -1;
	db_text(stmt, 1, base);
	return db_run(stmt, err);
}

int
subscription_count(struct state *state, struct subscription_counts *out, struct err *err)
{
	struct subscription_counts counts = {.live = 0};

	if (state_ask(state, "SELECT count(*) FROM subscriptions WHERE phase = 2 AND ?1", 1,
		      &counts.live, err) < 0 ||
	    state_ask(state, "SELECT count(*) FROM subscriptions WHERE phase = 1 AND ?1", 1,
		      &counts.awaited, err) < 0)
		return -1;
	*out = counts;
	return 0;
}
