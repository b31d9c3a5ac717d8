#include "sink/site_query.h"

struct db_stmt *
query_bind(struct db *db, const char *sql, const int64_t *values, size_t count, struct err *err)
{
	struct db_stmt *const stmt = db_stmt(db, sql, err);

	for (size_t i = 0; stmt && i < count; i++)
		db_int(stmt, (int)i + 1, values[i]);
	return stmt;
}

int
query_run(struct db_stmt *stmt, struct err *err)
{
	return stmt ? db_run(stmt, err) : -1;
}

int
query_row(struct db_stmt *stmt, int64_t *out, int count, struct err *err)
{
	const int found = stmt ? db_step(stmt, err) : -1;

	if (found == 1) {
		for (int i = 0; i < count; i++)
			out[i] = db_col_int(stmt, i);
		db_reset(stmt);
	}
	return found;
}
