#include "common/urlpart.h"

#include <arpa/inet.h>
#include <stdint.h>
#include <string.h>

#include "common/ascii.h"
#include "common/utf8.h"

static unsigned char
byte_at(struct bytes s, size_t i)
{
	return ((const unsigned char *)s.data)[i];
}

#define BIT(c) (UINT64_C(1) << ((c)&63))

/* ASCII bytes that are percent-encoded in a part of a URL (WHATWG, "percent-encode sets"). */
struct set {
	uint64_t low, high; /* 0..63, 64..127 */
};

static const uint64_t NEVER_LOW = UINT64_C(0xFFFFFFFF) | BIT(' ') | BIT('"') | BIT('<') | BIT('>');
static const uint64_t NEVER_HIGH = BIT(0x7F);

static const struct set sets[] = {
	[URLPART_OPAQUE] = {NEVER_LOW, NEVER_HIGH},
	[URLPART_USERINFO] = {NEVER_LOW | BIT('/') | BIT(';') | BIT('='),
			      NEVER_HIGH | BIT('@') | BIT('[') | BIT('\\') | BIT(']') | BIT('^') |
				      BIT('`') | BIT('{') | BIT('|') | BIT('}')},
	[URLPART_PATH] = {NEVER_LOW, NEVER_HIGH | BIT('^') | BIT('`') | BIT('{') | BIT('}')},
	[URLPART_QUERY] = {NEVER_LOW | BIT('\''), NEVER_HIGH},
	[URLPART_FRAGMENT] = {NEVER_LOW, NEVER_HIGH | BIT('`')},
};

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

void
urlpart_encode(struct buf *out, enum urlpart part, struct bytes s)
{
	const struct set *set = &sets[part];
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

void
urlpart_lower(struct buf *out, struct bytes text)
{
	if (!buf_reserve(out, text.len, NULL))
		return;
	for (size_t i = 0; i < text.len; i++)
		out->data[out->len++] = (char)ascii_lower(byte_at(text, i));
	out->data[out->len] = '\0';
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
	urlpart_lower(out, host);
	return 0;
}

/* What a registered name may hold (RFC 3986, 3.2.2), in lower case. */
static const struct set host_set = {
	UINT64_C(0x03FF000000000000) /* 0-9 */ | BIT('-') | BIT('.') | BIT('!') | BIT('$') |
		BIT('&') | BIT('\'') | BIT('(') | BIT(')') | BIT('*') | BIT('+') | BIT(',') |
		BIT(';') | BIT('='),
	UINT64_C(0x07FFFFFE00000000) /* a-z */ | BIT('_') | BIT('~'),
};

/* The byte at *i, in lower case and without its escape; *i moves behind it. */
static unsigned char
host_byte(struct bytes host, size_t *i)
{
	const unsigned char c = byte_at(host, (*i)++);
	int high, low;

	if (c != '%' || *i + 1 >= host.len)
		return ascii_lower(c);
	high = ascii_hex(byte_at(host, *i));
	low = ascii_hex(byte_at(host, *i + 1));
	if (high < 0 || low < 0)
		return c;
	*i += 2;
	return ascii_lower((unsigned char)(high * 16 + low));
}

/* The number of an IPv4 address's part, as inet_aton reads it: decimal, 0octal, 0xhexadecimal;
 * UINT64_MAX where it is none. */
static uint64_t
ipv4_number(struct bytes s)
{
	const bool hex = s.len >= 2 && byte_at(s, 0) == '0' && byte_at(s, 1) == 'x';
	const unsigned base = hex ? 16 : s.len > 1 && byte_at(s, 0) == '0' ? 8 : 10;
	uint64_t number = 0;

	if (s.len == 0)
		return UINT64_MAX;
	for (size_t i = hex ? 2 : 0; i < s.len; i++) {
		const int digit = ascii_hex(byte_at(s, i));

		if (digit < 0 || (unsigned)digit >= base)
			return UINT64_MAX;
		if (number <= UINT32_MAX)
			number = number * base + (unsigned)digit;
	}
	return number;
}

static bool
is_all_digits(struct bytes s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!ascii_is_digit(byte_at(s, i)))
			return false;
	return s.len > 0;
}

