#include "classifier/fold.h"

#include <string.h>
#include <utf8proc.h>

enum { DOTLESS_I = 0x0131, DOT_ABOVE = 0x0307 };

struct range {
	uint32_t first, last;
};

/* Scripts that put no blank between words, so that a word's edge cannot be seen: each letter
 * counts as a word, and a phrase of such letters is found inside a running sentence. */
static const struct range alone[] = {
	{0x0E00, 0x0EFF},   /* Thai, Lao */
	{0x1000, 0x109F},   /* Myanmar */
	{0x1780, 0x17FF},   /* Khmer */
	{0x2E80, 0x2FDF},   /* radicals */
	{0x3005, 0x3007},   /* iteration mark, closing mark, zero */
	{0x3021, 0x3029},   /* Hangzhou numerals */
	{0x3038, 0x303B},   /* */
	{0x3040, 0x30FF},   /* Hiragana, Katakana */
	{0x31F0, 0x31FF},   /* Katakana extensions */
	{0x3400, 0x4DBF},   /* Han, extension A */
	{0x4E00, 0x9FFF},   /* Han */
	{0xF900, 0xFAFF},   /* Han, compatibility */
	{0xFF66, 0xFF9D},   /* half width Katakana */
	{0x1B000, 0x1B16F}, /* Kana supplement and extensions */
	{0x20000, 0x3FFFF}, /* Han, extensions B and on */
};

static bool
is_alone(uint32_t cp)
{
	if (cp < alone[0].first)
		return false;
	for (size_t i = 0; i < sizeof(alone) / sizeof(alone[0]); i++)
		if (cp >= alone[i].first && cp <= alone[i].last)
			return true;
	return false;
}

static enum fold_kind
kind_of_ascii(uint32_t cp)
{
	if ((cp >= 'a' && cp <= 'z') || (cp >= 'A' && cp <= 'Z') || (cp >= '0' && cp <= '9'))
		return FOLD_LETTER;
	if (cp == '\n')
		return FOLD_BREAK;
	return cp <= ' ' || cp == '-' || cp == '/' || cp == 0x7F ? FOLD_GAP : FOLD_MARK;
}

enum fold_kind
fold_kind(uint32_t cp)
{
	if (cp < 0x80)
		return kind_of_ascii(cp);
	/* The minus sign and the slashes of mathematics are used for the plain ones; the Katakana
	 * middle dot is what Japanese writes for a blank. Half width voicing marks are letters to
	 * Unicode, but join the letter before once they are full width. */
	switch (cp) {
	case 0x2212:
	case 0x2044:
	case 0x2215:
	case 0xFF0F:
	case 0x30FB:
	case 0xFF65:
		return FOLD_GAP;
	case 0xFF9E:
	case 0xFF9F:
		return FOLD_EXTEND;
	default:
		break;
	}
	switch (utf8proc_category((utf8proc_int32_t)cp)) {
	case UTF8PROC_CATEGORY_LU:
	case UTF8PROC_CATEGORY_LL:
	case UTF8PROC_CATEGORY_LT:
	case UTF8PROC_CATEGORY_LM:
	case UTF8PROC_CATEGORY_LO:
	case UTF8PROC_CATEGORY_ND:
	case UTF8PROC_CATEGORY_NL:
	case UTF8PROC_CATEGORY_NO:
		return is_alone(cp) ? FOLD_ALONE : FOLD_LETTER;
	case UTF8PROC_CATEGORY_MN:
	case UTF8PROC_CATEGORY_MC:
	case UTF8PROC_CATEGORY_ME:
		return FOLD_EXTEND;
	case UTF8PROC_CATEGORY_PD:
	case UTF8PROC_CATEGORY_ZS:
	case UTF8PROC_CATEGORY_ZL:
	case UTF8PROC_CATEGORY_ZP:
	case UTF8PROC_CATEGORY_CC:
		return FOLD_GAP;
	case UTF8PROC_CATEGORY_CF:
		return FOLD_NOTHING;
	default:
		return FOLD_MARK;
	}
}

uint32_t
fold_mark(uint32_t cp)
{
	if (cp >= 0xFF01 && cp <= 0xFF5E)
		return cp - 0xFF01 + '!';
	if ((cp >= 0x2018 && cp <= 0x201B) || cp == 0x2032 || cp == 0x00B4 || cp == '`')
		return '\'';
	if ((cp >= 0x201C && cp <= 0x201F) || cp == 0x2033 || cp == 0x00AB || cp == 0x00BB)
		return '"';
	return cp;
}

bool
fold_is_capital(uint32_t cp)
{
	utf8proc_category_t category;

	if (cp < 0x80)
		return cp >= 'A' && cp <= 'Z';
	category = utf8proc_category((utf8proc_int32_t)cp);
	return category == UTF8PROC_CATEGORY_LU || category == UTF8PROC_CATEGORY_LT;
}

/* Case folding leaves Turkish with two letters, and which of them a capital is depends on the
 * language, which nobody tells: İ and ı are an i. */
static utf8proc_ssize_t
one_i(utf8proc_int32_t *cps, utf8proc_ssize_t count)
{
	utf8proc_ssize_t kept = 0;

	for (utf8proc_ssize_t i = 0; i < count; i++) {
		if (cps[i] == DOT_ABOVE && kept > 0 && cps[kept - 1] == 'i')
			continue;
		cps[kept++] = cps[i] == DOTLESS_I ? 'i' : cps[i];
	}
	return kept;
}

size_t
fold_word(const char *s, size_t len, bool exact, char out[FOLD_WORD_BYTES_MAX])
{
	const utf8proc_option_t options = UTF8PROC_COMPOSE | UTF8PROC_COMPAT | UTF8PROC_STABLE |
					  UTF8PROC_IGNORE |
					  (exact ? (utf8proc_option_t)0 : UTF8PROC_CASEFOLD);
	utf8proc_int32_t cps[FOLD_RAW_BYTES_MAX * 4];
	const utf8proc_ssize_t room = sizeof(cps) / sizeof(cps[0]) - 1;
	utf8proc_ssize_t count;

	count = utf8proc_decompose((const utf8proc_uint8_t *)s, (utf8proc_ssize_t)len, cps, room,
				   options);
	if (count <= 0 || count > room)
		return 0;
	if (!exact)
		count = one_i(cps, count);
	/* In place: the code points become UTF-8 and a NUL, which may need one element more. */
	count = utf8proc_reencode(cps, count, options);
	if (count <= 0 || count > FOLD_WORD_BYTES_MAX)
		return 0;
	memcpy(out, cps, (size_t)count);
	return (size_t)count;
}
