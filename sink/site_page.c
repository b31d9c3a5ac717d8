#include "sink/site_page.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/clock.h"
#include "common/json.h"
#include "sink/site_markup.h"
#include "sink/site_name.h"
#include "sink/site_plain.h"

enum {
	DAY_S = 24 * 60 * 60,
	FRAME_BYTES = 64 * 1024, /* of a page, that articles leave alone */
	LEAN_TITLE_CHARS = 200,
	LEAN_TAGS = 4,
	LD_TITLE_CHARS = 110,
};

static const char *const months[] = {"January",   "February", "March",    "April",
				     "May",       "June",     "July",     "August",
				     "September", "October",  "November", "December"};
static const char *const weekdays[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
				       "Thursday", "Friday", "Saturday"};

/* What a browser may do on our pages, said by the pages themselves: no server has to. */
static const char policy[] = "default-src 'none'; img-src 'self' https: data:; style-src 'self'; "
			     "script-src 'self'; connect-src 'self'; base-uri 'none'; "
			     "form-action 'self'";

static struct tm
date_of(int64_t wall_s)
{
	const time_t t = (time_t)wall_s;
	struct tm tm = {.tm_mday = 1};

	(void)gmtime_r(&t, &tm);
	return tm;
}

const char *
page_date(struct arena *arena, int64_t wall_s)
{
	const struct tm tm = date_of(wall_s);

	return arena_printf(arena, "%d %s %d", tm.tm_mday, months[tm.tm_mon], tm.tm_year + 1900);
}

const char *
page_day(struct arena *arena, int64_t wall_s)
{
	return arena_printf(arena, "%s, %s", weekdays[date_of(wall_s).tm_wday],
			    page_date(arena, wall_s));
}

const char *
page_month(struct arena *arena, int64_t month)
{
	return arena_printf(arena, "%s %d", months[month % 12], (int)(month / 12));
}

const char *
page_month_dashed(struct arena *arena, int64_t month)
{
	return arena_printf(arena, "%04d-%02d", (int)(month / 12), (int)(month % 12) + 1);
}

const char *
page_month_name(int64_t month)
{
	return months[month % 12];
}

const char *
page_month_path(struct arena *arena, int64_t month)
{
	return arena_printf(arena, "%04d/%02d/", (int)(month / 12), (int)(month % 12) + 1);
}

/* "" for a text that could not be had: the arena's fault is asked for once, at the end. */
static const char *
or_empty(const char *text)
{
	return text ? text : "";
}

const char *
page_link(const struct site_page *page, const char *target)
{
	const char *from = page->path;
	char up[64] = "";
	size_t at = 0, common = 0, len;
	bool folder;

	for (size_t i = 0; from[i] != '\0' && from[i] == target[i]; i++)
		if (from[i] == '/')
			common = i + 1;
	for (from += common; *from != '\0' && at + 3 < sizeof(up); from++)
		if (*from == '/')
			at += (size_t)snprintf(up + at, sizeof(up) - at, "../");
	target += common;
	len = strlen(target);
	folder = len == 0 || target[len - 1] == '/';
	if (folder && page->conf->folder_links)
		return at + len == 0 ? "./"
				     : or_empty(arena_printf(page->arena, "%s%s", up, target));
	return or_empty(
		arena_printf(page->arena, "%s%s%s", up, target, folder ? "index.html" : ""));
}

static const char *
absolute(const struct site_page *page, const char *path)
{
	return or_empty(arena_printf(page->arena, "%s%s", page->conf->base_url, path));
}

/* Head and masthead. */

