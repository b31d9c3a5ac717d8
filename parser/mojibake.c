#include "parser/mojibake.h"

#include <stdint.h>
#include <string.h>

#include "common/utf8.h"
#include "parser/charset.h"

enum { LEAD = 0xC3, A_GRAVE = 0xE0 };

/* The byte that the character was read from; -1: from none. */
static int
byte_of(uint32_t cp)
{
	if (cp < 0x100)
		return (int)cp;
	for (int byte = 0x80; byte < 0xA0; byte++)
		if (charset_windows_1252((unsigned char)byte) == cp)
			return byte;
	return -1;
}

/* Something that nobody writes by himself. "Ã" and a no-break space at the end of a word may well
 * stand so in Portuguese: that tells nothing unless it would be the French word "à". */
static bool
is_evident(const char *text, size_t len)
{
	const char *at = text;
	const char *end = text + len;
	uint32_t before = ' ';

	while (at < end) {
		const uint32_t cp = utf8_next(&at, end);

		if (cp >= 0x80 && (cp != A_GRAVE || before == ' '))
			return true;
		before = cp;
	}
	return false;
}

bool
mojibake_undo(struct bytes text, struct buf *out)
{
	const char *at = text.data;
	/* What was the first byte of a sequence, C2..F4, is U+00C2..U+00F4 now. */
	const char *lead = text.len > 0 ? memchr(at, LEAD, text.len) : NULL;
	const char *end;

	if (!lead)
		return false;
	end = at + text.len;
	buf_reset(out);
	while (at < end) {
		const char *start = at;
		int byte;

		while (at < end && (unsigned char)*at < 0x80)
			at++;
		if (at > start && buf_add(out, start, (size_t)(at - start), NULL) < 0)
			return false;
		if (at == end)
			break;
		if (at < lead) /* not ASCII, and begins no sequence */
			return false;
		byte = byte_of(utf8_next(&at, end));
		if (byte < 0 || buf_addc(out, (char)byte, NULL) < 0)
			return false;
	}
	return utf8_valid(buf_str(out), out->len) && is_evident(buf_str(out), out->len);
}
