#include "fetcher/hostbook.h"

#include <string.h>

enum { REFRESH_S = 24 * 3600 };

int
hostbook_save(struct state *s, const struct host_row *row, struct err *err)
{
	struct db_stmt *stmt = state_write(
		s,
		"INSERT INTO hosts(host, held_until_s, budget, window_s, began_s, used, good)"
		" VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT(host) DO UPDATE SET"
		" held_until_s = max(held_until_s, ?2), budget = ?3, window_s = ?4, began_s = ?5, "
		"used = ?6, good = ?7",
		err);

	if (!stmt)
		return -1;
	db_text(stmt, 1, row->host);
	db_int(stmt, 2, row->held_until_s);
	db_int(stmt, 3, row->budget);
	db_int(stmt, 4, row->window_s);
	db_int(stmt, 5, row->began_s);
	db_int(stmt, 6, row->used);
	db_int(stmt, 7, row->good);
	return db_run(stmt, err);
}

int
hostbook_each(struct state *s, int64_t now_s, int (*each)(void *arg, const struct host_row *row),
	      void *arg, struct err *err)
{
	struct db_stmt *stmt = db_stmt(
		state_db(s),
		"SELECT host, held_until_s, budget, window_s, began_s, used, good FROM hosts"
		" WHERE held_until_s > ?1 OR budget > 0",
		err);
	int got;

	if (!stmt)
		return -1;
	db_int(stmt, 1, now_s);
	while ((got = db_step(stmt, err)) == 1) {
		const struct host_row row = {.host = db_col_text(stmt, 0),
					     .held_until_s = db_col_int(stmt, 1),
					     .budget = db_col_int(stmt, 2),
					     .window_s = db_col_int(stmt, 3),
					     .began_s = db_col_int(stmt, 4),
					     .used = db_col_int(stmt, 5),
					     .good = db_col_int(stmt, 6)};

		if (each(arg, &row) != 0)
			break;
	}
	db_reset(stmt);
	return got < 0 ? -1 : 0;
}

/* TLS alone. */

/* RFC 6797, 8.1.1: an address in place of a name never is a known host. */
static bool
is_name(const char *host)
{
	const char *dot = strrchr(host, '.');
	const char *last = dot ? dot + 1 : host;

	return host[0] != '[' && !(last[0] >= '0' && last[0] <= '9');
}

/* The row's value, 0 where there is none. */
static int
tls_of(struct state *s, const char *host, int64_t *until_s_out, bool *with_subdomains_out,
       struct err *err)
{
	struct db_stmt *stmt = db_stmt(
		state_db(s), "SELECT tls_until_s, tls_below FROM hosts WHERE host = ?1", err);
	int got;

	if (!stmt)
		return -1;
	db_text(stmt, 1, host);
	got = db_step(stmt, err);
	if (got >= 0) {
		*until_s_out = got == 1 ? db_col_int(stmt, 0) : 0;
		*with_subdomains_out = got == 1 && db_col_int(stmt, 1) != 0;
	}
	db_reset(stmt);
	return got < 0 ? -1 : 0;
}

int
hostbook_want_tls(struct state *s, const char *host, int64_t until_s, bool with_subdomains,
		  int64_t now_s, struct err *err)
{
	struct db_stmt *stmt;
	int64_t known_s;
	bool below;

	if (!is_name(host))
		return 0;
	if (tls_of(s, host, &known_s, &below, err) < 0)
		return -1;
	if (until_s > now_s + HOSTBOOK_TLS_MAX_S)
		until_s = now_s + HOSTBOOK_TLS_MAX_S;
	/* It says so with every response; a write a day is enough to keep it in mind. */
	if (until_s == known_s || (until_s > 0 && known_s > now_s && below == with_subdomains &&
				   until_s >= known_s && until_s - known_s < REFRESH_S))
		return 0;
	stmt = state_write(s,
			   "INSERT INTO hosts(host, held_until_s, tls_until_s, tls_below)"
			   " VALUES(?1, 0, ?2, ?3) ON CONFLICT(host) DO UPDATE SET"
			   " tls_until_s = ?2, tls_below = ?3",
			   err);
	if (!stmt)
		return -1;
	db_text(stmt, 1, host);
	db_int(stmt, 2, until_s);
	db_int(stmt, 3, with_subdomains);
	return db_run(stmt, err);
}

int
hostbook_wants_tls(struct state *s, const char *host, int64_t now_s, struct err *err)
{
	const char *at = host;
	int64_t until_s;
	bool below;

	if (!is_name(host))
		return 0;
	/* The host itself, then every domain above it that speaks for its subdomains too. */
	while (at) {
		if (tls_of(s, at, &until_s, &below, err) < 0)
			return -1;
		if (until_s > now_s && (at == host || below))
			return 1;
		at = strchr(at, '.');
		at = at ? at + 1 : NULL;
	}
	return 0;
}

int
hostbook_purge(struct state *s, int64_t now_s, struct err *err)
{
	struct db_stmt *stmt =
		state_write(s,
			    "DELETE FROM hosts WHERE held_until_s < ?1 AND budget = 0"
			    " AND tls_until_s < ?1",
			    err);

	if (!stmt)
		return -1;
	db_int(stmt, 1, now_s);
	return db_run(stmt, err);
}
