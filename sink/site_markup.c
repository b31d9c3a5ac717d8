#include "sink/site_markup.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "common/utf8.h"
#include "sink/site_plain.h"

static const char *
reference_of(unsigned char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return NULL;
	}
}

void
markup_text(struct buf *out, const char *s, size_t len)
{
	const char *const end = s + len;
	const char *from = s; /* what is not copied yet and needs no change */

	while (s < end) {
		const unsigned char c = (unsigned char)*s;
		const char *const at = s;
		const char *instead = reference_of(c);
		char replacement[UTF8_BYTES_MAX + 1] = "";

		if (!instead && c >= 0x20 && c < 0x7F) {
			s++;
			continue;
		}
		if (instead) {
			s++;
		} else {
			const uint32_t cp = utf8_next(&s, end);

			/* A real U+FFFD is three bytes long, as is what replaces a fault. */
			if (cp != '\t' && cp != '\n' && plain_is_unwanted(cp))
				instead = "";
			else if (cp == UTF8_REPLACEMENT) {
				replacement[utf8_put(cp, replacement)] = '\0';
				instead = replacement;
			} else
				continue;
		}
		(void)buf_add(out, from, (size_t)(at - from), NULL);
		(void)buf_adds(out, instead, NULL);
		from = s;
	}
	(void)buf_add(out, from, (size_t)(end - from), NULL);
}

void
markup_fill(struct buf *out, const char *template, const char *const *values, size_t count)
{
	size_t used = 0;

	for (;;) {
		const char *const hole = strstr(template, "{}");

		if (!hole)
			break;
		(void)buf_add(out, template, (size_t)(hole - template), NULL);
		assert(used < count);
		if (values[used])
			markup_text(out, values[used], strlen(values[used]));
		used++;
		template = hole + 2;
	}
	assert(used == count);
	markup_raw(out, template);
}

void
markup_raw(struct buf *out, const char *markup)
{
	(void)buf_adds(out, markup, NULL);
}

void
markup_json(struct buf *out, struct bytes json)
{
	const char *const text = json.data;
	size_t from = 0;

	for (size_t i = 0; i < json.len; i++) {
		if (text[i] != '<' && text[i] != '>' && text[i] != '&')
			continue;
		(void)buf_add(out, text + from, i - from, NULL);
		(void)buf_addf(out, NULL, "\\u%04x", (unsigned)(unsigned char)text[i]);
		from = i + 1;
	}
	if (json.len > from)
		(void)buf_add(out, text + from, json.len - from, NULL);
}
