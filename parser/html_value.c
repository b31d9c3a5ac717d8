#include "parser/html_value.h"

#include <string.h>
#include <strings.h>

#include "common/ascii.h"
#include "parser/html_escape.h"

enum {
	SRCSET_MAX = 16, /* candidates */
	DIGITS_MAX = 9,
};

static bool
is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static struct bytes
trim(struct bytes s)
{
	const char *p = s.data;

	while (s.len > 0 && is_blank(p[s.len - 1]))
		s.len--;
	while (s.len > 0 && is_blank(*p)) {
		p++;
		s.len--;
	}
	s.data = p;
	return s;
}

/* The next word of *s, up to a blank, which moves past it; empty at the end. */
static struct bytes
next_word(struct bytes *s)
{
	const char *p = s->data;
	const char *end = p + s->len;
	const char *first;

	while (p < end && is_blank(*p))
		p++;
	first = p;
	while (p < end && !is_blank(*p))
		p++;
	*s = (struct bytes){p, (size_t)(end - p)};
	return (struct bytes){first, (size_t)(p - first)};
}

/* The word of choices that the value is, in the choices' spelling: exactly, or else but for the
 * case of letters. */
static struct bytes
choice(const char *choices, struct bytes value)
{
	struct bytes folded = {NULL, 0};
	struct bytes rest = {choices, strlen(choices)};
	struct bytes word;

	while ((word = next_word(&rest)).len > 0) {
		if (word.len != value.len || strncasecmp(word.data, value.data, value.len) != 0)
			continue;
		if (memcmp(word.data, value.data, value.len) == 0)
			return word;
		if (!folded.data)
			folded = word;
	}
	return folded;
}

long
html_number(const struct bytes *value)
{
	const struct bytes s = value && value->data ? trim(*value) : (struct bytes){"", 0};
	const char *p = s.data;
	const char *end = p + s.len;
	long number = 0;

	if (p == end || !ascii_is_digit((unsigned char)*p))
		return -1;
	for (; p < end && ascii_is_digit((unsigned char)*p); p++)
		if (number <= HTML_NUMBER_MAX)
			number = number * 10 + (*p - '0');
	if (p == end || *p == '.' || (end - p == 2 && strncasecmp(p, "px", 2) == 0))
		return number;
	return -1;
}

/* Srcset. */

/* A number of a descriptor: whole for widths and heights, and never zero for them. */
static bool
is_descriptor(struct bytes s, char unit)
{
	const char *p = s.data;
	bool any = false, dot = false, more = false;

	if (s.len < 2 || s.len > DIGITS_MAX || p[s.len - 1] != unit)
		return false;
	for (size_t i = 0; i + 1 < s.len; i++) {
		if (p[i] == '.' && unit == 'x' && !dot) {
			dot = true;
			any = false;
			continue;
		}
		if (!ascii_is_digit((unsigned char)p[i]))
			return false;
		any = true;
		more |= p[i] != '0';
	}
	return any && (more || unit == 'x');
}

/* Cuts the descriptors of a candidate down to the one that counts, its width or its density; false
 * where they contradict each other or are none. A height says nothing without a width. */
static bool
settle_descriptor(struct bytes *s)
{
	struct bytes rest = *s, counts = {"", 0}, word;
	bool height = false;

	while ((word = next_word(&rest)).len > 0) {
		const bool density = is_descriptor(word, 'x');

		if (counts.len == 0 && (density || is_descriptor(word, 'w')) &&
		    !(density && height))
			counts = word;
		else if (!height && is_descriptor(word, 'h') && !is_descriptor(counts, 'x'))
			height = true;
		else
			return false;
	}
	*s = counts;
	return !height || counts.len > 0;
}

/* The comma that ends descriptors, end where there is none: one in parentheses does not. */
static const char *
find_comma(const char *p, const char *end)
{
	bool inside = false;

	for (; p < end && (inside || *p != ','); p++)
		inside = inside ? *p != ')' : *p == '(';
	return p;
}

/* Cuts the next candidate off *s: its URL, and its descriptors, both may be empty (HTML Standard,
 * 4.8.4.2.1). */
