#include "parser/parse.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/digest.h"
#include "parser/charset.h"
#include "parser/entity.h"
#include "parser/identity.h"
#include "parser/jsonfeed.h"
#include "parser/plain.h"
#include "parser/repair.h"
#include "parser/sniff.h"
#include "parser/xml.h"

struct parser {
	struct buf text; /* the document as UTF-8, where it was not */
	struct entities *entities;
	struct repair *repair;
	struct xml *xml;
	struct reader *reader;
	struct digest *digest;
};

struct parser *
parser_new(void)
{
	SCOPED(parser_free) struct parser *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->text = buf_init(PARSE_TEXT_BYTES_MAX);
	p->entities = entities_new();
	p->repair = repair_new();
	p->xml = xml_new();
	p->reader = reader_new();
	p->digest = digest_new();
	if (!p->entities || !p->repair || !p->xml || !p->reader || !p->digest)
		return NULL;
	return TAKE(p);
}

void
parser_allow(struct parser *p, size_t document_bytes)
{
	p->text.max = document_bytes * (PARSE_TEXT_BYTES_MAX / DOCUMENT_BODY_BYTES_MAX);
}

void
parser_free(struct parser *p)
{
	if (!p)
		return;
	digest_free(p->digest);
	reader_free(p->reader);
	xml_free(p->xml);
	repair_free(p->repair);
	entities_free(p->entities);
	buf_done(&p->text);
	free(p);
}

/* Warnings. */

static void
warn(struct parse_result *out, const char *text)
{
	if (text && out->warning_count < PARSE_WARNINGS_MAX)
		out->warnings[out->warning_count++] = text;
}

/* count of what; nothing where it is 0. */
static void
warn_count(struct parse_result *out, struct arena *arena, size_t count, const char *what)
{
	if (count > 0)
		warn(out, arena_printf(arena, "%zu %s", count, what));
}

static const struct {
	enum repair_kind kind;
	const char *text;
} MENDED[] = {
	{REPAIR_ATTRIBUTE, "attributes that are not well-formed were mended"},
	{REPAIR_END_TAG, "end tags were missing, misspelt or crossed"},
	{REPAIR_DEPTH, "elements nested too deep were left out, their text kept"},
	{REPAIR_STRAY, "'<' in a text, where '&lt;' is due"},
	{REPAIR_TRUNCATED, "the document ends before its root element does"},
	{REPAIR_UNCLOSED, "a comment, CDATA section or instruction has no end"},
	{REPAIR_NAME, "names that XML does not allow were changed"},
	{REPAIR_DECLARATION, "declarations where none belong, or misspelt, were left out"},
	{REPAIR_TRAILING, "text after the root element was ignored"},
};

static void
warn_charset(struct parse_result *out, const struct charset_result *charset, struct arena *arena)
{
	if (charset->unknown)
		warn(out, "the encoding is labelled with an unknown name");
	if (charset->disagrees)
		warn(out,
		     arena_printf(arena, "the encoding is not as labelled, but %s", charset->name));
	if (charset->guessed)
		warn(out, arena_printf(arena, "the encoding is not labelled; %s was guessed",
				       charset->name));
	warn_count(out, arena, charset->replaced, "bytes are invalid in the encoding");
	warn_count(out, arena, charset->controls, "control characters were left out");
}

static void
warn_reader(const struct parser *p, struct parse_result *out, struct arena *arena)
{
	const struct reader *r = p->reader;
	const struct entities *e = p->entities;
	const struct {
		size_t count;
		const char *what;
	} counts[] = {
		{e->bare, "ampersands without '&amp;'"},
		{e->html_names, "HTML entities that XML does not know"},
		{e->windows, "references to control characters were read as windows-1252"},
		{e->no_text, "references to characters that XML does not have were left out"},
		{e->spelt, "characters were spelt by references to the bytes of UTF-8"},
		{e->over, "uses of entities over the ceiling were left out"},
		{r->odd_names, "elements are spelt in the wrong case"},
		{r->borrowed, "elements of another format have no namespace"},
		{r->outside, "items are not in a channel"},
		{r->unfinished, "items begin within another"},
		{r->cut_items, "incomplete items were left out"},
		{r->left_out_items, "items over the ceiling were left out"},
		{r->cut_fields, "texts over the ceiling were cut"},
		{r->dropped_fields, "fields over the ceiling were left out"},
		{r->feed.over + r->item.over, "entries of lists over the ceiling were left out"},
		{r->unread_dates, "dates cannot be read"},
		{r->unread_texts, "texts in base64 cannot be read"},
		{r->controls, "control characters that base64 or JSON hid were left out"},
		{r->twice_encoded, "texts were UTF-8 that was encoded once more"},
		{r->refused_urls, "addresses that nobody may follow were left out"},
		{r->mistyped, "members of JSON are of another type than is due"},
	};

	for (size_t i = 0; i < sizeof(MENDED) / sizeof(MENDED[0]); i++)
		if (p->repair->mended & MENDED[i].kind)
			warn(out, MENDED[i].text);
	if (r->format == FORMAT_ATOM && !r->root_known)
		warn(out, "the root element is in no namespace of Atom");
	if (r->cut_short)
		warn(out, "the document ends too early: what is whole of it was read");
	if (r->no_version)
		warn(out, "the version of JSON Feed is missing");
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		warn_count(out, arena, counts[i].count, counts[i].what);
}

