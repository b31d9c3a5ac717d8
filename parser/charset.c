#include "parser/charset.h"

#include <errno.h>
#include <iconv.h>
#include <string.h>
#include <strings.h>

#include "common/utf8.h"
#include "parser/charset_labels.h"
#include "parser/guess.h"

enum { BLOCK_BYTES = 64 };

static const char REPLACEMENT[] = "\xEF\xBF\xBD"; /* U+FFFD */

uint32_t
charset_windows_1252(unsigned char byte)
{
	static const uint16_t HIGH[32] = {
		0x20AC, 0x81,   0x201A, 0x192,  0x201E, 0x2026, 0x2020, 0x2021,
		0x2C6,  0x2030, 0x160,  0x2039, 0x152,  0x8D,   0x17D,  0x8F,
		0x90,   0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
		0x2DC,  0x2122, 0x161,  0x203A, 0x153,  0x9D,   0x17E,  0x178,
	};

	return byte >= 0x80 && byte <= 0x9F ? HIGH[byte - 0x80] : byte;
}

/* What the document and its carrier say. */

/* The value behind "name=" in text, quotes taken off; empty where there is none. */
static struct bytes
parameter(const char *text, size_t len, const char *name)
{
	const size_t name_len = strlen(name);

	for (size_t i = 0; i + name_len < len; i++) {
		size_t at = i + name_len;
		size_t start;
		char quote = 0;

		if (strncasecmp(text + i, name, name_len) != 0)
			continue;
		while (at < len && strchr(" \t\r\n", text[at]) && text[at])
			at++;
		if (at == len || text[at++] != '=')
			continue;
		while (at < len && strchr(" \t\r\n", text[at]) && text[at])
			at++;
		if (at < len && (text[at] == '"' || text[at] == '\''))
			quote = text[at++];
		start = at;
		while (at < len && (quote ? text[at] != quote : !strchr("; \t\r\n?>", text[at])))
			at++;
		return (struct bytes){text + start, at - start};
	}
	return (struct bytes){NULL, 0};
}

/* The label of the XML declaration, which may have junk before it. */
static struct bytes
declared(struct bytes body)
{
	const char *text = body.data;
	const size_t look = body.len < CHARSET_PROLOG_BYTES ? body.len : CHARSET_PROLOG_BYTES;
	const char *decl = look > 0 ? memmem(text, look, "<?xml", 5) : NULL;
	const char *end;

	if (!decl)
		return (struct bytes){NULL, 0};
	end = memchr(decl, '>', look - (size_t)(decl - text));
	return end ? parameter(decl, (size_t)(end - decl), "encoding") : (struct bytes){NULL, 0};
}

struct mark {
	const char *bytes;
	size_t len;
	const char *name;
	bool is_bom;
};

/* Longer ones first: the mark of UTF-32LE begins with that of UTF-16LE. */
static const struct mark MARKS[] = {
	{"\0\0\xFE\xFF", 4, "utf-32be", true}, {"\xFF\xFE\0\0", 4, "utf-32le", true},
	{"\xEF\xBB\xBF", 3, "utf-8", true},    {"\xFE\xFF", 2, "utf-16be", true},
	{"\xFF\xFE", 2, "utf-16le", true},     {"\0\0\0<", 4, "utf-32be", false},
	{"<\0\0\0", 4, "utf-32le", false},     {"\0<\0", 3, "utf-16be", false},
	{"<\0", 2, "utf-16le", false},         {"\0{\0", 3, "utf-16be", false},
	{"{\0", 2, "utf-16le", false},         {"\x4C\x6F\xA7\x94\x93", 5, "cp037", false},
};

static const struct mark *
marked(struct bytes body)
{
	for (size_t i = 0; i < sizeof(MARKS) / sizeof(MARKS[0]); i++)
		if (body.len >= MARKS[i].len &&
		    memcmp(body.data, MARKS[i].bytes, MARKS[i].len) == 0)
			return &MARKS[i];
	return NULL;
}

/* Decoders. */

static int
put_cp(struct buf *out, uint32_t cp, struct err *err)
{
	char utf8[UTF8_BYTES_MAX];

	return buf_add(out, utf8, utf8_put(cp, utf8), err);
}

static int
decode_wide(struct bytes body, size_t unit, bool little, struct buf *out, size_t *replaced,
	    struct err *err)
{
	const unsigned char *s = body.data;
	uint32_t lead = 0;

