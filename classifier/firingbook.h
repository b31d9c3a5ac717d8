/* firingbook - the counts of firing kept over reloads and restarts: a line of the rules is known
 * again by its tag, its list and its spelling, wherever it stands. */
#ifndef FM_CLASSIFIER_FIRINGBOOK_H
#define FM_CLASSIFIER_FIRINGBOOK_H

#include <stdbool.h>
#include <stdint.h>

#include "classifier/tagger.h"
#include "common/db.h"
#include "common/err.h"
#include "common/scope.h"

#define FIRINGBOOK_SCHEMA                                                                          \
	"CREATE TABLE firings(tag TEXT NOT NULL, list TEXT NOT NULL, rule TEXT NOT NULL,"          \
	" items INTEGER NOT NULL, PRIMARY KEY(tag, list, rule)) WITHOUT ROWID;"                    \
	"CREATE TABLE firings_since(one INTEGER PRIMARY KEY CHECK(one = 1), at_s INTEGER NOT "     \
	"NULL,"                                                                                    \
	" items INTEGER NOT NULL);"

struct firingbook;

/* Borrows db. Reads what is there; counting begins now where nothing is. Returns new. */
struct firingbook *firingbook_open(struct db *db, int64_t now_s, struct err *err);
void firingbook_close(struct firingbook *book);
SCOPED_DEFINE(struct firingbook, firingbook_close)

int64_t firingbook_since_s(const struct firingbook *book);

/* Takes the counts over from a tagger that goes. -1 without memory: then the last ones stay. */
int firingbook_take(struct firingbook *book, const struct rules *rules, const struct tagger *tagger,
		    struct err *err);
/* Carries them into a new one. */
void firingbook_give(const struct firingbook *book, const struct rules *rules,
		     struct tagger *tagger);

/* Whether items were tagged that are not in the database yet. */
bool firingbook_is_dirty(const struct firingbook *book, const struct tagger *tagger);
/* Writes what changed, in a transaction of the caller's. What is not written when the process is
 * killed is not counted. */
int firingbook_save(struct firingbook *book, const struct rules *rules, const struct tagger *tagger,
		    struct err *err);
/* After the transaction was lost. */
void firingbook_rollback(struct firingbook *book);

#endif
