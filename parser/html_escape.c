#include "parser/html_escape.h"

#include <stdbool.h>
#include <string.h>

#include "common/utf8.h"
#include "parser/html_entity.h"

/* Bytes that cannot be copied as they are, and why. */
enum {
	AS_IT_IS = 0,
	CONTROL,
	CARRIAGE_RETURN,
	FORM_FEED,
	AMPERSAND,
	LESS,
	GREATER,
	QUOTE,
};

static const unsigned char classes[256] = {
	[0] = CONTROL,    [1] = CONTROL,    [2] = CONTROL,      [3] = CONTROL,
	[4] = CONTROL,    [5] = CONTROL,    [6] = CONTROL,      [7] = CONTROL,
	[8] = CONTROL,    [0x0B] = CONTROL, [0x0C] = FORM_FEED, [0x0D] = CARRIAGE_RETURN,
	[0x0E] = CONTROL, [0x0F] = CONTROL, [0x10] = CONTROL,   [0x11] = CONTROL,
	[0x12] = CONTROL, [0x13] = CONTROL, [0x14] = CONTROL,   [0x15] = CONTROL,
	[0x16] = CONTROL, [0x17] = CONTROL, [0x18] = CONTROL,   [0x19] = CONTROL,
	[0x1A] = CONTROL, [0x1B] = CONTROL, [0x1C] = CONTROL,   [0x1D] = CONTROL,
	[0x1E] = CONTROL, [0x1F] = CONTROL, [0x7F] = CONTROL,   ['&'] = AMPERSAND,
	['<'] = LESS,     ['>'] = GREATER,  ['"'] = QUOTE,
};

/* What stands for a byte of each class in HTML, and in plain text. */
static const struct {
	const char *escaped;
	const char *plain;
} written[] = {
	[CONTROL] = {"", ""},         [CARRIAGE_RETURN] = {"\n", "\n"}, [FORM_FEED] = {" ", " "},
	[AMPERSAND] = {"&amp;", "&"}, [LESS] = {"&lt;", "<"},           [GREATER] = {"&gt;", ">"},
	[QUOTE] = {"&quot;", "\""},
};

static void
write_byte(struct buf *out, char c, unsigned how)
{
	const unsigned class = classes[(unsigned char)c];

	if (class == AS_IT_IS || (class == QUOTE && !(how & HTML_ATTRIBUTE)))
		(void)buf_addc(out, c, NULL);
	else
		(void)buf_adds(out,
			       how & HTML_PLAIN ? written[class].plain : written[class].escaped,
			       NULL);
}

/* The reference at p; returns what is behind it, p where there is none. */
static const char *
write_reference(struct buf *out, const char *p, const char *end, unsigned how)
{
	char utf8[HTML_ENTITY_UTF8_BYTES];
	const size_t len = html_reference(&p, end, (how & HTML_ATTRIBUTE) != 0, utf8);

	/* Two of them, &nvlt; and &nvgt;, are a bracket with a stroke through it. */
	if (len > 0)
		write_byte(out, utf8[0], how);
	if (len > 1)
		(void)buf_add(out, utf8 + 1, len - 1, NULL);
	return p;
}

void
html_write(struct buf *out, const char *text, size_t len, unsigned how)
{
	const char *p = len > 0 ? text : "";
	const char *end = p + len;

	while (p < end) {
		const char *run = p;

		while (p < end && classes[(unsigned char)*p] == AS_IT_IS)
			p++;
		if (p > run)
			(void)buf_add(out, run, (size_t)(p - run), NULL);
		if (p == end)
			return;
		if (*p == '&' && (how & HTML_DECODE)) {
			const char *behind = write_reference(out, p, end, how);

			if (behind > p) {
				p = behind;
				continue;
			}
		}
		if (*p == '\r' && p + 1 < end && p[1] == '\n')
			p++;
		write_byte(out, *p++, how);
	}
}

int
html_utf8(struct bytes *text, struct buf *room, struct err *err)
{
	const char *p = text->data;
	const char *end = p + text->len;

	if (utf8_valid(p, text->len))
		return 0;
	while (p < end) {
		const char *run = p;
		const char *bad = p;

		/* A run of well-formed text is copied at once. */
		while (p < end) {
			bad = p;
			if (utf8_next(&p, end) == UTF8_REPLACEMENT &&
			    !utf8_valid(bad, (size_t)(p - bad)))
				break;
			bad = p;
		}
		if (buf_add(room, run, (size_t)(bad - run), err) < 0)
			return -1;
		if (bad < p && buf_adds(room, "\xEF\xBF\xBD", err) < 0)
			return -1;
	}
	*text = buf_bytes(room);
	return 0;
}

/* Appends the text written in a way; on failure out is what it was. */
static int
convert(const char *text, size_t len, unsigned how, struct buf *out, struct err *err)
{
	SCOPED(buf_done) struct buf room = buf_init(3 * len);
	struct bytes source = {text, len};
	const size_t before = out->len;

	if (html_utf8(&source, &room, err) < 0)
		return -1;
	html_write(out, source.data, source.len, how);
	if (buf_failed(out, err) < 0) {
		buf_cut(out, before);
		return -1;
	}
	return 0;
}

int
html_escape(const char *text, size_t len, struct buf *out, struct err *err)
{
	return convert(text, len, HTML_ATTRIBUTE, out, err);
}

int
html_decode_entities(const char *text, size_t len, struct buf *out, struct err *err)
{
	return convert(text, len, HTML_DECODE | HTML_PLAIN, out, err);
}
