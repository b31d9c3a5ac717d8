#include "common/url.h"

#include <arpa/inet.h>
#include <string.h>

#include "common/ascii.h"
#include "common/urlpart.h"

/* The schemes whose URLs have a host, read a backslash as a slash and may be misspelt in all the
 * ways that browsers forgive. */
struct special {
	const char *scheme;
	unsigned long port;
};

static const struct special specials[] = {{"http", 80}, {"https", 443}, {"ftp", 21}};

enum {
	SCHEME_BYTES_MAX = 32,
	NO_PORT = URLPART_PORT_MAX + 1, /* the usual one of a scheme that has none */
};

static bool
is_scheme_byte(unsigned char c)
{
	return ascii_is_alpha(c) || ascii_is_digit(c) || c == '+' || c == '-' || c == '.';
}

static bool
is_dropped(unsigned char c)
{
	return c == '\t' || c == '\n' || c == '\r';
}

static unsigned char
byte_at(struct bytes s, size_t i)
{
	return ((const unsigned char *)s.data)[i];
}

static struct bytes
part(struct bytes s, size_t from, size_t to)
{
	return (struct bytes){(const char *)s.data + from, to - from};
}

static const struct special *
special_of(struct bytes scheme)
{
	for (size_t i = 0; i < sizeof(specials) / sizeof(specials[0]); i++)
		if (ascii_is_word(scheme.data, scheme.len, specials[i].scheme))
			return &specials[i];
	return NULL;
}

/* The length of the scheme before ":", 0 where there is none. */
static size_t
scheme_length(struct bytes s)
{
	size_t n = 0;

	if (s.len == 0 || !ascii_is_alpha(byte_at(s, 0)))
		return 0;
	while (n < s.len && is_scheme_byte(byte_at(s, n)))
		n++;
	return n < s.len && byte_at(s, n) == ':' ? n : 0;
}

static bool
is_slash(unsigned char c, bool special)
{
	return c == '/' || (special && c == '\\');
}

static size_t
slashes(struct bytes s, bool special)
{
	size_t n = 0;

	while (n < s.len && is_slash(byte_at(s, n), special))
		n++;
	return n;
}

/* The offset of c in s, s.len where it is not. */
static size_t
find(struct bytes s, char c)
{
	const char *at = s.len > 0 ? memchr(s.data, c, s.len) : NULL;

	return at ? (size_t)(at - (const char *)s.data) : s.len;
}

static void
split_authority(struct bytes s, struct url *out)
{
	const char *at = s.len > 0 ? memrchr(s.data, '@', s.len) : NULL;
	size_t colon;

	if (at) {
		out->userinfo = part(s, 0, (size_t)(at - (const char *)s.data));
		s = part(s, out->userinfo.len + 1, s.len);
	}
	colon = s.len > 0 && byte_at(s, 0) == '[' ? find(s, ']') : 0;
	colon += find(part(s, colon, s.len), ':');
	out->host = part(s, 0, colon);
	if (colon < s.len)
		out->port = part(s, colon + 1, s.len);
}

/* What follows the scheme. Special URLs have an authority after two slashes or more, and where
 * they are known to be absolute even after fewer. */
static void
split_rest(struct bytes s, bool special, bool absolute, struct url *out)
{
	const size_t hash = find(s, '#');
	size_t mark, lead, end;

	if (hash < s.len)
		out->fragment = part(s, hash + 1, s.len);
	s.len = hash;
	mark = find(s, '?');
	if (mark < s.len)
		out->query = part(s, mark + 1, s.len);
	s.len = mark;
	lead = slashes(s, special);
	if (lead >= 2 || (special && absolute)) {
		s = part(s, special ? lead : 2, s.len);
		for (end = 0; end < s.len && !is_slash(byte_at(s, end), special); end++)
			;
		split_authority(part(s, 0, end), out);
		s = part(s, end, s.len);
	}
	out->path = s;
}

void
url_split(const char *text, size_t len, struct url *out)
{
	struct bytes s = {text ? text : "", len};
	const size_t scheme = scheme_length(s);

	*out = (struct url){0};
	if (scheme > 0) {
		out->scheme = part(s, 0, scheme);
		s = part(s, scheme + 1, s.len);
	}
	split_rest(s, special_of(out->scheme), scheme > 0, out);
}

