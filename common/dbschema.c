#include "common/dbschema.h"

#include <stdio.h>

#include "common/crashpoint.h"

int
dbschema_check(struct dbconn *conn, const char *const *migrations, struct err *err)
{
	int64_t have = 0;
	int64_t known = 0;

	while (migrations[known])
		known++;
	if (dbconn_ask(conn, "PRAGMA user_version", &have, err) < 0)
		return -1;
	if (have > known)
		return err_set(err, ERR_USAGE,
			       "database '%s': schema %lld is newer than this program knows (%lld):"
			       " install the newer feedmill",
			       dbconn_path(conn), (long long)have, (long long)known);
	return 0;
}

static int
take_step(struct dbconn *conn, const char *step, int64_t version, struct err *err)
{
	char note[64];

	(void)snprintf(note, sizeof(note), "PRAGMA user_version = %lld", (long long)version);
	CRASHPOINT("migrate");
	if (dbconn_ask(conn, "BEGIN IMMEDIATE", NULL, err) == 0 &&
	    dbconn_exec(conn, step, err) == 0 && dbconn_exec(conn, note, err) == 0) {
		CRASHPOINT("migrate.mid");
		if (dbconn_ask(conn, "COMMIT", NULL, err) == 0)
			return 0;
	}
	if (dbconn_in_transaction(conn))
		(void)dbconn_ask(conn, "ROLLBACK", NULL, NULL);
	return err_in(err, "to schema %lld", (long long)version);
}

int
dbschema_migrate(struct dbconn *conn, const char *const *migrations, struct err *err)
{
	int64_t have = 0;

	if (dbconn_ask(conn, "PRAGMA user_version", &have, err) < 0)
		return -1;
	for (; migrations[have]; have++)
		if (take_step(conn, migrations[have], have + 1, err) < 0)
			return -1;
	return 0;
}
