#include "classifier/phrase.h"

#include <ctype.h>
#include <string.h>

#include "classifier/words.h"
#include "common/utf8.h"

/* A character behind a backslash is carried through the expansion as one of the private use
 * area, where no grammar sees it. */
enum { ESCAPED = 0xF700 };

static const char SPECIAL[] = "{}(),*\\";

struct spellings {
	const char **at;
	size_t count;
};

struct reader {
	const char *at;
	struct arena *arena;
	struct err *err;
	int depth;
};

static int
fail(struct reader *r, const char *why)
{
	return err_set(r->err, ERR_USAGE, "%s", why);
}

static int
no_room(struct reader *r)
{
	return err_set(r->err, ERR_USAGE, "too large: its alternatives need too much memory");
}

/* Every spelling of left with every one of right behind it, into left. */
static int
append_each(struct reader *r, struct spellings *left, const struct spellings *right)
{
	const size_t count = left->count * right->count;
	struct spellings all = {.count = 0};

	if (count > PHRASE_VARIANTS_MAX)
		return err_set(r->err, ERR_USAGE, "has over %d alternatives", PHRASE_VARIANTS_MAX);
	all.at = arena_array(r->arena, count, sizeof(*all.at));
	if (!all.at)
		return no_room(r);
	for (size_t i = 0; i < left->count; i++) {
		for (size_t k = 0; k < right->count; k++) {
			const char *s = arena_printf(r->arena, "%s%s", left->at[i], right->at[k]);

			if (!s)
				return no_room(r);
			all.at[all.count++] = s;
		}
	}
	*left = all;
	return 0;
}

static int
append_text(struct reader *r, struct spellings *list, const char *s, size_t len)
{
	const char *copy = arena_strndup(r->arena, s, len);
	const struct spellings one = {.at = &copy, .count = 1};

	return copy ? append_each(r, list, &one) : no_room(r);
}

static int
add_alternatives(struct reader *r, struct spellings *list, const struct spellings *more)
{
	const size_t count = list->count + more->count;
	const char **at;

	if (count > PHRASE_VARIANTS_MAX)
		return err_set(r->err, ERR_USAGE, "has over %d alternatives", PHRASE_VARIANTS_MAX);
	at = arena_array(r->arena, count, sizeof(*at));
	if (!at)
		return no_room(r);
	if (list->count > 0)
		memcpy(at, list->at, list->count * sizeof(*at));
	memcpy(at + list->count, more->at, more->count * sizeof(*at));
	*list = (struct spellings){.at = at, .count = count};
	return 0;
}

static int
append_escaped(struct reader *r, struct spellings *list)
{
	char mark[UTF8_BYTES_MAX];
	const char c = r->at[1];

	if (c == '/') {
		r->at += 2;
		return append_text(r, list, "/", 1);
	}
	if (c == '\0' || !strchr(SPECIAL, c))
		return fail(r, "a backslash stands before one of { } ( ) , * \\ and / only");
	r->at += 2;
	return append_text(r, list, mark, utf8_put(ESCAPED + (uint32_t)c, mark));
}

static int read_row(struct reader *r, const char *stops, struct spellings *out);

/* "{a,b}" or "(s)", r->at behind its opener. */
static int
read_group(struct reader *r, char closer, struct spellings *out)
{
	const char *empty = "";
	struct spellings list = {.at = &empty, .count = closer == ')' ? 1 : 0};

	if (++r->depth > PHRASE_DEPTH_MAX)
		return fail(r, "braces inside braces go too deep");
	for (;;) {
		struct spellings one;

		if (read_row(r, closer == '}' ? ",}" : ")", &one) < 0 ||
		    add_alternatives(r, &list, &one) < 0)
			return -1;
		if (*r->at == '\0')
			return err_set(r->err, ERR_USAGE, "lacks a '%c'", closer);
		if (*r->at++ == closer)
			break;
	}
	r->depth--;
	*out = list;
	return 0;
}

