#include "classifier/retag.h"

#include <stdbool.h>
#include <string.h>

#include "common/json.h"

/* The byte behind the string that begins at s. */
static const char *
string_end(const char *s, const char *end)
{
	for (s++; s < end && *s != '"'; s++)
		if (*s == '\\')
			s++;
	return s < end ? s + 1 : end;
}

/* The comma or brace behind the member that begins at s. */
static const char *
member_end(const char *s, const char *end)
{
	int depth = 0;

	while (s < end) {
		if (*s == '"') {
			s = string_end(s, end);
			continue;
		}
		if (*s == '{' || *s == '[')
			depth++;
		else if (depth == 0 && (*s == ',' || *s == '}'))
			break;
		else if (*s == '}' || *s == ']')
			depth--;
		s++;
	}
	return s;
}

static void
put_tags(const struct item_tag *tags, size_t count, struct buf *out)
{
	struct json j = json_into(out);

	json_array(&j);
	for (size_t i = 0; i < count; i++) {
		json_object(&j);
		json_member(&j, "tag", tags[i].tag);
		json_key(&j, "score");
		json_double(&j, tags[i].score);
		json_key(&j, "why");
		json_array(&j);
		for (size_t k = 0; k < tags[i].why_count; k++) {
			json_object(&j);
			json_member(&j, "rule", tags[i].why[k].rule);
			json_member(&j, "field", tags[i].why[k].field);
			json_member(&j, "text", tags[i].why[k].text);
			json_member_int(&j, "at", tags[i].why[k].at);
			json_close(&j);
		}
		json_close(&j);
		json_close(&j);
	}
	json_close(&j);
}

void
retag(const char *line, size_t len, const struct item_tag *tags, size_t count, struct buf *out)
{
	static const char name[] = "\"tags\"";
	const char *end = line + len, *s = memchr(line, '{', len);
	bool comma = false;

	(void)buf_addc(out, '{', NULL);
	while (s && s < end && *s != '}') {
		const char *member = s + 1 + strspn(s + 1, " \t\r\n");

		s = member_end(member, end);
		if (s == member || (s - member > (long)sizeof(name) &&
				    memcmp(member, name, sizeof(name) - 1) == 0))
			continue;
		if (comma)
			(void)buf_addc(out, ',', NULL);
		(void)buf_add(out, member, (size_t)(s - member), NULL);
		comma = true;
	}
	(void)buf_adds(out, comma ? ",\"tags\":" : "\"tags\":", NULL);
	put_tags(tags, count, out);
	(void)buf_addc(out, '}', NULL);
}
