#include "sink/site_block.h"

#include <string.h>

#include "common/utf8.h"
#include "sink/site_markup.h"
#include "sink/site_plain.h"

static const struct {
	unsigned style;
	const char *open, *close;
} tags[] = {
	{STYLE_STRONG, "<strong>", "</strong>"}, {STYLE_EM, "<em>", "</em>"},
	{STYLE_CODE, "<code>", "</code>"},       {STYLE_SUB, "<sub>", "</sub>"},
	{STYLE_SUP, "<sup>", "</sup>"},
};
enum { TAGS = sizeof(tags) / sizeof(tags[0]) };

void
block_init(struct block *block)
{
	buf_reset(&block->text);
	block->text.max = BLOCK_TEXT_BYTES_MAX;
	block->kind = BLOCK_PARAGRAPH;
	block->place = PLACE_PLAIN;
	block->first_in_item = false;
	block->run_count = 0;
	block->cut = false;
}

void
block_done(struct block *block)
{
	buf_done(&block->text);
}

static char
last_char(const struct block *block)
{
	return block->text.len > 0 ? block->text.data[block->text.len - 1] : '\n';
}

static unsigned
style_of(const struct block *block)
{
	return block->run_count > 0 ? block->runs[block->run_count - 1].style : 0;
}

static void
set_style(struct block *block, unsigned style)
{
	if (style_of(block) == style || block->run_count == BLOCK_RUNS_MAX)
		return;
	block->runs[block->run_count].from = block->text.len;
	block->runs[block->run_count++].style = style;
}

void
block_add(struct block *block, uint32_t cp, unsigned style)
{
	char put[UTF8_BYTES_MAX];

	if (block->cut)
		return;
	if (plain_is_blank(cp)) {
		if (last_char(block) == ' ' || last_char(block) == '\n')
			return;
		cp = ' ';
		set_style(block, style & style_of(block)); /* between words, not in one */
	} else if (plain_is_unwanted(cp)) {
		return;
	} else {
		set_style(block, style);
	}
	if (buf_add(&block->text, put, utf8_put(cp, put), NULL) < 0)
		block->cut = true;
}

void
block_break_line(struct block *block)
{
	if (block->text.len == 0 || last_char(block) == '\n')
		return;
	(void)block_trim(block);
	(void)buf_addc(&block->text, '\n', NULL);
}

void
block_cut(struct block *block, size_t len)
{
	if (len >= block->text.len)
		return;
	block->text.len = len;
	block->text.data[len] = '\0';
	while (block->run_count > 0 && block->runs[block->run_count - 1].from >= len)
		block->run_count--;
}

bool
block_trim(struct block *block)
{
	size_t len = block->text.len;

	while (len > 0 && (block->text.data[len - 1] == ' ' || block->text.data[len - 1] == '\n'))
		len--;
	block_cut(block, len);
	return len > 0;
}

static void
change_style(struct buf *out, unsigned from, unsigned to)
{
	if (from == to)
		return;
	for (size_t i = TAGS; i-- > 0;)
		if (from & tags[i].style)
			markup_raw(out, tags[i].close);
	for (size_t i = 0; i < TAGS; i++)
		if (to & tags[i].style)
			markup_raw(out, tags[i].open);
}

static void
write_lines(struct buf *out, const char *s, size_t len)
{
	const char *const end = s + len;

	for (;;) {
		const char *const line = memchr(s, '\n', (size_t)(end - s));

		if (!line)
			break;
		markup_text(out, s, (size_t)(line - s));
		markup_raw(out, "<br>");
		s = line + 1;
	}
	markup_text(out, s, (size_t)(end - s));
}

void
block_write(const struct block *block, struct buf *out)
{
	size_t at = 0;
	unsigned style = 0;

	for (size_t i = 0; i <= block->run_count; i++) {
		const bool last = i == block->run_count;
		const size_t to = last ? block->text.len : block->runs[i].from;
		const unsigned next = last ? 0 : block->runs[i].style;

		if (to > at)
			write_lines(out, block->text.data + at, to - at);
		at = to;
		change_style(out, style, next);
		style = next;
	}
}