/* Without C0 controls and blanks at the ends, and without TAB, LF, CR anywhere: borrows from the
 * text, or from copy where something inside had to go. */
static int
clean(const char *text, size_t len, struct buf *copy, struct bytes *out, struct err *err)
{
	struct bytes s = {text ? text : "", text ? len : 0};
	size_t run = 0;

	while (s.len > 0 && byte_at(s, 0) <= ' ')
		s = part(s, 1, s.len);
	while (s.len > 0 && byte_at(s, s.len - 1) <= ' ')
		s.len--;
	while (run < s.len && !is_dropped(byte_at(s, run)))
		run++;
	if (run == s.len) {
		*out = s;
		return 0;
	}
	while (s.len > 0) {
		if (buf_add(copy, s.data, run, err) < 0)
			return -1;
		while (run < s.len && is_dropped(byte_at(s, run)))
			run++;
		s = part(s, run, s.len);
		for (run = 0; run < s.len && !is_dropped(byte_at(s, run));)
			run++;
	}
	*out = (struct bytes){buf_str(copy), copy->len};
	return 0;
}

/* The host of a scheme that we know nothing about (WHATWG, "opaque-host parser"). */
static int
opaque_host(struct buf *out, const struct url *url, struct err *err)
{
	const struct bytes host = url->host;

	if (host.len == 0 && (url->userinfo.data || url->port.data))
		return err_set(err, ERR_REJECT, "no host");
	if (host.len > 0 && byte_at(host, 0) == '[')
		return urlpart_host(out, host, err);
	for (size_t i = 0; i < host.len; i++)
		if (byte_at(host, i) != '\0' && strchr(" <>[\\]^|", byte_at(host, i)))
			return err_set(err, ERR_REJECT, "byte 0x%02x in the host",
				       byte_at(host, i));
	urlpart_encode(out, URLPART_OPAQUE, host);
	return 0;
}

static int
write_authority(struct buf *out, const struct url *url, const struct special *special,
		struct err *err)
{
	(void)buf_adds(out, "//", NULL);
	if (url->userinfo.len > 0) {
		urlpart_encode(out, URLPART_USERINFO, url->userinfo);
		(void)buf_addc(out, '@', NULL);
	}
	if ((special ? urlpart_host(out, url->host, err) : opaque_host(out, url, err)) < 0)
		return -1;
	return urlpart_port(out, url->port, special ? special->port : NO_PORT, err);
}

struct target {
	struct url url;
	struct bytes folder; /* of the base's path, where url.path is relative to it */
	const struct special *special;
	bool verbatim; /* the path is no hierarchy that we know */
};

static int
resolve_relative(const struct url *base, struct bytes ref, struct target *out, struct err *err)
{
	const bool opaque = !base->host.data && slashes(base->path, false) == 0;
	struct url *url = &out->url;

	if (!base->scheme.data)
		return err_set(err, ERR_REJECT, "a relative reference without a base");
	out->special = special_of(base->scheme);
	split_rest(ref, out->special, false, url);
	if (opaque && !out->special && (ref.len == 0 || byte_at(ref, 0) != '#'))
		return err_set(err, ERR_REJECT, "a relative reference to a base without a path");
	url->scheme = base->scheme;
	out->verbatim = !out->special && (url->host.data || url->path.len == 0);
	if (url->host.data)
		return 0;
	url->userinfo = base->userinfo;
	url->host = base->host;
	url->port = base->port;
	if (url->path.len == 0) {
		url->path = base->path;
		if (!url->query.data)
			url->query = base->query;
	} else if (!is_slash(byte_at(url->path, 0), out->special)) {
		size_t end = base->path.len;

		while (end > 0 && !is_slash(byte_at(base->path, end - 1), out->special))
			end--;
		out->folder = part(base->path, 0, end);
	}
	return 0;
}

