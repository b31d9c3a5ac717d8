#include "common/ini.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/file.h"
#include "tests/unit/check.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

enum { SEEN_BYTES = 4096, ARENA_BYTES = 1 << 20 };

/* Writes down each line: "[kind|name]1 key=value@2 +more@3". */
static int
note(void *self, const struct ini_line *line, struct err *err)
{
	struct buf *seen = self;

	if (strcmp(line->text, "refuse me") == 0)
		return err_set(err, ERR_USAGE, "refused");
	switch (line->event) {
	case INI_SECTION:
		return buf_addf(seen, err, "[%s|%s]%d ", line->name, line->text, line->line);
	case INI_KEY:
		return buf_addf(seen, err, "%s=%s@%d ", line->name, line->text, line->line);
	case INI_MORE:
		return buf_addf(seen, err, "%s+%s@%d ", line->name, line->text, line->line);
	}
	return -1;
}

static int
read_n(const char *text, size_t len, struct buf *seen, struct err *err)
{
	SCOPED(arena_free) struct arena *arena = arena_new(ARENA_BYTES);

	return ini_read("x.conf", text, len, arena, note, seen, err);
}

static void
reads_every_kind_of_line(void)
{
	static const struct {
		const char *text, *seen;
	} cases[] = {
		{"", ""},
		{"\n\n  \n\t\n", ""},
		{"# [a]\n; b = c\n  # d\n\t; e\n#", ""},
		{"[a]", "[a|]1 "},
		{"[a b]\n", "[a|b]1 "},
		{"[ a \t b c ]  \n", "[a|b c]1 "},
		{"[feed http://[::1]/x]\n", "[feed|http://[::1]/x]1 "},
		{"[a]\nb=c\n", "[a|]1 b=c@2 "},
		{"[a]\nb = c d  \n", "[a|]1 b=c d@2 "},
		{"[a]\nb == c # d ; e\n", "[a|]1 b== c # d ; e@2 "},
		{"[a]\nb =\n", "[a|]1 b=@2 "},
		{"[a]\nb-c_d9=\t\"x\"", "[a|]1 b-c_d9=\"x\"@2 "},
		{"[a]\n_=1\n-=2\n", "[a|]1 _=1@2 -=2@3 "},
		{"[a]\nb =\n c\n\td = e\n \n# x\n   [f]\n", "[a|]1 b=@2 b+c@3 b+d = e@4 b+[f]@7 "},
		{"\xEF\xBB\xBF[a]\r\nb = c\r\n\td\r\n\r\n", "[a|]1 b=c@2 b+d@3 "},
		{"[a]\nb = caf\xC3\xA9\n", "[a|]1 b=caf\xC3\xA9@2 "},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		SCOPED(buf_done) struct buf seen = buf_init(SEEN_BYTES);
		struct err err = {.kind = ERR_NONE};

		CHECK(read_n(cases[i].text, strlen(cases[i].text), &seen, &err) == 0);
		CHECK_STR(buf_str(&seen), cases[i].seen);
		CHECK_STR(err.text, "");
	}
}

static void
says_file_and_line_of_what_is_wrong(void)
{
	static const struct {
		const char *text, *said;
		size_t len; /* 0: strlen */
	} cases[] = {
		{"a = b\n", "x.conf:1: key 'a' stands before the first [section]", 0},
		{"\n[a\n", "x.conf:2: '[a': a section ends with ]", 0},
		{"[a] # b\n", "x.conf:1: '[a] # b': a section ends with ]", 0},
		{"[]\n", "x.conf:1: '': a section is [kind] or [kind name]", 0},
		{"[A]\n", "x.conf:1: 'A': a section is [kind] or [kind name]", 0},
		{"[9a]\n", "beginning with no digit", 0},
		{"[a]\nb\n", "x.conf:2: 'b': neither [section] nor key = value", 0},
		{"[a]\n= b\n", "x.conf:2: '': a key is of a-z 0-9 _ -", 0},
		{"[a]\nB = c\n", "x.conf:2: 'B': a key is of a-z 0-9 _ -", 0},
		{"[a]\nb c = d\n", "x.conf:2: 'b c': a key is of", 0},
		{"[a]\n b = c\n", "x.conf:2: 'b = c': an indented line continues a list", 0},
		{"[a]\nb = c\n[d]\n e\n", "x.conf:4: 'e': an indented line continues a list", 0},
		{" [a]\n", "x.conf:1: '[a]': an indented line continues a list", 0},
		{"[a]\nb = c\0d\n", "x.conf:2: a NUL byte", 12},
		{"[a]\n# \0\n", "x.conf:2: a NUL byte", 8},
		{"[a]\nb = caf\xE9\n", "x.conf:2: not UTF-8", 0},
		{"\xFF\xFE[", "x.conf:1: not UTF-8", 0},
		{"[a]\nb = c\n\trefuse me\n", "x.conf:3: refused", 0},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		SCOPED(buf_done) struct buf seen = buf_init(SEEN_BYTES);
		const size_t len = cases[i].len ? cases[i].len : strlen(cases[i].text);
		struct err err = {.kind = ERR_NONE};

		CHECK(read_n(cases[i].text, len, &seen, &err) == -1 && err.kind == ERR_USAGE);
		if (!strstr(err.text, cases[i].said))
			CHECK_STR(err.text, cases[i].said);
	}
}