	for (size_t i = 0; i + unit <= body.len; i += unit) {
		uint32_t cp = 0;

		for (size_t k = 0; k < unit; k++)
			cp = cp << 8 | s[i + (little ? unit - 1 - k : k)];
		if (unit == 2 && lead && cp >= 0xDC00 && cp <= 0xDFFF) {
			cp = 0x10000 + ((lead - 0xD800) << 10) + (cp - 0xDC00);
			lead = 0;
		} else if (lead) {
			lead = 0;
			*replaced += 1;
			if (put_cp(out, UTF8_REPLACEMENT, err) < 0)
				return -1;
		}
		if (unit == 2 && cp >= 0xD800 && cp <= 0xDBFF) {
			lead = cp;
			continue;
		}
		*replaced += (cp >= 0xD800 && cp <= 0xDFFF) || cp > 0x10FFFF;
		if (cp != 0xFEFF && put_cp(out, cp, err) < 0)
			return -1;
	}
	*replaced += lead || body.len % unit != 0; /* cut off in the middle of a character */
	return 0;
}

/* A pair of surrogates, each in UTF-8's own way: CESU-8, a habit of Java and MySQL. */
static bool
is_cesu(const char *at, const char *end)
{
	return end - at >= 6 && at[0] == '\xED' && (at[1] & '\xF0') == '\xA0' && at[3] == '\xED' &&
	       (at[4] & '\xF0') == '\xB0';
}

/* UTF-8 with some bytes that are not: each of those is taken for windows-1252, so that one stray
 * byte spoils one character. CESU-8 pairs become what
 * they mean. */
static int
decode_mostly_utf8(struct bytes body, struct buf *out, size_t *replaced, struct err *err)
{
	const char *at = body.data;
	const char *end = at + body.len;
	const char *clean = at;

	while (at < end) {
		const char *start = at;
		uint32_t cp;

		if ((unsigned char)*at < 0x80) {
			at++;
			continue;
		}
		cp = utf8_next(&at, end);
		if (cp != UTF8_REPLACEMENT ||
		    (at - start == 3 && memcmp(start, REPLACEMENT, 3) == 0))
			continue;
		if (buf_add(out, clean, (size_t)(start - clean), err) < 0)
			return -1;
		*replaced += 1;
		if (is_cesu(start, end)) {
			cp = 0x10000 + (((uint32_t)start[1] & 0x0F) << 16) +
			     (((uint32_t)start[2] & 0x3F) << 10) +
			     (((uint32_t)start[4] & 0x0F) << 6) + ((uint32_t)start[5] & 0x3F);
			at = start + 6;
		} else {
			cp = charset_windows_1252((unsigned char)*start);
			at = start + 1;
		}
		if (put_cp(out, cp, err) < 0)
			return -1;
		clean = at;
	}
	return buf_add(out, clean, (size_t)(end - clean), err);
}

static int
decode_iconv(struct bytes body, const char *from, struct buf *out, size_t *replaced,
	     struct err *err)
{
	const iconv_t cd = iconv_open("UTF-8", from);
	char *in = NULL;
	size_t left = body.len;
	int rc = 0;

	if (cd == (iconv_t)-1)
		return err_sys(err, "iconv '%s'", from);
	memcpy(&in, &body.data, sizeof(in)); /* iconv's prototype knows no const */
	while (rc == 0 && left > 0) {
		const size_t want = left * 2 + 64;
		char *room = buf_reserve(out, want, err);
		char *to = room;
		size_t room_left = want;

		if (!room) {
			rc = -1;
			break;
		}
		if (iconv(cd, &in, &left, &to, &room_left) != (size_t)-1)
			left = 0;
		out->len += (size_t)(to - room);
		if (left > 0 && (errno == EILSEQ || errno == EINVAL)) {
			*replaced += 1;
			rc = buf_add(out, REPLACEMENT, 3, err);
			in++;
			left--;
		}
	}
	(void)iconv_close(cd);
	return rc;
}

static int
decode_as(const struct charset *charset, struct bytes body, struct buf *out, size_t *replaced,
	  struct err *err)
{
	*replaced = 0;
	buf_reset(out);
	if (charset->iconv)
		return decode_iconv(body, charset->iconv, out, replaced, err);
	if (strncmp(charset->name, "utf-16", 6) == 0)
		return decode_wide(body, 2, charset->name[6] == 'l', out, replaced, err);
	if (strncmp(charset->name, "utf-32", 6) == 0)
		return decode_wide(body, 4, charset->name[6] == 'l', out, replaced, err);
	return decode_mostly_utf8(body, out, replaced, err);
}

/* Cleaning. */