/* A host whose last label is a number is an IPv4 address (WHATWG, "ends in a number checker");
 * false where it is none. */
static bool
is_sound_if_ipv4(struct bytes host)
{
	enum { PARTS = 4 };
	size_t parts = 1;
	struct bytes rest, label;
	const char *dot;

	if (host.len > 1 && byte_at(host, host.len - 1) == '.')
		host.len--;
	dot = memrchr(host.data, '.', host.len);
	label = dot ? (struct bytes){dot + 1,
				     host.len - (size_t)(dot + 1 - (const char *)host.data)}
		    : host;
	if (!is_all_digits(label) && ipv4_number(label) == UINT64_MAX)
		return true;
	for (rest = host; (dot = memchr(rest.data, '.', rest.len)); parts++) {
		const struct bytes part = {rest.data, (size_t)(dot - (const char *)rest.data)};

		if (parts == PARTS || ipv4_number(part) > 255)
			return false;
		rest = (struct bytes){dot + 1, rest.len - part.len - 1};
	}
	return ipv4_number(rest) < UINT64_C(1) << 8 * (PARTS + 1 - parts);
}

int
urlpart_host(struct buf *out, struct bytes host, struct err *err)
{
	char *room;
	size_t len = 0;

	if (host.len == 0)
		return err_set(err, ERR_REJECT, "no host");
	if (byte_at(host, 0) == '[')
		return write_ipv6(out, host, err);
	room = buf_reserve(out, host.len, NULL);
	if (!room)
		return 0;
	for (size_t i = 0; i < host.len;)
		room[len++] = (char)host_byte(host, &i);
	for (size_t i = 0; i < len;) {
		const struct bytes name = {room, len};
		const unsigned char c = byte_at(name, i);
		const size_t n = c < 0x80 ? is_in(&host_set, c) : iri_bytes(name, i);

		if (n == 0)
			return err_set(err, ERR_REJECT, "byte 0x%02x in the host", c);
		i += n;
	}
	if (!is_sound_if_ipv4((struct bytes){room, len}))
		return err_set(err, ERR_REJECT, "a host that ends in a number is no address");
	out->len += len;
	out->data[out->len] = '\0';
	return 0;
}

int
urlpart_port(struct buf *out, struct bytes port, unsigned long usual, struct err *err)
{
	unsigned long n = 0;

	for (size_t i = 0; i < port.len; i++) {
		if (!ascii_is_digit(byte_at(port, i)))
			return err_set(err, ERR_REJECT, "the port is no number");
		n = n * 10 + (unsigned long)(byte_at(port, i) - '0');
		if (n > URLPART_PORT_MAX)
			return err_set(err, ERR_REJECT, "the port is over %d", URLPART_PORT_MAX);
	}
	if (port.len > 0 && n != usual)
		(void)buf_addf(out, NULL, ":%lu", n);
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
			 ascii_lower(byte_at(s, i + 2)) == 'e')
			i += 3;
		else
			return 0;
		if (n == 2)
			return 0;
	}
	return n;
}

void
urlpart_segments(struct buf *out, size_t start, struct bytes path, bool backslash)
{
	for (size_t i = 0, end; i <= path.len; i = end + 1) {
		struct bytes segment;

		for (end = i; end < path.len; end++)
			if (byte_at(path, end) == '/' || (backslash && byte_at(path, end) == '\\'))
				break;
		segment = (struct bytes){(const char *)path.data + i, end - i};
		switch (dots(segment)) {
		case 2:
			/* From behind "/a/b/" to behind "/a/", and never above the root. */
			for (size_t n = 0; out->len > start + 1 && n < 2; out->len -= n < 2)
				n += out->data[out->len - 1] == '/';
			if (out->data)
				out->data[out->len] = '\0';
			continue;
		case 1:
			continue;
		default:
			urlpart_encode(out, URLPART_PATH, segment);
			if (end < path.len)
				(void)buf_addc(out, '/', NULL);
		}
	}
}
