/* The search: what search.js reads, and the page that it works on. */
#include <string.h>

#include "common/clock.h"
#include "common/json.h"
#include "sink/site_markup.h"
#include "sink/site_page.h"
#include "sink/site_print.h"
#include "sink/site_query.h"

int64_t
print_search_count(const struct site_bucket *month)
{
	return (month->count + SEARCH_PART - 1) / SEARCH_PART;
}

/* ["title","url","source","2024-02-20","topic", ...] */
static void
search_row(struct json *j, const struct site_entry *entry)
{
	char when[CLOCK_RFC3339_BYTES];

	(void)clock_rfc3339(entry->item.at, when);
	json_array(j);
	json_text(j, entry->item.title);
	json_text(j, entry->item.url);
	json_text(j, entry->source.name);
	json_text_n(j, when, strcspn(when, "T"));
	for (size_t i = 0; i < entry->tag_count; i++)
		json_text(j, entry->tags[i].name);
	json_close(j);
}

int
print_search(const struct site_print *print, const struct site_shelf *month,
	     struct site_cursor *cursor, struct err *err)
{
	int64_t leads[SEARCH_PART];
	size_t count;
	struct json j;

	buf_reset(print->out);
	if (site_bucket_read(print->db, &month->bucket, cursor, SEARCH_PART, leads, &count, err) <
	    0)
		return -1;
	j = json_into(print->out);
	json_array(&j);
	while (count-- > 0) {
		struct site_entry entry;

		arena_reset(print->arena);
		if (site_store_entry(print->db, leads[count], print->arena, &entry, err) < 0)
			return -1;
		if (entry.item.url)
			search_row(&j, &entry);
	}
	json_close(&j);
	(void)buf_addc(print->out, '\n', NULL);
	return buf_failed(print->out, err);
}

int
print_search_parts(const struct site_print *print, struct err *err)
{
	struct db_stmt *const stmt =
		QUERY(print->db,
		      "SELECT key, count FROM bucket WHERE kind = ?1 AND count > 0"
		      " ORDER BY key DESC",
		      err, BUCKET_MONTH);
	struct json j = json_into(print->out);
	int found;

	if (!stmt)
		return -1;
	buf_reset(print->out);
	arena_reset(print->arena);
	json_array(&j);
	while ((found = db_step(stmt, err)) == 1) {
		const struct site_bucket month = {BUCKET_MONTH, db_col_int(stmt, 0),
						  db_col_int(stmt, 1), 0};

		for (int64_t part = print_search_count(&month); part > 0; part--)
			json_text(&j, arena_printf(print->arena, "%s-%lld",
						   page_month_dashed(print->arena, month.key),
						   (long long)part));
	}
	json_close(&j);
	(void)buf_addc(print->out, '\n', NULL);
	if (found < 0 || arena_failed(print->arena, err) < 0)
		return -1;
	return buf_failed(print->out, err);
}

int
print_search_page(const struct site_print *print, struct err *err)
{
	SCOPED(page_done)
	struct site_page page = {
		.conf = print->conf,
		.arena = print->arena,
		.out = print->out,
		.path = "search/",
		.title = "Search",
		.heading = "Search",
		.description = "Search",
		.feed = "",
		.script = "search.js",
		.section = "search/",
	};

	buf_reset(print->out);
	arena_reset(print->arena);
	page_begin(&page);
	markup_raw(print->out,
		   "<noscript><p class=\"lead\">The search works in your browser and needs "
		   "JavaScript. Without it, every story is in the archive, under its topics and "
		   "under its source.</p></noscript>\n"
		   "<search>\n<form id=\"search\" data-root=\"../\" hidden>\n"
		   "<label for=\"q\">Words of a title, a source or a topic</label>\n"
		   "<input type=\"search\" id=\"q\" name=\"q\" autocomplete=\"off\">\n"
		   "<button type=\"submit\">Search</button>\n</form>\n</search>\n"
		   "<p id=\"status\" role=\"status\" class=\"lead\"></p>\n"
		   "<ol id=\"results\" class=\"list\"></ol>\n"
		   "<p><button type=\"button\" id=\"further\" hidden>Search further "
		   "back</button></p>\n");
	page_end(&page);
	return arena_failed(print->arena, err) < 0 ? -1 : buf_failed(print->out, err);
}
