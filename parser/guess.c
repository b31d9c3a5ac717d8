#include "parser/guess.h"

#include <stdbool.h>
#include <string.h>

/* The commonest letters of a language in an encoding: with the right one, they are a large part
 * of all bytes over 0x7F; with a wrong one they are not. */
static const struct single {
	const char *label;
	const char *letters;
	int percent; /* of the high bytes, at least */
} SINGLES[] = {
	{"koi8-r", "\xCF\xC5\xC1\xC9\xCE\xD4\xD3\xD2\xD7\xCC", 50},       /* оеаинтсрвл */
	{"windows-1251", "\xEE\xE5\xE0\xE8\xED\xF2\xF1\xF0\xE2\xEB", 50}, /* оеаинтсрвл */
	{"iso-8859-5", "\xDE\xD5\xD0\xD8\xDD\xE2\xE1\xE0\xD2\xDB", 50},   /* оеаинтсрвл */
	{"ibm866", "\xAE\xA5\xA0\xA8\xAD\xE2\xE1\xE0\xA2\xAB", 50},       /* оеаинтсрвл */
	{"windows-874", "\xD2\xC3\xB9\xA1\xCD\xE0\xA7\xE8\xE9\xD5\xD1\xC1\xC7\xC5", 50}, /* Thai */
	{"windows-1253", "\xE1\xEF\xE9\xE5\xF4\xF3\xED\xE7\xF5\xF1", 50}, /* αοιετσνηυρ */
	{"windows-1255", "\xE9\xE5\xE4\xEC\xE0\xF8\xFA\xEE\xF9\xF0", 50}, /* Hebrew */
	{"windows-1256", "\xC7\xE1\xED\xE3\xE6\xE4\xD1\xCA\xC8\xC9", 50}, /* Arabic */
};

struct counts {
	size_t byte[256];
	size_t high;     /* bytes over 0x7F */
	size_t in_runs;  /* of them, in runs of three or more: not an accent in a Western word */
	size_t odd_runs; /* runs of an odd number of them */
	size_t runs;
	size_t pairs;     /* two of them, read as EUC does */
	size_t lead[256]; /* ... by their first byte */
	size_t mixed;     /* read as Big5 and Shift_JIS do: the second may be ASCII */
	size_t mixed_bad;
	size_t mixed_lead[256];
};

static void
count(const unsigned char *s, size_t len, struct counts *c)
{
	for (size_t i = 0; i < len;) {
		size_t run = 0;

		if (s[i] < 0x80) {
			i++;
			continue;
		}
		while (i + run < len && s[i + run] >= 0x80)
			run++;
		for (size_t k = 0; k < run; k++)
			c->byte[s[i + k]]++;
		for (size_t k = 0; k + 1 < run; k += 2) {
			c->pairs++;
			c->lead[s[i + k]]++;
		}
		c->high += run;
		c->in_runs += run >= 3 ? run : 0;
		c->odd_runs += run % 2;
		c->runs++;
		i += run;
	}
	for (size_t i = 0; i + 1 < len; i++) {
		if (s[i] < 0x80)
			continue;
		c->mixed++;
		if (s[i + 1] >= 0x40 && s[i + 1] != 0x7F) {
			c->mixed_lead[s[i]]++;
			i++;
		} else {
			c->mixed_bad++;
		}
	}
}

static size_t
between(const size_t *by_byte, unsigned from, unsigned to)
{
	size_t sum = 0;

	for (unsigned i = from; i <= to; i++)
		sum += by_byte[i];
	return sum;
}

static bool
at_least(size_t part, size_t percent, size_t whole)
{
	return whole > 0 && part * 100 >= whole * percent;
}

/* Both bytes over 0xA0: EUC. Kana is Japanese, the Hangul rows alone Korean, the rest Chinese. */
static const char *
guess_euc(const struct counts *c)
{
	if (c->pairs < 4 || !at_least(c->pairs * 2, 98, c->high) || between(c->byte, 0x80, 0x8D) ||
	    between(c->byte, 0x90, 0xA0))
		return NULL;
	if (at_least(between(c->lead, 0xA4, 0xA5), 15, c->pairs))
		return "euc-jp";
	if (at_least(between(c->lead, 0xB0, 0xC8), 80, c->pairs) &&
	    !at_least(between(c->lead, 0xC9, 0xD7), 10, c->pairs))
		return "euc-kr";
	if (at_least(between(c->lead, 0xB0, 0xD7), 60, c->pairs))
		return "gb18030";
	return NULL;
}

static const char *
guess_mixed(const struct counts *c)
{
	if (c->mixed < 4 || !at_least(c->mixed - c->mixed_bad, 98, c->mixed))
		return NULL;
	if (at_least(between(c->mixed_lead, 0x82, 0x83), 25, c->mixed))
		return "shift_jis";
	if (at_least(between(c->mixed_lead, 0xA4, 0xC6), 60, c->mixed) &&
	    !between(c->mixed_lead, 0x80, 0xA0))
		return "big5";
	return NULL;
}

const char *
guess_charset(const char *bytes, size_t len)
{
	struct counts c = {.high = 0};
	const char *best = "windows-1252";
	size_t best_share = 0;
	const char *multibyte;

	count((const unsigned char *)bytes, len < GUESS_BYTES ? len : GUESS_BYTES, &c);
	multibyte = guess_euc(&c);
	if (multibyte && at_least(c.odd_runs, 10, c.runs))
		multibyte = NULL;
	if (!at_least(c.in_runs, 60, c.high) && !guess_mixed(&c))
		return best;
	for (size_t i = 0; i < sizeof(SINGLES) / sizeof(SINGLES[0]); i++) {
		size_t sum = 0;

		for (const char *l = SINGLES[i].letters; *l; l++)
			sum += c.byte[(unsigned char)*l];
		if (at_least(sum, (size_t)SINGLES[i].percent, c.high) && sum > best_share) {
			best_share = sum;
			best = SINGLES[i].label;
		}
	}
	if (multibyte)
		return multibyte;
	if (best_share > 0)
		return best;
	multibyte = guess_mixed(&c);
	return multibyte ? multibyte : best;
}
