/* atom - what the elements of Atom say beyond their text: constructs with a type, persons.
 */
#include <string.h>
#include <strings.h>

#include "common/url.h"
#include "parser/fields.h"
#include "parser/plain.h"

/* Atom 1.0 has text, html, xhtml and media types; Atom 0.3 media types and a mode. */
static enum form
construct_form(struct bytes type, struct bytes mode)
{
	if (type.len == 0 || plain_is(type, "text") || plain_is(type, "text/plain"))
		return plain_is(mode, "escaped") && type.len == 0 ? FORM_TITLE : FORM_TEXT;
	if (plain_is(type, "xhtml") || plain_is(type, "application/xhtml+xml"))
		return plain_is(mode, "escaped") ? FORM_HTML : FORM_XHTML;
	if (plain_is(type, "html") || plain_begins(type, "text/html"))
		return plain_is(mode, "xml") ? FORM_XHTML : FORM_HTML;
	if (plain_ends(type, "+xml") || plain_ends(type, "/xml"))
		return plain_is(mode, "escaped") ? FORM_HTML : FORM_XHTML;
	/* RFC 4287, 4.1.3.3: what is neither text nor XML comes in base64. */
	if (plain_is(type, "application/octet-stream"))
		return FORM_BASE64_TEXT;
	return plain_begins(type, "text/") ? FORM_TEXT : FORM_OTHER;
}

void
atom_open_text(struct reader *r, const struct row *row)
{
	const struct bytes mode = reader_own_attribute(r, "mode");
	const struct bytes type = reader_own_attribute(r, "type");
	struct frame *f = reader_frame(r);

	f->form = construct_form(type, mode);
	/* A <content> of RSS is what a <description> is: HTML, as nothing says otherwise. */
	if (f->borrowed && type.len == 0 && f->form == FORM_TEXT)
		f->form = row->close == field_html ? FORM_HTML : FORM_TITLE;
	/* Only content can be another medium: a text of a type that texts do not have is a text. */
	if (f->form == FORM_OTHER && row->field != FIELD_CONTENT)
		f->form = FORM_TITLE;
	if (plain_is(mode, "base64"))
		f->form = f->form == FORM_TEXT ? FORM_BASE64_TEXT : FORM_BASE64;
}

void
atom_open_content(struct reader *r, const struct row *row)
{
	atom_open_text(r, row);
	/* Atom 0.3: versions of one content, in elements of the same name. */
	if (plain_begins(reader_own_attribute(r, "type"), "multipart/"))
		reader_frame(r)->scope = IN_ITEM;
}

void
atom_open_person(struct reader *r, const struct row *row)
{
	(void)row;
	r->person.name = r->person.email = r->person.url = NULL;
}

void
atom_person_name(struct reader *r, const struct row *row, struct bytes raw)
{
	const char *name = reader_text(r, raw, reader_frame(r)->form);

	(void)row;
	if (name && !r->person.name)
		r->person.name = name;
}

void
atom_person_email(struct reader *r, const struct row *row, struct bytes raw)
{
	const char *email = reader_text(r, raw, reader_frame(r)->form);

	(void)row;
	if (email && !r->person.email)
		r->person.email = strncasecmp(email, "mailto:", 7) == 0 ? email + 7 : email;
}

void
atom_person_url(struct reader *r, const struct row *row, struct bytes raw)
{
	const char *url = reader_url(r, raw);

	(void)row;
	if (url && !r->person.url)
		r->person.url = url;
}

/* <category term label>; RSS has its text instead. */
void
atom_open_category(struct reader *r, const struct row *row)
{
	const struct bytes label = reader_own_attribute(r, "label");
	const struct bytes term = reader_own_attribute(r, "term");
	const struct bytes best = label.len > 0 ? label : term;

	(void)row;
	if (best.len > 0)
		draft_add_category(reader_draft(r), reader_text(r, best, FORM_TITLE));
	if (best.len > 0) /* its text, if any, says the same */
		reader_frame(r)->form = FORM_OTHER;
}

/* An id that is an address serves as the link where there is none. */
void
atom_id(struct reader *r, const struct row *row, struct bytes raw)
{
	const struct bytes id = plain_trim(raw);

	field_word(r, row, raw);
	if (r->in_item && url_is_http(id.data, id.len) && draft_wants(&r->item, FIELD_URL, 7))
		draft_set(&r->item, FIELD_URL, 7, reader_url(r, id));
}
