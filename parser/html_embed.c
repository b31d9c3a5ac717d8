#include "parser/html_embed.h"

#include <string.h>

#include "common/ascii.h"
#include "common/utf8.h"
#include "parser/html_escape.h"
#include "parser/html_image.h"

/* Players, and the page of what they play: the id that follows the player's address is put behind
 * the page's. Where something else than an id follows, the address stays as it is. */
static const struct player {
	const char *address; /* without scheme and "www." */
	const char *page;
	const char *unless; /* stands behind the id, or instead of it: no page shows that */
} players[] = {
	{"youtube.com/embed/", "https://www.youtube.com/watch?v=", "videoseries"},
	{"youtube-nocookie.com/embed/", "https://www.youtube.com/watch?v=", "videoseries"},
	{"player.vimeo.com/video/", "https://vimeo.com/", "h="},
	{"dailymotion.com/embed/video/", "https://www.dailymotion.com/video/", NULL},
	{"open.spotify.com/embed/episode/", "https://open.spotify.com/episode/", NULL},
	{"open.spotify.com/embed/track/", "https://open.spotify.com/track/", NULL},
	{"streamable.com/e/", "https://streamable.com/", NULL},
	{"ted.com/talks/embed/", "https://www.ted.com/talks/", NULL},
};

/* Without "https://" and "www.": what a reader would call the address. */
static struct bytes
address(struct bytes url)
{
	static const char www[] = "www.";
	const char *p = url.data;
	const char *end = p + url.len;
	const char *slashes = memmem(p, url.len, "//", 2);

	if (slashes)
		p = slashes + 2;
	if ((size_t)(end - p) > sizeof(www) - 1 && memcmp(p, www, sizeof(www) - 1) == 0)
		p += sizeof(www) - 1;
	return (struct bytes){p, (size_t)(end - p)};
}

static bool
is_id_byte(unsigned char c)
{
	return ascii_is_alpha(c) || ascii_is_digit(c) || c == '-' || c == '_';
}

/* Turns w->url from a player's into the page's. */
static void
lead_to_page(struct html_writer *w)
{
	enum { ID_BYTES_MAX = 128 };
	const struct bytes from = address(buf_bytes(&w->url));
	char id[ID_BYTES_MAX];

	for (size_t i = 0; i < sizeof(players) / sizeof(players[0]); i++) {
		const struct player *player = &players[i];
		const size_t skip = strlen(player->address);
		const char *rest = (const char *)from.data + skip;
		size_t len = 0;

		if (from.len <= skip || memcmp(from.data, player->address, skip) != 0)
			continue;
		while (len < from.len - skip && is_id_byte((unsigned char)rest[len]))
			len++;
		if (len == 0 || len > sizeof(id) ||
		    (len < from.len - skip && !strchr("?&/#", rest[len])) ||
		    (player->unless &&
		     memmem(rest, from.len - skip, player->unless, strlen(player->unless))))
			return;
		memcpy(id, rest, len);
		buf_reset(&w->url);
		(void)buf_adds(&w->url, player->page, NULL);
		(void)buf_add(&w->url, id, len, NULL);
		return;
	}
}

bool
html_accept_embed(struct html_writer *w, const struct html_values *values)
{
	const struct bytes *src = values->at[HTML_ATTR_SRC];

	if (!src)
		src = values->at[HTML_ATTR_DATA];
	if (!src)
		src = values->at[HTML_ATTR_DATA_SRC];
	if (html_is_pixel(values) || !html_accept_url(w, src, html_media_schemes) ||
	    html_is_tracker(buf_bytes(&w->url)))
		return false;
	lead_to_page(w);
	return true;
}

static bool
is_blank(struct bytes text)
{
	const unsigned char *p = text.data;

	for (size_t i = 0; i < text.len; i++)
		if (p[i] > ' ')
			return false;
	return true;
}

/* The address as it is shown: long ones are cut. */
static void
write_address(struct html_writer *w)
{
	enum { SHOWN_BYTES_MAX = 80 };
	const struct bytes text = address(buf_bytes(&w->url));
	const size_t shown = utf8_cut(text.data, text.len, SHOWN_BYTES_MAX);

	html_write(w->out, text.data, shown, 0);
	if (shown < text.len)
		(void)buf_adds(w->out, "\xE2\x80\xA6", NULL);
}

void
html_write_embed(struct html_writer *w, const struct html_values *values)
{
	const struct bytes *title = values->at[HTML_ATTR_TITLE];
	struct bytes text = {"", 0};

	if (title && title->len <= HTML_VALUE_BYTES_MAX)
		text = html_decoded(w, title);
	(void)buf_adds(w->out, "<a", NULL);
	html_write_attribute(w, HTML_ATTR_HREF, buf_bytes(&w->url));
	(void)buf_addc(w->out, '>', NULL);
	if (is_blank(text))
		write_address(w);
	else
		html_write(w->out, text.data, text.len, 0);
	(void)buf_adds(w->out, "</a>", NULL);
}
