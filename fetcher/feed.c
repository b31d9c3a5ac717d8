#include "fetcher/feed.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/digest.h"
#include "common/url.h"

static const char not_http[] = "a feed's URL begins with http:// or https://";

void
feed_done(struct feed *f)
{
	free(f->archive_of);
	free(f->url);
	free(f->userinfo);
	free(f->title);
	free(f->category);
	free(f->target_url);
	free(f->moved_url);
	free(f->etag);
	free(f->last_modified);
	free(f->validators_url);
	free(f->error);
	*f = (struct feed){.due_s = 0};
}

int
feed_set_n(char **field, const char *text, size_t len, struct err *err)
{
	char *copy = NULL;

	if (text && len > 0) {
		copy = strndup(text, len);
		if (!copy)
			return err_sys(err, "feed");
	}
	free(*field);
	*field = copy;
	return 0;
}

int
feed_set(char **field, const char *text, struct err *err)
{
	return feed_set_n(field, text, text ? strlen(text) : 0, err);
}

static int
hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int
add_decoded(struct buf *out, struct bytes text, struct err *err)
{
	const char *s = text.data;

	for (size_t i = 0; i < text.len; i++) {
		char c = s[i];

		if (c == '%' && i + 2 < text.len && hex(s[i + 1]) >= 0 && hex(s[i + 2]) >= 0) {
			c = (char)(hex(s[i + 1]) * 16 + hex(s[i + 2]));
			i += 2;
		}
		if (c == '\0' || c == '\r' || c == '\n')
			return err_set(err, ERR_REJECT, "a control character in the credentials");
		if (buf_addc(out, c, err) < 0)
			return -1;
	}
	return 0;
}

int
feed_url(const char *spelt, struct buf *url_out, struct buf *userinfo_out, struct err *err)
{
	SCOPED(buf_done) struct buf whole = buf_init(URL_MAX_BYTES);
	struct url parts;
	size_t start = url_out->len;

	/* "feed://host/x" and "feed:https://host/x", as some programs write it. */
	spelt += strspn(spelt, " \t\r\n");
	if (strncasecmp(spelt, "feed://", 7) == 0) {
		if (buf_adds(&whole, "http:", err) < 0 || buf_adds(&whole, spelt + 5, err) < 0)
			return -1;
		return feed_url(buf_str(&whole), url_out, userinfo_out, err);
	}
	if (strncasecmp(spelt, "feed:", 5) == 0)
		spelt += 5;
	if (!strchr(spelt, ':'))
		return err_set(err, ERR_REJECT, "%s", not_http);
	if (url_resolve(NULL, spelt, strlen(spelt), &whole, err) < 0)
		return -1;
	if (!url_is_http(buf_str(&whole), whole.len))
		return err_set(err, ERR_REJECT, "%s", not_http);
	url_split(buf_str(&whole), whole.len, &parts);
	if (parts.userinfo.len > 0 && add_decoded(userinfo_out, parts.userinfo, err) < 0)
		return -1;
	if (parts.fragment.data)
		whole.len = (size_t)((const char *)parts.fragment.data - whole.data) - 1;
	if (url_without_credentials(buf_str(&whole), whole.len, url_out, err) < 0) {
		url_out->len = start;
		return -1;
	}
	return 0;
}

int
feed_id(const char *url, char id_out[FEED_ID_HEX + 1], struct err *err)
{
	unsigned char sum[DIGEST_BYTES];
	SCOPED(digest_free) struct digest *d = digest_new();

	if (!d)
		return err_set(err, ERR_RETRY, "out of memory");
	digest_begin(d);
	digest_add(d, url, strlen(url));
	digest_end(d, sum);
	digest_hex(sum, FEED_ID_HEX / 2, id_out);
	return 0;
}

const char *
feed_start_url(const struct feed *feed)
{
	return feed->target_url ? feed->target_url : feed->url;
}

static bool
same(struct bytes a, struct bytes b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

bool
feed_same_origin(const char *url, const char *other)
{
	struct url a, b;

	url_split(url, strlen(url), &a);
	url_split(other, strlen(other), &b);
	return same(a.scheme, b.scheme) && same(a.host, b.host) && same(a.port, b.port);
}
