#include "parser/html_token.h"

#include <string.h>
#include <strings.h>

#include "common/ascii.h"

/* What ends a run of bytes inside a tag. */
enum {
	ENDS_NAME = 1,      /* blank / > */
	ENDS_ATTRIBUTE = 2, /* blank / > = */
	ENDS_VALUE = 4,     /* blank > */
	BLANK = 8,
};

static const unsigned char classes[256] = {
	['\t'] = ENDS_NAME | ENDS_ATTRIBUTE | ENDS_VALUE | BLANK,
	['\n'] = ENDS_NAME | ENDS_ATTRIBUTE | ENDS_VALUE | BLANK,
	['\f'] = ENDS_NAME | ENDS_ATTRIBUTE | ENDS_VALUE | BLANK,
	['\r'] = ENDS_NAME | ENDS_ATTRIBUTE | ENDS_VALUE | BLANK,
	[' '] = ENDS_NAME | ENDS_ATTRIBUTE | ENDS_VALUE | BLANK,
	['/'] = ENDS_NAME | ENDS_ATTRIBUTE,
	['>'] = ENDS_NAME | ENDS_ATTRIBUTE | ENDS_VALUE,
	['='] = ENDS_ATTRIBUTE,
};

static bool
is(char c, unsigned which)
{
	return (classes[(unsigned char)c] & which) != 0;
}

static const char *
run_to(const char *p, const char *end, unsigned which)
{
	while (p < end && !is(*p, which))
		p++;
	return p;
}

static const char *
find(const char *p, const char *end, char c)
{
	const char *found = p < end ? memchr(p, c, (size_t)(end - p)) : NULL;

	return found ? found : end;
}

static bool
starts_with(const char *p, const char *end, const char *lower)
{
	const size_t len = strlen(lower);

	return (size_t)(end - p) >= len && strncasecmp(p, lower, len) == 0;
}

bool
html_name_is(const char *name, size_t len, const char *lower)
{
	return ascii_is_word(name, len, lower);
}

struct html_tokens
html_tokens(const char *html, size_t len)
{
	struct html_tokens in = {.at = html, .end = html + len};

	if (len >= 3 && memcmp(html, "\xEF\xBB\xBF", 3) == 0)
		in.at += 3;
	return in;
}

/* One attribute at p, which is neither blank nor "/" nor ">"; returns what is behind it, end
 * where the source ends inside. */
static const char *
attribute(const char *p, const char *end, struct html_attribute *out)
{
	const char *name = p;
	const char *first;

	/* A "=" where a name should begin belongs to the name. */
	p = run_to(p + 1, end, ENDS_ATTRIBUTE);
	out->name = (struct bytes){name, (size_t)(p - name)};
	out->value = (struct bytes){NULL, 0};
	while (p < end && is(*p, BLANK))
		p++;
	if (p == end || *p != '=')
		return p;
	p++;
	while (p < end && is(*p, BLANK))
		p++;
	if (p == end)
		return end;
	if (*p == '"' || *p == '\'') {
		first = p + 1;
		p = find(first, end, *p);
		out->value = (struct bytes){first, (size_t)(p - first)};
		return p < end ? p + 1 : end;
	}
	first = p;
	p = run_to(p, end, ENDS_VALUE);
	out->value = (struct bytes){first, (size_t)(p - first)};
	return p;
}

/* A tag whose name begins at name; false when the source ends inside it. */
static bool
tag(struct html_tokens *in, const char *name, struct html_token *out)
{
	const char *end = in->end;
	const char *p = run_to(name, end, ENDS_NAME);
	struct html_attribute spare;

	out->text = name;
	out->len = (size_t)(p - name);
	out->self_closing = false;
	out->attribute_count = 0;
	while (p < end && *p != '>') {
		if (is(*p, BLANK | ENDS_NAME)) {
			out->self_closing = *p == '/' && p + 1 < end && p[1] == '>';
			p++;
			continue;
		}
		if (out->attribute_count < HTML_ATTRIBUTES_MAX)
			p = attribute(p, end, &out->attributes[out->attribute_count++]);
		else
			p = attribute(p, end, &spare);
	}
	in->at = p < end ? p + 1 : end;
	return p < end;
}

