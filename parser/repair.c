#include "parser/repair.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
	SEARCH_TOP = 128,   /* how deep an end tag is looked for from the innermost element ... */
	SEARCH_BOTTOM = 16, /* ... and from the outermost: the time for a tag is bounded */
	MISSPELT_MAX = 1000,
	MISSPELT_NAME_BYTES_MAX = 32,
	REGULAR_ATTRIBUTES_MAX = 24, /* tags with more are written anew, though they may be right */
	STRUCTURE_DEPTH = 2, /* blanks between tags as far out as this are no text of anything */
};

/* Sets of bytes, a bit for each. All over 0x7F may stand in a name, and is replaced there: libxml2
 * is picky about which of them make a name, and no element that anybody reads has one. */
struct set {
	uint64_t bits[4];
};

static const struct set NAME = {{0x07FF600000000000, 0x07FFFFFE87FFFFFE, UINT64_MAX, UINT64_MAX}};
static const struct set NAME_START = {
	{0x0400000000000000, 0x07FFFFFE87FFFFFE, UINT64_MAX, UINT64_MAX}};
static const struct set BLANK = {{0x0000000100002600, 0, 0, 0}};

static inline bool
is(char c, struct set set)
{
	return set.bits[(unsigned char)c >> 6] >> (c & 63) & 1;
}

static inline const char *
skip(const char *at, const char *end, struct set set)
{
	while (at < end && is(*at, set))
		at++;
	return at;
}

struct repair *
repair_new(void)
{
	struct repair *r = calloc(1, sizeof(*r));

	if (r) {
		r->skeleton = buf_init(SIZE_MAX / 4);
		r->value = buf_init((size_t)REPAIR_VALUE_BYTES_MAX * 8);
	}
	return r;
}

void
repair_free(struct repair *r)
{
	if (!r)
		return;
	buf_done(&r->skeleton);
	buf_done(&r->value);
	free(r->runs);
	free(r);
}

void
repair_begin(struct repair *r, const char *text, size_t len, struct entities *entities)
{
	r->at = text;
	r->end = text + len;
	r->entities = entities;
	r->run_first = r->run_count = 0;
	r->depth = r->beyond = 0;
	r->done = false;
	r->misspelt = 0;
	r->no_comment_end = r->no_cdata_end = r->end;
	r->mended = 0;
}

bool
repair_take_run(struct repair *r, struct repair_run *out)
{
	if (r->run_first == r->run_count)
		return false;
	*out = r->runs[r->run_first++];
	if (r->run_first == r->run_count)
		r->run_first = r->run_count = 0;
	return true;
}

static int
put_run(struct repair *r, const char *text, const char *end, bool literal, struct err *err)
{
	if ((text == end && text) || r->depth == 0)
		return 0;
	if (r->run_count == r->run_cap) {
		const size_t cap = r->run_cap ? r->run_cap * 2 : 256;
		struct repair_run *grown = reallocarray(r->runs, cap, sizeof(*grown));

		if (!grown)
			return err_sys(err, "%zu runs of text", cap);
		r->runs = grown;
		r->run_cap = cap;
	}
	r->runs[r->run_count++] = (struct repair_run){text, (size_t)(end - text), literal};
	return buf_addc(&r->skeleton, REPAIR_PLACEHOLDER, err);
}

/* Where the colon of a name may stay: there is a name on both sides of it. NULL: nowhere. */
static const char *
good_colon(const char *name, size_t len)
{
	const char *colon = memchr(name, ':', len);

	if (!colon || colon == name || colon + 1 == name + len || colon[1] == ':')
		return NULL;
	return is(colon[1], NAME_START) ? colon : NULL;
}

/* Writes a name that XML with namespaces takes for one. */
static int
put_name(struct repair *r, const char *name, size_t len, struct err *err)
{
	const char *colon;
	char *room;

	if (len > REPAIR_NAME_BYTES_MAX)
		len = REPAIR_NAME_BYTES_MAX;
	colon = good_colon(name, len);
	room = buf_reserve(&r->skeleton, len, err);
	if (!room)
		return -1;
	for (size_t i = 0; i < len; i++) {
		const bool odd =
			(unsigned char)name[i] >= 0x80 || (name[i] == ':' && name + i != colon);

		room[i] = odd ? '_' : name[i];
	}
	r->skeleton.len += len;
	return 0;
}

