#include "parser/tag.h"

#include <string.h>
#include <strings.h>

#include "parser/xmlchar.h"

enum {
	REGULAR_ATTRIBUTES_MAX = 24, /* tags with more are written anew, though they may be right */
};

struct tag
tag_init(struct buf *out)
{
	return (struct tag){.out = out, .value = buf_init((size_t)TAG_VALUE_BYTES_MAX * 8)};
}

void
tag_done(struct tag *tag)
{
	buf_done(&tag->value);
}

/* Where the colon of a name may stay: there is a name on both sides of it. NULL: nowhere. */
static const char *
good_colon(const char *name, size_t len)
{
	const char *colon = memchr(name, ':', len);

	if (!colon || colon == name || colon + 1 == name + len || colon[1] == ':')
		return NULL;
	return xmlchar_is(colon[1], XMLCHAR_NAME_START) ? colon : NULL;
}

int
tag_put_name(struct buf *out, const char *name, size_t len, struct err *err)
{
	const char *colon;
	char *room;

	if (len > TAG_NAME_BYTES_MAX)
		len = TAG_NAME_BYTES_MAX;
	colon = good_colon(name, len);
	room = buf_reserve(out, len, err);
	if (!room)
		return -1;
	for (size_t i = 0; i < len; i++) {
		const bool odd =
			(unsigned char)name[i] >= 0x80 || (name[i] == ':' && name + i != colon);

		room[i] = odd ? '_' : name[i];
	}
	out->len += len;
	return 0;
}

static bool
same_name(struct bytes known, const char *name, size_t len)
{
	return known.len == len && strncasecmp(known.data, name, len) == 0;
}

/* Whether the five references that every XML parser knows, and none else, are in the value. */
static bool
plain_reference(const char *amp, const char *end)
{
	static const char *const KNOWN[] = {"&amp;", "&lt;", "&gt;", "&quot;", "&apos;"};

	for (size_t i = 0; i < sizeof(KNOWN) / sizeof(KNOWN[0]); i++) {
		const size_t len = strlen(KNOWN[i]);

		if ((size_t)(end - amp) >= len && memcmp(amp, KNOWN[i], len) == 0)
			return true;
	}
	return false;
}

bool
tag_is_name(const char *name, size_t len)
{
	const char *colon = memchr(name, ':', len);

	return len <= TAG_NAME_BYTES_MAX && colon == good_colon(name, len) &&
	       (!colon || !memchr(colon + 1, ':', (size_t)(name + len - colon - 1)));
}

/* The end of a tag whose attributes are written as they should be, behind its ">"; NULL where
 * something is to be mended. at is behind the name. */
static const char *
regular_end(const char *at, const char *end, bool *empty)
{
	struct bytes names[REGULAR_ATTRIBUTES_MAX];
	size_t count = 0;

	for (;;) {
		const char *before = at;
		const char *name, *name_end;
		char quote;

		at = xmlchar_skip(at, end, XMLCHAR_BLANK);
		if (at == end)
			return NULL;
		if (*at == '>')
			return at + 1;
		if (*at == '/' && at + 1 < end && at[1] == '>') {
			*empty = true;
			return at + 2;
		}
		if (at == before || !xmlchar_is(*at, XMLCHAR_NAME_START) ||
		    count == REGULAR_ATTRIBUTES_MAX)
			return NULL;
		name = at;
		while (at < end && xmlchar_is(*at, XMLCHAR_NAME) && (unsigned char)*at < 0x80)
			at++;
		name_end = at;
		at = xmlchar_skip(at, end, XMLCHAR_BLANK);
		if (at == end || *at != '=' || !tag_is_name(name, (size_t)(name_end - name)))
			return NULL;
		at = xmlchar_skip(at + 1, end, XMLCHAR_BLANK);
		if (at == end || (*at != '"' && *at != '\''))
			return NULL;
		for (quote = *at++, before = at; at < end && *at != quote; at++)
			if (*at == '<' || (*at == '&' && !plain_reference(at, end)))
				return NULL;
		if (at == end || at - before > TAG_VALUE_BYTES_MAX)
			return NULL;
		at++;
		for (size_t i = 0; i < count; i++)
			if (names[i].len == (size_t)(name_end - name) &&
			    memcmp(names[i].data, name, names[i].len) == 0)
				return NULL;
		names[count++] = (struct bytes){name, (size_t)(name_end - name)};
	}
}

