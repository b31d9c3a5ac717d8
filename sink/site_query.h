/* site_query - statements about whole numbers, which most of the site's are, in one call each. */
#ifndef FM_SINK_SITE_QUERY_H
#define FM_SINK_SITE_QUERY_H

#include <stddef.h>
#include <stdint.h>

#include "common/db.h"

/* The statement with the values bound from place 1 on; NULL with err. sql is a literal. */
struct db_stmt *query_bind(struct db *db, const char *sql, const int64_t *values, size_t count,
			   struct err *err);

#define QUERY(db, sql, err, ...)                                                                   \
	query_bind((db), (sql), (const int64_t[]){__VA_ARGS__},                                    \
		   sizeof((const int64_t[]){__VA_ARGS__}) / sizeof(int64_t), (err))

/* Runs a statement without rows: db_run of what QUERY gave, NULL included. */
int query_run(struct db_stmt *stmt, struct err *err);

/* The first row's columns, at most count, into out, and reset: 1; 0 without a row; -1. */
int query_row(struct db_stmt *stmt, int64_t *out, int count, struct err *err);

#endif