/* --- start tags --- */

/* Elements of HTML that have no content: "<br>" in a feed is "<br/>". */
static bool
is_void(const char *name, size_t len)
{
	static const char *const VOIDS[] = {"br", "hr", "img", "wbr", "input", "col"};

	for (size_t i = 0; i < sizeof(VOIDS) / sizeof(VOIDS[0]); i++)
		if (strlen(VOIDS[i]) == len && strncasecmp(VOIDS[i], name, len) == 0)
			return true;
	return false;
}

/* Elements of HTML that end where their like begins: unclosed "<p>" must not nest for ever. */
static bool
ends_its_like(const char *name, size_t len)
{
	static const char *const LIKES[] = {"p", "li", "td", "th", "tr", "dt", "dd", "option"};

	for (size_t i = 0; i < sizeof(LIKES) / sizeof(LIKES[0]); i++)
		if (strlen(LIKES[i]) == len && strncasecmp(LIKES[i], name, len) == 0)
			return true;
	return false;
}

static bool
same_name(const struct repair_open *open, const char *name, size_t len)
{
	return open->len == len && strncasecmp(open->name, name, len) == 0;
}

static int
close_top(struct repair *r, struct err *err)
{
	const struct repair_open *top = &r->open[--r->depth];

	if (r->depth >= REPAIR_DEPTH_MAX)
		return 0;
	if (buf_add(&r->skeleton, "</", 2, err) < 0 || put_name(r, top->name, top->len, err) < 0)
		return -1;
	return buf_addc(&r->skeleton, '>', err);
}

/* Whether the five references that every XML parser knows, and none else, are in the value. */
static bool
plain_reference(const char *amp, const char *end)
{
	static const char *const KNOWN[] = {"&amp;", "&lt;", "&gt;", "&quot;", "&apos;"};

	for (size_t i = 0; i < sizeof(KNOWN) / sizeof(KNOWN[0]); i++) {
		const size_t len = strlen(KNOWN[i]);

		if ((size_t)(end - amp) >= len && memcmp(amp, KNOWN[i], len) == 0)
			return true;
	}
	return false;
}

/* Whether put_name would write it as it is; ASCII only. */
static bool
is_good_name(const char *name, size_t len)
{
	const char *colon = memchr(name, ':', len);

	return len <= REPAIR_NAME_BYTES_MAX && colon == good_colon(name, len) &&
	       (!colon || !memchr(colon + 1, ':', (size_t)(name + len - colon - 1)));
}

/* The end of a tag whose attributes are written as they should be, behind its ">"; NULL where
 * something is to be mended. at is behind the name. */
static const char *
regular_end(const char *at, const char *end, bool *empty)
{
	struct repair_open names[REGULAR_ATTRIBUTES_MAX];
	size_t count = 0;

	for (;;) {
		const char *before = at;
		const char *name, *name_end;
		char quote;

		at = skip(at, end, BLANK);
		if (at == end)
			return NULL;
		if (*at == '>')
			return at + 1;
		if (*at == '/' && at + 1 < end && at[1] == '>') {
			*empty = true;
			return at + 2;
		}
		if (at == before || !is(*at, NAME_START) || count == REGULAR_ATTRIBUTES_MAX)
			return NULL;
		name = at;
		while (at < end && is(*at, NAME) && (unsigned char)*at < 0x80)
			at++;
		name_end = at;
		at = skip(at, end, BLANK);
		if (at == end || *at != '=' || !is_good_name(name, (size_t)(name_end - name)))
			return NULL;
		at = skip(at + 1, end, BLANK);
		if (at == end || (*at != '"' && *at != '\''))
			return NULL;
		for (quote = *at++, before = at; at < end && *at != quote; at++)
			if (*at == '<' || (*at == '&' && !plain_reference(at, end)))
				return NULL;
		if (at == end || at - before > REPAIR_VALUE_BYTES_MAX)
			return NULL;
		at++;
		for (size_t i = 0; i < count; i++)
			if (names[i].len == (size_t)(name_end - name) &&
			    memcmp(names[i].name, name, names[i].len) == 0)
				return NULL;
		names[count++] = (struct repair_open){name, (size_t)(name_end - name)};
	}
}

