#include "sink/site_excerpt.h"

#include <stdlib.h>
#include <string.h>

#include "common/url.h"
#include "common/utf8.h"
#include "sink/site_block.h"
#include "sink/site_boilerplate.h"
#include "sink/site_markup.h"
#include "sink/site_plain.h"
#include "sink/site_scan.h"

enum {
	PLACES_MAX = 32,       /* nested lists and quotations; deeper ones count as the last */
	IMAGE_PIXELS_MIN = 48, /* smaller ones are counters, icons, smileys */
	IMAGE_URL_BYTES_MAX = 2048,
	TORN_CHARS_MIN = 150, /* a text of this length without an end was cut by its publisher */
	BLOCK_CHARS_MIN = 40, /* fewer characters of a next paragraph are not worth its beginning */
};

/* What an element means for an excerpt. Elements not named here are transparent. */
enum meaning {
	MEANS_BLOCK,
	MEANS_HEADING,
	MEANS_QUOTE,
	MEANS_BULLETS,
	MEANS_NUMBERS,
	MEANS_ITEM,
	MEANS_STYLE,
	MEANS_BREAK,
	MEANS_IMAGE,
	MEANS_FIGURE,
	MEANS_CAPTION,
	MEANS_NOTHING, /* with all that it holds */
};

struct element {
	const char *name;
	enum meaning meaning;
	unsigned style;
};

/* In the order of strcmp. */
static const struct element elements[] = {
	{"address", MEANS_BLOCK, 0},
	{"article", MEANS_BLOCK, 0},
	{"aside", MEANS_NOTHING, 0},
	{"audio", MEANS_NOTHING, 0},
	{"b", MEANS_STYLE, STYLE_STRONG},
	{"blockquote", MEANS_QUOTE, 0},
	{"br", MEANS_BREAK, 0},
	{"button", MEANS_NOTHING, 0},
	{"caption", MEANS_NOTHING, 0},
	{"cite", MEANS_STYLE, STYLE_EM},
	{"code", MEANS_STYLE, STYLE_CODE},
	{"dd", MEANS_BLOCK, 0},
	{"details", MEANS_NOTHING, 0},
	{"dfn", MEANS_STYLE, STYLE_EM},
	{"div", MEANS_BLOCK, 0},
	{"dl", MEANS_BLOCK, 0},
	{"dt", MEANS_BLOCK, 0},
	{"em", MEANS_STYLE, STYLE_EM},
	{"figcaption", MEANS_CAPTION, 0},
	{"figure", MEANS_FIGURE, 0},
	{"footer", MEANS_NOTHING, 0},
	{"form", MEANS_NOTHING, 0},
	{"h1", MEANS_HEADING, 0},
	{"h2", MEANS_HEADING, 0},
	{"h3", MEANS_HEADING, 0},
	{"h4", MEANS_HEADING, 0},
	{"h5", MEANS_HEADING, 0},
	{"h6", MEANS_HEADING, 0},
	{"header", MEANS_BLOCK, 0},
	{"hr", MEANS_BLOCK, 0},
	{"i", MEANS_STYLE, STYLE_EM},
	{"iframe", MEANS_NOTHING, 0},
	{"img", MEANS_IMAGE, 0},
	{"kbd", MEANS_STYLE, STYLE_CODE},
	{"li", MEANS_ITEM, 0},
	{"math", MEANS_NOTHING, 0},
	{"noscript", MEANS_NOTHING, 0},
	{"object", MEANS_NOTHING, 0},
	{"ol", MEANS_NUMBERS, 0},
	{"p", MEANS_BLOCK, 0},
	{"pre", MEANS_NOTHING, 0},
	{"rp", MEANS_NOTHING, 0},
	{"rt", MEANS_NOTHING, 0},
	{"samp", MEANS_STYLE, STYLE_CODE},
	{"script", MEANS_NOTHING, 0},
	{"section", MEANS_BLOCK, 0},
	{"select", MEANS_NOTHING, 0},
	{"strong", MEANS_STYLE, STYLE_STRONG},
	{"style", MEANS_NOTHING, 0},
	{"sub", MEANS_STYLE, STYLE_SUB},
	{"sup", MEANS_STYLE, STYLE_SUP},
	{"svg", MEANS_NOTHING, 0},
	{"table", MEANS_NOTHING, 0},
	{"template", MEANS_NOTHING, 0},
	{"textarea", MEANS_NOTHING, 0},
	{"title", MEANS_NOTHING, 0},
	{"tt", MEANS_STYLE, STYLE_CODE},
	{"ul", MEANS_BULLETS, 0},
	{"var", MEANS_STYLE, STYLE_EM},
	{"video", MEANS_NOTHING, 0},
};

