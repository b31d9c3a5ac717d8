#include "sink/site_print.h"

#include <stdio.h>
#include <string.h>

#include "common/url.h"
#include "common/utf8.h"
#include "sink/site_feed.h"
#include "sink/site_markup.h"
#include "sink/site_page.h"
#include "sink/site_query.h"

enum { STORIES_MAX = 2 * SITE_PAGE_SIZE_MAX, FRONT_TAGS = 12, FEED_URL_BYTES = 200 };

int
print_shelf(const struct site_print *print, const struct site_bucket *bucket,
	    struct site_shelf *out, struct err *err)
{
	struct site_label label = {"", "", ""};

	*out = (struct site_shelf){.bucket = *bucket};
	switch (bucket->kind) {
	case BUCKET_FRONT:
		out->feeds = true;
		break;
	case BUCKET_MONTH:
		(void)snprintf(out->path, sizeof(out->path), "%s",
			       page_month_path(print->arena, bucket->key));
		(void)snprintf(out->heading, sizeof(out->heading), "%s",
			       page_month(print->arena, bucket->key));
		(void)snprintf(out->title, sizeof(out->title), "%s", out->heading);
		break;
	case BUCKET_TAG:
	case BUCKET_SOURCE:
		if (site_store_label(print->db, bucket->kind, bucket->key, print->arena, &label,
				     err) < 0)
			return -1;
		out->feeds = bucket->kind == BUCKET_TAG;
		(void)snprintf(out->path, sizeof(out->path), "%s/%s/",
			       out->feeds ? "tag" : "source", label.slug);
		(void)snprintf(out->heading, sizeof(out->heading), "%s", label.name);
		if (out->feeds)
			(void)snprintf(out->title, sizeof(out->title), "Topic: %s", label.name);
		else /* two feeds may have one name, but not one address */
			(void)snprintf(
				out->title, sizeof(out->title), "Source: %s (%.*s)", label.name,
				(int)utf8_cut(label.feed, strlen(label.feed), FEED_URL_BYTES),
				label.feed);
		break;
	default:
		break;
	}
	return arena_failed(print->arena, err);
}

int64_t
print_numbered_count(const struct site_conf *conf, const struct site_bucket *bucket)
{
	const int64_t pages = bucket->count / conf->page_size;

	return bucket->kind == BUCKET_FRONT || pages < 2 ? 0 : pages - 1;
}

static struct site_page
page_of(const struct site_print *print, const struct site_shelf *shelf)
{
	static const char *const sections[BUCKET_KINDS] = {
		[BUCKET_FRONT] = "",
		[BUCKET_MONTH] = "archive/",
		[BUCKET_TAG] = "tag/",
		[BUCKET_SOURCE] = "source/",
	};

	static const char *const kinds[BUCKET_KINDS] = {
		[BUCKET_TAG] = "Topic",
		[BUCKET_SOURCE] = "Source",
	};

	buf_reset(print->out);
	arena_reset(print->arena);
	return (struct site_page){
		.conf = print->conf,
		.arena = print->arena,
		.out = print->out,
		.path = shelf->path,
		.kind = kinds[shelf->bucket.kind],
		.title = shelf->title[0] != '\0' ? shelf->title : NULL,
		.heading = shelf->heading[0] != '\0' ? shelf->heading : NULL,
		.feed = shelf->feeds ? shelf->path : "",
		.section = sections[shelf->bucket.kind],
	};
}

static int
whole(const struct site_print *print, struct err *err)
{
	return arena_failed(print->arena, err) < 0 ? -1 : buf_failed(print->out, err);
}

static int
print_entry(const struct site_print *print, struct site_page *page, int64_t lead, struct err *err)
{
	struct site_entry entry;

	if (site_store_entry(print->db, lead, print->arena, &entry, err) < 0)
		return -1;
	page_entry(page, &entry);
	return 0;
}

/* "1 story", "1234 stories" */
static const char *
stories(const struct site_print *print, int64_t count)
{
	return arena_printf(print->arena, "%lld %s", (long long)count,
			    count == 1 ? "story" : "stories");
}

