#include "common/url.h"

#include <arpa/inet.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/utf8.h"

/* The schemes whose URLs have a host, read a backslash as a slash and may be misspelt in all the
 * ways that browsers forgive. */
struct special {
	const char *scheme;
	unsigned long port;
};

static const struct special specials[] = {{"http", 80}, {"https", 443}, {"ftp", 21}};

enum { SCHEME_BYTES_MAX = 32, PORT_MAX = 65535 };

static unsigned char
lower(unsigned char c)
{
	return c >= 'A' && c <= 'Z' ? (unsigned char)(c | 0x20) : c;
}

static bool
is_alpha(unsigned char c)
{
	return lower(c) >= 'a' && lower(c) <= 'z';
}

static bool
is_digit(unsigned char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_scheme_byte(unsigned char c)
{
	return is_alpha(c) || is_digit(c) || c == '+' || c == '-' || c == '.';
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

static bool
is_word(struct bytes s, const char *word)
{
	size_t i;

	for (i = 0; i < s.len && word[i]; i++)
		if (lower(byte_at(s, i)) != (unsigned char)word[i])
			return false;
	return i == s.len && !word[i];
}

static const struct special *
special_of(struct bytes scheme)
{
	for (size_t i = 0; i < sizeof(specials) / sizeof(specials[0]); i++)
		if (is_word(scheme, specials[i].scheme))
			return &specials[i];
	return NULL;
}

/* The length of the scheme before ":", 0 where there is none. */
static size_t
scheme_length(struct bytes s)
{
	size_t n = 0;

	if (s.len == 0 || !is_alpha(byte_at(s, 0)))
		return 0;
	while (n < s.len && is_scheme_byte(byte_at(s, n)))
		n++;
	return n < s.len && byte_at(s, n) == ':' ? n : 0;
}

/* --- taking apart --------------------------------------------------------------------------------
 */

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

/* --- writing: faults stick in out ----------------------------------------------------------------
 */

#define BIT(c) (UINT64_C(1) << ((c)&63))

/* ASCII bytes that are percent-encoded in a part of a URL (WHATWG, "percent-encode sets"). */
struct set {
	uint64_t low, high; /* 0..63, 64..127 */
};

static const uint64_t NEVER_LOW = UINT64_C(0xFFFFFFFF) | BIT(' ') | BIT('"') | BIT('<') | BIT('>');
static const uint64_t NEVER_HIGH = BIT(0x7F);

static const struct set opaque_set = {NEVER_LOW, NEVER_HIGH};
static const struct set query_set = {NEVER_LOW | BIT('\''), NEVER_HIGH};
static const struct set fragment_set = {NEVER_LOW, NEVER_HIGH | BIT('`')};
static const struct set path_set = {NEVER_LOW,
				    NEVER_HIGH | BIT('^') | BIT('`') | BIT('{') | BIT('}')};
static const struct set userinfo_set = {NEVER_LOW | BIT('/') | BIT(';') | BIT('='),
					NEVER_HIGH | BIT('@') | BIT('[') | BIT('\\') | BIT(']') |
						BIT('^') | BIT('`') | BIT('{') | BIT('|') |
						BIT('}')};

static bool
is_in(const struct set *set, unsigned char c)
{
	return ((c < 64 ? set->low : set->high) & BIT(c)) != 0;
}

/* What may stand in an IRI (RFC 3987, 2.2 and 4.1): no controls, no line separators, nothing
 * that turns the direction of writing. */
static bool
is_iri(uint32_t cp)
{
	return cp >= 0xA0 && cp != 0x200E && cp != 0x200F && (cp < 0x2028 || cp > 0x202E) &&
	       (cp < 0x2066 || cp > 0x2069) && (cp < 0xFDD0 || cp > 0xFDEF) &&
	       cp != UTF8_REPLACEMENT && (cp & 0xFFFE) != 0xFFFE;
}

/* How many bytes from i on are one non-ASCII code point that may stay; 0: the byte may not. */
static size_t
iri_bytes(struct bytes s, size_t i)
{
	const char *from = (const char *)s.data + i;
	const char *at = from;

	return is_iri(utf8_next(&at, (const char *)s.data + s.len)) ? (size_t)(at - from) : 0;
}

static void
write_escaped(struct buf *out, unsigned char c)
{
	static const char hex[] = "0123456789ABCDEF";
	const char text[3] = {'%', hex[c >> 4], hex[c & 0xF]};

	(void)buf_add(out, text, sizeof(text), NULL);
}

/* Percent-encodes what is in set and what is no part of an IRI, and leaves the rest. */
static void
write_encoded(struct buf *out, struct bytes s, const struct set *set)
{
	size_t run = 0;

	for (size_t i = 0; i < s.len;) {
		const unsigned char c = byte_at(s, i);
		const size_t n = c < 0x80 ? !is_in(set, c) : iri_bytes(s, i);

		i += n;
		if (n > 0)
			continue;
		(void)buf_add(out, (const char *)s.data + run, i - run, NULL);
		write_escaped(out, c);
		run = ++i;
	}
	if (run < s.len)
		(void)buf_add(out, (const char *)s.data + run, s.len - run, NULL);
}

static void
write_lower(struct buf *out, struct bytes s)
{
	for (size_t i = 0; i < s.len; i++)
		(void)buf_addc(out, (char)lower(byte_at(s, i)), NULL);
}

static int
hex_value(unsigned char c)
{
	if (is_digit(c))
		return c - '0';
	c = lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int
write_ipv6(struct buf *out, struct bytes host, struct err *err)
{
	char text[INET6_ADDRSTRLEN] = "";
	struct in6_addr address;

	if (host.len < 2 || host.len - 2 >= sizeof(text) || byte_at(host, host.len - 1) != ']')
		return err_set(err, ERR_REJECT, "the host in brackets is no IPv6 address");
	memcpy(text, (const char *)host.data + 1, host.len - 2);
	if (strlen(text) != host.len - 2 || inet_pton(AF_INET6, text, &address) != 1)
		return err_set(err, ERR_REJECT, "the host in brackets is no IPv6 address");
	write_lower(out, host);
	return 0;
}

/* Lower-cased, percent escapes undone; letters beyond ASCII stay. */
static int
write_host(struct buf *out, struct bytes host, struct err *err)
{
	const size_t start = out->len;

	if (host.len == 0)
		return err_set(err, ERR_REJECT, "no host");
	if (byte_at(host, 0) == '[')
		return write_ipv6(out, host, err);
	for (size_t i = 0; i < host.len; i++) {
		unsigned char c = lower(byte_at(host, i));

		if (c == '%' && i + 2 < host.len && hex_value(byte_at(host, i + 1)) >= 0 &&
		    hex_value(byte_at(host, i + 2)) >= 0) {
			c = lower((unsigned char)(hex_value(byte_at(host, i + 1)) * 16 +
						  hex_value(byte_at(host, i + 2))));
			i += 2;
		}
		/* What a registered name may hold (RFC 3986, 3.2.2). */
		if (c < 0x80 && !is_alpha(c) && !is_digit(c) &&
		    (c == '\0' || !strchr("-._~!$&'()*+,;=", c)))
			return err_set(err, ERR_REJECT, "byte 0x%02x in the host", c);
		(void)buf_addc(out, (char)c, NULL);
	}
	if (out->failed)
		return 0;
	host = (struct bytes){out->data + start, out->len - start};
	for (size_t i = 0; i < host.len;) {
		const size_t n = byte_at(host, i) < 0x80 ? 1 : iri_bytes(host, i);

		if (n == 0)
			return err_set(err, ERR_REJECT, "byte 0x%02x in the host",
				       byte_at(host, i));
		i += n;
	}
	return 0;
}

static int
write_port(struct buf *out, struct bytes port, const struct special *special, struct err *err)
{
	unsigned long n = 0;

	for (size_t i = 0; i < port.len; i++) {
		if (!is_digit(byte_at(port, i)))
			return err_set(err, ERR_REJECT, "the port is no number");
		n = n * 10 + (unsigned long)(byte_at(port, i) - '0');
		if (n > PORT_MAX)
			return err_set(err, ERR_REJECT, "the port is over %d", PORT_MAX);
	}
	if (port.len > 0 && n != special->port)
		(void)buf_addf(out, NULL, ":%lu", n);
	return 0;
}

static int
write_authority(struct buf *out, const struct url *url, const struct special *special,
		struct err *err)
{
	(void)buf_adds(out, "//", NULL);
	if (url->userinfo.len > 0) {
		write_encoded(out, url->userinfo, &userinfo_set);
		(void)buf_addc(out, '@', NULL);
	}
	if (special && write_host(out, url->host, err) < 0)
		return -1;
	if (special)
		return write_port(out, url->port, special, err);
	write_encoded(out, url->host, &opaque_set);
	if (url->port.data) {
		(void)buf_addc(out, ':', NULL);
		write_encoded(out, url->port, &opaque_set);
	}
	return 0;
}

/* 1 for ".", 2 for "..", escaped or not; else 0. */
static int
dots(struct bytes s)
{
	int n = 0;

	for (size_t i = 0; i < s.len; n++) {
		if (byte_at(s, i) == '.')
			i++;
		else if (i + 2 < s.len && byte_at(s, i) == '%' && byte_at(s, i + 1) == '2' &&
			 lower(byte_at(s, i + 2)) == 'e')
			i += 3;
		else
			return 0;
		if (n == 2)
			return 0;
	}
	return n;
}

/* Appends segments to a path that begins at start and ends with a slash. */
static void
write_segments(struct buf *out, size_t start, struct bytes path, bool special)
{
	for (size_t i = 0, end; i <= path.len; i = end + 1) {
		struct bytes segment;

		for (end = i; end < path.len && !is_slash(byte_at(path, end), special); end++)
			;
		segment = part(path, i, end);
		switch (dots(segment)) {
		case 2:
			/* From behind "/a/b/" to behind "/a/", and never above the root. */
			for (size_t n = 0; out->len > start + 1 && n < 2; out->len -= n < 2)
				n += out->data[out->len - 1] == '/';
			continue;
		case 1:
			continue;
		default:
			write_encoded(out, segment, &path_set);
			if (end < path.len)
				(void)buf_addc(out, '/', NULL);
		}
	}
}

/* --- resolving -----------------------------------------------------------------------------------
 */

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
	struct bytes rest = ref;
	struct url base_url;

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
		write_encoded(out, path, &opaque_set);
		return;
	}
	(void)buf_addc(out, '/', NULL);
	if (folder.len > 1) /* less its first slash and its last */
		write_segments(out, start, part(folder, 1, folder.len), special);
	if (slashes(path, special) > 0)
		path = part(path, 1, path.len);
	write_segments(out, start, path, special);
	/* Without an authority, two slashes at the start would read as one. */
	if (!t->url.host.data && out->len > start + 1 && out->data[start + 1] == '/' &&
	    buf_reserve(out, 2, NULL)) {
		memmove(out->data + start + 2, out->data + start, out->len - start);
		memcpy(out->data + start, "/.", 2);
		out->len += 2;
	}
}

static int
write_target(struct buf *out, const struct target *t, struct err *err)
{
	write_lower(out, t->url.scheme);
	(void)buf_addc(out, ':', NULL);
	if ((t->special || t->url.host.data) && write_authority(out, &t->url, t->special, err) < 0)
		return -1;
	write_path(out, t);
	if (t->url.query.data) {
		(void)buf_addc(out, '?', NULL);
		write_encoded(out, t->url.query, t->special ? &query_set : &opaque_set);
	}
	if (t->url.fragment.data) {
		(void)buf_addc(out, '#', NULL);
		write_encoded(out, t->url.fragment, t->special ? &fragment_set : &opaque_set);
	}
	return 0;
}

int
url_resolve(const char *base, const char *ref, size_t ref_len, struct buf *out, struct err *err)
{
	SCOPED(buf_done) struct buf base_copy = buf_init(URL_MAX_BYTES);
	SCOPED(buf_done) struct buf ref_copy = buf_init(URL_MAX_BYTES);
	/* Every byte may grow threefold before the ceiling is asked. */
	SCOPED(buf_done) struct buf url = buf_init(6 * URL_MAX_BYTES);
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
	if (url.failed || url.len > URL_MAX_BYTES)
		return err_set(err, ERR_REJECT, "over %d bytes", URL_MAX_BYTES);
	return buf_add(out, buf_str(&url), url.len, err);
}

/* --- questions -----------------------------------------------------------------------------------
 */

bool
url_scheme_in(const char *ref, size_t len, const char *const *allowed)
{
	struct bytes s = {ref ? ref : "", ref ? len : 0};
	char scheme[SCHEME_BYTES_MAX];
	size_t n = 0, i = 0;

	while (i < s.len && byte_at(s, i) <= ' ')
		i++;
	for (; i < s.len; i++) {
		const unsigned char c = byte_at(s, i);

		if (is_dropped(c))
			continue;
		if (c == ':' && n > 0)
			break;
		if (n == 0 ? !is_alpha(c) : !is_scheme_byte(c))
			return true;
		if (n < sizeof(scheme))
			scheme[n] = (char)c;
		n++;
	}
	if (i == s.len)
		return true;
	for (; n <= sizeof(scheme) && *allowed; allowed++)
		if (is_word((struct bytes){scheme, n}, *allowed))
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

int
url_host(const char *text, size_t len, struct buf *out, struct err *err)
{
	SCOPED(buf_done) struct buf url = buf_init(URL_MAX_BYTES);
	SCOPED(buf_done) struct buf host = buf_init(URL_MAX_BYTES);
	struct url parts;

	if (url_resolve(NULL, text, len, &url, err) < 0)
		return -1;
	url_split(buf_str(&url), url.len, &parts);
	write_lower(&host, parts.host);
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