struct making {
	struct excerpt *excerpt;
	const char *title;
	size_t max_chars;

	struct block blocks[2];
	struct block *now, *held; /* being read; read, but not written yet. held may be NULL */
	unsigned style[5];        /* how many open elements give each style */

	enum block_place places[PLACES_MAX];
	size_t depth;  /* of places */
	bool new_item; /* the next text begins a list item */
	int breaks;    /* line breaks since the last text */

	const char *skipping; /* the element whose content is left out, NULL when none */
	size_t skip_depth;
	bool heading, caption;
	bool in_figure, figure_shown; /* the image that is shown is of this figure */

	enum block_place open_place; /* what html has open */
	bool open_item;
	bool full; /* no more text is taken */
};

static int
element_compare(const void *name, const void *element)
{
	return strcmp(name, ((const struct element *)element)->name);
}

static const struct element *
element_find(const char *name)
{
	return bsearch(name, elements, sizeof(elements) / sizeof(elements[0]), sizeof(elements[0]),
		       element_compare);
}

static void
open_place(struct making *m, enum block_place place, bool first_in_item)
{
	struct buf *const out = &m->excerpt->html;
	static const char *const opens[] = {"", "<blockquote>", "<ul>", "<ol>"};
	static const char *const closes[] = {"", "</blockquote>", "</ul>", "</ol>"};

	if (m->open_item && (place != m->open_place || first_in_item)) {
		markup_raw(out, "</li>");
		m->open_item = false;
	}
	if (place != m->open_place) {
		markup_raw(out, closes[m->open_place]);
		markup_raw(out, opens[place]);
		m->open_place = place;
	}
	if (place >= PLACE_BULLETS) {
		markup_raw(out, m->open_item ? "<br>" : "<li>");
		m->open_item = true;
	}
}

/* Writes the block that is held; goes_on: the article does, though no more of it is shown. */
static void
write_held(struct making *m, bool goes_on)
{
	struct block *const block = m->held;
	struct buf *const out = &m->excerpt->html;
	const bool list = block && block->place >= PLACE_BULLETS;

	m->held = NULL;
	if (!block || (goes_on && block->kind == BLOCK_HEADING))
		return;
	open_place(m, block->place, block->first_in_item);
	markup_raw(out, list ? "" : "<p>");
	if (block->kind == BLOCK_HEADING && !list)
		markup_raw(out, "<strong>");
	block_write(block, out);
	if (goes_on &&
	    !(block->text.len >= 3 && memcmp(block->text.data + block->text.len - 3, "…", 3) == 0))
		markup_raw(out, plain_is_sentence(block->text.data, block->text.len) ? " …" : "…");
	if (block->kind == BLOCK_HEADING && !list)
		markup_raw(out, "</strong>");
	markup_raw(out, list ? "" : "</p>");
}

static bool
repeats_title(const struct making *m, const struct block *block)
{
	return m->title && m->excerpt->chars == 0 &&
	       strcasecmp(buf_str(&block->text), m->title) == 0;
}

/* The paragraph that was being read is whole. */
static void
end_block(struct making *m)
{
	struct block *const block = m->now;
	struct excerpt *const excerpt = m->excerpt;
	const size_t left = m->max_chars - excerpt->chars;
	size_t chars;

	m->breaks = 0;
	if (!block_trim(block) || m->full) {
		block_init(block);
		return;
	}
	if (boilerplate_drop(block))
		(void)block_trim(block);
	if (block->text.len == 0 || repeats_title(m, block)) {
		block_init(block);
		return;
	}
	chars = plain_chars(block->text.data, block->text.len);
	if (chars > left && excerpt->chars > 0 && left < BLOCK_CHARS_MIN) {
		write_held(m, true);
		excerpt->cut = m->full = true;
		return;
	}
	write_held(m, false);
	if (chars > left || block->cut) {
		block_cut(block, plain_cut(block->text.data, block->text.len, left));
		(void)block_trim(block);
		excerpt->cut = m->full = true;
		chars = plain_chars(block->text.data, block->text.len);
	}
	excerpt->chars += chars;
	m->held = block;
	m->now = block == &m->blocks[0] ? &m->blocks[1] : &m->blocks[0];
	block_init(m->now);
}

