#include "parser/fields.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define FEED_OR_ITEM (IN_FEED | IN_ITEM)
#define FEEDISH      (IN_ROOT | IN_FEED | IN_LOST)

/* Sorted by namespace and name, as fields_find halves its way through. The ranks of a field, over
 * all its rows, are the order in which its sources are believed. */
/* clang-format off */
static const struct row ROWS[] = {
	/* RSS 0.9x, 1.0, 2.0. */
	{NS_RSS, "author", FEED_OR_ITEM, FIELD_AUTHORS, 1, IN_PERSON, FORM_TITLE, atom_open_person, field_person},
	{NS_RSS, "body", IN_ITEM, FIELD_CONTENT, 3, IN_NOTHING, FORM_HTML, NULL, field_html},
	{NS_RSS, "categories", FEED_OR_ITEM, FIELD_NONE, 0, IN_BAG, FORM_TEXT, NULL, NULL},
	{NS_RSS, "category", FEED_OR_ITEM | IN_BAG, FIELD_CATEGORIES, 1, IN_BAG, FORM_LABEL, atom_open_category, field_category},
	{NS_RSS, "channel", IN_ROOT | IN_LOST, FIELD_NONE, 0, IN_FEED, FORM_TEXT, rss_open_channel, NULL},
	{NS_RSS, "comments", IN_ITEM, FIELD_COMMENTS, 1, IN_NOTHING, FORM_TEXT, NULL, field_url},
	{NS_RSS, "copyright", FEED_OR_ITEM, FIELD_RIGHTS, 1, IN_NOTHING, FORM_TITLE, NULL, field_text},
	{NS_RSS, "date", FEED_OR_ITEM, FIELD_PUBLISHED, 7, IN_NOTHING, FORM_TEXT, NULL, field_date},
	{NS_RSS, "day", IN_BAG, FIELD_NONE, 0, IN_NOTHING, FORM_TEXT, NULL, rss_skip_day},
	{NS_RSS, "description", IN_FEED, FIELD_SUMMARY, 1, IN_NOTHING, FORM_TITLE, NULL, field_text},
	{NS_RSS, "description", IN_ITEM, FIELD_SUMMARY, 1, IN_NOTHING, FORM_HTML, NULL, field_html},
	{NS_RSS, "docs", IN_FEED, FIELD_NONE, 0, IN_NOTHING, FORM_TEXT, NULL, NULL},
	{NS_RSS, "enclosure", IN_ITEM, FIELD_ENCLOSURES, 0, IN_NOTHING, FORM_TEXT, rss_open_enclosure, NULL},
	{NS_RSS, "encoded", IN_ITEM, FIELD_CONTENT, 4, IN_NOTHING, FORM_HTML, NULL, field_html},
	{NS_RSS, "fullitem", IN_ITEM, FIELD_CONTENT, 5, IN_NOTHING, FORM_HTML, NULL, field_html},
	{NS_RSS, "generator", IN_FEED, FIELD_GENERATOR, 1, IN_NOTHING, FORM_TITLE, NULL, field_text},
	{NS_RSS, "guid", IN_ITEM, FIELD_ID, 1, IN_NOTHING, FORM_TEXT, rss_open_guid, rss_guid},
	{NS_RSS, "hour", IN_BAG, FIELD_NONE, 0, IN_NOTHING, FORM_TEXT, NULL, rss_skip_hour},
	{NS_RSS, "image", FEEDISH, FIELD_IMAGE, 1, IN_IMAGE, FORM_TEXT, rss_open_image, rss_image},
	{NS_RSS, "image", IN_ITEM, FIELD_IMAGE, 3, IN_IMAGE, FORM_TEXT, rss_open_image, rss_image},
	{NS_RSS, "item", FEEDISH | IN_ITEM, FIELD_NONE, 0, IN_ITEM, FORM_TEXT, rss_open_item, rss_close_item},
	{NS_RSS, "items", FEEDISH, FIELD_NONE, 0, IN_LOST, FORM_TEXT, NULL, NULL},
	{NS_RSS, "language", FEED_OR_ITEM, FIELD_LANGUAGE, 1, IN_NOTHING, FORM_TEXT, NULL, field_word},
	{NS_RSS, "lastbuilddate", FEED_OR_ITEM, FIELD_UPDATED, 1, IN_NOTHING, FORM_TEXT, NULL, field_date},
	{NS_RSS, "link", FEED_OR_ITEM, FIELD_URL, 2, IN_NOTHING, FORM_TEXT, link_open_rss, link_close_rss},
	{NS_RSS, "managingeditor", IN_FEED, FIELD_AUTHORS, 2, IN_NOTHING, FORM_TITLE, NULL, field_person},
	{NS_RSS, "pubdate", FEED_OR_ITEM, FIELD_PUBLISHED, 1, IN_NOTHING, FORM_TEXT, NULL, field_date},
	{NS_RSS, "skipdays", IN_FEED, FIELD_NONE, 0, IN_BAG, FORM_TEXT, NULL, NULL},
	{NS_RSS, "skiphours", IN_FEED, FIELD_NONE, 0, IN_BAG, FORM_TEXT, NULL, NULL},
	{NS_RSS, "source", IN_ITEM, FIELD_SOURCE_TITLE, 1, IN_SOURCE, FORM_TITLE, rss_open_source, field_text},
	{NS_RSS, "textinput", FEEDISH, FIELD_NONE, 0, IN_NOTHING, FORM_TEXT, NULL, NULL},
	{NS_RSS, "title", FEED_OR_ITEM, FIELD_TITLE, 1, IN_NOTHING, FORM_TITLE, NULL, field_text},
	{NS_RSS, "ttl", IN_FEED, FIELD_NUMBER_TTL, 1, IN_NOTHING, FORM_TEXT, NULL, field_number},
	{NS_RSS, "url", IN_IMAGE, FIELD_IMAGE, 1, IN_NOTHING, FORM_TEXT, NULL, field_url},
	{NS_RSS, "webmaster", IN_FEED, FIELD_AUTHORS, 8, IN_NOTHING, FORM_TITLE, NULL, field_person},

	/* Atom 0.3 and 1.0. */
	{NS_ATOM, "author", FEED_OR_ITEM, FIELD_AUTHORS, 6, IN_PERSON, FORM_TEXT, atom_open_person, field_person},
	{NS_ATOM, "author", IN_SOURCE, FIELD_AUTHORS, 9, IN_PERSON, FORM_TEXT, atom_open_person, field_person},
	{NS_ATOM, "category", FEED_OR_ITEM, FIELD_CATEGORIES, 1, IN_NOTHING, FORM_LABEL, atom_open_category, field_category},
	{NS_ATOM, "content", IN_ITEM, FIELD_CONTENT, 2, IN_NOTHING, FORM_TEXT, atom_open_content, field_html},
	{NS_ATOM, "copyright", FEED_OR_ITEM, FIELD_RIGHTS, 1, IN_NOTHING, FORM_TEXT, atom_open_text, field_text},
	{NS_ATOM, "created", FEED_OR_ITEM, FIELD_PUBLISHED, 6, IN_NOTHING, FORM_TEXT, NULL, field_date},
	{NS_ATOM, "email", IN_PERSON, FIELD_NONE, 0, IN_NOTHING, FORM_TITLE, NULL, atom_person_email},
	{NS_ATOM, "entry", FEEDISH | IN_ITEM, FIELD_NONE, 0, IN_ITEM, FORM_TEXT, rss_open_item, rss_close_item},
	{NS_ATOM, "generator", IN_FEED, FIELD_GENERATOR, 1, IN_NOTHING, FORM_TITLE, NULL, field_text},
	{NS_ATOM, "homepage", IN_PERSON, FIELD_NONE, 0, IN_NOTHING, FORM_TEXT, NULL, atom_person_url},
	{NS_ATOM, "icon", IN_FEED, FIELD_ICON, 1, IN_NOTHING, FORM_TEXT, NULL, field_url},
	{NS_ATOM, "id", FEED_OR_ITEM, FIELD_ID, 2, IN_NOTHING, FORM_TEXT, NULL, atom_id},
	{NS_ATOM, "id", IN_SOURCE, FIELD_SOURCE_ID, 2, IN_NOTHING, FORM_TEXT, NULL, field_word},
	{NS_ATOM, "issued", FEED_OR_ITEM, FIELD_PUBLISHED, 2, IN_NOTHING, FORM_TEXT, NULL, field_date},
	{NS_ATOM, "link", FEED_OR_ITEM, FIELD_URL, 3, IN_NOTHING, FORM_TEXT, link_open, link_close},
	{NS_ATOM, "link", IN_SOURCE, FIELD_SOURCE_URL, 3, IN_NOTHING, FORM_TEXT, link_open, link_close},
	{NS_ATOM, "logo", IN_FEED, FIELD_IMAGE, 2, IN_NOTHING, FORM_TEXT, NULL, field_url},
	{NS_ATOM, "modified", FEED_OR_ITEM, FIELD_UPDATED, 1, IN_NOTHING, FORM_TEXT, NULL, field_date},
	{NS_ATOM, "name", IN_PERSON, FIELD_NONE, 0, IN_NOTHING, FORM_TITLE, NULL, atom_person_name},
	{NS_ATOM, "published", FEED_OR_ITEM, FIELD_PUBLISHED, 2, IN_NOTHING, FORM_TEXT, NULL, field_date},
	{NS_ATOM, "rights", FEED_OR_ITEM, FIELD_RIGHTS, 2, IN_NOTHING, FORM_TEXT, atom_open_text, field_text},
	{NS_ATOM, "source", IN_ITEM, FIELD_NONE, 0, IN_SOURCE, FORM_TEXT, NULL, NULL},
	{NS_ATOM, "subtitle", IN_FEED, FIELD_SUMMARY, 2, IN_NOTHING, FORM_TEXT, atom_open_text, field_text},
	{NS_ATOM, "summary", IN_ITEM, FIELD_SUMMARY, 2, IN_NOTHING, FORM_TEXT, atom_open_text, field_html},
	{NS_ATOM, "tagline", IN_FEED, FIELD_SUMMARY, 3, IN_NOTHING, FORM_TEXT, atom_open_text, field_text},
	{NS_ATOM, "title", FEED_OR_ITEM, FIELD_TITLE, 2, IN_NOTHING, FORM_TEXT, atom_open_text, field_text},
	{NS_ATOM, "title", IN_SOURCE, FIELD_SOURCE_TITLE, 2, IN_NOTHING, FORM_TEXT, atom_open_text, field_text},
	{NS_ATOM, "updated", FEED_OR_ITEM, FIELD_UPDATED, 1, IN_NOTHING, FORM_TEXT, NULL, field_date},
	{NS_ATOM, "uri", IN_PERSON, FIELD_NONE, 0, IN_NOTHING, FORM_TEXT, NULL, atom_person_url},
	{NS_ATOM, "url", IN_PERSON, FIELD_NONE, 0, IN_NOTHING, FORM_TEXT, NULL, atom_person_url},

	/* RDF. */
	{NS_RDF, "bag", IN_BAG, FIELD_NONE, 0, IN_BAG, FORM_TEXT, NULL, NULL},
	{NS_RDF, "li", IN_BAG, FIELD_CATEGORIES, 1, IN_NOTHING, FORM_TITLE, rss_open_resource, field_category},

	/* Dublin Core. */
	{NS_DC, "author", FEED_OR_ITEM, FIELD_AUTHORS, 3, IN_NOTHING, FORM_TITLE, NULL, field_person},
	{NS_DC, "contributor", IN_NOTHING, FIELD_NONE, 0, IN_NOTHING, FORM_TEXT, NULL, NULL},
	{NS_DC, "creator", FEED_OR_ITEM, FIELD_AUTHORS, 4, IN_PERSON, FORM_TITLE, atom_open_person, field_person},
	{NS_DC, "date", FEED_OR_ITEM, FIELD_PUBLISHED, 4, IN_NOTHING, FORM_TEXT, NULL, field_both_dates},
	{NS_DC, "description", IN_FEED, FIELD_SUMMARY, 5, IN_NOTHING, FORM_TITLE, NULL, field_text},
	{NS_DC, "description", IN_ITEM, FIELD_SUMMARY, 3, IN_NOTHING, FORM_HTML, NULL, field_html},
	{NS_DC, "identifier", FEED_OR_ITEM, FIELD_ID, 4, IN_NOTHING, FORM_TEXT, NULL, field_word},
	{NS_DC, "language", FEED_OR_ITEM, FIELD_LANGUAGE, 2, IN_NOTHING, FORM_TEXT, NULL, field_word},
	{NS_DC, "rights", FEED_OR_ITEM, FIELD_RIGHTS, 3, IN_NOTHING, FORM_TITLE, NULL, field_text},
	{NS_DC, "subject", FEED_OR_ITEM, FIELD_CATEGORIES, 1, IN_BAG, FORM_LABEL, NULL, field_category},
	{NS_DC, "title", FEED_OR_ITEM, FIELD_TITLE, 3, IN_NOTHING, FORM_TITLE, NULL, field_text},
	{NS_TERMS, "created", FEED_OR_ITEM, FIELD_PUBLISHED, 5, IN_NOTHING, FORM_TEXT, NULL, field_date},
	{NS_TERMS, "issued", FEED_OR_ITEM, FIELD_PUBLISHED, 3, IN_NOTHING, FORM_TEXT, NULL, field_date},
	{NS_TERMS, "modified", FEED_OR_ITEM, FIELD_UPDATED, 2, IN_NOTHING, FORM_TEXT, NULL, field_date},

	/* The namespaces of podcasts, media, and the rest. */
	{NS_CONTENT, "encoded", IN_ITEM, FIELD_CONTENT, 1, IN_NOTHING, FORM_HTML, NULL, field_html},
	{NS_ITUNES, "author", FEED_OR_ITEM, FIELD_AUTHORS, 5, IN_NOTHING, FORM_TITLE, NULL, field_person},
	{NS_ITUNES, "category", IN_FEED | IN_ITEM | IN_BAG, FIELD_CATEGORIES, 1, IN_BAG, FORM_TEXT, media_open_text, NULL},
	{NS_ITUNES, "email", IN_PERSON, FIELD_NONE, 0, IN_NOTHING, FORM_TITLE, NULL, atom_person_email},
	{NS_ITUNES, "image", FEED_OR_ITEM, FIELD_IMAGE, 1, IN_NOTHING, FORM_TEXT, media_open_image, field_url},
	{NS_ITUNES, "keywords", FEED_OR_ITEM, FIELD_CATEGORIES, 1, IN_NOTHING, FORM_TITLE, NULL, field_keywords},
	{NS_ITUNES, "link", FEED_OR_ITEM, FIELD_IMAGE, 5, IN_NOTHING, FORM_TEXT, link_open, NULL},
	{NS_ITUNES, "name", IN_PERSON, FIELD_NONE, 0, IN_NOTHING, FORM_TITLE, NULL, atom_person_name},
	{NS_ITUNES, "owner", IN_FEED, FIELD_AUTHORS, 7, IN_PERSON, FORM_TITLE, atom_open_person, field_person},
	{NS_ITUNES, "subtitle", IN_FEED, FIELD_SUMMARY, 7, IN_NOTHING, FORM_TITLE, NULL, field_text},
	{NS_ITUNES, "subtitle", IN_ITEM, FIELD_SUMMARY, 7, IN_NOTHING, FORM_HTML, NULL, field_html},
	{NS_ITUNES, "summary", IN_FEED, FIELD_SUMMARY, 6, IN_NOTHING, FORM_TITLE, NULL, field_text},
	{NS_ITUNES, "summary", IN_ITEM, FIELD_SUMMARY, 4, IN_NOTHING, FORM_HTML, NULL, field_html},
	{NS_MEDIA, "category", IN_ITEM | IN_MEDIA, FIELD_CATEGORIES, 1, IN_NOTHING, FORM_LABEL, atom_open_category, field_category},
	{NS_MEDIA, "content", IN_FEED | IN_ITEM | IN_MEDIA, FIELD_ENCLOSURES, 0, IN_MEDIA, FORM_TEXT, media_open_content, NULL},
	{NS_MEDIA, "copyright", IN_ITEM | IN_MEDIA, FIELD_RIGHTS, 5, IN_NOTHING, FORM_TITLE, NULL, field_text},
	{NS_MEDIA, "description", IN_ITEM | IN_MEDIA, FIELD_SUMMARY, 5, IN_NOTHING, FORM_TEXT, media_open_text, field_html},
	{NS_MEDIA, "group", IN_ITEM, FIELD_NONE, 0, IN_MEDIA, FORM_TEXT, NULL, NULL},
	{NS_MEDIA, "thumbnail", IN_FEED | IN_ITEM | IN_MEDIA, FIELD_IMAGE, 2, IN_NOTHING, FORM_TEXT, media_open_thumbnail, field_url},
	{NS_MEDIA, "title", IN_ITEM | IN_MEDIA, FIELD_TITLE, 5, IN_NOTHING, FORM_TITLE, media_open_text, field_text},
	{NS_PLAY, "author", FEED_OR_ITEM, FIELD_AUTHORS, 7, IN_NOTHING, FORM_TITLE, NULL, field_person},
	{NS_PLAY, "description", IN_FEED, FIELD_SUMMARY, 8, IN_NOTHING, FORM_TITLE, NULL, field_text},
	{NS_PLAY, "description", IN_ITEM, FIELD_SUMMARY, 6, IN_NOTHING, FORM_HTML, NULL, field_html},
	{NS_PLAY, "image", FEED_OR_ITEM, FIELD_IMAGE, 4, IN_NOTHING, FORM_TEXT, media_open_image, NULL},
	{NS_PODCAST, "person", FEED_OR_ITEM, FIELD_AUTHORS, 7, IN_NOTHING, FORM_TITLE, media_open_person, media_person},
	{NS_WFW, "commentrss", IN_ITEM, FIELD_COMMENTS_FEED, 1, IN_NOTHING, FORM_TEXT, NULL, field_url},
	{NS_SYNDICATION, "updatefrequency", IN_FEED, FIELD_NUMBER_FREQUENCY, 1, IN_NOTHING, FORM_TEXT, NULL, field_number},
	{NS_SYNDICATION, "updateperiod", IN_FEED, FIELD_UPDATE_PERIOD, 1, IN_NOTHING, FORM_TEXT, NULL, field_word},
	{NS_FEEDBURNER, "origenclosurelink", IN_ITEM, FIELD_ENCLOSURES, 1, IN_NOTHING, FORM_TEXT, NULL, media_original},
	{NS_FEEDBURNER, "origlink", IN_ITEM, FIELD_URL, 1, IN_NOTHING, FORM_TEXT, NULL, media_original_link},
	{NS_WEBFEEDS, "icon", IN_FEED, FIELD_ICON, 2, IN_NOTHING, FORM_TEXT, NULL, field_url},
	{NS_WEBFEEDS, "logo", IN_FEED, FIELD_IMAGE, 6, IN_NOTHING, FORM_TEXT, NULL, field_url},
	{NS_ADMIN, "generatoragent", IN_FEED, FIELD_GENERATOR, 2, IN_NOTHING, FORM_TEXT, rss_open_resource, NULL},
	{NS_XHTML, "body", IN_ITEM, FIELD_CONTENT, 3, IN_NOTHING, FORM_XHTML, NULL, field_html},
	{NS_XHTML, "div", IN_ITEM, FIELD_CONTENT, 4, IN_NOTHING, FORM_XHTML, NULL, field_html},
};
/* clang-format on */