/* p is behind "<!--"; returns what is behind the comment. */
static const char *
comment(const char *p, const char *end)
{
	if (p < end && *p == '>')
		return p + 1;
	if (p + 1 < end && p[0] == '-' && p[1] == '>')
		return p + 2;
	for (; (p = find(p, end, '-')) < end; p++) {
		if (p + 1 == end || p[1] != '-')
			continue;
		if (p + 2 < end && p[2] == '>')
			return p + 3;
		if (p + 3 < end && p[2] == '!' && p[3] == '>')
			return p + 4;
	}
	return end;
}

/* p is at "<!"; returns what is behind the declaration. */
static const char *
declaration(const char *p, const char *end)
{
	if (end - p >= 4 && p[2] == '-' && p[3] == '-')
		return comment(p + 4, end);
	p = find(p, end, '>');
	return p < end ? p + 1 : end;
}

/* Whether markup begins at the "<" at p. */
static bool
is_markup(const char *p, const char *end)
{
	if (p + 1 == end)
		return false;
	if (p[1] == '/')
		return p + 2 < end;
	return ascii_is_alpha((unsigned char)p[1]) || p[1] == '!' || p[1] == '?';
}

static bool
text(struct html_tokens *in, const char *first, const char *last, struct html_token *out)
{
	out->kind = HTML_TEXT;
	out->text = first;
	out->len = (size_t)(last - first);
	in->at = last;
	return true;
}

bool
html_token_next(struct html_tokens *in, struct html_token *out)
{
	const char *end = in->end;

	out->follows_tag = true;
	while (in->at < end) {
		const char *p = in->at;
		const char *last;

		if (*p != '<' || !is_markup(p, end)) {
			p++;
			while ((p = find(p, end, '<')) < end && !is_markup(p, end))
				p++;
			return text(in, in->at, p, out);
		}
		if (ascii_is_alpha((unsigned char)p[1])) {
			out->kind = HTML_START;
			return tag(in, p + 1, out);
		}
		if (p[1] == '/' && ascii_is_alpha((unsigned char)p[2])) {
			out->kind = HTML_END;
			return tag(in, p + 2, out);
		}
		out->follows_tag = false;
		if (in->foreign && starts_with(p, end, "<![cdata[")) {
			last = memmem(p, (size_t)(end - p), "]]>", 3);
			in->at = last ? last + 3 : end;
		} else if (p[1] == '!') {
			in->at = declaration(p, end);
		} else { /* <? and </ before no letter are comments up to the next > */
			last = find(p, end, '>');
			in->at = last < end ? last + 1 : end;
		}
	}
	return false;
}

/* Whether name follows at p, and then a byte that ends it. */
static bool
named(const char *p, const char *end, const char *name, size_t len)
{
	return (size_t)(end - p) > len && strncasecmp(p, name, len) == 0 && is(p[len], ENDS_NAME);
}

/* Where the end tag of a raw text element begins. */
static const char *
raw_end(const char *p, const char *end, const char *name, size_t len)
{
	for (; (p = find(p, end, '<')) < end; p++)
		if (p + 1 < end && p[1] == '/' && named(p + 2, end, name, len))
			return p;
	return end;
}

/* The same for a script: after "<!--" a "<script" hides one "</script", until "-->". */
static const char *
script_end(const char *p, const char *end)
{
	static const char script[] = "script";
	static const size_t len = sizeof(script) - 1;
	bool escaped = false;
	bool hidden = false;

	for (; p < end; p++) {
		if (!escaped)
			p = find(p, end, '<');
		else
			while (p < end && *p != '<' && *p != '-')
				p++;
		if (p == end)
			break;
		if (*p == '-') {
			if (end - p >= 3 && p[1] == '-' && p[2] == '>')
				escaped = hidden = false;
		} else if (p + 1 < end && p[1] == '/' && named(p + 2, end, script, len)) {
			if (!hidden)
				return p;
			hidden = false;
		} else if (!escaped && end - p >= 4 && memcmp(p, "<!--", 4) == 0) {
			escaped = true;
			p++; /* the dashes may be those of "-->" already */
		} else if (escaped && named(p + 1, end, script, len)) {
			hidden = true;
		}
	}
	return end;
}

struct bytes
html_token_raw(struct html_tokens *in, const char *name, size_t name_len)
{
	const char *first = in->at;
	const char *last = html_name_is(name, name_len, "script")
				   ? script_end(first, in->end)
				   : raw_end(first, in->end, name, name_len);
	struct html_token end_tag;

	in->at = last;
	if (last < in->end)
		(void)tag(in, last + 2, &end_tag);
	return (struct bytes){first, (size_t)(last - first)};
}