/* The last block: what the publisher cut is mended. */
static void
end_text(struct making *m)
{
	struct excerpt *const excerpt = m->excerpt;
	struct block *block;

	end_block(m);
	block = m->held;
	if (block && !m->full) {
		if (boilerplate_drop_ellipsis(block)) {
			excerpt->cut = true;
		} else if (block->kind == BLOCK_PARAGRAPH && block->place < PLACE_BULLETS &&
			   excerpt->chars >= TORN_CHARS_MIN &&
			   !plain_is_sentence(block->text.data, block->text.len)) {
			/* Its last word may be half a word. */
			const size_t len = plain_drop_word(block->text.data, block->text.len);

			if (len > 0)
				block_cut(block, len);
			excerpt->cut = true;
		}
	}
	if (m->held)
		write_held(m, excerpt->cut);
	open_place(m, PLACE_PLAIN, false);
}

static unsigned
style_now(const struct making *m)
{
	unsigned style = 0;

	for (size_t i = 0; i < sizeof(m->style) / sizeof(m->style[0]); i++)
		if (m->style[i] > 0)
			style |= 1U << i;
	return style;
}

static void
take_text(struct making *m, struct bytes text)
{
	const char *at = text.data;
	const char *const end = at + text.len;
	const unsigned style = style_now(m);

	if (m->full)
		return;
	while (at < end) {
		const uint32_t cp = scan_char(&at, end);

		if (m->now->text.len == 0) {
			if (plain_is_blank(cp))
				continue;
			m->now->kind = m->heading ? BLOCK_HEADING : BLOCK_PARAGRAPH;
			m->now->place = m->depth > 0 ? m->places[m->depth - 1] : PLACE_PLAIN;
			m->now->first_in_item = m->new_item;
			m->new_item = false;
		}
		if (!plain_is_blank(cp))
			m->breaks = 0;
		block_add(m->now, cp, style);
	}
}

static void
take_caption(struct making *m, struct bytes text)
{
	const char *at = text.data;
	const char *const end = at + text.len;

	/* Read as plain text here, made one line when the caption ends. */
	while (m->figure_shown && at < end) {
		char put[UTF8_BYTES_MAX];
		const size_t len = utf8_put(scan_char(&at, end), put);

		(void)buf_add(&m->excerpt->caption, put, len, NULL);
	}
}

bool
excerpt_image_url(const char *url, size_t len, struct buf *out)
{
	struct url parts;

	if (len > IMAGE_URL_BYTES_MAX || !utf8_valid(url, len) || !url_is_http(url, len))
		return false;
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)url[i] <= ' ')
			return false;
	if (strncasecmp(url, "http:", 5) == 0) {
		url_split(url, len, &parts);
		if (parts.port.len > 0) /* where it listens for TLS nobody knows */
			return false;
		(void)buf_adds(out, "https", NULL);
		url += 4;
		len -= 4;
	}
	return buf_add(out, url, len, NULL) == 0;
}

static int64_t
attribute_int(const struct scan_token *tag, const char *name)
{
	SCOPED(buf_done) struct buf text = buf_init(32);

	return scan_attribute(tag, name, &text) ? strtol(buf_str(&text), NULL, 10) : 0;
}

static void
take_image(struct making *m, const struct scan_token *tag)
{
	struct excerpt *const excerpt = m->excerpt;
	const int64_t width = attribute_int(tag, "width");
	const int64_t height = attribute_int(tag, "height");
	SCOPED(buf_done) struct buf text = buf_init(64 * 1024);

	if (excerpt->image.len > 0 || (width > 0 && width < IMAGE_PIXELS_MIN) ||
	    (height > 0 && height < IMAGE_PIXELS_MIN) || !scan_attribute(tag, "src", &text) ||
	    strstr(buf_str(&text), "/core/emoji/") || strstr(buf_str(&text), "/stat?event="))
		return;
	if (!excerpt_image_url(buf_str(&text), text.len, &excerpt->image))
		return;
	if (width > 0 && width <= 20000 && height > 0 && height <= 20000) {
		excerpt->image_width = width;
		excerpt->image_height = height;
	}
	buf_reset(&text);
	if (scan_attribute(tag, "alt", &text))
		plain_line(&excerpt->alt, buf_str(&text), text.len, EXCERPT_CAPTION_CHARS_MAX);
	m->figure_shown = m->in_figure;
}

static void
enter(struct making *m, enum block_place place)
{
	if (m->depth < PLACES_MAX)
		m->places[m->depth] = place;
	m->depth += m->depth < PLACES_MAX;
}

/* Closing what is not open changes nothing. */
static void
leave(struct making *m, enum block_place place)
{
	if (m->depth > 0 && m->places[m->depth - 1] == place)
		m->depth--;
}