/* Up to one of stops, which stays, or the end. */
static int
read_row(struct reader *r, const char *stops, struct spellings *out)
{
	const char *empty = "";
	struct spellings list = {.at = &empty, .count = 1};

	while (*r->at && !strchr(stops, *r->at)) {
		const char c = *r->at;
		struct spellings group;

		if (c == '\\') {
			if (append_escaped(r, &list) < 0)
				return -1;
		} else if (c == '{' || c == '(') {
			r->at++;
			if (read_group(r, c == '{' ? '}' : ')', &group) < 0 ||
			    append_each(r, &list, &group) < 0)
				return -1;
		} else if (c == '}' || c == ')') {
			return err_set(r->err, ERR_USAGE,
				       "'%c' closes nothing; write \\%c for itself", c, c);
		} else {
			const size_t run = 1 + strcspn(r->at + 1, "{}(),\\");

			if (append_text(r, &list, r->at, run) < 0)
				return -1;
			r->at += run;
		}
	}
	if (list.at == &empty && append_text(r, &list, "", 0) < 0)
		return -1; /* out of this function's frame */
	*out = list;
	return 0;
}

/* A spelling into elements. */

static bool
has_capital(const char *s, size_t len)
{
	const char *end = s + len;

	while (s < end)
		if (fold_is_capital(utf8_next(&s, end)))
			return true;
	return false;
}

static int
take_word(struct reader *r, const char *text, const struct words_element *word,
	  struct phrase_element *out)
{
	if (word->cut || word->fold_len > WORDS_BYTES_MAX)
		return err_set(r->err, ERR_USAGE, "can never match: '%.*s' is over %d bytes",
			       (int)(word->end - word->at), text + word->at, WORDS_BYTES_MAX);
	*out = (struct phrase_element){
		.kind = PHRASE_WORD,
		.exact = has_capital(text + word->at, word->end - word->at),
		.fold = arena_strndup(r->arena, word->fold, word->fold_len),
		.exactly = arena_strndup(r->arena, word->exact, word->exact_len),
		.fold_len = word->fold_len,
		.exact_len = word->exact_len,
	};
	return out->fold && out->exactly ? 0 : no_room(r);
}

static int
read_variant(struct reader *r, const char *text, struct phrase_variant *out)
{
	struct phrase_element row[PHRASE_ELEMENTS_MAX], *kept;
	struct words_element element;
	size_t count = 0, last_end = 0;
	struct words words;

	words_of(&words, text, strlen(text));
	while (words_next(&words, &element)) {
		struct phrase_element *before = count > 0 ? &row[count - 1] : NULL;
		const bool touches = before && element.at == last_end;

		if (element.kind == WORDS_MARK && element.mark == '*') {
			if (!touches || before->kind != PHRASE_WORD)
				return fail(r, "'*' stands behind the start of a word: bitcoin*");
			before->kind = PHRASE_PREFIX;
		} else if (touches && before->kind == PHRASE_PREFIX && element.kind == WORDS_WORD) {
			return fail(r, "nothing of the word can follow its '*'");
		} else if (count == PHRASE_ELEMENTS_MAX) {
			return err_set(r->err, ERR_USAGE, "has over %d words and marks",
				       PHRASE_ELEMENTS_MAX);
		} else if (element.kind == WORDS_WORD) {
			if (take_word(r, text, &element, &row[count++]) < 0)
				return -1;
		} else {
			if (element.mark >= ESCAPED && element.mark < ESCAPED + 128)
				element.mark -= ESCAPED;
			row[count++] =
				(struct phrase_element){.kind = PHRASE_MARK, .mark = element.mark};
		}
		last_end = element.end;
	}
	if (count == 0)
		return fail(r, "can never match: it has no word");
	kept = arena_array(r->arena, count, sizeof(*kept));
	if (!kept)
		return no_room(r);
	memcpy(kept, row, count * sizeof(*kept));
	*out = (struct phrase_variant){.elements = kept, .count = count};
	return 0;
}

static int
read_side(struct reader *r, const char *source, struct phrase_side *out)
{
	struct phrase_variant *variants;
	struct spellings list;

	r->at = source;
	if (read_row(r, "", &list) < 0)
		return -1;
	variants = arena_array(r->arena, list.count, sizeof(*variants));
	if (!variants)
		return no_room(r);
	for (size_t i = 0; i < list.count; i++)
		if (read_variant(r, list.at[i], &variants[i]) < 0)
			return -1;
	*out = (struct phrase_side){.source = source, .variants = variants, .count = list.count};
	return 0;
}

/* Near/N, pre/N, regular expressions. */

struct join {
	enum phrase_kind kind;
	const char *at;
	size_t len;
	long distance;
};

