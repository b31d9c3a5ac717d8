#include "parser/html_entity.h"

#include <stdint.h>
#include <string.h>

#include "common/ascii.h"
#include "common/utf8.h"
#include "parser/html.h"

static bool
is_alnum(char c)
{
	return ascii_is_digit((unsigned char)c) || ascii_is_alpha((unsigned char)c);
}

/* Searches count rows of row_bytes each, sorted by the NUL-terminated name that each begins with.
 */
static const void *
row_find(const void *rows, size_t count, size_t row_bytes, const char *name, size_t len)
{
	size_t least = 0;
	size_t most = count;

	while (least < most) {
		const size_t middle = (least + most) / 2;
		const char *row = (const char *)rows + middle * row_bytes;
		int order = strncmp(row, name, len);

		if (order == 0 && row[len] == '\0')
			return row;
		if (order < 0)
			least = middle + 1;
		else
			most = middle;
	}
	return NULL;
}

static const struct html_entity *
entity_find(const char *name, size_t len)
{
	if (len == 0 || len >= HTML_ENTITY_NAME_BYTES)
		return NULL;
	return row_find(html_entities, HTML_ENTITIES, sizeof(html_entities[0]), name, len);
}

/* The entity of the longest name at the beginning of name that needs no semicolon. */
static const struct html_entity *
entity_find_bare(const char *name, size_t *len)
{
	size_t n = *len < HTML_BARE_NAME_BYTES ? *len : HTML_BARE_NAME_BYTES - 1;

	for (; n > 0; n--) {
		if (row_find(html_bare_names, HTML_BARE_NAMES, sizeof(html_bare_names[0]), name,
			     n)) {
			*len = n;
			return entity_find(name, n);
		}
	}
	return NULL;
}

const char *
html_entity_utf8(const char *name, size_t len)
{
	const struct html_entity *entity = entity_find(name, len);

	return entity ? entity->utf8 : NULL;
}

/* What a number stands for: 128 to 159 are C1 controls that nobody means. */
static uint32_t
code_point(uint32_t number)
{
	static const uint16_t windows_1252[32] = {
		0x20AC, 0x81,   0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021,
		0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0x8D,   0x017D, 0x8F,
		0x90,   0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
		0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x9D,   0x017E, 0x0178,
	};

	if (number >= 0x80 && number <= 0x9F)
		return windows_1252[number - 0x80];
	return number == 0 ? UTF8_REPLACEMENT : number;
}

/* p is behind "&#". */
static size_t
numeric(const char **at, const char *p, const char *end, char out[HTML_ENTITY_UTF8_BYTES])
{
	static const uint32_t past_unicode = 0x110000;
	const int base = p < end && (*p | 0x20) == 'x' ? 16 : 10;
	const char *first;
	uint32_t number = 0;
	int digit;

	if (base == 16)
		p++;
	first = p;
	while (p < end && (digit = ascii_hex((unsigned char)*p)) >= 0 && digit < base) {
		number = number * (uint32_t)base + (uint32_t)digit;
		if (number > past_unicode)
			number = past_unicode;
		p++;
	}
	if (p == first)
		return 0;
	*at = p < end && *p == ';' ? p + 1 : p;
	return utf8_put(code_point(number), out);
}

size_t
html_reference(const char **at, const char *end, bool in_attribute,
	       char out[HTML_ENTITY_UTF8_BYTES])
{
	const char *name = *at + 1;
	const struct html_entity *entity = NULL;
	size_t len = 0;
	size_t utf8_len;

	if (name < end && *name == '#')
		return numeric(at, name + 1, end, out);
	while (len < HTML_ENTITY_NAME_BYTES && name + len < end && is_alnum(name[len]))
		len++;
	if (len > 0 && name + len < end && name[len] == ';')
		entity = entity_find(name, len);
	if (entity) {
		*at = name + len + 1;
	} else {
		entity = entity_find_bare(name, &len);
		if (!entity)
			return 0;
		if (in_attribute && name + len < end && (name[len] == '=' || is_alnum(name[len])))
			return 0;
		*at = name + len;
	}
	utf8_len = strlen(entity->utf8);
	memcpy(out, entity->utf8, utf8_len);
	return utf8_len;
}