/* The result. */

static const void *
copied(struct arena *arena, const void *list, size_t count, size_t size)
{
	void *copy = count > 0 ? arena_array(arena, count, size) : NULL;

	if (copy)
		memcpy(copy, list, count * size);
	return copy;
}

/* The first of "en-GB, en". */
static const char *
first_language(struct arena *arena, const char *header)
{
	const struct bytes first =
		plain_trim((struct bytes){header, header ? strcspn(header, ",;") : 0});

	return first.len > 0 ? arena_strndup(arena, first.data, first.len) : NULL;
}

static const char *const FORMAT_NAMES[] = {
	[FORMAT_RSS] = "rss",
	[FORMAT_RDF] = "rdf",
	[FORMAT_ATOM] = "atom",
	[FORMAT_JSON] = "json",
};

static void
fill_feed(const struct reader *r, const struct document *doc, const char *encoding,
	  struct parse_feed *feed, struct arena *arena)
{
	const struct draft *draft = &r->feed;

	feed->format = FORMAT_NAMES[r->format];
	feed->encoding = encoding;
	feed->id = draft->text[FIELD_ID];
	feed->title = draft->text[FIELD_TITLE];
	feed->subtitle = draft->text[FIELD_SUMMARY];
	feed->link = draft->text[FIELD_URL];
	feed->self = draft->text[FIELD_SELF];
	feed->language = draft->text[FIELD_LANGUAGE];
	if (!feed->language)
		feed->language = first_language(arena, doc->content_language);
	feed->generator = draft->text[FIELD_GENERATOR];
	feed->image = draft->text[FIELD_IMAGE];
	feed->icon = draft->text[FIELD_ICON];
	feed->rights = draft->text[FIELD_RIGHTS];
	feed->published_s = draft->published.s;
	feed->updated_s = draft->updated.s;
	feed->ttl_min = draft->ttl_min > 0 ? draft->ttl_min : -1;
	feed->hubs = copied(arena, draft->hubs, draft->hub_count, sizeof(draft->hubs[0]));
	feed->hub_count = feed->hubs ? draft->hub_count : 0;
	feed->authors =
		copied(arena, draft->authors, draft->author_count, sizeof(draft->authors[0]));
	feed->author_count = feed->authors ? draft->author_count : 0;
	feed->categories = copied(arena, draft->categories, draft->category_count,
				  sizeof(draft->categories[0]));
	feed->category_count = feed->categories ? draft->category_count : 0;
}

static void
fill_hints(const struct reader *r, struct parse_hints *hints)
{
	static const struct {
		const char *name;
		int64_t s;
	} PERIODS[] = {
		{"hourly", 3600},        {"daily", 86400},        {"weekly", 7 * 86400},
		{"monthly", 30 * 86400}, {"yearly", 365 * 86400},
	};
	const char *period = r->feed.text[FIELD_UPDATE_PERIOD];

	hints->ttl_min = r->feed.ttl_min;
	hints->skip_hours = r->skip_hours;
	hints->skip_days = r->skip_days;
	hints->newest_s = r->newest_s;
	hints->prev_archive = r->feed.text[FIELD_PREV_ARCHIVE];
	for (size_t i = 0; period && i < sizeof(PERIODS) / sizeof(PERIODS[0]); i++)
		if (strcasecmp(PERIODS[i].name, period) == 0)
			hints->update_s =
				PERIODS[i].s /
				(r->feed.update_frequency > 0 ? r->feed.update_frequency : 1);
}

/* What every item has from its feed and its document. */
static void
fill_items(struct reader *r, const struct document *doc, const struct parse_feed *feed)
{
	for (size_t i = 0; i < r->entry_count; i++) {
		struct item *item = &r->entries[i].item;

		item->seq = doc->seq;
		item->fetched_s = doc->fetched_s;
		item->feed.id = doc->feed_id;
		item->feed.url = doc->feed_url;
		item->feed.folder = doc->folder;
		item->feed.title = feed->title;
		item->feed.link = feed->link;
		item->feed.language = feed->language;
		if (!item->language)
			item->language = feed->language;
		else if (!*item->language)
			item->language = NULL;
	}
}