static void
next_candidate(struct bytes *s, struct bytes *url, struct bytes *descriptor)
{
	const char *end = (const char *)s->data + s->len;
	const char *p = s->data;
	const char *comma;

	while (p < end && (is_blank(*p) || *p == ','))
		p++;
	*s = (struct bytes){p, (size_t)(end - p)};
	*url = next_word(s);
	*descriptor = (struct bytes){"", 0};
	if (url->len > 0 && ((const char *)url->data)[url->len - 1] == ',') {
		while (url->len > 0 && ((const char *)url->data)[url->len - 1] == ',')
			url->len--;
		return;
	}
	p = s->data;
	comma = find_comma(p, end);
	*descriptor = (struct bytes){p, (size_t)(comma - p)};
	*s = (struct bytes){comma, (size_t)(end - comma)};
}

/* The candidates of a srcset, decoded: borrowed from w->list, for the other scratches are needed
 * for each URL. */
static struct bytes
candidates(struct html_writer *w, const struct bytes *value)
{
	buf_reset(&w->list);
	if (value && value->len <= HTML_VALUE_BYTES_MAX)
		html_write(&w->list, value->data, value->len,
			   HTML_DECODE | HTML_ATTRIBUTE | HTML_PLAIN);
	return buf_bytes(&w->list);
}

/* Cuts candidates off *list up to one that is fit to be written, whose URL is accepted into
 * w->url. */
static bool
accept_candidate(struct html_writer *w, struct bytes *list, struct bytes *descriptor)
{
	struct bytes url;

	while (list->len > 0) {
		next_candidate(list, &url, descriptor);
		if (url.len > 0 && settle_descriptor(descriptor) &&
		    html_accept_url(w, &url, html_media_schemes))
			return true;
	}
	return false;
}

bool
html_accept_srcset(struct html_writer *w, const struct bytes *value)
{
	struct bytes list = candidates(w, value);
	struct bytes descriptor;

	return accept_candidate(w, &list, &descriptor);
}

static bool
write_srcset(struct html_writer *w, const struct html_rule *rule, const struct bytes *value)
{
	struct bytes list = candidates(w, value);
	struct bytes descriptor;
	int written = 0;

	(void)rule;
	while (written < SRCSET_MAX && accept_candidate(w, &list, &descriptor)) {
		if (written++ > 0)
			(void)buf_adds(w->out, ", ", NULL);
		html_write(w->out, w->url.data, w->url.len, HTML_ATTRIBUTE);
		if (descriptor.len == 0)
			continue;
		(void)buf_addc(w->out, ' ', NULL);
		(void)buf_add(w->out, descriptor.data, descriptor.len, NULL);
	}
	return written > 0;
}

/* One writer a kind of value: false leaves the attribute out. */

static bool
write_text(struct html_writer *w, const struct html_rule *rule, const struct bytes *value)
{
	(void)rule;
	if (value->len > HTML_VALUE_BYTES_MAX)
		return false;
	html_write(w->out, value->data, value->len, HTML_DECODE | HTML_ATTRIBUTE);
	return true;
}

static bool
write_number(struct html_writer *w, const struct html_rule *rule, const struct bytes *value)
{
	const long number = html_number(value);

	(void)rule;
	return number >= 0 && number <= HTML_NUMBER_MAX &&
	       buf_addf(w->out, NULL, "%ld", number) == 0;
}

static bool
write_integer(struct html_writer *w, const struct html_rule *rule, const struct bytes *value)
{
	const struct bytes s = trim(*value);
	const char *p = s.data;
	const size_t sign = s.len > 0 && *p == '-';

	(void)rule;
	if (s.len == sign || s.len - sign > DIGITS_MAX)
		return false;
	for (size_t i = sign; i < s.len; i++)
		if (!ascii_is_digit((unsigned char)p[i]))
			return false;
	return buf_add(w->out, s.data, s.len, NULL) == 0;
}

static bool
write_choice(struct html_writer *w, const struct html_rule *rule, const struct bytes *value)
{
	const struct bytes s = choice(rule->choices, trim(*value));

	return s.len > 0 && buf_add(w->out, s.data, s.len, NULL) == 0;
}

