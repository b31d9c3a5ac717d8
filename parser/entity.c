#include "parser/entity.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/ascii.h"
#include "common/utf8.h"
#include "parser/charset.h"
#include "parser/html.h"

/* What one of the five names of XML stands for. */
static const char *
xml_name(const char *name, size_t len)
{
	static const struct {
		char name[5];
		unsigned char len;
		char text[2];
	} KNOWN[] = {
		{"lt", 2, "<"},    {"gt", 2, ">"},   {"amp", 3, "&"},
		{"quot", 4, "\""}, {"apos", 4, "'"},
	};

	for (size_t i = 0; len <= 4 && i < sizeof(KNOWN) / sizeof(KNOWN[0]); i++)
		if (KNOWN[i].len == len && name[0] == KNOWN[i].name[0] &&
		    memcmp(KNOWN[i].name, name, len) == 0)
			return KNOWN[i].text;
	return NULL;
}

struct entities *
entities_new(void)
{
	struct entities *e = calloc(1, sizeof(*e));

	if (e)
		e->values = buf_init(ENTITY_OWN_MAX * ENTITY_OWN_BYTES_MAX);
	return e;
}

void
entities_free(struct entities *e)
{
	if (!e)
		return;
	buf_done(&e->values);
	free(e);
}

void
entities_reset(struct entities *e)
{
	e->count = 0;
	buf_reset(&e->values);
	e->spent_bytes = 0;
	e->html_names = e->bare = e->no_text = e->windows = e->spelt = e->over = 0;
}

/* A reference: the text it stands for, or a code point. */
struct reference {
	size_t len; /* of the whole "&...;"; 0: there is none */
	const char *text;
	size_t text_len;
	uint32_t cp; /* where text is NULL */
	bool own;
	bool html;
	bool windows;
};

/* at is behind "&#". */
static struct reference
numeric(const char *amp, const char *at, const char *end)
{
	const int base = at < end && (*at == 'x' || *at == 'X') ? 16 : 10;
	const char *digits = base == 16 ? at + 1 : at;
	uint32_t cp = 0;

	for (at = digits; at < end; at++) {
		const int digit = ascii_hex((unsigned char)*at);

		if (digit < 0 || digit >= base)
			break;
		if (cp <= 0x10FFFF)
			cp = cp * (uint32_t)base + (uint32_t)digit;
	}
	if (at == digits || at == end || *at != ';')
		return (struct reference){.len = 0};
	/* Publishers mean windows-1252 by 128..159, as browsers know (HTML Standard, 13.2.5.80). */
	if (cp >= 0x80 && cp <= 0x9F)
		return (struct reference){.len = (size_t)(at + 1 - amp),
					  .cp = charset_windows_1252((unsigned char)cp),
					  .windows = true};
	return (struct reference){.len = (size_t)(at + 1 - amp), .cp = cp};
}

static struct reference
named(const struct entities *e, const char *amp, const char *end)
{
	const char *name = amp + 1;
	const size_t room = (size_t)(end - name);
	const char *semicolon =
		memchr(name, ';', room < ENTITY_NAME_BYTES_MAX ? room : ENTITY_NAME_BYTES_MAX);
	const size_t len = semicolon ? (size_t)(semicolon - name) : 0;
	struct reference ref = {.len = len + 2};

	if (len == 0)
		return (struct reference){.len = 0};
	ref.text = xml_name(name, len);
	ref.text_len = 1;
	if (ref.text)
		return ref;
	for (size_t i = 0; i < e->count; i++) {
		if (e->own[i].name_len == len && memcmp(e->own[i].name, name, len) == 0) {
			ref.text = buf_str(&e->values) + e->own[i].at;
			ref.text_len = e->own[i].len;
			ref.own = true;
			return ref;
		}
	}
	ref.text = html_entity_utf8(name, len);
	if (!ref.text)
		return (struct reference){.len = 0};
	ref.text_len = strlen(ref.text);
	ref.html = true;
	return ref;
}

static struct reference
reference_at(const struct entities *e, const char *amp, const char *end)
{
	if (amp + 1 < end && amp[1] == '#')
		return numeric(amp, amp + 2, end);
	return named(e, amp, end);
}

/* The byte that a reference to U+0080..U+00FF would be in ISO 8859-1; -1 where it is none. */
static int
byte_meant(const struct reference *ref, const char *amp, const char *end)
{
	const char *at = ref->text;
	uint32_t cp = ref->cp;

	if (ref->len == 0 || ref->own)
		return -1;
	if (at) {
		cp = utf8_next(&at, ref->text + ref->text_len);
	} else if (cp > 0xFF) { /* it may have been mapped from windows-1252 */
		const char *digits = amp + 2;
		const int base = digits < end && (*digits | 0x20) == 'x' ? 16 : 10;

		cp = (uint32_t)strtoul(base == 16 ? digits + 1 : digits, NULL, base);
	}
	return cp >= 0x80 && cp <= 0xFF ? (int)cp : -1;
}

/* "&acirc;&#128;&brvbar;": references that spell the bytes of a UTF-8 sequence, one by one, come
 * from UTF-8 that somebody took for ISO 8859-1. Length of the whole run, 0 where it is none. */