static int
put_value(struct repair *r, const char *value, size_t len, struct err *err)
{
	struct buf *out = &r->skeleton;

	buf_reset(&r->value);
	if (entities_decode(r->entities, value, len, &r->value, err) < 0)
		return -1;
	for (const char *at = buf_str(&r->value), *end = at + r->value.len; at < end;) {
		const size_t run = strcspn(at, "&<\"");

		if (buf_add(out, at, run, err) < 0)
			return -1;
		at += run;
		if (at < end && buf_adds(out,
					 *at == '&'   ? "&amp;"
					 : *at == '<' ? "&lt;"
						      : "&quot;",
					 err) < 0)
			return -1;
		at += at < end;
	}
	return 0;
}

/* The end of an attribute's value; *at moves to what follows. A value whose closing quote is
 * missing ends where a tag begins, or at the first blank or ">". */
static const char *
value_end(const char **at, const char *end)
{
	const char *start = *at;
	const char quote = start < end && (*start == '"' || *start == '\'') ? *start : 0;

	if (quote) {
		const char *p = start + 1;

		while (p < end && *p != quote && *p != '<')
			p++;
		if (p < end && *p == quote) {
			*at = p + 1;
			return p;
		}
	}
	while (*at < end && !is(**at, BLANK) && **at != '>')
		++*at;
	return *at;
}

/* Writes the attributes anew. -> behind the ">", or NULL where the document ends in the tag. */
static int
irregular(struct repair *r, const char *at, const char **end_out, bool *empty, struct err *err)
{
	struct repair_open names[REPAIR_ATTRIBUTES_MAX];
	size_t count = 0;

	const unsigned mended = r->mended;

	*end_out = NULL;
	while (at < r->end && *at != '>' && *at != '<') {
		const char *name = at;
		const char *value, *close;
		size_t len, value_len;
		bool known = false;

		if (!is(*at, NAME_START)) {
			*empty = *at == '/' || (*empty && is(*at, BLANK));
			if (*at != '/' && !is(*at, BLANK))
				r->mended |= REPAIR_ATTRIBUTE;
			at++;
			continue;
		}
		*empty = false;
		at = skip(at, r->end, NAME);
		len = (size_t)(at - name);
		for (size_t i = 0; i < count; i++)
			known |= same_name(&names[i], name, len);
		close = skip(at, r->end, BLANK);
		if (close == r->end || *close != '=') {
			r->mended |= REPAIR_ATTRIBUTE;
			continue; /* a name without a value says nothing in a feed */
		}
		at = skip(close + 1, r->end, BLANK);
		value = at;
		close = value_end(&at, r->end);
		if (value < r->end && (*value == '"' || *value == '\'') && at > close)
			value++;
		else
			r->mended |= REPAIR_ATTRIBUTE;
		value_len = close > value ? (size_t)(close - value) : 0;
		if (known || count == REPAIR_ATTRIBUTES_MAX || value_len > REPAIR_VALUE_BYTES_MAX ||
		    len > REPAIR_NAME_BYTES_MAX) {
			r->mended |= REPAIR_ATTRIBUTE;
			continue;
		}
		names[count++] = (struct repair_open){name, len};
		if (buf_addc(&r->skeleton, ' ', err) < 0 || put_name(r, name, len, err) < 0 ||
		    buf_add(&r->skeleton, "=\"", 2, err) < 0 ||
		    put_value(r, value, value_len, err) < 0 || buf_addc(&r->skeleton, '"', err) < 0)
			return -1;
	}
	if (at < r->end)
		*end_out = *at == '>' ? at + 1 : at;
	else
		r->mended = mended; /* nobody will see it */
	return 0;
}

