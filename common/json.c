#include "common/json.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"

enum { NUMBER_BYTES = 40 };

struct json
json_into(struct buf *out)
{
	return (struct json){.out = out};
}

/* Before every value: a comma inside an object or array, a line's end between documents. */
static void
separate(struct json *j)
{
	if (j->comma)
		(void)buf_addc(j->out, j->depth > 0 ? ',' : '\n', NULL);
	j->comma = true;
}

static void
add_bare(struct json *j, const char *s, size_t len)
{
	separate(j);
	(void)buf_add(j->out, s, len, NULL);
}

static void
open_level(struct json *j, char opener, char closer)
{
	separate(j);
	(void)buf_addc(j->out, opener, NULL);
	/* Levels past the last are counted, so that each json_close still meets its own. */
	if (j->depth < JSON_DEPTH_MAX)
		j->closers[j->depth] = closer;
	else
		j->out->failed = BUF_FULL;
	j->depth++;
	j->comma = false;
}

void
json_object(struct json *j)
{
	open_level(j, '{', '}');
}

void
json_array(struct json *j)
{
	open_level(j, '[', ']');
}

void
json_close(struct json *j)
{
	if (j->depth == 0)
		return;
	j->depth--;
	if (j->depth < JSON_DEPTH_MAX)
		(void)buf_addc(j->out, j->closers[j->depth], NULL);
	j->comma = true;
}

/* Non-zero when one of the eight bytes is a control character, a quote or a backslash. */
static uint64_t
needs_escape(uint64_t word)
{
	const uint64_t ones = 0x0101010101010101, highs = 0x8080808080808080;
	const uint64_t quote = word ^ (ones * '"');
	const uint64_t backslash = word ^ (ones * '\\');

	return ((word - ones * ' ') | (quote - ones) | (backslash - ones)) & ~word & highs;
}

/* How many bytes from s on can stand in a string as they are. */
static size_t
plain_run(const char *s, size_t len)
{
	size_t i = 0;
	uint64_t word;

	for (; i + sizeof(word) <= len; i += sizeof(word)) {
		memcpy(&word, s + i, sizeof(word));
		if (needs_escape(word))
			break;
	}
	while (i < len && (unsigned char)s[i] >= ' ' && s[i] != '"' && s[i] != '\\')
		i++;
	return i;
}

static void
add_escaped(struct buf *out, unsigned char c)
{
	static const char letters[128] = {
		['"'] = '"',  ['\\'] = '\\', ['\b'] = 'b', ['\f'] = 'f',
		['\n'] = 'n', ['\r'] = 'r',  ['\t'] = 't',
	};
	static const char hex[] = "0123456789abcdef";
	const char letter = letters[c & 0x7F];
	const char brief[] = {'\\', letter};
	const char full[] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 0xF]};

	if (letter)
		(void)buf_add(out, brief, sizeof(brief), NULL);
	else
		(void)buf_add(out, full, sizeof(full), NULL);
}

static void
add_quoted(struct buf *out, const char *s, size_t len)
{
	(void)buf_addc(out, '"', NULL);
	for (size_t i = 0; i < len; i++) {
		const size_t run = plain_run(s + i, len - i);

		if (run > 0)
			(void)buf_add(out, s + i, run, NULL);
		i += run;
		if (i < len)
			add_escaped(out, (unsigned char)s[i]);
	}
	(void)buf_addc(out, '"', NULL);
}

void
json_key(struct json *j, const char *key)
{
	separate(j);
	add_quoted(j->out, key, strlen(key));
	(void)buf_addc(j->out, ':', NULL);
	j->comma = false;
}

void
json_text_n(struct json *j, const char *s, size_t len)
{
	separate(j);
	add_quoted(j->out, s, len);
}

void
json_text(struct json *j, const char *s)
{
	if (s)
		json_text_n(j, s, strlen(s));
	else
		json_null(j);
}

/* Writes the digits from the end of text on; returns where they begin. */
static char *
digits(uint64_t n, char text[NUMBER_BYTES])
{
	char *at = text + NUMBER_BYTES;

	do {
		*--at = (char)('0' + n % 10);
		n /= 10;
	} while (n > 0);
	return at;
}

void
json_uint(struct json *j, uint64_t n)
{
	char text[NUMBER_BYTES];
	const char *at = digits(n, text);

	add_bare(j, at, (size_t)(text + sizeof(text) - at));
}

void
json_int(struct json *j, int64_t n)
{
	char text[NUMBER_BYTES];
	char *at = digits(n < 0 ? 0 - (uint64_t)n : (uint64_t)n, text);

	if (n < 0)
		*--at = '-';
	add_bare(j, at, (size_t)(text + sizeof(text) - at));
}

/* printf writes the locale's decimal point, whatever its bytes are; JSON knows only ".". */
static size_t
plain_point(char *text)
{
	size_t len = 0;
	bool point = false;

	for (const char *at = text; *at; at++) {
		const bool known = (*at >= '0' && *at <= '9') || strchr("+-eE", *at);

		if (known)
			text[len++] = *at;
		else if (!point)
			text[len++] = '.';
		point = point || !known;
	}
	return len;
}

void
json_double(struct json *j, double n)
{
	char text[NUMBER_BYTES];

	if (!isfinite(n)) {
		json_null(j);
		return;
	}
	for (int precision = 15; precision <= 17; precision++) {
		(void)snprintf(text, sizeof(text), "%.*g", precision, n);
		if (strtod(text, NULL) == n)
			break;
	}
	add_bare(j, text, plain_point(text));
}

void
json_bool(struct json *j, bool yes)
{
	if (yes)
		add_bare(j, "true", 4);
	else
		add_bare(j, "false", 5);
}

void
json_null(struct json *j)
{
	add_bare(j, "null", 4);
}

void
json_raw(struct json *j, const char *s, size_t len)
{
	add_bare(j, s, len);
}

void
json_member(struct json *j, const char *key, const char *s)
{
	if (!s || !*s)
		return;
	json_key(j, key);
	json_text(j, s);
}

void
json_member_int(struct json *j, const char *key, int64_t n)
{
	json_key(j, key);
	json_int(j, n);
}

void
json_member_time(struct json *j, const char *key, int64_t wall_s)
{
	char text[CLOCK_RFC3339_BYTES];

	if (wall_s > 0)
		json_member(j, key, clock_rfc3339(wall_s, text));
}
