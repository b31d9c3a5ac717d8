/* rss - what the elements of RSS and RDF say beyond their text, and the fields common to all. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/url.h"
#include "parser/fields.h"
#include "parser/plain.h"

/* Fields of any format. */

void
field_text(struct reader *r, const struct row *row, struct bytes raw)
{
	struct draft *draft = reader_draft(r);
	const struct frame *f = reader_frame(r);

	if (r->in_item && row->field == FIELD_TITLE && f->own_lang)
		draft_set(draft, FIELD_LANGUAGE, 5, f->own_lang);
	if (draft_wants(draft, row->field, row->rank))
		draft_set(draft, row->field, row->rank, reader_text(r, raw, f->form));
}

void
field_html(struct reader *r, const struct row *row, struct bytes raw)
{
	struct draft *draft = reader_draft(r);
	const struct frame *f = reader_frame(r);

	if (f->own_lang && *f->own_lang)
		draft_set(draft, FIELD_LANGUAGE, 4, f->own_lang);
	if (draft_wants(draft, row->field, row->rank))
		draft_set(draft, row->field, row->rank, reader_html(r, raw, f->form));
}

void
field_url(struct reader *r, const struct row *row, struct bytes raw)
{
	struct draft *draft = reader_draft(r);

	if (draft_wants(draft, row->field, row->rank))
		draft_set(draft, row->field, row->rank, reader_url(r, raw));
}

void
field_word(struct reader *r, const struct row *row, struct bytes raw)
{
	const struct bytes word = plain_trim(raw);
	struct draft *draft = reader_draft(r);

	if (word.len > 0 && word.len <= ITEM_TEXT_BYTES_MAX &&
	    draft_wants(draft, row->field, row->rank))
		draft_set(draft, row->field, row->rank,
			  arena_strndup(r->arena, word.data, word.len));
}

void
field_date(struct reader *r, const struct row *row, struct bytes raw)
{
	struct draft *draft = reader_draft(r);
	int64_t s;

	if (reader_date(r, raw, &s))
		draft_set_time(row->field == FIELD_PUBLISHED ? &draft->published : &draft->updated,
			       row->rank, s);
}

void
field_both_dates(struct reader *r, const struct row *row, struct bytes raw)
{
	struct draft *draft = reader_draft(r);
	int64_t s;

	if (!reader_date(r, raw, &s))
		return;
	draft_set_time(&draft->published, row->rank, s);
	draft_set_time(&draft->updated, row->rank, s);
}

void
field_number(struct reader *r, const struct row *row, struct bytes raw)
{
	const int64_t n = plain_number(raw);

	if (n <= 0 || n > INT32_MAX)
		return;
	if (row->field == FIELD_NUMBER_TTL)
		r->feed.ttl_min = n;
	else
		r->feed.update_frequency = n;
}

/* Atom's authors are believed first where they are at home: in RSS they must not pass for its own.
 */
static uint8_t
author_rank(const struct reader *r, const struct row *row)
{
	return r->format == FORMAT_ATOM && row->ns == NS_ATOM && row->in != IN_SOURCE ? 0
										      : row->rank;
}

void
field_person(struct reader *r, const struct row *row, struct bytes raw)
{
	const char *name = r->person.name;
	const char *email = r->person.email;
	const uint8_t rank = author_rank(r, row);

	/* Only persons have parts: in a text there is a name, an address, or both. */
	if (reader_frame(r)->scope != IN_PERSON || (!name && !email && !r->person.url)) {
		const char *text = reader_text(r, raw, reader_frame(r)->form);
		struct bytes name_part, email_part;

		if (!text)
			return;
		plain_person((struct bytes){text, strlen(text)}, &name_part, &email_part);
		draft_add_author(reader_draft(r), rank, reader_copy(r, name_part),
				 reader_copy(r, email_part), NULL);
		return;
	}
	draft_add_author(reader_draft(r), rank, name, email, r->person.url);
}

void
field_category(struct reader *r, const struct row *row, struct bytes raw)
{
	(void)row;
	draft_add_category(reader_draft(r), reader_text(r, raw, reader_frame(r)->form));
}

void
field_keywords(struct reader *r, const struct row *row, struct bytes raw)
{
	const char *text = reader_text(r, raw, reader_frame(r)->form);

	(void)row;
	while (text && *text) {
		const size_t len = strcspn(text, ",;");

		draft_add_category(reader_draft(r),
				   reader_copy(r, plain_trim((struct bytes){text, len})));
		text += len + (text[len] != '\0');
	}
}

/* RSS. */