/* lt is at "<", followed by a name. */
static int
start_tag(struct repair *r, const char *lt, struct err *err)
{
	const char *name = lt + 1;
	const char *after = skip(name, r->end, NAME);
	const size_t len = (size_t)(after - name);
	const char *end;
	size_t undo;
	bool empty = false;

	if (r->depth > 0 && ends_its_like(name, len) &&
	    same_name(&r->open[r->depth - 1], name, len) && r->beyond == 0) {
		r->mended |= REPAIR_END_TAG;
		if (close_top(r, err) < 0)
			return -1;
	}
	undo = r->skeleton.len;
	if (buf_addc(&r->skeleton, '<', err) < 0 || put_name(r, name, len, err) < 0)
		return -1;
	end = regular_end(after, r->end, &empty);
	if (end) {
		const char *stop = end - (empty ? 2 : 1);

		if (buf_add(&r->skeleton, after, (size_t)(stop - after), err) < 0)
			return -1;
	} else {
		empty = false;
		if (irregular(r, after, &end, &empty, err) < 0)
			return -1;
	}
	if (!end) { /* the document ends within the tag */
		r->skeleton.len = undo;
		r->at = r->end;
		return 0;
	}
	r->at = end;
	empty = empty || (r->depth > STRUCTURE_DEPTH && is_void(name, len));
	if (r->depth >= REPAIR_DEPTH_MAX) {
		r->mended |= REPAIR_DEPTH;
		r->skeleton.len = undo;
		if (empty)
			return 0;
	} else if (buf_adds(&r->skeleton, empty ? "/>" : ">", err) < 0) {
		return -1;
	}
	if (empty)
		r->done = r->depth == 0;
	else if (r->depth < REPAIR_TRACKED_MAX && r->beyond == 0)
		r->open[r->depth++] = (struct repair_open){name, len};
	else
		r->beyond++;
	return 0;
}

/* --- end tags --- */

/* How many slips of the pen lie between two names, up to 3. */
static unsigned
slips(const char *a, size_t a_len, const char *b, size_t b_len)
{
	unsigned char row[MISSPELT_NAME_BYTES_MAX + 1];

	for (size_t j = 0; j <= b_len; j++)
		row[j] = (unsigned char)j;
	for (size_t i = 1; i <= a_len; i++) {
		unsigned char corner = row[0];

		row[0] = (unsigned char)i;
		for (size_t j = 1; j <= b_len; j++) {
			const unsigned char keep =
				(unsigned char)(corner + ((a[i - 1] | 32) != (b[j - 1] | 32)));
			const unsigned char drop =
				(unsigned char)(1 + (row[j] < row[j - 1] ? row[j] : row[j - 1]));

			corner = row[j];
			row[j] = keep < drop ? keep : drop;
		}
	}
	return row[b_len];
}

/* "</titel>" or "</creator>" for "</title>" and "</dc:creator>". */
static bool
misspelt(struct repair *r, const char *name, size_t len)
{
	const struct repair_open *top = &r->open[r->depth - 1];
	const char *colon = memchr(top->name, ':', top->len);
	const char *name_colon = memchr(name, ':', len);
	const struct repair_open local = {colon ? colon + 1 : top->name,
					  colon ? (size_t)(top->name + top->len - colon - 1)
						: top->len};

	if (r->misspelt >= MISSPELT_MAX || len > MISSPELT_NAME_BYTES_MAX ||
	    top->len > MISSPELT_NAME_BYTES_MAX)
		return false;
	if (name_colon) {
		len -= (size_t)(name_colon + 1 - name);
		name = name_colon + 1;
	}
	r->misspelt++;
	return same_name(&local, name, len) ||
	       (local.len >= 4 && len >= 3 && slips(local.name, local.len, name, len) <= 2);
}

/* Where the end tag's element is among those open: its index + 1, or 0. */
static size_t
find_open(const struct repair *r, const char *name, size_t len)
{
	const size_t top = r->depth > SEARCH_TOP ? r->depth - SEARCH_TOP : 0;

	for (size_t i = r->depth; i > top; i--)
		if (same_name(&r->open[i - 1], name, len))
			return i;
	for (size_t i = top < SEARCH_BOTTOM ? top : SEARCH_BOTTOM; i > 0; i--)
		if (same_name(&r->open[i - 1], name, len))
			return i;
	return 0;
}

static int
end_tag(struct repair *r, const char *lt, struct err *err)
{
	const char *name = lt + 2;
	const char *at = skip(name, r->end, NAME);
	const size_t len = (size_t)(at - name);
	size_t found;

	while (at < r->end && *at != '>' && *at != '<')
		at++;
	r->at = at < r->end && *at == '>' ? at + 1 : at;
	if (r->depth == 0 || len == 0 || is_void(name, len))
		return 0;
	if (r->beyond > 0) {
		r->beyond--;
		return 0;
	}
	found = find_open(r, name, len);
	if (found < r->depth)
		r->mended |= REPAIR_END_TAG;
	if (found == 0 && misspelt(r, name, len))
		found = r->depth;
	while (found > 0 && r->depth >= found)
		if (close_top(r, err) < 0)
			return -1;
	r->done = r->depth == 0;
	return 0;
}

