#include "deploy/feedmill/show.h"

#include <string.h>

const char *
show_text(const struct jsonval *object, const char *key)
{
	const char *value = jsonval_text(jsonval_get(object, key), NULL);

	return value ? value : "";
}

long long
show_number(const struct jsonval *object, const char *key)
{
	int64_t value = 0;

	(void)jsonval_int(jsonval_get(object, key), &value);
	return value;
}

void
show_lines(const struct buf *answer,
	   void (*each)(void *arg, const struct jsonval *row, const char *line, size_t len),
	   void *arg)
{
	const char *at = buf_str(answer);

	while (*at) {
		const size_t len = strcspn(at, "\n");
		SCOPED(jsondoc_free) struct jsondoc *doc = jsondoc_parse(at, len, NULL);

		if (doc)
			each(arg, jsondoc_root(doc), at, len);
		at += len + (at[len] == '\n');
	}
}

void
show_safely(FILE *to, const char *text, size_t len, int lines)
{
	for (size_t i = 0; i < len; i++) {
		const unsigned char c = (unsigned char)text[i];
		/* U+0080 to U+009F are control characters too: C2 80 to C2 9F. */
		const int c1 = i > 0 && (unsigned char)text[i - 1] == 0xC2 && c >= 0x80 && c < 0xA0;

		if ((c < ' ' && !(lines && (c == '\n' || c == '\t'))) || c == 0x7F || c1)
			(void)fputc('?', to);
		else
			(void)fputc(c, to);
	}
}

void
show_row(const char *label, const char *text)
{
	if (!text || !*text)
		return;
	(void)printf("%-12s  ", label);
	show_safely(stdout, text, strlen(text), 0);
	(void)putchar('\n');
}

const char *
show_age(long long seconds, char out[24])
{
	static const struct {
		long long unit;
		char letter;
	} units[] = {{86400, 'd'}, {3600, 'h'}, {60, 'm'}, {1, 's'}};
	size_t i = 0;

	while (i + 1 < sizeof(units) / sizeof(units[0]) && seconds < 2 * units[i].unit)
		i++;
	(void)snprintf(out, 24, "%lld%c", seconds / units[i].unit, units[i].letter);
	return out;
}
