/* sinks - the sinks that feedmill.conf declares, [sink NAME]: for each a cursor through the outbox
 * and a route to its process. A declared sink holds its items whether it runs or not; one that is
 * declared no more keeps its place, but holds nothing. */
#ifndef FM_CLASSIFIER_SINKS_H
#define FM_CLASSIFIER_SINKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "classifier/cursor.h"
#include "classifier/outbox.h"
#include "common/buf.h"
#include "common/config.h"
#include "common/err.h"
#include "common/json.h"
#include "common/scope.h"
#include "common/stage.h"

struct sinks;

/* Borrows stage and outbox. Returns new, to be closed before both. */
struct sinks *sinks_open(struct stage *stage, struct outbox *outbox, const struct config *config,
			 struct err *err);
void sinks_close(struct sinks *sinks);
SCOPED_DEFINE(struct sinks, sinks_close)

/* The configuration changed: sinks come, go, change their filters. On an error all is as it
 * was, but for what a lack of memory or a full disk left undone. */
int sinks_reload(struct sinks *sinks, const struct config *config, struct err *err);

/* The cursor of a declared sink; NULL: there is none. */
struct cursor *sinks_find(struct sinks *sinks, const char *name);
size_t sinks_count(const struct sinks *sinks);
struct cursor *sinks_at(struct sinks *sinks, size_t i);

/* What no declared sink needs any more. */
struct outbox_holds sinks_hold(struct sinks *sinks);

/* Once a turn: lets go of what may expire, and tells which sink will miss how many items. */
int sinks_turn(struct sinks *sinks, int64_t now_s, void (*expired)(const char *sink, size_t count),
	       struct err *err);

/* The turn's end: write cursors that moved; then what became of the transaction. */
bool sinks_are_dirty(const struct sinks *sinks);
int sinks_save(struct sinks *sinks, struct err *err);
void sinks_committed(struct sinks *sinks);
void sinks_rollback(struct sinks *sinks);
/* Whether the next turn would offer more: do not wait. */
bool sinks_have_more(const struct sinks *sinks);

/* "sink site is 12 items behind": the one that is furthest. */
void sinks_slowest(struct sinks *sinks, struct buf *out);
/* An array: an object for each, and for those that have a place but no declaration. */
void sinks_status(struct sinks *sinks, int64_t now_s, struct json *j);

#endif