/* "en", "pt-BR"; "pt_BR" is put right. */
static bool
write_language(struct html_writer *w, const struct html_rule *rule, const struct bytes *value)
{
	enum { SUBTAG_MAX = 8, SUBTAGS_BYTES_MAX = 64 };
	const struct bytes s = trim(*value);
	const char *p = s.data;
	size_t run = 0;

	(void)rule;
	if (s.len > SUBTAGS_BYTES_MAX)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		const bool dash = p[i] == '-' || p[i] == '_';
		const bool first = i == run; /* still in the first subtag: letters only */

		if (dash ? run == 0
			 : !ascii_is_alpha((unsigned char)p[i]) &&
				    (first || !ascii_is_digit((unsigned char)p[i])))
			return false;
		run = dash ? 0 : run + 1;
		if (run > SUBTAG_MAX)
			return false;
		(void)buf_addc(w->out, dash ? '-' : p[i], NULL);
	}
	return run > 0;
}

/* type/subtype, and parameters in one line. */
static bool
write_mime(struct html_writer *w, const struct html_rule *rule, const struct bytes *value)
{
	const struct bytes s = trim(html_decoded(w, value));
	const char *p = s.data;
	const char *end = p + s.len;
	const char *type = p;
	const char *subtype;

	(void)rule;
	while (p < end && ascii_is_alpha((unsigned char)*p))
		p++;
	if (p == type || p == end || *p++ != '/')
		return false;
	subtype = p;
	while (p < end && (ascii_is_alpha((unsigned char)*p) || ascii_is_digit((unsigned char)*p) ||
			   (*p && strchr(".+-", *p))))
		p++;
	if (p == subtype || (p < end && *p != ';'))
		return false;
	for (; p < end; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7F)
			return false;
	for (p = type; *p != '/'; p++)
		(void)buf_addc(w->out, (char)ascii_lower((unsigned char)*p), NULL);
	html_write(w->out, p, (size_t)(end - p), HTML_ATTRIBUTE);
	return true;
}

static bool
write_tokens(struct html_writer *w, const struct html_rule *rule, const struct bytes *value)
{
	struct bytes rest = *value;
	struct bytes word;
	bool any = false;

	if (value->len > HTML_VALUE_BYTES_MAX)
		return false;
	while ((word = next_word(&rest)).len > 0) {
		const struct bytes known = choice(rule->choices, word);

		if (known.len == 0)
			continue;
		if (any)
			(void)buf_addc(w->out, ' ', NULL);
		(void)buf_add(w->out, known.data, known.len, NULL);
		any = true;
	}
	return any;
}

static bool
write_highlight(struct html_writer *w, const struct html_rule *rule, const struct bytes *value)
{
	static const char prefix[] = "language-";
	enum { PREFIX = sizeof(prefix) - 1, WORD_MAX = PREFIX + 32 };
	struct bytes rest = *value;
	struct bytes word;

	(void)rule;
	while ((word = next_word(&rest)).len > 0) {
		const char *p = word.data;
		size_t i = PREFIX;

		if (word.len <= PREFIX || word.len > WORD_MAX || memcmp(p, prefix, PREFIX) != 0)
			continue;
		while (i < word.len &&
		       (ascii_is_alpha((unsigned char)p[i]) ||
			ascii_is_digit((unsigned char)p[i]) || (p[i] && strchr("_+#.-", p[i]))))
			i++;
		if (i == word.len)
			return buf_add(w->out, word.data, word.len, NULL) == 0;
	}
	return false;
}

static bool
write_url(struct html_writer *w, const struct html_rule *rule, const struct bytes *value)
{
	if (!html_accept_url(w, value,
			     rule->value == HTML_LINK_URL ? html_link_schemes : html_media_schemes))
		return false;
	html_write(w->out, w->url.data, w->url.len, HTML_ATTRIBUTE);
	return true;
}

static bool (*const writers[HTML_VALUES])(struct html_writer *, const struct html_rule *,
					  const struct bytes *) = {
	[HTML_TEXT_VALUE] = write_text,   [HTML_NUMBER] = write_number,
	[HTML_INTEGER] = write_integer,   [HTML_CHOICE] = write_choice,
	[HTML_LANGUAGE] = write_language, [HTML_MIME] = write_mime,
	[HTML_TOKENS] = write_tokens,     [HTML_HIGHLIGHT] = write_highlight,
	[HTML_LINK_URL] = write_url,      [HTML_MEDIA_URL] = write_url,
	[HTML_SRCSET] = write_srcset,
};

bool
html_write_value(struct html_writer *w, const struct html_rule *rule, const struct bytes *value)
{
	return writers[rule->value](w, rule, value);
}
