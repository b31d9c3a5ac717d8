/* cursor - one sink's way through the outbox: what it was offered, what it has, what is next.
 *
 * Everything up to `done` is settled for the sink: delivered, filtered out, expired or in the
 * quarantine. done is durable with the next commit after it moved; a crash in between delivers
 * again, which a sink recognises by id and revision.
 *
 * Beside what is new there may be an errand (errand.h), one at a time: a replay gets a quarter of
 * the sink's window, half while nothing new waits. When a sink that was away comes back to a long
 * backlog, that becomes an errand too, with half of the window, so that fresh items do not wait
 * until it is drained. */
#ifndef FM_CLASSIFIER_CURSOR_H
#define FM_CLASSIFIER_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "classifier/filter.h"
#include "classifier/outbox.h"
#include "common/err.h"
#include "common/json.h"
#include "common/scope.h"

enum {
	CURSOR_LOOK_ROWS_MAX = 1024,    /* examined at a time, offered or not */
	CURSOR_BACKLOG_ROWS_MIN = 4096, /* not looked at yet: an errand of its own */
};

struct cursor;

/* What the sink's section says. */
struct cursor_options {
	const char *filter; /* NULL: everything */
	bool from_now;      /* a new sink begins with the next item, not with all that is kept */
	bool expire;        /* rather than fill the outbox: */
	int64_t max_age_s;  /* 0: any */
	int64_t max_bytes;  /* that wait; 0: any */
};

/* The cursor of `sink`, made where there is none (which needs a commit). Borrows outbox. Returns
 * new; NULL with ERR_USAGE for a bad filter. */
struct cursor *cursor_open(struct outbox *outbox, const char *sink,
			   const struct cursor_options *options, struct err *err);
void cursor_close(struct cursor *cursor);
SCOPED_DEFINE(struct cursor, cursor_close)
/* After a reload: another filter holds from the next offer on. On an error the old options stay. */
int cursor_set_options(struct cursor *cursor, const struct cursor_options *options,
		       struct err *err);

const char *cursor_sink(const struct cursor *cursor);
/* Everything up to here may be deleted as far as this sink is concerned. */
struct outbox_holds cursor_holds(struct cursor *cursor);
/* Whether row seq waits for the sink's answer; whether there is nothing left to do with it. */
bool cursor_has_pending(const struct cursor *cursor, int64_t seq);
bool cursor_is_settled(const struct cursor *cursor, int64_t seq);
int64_t cursor_done(const struct cursor *cursor); /* of what is new */
/* What is undelivered. */
int cursor_depth(struct cursor *cursor, struct outbox_depth *out, struct err *err);
bool cursor_wants(const struct cursor *cursor, const char *labels);

/* Calls offer for up to room rows that come next. */
int cursor_offer(struct cursor *cursor, size_t room,
		 int (*offer)(void *arg, uint64_t seq, size_t len, struct err *err), void *arg,
		 struct err *err);

/* The fate of an offered row. Each may come again after a rollback. */
int cursor_acked(struct cursor *cursor, uint64_t seq, struct err *err);
/* The row goes to the quarantine with the reason. who: "sink@site". */
int cursor_rejected(struct cursor *cursor, uint64_t seq, const char *who, const char *reason,
		    struct err *err);
/* Adds to the row's blame; 1 when it has reached most. */
int cursor_blame(struct cursor *cursor, uint64_t seq, int64_t points, int64_t most,
		 struct err *err);

/* Lets go of what is too old or too much, when the options say so: how many items in *count_out.
 * forget is told those that were offered and not settled. */
int cursor_expire(struct cursor *cursor, int64_t now_s, void (*forget)(void *arg, uint64_t seq),
		  void *arg, size_t *count_out, struct err *err);

/* Rows that arrived since since_s and that the sink is done with, once more, as far as `filter`
 * (text, checked here) and its own want them; after what it is to get already. *count_out: how
 * many rows the stretch has, wanted or not. */
int cursor_replay(struct cursor *cursor, int64_t since_s, const char *filter, int64_t *count_out,
		  struct err *err);

/* Writes done where it moved. */
int cursor_save(struct cursor *cursor, struct err *err);
bool cursor_is_dirty(const struct cursor *cursor);
/* After the commit that made it durable, or after a rollback. */
void cursor_committed(struct cursor *cursor);
void cursor_rollback(struct cursor *cursor);
/* Whether another cursor_offer with this room would find something to look at. */
bool cursor_has_more(const struct cursor *cursor, size_t room);

/* Members of an open object: accepted (items ever taken up) = settled + depth (not yet), and
 * settled = delivered + quarantined + expired + filtered (out) + before (accepted before the sink
 * was declared), exactly, over restarts and deaths; bytes, oldest_s, backlog, replaying (rows of
 * these errands that are left), replayed (delivered once more by replays, ever), pending, filter.
 */
void cursor_status(struct cursor *cursor, int64_t now_s, struct json *j);

#endif