static bool
is_control(unsigned char c)
{
	return c < 0x20 && c != '\t' && c != '\n';
}

/* Whether one of 64 bytes is a control character, or could begin a C1 control or noncharacter. A
 * loop of fixed length without branches, which compilers turn into a few vector instructions. */
static bool
block_suspicious(const unsigned char *s)
{
	unsigned char bad = 0;

	for (int i = 0; i < BLOCK_BYTES; i++)
		bad |= (unsigned char)(((s[i] < 0x20) & (s[i] != '\t') & (s[i] != '\n')) |
				       (s[i] == 0xC2) | (s[i] == 0xEF));
	return bad != 0;
}

/* The first byte of what XML may not hold, or should not: control characters, U+0080..U+009F,
 * U+FFFE, U+FFFF; and of line ends that are not "\n". */
static const char *
first_unclean(const char *at, const char *end)
{
	for (;; at++) {
		unsigned char c;

		while (end - at >= BLOCK_BYTES && !block_suspicious((const unsigned char *)at))
			at += BLOCK_BYTES;
		for (const char *stop = end - at > BLOCK_BYTES ? at + BLOCK_BYTES : end; at < stop;
		     at++) {
			c = (unsigned char)*at;
			if (is_control(c) ||
			    (c == 0xC2 && end - at > 1 && (unsigned char)at[1] < 0xA0) ||
			    (c == 0xEF && end - at > 2 && at[1] == '\xBF' &&
			     (unsigned char)at[2] >= 0xBE))
				return at;
		}
		if (at == end)
			return end;
		at--;
	}
}

/* Drops control characters; C1 controls are windows-1252 that went through ISO 8859-1. */
static int
clean(const char *text, size_t len, const char *first, struct buf *out, size_t *controls,
      struct err *err)
{
	const char *end = text + len;
	const char *from = text;

	for (const char *at = first; at < end; at = first_unclean(from, end)) {
		if (buf_add(out, from, (size_t)(at - from), err) < 0)
			return -1;
		if (*at == '\r') {
			from = at + 1;
			if ((from == end || *from != '\n') && buf_addc(out, '\n', err) < 0)
				return -1;
			continue;
		}
		*controls += 1;
		if (*at == '\xC2') {
			const uint32_t cp = charset_windows_1252((unsigned char)at[1]);

			if (cp > 0x9F && put_cp(out, cp, err) < 0)
				return -1;
		}
		from = at + (*at == '\xC2' ? 2 : *at == '\xEF' ? 3 : 1);
	}
	return buf_add(out, from, (size_t)(end - from), err);
}

bool
charset_clean(struct bytes text, struct buf *out, size_t *controls_out)
{
	const char *at = text.data;
	const char *first = text.len > 0 ? first_unclean(at, at + text.len) : NULL;

	if (!first || first == at + text.len)
		return false;
	buf_reset(out);
	return clean(at, text.len, first, out, controls_out, NULL) == 0;
}

/* The decision. */

/* How many sequences over ASCII, up to limit, are at the beginning. */
static size_t
sequences(struct bytes body, size_t limit)
{
	const unsigned char *s = body.data;
	size_t n = 0;

	for (size_t i = 0; i < body.len && n < limit; i++)
		n += s[i] >= 0xC0;
	return n;
}

static bool
mostly_utf8(struct bytes body)
{
	size_t valid = 0, invalid = 0;

	for (const char *at = body.data, *end = at + body.len; at < end;) {
		const char *start = at;

		if ((unsigned char)*at < 0x80)
			at++;
		else if (is_cesu(at, end) && ++valid)
			at += 6;
		else if (utf8_next(&at, end) != UTF8_REPLACEMENT)
			valid++;
		else /* U+FFFD itself, three bytes, says nothing */
			invalid += at - start < 3;
	}
	return valid > 0 && valid >= invalid;
}

enum { SURELY_UTF8 = 6 }; /* so many sequences in a row are valid by chance once in a million */

/* The first of the labels whose encoding reads the bytes without a fault; else the first known. */
static const struct charset *
choose(struct bytes body, const struct charset *http, const struct charset *xml,
       struct charset_result *result)
{
	const struct charset *const said = http ? http : xml;
	const bool valid = utf8_valid(body.data, body.len);
	const size_t seen = sequences(body, SURELY_UTF8);
	const char *guess;