/* --- the pass --- */

/* Finds what ends a comment or the like; where there is none, remembers it in *none, so that a
 * document full of beginnings is not searched to its end for each. */
static const char *
find_end(const struct repair *r, const char *at, const char *what, const char **none)
{
	const size_t len = strlen(what);
	const char *found = NULL;

	if (at < *none)
		found = memmem(at, (size_t)(r->end - at), what, len);
	if (!found)
		*none = at < *none ? at : *none;
	return found ? found + len : NULL;
}

static const char *
behind_gt(const struct repair *r, const char *at)
{
	const char *gt = memchr(at, '>', (size_t)(r->end - at));

	return gt ? gt + 1 : r->end;
}

/* "<!" and "<?": at is at the "<". */
static int
declaration(struct repair *r, const char *lt, struct err *err)
{
	const size_t left = (size_t)(r->end - lt);
	const char *end;

	if (left >= 4 && memcmp(lt, "<!--", 4) == 0) {
		end = find_end(r, lt + 4, "-->", &r->no_comment_end);
	} else if (left >= 9 && strncasecmp(lt, "<![CDATA[", 9) == 0) {
		end = find_end(r, lt + 9, "]]>", &r->no_cdata_end);
		if (!end) {
			r->mended |= REPAIR_UNCLOSED;
			r->at = r->end;
			return put_run(r, lt + 9, r->end, true, err);
		}
		r->at = end;
		return put_run(r, lt + 9, end - 3, true, err);
	} else {
		end = behind_gt(r, lt);
	}
	if (!end)
		r->mended |= REPAIR_UNCLOSED;
	r->at = end ? end : behind_gt(r, lt);
	return 0;
}

/* Text up to the next "<" that begins a tag. */
static int
text(struct repair *r, const char *from, struct err *err)
{
	const char *lt = memchr(from, '<', (size_t)(r->end - from));

	r->at = lt ? lt : r->end;
	if (r->depth <= STRUCTURE_DEPTH && skip(from, r->at, BLANK) == r->at)
		return 0;
	return put_run(r, from, r->at, false, err);
}

static int
piece(struct repair *r, struct err *err)
{
	const char *at = r->at;

	if (*at != '<')
		return text(r, at, err);
	if (at + 1 < r->end && is(at[1], NAME_START))
		return start_tag(r, at, err);
	if (at + 2 < r->end && at[1] == '/' && is(at[2], NAME_START))
		return end_tag(r, at, err);
	if (at + 1 < r->end && (at[1] == '!' || at[1] == '?'))
		return declaration(r, at, err);
	r->mended |= REPAIR_STRAY;
	if (put_run(r, at, at + 1, true, err) < 0)
		return -1;
	r->at = at + 1;
	return 0;
}

/* Whether anything but blanks, comments and instructions is there. */
static bool
has_text(struct repair *r, const char *at)
{
	while ((at = skip(at, r->end, BLANK)) < r->end) {
		if (r->end - at >= 4 && memcmp(at, "<!--", 4) == 0)
			at = find_end(r, at + 4, "-->", &r->no_comment_end);
		else if (r->end - at >= 2 && memcmp(at, "<?", 2) == 0)
			at = behind_gt(r, at);
		else
			return true;
		if (!at)
			return true;
	}
	return false;
}

int
repair_next(struct repair *r, struct err *err)
{
	buf_reset(&r->skeleton);
	if (r->done)
		return 0;
	while (!r->done && r->at < r->end && r->skeleton.len < REPAIR_CHUNK_BYTES)
		if (piece(r, err) < 0)
			return -1;
	if (!r->done && r->at == r->end) {
		if (r->depth > 0) {
			r->mended |= REPAIR_TRUNCATED;
			if (put_run(r, NULL, NULL, true, err) < 0)
				return -1;
		}
		while (r->depth > 0)
			if (close_top(r, err) < 0)
				return -1;
		r->done = true;
	}
	if (r->done && has_text(r, r->at))
		r->mended |= REPAIR_TRAILING;
	return 1;
}
