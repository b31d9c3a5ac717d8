#include "common/ini.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "common/file.h"
#include "common/mask.h"
#include "common/utf8.h"

struct reader {
	struct ini_line line;
	const char *key; /* that an indented line continues */
	bool in_section;
	ini_take *take;
	void *self;
};

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v';
}

/* Without the blanks at both ends, cut off by a NUL where it stands. */
static char *
trim(char *s, char *end)
{
	while (s < end && is_blank(*s))
		s++;
	while (end > s && is_blank(end[-1]))
		end--;
	*end = '\0';
	return s;
}

static bool
is_name(const char *s)
{
	const size_t len = strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789_-");

	return len > 0 && s[len] == '\0' && (*s < '0' || *s > '9');
}

static int
emit(struct reader *r, enum ini_event event, const char *name, const char *text, struct err *err)
{
	r->line.event = event;
	r->line.name = name;
	r->line.text = text;
	return r->take(r->self, &r->line, err);
}

static int
read_section(struct reader *r, char *s, struct err *err)
{
	char shown[MASK_BYTES];
	char *end = s + strlen(s) - 1;
	char *name;

	if (*end != ']')
		return err_set(err, ERR_USAGE, "'%s': a section ends with ]", mask_text(s, shown));
	s = trim(s + 1, end);
	name = s + strcspn(s, " \t");
	if (*name)
		*name++ = '\0';
	name = trim(name, name + strlen(name));
	if (!is_name(s))
		return err_set(err, ERR_USAGE,
			       "'%s': a section is [kind] or [kind name]; its kind is of "
			       "a-z 0-9 _ -, beginning with no digit",
			       mask_text(s, shown));
	r->in_section = true;
	r->key = NULL;
	return emit(r, INI_SECTION, s, name, err);
}

static int
read_key(struct reader *r, char *s, struct err *err)
{
	char shown[MASK_BYTES];
	char *equals = strchr(s, '=');
	const char *value;

	if (!equals)
		return err_set(err, ERR_USAGE,
			       "'%s': neither [section] nor key = value; a line that continues "
			       "a list is indented",
			       mask_text(s, shown));
	value = trim(equals + 1, equals + strlen(equals));
	s = trim(s, equals);
	if (!is_name(s))
		return err_set(err, ERR_USAGE,
			       "'%s': a key is of a-z 0-9 _ -, beginning with no digit",
			       mask_text(s, shown));
	if (!r->in_section)
		return err_set(err, ERR_USAGE, "key '%s' stands before the first [section]",
			       mask_text(s, shown));
	r->key = s;
	return emit(r, INI_KEY, s, value, err);
}

static int
read_line(struct reader *r, char *s, char *end, struct err *err)
{
	char shown[MASK_BYTES];
	const bool indented = is_blank(*s);

	if (end - s > INI_LINE_BYTES_MAX)
		return err_set(err, ERR_USAGE, "a line of more than %d bytes", INI_LINE_BYTES_MAX);
	if (memchr(s, '\0', (size_t)(end - s)))
		return err_set(err, ERR_USAGE, "a NUL byte; only text is allowed");
	if (!utf8_valid(s, (size_t)(end - s)))
		return err_set(err, ERR_USAGE, "not UTF-8; nothing else is allowed");
	s = trim(s, end);
	if (*s == '\0' || *s == '#' || *s == ';')
		return 0;
	if (!indented)
		return *s == '[' ? read_section(r, s, err) : read_key(r, s, err);
	if (r->key)
		return emit(r, INI_MORE, r->key, s, err);
	return err_set(err, ERR_USAGE,
		       "'%s': an indented line continues a list, and no key stands before it; "
		       "sections and keys begin at the line's start",
		       mask_text(s, shown));
}

/* What cannot be read stays so until somebody puts it right. */
static int
as_usage(struct err *err)
{
	if (err)
		err->kind = ERR_USAGE;
	return -1;
}

int
ini_read(const char *file, const char *text, size_t len, struct arena *arena, ini_take *take,
	 void *self, struct err *err)
{
	static const char bom[] = "\xEF\xBB\xBF";
	struct reader r = {.line = {.file = file}, .take = take, .self = self};
	char *s = arena_strndup(arena, text, len);
	char *end, *eol;

	if (!s) {
		(void)arena_failed(arena, err);
		(void)err_in(err, "%s", file);
		return as_usage(err);
	}
	end = s + len;
	if (len >= strlen(bom) && memcmp(s, bom, strlen(bom)) == 0)
		s += strlen(bom);
	for (; s < end; s = eol + 1) {
		eol = memchr(s, '\n', (size_t)(end - s));
		if (!eol)
			eol = end;
		r.line.line++;
		if (read_line(&r, s, eol, err) < 0)
			return err_in(err, "%s:%d", file, r.line.line);
	}
	return 0;
}

static int
read_file(const char *path, struct arena *arena, ini_take *take, void *self, struct err *err)
{
	SCOPED(buf_done) struct buf text = buf_init(INI_FILE_BYTES_MAX);
	const char *file = arena_strdup(arena, path);

	if (!file)
		(void)arena_failed(arena, err);
	if (!file || file_read(path, &text, err) < 0)
		return as_usage(err);
	return ini_read(file, buf_str(&text), text.len, arena, take, self, err);
}

static int
is_drop_in(const struct dirent *entry)
{
	const size_t len = strlen(entry->d_name);

	return entry->d_name[0] != '.' && len > 5 && strcmp(entry->d_name + len - 5, ".conf") == 0;
}

/* alphasort would ask the locale. */
static int
by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

int
ini_load(const char *path, struct arena *arena, ini_take *take, void *self, struct err *err)
{
	SCOPED(buf_done) struct buf folder = buf_init(PATH_MAX);
	struct dirent **entries;
	int count, done = 0;

	if (read_file(path, arena, take, self, err) < 0 || buf_addf(&folder, err, "%s.d", path) < 0)
		return -1;
	count = scandir(buf_str(&folder), &entries, is_drop_in, by_name);
	if (count < 0 && errno == ENOENT)
		return 0;
	if (count < 0) {
		(void)err_sys(err, "read the folder '%s'", buf_str(&folder));
		return as_usage(err);
	}
	for (int i = 0; i < count; i++) {
		SCOPED(buf_done) struct buf file = buf_init(PATH_MAX);

		if (done == 0 &&
		    (buf_addf(&file, err, "%s/%s", buf_str(&folder), entries[i]->d_name) < 0 ||
		     read_file(buf_str(&file), arena, take, self, err) < 0))
			done = -1;
		free(entries[i]);
	}
	free(entries);
	return done;
}
