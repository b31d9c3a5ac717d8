#include "parser/html_image.h"

#include <string.h>
#include <strings.h>

#include "common/url.h"
#include "parser/html_escape.h"
#include "parser/html_value.h"

/* Where lazy pages keep what src is to become. */
static const enum html_attribute_name lazy_sources[] = {HTML_ATTR_DATA_SRC, HTML_ATTR_DATA_LAZY_SRC,
							HTML_ATTR_DATA_ORIGINAL};
static const enum html_attribute_name lazy_srcsets[] = {HTML_ATTR_DATA_SRCSET,
							HTML_ATTR_DATA_LAZY_SRCSET};

/* Hosts, with all below them, and the beginning of the path. */
static const struct {
	const char *host;
	const char *path;
} trackers[] = {
	{"2o7.net", ""},
	{"b.scorecardresearch.com", ""},
	{"doubleclick.net", ""},
	{"facebook.com", "/tr"},
	{"feedburner.com", "/~r/"},
	{"feedburner.com", "/~ff/"},
	{"feedsportal.com", ""},
	{"google-analytics.com", ""},
	{"googletagmanager.com", ""},
	{"medium.com", "/_/stat"},
	{"pixel.quantserve.com", ""},
	{"pixel.wp.com", ""},
	{"stats.wordpress.com", ""},
	{"tracking.feedpress.com", ""},
	{"tracking.feedpress.it", ""},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static bool
is_within(struct bytes host, const char *domain)
{
	const size_t len = strlen(domain);
	const char *tail;

	if (host.len < len)
		return false;
	tail = (const char *)host.data + host.len - len;
	return strncasecmp(tail, domain, len) == 0 && (host.len == len || tail[-1] == '.');
}

bool
html_is_tracker(struct bytes url)
{
	struct url parts;

	url_split(url.data, url.len, &parts);
	for (size_t i = 0; i < COUNT(trackers); i++) {
		const size_t len = strlen(trackers[i].path);

		if (is_within(parts.host, trackers[i].host) && parts.path.len >= len &&
		    (len == 0 || memcmp(parts.path.data, trackers[i].path, len) == 0))
			return true;
	}
	return false;
}

/* Size. */

static bool
is_name(const char *p, const char *end, const char *name)
{
	while (p < end && (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r'))
		p++;
	while (end > p && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\n' || end[-1] == '\r'))
		end--;
	return html_name_is(p, (size_t)(end - p), name);
}

/* Whether one declaration of a style makes its element invisible. */
static bool
declaration_hides(const char *p, const char *end)
{
	const char *colon = p < end ? memchr(p, ':', (size_t)(end - p)) : NULL;
	struct bytes value;
	long number;

	if (!colon)
		return false;
	value = (struct bytes){colon + 1, (size_t)(end - colon - 1)};
	if (is_name(p, colon, "display"))
		return is_name(value.data, end, "none");
	if (is_name(p, colon, "visibility"))
		return is_name(value.data, end, "hidden");
	if (!is_name(p, colon, "width") && !is_name(p, colon, "height"))
		return false;
	number = html_number(&value);
	return number >= 0 && number <= 1;
}

static bool
style_hides(const struct bytes *style)
{
	const char *p = style->data;
	const char *end = p + style->len;

	while (p < end) {
		const char *semicolon = memchr(p, ';', (size_t)(end - p));

		if (declaration_hides(p, semicolon ? semicolon : end))
			return true;
		p = semicolon ? semicolon + 1 : end;
	}
	return false;
}

bool
html_is_pixel(const struct html_values *values)
{
	const struct bytes *style = values->at[HTML_ATTR_STYLE];
	const long width = html_number(values->at[HTML_ATTR_WIDTH]);
	const long height = html_number(values->at[HTML_ATTR_HEIGHT]);

	return (width >= 0 && width <= 1) || (height >= 0 && height <= 1) ||
	       (style && style->data && style_hides(style));
}

/* Images in data: URLs. */

/* Copies base64 to w->url without its blanks; false where it is none. */
static bool
copy_base64(struct html_writer *w, const char *p, const char *end)
{
	while (p < end) {
		const char *run = p;

		while (p < end && ((*p >= '0' && *p <= '9') || *p == '+' || *p == '/' ||
				   *p == '=' || ((*p | 0x20) >= 'a' && (*p | 0x20) <= 'z')))
			p++;
		if (buf_add(&w->url, run, (size_t)(p - run), NULL) < 0)
			return false;
		while (p < end && (*p == ' ' || (*p >= '\t' && *p <= '\r')))
			p++;
		if (p < end && p == run)
			return false;
	}
	return true;
}

/* Accepts a raster image in a data: URL into w->url. A GIF of one pixel is none. */
static bool
accept_data_image(struct html_writer *w, const struct bytes *value)
{
	static const char *const types[] = {"png", "gif", "jpeg", "webp", "avif"};
	static const char pixel[] = "R0lGODlhAQAB";
	struct bytes s = *value;
	const char *p, *end;

	if (s.len == 0 || !html_may_grow(w))
		return false;
	if (memchr(s.data, '&', s.len)) {
		buf_reset(&w->value);
		html_write(&w->value, s.data, s.len, HTML_DECODE | HTML_ATTRIBUTE | HTML_PLAIN);
		s = buf_bytes(&w->value);
	}
	p = s.data;
	end = p + s.len;
	while (p < end && (unsigned char)*p <= ' ')
		p++;
	for (size_t i = 0; i < COUNT(types); i++) {
		buf_reset(&w->url);
		if (buf_addf(&w->url, NULL, "data:image/%s;base64,", types[i]) < 0)
			return false;
		if ((size_t)(end - p) < w->url.len || strncasecmp(p, w->url.data, w->url.len) != 0)
			continue;
		p += w->url.len;
		if ((size_t)(end - p) >= sizeof(pixel) - 1 &&
		    memcmp(p, pixel, sizeof(pixel) - 1) == 0)
			return false;
		return copy_base64(w, p, end);
	}
	return false;
}

/* Img. */

/* Accepts the source into w->url; tells whether a lazy attribute had it. */
static bool
accept_source(struct html_writer *w, const struct html_values *values, bool *lazy_out)
{
	const struct bytes *src = values->at[HTML_ATTR_SRC];

	for (size_t i = 0; i < COUNT(lazy_sources); i++) {
		*lazy_out = true;
		if (html_accept_url(w, values->at[lazy_sources[i]], html_media_schemes))
			return true;
	}
	*lazy_out = false;
	if (!src || !src->data)
		return false;
	return html_accept_url(w, src, html_media_schemes) || accept_data_image(w, src);
}

/* Neither counted nor, where it may be a copy, the last one again. */
static bool
is_wanted(const struct html_writer *w, bool may_be_copy)
{
	if (html_is_tracker(buf_bytes(&w->url)))
		return false;
	return !may_be_copy || w->url.len != w->last.len ||
	       memcmp(w->url.data, w->last.data, w->url.len) != 0;
}

/* An image that never had a source, as some publishers write it, for its text or by mistake. One
 * whose source was refused is not kept: its text would name a picture that is not there. */
static bool
write_sourceless(struct html_writer *w, const struct html_values *values)
{
	static const struct html_rule rule = {HTML_ATTR_ALT, HTML_TEXT_VALUE, NULL};

	if (values->at[HTML_ATTR_SRC] || values->at[HTML_ATTR_SRCSET])
		return false;
	for (size_t i = 0; i < COUNT(lazy_sources); i++)
		if (values->at[lazy_sources[i]])
			return false;
	for (size_t i = 0; i < COUNT(lazy_srcsets); i++)
		if (values->at[lazy_srcsets[i]])
			return false;
	(void)buf_adds(w->out, "<img", NULL);
	html_write_by_rule(w, &rule, values);
	(void)buf_addc(w->out, '>', NULL);
	return true;
}

bool
html_write_image(struct html_writer *w, const struct html_values *values, bool in_noscript)
{
	static const struct html_rule rule = {HTML_ATTR_SRCSET, HTML_SRCSET, NULL};
	struct html_values all = *values;
	bool lazy = false;

	for (size_t i = 0; i < COUNT(lazy_srcsets); i++)
		if (values->at[lazy_srcsets[i]])
			all.at[HTML_ATTR_SRCSET] = values->at[lazy_srcsets[i]];
	if (html_is_pixel(values))
		return false;
	if (!accept_source(w, values, &lazy) && !html_accept_srcset(w, all.at[HTML_ATTR_SRCSET]))
		return write_sourceless(w, values);
	if (!is_wanted(w, in_noscript || lazy))
		return false;
	(void)buf_adds(w->out, "<img", NULL);
	html_write_attribute(w, HTML_ATTR_SRC, buf_bytes(&w->url));
	buf_reset(&w->last);
	(void)buf_add(&w->last, w->url.data, w->url.len, NULL);
	html_write_by_rule(w, &rule, &all);
	html_write_attributes(w, &html_elements[HTML_IMG], values);
	(void)buf_addc(w->out, '>', NULL);
	return true;
}
