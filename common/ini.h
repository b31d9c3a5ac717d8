/* ini - the dialect of all our configuration files, line by line; what the lines mean is
 * config's business.
 *
 *   # a comment, also with ; and also indented
 *   [kind name]
 *   key = value          the value ends with the line, less the blanks at its ends
 *       another value    an indented line gives the key above one more value
 *   key =                an empty value takes back what the key had
 *
 * Kinds and keys are a-z 0-9 _ -, and begin with no digit. A byte order mark and CR LF are
 * tolerated. Everything else is ERR_USAGE with file:line. */
#ifndef FM_COMMON_INI_H
#define FM_COMMON_INI_H

#include <stddef.h>

#include "common/arena.h"
#include "common/err.h"

enum {
	INI_FILE_BYTES_MAX = 16 * 1024 * 1024,
	INI_LINE_BYTES_MAX = 64 * 1024,
};

enum ini_event {
	INI_SECTION, /* name: its kind, text: its name or "" */
	INI_KEY,     /* name: the key, text: its value or "" */
	INI_MORE,    /* one more value, text, of the last key, name */
};

/* All strings live in the arena that was given. */
struct ini_line {
	enum ini_event event;
	const char *name;
	const char *text;
	const char *file;
	int line;
};

/* 0, or -1 with an err to which file:line is added. */
typedef int ini_take(void *self, const struct ini_line *line, struct err *err);

/* Reads a text; file is its name in errors, and borrowed by the lines. */
int ini_read(const char *file, const char *text, size_t len, struct arena *arena, ini_take *take,
	     void *self, struct err *err);

/* Reads a file, and then the files path.d/NAME.conf in the byte order of their names; those that
 * begin with a dot do not count, a missing folder is none. */
int ini_load(const char *path, struct arena *arena, ini_take *take, void *self, struct err *err);

#endif