static void
head(struct site_page *page)
{
	const struct site_conf *const conf = page->conf;
	struct buf *const out = page->out;
	const char *const feed = or_empty(arena_printf(page->arena, "%sfeed.atom", page->feed));
	const char *const json = or_empty(arena_printf(page->arena, "%sfeed.json", page->feed));

	MARKUP(out, "<!DOCTYPE html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n",
	       conf->language);
	if (page->title)
		MARKUP(out, "<title>{} – {}</title>\n", page->title, conf->title);
	else
		MARKUP(out, "<title>{}</title>\n", conf->title);
	MARKUP(out,
	       "<meta http-equiv=\"Content-Security-Policy\" content=\"{}\">\n"
	       "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
	       "<meta name=\"description\" content=\"{}\">\n"
	       "<meta name=\"referrer\" content=\"no-referrer\">\n"
	       "<meta name=\"color-scheme\" content=\"light dark\">\n",
	       policy, page->description ? page->description : conf->description);
	MARKUP(out,
	       "<link rel=\"canonical\" href=\"{}\">\n"
	       "<link rel=\"icon\" type=\"image/svg+xml\" href=\"{}\">\n"
	       "<link rel=\"stylesheet\" href=\"{}\">\n"
	       "<link rel=\"alternate\" type=\"application/atom+xml\" title=\"Atom\" href=\"{}\">\n"
	       "<link rel=\"alternate\" type=\"application/feed+json\" title=\"JSON Feed\""
	       " href=\"{}\">\n",
	       absolute(page, page->path), page_link(page, "favicon.svg"),
	       page_link(page, "style.css"), page_link(page, feed), page_link(page, json));
	if (page->script)
		MARKUP(out, "<script src=\"{}\" defer></script>\n", page_link(page, page->script));
	markup_raw(out, "</head>\n");
}

static void
masthead(struct site_page *page)
{
	static const struct {
		const char *path, *text;
	} links[] = {
		{"", "Latest"},         {"archive/", "Archive"}, {"tag/", "Topics"},
		{"source/", "Sources"}, {"search/", "Search"},
	};
	struct buf *const out = page->out;

	markup_raw(out, "<body>\n<a class=\"skip\" href=\"#main\">Skip to the stories</a>\n"
			"<header class=\"masthead\">\n");
	if (*page->path != '\0')
		MARKUP(out, "<p class=\"site\"><a href=\"{}\">{}</a></p>\n", page_link(page, ""),
		       page->conf->title);
	markup_raw(out, "<nav aria-label=\"Site\">\n<ul>\n");
	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
		const bool here = page->section && strcmp(page->section, links[i].path) == 0;

		MARKUP(out, "<li><a href=\"{}\"", page_link(page, links[i].path));
		if (here)
			markup_raw(out, strcmp(page->path, links[i].path) == 0
						? " aria-current=\"page\""
						: " aria-current=\"true\"");
		MARKUP(out, ">{}</a></li>\n", links[i].text);
	}
	markup_raw(out, "</ul>\n</nav>\n</header>\n");
}

void
page_begin(struct site_page *page)
{
	page->first = true;
	page->ld = buf_init(SITE_PAGE_BYTES_MAX);
	head(page);
	masthead(page);
	markup_raw(page->out, "<main id=\"main\" class=\"h-feed\">\n");
	if (page->kind)
		MARKUP(page->out, "<p class=\"kind\">{}</p>\n", page->kind);
	MARKUP(page->out, "<h1 class=\"p-name\">{}</h1>\n",
	       page->heading ? page->heading : page->conf->title);
}

/* An article. */

static void
byline(struct site_page *page, const struct site_entry *entry)
{
	const struct site_item *const item = &entry->item;
	struct buf *const out = page->out;
	const struct tm tm = date_of(item->at);
	char when[CLOCK_RFC3339_BYTES];
	char shown[16];

	/* Midnight sharp is what feeds say that know the day only. */
	if (item->at % DAY_S == 0)
		(void)snprintf(shown, sizeof(shown), "%d %.3s", tm.tm_mday, months[tm.tm_mon]);
	else
		(void)snprintf(shown, sizeof(shown), "%02d:%02d", tm.tm_hour, tm.tm_min);
	MARKUP(out, "<p class=\"byline\"><a class=\"source\" href=\"{}\">{}</a>",
	       page_link(page,
			 or_empty(arena_printf(page->arena, "source/%s/", entry->source.slug))),
	       entry->source.name);
	if (item->author)
		MARKUP(out, " <span class=\"p-author h-card\" dir=\"auto\">{}</span>",
		       item->author);
	MARKUP(out, " <time class=\"dt-published\" datetime=\"{}\" title=\"{}\">{}</time></p>\n",
	       clock_rfc3339(item->at, when),
	       arena_printf(page->arena, "%s, %s UTC%s", page_date(page->arena, item->at), shown,
			    item->dated ? "" : " (when it was found)"),
	       shown);
}