enum { ROW_COUNT = sizeof(ROWS) / sizeof(ROWS[0]) };

static int
compare(enum ns ns, const char *name, const struct row *row)
{
	if (ns != row->ns)
		return ns < row->ns ? -1 : 1;
	return strcmp(name, row->name);
}

const struct row *
fields_find(enum ns ns, const char *name)
{
	size_t low = 0, high = ROW_COUNT;

	while (low < high) {
		const size_t middle = low + (high - low) / 2;

		if (compare(ns, name, &ROWS[middle]) > 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < ROW_COUNT && compare(ns, name, &ROWS[low]) == 0 ? &ROWS[low] : NULL;
}

bool
fields_spelt(const struct row *row, const char *local)
{
	static const char *const CAMELS[] = {
		"commentRSS",        "commentRss", "generatorAgent", "lastBuildDate",
		"managingEditor",    "origLink",   "pubDate",        "skipDays",
		"origEnclosureLink", "skipHours",  "textInput",      "textinput",
		"updateFrequency",   "Bag",        "updatePeriod",   "webMaster",
	};
	bool camel = false;

	for (size_t i = 0; i < sizeof(CAMELS) / sizeof(CAMELS[0]); i++) {
		if (strcmp(CAMELS[i], local) == 0)
			return true;
		camel = camel || strcasecmp(CAMELS[i], row->name) == 0;
	}
	return !camel && strcmp(row->name, local) == 0;
}

const struct row *
fields_in(const struct row *first, unsigned scope)
{
	if (!first)
		return NULL;
	for (const struct row *row = first; row < ROWS + ROW_COUNT; row++) {
		if (row != first && compare(first->ns, first->name, row) != 0)
			return NULL;
		if (row->in & scope)
			return row;
	}
	return NULL;
}