int
print_numbered(const struct site_print *print, const struct site_shelf *shelf,
	       struct site_cursor *cursor, int64_t number, int64_t full, struct err *err)
{
	SCOPED(page_done) struct site_page page = page_of(print, shelf);
	int64_t leads[STORIES_MAX];
	size_t count;
	char title[sizeof(shelf->title) + 32];

	if (site_bucket_read(print->db, &shelf->bucket, cursor, (size_t)print->conf->page_size,
			     leads, &count, err) < 0)
		return -1;
	(void)snprintf(title, sizeof(title), "%s, page %lld", shelf->title, (long long)number);
	page.title = page.description = title;
	page.path = arena_printf(print->arena, "%s%lld.html", shelf->path, (long long)number);
	if (!page.path)
		return arena_failed(print->arena, err);
	page_begin(&page);
	MARKUP(print->out, "<p class=\"lead\">Page {}</p>\n",
	       arena_printf(print->arena, "%lld", (long long)number));
	for (size_t i = count; i-- > 0;)
		if (print_entry(print, &page, leads[i], err) < 0)
			return -1;
	page_pager(&page,
		   (struct site_step){number > 1 ? arena_printf(print->arena, "%s%lld.html",
								shelf->path, (long long)number - 1)
						 : NULL,
				      "Older stories"},
		   (struct site_step){number < full
					      ? arena_printf(print->arena, "%s%lld.html",
							     shelf->path, (long long)number + 1)
					      : shelf->path,
				      "Newer stories"});
	page_end(&page);
	return whole(print, err);
}

/* The front page's way into the topics: those with most stories. */
static int
front_topics(const struct site_print *print, struct site_page *page, struct err *err)
{
	struct db_stmt *const stmt =
		QUERY(print->db,
		      "SELECT name, slug FROM (SELECT key, count FROM bucket WHERE kind = 2"
		      " ORDER BY count DESC, key LIMIT ?1) JOIN tag ON tag.n = key ORDER BY name",
		      err, FRONT_TAGS);
	int found = stmt ? 0 : -1;
	bool any = false;

	while (stmt && (found = db_step(stmt, err)) == 1) {
		if (!any)
			markup_raw(print->out,
				   "<nav class=\"topics\" aria-label=\"Topics\">\n<ul>\n");
		any = true;
		MARKUP(print->out, "<li><a href=\"{}\">{}</a></li>\n",
		       page_link(page, arena_printf(print->arena, "tag/%s/", db_col_text(stmt, 1))),
		       db_col_text(stmt, 0));
	}
	if (any)
		markup_raw(print->out, "</ul>\n</nav>\n");
	return found;
}

/* Where the first page leads: to the bucket's numbered pages; months lead to months, the front
 * page to the month that its last story is of. */
static int
first_steps(const struct site_print *print, const struct site_shelf *shelf, int64_t full,
	    int64_t last_lead, struct site_step *older, struct site_step *newer, struct err *err)
{
	const struct site_bucket *const bucket = &shelf->bucket;
	int64_t month, at;
	int found;

	if (bucket->kind == BUCKET_FRONT) {
		found = query_row(
			QUERY(print->db, "SELECT at FROM item WHERE n = ?1", err, last_lead), &at,
			1, err);
		if (found == 1) {
			month = site_month_of(at);
			older->target = page_month_path(print->arena, month);
			older->text = arena_printf(print->arena, "More from %s",
						   page_month(print->arena, month));
		}
		return found < 0 ? -1 : 0;
	}
	if (full > 0) {
		older->target =
			arena_printf(print->arena, "%s%lld.html", shelf->path, (long long)full);
		older->text = "Older stories";
	}
	for (int step = -1; bucket->kind == BUCKET_MONTH && step <= 1; step += 2) {
		struct site_step *const to = step < 0 ? older : newer;

		found = site_bucket_neighbour(print->db, bucket->key, step, &month, err);
		if (found < 0)
			return -1;
		if (found == 0 || to->target)
			continue;
		to->target = page_month_path(print->arena, month);
		to->text = page_month(print->arena, month);
	}
	return 0;
}

