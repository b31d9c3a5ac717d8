#include "sink/site_feed.h"

#include "common/clock.h"
#include "common/json.h"
#include "sink/site_markup.h"

/* When the newest of them changed; the epoch of a feed without any. */
static int64_t
last_change(const struct site_feed *feed)
{
	int64_t last = 0;

	for (size_t i = 0; i < feed->count; i++)
		if (feed->entries[i].item.updated > last)
			last = feed->entries[i].item.updated;
	return last;
}

static void
atom_source(const struct site_entry *entry, struct buf *out)
{
	const struct site_item *const item = &entry->item;

	MARKUP(out, "<source>\n<id>{}</id>\n<title>{}</title>\n",
	       item->feed_url ? item->feed_url : item->feed_link, entry->source.name);
	if (item->feed_url)
		MARKUP(out, "<link rel=\"self\" href=\"{}\"/>\n", item->feed_url);
	if (item->feed_link)
		MARKUP(out, "<link rel=\"alternate\" type=\"text/html\" href=\"{}\"/>\n",
		       item->feed_link);
	markup_raw(out, "</source>\n");
}

static void
atom_entry(const struct site_entry *entry, struct buf *out)
{
	const struct site_item *const item = &entry->item;
	char at[CLOCK_RFC3339_BYTES], updated[CLOCK_RFC3339_BYTES];

	markup_raw(out, "<entry");
	if (item->language)
		MARKUP(out, " xml:lang=\"{}\"", item->language);
	MARKUP(out, ">\n<id>{}</id>\n<title type=\"text\">{}</title>\n", entry->key, item->title);
	if (item->url)
		MARKUP(out, "<link rel=\"alternate\" type=\"text/html\" href=\"{}\"/>\n",
		       item->url);
	MARKUP(out, "<published>{}</published>\n<updated>{}</updated>\n",
	       clock_rfc3339(item->at, at), clock_rfc3339(item->updated, updated));
	MARKUP(out, "<author><name>{}</name></author>\n",
	       item->author ? item->author : entry->source.name);
	atom_source(entry, out);
	for (size_t i = 0; i < entry->tag_count; i++)
		MARKUP(out, "<category term=\"{}\"/>\n", entry->tags[i].name);
	MARKUP(out, "<content type=\"html\">{}</content>\n</entry>\n",
	       item->excerpt ? item->excerpt : item->title);
}

void
feed_atom(const struct site_feed *feed, struct arena *arena, struct buf *out)
{
	const struct site_conf *const conf = feed->conf;
	const char *const home = arena_printf(arena, "%s%s", conf->base_url, feed->path);
	const char *const self = arena_printf(arena, "%sfeed.atom", home);
	char updated[CLOCK_RFC3339_BYTES];

	MARKUP(out,
	       "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
	       "<feed xmlns=\"http://www.w3.org/2005/Atom\" xml:lang=\"{}\">\n"
	       "<id>{}</id>\n<title type=\"text\">{}</title>\n<updated>{}</updated>\n"
	       "<link rel=\"self\" type=\"application/atom+xml\" href=\"{}\"/>\n"
	       "<link rel=\"alternate\" type=\"text/html\" href=\"{}\"/>\n"
	       "<generator>feedmill</generator>\n",
	       conf->language, home, feed->title, clock_rfc3339(last_change(feed), updated), self,
	       home);
	for (size_t i = 0; i < feed->count; i++)
		atom_entry(&feed->entries[i], out);
	markup_raw(out, "</feed>\n");
}

static void
json_entry(const struct site_entry *entry, struct json *j)
{
	const struct site_item *const item = &entry->item;
	char at[CLOCK_RFC3339_BYTES], updated[CLOCK_RFC3339_BYTES];

	json_object(j);
	json_member(j, "id", entry->key);
	json_member(j, "url", item->url);
	json_member(j, "title", item->title);
	if (item->excerpt)
		json_member(j, "content_html", item->excerpt);
	else
		json_member(j, "content_text", item->title);
	json_member(j, "image", item->image);
	json_member(j, "date_published", clock_rfc3339(item->at, at));
	json_member(j, "date_modified", clock_rfc3339(item->updated, updated));
	json_member(j, "language", item->language);
	json_key(j, "authors");
	json_array(j);
	json_object(j);
	json_member(j, "name", item->author ? item->author : entry->source.name);
	json_close(j);
	json_close(j);
	if (entry->tag_count > 0) {
		json_key(j, "tags");
		json_array(j);
		for (size_t i = 0; i < entry->tag_count; i++)
			json_text(j, entry->tags[i].name);
		json_close(j);
	}
	json_key(j, "_source"); /* an extension, as the format provides: where it came from */
	json_object(j);
	json_member(j, "title", entry->source.name);
	json_member(j, "feed_url", item->feed_url);
	json_member(j, "home_page_url", item->feed_link);
	json_close(j);
	json_close(j);
}

void
feed_json(const struct site_feed *feed, struct arena *arena, struct buf *out)
{
	const struct site_conf *const conf = feed->conf;
	const char *const home = arena_printf(arena, "%s%s", conf->base_url, feed->path);
	struct json j = json_into(out);

	json_object(&j);
	json_member(&j, "version", "https://jsonfeed.org/version/1.1");
	json_member(&j, "title", feed->title);
	json_member(&j, "home_page_url", home);
	json_member(&j, "feed_url", arena_printf(arena, "%sfeed.json", home));
	json_member(&j, "description", conf->description);
	json_member(&j, "language", conf->language);
	json_key(&j, "items");
	json_array(&j);
	for (size_t i = 0; i < feed->count; i++)
		json_entry(&feed->entries[i], &j);
	json_close(&j);
	json_close(&j);
	(void)buf_addc(out, '\n', NULL);
}

void
opml_begin(const struct site_conf *conf, struct buf *out)
{
	MARKUP(out,
	       "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<opml version=\"2.0\">\n"
	       "<head><title>{}</title></head>\n<body>\n",
	       conf->title);
}

void
opml_source(struct buf *out, const char *title, const char *feed_url, const char *link)
{
	MARKUP(out, "<outline type=\"rss\" text=\"{}\" title=\"{}\" xmlUrl=\"{}\"", title, title,
	       feed_url);
	if (link)
		MARKUP(out, " htmlUrl=\"{}\"", link);
	markup_raw(out, "/>\n");
}

void
opml_end(struct buf *out)
{
	markup_raw(out, "</body>\n</opml>\n");
}

void
sitemap_begin(struct buf *out)
{
	markup_raw(out, "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
			"<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">\n");
}

void
sitemap_page(const struct site_conf *conf, struct buf *out, const char *path)
{
	MARKUP(out, "<url><loc>{}{}</loc></url>\n", conf->base_url, path);
}

void
sitemap_end(struct buf *out)
{
	markup_raw(out, "</urlset>\n");
}