static void
picture(struct site_page *page, const struct site_item *item)
{
	struct buf *const out = page->out;

	if (!item->image || !page->conf->images)
		return;
	MARKUP(out,
	       "<figure><img class=\"u-photo\" src=\"{}\" alt=\"{}\" loading=\"lazy\""
	       " decoding=\"async\" referrerpolicy=\"no-referrer\"",
	       item->image, item->alt);
	if (item->image_width > 0 && item->image_height > 0)
		(void)buf_addf(out, NULL, " width=\"%lld\" height=\"%lld\"",
			       (long long)item->image_width, (long long)item->image_height);
	markup_raw(out, ">");
	if (item->caption)
		MARKUP(out, "<figcaption dir=\"auto\">{}</figcaption>", item->caption);
	markup_raw(out, "</figure>\n");
}

static void
tags(struct site_page *page, const struct site_entry *entry, size_t most)
{
	if (entry->tag_count == 0)
		return;
	markup_raw(page->out, "<ul class=\"tags\" aria-label=\"Topics\">");
	for (size_t i = 0; i < entry->tag_count && i < most; i++)
		MARKUP(page->out, "<li><a class=\"p-category\" rel=\"tag\" href=\"{}\">{}</a></li>",
		       page_link(page, or_empty(arena_printf(page->arena, "tag/%s/",
							     entry->tags[i].slug))),
		       entry->tags[i].name);
	markup_raw(page->out, "</ul>\n");
}

static void
also(struct site_page *page, const struct site_entry *entry)
{
	if (entry->also_count == 0)
		return;
	markup_raw(page->out, "<p class=\"also\">Also at ");
	for (size_t i = 0; i < entry->also_count; i++)
		MARKUP(page->out, "{}<a rel=\"noopener\" href=\"{}\">{}</a>", i > 0 ? ", " : "",
		       entry->also[i].url, entry->also[i].source);
	if (entry->also_more > 0)
		MARKUP(page->out, " and {} more",
		       or_empty(arena_printf(page->arena, "%zu", entry->also_more)));
	markup_raw(page->out, "</p>\n");
}

/* Lean: the least that an article is, for one whose fullness would outgrow the page. */
static void
article(struct site_page *page, const struct site_entry *entry, bool lean)
{
	const struct site_item *const item = &entry->item;
	struct buf *const out = page->out;
	SCOPED(buf_done) struct buf title = buf_init(16 * 1024);

	plain_line(&title, item->title, strlen(item->title), lean ? LEAN_TITLE_CHARS : title.max);
	MARKUP(out, "<article class=\"h-entry\" id=\"s-{}\"", item->id);
	if (item->language)
		MARKUP(out, " lang=\"{}\"", item->language);
	markup_raw(out, ">\n<h3 class=\"p-name\" dir=\"auto\">");
	if (item->url)
		MARKUP(out, "<a class=\"u-url\" rel=\"noopener\" href=\"{}\">{}</a>", item->url,
		       buf_str(&title));
	else
		MARKUP(out, "{}", buf_str(&title));
	markup_raw(out, "</h3>\n");
	byline(page, entry);
	if (!lean) {
		picture(page, item);
		if (item->excerpt) {
			markup_raw(out, "<div class=\"p-summary\" dir=\"auto\">");
			markup_raw(out, item->excerpt); /* written by site_excerpt */
			markup_raw(out, "</div>\n");
		}
		also(page, entry);
	}
	tags(page, entry, lean ? LEAN_TAGS : SITE_TAGS_MAX);
	markup_raw(out, "</article>\n");
}

static void
linked_data(struct site_page *page, const struct site_entry *entry)
{
	const struct site_item *const item = &entry->item;
	SCOPED(buf_done) struct buf text = buf_init(64 * 1024);
	SCOPED(buf_done) struct buf title = buf_init(4096);
	struct json j = json_into(&text);
	char when[CLOCK_RFC3339_BYTES];

	plain_line(&title, item->title, strlen(item->title), LD_TITLE_CHARS);
	json_object(&j);
	json_member(&j, "@type", "NewsArticle");
	json_member(&j, "headline", buf_str(&title));
	json_member(&j, "url", item->url);
	json_member(&j, "datePublished", clock_rfc3339(item->at, when));
	json_key(&j, "publisher");
	json_object(&j);
	json_member(&j, "@type", "Organization");
	json_member(&j, "name", entry->source.name);
	json_close(&j);
	json_close(&j);
	if (page->ld.len > 0)
		(void)buf_addc(&page->ld, ',', NULL);
	markup_json(&page->ld, buf_bytes(&text));
}