static int
resolve(struct bytes base, struct bytes ref, struct target *out, struct err *err)
{
	const size_t scheme = scheme_length(ref);
	struct url base_url;
	struct bytes rest;

	*out = (struct target){0};
	url_split(base.data, base.len, &base_url);
	if (scheme == 0)
		return resolve_relative(&base_url, ref, out, err);
	out->special = special_of(part(ref, 0, scheme));
	rest = part(ref, scheme + 1, ref.len);
	/* "http:page" is relative to an http base. */
	if (out->special && out->special == special_of(base_url.scheme) && slashes(rest, true) < 2)
		return resolve_relative(&base_url, rest, out, err);
	url_split(ref.data, ref.len, &out->url);
	out->verbatim = !out->special;
	return 0;
}

static void
write_path(struct buf *out, const struct target *t)
{
	const bool special = t->special;
	struct bytes folder = t->folder, path = t->url.path;
	const size_t start = out->len;

	if (t->verbatim) {
		urlpart_encode(out, URLPART_OPAQUE, path);
		return;
	}
	(void)buf_addc(out, '/', NULL);
	if (folder.len > 1) /* less its first slash and its last */
		urlpart_segments(out, start, part(folder, 1, folder.len), special);
	if (slashes(path, special) > 0)
		path = part(path, 1, path.len);
	urlpart_segments(out, start, path, special);
	/* Without an authority, two slashes at the start would read as one. */
	if (!t->url.host.data && out->len > start + 1 && out->data[start + 1] == '/' &&
	    buf_reserve(out, 2, NULL)) {
		memmove(out->data + start + 2, out->data + start, out->len - start + 1);
		memcpy(out->data + start, "/.", 2);
		out->len += 2;
	}
}

static int
write_target(struct buf *out, const struct target *t, struct err *err)
{
	urlpart_lower(out, t->url.scheme);
	(void)buf_addc(out, ':', NULL);
	if ((t->special || t->url.host.data) && write_authority(out, &t->url, t->special, err) < 0)
		return -1;
	write_path(out, t);
	if (t->url.query.data) {
		(void)buf_addc(out, '?', NULL);
		urlpart_encode(out, t->special ? URLPART_QUERY : URLPART_OPAQUE, t->url.query);
	}
	if (t->url.fragment.data) {
		(void)buf_addc(out, '#', NULL);
		urlpart_encode(out, t->special ? URLPART_FRAGMENT : URLPART_OPAQUE,
			       t->url.fragment);
	}
	return 0;
}

int
url_resolve(const char *base, const char *ref, size_t ref_len, struct buf *out, struct err *err)
{
	SCOPED(buf_done) struct buf base_copy = buf_init(URL_MAX_BYTES);
	SCOPED(buf_done) struct buf ref_copy = buf_init(URL_MAX_BYTES);
	/* Every byte may grow threefold before the ceiling is asked. */
	SCOPED(buf_done) struct buf url = buf_init((size_t)6 * URL_MAX_BYTES);
	struct bytes clean_base, clean_ref;
	struct target target;

	if (clean(base, base ? strlen(base) : 0, &base_copy, &clean_base, err) < 0 ||
	    clean(ref, ref_len, &ref_copy, &clean_ref, err) < 0)
		return -1;
	if (clean_base.len > URL_MAX_BYTES || clean_ref.len > URL_MAX_BYTES)
		return err_set(err, ERR_REJECT, "over %d bytes", URL_MAX_BYTES);
	if (resolve(clean_base, clean_ref, &target, err) < 0 ||
	    write_target(&url, &target, err) < 0)
		return -1;
	if (buf_failed(&url, err) < 0)
		return -1;
	if (url.len > URL_MAX_BYTES)
		return err_set(err, ERR_REJECT, "over %d bytes", URL_MAX_BYTES);
	return buf_add(out, buf_str(&url), url.len, err);
}

/* Reads the scheme past all that browsers skip: its length, 0 where there is none; what is longer
 * than SCHEME_BYTES_MAX is not kept. */
static size_t
read_scheme(struct bytes s, char scheme[SCHEME_BYTES_MAX])
{
	size_t n = 0, i = 0;

	while (i < s.len && byte_at(s, i) <= ' ')
		i++;
	for (; i < s.len; i++) {
		const unsigned char c = byte_at(s, i);

		if (is_dropped(c))
			continue;
		if (c == ':')
			return n;
		if (!is_scheme_byte(c) || (n == 0 && !ascii_is_alpha(c)))
			return 0;
		if (n < SCHEME_BYTES_MAX)
			scheme[n] = (char)c;
		n++;
	}
	return 0;
}

