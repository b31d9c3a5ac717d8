/* state - one SQLite file that holds all the fetcher may not forget: every feed with its validators
 * and due time, what is known of hosts (hostbook.h), and beside them the spool and the quarantine,
 * so that a body, its validators and its place in the spool are committed together or not at all.
 *
 * What changes something works inside the open transaction and opens one where there is none;
 * nothing is durable before state_commit. */
#ifndef FM_FETCHER_STATE_H
#define FM_FETCHER_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/db.h"
#include "common/err.h"
#include "common/scope.h"
#include "common/spool.h"
#include "fetcher/feed.h"

enum {
	STATE_KEEP_REMOVED_S = 30 * 24 * 3600, /* a feed that comes back meanwhile is known still */
	STATE_BALLAST_BYTES = 8 * 1024 * 1024,
};

struct state;

/* Opens dir/fetcher.db. Returns new. */
struct state *state_open(const char *dir, struct err *err);
/* To look at it beside a fetcher that may run. Returns new. */
struct state *state_open_read(const char *dir, struct err *err);
void state_close(struct state *state);
SCOPED_DEFINE(struct state, state_close)

struct db *state_db(struct state *state);
struct spool *state_spool(struct state *state);

/* The statement to write with, in a transaction. */
struct db_stmt *state_write(struct state *state, const char *sql, struct err *err);
/* The first column of the first row of a query with one value, 0 where there is none or it is NULL.
 */
int state_ask(struct state *state, const char *sql, int64_t value, int64_t *out, struct err *err);
/* SQL: a place in a window of ?2 seconds, by the id's first four digits. */
#define STATE_DIGIT(id, n) "(instr('0123456789abcdef', substr(" id ", " n ", 1)) - 1)"
#define STATE_SPREAD(id)                                                                           \
	"((" STATE_DIGIT(id, "1") " * 4096 + " STATE_DIGIT(id, "2") " * 256 + " STATE_DIGIT(       \
		id, "3") " * 16 + " STATE_DIGIT(id, "4") ") * ?2 / 65536)"

int state_commit(struct state *state, struct err *err);
void state_rollback(struct state *state);

/* One feed. */

/* 1 and *out (release with feed_done), 0: no such feed, -1. Removed feeds are there too. */
int state_load(struct state *state, const char *id, struct feed *out, struct err *err);
/* Writes all but what the list says; of a feed that state_load has given and that no save has
 * written since, times alone where nothing else has changed. A feed that was removed meanwhile
 * stays without a due time. */
int state_save(struct state *state, struct feed *feed, struct err *err);
/* Only moves it to a later time. */
int state_postpone(struct state *state, const char *id, int64_t due_s, struct err *err);

/* What is due. */

/* Where the last look ended. All zero: at the beginning. */
struct due_cursor {
	int64_t due_s;
	char id[FEED_ID_HEX + 1];
};
struct due {
	const char *id, *start_url;
	int64_t body_bytes; /* to expect */
	int64_t polled_s;
};
/* Calls each for up to limit feeds due at now_s, from the cursor on, which moves past them; each
 * returns 1 to stop before the one at hand. The number of feeds given, -1. Uses the index alone. */
int state_due(struct state *state, int64_t now_s, struct due_cursor *cursor, int limit,
	      int (*each)(void *arg, const struct due *due), void *arg, struct err *err);
/* The next due time after now_s into *out; 0: there is none. */
int state_next_due(struct state *state, int64_t now_s, int64_t *out, struct err *err);
/* Due now: one feed (by id; 0 no such feed, 1) or, with NULL, all that are not retired. */
int state_poll_now(struct state *state, const char *id, int64_t now_s, struct err *err);
/* What feeds brought since since_s may be lost: they are asked for everything again, soon, and
 * spread where they are many. */
int state_ask_whole(struct state *state, int64_t since_s, int64_t now_s, int64_t *count_out,
		    struct err *err);
/* The wall clock is at now_s; when it has gone back, no due time stays further ahead than the rules
 * allow. Call at the start and every minute or so. */
int state_check_clock(struct state *state, int64_t now_s, int64_t interval_s, struct err *err);

/* The rest. */

/* Drops what was removed long ago. Call every hour or so. */
int state_purge(struct state *state, int64_t now_s, struct err *err);

/* For people. */

/* How many feeds the list has: for state_count. */
void state_set_listed(struct state *state, int64_t feeds);
struct state_counts {
	int64_t feeds, due, failing, retired;
};
int state_count(struct state *state, int64_t now_s, struct state_counts *out, struct err *err);
/* Calls each for the feeds after id `after` ("" at first), in the order of ids, or for the failing
 * ones alone, the most stubborn first; until it returns non-zero or limit were given. */
int state_each(struct state *state, const char *after, int64_t limit,
	       int (*each)(void *arg, const struct feed *feed), void *arg, struct err *err);
int state_each_failing(struct state *state, int64_t limit,
		       int (*each)(void *arg, const struct feed *feed), void *arg, struct err *err);

#endif