/* The heading of the article's day, where the one before had another. */
static void
new_day(struct site_page *page, int64_t at)
{
	const int64_t day = at / DAY_S - (at % DAY_S < 0);
	char when[CLOCK_RFC3339_BYTES];

	if (!page->first && page->day == day)
		return;
	if (!page->first)
		markup_raw(page->out, "</section>\n");
	(void)clock_rfc3339(day * DAY_S, when);
	when[strcspn(when, "T")] = '\0';
	MARKUP(page->out, "<section class=\"day\">\n<h2><time datetime=\"{}\">{}</time></h2>\n",
	       when, or_empty(page_day(page->arena, at)));
	page->first = false;
	page->day = day;
}

void
page_entry(struct site_page *page, const struct site_entry *entry)
{
	const size_t share =
		(SITE_PAGE_BYTES_MAX - FRAME_BYTES) / (2 * (size_t)page->conf->page_size);
	const size_t ld_before = page->ld.len;
	size_t before;

	new_day(page, entry->item.at);
	before = page->out->len;
	article(page, entry, false);
	linked_data(page, entry);
	if (page->out->len - before + page->ld.len - ld_before <= share)
		return;
	page->out->len = before;
	page->ld.len = ld_before;
	article(page, entry, true);
}

/* Foot. */

static void
end_day(struct site_page *page)
{
	if (!page->first)
		markup_raw(page->out, "</section>\n");
	page->first = true;
}

void
page_pager(struct site_page *page, struct site_step older, struct site_step newer)
{
	struct buf *const out = page->out;

	end_day(page);
	if (!older.target && !newer.target)
		return;
	markup_raw(out, "<nav class=\"pager\" aria-label=\"Older and newer stories\">\n<ul>\n");
	if (older.target)
		MARKUP(out, "<li class=\"older\"><a rel=\"prev\" href=\"{}\">{}</a></li>\n",
		       page_link(page, older.target), older.text);
	if (newer.target)
		MARKUP(out, "<li class=\"newer\"><a rel=\"next\" href=\"{}\">{}</a></li>\n",
		       page_link(page, newer.target), newer.text);
	markup_raw(out, "</ul>\n</nav>\n");
}

static void
write_linked_data(struct site_page *page)
{
	SCOPED(buf_done) struct buf text = buf_init(64 * 1024);
	struct json j = json_into(&text);
	const char *const name = page->heading ? page->heading : page->conf->title;

	json_object(&j);
	json_member(&j, "@context", "https://schema.org");
	json_member(&j, "@type", "CollectionPage");
	json_member(&j, "name", name);
	json_member(&j, "url", absolute(page, page->path));
	json_member(&j, "inLanguage", page->conf->language);
	json_close(&j);
	markup_raw(page->out, "<script type=\"application/ld+json\">");
	if (page->ld.len == 0) {
		markup_json(page->out, buf_bytes(&text));
	} else {
		/* The articles, written already, go in before the last brace. */
		markup_json(page->out, (struct bytes){buf_str(&text), text.len - 1});
		markup_raw(page->out, ",\"hasPart\":[");
		(void)buf_add(page->out, page->ld.data, page->ld.len, NULL);
		markup_raw(page->out, "]}");
	}
	markup_raw(page->out, "</script>\n");
}

void
page_end(struct site_page *page)
{
	struct buf *const out = page->out;
	const char *const atom = or_empty(arena_printf(page->arena, "%sfeed.atom", page->feed));
	const char *const json = or_empty(arena_printf(page->arena, "%sfeed.json", page->feed));

	end_day(page);
	markup_raw(out, "</main>\n<footer>\n<nav aria-label=\"Subscribe\">\n<ul>\n");
	MARKUP(out,
	       "<li><a href=\"{}\" type=\"application/atom+xml\">Atom feed</a></li>\n"
	       "<li><a href=\"{}\" type=\"application/feed+json\">JSON Feed</a></li>\n"
	       "<li><a href=\"{}\" type=\"text/x-opml\">All sources (OPML)</a></li>\n",
	       page_link(page, atom), page_link(page, json), page_link(page, "sources.opml"));
	markup_raw(out,
		   "</ul>\n</nav>\n<p>Headlines, excerpts and pictures belong to their publishers; "
		   "every headline leads to the original. Times are UTC.</p>\n</footer>\n");
	write_linked_data(page);
	markup_raw(out, "</body>\n</html>\n");
}

void
page_done(struct site_page *page)
{
	buf_done(&page->ld);
}
