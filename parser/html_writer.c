#include "parser/html_writer.h"

#include <string.h>
#include <strings.h>

#include "common/url.h"
#include "parser/html_escape.h"
#include "parser/html_policy.h"

enum {
	GROWTH_FACTOR = 6,
	GROWTH_BYTES = 32 * 1024,
};

struct html_writer
html_writer_init(struct buf *out, const struct html_tokens *in, const char *base_url)
{
	return (struct html_writer){
		.out = out,
		.out_start = out->len,
		.base_url = base_url && *base_url ? base_url : NULL,
		.in = in,
		.in_start = in->at,
		.value = buf_init(HTML_DATA_IMAGE_BYTES_MAX),
		.url = buf_init(HTML_DATA_IMAGE_BYTES_MAX),
		.list = buf_init(HTML_VALUE_BYTES_MAX),
		.last = buf_init(HTML_DATA_IMAGE_BYTES_MAX),
	};
}

void
html_writer_done(struct html_writer *w)
{
	buf_done(&w->value);
	buf_done(&w->url);
	buf_done(&w->list);
	buf_done(&w->last);
}

bool
html_may_grow(const struct html_writer *w)
{
	const size_t read = (size_t)(w->in->at - w->in_start);

	return w->out->len - w->out_start <= GROWTH_FACTOR * read + GROWTH_BYTES;
}

struct bytes
html_decoded(struct html_writer *w, const struct bytes *value)
{
	if (value->len == 0 || !memchr(value->data, '&', value->len))
		return value->data ? *value : (struct bytes){"", 0};
	buf_reset(&w->value);
	html_write(&w->value, value->data, value->len, HTML_DECODE | HTML_ATTRIBUTE | HTML_PLAIN);
	return (struct bytes){buf_str(&w->value), w->value.len};
}

static bool
has_scheme(struct bytes url, const char *const *schemes)
{
	const char *colon = url.len > 0 ? memchr(url.data, ':', url.len) : NULL;
	const size_t len = colon ? (size_t)(colon - (const char *)url.data) : 0;

	for (; *schemes; schemes++)
		if (strlen(*schemes) == len && strncasecmp(*schemes, url.data, len) == 0)
			return true;
	return false;
}

static bool
is_blank(struct bytes s)
{
	for (size_t i = 0; i < s.len; i++)
		if (((const unsigned char *)s.data)[i] > ' ')
			return false;
	return true;
}

bool
html_accept_url(struct html_writer *w, const struct bytes *value, const char *const *schemes)
{
	struct bytes s;

	if (!value || value->len > HTML_VALUE_BYTES_MAX || !html_may_grow(w))
		return false;
	s = html_decoded(w, value);
	buf_reset(&w->url);
	/* An empty reference is the page itself, which is no image. */
	if (is_blank(s) && schemes == html_media_schemes)
		return false;
	return url_resolve(w->base_url, s.data, s.len, &w->url, NULL) == 0 &&
	       has_scheme(buf_bytes(&w->url), schemes);
}
