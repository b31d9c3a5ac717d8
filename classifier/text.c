#include "classifier/text.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "common/utf8.h"

enum { TAG_NAME_MAX = 12, REFERENCE_MAX = 12 };

struct reader {
	struct text *text;
	const char *start, *at, *end;
	bool no_more_tags; /* one has no end: what is left is text */
	bool failed;
};

/* Tags inside a sentence: the words around them belong together. */
static const char *const inline_tags[] = {
	"a",    "abbr",  "b",      "bdi",    "bdo",  "cite", "code", "data", "del",  "dfn", "em",
	"font", "i",     "ins",    "kbd",    "mark", "q",    "rp",   "rt",   "ruby", "s",   "samp",
	"span", "small", "strike", "strong", "sub",  "sup",  "time", "tt",   "u",    "var", "wbr",
};

/* Tags that only keep words apart. */
static const char *const blank_tags[] = {"br", "img"};

struct reference {
	const char *name;
	char c;
};

static const struct reference references[] = {
	{"amp;", '&'}, {"lt;", '<'}, {"gt;", '>'}, {"quot;", '"'}, {"apos;", '\''}, {"nbsp;", ' '},
};

struct text
text_init(void)
{
	return (struct text){.plain = buf_init(TEXT_BYTES_MAX)};
}

void
text_done(struct text *text)
{
	buf_done(&text->plain);
	free(text->runs);
	text->runs = NULL;
	text->run_count = text->run_cap = 0;
}

/* From here on plain and field go side by side again. */
static void
begin_run(struct reader *r, const char *at)
{
	struct text *text = r->text;
	const struct text_run run = {(uint32_t)text->plain.len, (uint32_t)(at - r->start)};

	if (text->run_count > 0 && text->runs[text->run_count - 1].plain == run.plain)
		text->run_count--;
	if (text->run_count == text->run_cap) {
		const size_t cap = text->run_cap ? text->run_cap * 2 : 64;
		struct text_run *grown = reallocarray(text->runs, cap, sizeof(*grown));

		if (!grown) {
			r->failed = true;
			return;
		}
		text->runs = grown;
		text->run_cap = cap;
	}
	text->runs[text->run_count++] = run;
}

/* False when the text is full. */
static bool
put(struct reader *r, const char *s, size_t len)
{
	const size_t room = TEXT_BYTES_MAX - r->text->plain.len;

	if (len > room)
		(void)buf_add(&r->text->plain, s, utf8_cut(s, len, room), NULL);
	else if (buf_add(&r->text->plain, s, len, NULL) == 0)
		return true;
	return false;
}

/* A blank or a newline that stands for a tag; several in a row are one. */
static bool
put_space(struct reader *r, char c)
{
	struct buf *plain = &r->text->plain;
	char *last = plain->len > 0 ? plain->data + plain->len - 1 : NULL;

	if (last && (*last == ' ' || *last == '\n')) {
		if (c == '\n')
			*last = c;
		return true;
	}
	return put(r, &c, 1);
}

static bool
is_one_of(const char *const *names, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcasecmp(names[i], name) == 0)
			return true;
	return false;
}

/* The byte behind the tag that begins at s; NULL when it has no end. */
static const char *
tag_end(const char *s, const char *end)
{
	char quote = '\0';

	for (; s < end; s++) {
		if (quote)
			quote = *s == quote ? '\0' : quote;
		else if (*s == '"' || *s == '\'')
			quote = *s;
		else if (*s == '>')
			return s + 1;
	}
	return NULL;
}