/* "12 stories", and where a source is at home. */
static int
first_lead(const struct site_print *print, const struct site_shelf *shelf, struct err *err)
{
	struct db_stmt *stmt;
	int found = 0;

	MARKUP(print->out, "<p class=\"lead\">{}", stories(print, shelf->bucket.count));
	if (shelf->bucket.kind == BUCKET_SOURCE) {
		SCOPED(buf_done) struct buf host = buf_init(URL_MAX_BYTES);

		stmt = QUERY(print->db, "SELECT link FROM source WHERE n = ?1 AND link IS NOT NULL",
			     err, shelf->bucket.key);
		found = stmt ? db_step(stmt, err) : -1;
		if (found == 1) {
			const char *const link = db_col_text(stmt, 0);

			(void)url_host(link, strlen(link), &host, NULL);
			MARKUP(print->out, " from <a rel=\"noopener\" href=\"{}\">{}</a>", link,
			       buf_str(&host));
			db_reset(stmt);
		}
	}
	markup_raw(print->out, "</p>\n");
	return found < 0 ? -1 : 0;
}

int
print_first(const struct site_print *print, const struct site_shelf *shelf, int64_t full,
	    struct err *err)
{
	const struct site_bucket *const bucket = &shelf->bucket;
	const int64_t size = print->conf->page_size;
	const int64_t most = bucket->kind == BUCKET_FRONT ? size : bucket->count - full * size;
	SCOPED(page_done) struct site_page page = page_of(print, shelf);
	struct site_step older = {NULL, NULL}, newer = {NULL, NULL};
	int64_t leads[STORIES_MAX];
	size_t count;

	if (site_bucket_newest(print->db, bucket, (size_t)most, leads, &count, err) < 0)
		return -1;
	if (page.title)
		page.description = arena_printf(print->arena, "%s: %s", shelf->title,
						stories(print, bucket->count));
	page_begin(&page);
	if (bucket->kind == BUCKET_FRONT) {
		MARKUP(print->out, "<p class=\"lead\">{}</p>\n", print->conf->description);
		if (front_topics(print, &page, err) < 0)
			return -1;
	} else if (first_lead(print, shelf, err) < 0) {
		return -1;
	}
	if (count == 0)
		markup_raw(print->out, "<p class=\"empty\">No stories yet. They appear here as "
				       "they arrive.</p>\n");
	for (size_t i = 0; i < count; i++)
		if (print_entry(print, &page, leads[i], err) < 0)
			return -1;
	if (count > 0 && first_steps(print, shelf, full, leads[count - 1], &older, &newer, err) < 0)
		return -1;
	page_pager(&page, older, newer);
	page_end(&page);
	return whole(print, err);
}

static int
print_feed(const struct site_print *print, const struct site_shelf *shelf,
	   void (*write)(const struct site_feed *, struct arena *, struct buf *), struct err *err)
{
	int64_t leads[SITE_FEED_ENTRIES];
	struct site_entry *entries;
	struct site_feed feed = {.conf = print->conf, .path = shelf->path};
	const char *const name = print->conf->title;

	buf_reset(print->out);
	arena_reset(print->arena);
	entries = arena_array(print->arena, SITE_FEED_ENTRIES, sizeof(*entries));
	feed.title = shelf->heading[0] == '\0'
			     ? name
			     : arena_printf(print->arena, "%s – %s", shelf->heading, name);
	if (!entries || !feed.title)
		return arena_failed(print->arena, err);
	if (site_bucket_newest(print->db, &shelf->bucket, SITE_FEED_ENTRIES, leads, &feed.count,
			       err) < 0)
		return -1;
	for (size_t i = 0; i < feed.count; i++)
		if (site_store_entry(print->db, leads[i], print->arena, &entries[i], err) < 0)
			return -1;
	feed.entries = entries;
	write(&feed, print->arena, print->out);
	return whole(print, err);
}

int
print_atom(const struct site_print *print, const struct site_shelf *shelf, struct err *err)
{
	return print_feed(print, shelf, feed_atom, err);
}

int
print_json(const struct site_print *print, const struct site_shelf *shelf, struct err *err)
{
	return print_feed(print, shelf, feed_json, err);
}