static int
put_value(struct tag *tag, const char *value, size_t len, struct err *err)
{
	struct buf *out = tag->out;

	buf_reset(&tag->value);
	if (entities_decode(tag->entities, value, len, &tag->value, err) < 0)
		return -1;
	for (const char *at = buf_str(&tag->value), *end = at + tag->value.len; at < end;) {
		const size_t run = strcspn(at, "&<\"");

		if (buf_add(out, at, run, err) < 0)
			return -1;
		at += run;
		if (at < end && buf_adds(out,
					 *at == '&'   ? "&amp;"
					 : *at == '<' ? "&lt;"
						      : "&quot;",
					 err) < 0)
			return -1;
		at += at < end;
	}
	return 0;
}

static bool
begins_tag(const char *at, const char *end)
{
	return *at == '<' && at + 1 < end &&
	       (xmlchar_is(at[1], XMLCHAR_NAME_START) || strchr("/!?", at[1]));
}

/* The end of an attribute's value; *at moves to what follows. A value whose closing quote is
 * missing ends where a tag begins, or at the first blank or ">". */
static const char *
value_end(const char **at, const char *end)
{
	const char *start = *at;
	const char quote = start < end && (*start == '"' || *start == '\'') ? *start : 0;

	if (quote) {
		const char *p = start + 1;

		while (p < end && *p != quote && !begins_tag(p, end))
			p++;
		if (p < end && *p == quote) {
			*at = p + 1;
			return p;
		}
	}
	while (*at < end && !xmlchar_is(**at, XMLCHAR_BLANK) && **at != '>')
		++*at;
	return *at;
}

static size_t
name_length(const char *at, const char *end)
{
	return (size_t)(xmlchar_skip(at, end, XMLCHAR_NAME) - at);
}

/* Writes the attributes anew. -> behind the ">", or NULL where the document ends in the tag. */
static int
irregular(struct tag *tag, const char *at, const char *end, const char **end_out, bool *empty,
	  struct err *err)
{
	struct bytes names[TAG_ATTRIBUTES_MAX];
	size_t count = 0;
	const bool mended = tag->mended;
	const char *last = at; /* behind the last attribute */

	*end_out = NULL;
	while (at < end && *at != '>' && *at != '<') {
		const char *name = at;
		const char *value, *close;
		size_t len, value_len;
		bool known = false;

		if (!xmlchar_is(*at, XMLCHAR_NAME_START)) {
			*empty = *at == '/' || (*empty && xmlchar_is(*at, XMLCHAR_BLANK));
			if (*at == '/' ? at + 1 < end && at[1] != '>'
				       : !xmlchar_is(*at, XMLCHAR_BLANK))
				tag->mended = true;
			at++;
			continue;
		}
		if (at == last || !tag_is_name(at, name_length(at, end)))
			tag->mended = true;
		*empty = false;
		at = xmlchar_skip(at, end, XMLCHAR_NAME);
		len = (size_t)(at - name);
		for (size_t i = 0; i < count; i++)
			known |= same_name(names[i], name, len);
		close = xmlchar_skip(at, end, XMLCHAR_BLANK);
		if (close == end || *close != '=') {
			tag->mended = true;
			continue; /* a name without a value says nothing in a feed */
		}
		at = xmlchar_skip(close + 1, end, XMLCHAR_BLANK);
		value = at;
		close = value_end(&at, end);
		if (value < end && (*value == '"' || *value == '\'') && at > close)
			value++;
		else
			tag->mended = true;
		last = at;
		value_len = close > value ? (size_t)(close - value) : 0;
		if (value_len > 0 && memchr(value, '<', value_len))
			tag->mended = true;
		if (known || count == TAG_ATTRIBUTES_MAX || value_len > TAG_VALUE_BYTES_MAX ||
		    len > TAG_NAME_BYTES_MAX) {
			tag->mended = true;
			continue;
		}
		names[count++] = (struct bytes){name, len};
		if (buf_addc(tag->out, ' ', err) < 0 ||
		    tag_put_name(tag->out, name, len, err) < 0 ||
		    buf_add(tag->out, "=\"", 2, err) < 0 ||
		    put_value(tag, value, value_len, err) < 0 || buf_addc(tag->out, '"', err) < 0)
			return -1;
	}
	if (at < end)
		*end_out = *at == '>' ? at + 1 : at;
	else
		tag->mended = mended; /* nobody will see it */
	return 0;
}

int
tag_put_attributes(struct tag *tag, const char *at, const char *end, const char **end_out,
		   bool *empty_out, struct err *err)
{
	const char *stop;

	*empty_out = false;
	*end_out = regular_end(at, end, empty_out);
	if (!*end_out) {
		*empty_out = false;
		return irregular(tag, at, end, end_out, empty_out, err);
	}
	stop = *end_out - (*empty_out ? 2 : 1);
	return buf_add(tag->out, at, (size_t)(stop - at), err);
}