/* Items whose guid is another's too. */
static size_t
repeated_guids(const struct reader *r)
{
	size_t count = 0;

	for (size_t i = 0; i < r->entry_count; i++) {
		const struct entry *entry = &r->entries[i];

		count +=
			entry->item.guid && entry->key && strcmp(entry->item.guid, entry->key) != 0;
	}
	return count;
}

/* The document. */

/* Whether the document shows itself a feed. A root element by the name of <feed> or <RDF> may be
 * of anything, so where its namespace does not tell, what is in it must. */
static bool
is_feed(const struct reader *r)
{
	const struct draft *feed = &r->feed;

	if (r->root_known || r->entry_count > 0 || r->cut_items > 0 || r->has_channel)
		return true;
	for (size_t i = 0; i < FIELD_TEXTS; i++)
		if (feed->text[i] && i != FIELD_LANGUAGE)
			return true;
	return feed->author_count > 0 || feed->category_count > 0 ||
	       feed->updated.s != ITEM_NO_TIME || feed->published.s != ITEM_NO_TIME;
}

static int
read_xml(struct parser *p, const char *text, size_t len, struct parse_result *out, struct err *err)
{
	struct err gave_up = {.kind = ERR_NONE};

	size_t undeclared;

	repair_begin(p->repair, text, len, p->entities);
	if (xml_read(p->xml, p->repair, &reader_handler, p->reader, &gave_up) < 0) {
		/* What came before the fault stands, if it is anything. */
		if (gave_up.kind != ERR_REJECT || p->reader->entry_count == 0) {
			*err = gave_up;
			return -1;
		}
		warn(out, arena_printf(p->reader->arena, "read in part only: %s", gave_up.text));
	}
	undeclared = xml_undeclared(p->xml);
	warn_count(out, p->reader->arena, undeclared,
		   "elements or attributes have a prefix that is not declared");
	return 0;
}

/* What is too large is left out; for what there is no memory now, the whole document comes again.
 */
static int
check_memory(const struct reader *r, size_t starvations, struct err *err)
{
	if (r->starved || buf_starvations() != starvations)
		return err_set(err, ERR_RETRY, "no memory");
	return arena_failed(r->arena, err);
}

int
parse_document(struct parser *p, const struct document *doc, struct arena *arena,
	       struct parse_result *out, struct err *err)
{
	struct parse_result result = {.warning_count = 0};
	struct charset_result charset;
	struct sniff sniff;
	struct reader *r = p->reader;
	const size_t starvations = buf_starvations();
	size_t twins;
	int rc;

	entities_reset(p->entities);
	p->repair->mended = 0;
	xml_begin(p->xml);
	if (charset_decode(doc->body, doc->content_type, &p->text, &charset, err) < 0)
		return err_in(err, "encoding");
	if (sniff_format(charset.text, charset.len, p->entities, &sniff, err) < 0)
		return -1;
	warn_charset(&result, &charset, arena);
	if (sniff.blank > 0)
		warn(&result, "blanks before the XML declaration");
	if (sniff.junk > 0)
		warn(&result, "junk before the root element was ignored");
	if (sniff.unclosed)
		warn(&result, "a declaration before the root element has no end");
	reader_begin(r, sniff.format, arena, p->entities, p->xml,
		     doc->url ? doc->url : doc->feed_url);
	rc = sniff.format == FORMAT_JSON
		     ? jsonfeed_read(r, charset.text + sniff.at, charset.len - sniff.at, err)
		     : read_xml(p, charset.text + sniff.at, charset.len - sniff.at, &result, err);
	/* First of all: what failed or is missing may be so for want of memory. */
	if (check_memory(r, starvations, err) < 0 || rc < 0)
		return -1;
	if (sniff.format != FORMAT_JSON && !is_feed(r))
		return err_set(err, ERR_REJECT, "no feed: there is nothing in it that feeds have");
	twins = r->entry_count;
	fill_feed(r, doc, charset.name, &result.feed, arena);
	fill_hints(r, &result.hints);
	fill_items(r, doc, &result.feed);
	if (identity_assign(p->digest, doc->feed_id, r->entries, &r->entry_count, arena, err) < 0)
		return -1;
	warn_reader(p, &result, arena);
	warn_count(&result, arena, twins - r->entry_count, "items are there twice");
	warn_count(&result, arena, repeated_guids(r), "items have a guid that others have too");
	result.entries = r->entries;
	result.entry_count = r->entry_count;
	if (check_memory(r, starvations, err) < 0)
		return -1;
	*out = result;
	return 0;
}

size_t
parser_faults(const struct parser *p)
{
	return xml_faults(p->xml);
}