static size_t
spelt_utf8(const struct entities *e, const char *amp, const char *end, char bytes[4], size_t *count)
{
	const char *at = amp;
	size_t want = 1;

	*count = 0;
	while (*count < want && at < end && *at == '&') {
		const struct reference ref = reference_at(e, at, end);
		const int byte = byte_meant(&ref, at, end);

		if (byte < 0)
			return 0;
		if (*count == 0) {
			if (byte < 0xC2 || byte > 0xF4)
				return 0;
			want = byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
		}
		bytes[(*count)++] = (char)byte;
		at += ref.len;
	}
	return *count == want && utf8_valid(bytes, want) ? (size_t)(at - amp) : 0;
}

static bool
is_text(uint32_t cp)
{
	return cp >= 0x20 ? cp != 0xFFFE && cp != 0xFFFF && cp <= 0x10FFFF
			  : cp == '\t' || cp == '\n' || cp == '\r';
}

/* Appends what the reference stands for. */
static int
reference_put(struct entities *e, const struct reference *ref, struct buf *out, struct err *err)
{
	char utf8[UTF8_BYTES_MAX];

	if (ref->own) {
		if (ref->text_len > ENTITY_SPENT_BYTES_MAX - e->spent_bytes) {
			e->over++;
			return 0;
		}
		e->spent_bytes += ref->text_len;
	}
	e->html_names += ref->html;
	e->windows += ref->windows;
	if (ref->text)
		return buf_add(out, ref->text, ref->text_len, err);
	if (!is_text(ref->cp)) { /* a control character: left out, as everywhere */
		e->no_text++;
		return 0;
	}
	return buf_add(out, utf8, utf8_put(ref->cp, utf8), err);
}

int
entities_decode(struct entities *e, const char *text, size_t len, struct buf *out, struct err *err)
{
	const char *at = text;
	const char *end = text + len;

	while (at < end) {
		const char *amp = memchr(at, '&', (size_t)(end - at));
		char bytes[4];
		size_t count, run;
		struct reference ref;

		if (!amp)
			return buf_add(out, at, (size_t)(end - at), err);
		if (amp > at && buf_add(out, at, (size_t)(amp - at), err) < 0)
			return -1;
		ref = reference_at(e, amp, end);
		if (ref.len == 0) {
			e->bare++;
			if (buf_addc(out, '&', err) < 0)
				return -1;
			at = amp + 1;
			continue;
		}
		at = amp + ref.len;
		if (at < end && *at == '&' && (run = spelt_utf8(e, amp, end, bytes, &count)) > 0) {
			if (buf_add(out, bytes, count, err) < 0)
				return -1;
			e->spelt++;
			at = amp + run;
			continue;
		}
		if (reference_put(e, &ref, out, err) < 0)
			return -1;
	}
	return 0;
}

static const char *
skip_blank(const char *at, const char *end)
{
	while (at < end && (*at == ' ' || *at == '\t' || *at == '\n' || *at == '\r'))
		at++;
	return at;
}

static void
declare(struct entities *e, const char *name, size_t name_len, const char *value, size_t len)
{
	struct buf expanded = buf_init(ENTITY_OWN_BYTES_MAX);

	if (e->count == ENTITY_OWN_MAX || name_len == 0 || name_len > ENTITY_NAME_BYTES_MAX)
		return;
	/* A value that grows over the ceiling is not declared at all: half a word helps nobody. */
	if (len <= ENTITY_OWN_BYTES_MAX && entities_decode(e, value, len, &expanded, NULL) == 0) {
		const size_t at = e->values.len;

		if (buf_add(&e->values, buf_str(&expanded), expanded.len, NULL) == 0) {
			e->own[e->count].name = name;
			e->own[e->count].name_len = name_len;
			e->own[e->count].at = at;
			e->own[e->count].len = expanded.len;
			e->count++;
		}
	}
	buf_done(&expanded);
}

void
entities_declare(struct entities *e, const char *doctype, size_t len)
{
	static const char KEYWORD[] = "<!ENTITY";
	const char *at = doctype;
	const char *end = doctype + len;

	while ((at = memmem(at, (size_t)(end - at), KEYWORD, sizeof(KEYWORD) - 1)) != NULL) {
		const char *name = skip_blank(at + sizeof(KEYWORD) - 1, end);
		const char *name_end = name;
		const char *value;
		const char *close;

		at = name;
		while (name_end<end && * name_end> ' ' && *name_end != '"' && *name_end != '\'' &&
		       *name_end != '>' && *name_end != '%')
			name_end++;
		value = skip_blank(name_end, end);
		if (value == end || (*value != '"' && *value != '\''))
			continue; /* %parameter, SYSTEM or PUBLIC */
		close = memchr(value + 1, *value, (size_t)(end - value - 1));
		if (!close)
			return;
		declare(e, name, (size_t)(name_end - name), value + 1, (size_t)(close - value - 1));
		at = close + 1;
	}
	/* Declared once is declared for good: what follows counts only uses in the text. */
	e->html_names = e->bare = e->no_text = e->windows = e->spelt = 0;
}