	if (valid && said && seen == 0 && strncmp(said->name, "utf-", 4) != 0)
		return said; /* ASCII: any name will do but a wide one */
	if (valid && (!said || !said->multibyte || !said->iconv || seen >= SURELY_UTF8)) {
		result->disagrees = said && strncmp(said->name, "utf-8", 5) != 0;
		return charset_of_label("utf-8", 5);
	}
	if (said && said->iconv)
		return said;
	result->disagrees = said != NULL;
	/* No label, or one that the bytes deny: UTF-8 with slips, if most of it is UTF-8. */
	if (mostly_utf8(body)) {
		result->disagrees = said && strncmp(said->name, "utf-8", 5) != 0;
		return charset_of_label("utf-8", 5);
	}
	if (http && xml && xml->iconv)
		return xml;
	result->guessed = true;
	guess = guess_charset(body.data, body.len);
	return charset_of_label(guess, strlen(guess));
}

/* Encodings that bytes and labels name alike, as far as a label goes: "utf-16" is silent on the
 * order of bytes. */
static bool
is_alike(const struct charset *a, const struct charset *b)
{
	return a == b || (strncmp(a->name, "utf-16", 6) == 0 && strncmp(b->name, "utf-16", 6) == 0);
}

/* The beginning of a document in EBCDIC, whose code pages agree on what declarations are made of.
 */
static struct bytes
ebcdic_prolog(struct bytes body, struct buf *out)
{
	size_t replaced = 0;

	if (body.len > CHARSET_PROLOG_BYTES)
		body.len = CHARSET_PROLOG_BYTES;
	if (decode_iconv(body, "IBM037", out, &replaced, NULL) < 0)
		buf_reset(out);
	return buf_bytes(out);
}

/* What the bytes show beyond doubt, whatever labels say: mark; else what labels and bytes together
 * make likely. */
static const struct charset *
decide(struct bytes body, const struct mark *mark, const char *content_type,
       struct charset_result *result)
{
	const struct bytes http_label =
		content_type ? parameter(content_type, strlen(content_type), "charset")
			     : (struct bytes){NULL, 0};
	SCOPED(buf_done) struct buf prolog = buf_init((size_t)8 * CHARSET_PROLOG_BYTES);
	const bool ebcdic = mark && strcmp(mark->name, "cp037") == 0;
	const struct bytes xml_label = declared(ebcdic ? ebcdic_prolog(body, &prolog) : body);
	const struct charset *http = charset_of_label(http_label.data, http_label.len);
	const struct charset *xml = charset_of_label(xml_label.data, xml_label.len);

	if (ebcdic && xml && charset_is_ebcdic(xml))
		return xml;
	if (!ebcdic) {
		http = http && charset_is_ebcdic(http) ? NULL : http;
		xml = xml && charset_is_ebcdic(xml) ? NULL : xml;
	}
	result->unknown = (http_label.len > 0 && !http) || (xml_label.len > 0 && !xml);
	if (mark) {
		const struct charset *marked_as = charset_of_label(mark->name, strlen(mark->name));

		result->disagrees =
			(http && !is_alike(http, marked_as)) || (xml && !is_alike(xml, marked_as));
		return marked_as;
	}
	return choose(body, http, xml, result);
}

int
charset_decode(struct bytes body, const char *content_type, struct buf *scratch,
	       struct charset_result *out, struct err *err)
{
	struct charset_result result = {.name = "utf-8"};
	const struct mark *mark = marked(body);
	const struct charset *charset;
	struct bytes rest = body;
	const char *first;

	while (mark && mark->is_bom && rest.len >= mark->len &&
	       memcmp(rest.data, mark->bytes, mark->len) == 0) {
		rest.data = (const char *)rest.data + mark->len;
		rest.len -= mark->len;
	}
	charset = decide(body, mark, content_type, &result);
	result.name = charset->name;
	if (!charset->iconv && strcmp(charset->name, "utf-8") == 0 &&
	    utf8_valid(rest.data, rest.len)) {
		result.text = rest.data;
		result.len = rest.len;
		buf_reset(scratch);
	} else {
		if (decode_as(charset, rest, scratch, &result.replaced, err) < 0)
			return -1;
		result.text = buf_str(scratch);
		result.len = scratch->len;
	}
	first = first_unclean(result.text, result.text + result.len);
	if (first < result.text + result.len) {
		struct buf cleaned = buf_init(scratch->max);

		if (clean(result.text, result.len, first, &cleaned, &result.controls, err) < 0) {
			buf_done(&cleaned);
			return -1;
		}
		buf_done(scratch);
		*scratch = cleaned;
		result.text = buf_str(scratch);
		result.len = scratch->len;
	}
	*out = result;
	return 0;
}