static void
take_tag(struct making *m, const struct scan_token *tag)
{
	const struct element *const element = element_find(tag->name);
	const bool opens = tag->kind == SCAN_OPEN;

	if (!element)
		return;
	switch (element->meaning) {
	case MEANS_STYLE:
		for (size_t i = 0; i < sizeof(m->style) / sizeof(m->style[0]); i++) {
			if (!(element->style & 1U << i))
				continue;
			if (opens)
				m->style[i]++;
			else if (m->style[i] > 0)
				m->style[i]--;
		}
		return;
	case MEANS_IMAGE:
		take_image(m, tag);
		return;
	case MEANS_BREAK:
		if (++m->breaks > 1)
			end_block(m); /* an empty line is a paragraph's end */
		else
			block_break_line(m->now);
		return;
	case MEANS_NOTHING:
		if (opens) {
			m->skipping = element->name;
			m->skip_depth = 1;
		}
		break;
	case MEANS_QUOTE:
	case MEANS_BULLETS:
	case MEANS_NUMBERS: {
		const enum block_place place = element->meaning == MEANS_QUOTE     ? PLACE_QUOTE
					       : element->meaning == MEANS_BULLETS ? PLACE_BULLETS
										   : PLACE_NUMBERS;
		end_block(m);
		if (opens)
			enter(m, place);
		else
			leave(m, place);
		return;
	}
	case MEANS_ITEM:
		end_block(m);
		m->new_item = opens;
		return;
	case MEANS_HEADING:
		end_block(m);
		m->heading = opens;
		return;
	case MEANS_FIGURE:
		m->in_figure = opens;
		m->figure_shown = m->figure_shown && opens;
		break;
	case MEANS_CAPTION:
		m->caption = opens;
		break;
	case MEANS_BLOCK:
		break;
	}
	end_block(m);
	memset(m->style, 0, sizeof(m->style)); /* no style outlives a paragraph */
}

/* Whether the token lies in an element that is left out. */
static bool
is_skipped(struct making *m, const struct scan_token *token)
{
	if (!m->skipping)
		return false;
	if (token->kind != SCAN_TEXT && strcmp(token->name, m->skipping) == 0) {
		m->skip_depth += token->kind == SCAN_OPEN ? 1 : (size_t)-1;
		if (m->skip_depth == 0)
			m->skipping = NULL;
	}
	return true;
}

void
excerpt_init(struct excerpt *excerpt)
{
	*excerpt = (struct excerpt){
		.html = buf_init(EXCERPT_HTML_BYTES_MAX),
		.image = buf_init(IMAGE_URL_BYTES_MAX + 8),
		.alt = buf_init(4096),
		.caption = buf_init(64 * 1024),
	};
}

void
excerpt_done(struct excerpt *excerpt)
{
	buf_done(&excerpt->html);
	buf_done(&excerpt->image);
	buf_done(&excerpt->alt);
	buf_done(&excerpt->caption);
}

void
excerpt_clear(struct excerpt *excerpt)
{
	buf_reset(&excerpt->html);
	buf_reset(&excerpt->image);
	buf_reset(&excerpt->alt);
	buf_reset(&excerpt->caption);
	excerpt->chars = 0;
	excerpt->cut = false;
	excerpt->image_width = excerpt->image_height = 0;
}

static int
caption_line(struct excerpt *excerpt, struct err *err)
{
	SCOPED(buf_done) struct buf raw = excerpt->caption;

	excerpt->caption = buf_init(raw.max);
	plain_line(&excerpt->caption, buf_str(&raw), raw.len, EXCERPT_CAPTION_CHARS_MAX);
	return buf_failed(&excerpt->caption, err);
}

int
excerpt_make(struct excerpt *excerpt, const char *html, const char *title, size_t max_chars,
	     struct err *err)
{
	const size_t len = strnlen(html, EXCERPT_SCAN_BYTES_MAX);
	struct scan scan = scan_over(html, len);
	struct scan_token token;
	struct making m = {
		.excerpt = excerpt,
		.title = title,
		.max_chars = max_chars < EXCERPT_CHARS_MAX ? max_chars : EXCERPT_CHARS_MAX,
		.full = max_chars == 0,
	};

	excerpt->cut = html[len] != '\0';
	m.now = &m.blocks[0];
	block_init(&m.blocks[0]);
	block_init(&m.blocks[1]);
	for (;;) {
		scan_next(&scan, &token);
		if (token.kind == SCAN_END || (m.full && excerpt->image.len > 0 && !m.in_figure))
			break;
		if (is_skipped(&m, &token))
			continue;
		if (token.kind != SCAN_TEXT)
			take_tag(&m, &token);
		else if (m.caption)
			take_caption(&m, token.text);
		else
			take_text(&m, token.text);
	}
	end_text(&m);
	block_done(&m.blocks[0]);
	block_done(&m.blocks[1]);
	return buf_failed(&excerpt->html, err) < 0 ? -1 : caption_line(excerpt, err);
}
