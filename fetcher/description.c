#include "fetcher/description.h"

int
description_save(struct state *s, const char *id, const struct description *d, struct err *err)
{
	struct db_stmt *stmt = state_write(
		s,
		"INSERT INTO descriptions(feed, title, link, self, hub, prev_archive, document,"
		" parser, items, warnings) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)"
		" ON CONFLICT(feed) DO UPDATE SET title = ?2, link = ?3, self = ?4, hub = ?5,"
		" prev_archive = ?6, document = ?7, parser = ?8, items = ?9, warnings = ?10"
		" WHERE title IS NOT ?2 OR link IS NOT ?3 OR self IS NOT ?4 OR hub IS NOT ?5 OR"
		" prev_archive IS NOT ?6 OR document IS NOT ?7",
		err);

	if (!stmt)
		return -1;
	db_text(stmt, 1, id);
	db_text(stmt, 2, d->title);
	db_text(stmt, 3, d->link);
	db_text(stmt, 4, d->self);
	db_text(stmt, 5, d->hub);
	db_text(stmt, 6, d->prev_archive);
	db_int(stmt, 7, d->document);
	db_text(stmt, 8, d->parser);
	db_int(stmt, 9, d->items);
	db_text(stmt, 10, d->warnings);
	return db_run(stmt, err);
}

int
description_of(struct state *s, const char *id, void (*give)(void *arg, const struct description *),
	       void *arg, struct err *err)
{
	struct db_stmt *stmt = db_stmt(
		state_db(s),
		"SELECT title, link, self, hub, prev_archive, document, parser, items, warnings"
		" FROM descriptions WHERE feed = ?1",
		err);
	int got;

	if (!stmt)
		return -1;
	db_text(stmt, 1, id);
	got = db_step(stmt, err);
	if (got == 1)
		give(arg, &(struct description){.title = db_col_text(stmt, 0),
						.link = db_col_text(stmt, 1),
						.self = db_col_text(stmt, 2),
						.hub = db_col_text(stmt, 3),
						.prev_archive = db_col_text(stmt, 4),
						.document = db_col_int(stmt, 5),
						.parser = db_col_text(stmt, 6),
						.items = db_col_int(stmt, 7),
						.warnings = db_col_text(stmt, 8)});
	db_reset(stmt);
	return got;
}
