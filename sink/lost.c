#include "sink/lost.h"

int
lost_tell(struct fm_sink *sink, struct db *db, const char *newest_left, struct err *err)
{
	const struct loss *loss = db_loss(db);
	struct db_stmt *stmt;
	int64_t since_s = 0;
	int got;

	if (!loss)
		return 0;
	if (loss->since_s == LOSS_SINCE_UNKNOWN) {
		stmt = db_stmt(db, newest_left, err);
		got = stmt ? db_step(stmt, err) : -1;
		if (got > 0)
			since_s = db_col_int(stmt, 0);
		if (stmt)
			db_reset(stmt);
		if (got < 0 || db_loss_since(db, since_s, err) < 0)
			return -1;
	}
	fm_lost(sink, loss->id, loss->since_s);
	return 0;
}
