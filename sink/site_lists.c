/* The lists of the whole site: archive, topics, sources, sitemap, OPML. */
#include "sink/site_print.h"

#include <stdio.h>

#include "sink/site_feed.h"
#include "sink/site_markup.h"
#include "sink/site_page.h"
#include "sink/site_query.h"

enum {
	LIST_ROWS_MAX = 2000, /* of topics and sources: those with most stories */
	LIST_LABEL_BYTES = 64,
};

static struct site_page
list_page(const struct site_print *print, const char *path, const char *title)
{
	buf_reset(print->out);
	arena_reset(print->arena);
	return (struct site_page){
		.conf = print->conf,
		.arena = print->arena,
		.out = print->out,
		.path = path,
		.title = title,
		.heading = title,
		.description = title,
		.feed = "",
		.section = path,
	};
}

static int
list_end(const struct site_print *print, struct site_page *page, bool any, struct err *err)
{
	if (!any)
		markup_raw(print->out, "<p class=\"empty\">No stories yet. They are listed here as "
				       "they arrive.</p>\n");
	page_end(page);
	return arena_failed(print->arena, err) < 0 ? -1 : buf_failed(print->out, err);
}

static void
row(const struct site_print *print, const struct site_page *page, const char *path,
    const char *text, int64_t count)
{
	MARKUP(print->out, "<li><a href=\"{}\">{}</a> <span class=\"count\">{}</span></li>\n",
	       page_link(page, path ? path : ""), text,
	       arena_printf(print->arena, "%lld", (long long)count));
}

static int
print_archive(const struct site_print *print, struct err *err)
{
	SCOPED(page_done) struct site_page page = list_page(print, "archive/", "Archive");
	struct db_stmt *const stmt =
		QUERY(print->db,
		      "SELECT key, count FROM bucket WHERE kind = ?1 AND count > 0"
		      " ORDER BY key DESC",
		      err, BUCKET_MONTH);
	int64_t year = -1;
	int found;

	if (!stmt)
		return -1;
	page_begin(&page);
	while ((found = db_step(stmt, err)) == 1) {
		const int64_t month = db_col_int(stmt, 0);

		if (month / 12 != year) {
			if (year >= 0)
				markup_raw(print->out, "</ul>\n");
			year = month / 12;
			(void)buf_addf(print->out, NULL,
				       "<h2>%lld</h2>\n<ul class=\"list months\">\n",
				       (long long)year);
		}
		row(print, &page, page_month_path(print->arena, month), page_month_name(month),
		    db_col_int(stmt, 1));
	}
	if (year >= 0)
		markup_raw(print->out, "</ul>\n");
	return found < 0 ? -1 : list_end(print, &page, year >= 0, err);
}

/* Topics or sources: sql gives name, slug and count. */
static int
print_labels(const struct site_print *print, struct site_page *page, const char *sql,
	     struct err *err)
{
	struct db_stmt *const stmt = QUERY(print->db, sql, err, LIST_ROWS_MAX);
	bool any = false;
	int found;

	if (!stmt)
		return -1;
	page_begin(page);
	while ((found = db_step(stmt, err)) == 1) {
		if (!any)
			markup_raw(print->out, "<ul class=\"list\">\n");
		any = true;
		row(print, page,
		    arena_printf(print->arena, "%s%s/", page->path, db_col_text(stmt, 1)),
		    db_col_text(stmt, 0), db_col_int(stmt, 2));
	}
	if (any)
		markup_raw(print->out, "</ul>\n");
	return found < 0 ? -1 : list_end(print, page, any, err);
}

static int
print_topics(const struct site_print *print, struct err *err)
{
	SCOPED(page_done) struct site_page page = list_page(print, "tag/", "Topics");

	return print_labels(print, &page,
			    "SELECT name, slug, count FROM (SELECT key, count FROM bucket"
			    " WHERE kind = 2 AND count > 0 ORDER BY count DESC, key LIMIT ?1)"
			    " JOIN tag ON tag.n = key ORDER BY name COLLATE NOCASE, name",
			    err);
}

static int
print_sources(const struct site_print *print, struct err *err)
{
	SCOPED(page_done) struct site_page page = list_page(print, "source/", "Sources");

	return print_labels(print, &page,
			    "SELECT coalesce(title, slug), slug, count FROM (SELECT key, count"
			    " FROM bucket WHERE kind = 3 AND count > 0 ORDER BY count DESC, key"
			    " LIMIT ?1) JOIN source ON source.n = key"
			    " ORDER BY coalesce(title, slug) COLLATE NOCASE, slug",
			    err);
}

static int
print_opml(const struct site_print *print, struct err *err)
{
	struct db_stmt *const stmt =
		db_stmt(print->db,
			"SELECT coalesce(title, slug), url, link FROM source WHERE url IS NOT NULL"
			" ORDER BY coalesce(title, slug) COLLATE NOCASE, slug",
			err);
	int found;

	if (!stmt)
		return -1;
	buf_reset(print->out);
	opml_begin(print->conf, print->out);
	while ((found = db_step(stmt, err)) == 1)
		opml_source(print->out, db_col_text(stmt, 0), db_col_text(stmt, 1),
			    db_col_text(stmt, 2));
	opml_end(print->out);
	return found < 0 ? -1 : buf_failed(print->out, err);
}

static int
print_sitemap(const struct site_print *print, struct err *err)
{
	static const char *const fixed[] = {"", "archive/", "tag/", "source/", "search/"};
	struct db_stmt *const stmt =
		db_stmt(print->db,
			"SELECT kind, key, count FROM bucket"
			" WHERE kind BETWEEN 1 AND 3 AND count > 0 ORDER BY kind, key DESC",
			err);
	size_t urls = sizeof(fixed) / sizeof(fixed[0]);
	int found;

	if (!stmt)
		return -1;
	buf_reset(print->out);
	sitemap_begin(print->out);
	for (size_t i = 0; i < urls; i++)
		sitemap_page(print->conf, print->out, fixed[i]);
	while ((found = db_step(stmt, err)) == 1 && urls < SITEMAP_URLS_MAX) {
		const struct site_bucket bucket = {db_col_int(stmt, 0), db_col_int(stmt, 1),
						   db_col_int(stmt, 2), 0};
		const int64_t pages = print_numbered_count(print->conf, &bucket);
		struct site_shelf shelf;

		arena_reset(print->arena);
		if (print_shelf(print, &bucket, &shelf, err) < 0) {
			db_reset(stmt);
			return -1;
		}
		sitemap_page(print->conf, print->out, shelf.path);
		urls++;
		for (int64_t i = 1; i <= pages && urls < SITEMAP_URLS_MAX; i++, urls++) {
			char path[sizeof(shelf.path) + LIST_LABEL_BYTES];

			(void)snprintf(path, sizeof(path), "%s%lld.html", shelf.path, (long long)i);
			sitemap_page(print->conf, print->out, path);
		}
	}
	db_reset(stmt);
	sitemap_end(print->out);
	return found < 0 ? -1 : buf_failed(print->out, err);
}

const struct site_list *
print_list_at(size_t i)
{
	static const struct site_list lists[] = {
		{"archive/index.html", print_archive},
		{"tag/index.html", print_topics},
		{"source/index.html", print_sources},
		{"search/index.html", print_search_page},
		{"search/parts.json", print_search_parts},
		{"sources.opml", print_opml},
		{"sitemap.xml", print_sitemap},
	};

	return i < sizeof(lists) / sizeof(lists[0]) ? &lists[i] : NULL;
}