static bool
begins_tag(const char *s, const char *end)
{
	if (end - s < 3)
		return false;
	s += s[1] == '/' ? 2 : 1;
	return (*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z') || *s == '!';
}

/* At a '<'. */
static bool
read_tag(struct reader *r)
{
	const char *behind = NULL, *name = r->at + (r->at + 1 < r->end && r->at[1] == '/' ? 2 : 1);
	char word[TAG_NAME_MAX + 1] = "";
	bool room = true;

	if (!r->no_more_tags && begins_tag(r->at, r->end)) {
		behind = tag_end(name, r->end);
		r->no_more_tags = !behind;
	}
	if (!behind) {
		room = put(r, r->at++, 1);
		return room;
	}
	for (size_t i = 0; i < TAG_NAME_MAX; i++) {
		if (!((name[i] >= 'a' && name[i] <= 'z') || (name[i] >= 'A' && name[i] <= 'Z') ||
		      (name[i] >= '0' && name[i] <= '9')))
			break;
		word[i] = name[i];
	}
	if (is_one_of(blank_tags, sizeof(blank_tags) / sizeof(*blank_tags), word))
		room = put_space(r, ' ');
	else if (!is_one_of(inline_tags, sizeof(inline_tags) / sizeof(*inline_tags), word))
		room = put_space(r, '\n');
	r->at = behind;
	begin_run(r, r->at);
	return room;
}

/* "#8217;" or "#x2019;": the length with the semicolon, 0 when it is none. */
static size_t
numeric_reference(const char *s, size_t len, uint32_t *cp_out)
{
	const bool hex = len > 1 && (s[1] == 'x' || s[1] == 'X');
	char digits[REFERENCE_MAX + 1] = "";
	size_t i = hex ? 2 : 1, n = 0;
	char *stop;
	unsigned long cp;

	while (i < len && n < REFERENCE_MAX && s[i] != ';')
		digits[n++] = s[i++];
	if (n == 0 || i >= len || s[i] != ';' || digits[0] == '-' || digits[0] == '+')
		return 0;
	cp = strtoul(digits, &stop, hex ? 16 : 10);
	if (*stop != '\0' || cp == 0 || cp > 0x10FFFF)
		return 0;
	*cp_out = (uint32_t)cp;
	return i + 1;
}

/* At a '&'. */
static bool
read_reference(struct reader *r)
{
	const char *s = r->at + 1;
	const size_t len = (size_t)(r->end - s);
	char out[UTF8_BYTES_MAX];
	size_t used = 0, out_len = 1;
	uint32_t cp;

	if (len > 0 && *s == '#')
		used = numeric_reference(s, len, &cp);
	if (used > 0)
		out_len = utf8_put(cp == '\n' ? ' ' : cp, out);
	for (size_t i = 0; used == 0 && i < sizeof(references) / sizeof(*references); i++) {
		const size_t name_len = strlen(references[i].name);

		if (len >= name_len && memcmp(s, references[i].name, name_len) == 0) {
			out[0] = references[i].c;
			used = name_len;
		}
	}
	if (used == 0)
		return put(r, r->at++, 1);
	if (!put(r, out, out_len))
		return false;
	r->at = s + used;
	begin_run(r, r->at);
	return true;
}

static bool
read_words(struct reader *r)
{
	const char *s = r->at;

	if (*s == '\n' || *s == '\r' || *s == '\t') {
		r->at++;
		return put(r, " ", 1);
	}
	while (s < r->end && *s != '<' && *s != '&' && *s != '\n' && *s != '\r' && *s != '\t')
		s++;
	if (!put(r, r->at, (size_t)(s - r->at)))
		return false;
	r->at = s;
	return true;
}

int
text_from_html(struct text *text, const char *html, size_t len, struct err *err)
{
	struct reader r = {.text = text, .start = html, .at = html, .end = html + len};
	bool room = true;

	buf_reset(&text->plain);
	text->run_count = 0;
	while (room && !r.failed && r.at < r.end) {
		if (*r.at == '<')
			room = read_tag(&r);
		else if (*r.at == '&')
			room = read_reference(&r);
		else
			room = read_words(&r);
	}
	if (r.failed || text->plain.failed)
		return err_set(err, ERR_RETRY, "no memory for a text of %zu bytes", len);
	return 0;
}

size_t
text_origin(const struct text *text, size_t at)
{
	size_t first = 0, last = text->run_count;

	while (first < last) {
		const size_t half = first + (last - first) / 2;

		if (text->runs[half].plain <= at)
			first = half + 1;
		else
			last = half;
	}
	if (first == 0)
		return at;
	return at - text->runs[first - 1].plain + text->runs[first - 1].field;
}

size_t
text_lead(const char *s, size_t len, size_t characters)
{
	size_t at = 0;

	if (len <= characters)
		return len;
	for (; at < len; at++)
		if (((unsigned char)s[at] & 0xC0) != 0x80 && characters-- == 0)
			break;
	return at;
}