bool
url_scheme_in(const char *ref, size_t len, const char *const *allowed)
{
	char scheme[SCHEME_BYTES_MAX];
	const size_t n = read_scheme((struct bytes){ref ? ref : "", ref ? len : 0}, scheme);

	if (n == 0)
		return true;
	for (; n <= sizeof(scheme) && *allowed; allowed++)
		if (ascii_is_word(scheme, n, *allowed))
			return true;
	return false;
}

bool
url_is_http(const char *text, size_t len)
{
	SCOPED(buf_done) struct buf url = buf_init(URL_MAX_BYTES);

	return url_resolve(NULL, text, len, &url, NULL) == 0 &&
	       (strncmp(buf_str(&url), "http:", 5) == 0 ||
		strncmp(buf_str(&url), "https:", 6) == 0);
}

/* The host of a URL that is spelt as url_resolve spells it, where that can be seen without the
 * work: "http://" or "https://", a name in lower case or four plain numbers, perhaps a port, then a
 * path or the end. Empty: look closer. */
static struct bytes
plain_host(const char *text, size_t len)
{
	static const struct bytes closer = {"", 0};
	const size_t scheme = len > 8 && memcmp(text, "https://", 8) == 0  ? 8
			      : len > 7 && memcmp(text, "http://", 7) == 0 ? 7
									   : 0;
	const char *const host = text + scheme;
	unsigned long port = 0;
	size_t n = 0, label = 0, end;
	char numbers[INET_ADDRSTRLEN];
	struct in_addr ignored;

	if (scheme == 0 || len > URL_MAX_BYTES)
		return closer;
	for (len -= scheme; n < len && host[n] != '/' && host[n] != ':'; n++) {
		if (host[n] == '.')
			label = n + 1;
		else if (!(host[n] >= 'a' && host[n] <= 'z') &&
			 !ascii_is_digit((unsigned char)host[n]) && host[n] != '-')
			return closer;
	}
	end = n;
	if (end < len && host[end] == ':')
		for (end++; end < len && ascii_is_digit((unsigned char)host[end]) &&
			    port <= URLPART_PORT_MAX;
		     end++)
			port = port * 10 + (unsigned long)(host[end] - '0');
	if (port > URLPART_PORT_MAX || (end < len && host[end] != '/') || n == label)
		return closer;
	if (host[label] >= 'a' && host[label] <= 'z')
		return (struct bytes){host, n};
	if (n >= sizeof(numbers))
		return closer;
	memcpy(numbers, host, n);
	numbers[n] = '\0';
	return inet_pton(AF_INET, numbers, &ignored) == 1 ? (struct bytes){host, n} : closer;
}

int
url_host(const char *text, size_t len, struct buf *out, struct err *err)
{
	SCOPED(buf_done) struct buf url = buf_init(URL_MAX_BYTES);
	SCOPED(buf_done) struct buf host = buf_init(URL_MAX_BYTES);
	const struct bytes plain = plain_host(text, len);
	struct url parts;

	if (plain.len > 0)
		return buf_add(out, plain.data, plain.len, err);

	if (url_resolve(NULL, text, len, &url, err) < 0)
		return -1;
	url_split(buf_str(&url), url.len, &parts);
	urlpart_lower(&host, parts.host);
	return buf_add(out, buf_str(&host), host.len, err);
}

int
url_without_credentials(const char *text, size_t len, struct buf *out, struct err *err)
{
	SCOPED(buf_done) struct buf copy = buf_init(len);
	struct bytes s;
	struct url parts;
	size_t from = 0, to = 0;

	if (clean(text, len, &copy, &s, err) < 0)
		return -1;
	url_split(s.data, s.len, &parts);
	if (parts.userinfo.data) {
		from = (size_t)((const char *)parts.userinfo.data - (const char *)s.data);
		to = from + parts.userinfo.len + 1;
	}
	/* Both pieces or none. */
	if (!buf_reserve(out, s.len - (to - from), err))
		return -1;
	(void)buf_add(out, s.data, from, err);
	return buf_add(out, (const char *)s.data + to, s.len - to, err);
}
