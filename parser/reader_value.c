/* What an element's raw text becomes in an item: plain text, safe HTML, an absolute URL. */
#include <string.h>

#include "common/url.h"
#include "common/utf8.h"
#include "parser/charset.h"
#include "parser/date.h"
#include "parser/html.h"
#include "parser/mojibake.h"
#include "parser/plain.h"
#include "parser/reader.h"

/* The scratch buffer's content in the arena; NULL where it is empty or what filled it failed. */
static const char *
taken(struct reader *r, int rc)
{
	if (rc < 0) {
		r->dropped_fields++;
		return NULL;
	}
	return r->out.len > 0 ? arena_strndup(r->arena, r->out.data, r->out.len) : NULL;
}

/* The same for a text that may be cut at its ceiling. */
static const char *
taken_short(struct reader *r, int rc)
{
	if (rc == 0 && r->out.len > ITEM_TEXT_BYTES_MAX) {
		r->out.len = utf8_cut(r->out.data, r->out.len, ITEM_TEXT_BYTES_MAX);
		r->cut_fields++;
	}
	return taken(r, rc);
}

/* Where neither xml:base nor the document's URL is known. */
static const char *
feed_base(const struct reader *r)
{
	const char *link = r->feed.text[FIELD_URL];

	/* It may be relative itself, where nothing else is known. */
	if (link && strstr(link, "://"))
		return link;
	return r->feed.text[FIELD_SELF] && strstr(r->feed.text[FIELD_SELF], "://")
		       ? r->feed.text[FIELD_SELF]
		       : NULL;
}

const char *
reader_copy(struct reader *r, struct bytes text)
{
	if (text.len > ITEM_TEXT_BYTES_MAX)
		r->dropped_fields++;
	return text.len > 0 && text.len <= ITEM_TEXT_BYTES_MAX
		       ? arena_strndup(r->arena, text.data, text.len)
		       : NULL;
}

/* What came to light is cleaned as the document was. */
static struct bytes
cleaned(struct reader *r)
{
	struct buf clean = buf_init(r->plain.max);

	if (!charset_clean(buf_bytes(&r->plain), &clean, &r->controls)) {
		buf_done(&clean);
	} else {
		buf_done(&r->plain);
		r->plain = clean;
	}
	return buf_bytes(&r->plain);
}

/* What the text stands for: base64 unpacked, and in which form, as far as that is UTF-8; and what
 * was encoded twice decoded again. */
static struct bytes
unpacked(struct reader *r, struct bytes raw, enum form *form)
{
	if (*form != FORM_BASE64 && *form != FORM_BASE64_TEXT) {
		if (!mojibake_undo(raw, &r->plain))
			return raw;
		r->twice_encoded++;
		return cleaned(r);
	}
	buf_reset(&r->plain);
	*form = *form == FORM_BASE64 ? FORM_HTML : FORM_TEXT;
	if (plain_base64(raw, &r->plain, NULL) < 0 ||
	    !utf8_valid(buf_str(&r->plain), r->plain.len)) {
		r->unread_texts++;
		return (struct bytes){"", 0};
	}
	return cleaned(r);
}

const char *
reader_text(struct reader *r, struct bytes raw, enum form form)
{
	int rc = 0;

	raw = unpacked(r, raw, &form);
	buf_reset(&r->out);
	if (form == FORM_TEXT)
		rc = plain_collapse(raw, &r->out, NULL);
	else if (form == FORM_TITLE)
		rc = plain_title(raw, &r->out, NULL);
	else if (form == FORM_LABEL)
		rc = plain_label(raw, &r->out, NULL);
	else if (form == FORM_HTML || form == FORM_XHTML)
		rc = html_to_text(raw.data, raw.len, &r->out, NULL);
	return taken_short(r, rc);
}

/* XHTML that came escaped, as HTML does: there is no element in it, only the text of tags. */
static struct bytes
unescaped(struct reader *r, struct bytes text, enum form form)
{
	struct bytes decoded;

	if (form != FORM_XHTML || reader_frame(r)->has_markup || text.len < 4 ||
	    memcmp(text.data, "&lt;", 4) != 0 || !memmem(text.data, text.len, "&lt;/", 5))
		return text;
	buf_reset(&r->out);
	if (html_decode_entities(text.data, text.len, &r->out, NULL) < 0)
		return text;
	decoded = buf_bytes(&r->out);
	buf_reset(&r->plain);
	return buf_add(&r->plain, decoded.data, decoded.len, NULL) < 0 ? text
								       : buf_bytes(&r->plain);
}

const char *
reader_html(struct reader *r, struct bytes raw, enum form form)
{
	const struct bytes trimmed = unescaped(r, plain_trim(unpacked(r, raw, &form)), form);
	const char *base = reader_frame(r)->base;
	int rc = 0;

	buf_reset(&r->out);
	if (!base)
		base = feed_base(r);
	if (form == FORM_TEXT)
		rc = html_escape(trimmed.data, trimmed.len, &r->out, NULL);
	else if (form == FORM_HTML || form == FORM_XHTML || form == FORM_TITLE)
		rc = html_sanitise(trimmed.data, trimmed.len, base, &r->out, NULL);
	return taken(r, rc);
}

static const char *
refused(struct reader *r)
{
	r->refused_urls++;
	return NULL;
}

static const char *
resolved(struct reader *r, const char *base, struct bytes raw)
{
	static const char *const ALLOWED[] = {"http", "https", "ftp", "magnet", NULL};
	const struct bytes ref = plain_trim(raw);
	struct url parts;

	if (ref.len == 0)
		return NULL;
	if (!url_scheme_in(ref.data, ref.len, ALLOWED))
		return refused(r);
	if (!base)
		base = feed_base(r);
	buf_reset(&r->out);
	if (url_resolve(base, ref.data, ref.len, &r->out, NULL) == 0)
		return url_scheme_in(r->out.data, r->out.len, ALLOWED) ? taken(r, 0) : refused(r);
	/* Without a base a relative reference is the best there is (feedmill parse FILE). */
	url_split(ref.data, ref.len, &parts);
	if (base || parts.scheme.data || parts.host.data || ref.len > ITEM_URL_BYTES_MAX)
		return refused(r);
	return arena_strndup(r->arena, ref.data, ref.len);
}

const char *
reader_url(struct reader *r, struct bytes raw)
{
	return resolved(r, r->depth > 0 ? reader_frame(r)->base : r->document_url, raw);
}

const char *
reader_site_url(struct reader *r, struct bytes raw)
{
	const char *base = reader_frame(r)->base;
	const char *site = base == r->document_url ? feed_base(r) : NULL;

	return resolved(r, site ? site : base, raw);
}

bool
reader_date(struct reader *r, struct bytes raw, int64_t *s_out)
{
	if (date_parse(raw.data, raw.len, s_out))
		return true;
	r->unread_dates += plain_trim(raw).len > 0;
	return false;
}