/* Whether "near/6" or "pre/6" stands at s as a word of its own. */
static bool
join_at(const char *s, struct join *out)
{
	const bool near = strncmp(s, "near/", 5) == 0;
	char *end;

	if (!near && strncmp(s, "pre/", 4) != 0)
		return false;
	out->kind = near ? PHRASE_NEAR : PHRASE_PRE;
	out->at = s;
	s += near ? 5 : 4;
	if (!isdigit((unsigned char)*s))
		return false;
	out->distance = strtol(s, &end, 10);
	out->len = (size_t)(end - out->at);
	return *end == '\0' || strchr(" \t,})", *end);
}

static bool
find_join(const char *s, struct join *out)
{
	for (size_t i = 0; s[i]; i++)
		if ((i == 0 || strchr(" \t,{(", s[i - 1])) && join_at(s + i, out))
			return true;
	return false;
}

static bool
outside_groups(const char *s, const char *at)
{
	int depth = 0;

	for (; s < at; s++) {
		if (*s == '\\' && s + 1 < at)
			s++;
		else if (*s == '{' || *s == '(')
			depth++;
		else if (*s == '}' || *s == ')')
			depth--;
	}
	return depth == 0;
}

static const char *
trimmed(struct arena *arena, const char *s, const char *end)
{
	while (s < end && (*s == ' ' || *s == '\t'))
		s++;
	while (end > s && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	return arena_strndup(arena, s, (size_t)(end - s));
}

static int
read_near(struct reader *r, const char *text, const struct join *join, struct phrase *out)
{
	const char *left = trimmed(r->arena, text, join->at);
	const char *right = trimmed(r->arena, join->at + join->len, text + strlen(text));
	struct join second;

	if (!left || !right)
		return no_room(r);
	if (find_join(right, &second) || !outside_groups(text, join->at))
		return fail(r, "near/ and pre/ stand once, between two sides, outside of braces");
	if (join->distance < 1 || join->distance > PHRASE_DISTANCE_MAX)
		return err_set(r->err, ERR_USAGE, "the distance of near/ and pre/ is 1 to %d words",
			       PHRASE_DISTANCE_MAX);
	out->kind = join->kind;
	out->distance = (uint32_t)join->distance;
	if (read_side(r, left, &out->sides[0]) < 0)
		return err_in(r->err, "left of %.*s", (int)join->len, join->at);
	if (read_side(r, right, &out->sides[1]) < 0)
		return err_in(r->err, "right of %.*s", (int)join->len, join->at);
	return 0;
}

static int
read_regex(struct reader *r, const char *text, struct phrase *out)
{
	const char *last = strrchr(text, '/');

	if (last == text)
		return fail(r, "a regular expression ends with / or /i (write \\/ for a slash that "
			       "begins a phrase)");
	if (last[1] != '\0' && strcmp(last, "/i") != 0)
		return err_set(r->err, ERR_USAGE,
			       "a regular expression ends with / or /i, not with '%s'", last);
	if (last == text + 1)
		return fail(r, "an empty regular expression");
	out->kind = PHRASE_REGEX;
	out->caseless = last[1] == 'i';
	out->regex = arena_strndup(r->arena, text + 1, (size_t)(last - text - 1));
	return out->regex ? 0 : no_room(r);
}

int
phrase_parse(const char *text, struct arena *arena, struct phrase *out, struct err *err)
{
	struct reader r = {.arena = arena, .err = err};
	struct phrase phrase = {.kind = PHRASE_PLAIN};
	struct join join;
	int done;

	if (strlen(text) > PHRASE_BYTES_MAX)
		return err_set(err, ERR_USAGE, "is over %d bytes", PHRASE_BYTES_MAX);
	if (!utf8_valid(text, strlen(text)))
		return err_set(err, ERR_USAGE, "is not UTF-8");
	phrase.source = arena_strdup(arena, text);
	if (!phrase.source)
		return no_room(&r);
	if (text[0] == '/')
		done = read_regex(&r, phrase.source, &phrase);
	else if (find_join(phrase.source, &join))
		done = read_near(&r, phrase.source, &join, &phrase);
	else
		done = read_side(&r, phrase.source, &phrase.sides[0]);
	if (done == 0)
		*out = phrase;
	return done;
}