void
rss_open_channel(struct reader *r, const struct row *row)
{
	const char *lang = reader_frame(r)->own_lang;

	(void)row;
	r->has_channel = true;
	if (lang && *lang)
		draft_set(&r->feed, FIELD_LANGUAGE, 3, lang);
}

void
rss_open_item(struct reader *r, const struct row *row)
{
	const struct bytes about = reader_attribute(r, NS_RDF, "about");

	(void)row;
	r->outside += r->format == FORMAT_RSS && !r->in_item &&
		      (r->depth < 2 || r->frames[r->depth - 2].scope != IN_FEED);
	reader_open_item(r);
	if (about.len == 0)
		return;
	draft_set(&r->item, FIELD_ID, 3, reader_copy(r, about));
	if (url_is_http(about.data, about.len))
		draft_set(&r->item, FIELD_URL, 7, reader_url(r, about));
}

void
rss_close_item(struct reader *r, const struct row *row, struct bytes raw)
{
	(void)row;
	(void)raw;
	reader_close_item(r);
}

void
rss_open_guid(struct reader *r, const struct row *row)
{
	const struct bytes permalink = reader_attribute(r, NS_NONE, "isPermaLink");

	(void)row;
	if (permalink.len > 0 && !plain_is(permalink, "true"))
		reader_frame(r)->form = FORM_OTHER; /* rss_guid looks there */
}

void
rss_guid(struct reader *r, const struct row *row, struct bytes raw)
{
	const struct bytes guid = plain_trim(raw);

	field_word(r, row, raw);
	if (reader_frame(r)->form != FORM_OTHER && url_is_http(guid.data, guid.len) &&
	    draft_wants(&r->item, FIELD_URL, 6))
		draft_set(&r->item, FIELD_URL, 6, reader_url(r, guid));
}

void
rss_open_enclosure(struct reader *r, const struct row *row)
{
	const struct bytes url = reader_attribute(r, NS_NONE, "url");
	const struct bytes href = reader_attribute(r, NS_NONE, "href");

	(void)row;
	draft_add_enclosure(&r->item, reader_url(r, url.data ? url : href),
			    reader_copy(r, reader_attribute(r, NS_NONE, "type")),
			    plain_number(reader_attribute(r, NS_NONE, "length")));
}

void
rss_open_source(struct reader *r, const struct row *row)
{
	(void)row;
	draft_set(&r->item, FIELD_SOURCE_URL, 1,
		  reader_url(r, reader_attribute(r, NS_NONE, "url")));
}

/* <image rdf:resource="..."/>, <image href="..."/>: without a child <url>. */
void
rss_open_image(struct reader *r, const struct row *row)
{
	static const struct {
		enum ns ns;
		const char *local;
	} PLACES[] = {{NS_NONE, "href"}, {NS_NONE, "url"}, {NS_RDF, "resource"}, {NS_NONE, "src"}};

	for (size_t i = 0; i < sizeof(PLACES) / sizeof(PLACES[0]); i++)
		draft_set(reader_draft(r), FIELD_IMAGE, (uint8_t)(row->rank + 4),
			  reader_url(r, reader_attribute(r, PLACES[i].ns, PLACES[i].local)));
}

/* <image>http://...</image>: its text is its address, if it is one. */
void
rss_image(struct reader *r, const struct row *row, struct bytes raw)
{
	const struct bytes url = plain_trim(raw);

	if (!reader_frame(r)->has_markup && url_is_http(url.data, url.len))
		draft_set(reader_draft(r), FIELD_IMAGE, (uint8_t)(row->rank + 5),
			  reader_url(r, url));
}

/* rdf:resource is the value: of a generator, of a subject. */
void
rss_open_resource(struct reader *r, const struct row *row)
{
	const struct bytes resource = reader_attribute(r, NS_RDF, "resource");

	if (row->field == FIELD_GENERATOR)
		draft_set(&r->feed, FIELD_GENERATOR, row->rank, reader_copy(r, resource));
}

void
rss_skip_hour(struct reader *r, const struct row *row, struct bytes raw)
{
	const int64_t hour = plain_number(raw);

	(void)row;
	if (hour >= 0 && hour <= 24)
		r->skip_hours |= UINT32_C(1) << (hour % 24);
}

void
rss_skip_day(struct reader *r, const struct row *row, struct bytes raw)
{
	static const char DAYS[7][4] = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};
	const struct bytes day = plain_trim(raw);

	(void)row;
	for (int i = 0; i < 7 && day.len >= 3; i++)
		if (strncasecmp(day.data, DAYS[i], 3) == 0)
			r->skip_days |= (uint8_t)(1U << i);
}
