/* dbschema - the version of a database's schema (PRAGMA user_version), and the steps that bring an
 * older one up to the present: each in a transaction of its own, with the number of its version. */
#ifndef FM_COMMON_DBSCHEMA_H
#define FM_COMMON_DBSCHEMA_H

#include "common/dbconn.h"
#include "common/err.h"

/* migrations[i] takes version i to i + 1; NULL-terminated; their number is the present version.
 * ERR_USAGE when the database has a higher one. */
int dbschema_check(struct dbconn *conn, const char *const *migrations, struct err *err);

/* Takes the steps that are missing. When one fails, those before it stay. */
int dbschema_migrate(struct dbconn *conn, const char *const *migrations, struct err *err);

#endif
