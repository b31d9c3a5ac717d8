#include "classifier/words.h"

#include <string.h>

#include "common/utf8.h"

enum { ASCII_WORD_MAX = 64 }; /* a longer one is cut: see WORDS_BYTES_MAX */

/* What an ASCII byte is: ' ' a gap, 'w' of a word, '.' a mark, 'n' the newline. */
static const char ascii[128 + 1] = /* 32 bytes a line, from 0x00 */
	"          n                     "
	" ............ . wwwwwwwwww......"
	".wwwwwwwwwwwwwwwwwwwwwwwwww....."
	".wwwwwwwwwwwwwwwwwwwwwwwwww.... ";

void
words_of(struct words *w, const char *text, size_t len)
{
	w->text = text;
	w->len = len;
	w->at = 0;
	w->place = 0;
}

static void
spell(struct words *w, struct words_element *out, size_t fold_len, const char *exact,
      size_t exact_len)
{
	memset(w->fold + fold_len, 0, 8);
	out->kind = WORDS_WORD;
	out->place = ++w->place;
	out->fold = w->fold;
	out->fold_len = (uint8_t)fold_len;
	out->exact = exact;
	out->exact_len = (uint8_t)exact_len;
}

/* Digits have this bit already, so that one OR folds letters and digits alike; eight at once
 * where the text goes on behind the word, as it mostly does. room bytes may be read, and the out
 * of a word be written up to a multiple of 8. */
static void
fold_ascii(const char *s, size_t len, size_t room, char *out)
{
	if (((len + 7) & ~(size_t)7) > room) {
		for (size_t i = 0; i < len; i++)
			out[i] = (char)(s[i] | 0x20);
		return;
	}
	for (size_t i = 0; i < len; i += sizeof(uint64_t)) {
		uint64_t chunk;

		memcpy(&chunk, s + i, sizeof(chunk));
		chunk |= 0x2020202020202020;
		memcpy(out + i, &chunk, sizeof(chunk));
	}
}

static void
ascii_word(struct words *w, size_t end, struct words_element *out)
{
	const char *s = w->text + w->at;
	size_t len = end - w->at;

	out->cut = len > ASCII_WORD_MAX;
	if (out->cut)
		len = ASCII_WORD_MAX;
	fold_ascii(s, len, w->len - w->at, w->fold);
	out->at = (uint32_t)w->at;
	out->end = (uint32_t)end;
	spell(w, out, len, s, len);
	w->at = end;
}

/* The end of the word that begins at w->at; alone: with one letter and what extends it. */
static size_t
word_end(const struct words *w, bool alone)
{
	const char *at = w->text + w->at, *end = w->text + w->len;
	size_t last = w->at;
	bool first = true;

	while (at < end) {
		const enum fold_kind kind = fold_kind(utf8_next(&at, end));

		if (kind == FOLD_NOTHING)
			continue; /* inside a word it belongs to it, behind it does not */
		if (kind != FOLD_EXTEND && !first && (alone || kind != FOLD_LETTER))
			break;
		last = (size_t)(at - w->text);
		first = false;
	}
	return last;
}

static void
unicode_word(struct words *w, bool alone, struct words_element *out)
{
	const size_t end = word_end(w, alone), len = end - w->at;
	const char *s = w->text + w->at;
	const size_t raw = utf8_cut(s, len, FOLD_RAW_BYTES_MAX);
	const size_t fold_len = fold_word(s, raw, false, w->fold);
	const size_t exact_len = fold_word(s, raw, true, w->exact);

	out->cut = raw < len || fold_len == 0 || exact_len == 0;
	out->at = (uint32_t)w->at;
	out->end = (uint32_t)end;
	spell(w, out, fold_len, w->exact, exact_len);
	w->at = end;
}

/* Whether a word whose ASCII part ends at `at` goes on: "naïve", "cafe" and an accent. */
static bool
goes_on(const struct words *w, size_t at)
{
	const char *s = w->text + at;
	enum fold_kind kind;

	if (at >= w->len || (unsigned char)*s < 0x80)
		return false;
	kind = fold_kind(utf8_next(&s, w->text + w->len));
	return kind == FOLD_LETTER || kind == FOLD_EXTEND || kind == FOLD_NOTHING;
}

/* Something that begins with a byte outside ASCII: false where it is nothing to a phrase. */
static bool
next_beyond_ascii(struct words *w, struct words_element *out)
{
	const char *at = w->text + w->at;
	const uint32_t cp = utf8_next(&at, w->text + w->len);
	const enum fold_kind kind = fold_kind(cp);

	if (kind == FOLD_LETTER || kind == FOLD_ALONE) {
		unicode_word(w, kind == FOLD_ALONE, out);
		return true;
	}
	out->at = (uint32_t)w->at;
	w->at = (size_t)(at - w->text);
	if (kind != FOLD_MARK)
		return false;
	out->kind = WORDS_MARK;
	out->end = (uint32_t)w->at;
	out->place = w->place;
	out->mark = fold_mark(cp);
	return true;
}

bool
words_next(struct words *w, struct words_element *out)
{
	const unsigned char *text = (const unsigned char *)w->text;

	while (w->at < w->len) {
		const unsigned char c = text[w->at];
		size_t end = w->at + 1;

		if (c >= 0x80) {
			if (next_beyond_ascii(w, out))
				return true;
			continue;
		}
		if (ascii[c] == ' ') {
			w->at = end;
			continue;
		}
		if (ascii[c] == 'w') {
			while (end < w->len && text[end] < 0x80 && ascii[text[end]] == 'w')
				end++;
			if (goes_on(w, end))
				unicode_word(w, false, out);
			else
				ascii_word(w, end, out);
			return true;
		}
		out->kind = ascii[c] == 'n' ? WORDS_BREAK : WORDS_MARK;
		out->at = (uint32_t)w->at;
		out->end = (uint32_t)end;
		out->place = w->place;
		out->mark = fold_mark(c);
		w->at = end;
		return true;
	}
	return false;
}
