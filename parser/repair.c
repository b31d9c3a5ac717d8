#include "parser/repair.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "parser/xmlchar.h"

enum {
	SEARCH_TOP = 128,   /* how deep an end tag is looked for from the innermost element ... */
	SEARCH_BOTTOM = 16, /* ... and from the outermost: the time for a tag is bounded */
	MISSPELT_MAX = 1000,
	MISSPELT_NAME_BYTES_MAX = 32,
	STRUCTURE_DEPTH = 2, /* blanks between tags as far out as this are no text of anything */
};

struct repair *
repair_new(void)
{
	struct repair *r = calloc(1, sizeof(*r));

	if (r) {
		r->skeleton = buf_init(SIZE_MAX / 4);
		r->tag = tag_init(&r->skeleton);
	}
	return r;
}

void
repair_free(struct repair *r)
{
	if (!r)
		return;
	buf_done(&r->skeleton);
	tag_done(&r->tag);
	free(r->runs);
	free(r);
}

void
repair_begin(struct repair *r, const char *text, size_t len, struct entities *entities)
{
	r->at = text;
	r->end = text + len;
	r->tag.entities = entities;
	r->tag.mended = false;
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

/* Start tags. */

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
	if (buf_add(&r->skeleton, "</", 2, err) < 0 ||
	    tag_put_name(&r->skeleton, top->name, top->len, err) < 0)
		return -1;
	return buf_addc(&r->skeleton, '>', err);
}

/* Whether the end tag of that name is next. */
static bool
is_ended(const struct repair *r, const char *name, size_t len)
{
	const char *at = xmlchar_skip(r->at, r->end, XMLCHAR_BLANK);

	return (size_t)(r->end - at) > len + 2 && at[0] == '<' && at[1] == '/' &&
	       memcmp(at + 2, name, len) == 0;
}

/* lt is at "<", followed by a name. */
static int
start_tag(struct repair *r, const char *lt, struct err *err)
{
	const char *name = lt + 1;
	const char *after = xmlchar_skip(name, r->end, XMLCHAR_NAME);
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
	if (!tag_is_name(name, len))
		r->mended |= REPAIR_NAME;
	undo = r->skeleton.len;
	if (buf_addc(&r->skeleton, '<', err) < 0 || tag_put_name(&r->skeleton, name, len, err) < 0)
		return -1;
	if (tag_put_attributes(&r->tag, after, r->end, &end, &empty, err) < 0)
		return -1;
	if (!end) { /* the document ends within the tag */
		r->skeleton.len = undo;
		r->at = r->end;
		return 0;
	}
	r->at = end;
	if (end[-1] != '>') /* the next tag began before this one ended */
		r->mended |= REPAIR_ATTRIBUTE;
	if (!empty && r->depth > STRUCTURE_DEPTH && is_void(name, len)) {
		empty = true;
		if (!is_ended(r, name, len))
			r->mended |= REPAIR_END_TAG;
	}
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

/* End tags. */

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
	const char *at = xmlchar_skip(name, r->end, XMLCHAR_NAME);
	const size_t len = (size_t)(at - name);
	size_t found;

	at = xmlchar_skip(at, r->end, XMLCHAR_BLANK);
	if (at == r->end || *at != '>')
		r->mended |= REPAIR_END_TAG;
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
	if (found < r->depth || memcmp(r->open[found - 1].name, name, len) != 0)
		r->mended |= REPAIR_END_TAG;
	if (found == 0 && misspelt(r, name, len))
		found = r->depth;
	while (found > 0 && r->depth >= found)
		if (close_top(r, err) < 0)
			return -1;
	r->done = r->depth == 0;
	return 0;
}

/* The pass. */

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
		if (memcmp(lt, "<![CDATA[", 9) != 0)
			r->mended |= REPAIR_DECLARATION;
		if (!end) {
			r->mended |= REPAIR_UNCLOSED;
			r->at = r->end;
			return put_run(r, lt + 9, r->end, true, err);
		}
		r->at = end;
		return put_run(r, lt + 9, end - 3, true, err);
	} else {
		end = behind_gt(r, lt);
		if (lt[1] == '!')
			r->mended |= REPAIR_DECLARATION;
		else if (end - lt < 4 || end[-2] != '?')
			r->mended |= REPAIR_UNCLOSED;
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
	if (r->depth <= STRUCTURE_DEPTH && xmlchar_skip(from, r->at, XMLCHAR_BLANK) == r->at)
		return 0;
	return put_run(r, from, r->at, false, err);
}

static int
piece(struct repair *r, struct err *err)
{
	const char *at = r->at;

	if (*at != '<')
		return text(r, at, err);
	if (at + 1 < r->end && xmlchar_is(at[1], XMLCHAR_NAME_START))
		return start_tag(r, at, err);
	if (at + 2 < r->end && at[1] == '/' && xmlchar_is(at[2], XMLCHAR_NAME_START))
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
	while ((at = xmlchar_skip(at, r->end, XMLCHAR_BLANK)) < r->end) {
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
	if (r->tag.mended)
		r->mended |= REPAIR_ATTRIBUTE;
	return 1;
}