static void
bounds_lines_and_texts(void)
{
	SCOPED(buf_done) struct buf text = buf_init(2 * ARENA_BYTES);
	SCOPED(buf_done) struct buf seen = buf_init(SEEN_BYTES + INI_LINE_BYTES_MAX);
	struct err err = {.kind = ERR_NONE};

	(void)buf_adds(&text, "[a]\nb = ", NULL);
	while (text.len < 4 + INI_LINE_BYTES_MAX)
		(void)buf_addc(&text, 'x', NULL);
	CHECK(read_n(text.data, text.len, &seen, &err) == 0);
	(void)buf_addc(&text, 'x', NULL);
	CHECK(read_n(text.data, text.len, &seen, &err) == -1 && err.kind == ERR_USAGE);
	CHECK_STR(err.text, "x.conf:2: a line of more than 65536 bytes");
	while (text.len < ARENA_BYTES)
		(void)buf_adds(&text, "\n# many lines", NULL);
	CHECK(read_n(text.data, text.len, &seen, &err) == -1 && err.kind == ERR_USAGE);
	CHECK_STR(err.text, "x.conf: needs more than its 1048576 bytes of memory");
}

static void
put(const char *folder, const char *name, const char *text)
{
	char path[200];

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	CHECK(file_replace(path, (struct bytes){text, strlen(text)}, NULL) == 0);
}

static void
reads_drop_ins_in_the_order_of_their_names(void)
{
	char folder[] = "/tmp/ini_test.XXXXXX", main_path[100], drop_ins[100];
	SCOPED(buf_done) struct buf seen = buf_init(SEEN_BYTES);
	SCOPED(arena_free) struct arena *arena = arena_new(ARENA_BYTES);
	struct err err = {.kind = ERR_NONE};

	CHECK(mkdtemp(folder) != NULL);
	(void)snprintf(main_path, sizeof(main_path), "%s/x.conf", folder);
	(void)snprintf(drop_ins, sizeof(drop_ins), "%s/x.conf.d", folder);

	CHECK(ini_load(main_path, arena, note, &seen, &err) == -1 && err.kind == ERR_USAGE);
	CHECK(strstr(err.text, "x.conf': No such file") != NULL);

	put(folder, "x.conf", "[a]\nb = 0\n");
	CHECK(ini_load(main_path, arena, note, &seen, &err) == 0);
	CHECK_STR(buf_str(&seen), "[a|]1 b=0@2 ");

	CHECK(mkdir(drop_ins, 0755) == 0);
	put(drop_ins, "20-b.conf", "[a]\nb = 2\n");
	put(drop_ins, "10-B.conf", "\n[a]\nb = 1"); /* and no newline at its end */
	put(drop_ins, "README", "not a configuration");
	put(drop_ins, ".hidden.conf", "not a configuration");
	put(drop_ins, "a.conf.bak", "not a configuration");
	buf_reset(&seen);
	CHECK(ini_load(main_path, arena, note, &seen, &err) == 0);
	CHECK_STR(buf_str(&seen), "[a|]1 b=0@2 [a|]2 b=1@3 [a|]1 b=2@2 ");

	/* An indented line at the start of a file continues nothing of the file before. */
	put(drop_ins, "30-c.conf", " x\n");
	CHECK(ini_load(main_path, arena, note, &seen, &err) == -1 && err.kind == ERR_USAGE);
	CHECK(strstr(err.text, "x.conf.d/30-c.conf:1: ") != NULL);

	CHECK(ini_load(folder, arena, note, &seen, &err) == -1 && err.kind == ERR_USAGE);
	for (size_t i = 0; i < 6; i++) {
		static const char *const names[] = {"20-b.conf",    "10-B.conf",  "README",
						    ".hidden.conf", "a.conf.bak", "30-c.conf"};
		char path[200];

		(void)snprintf(path, sizeof(path), "%s/%s", drop_ins, names[i]);
		CHECK(unlink(path) == 0);
	}
	CHECK(rmdir(drop_ins) == 0 && unlink(main_path) == 0 && rmdir(folder) == 0);
}

int
main(void)
{
	RUN(reads_every_kind_of_line);
	RUN(says_file_and_line_of_what_is_wrong);
	RUN(bounds_lines_and_texts);
	RUN(reads_drop_ins_in_the_order_of_their_names);
	return check_done();
}
