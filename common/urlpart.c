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

/* Code points that no name of a host may hold, or that stand for such (UTS #46, 4): blanks, dots
 * and strokes of layout, what is spelt out as "a/c" or "(1)", private use, unassigned. */
static const struct {
	uint32_t first, last;
} host_never[] = {
	{0xA0, 0xA0},     {0xA8, 0xA8},       {0xAF, 0xAF},        {0xB4, 0xB4},
	{0xB8, 0xB8},     {0x2D8, 0x2DD},     {0x37A, 0x37A},      {0x37E, 0x37E},
	{0x384, 0x385},   {0x61C, 0x61C},     {0x115F, 0x1160},    {0x1680, 0x1680},
	{0x180E, 0x180E}, {0x1FBD, 0x1FBD},   {0x1FBF, 0x1FC1},    {0x1FCD, 0x1FCF},
	{0x1FDD, 0x1FDF}, {0x1FED, 0x1FEF},   {0x1FFD, 0x200A},    {0x2017, 0x2017},
	{0x2024, 0x2026}, {0x202F, 0x202F},   {0x203E, 0x203E},    {0x2047, 0x2049},
	{0x205F, 0x205F}, {0x2061, 0x2063},   {0x2065, 0x206F},    {0x207A, 0x207E},
	{0x208A, 0x208E}, {0x2100, 0x2101},   {0x2105, 0x2106},    {0x2474, 0x24B5},
	{0x2A74, 0x2A76}, {0x2FF0, 0x3000},   {0x309B, 0x309C},    {0x3164, 0x3164},
	{0x3200, 0x3243}, {0x33C2, 0x33C2},   {0x33C7, 0x33C7},    {0x33D8, 0x33D8},
	{0xE000, 0xF8FF}, {0xFC5E, 0xFC63},   {0xFDFA, 0xFDFB},    {0xFE10, 0xFE19},
	{0xFE30, 0xFE6B}, {0xFE70, 0xFE7F},   {0xFFA0, 0xFFA0},    {0xFFE3, 0xFFE3},
	{0xFFF0, 0xFFFF}, {0x323B0, 0xE00FF}, {0xE01F0, 0x10FFFF},
};

enum { HOST_NOTHING = 0, HOST_NEVER = 0x110000 };

/* What a code point of a host stands for: wide letters are plain ones, ideographic full stops are
 * dots. HOST_NOTHING: passed over; HOST_NEVER: none may stand there. */
static uint32_t
host_letter(uint32_t cp, bool after_ascii)
{
	if (!is_iri(cp))
		return HOST_NEVER;
	if (cp >= 0xFF01 && cp <= 0xFF5E)
		return ascii_lower((unsigned char)(cp - 0xFEE0));
	if (cp == 0x3002 || cp == 0xFF61)
		return '.';
	if (cp == 0xAD || cp == 0x200B || cp == 0x2060 || cp == 0x2064 || cp == 0xFEFF ||
	    (cp >= 0xFE00 && cp <= 0xFE0F))
		return HOST_NOTHING;
	if (cp == 0x200C || cp == 0x200D) /* joiners, of scripts that have joints */
		return after_ascii ? HOST_NEVER : cp;
	for (size_t i = 0; i < sizeof(host_never) / sizeof(host_never[0]); i++)
		if (cp >= host_never[i].first && cp <= host_never[i].last)
			return HOST_NEVER;
	return cp;
}

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

/* The value of a digit of punycode (RFC 3492, 5); -1 where it is none. */
static int
punycode_digit(unsigned char c)
{
	if (ascii_is_digit(c))
		return c - '0' + 26;
	return ascii_is_alpha(c) ? ascii_lower(c) - 'a' : -1;
}

/* Reads one number of punycode at *at, which moves past it, and adds it to *index (RFC 3492, 6.2);
 * false where it is none. */
static bool
punycode_number(struct bytes s, size_t *at, uint32_t bias, uint32_t *index)
{
	enum { BASE = 36, LEAST = 1, MOST = 26 };
	uint32_t weight = 1;

	for (uint32_t k = BASE; *at < s.len; k += BASE) {
		const uint32_t t = k <= bias + LEAST ? LEAST : k >= bias + MOST ? MOST : k - bias;
		const int digit = punycode_digit(byte_at(s, (*at)++));

		if (digit < 0 || (uint32_t)digit > (UINT32_MAX - *index) / weight)
			return false;
		*index += (uint32_t)digit * weight;
		if ((uint32_t)digit < t)
			return true;
		if (weight > UINT32_MAX / (BASE - t))
			return false;
		weight *= BASE - t;
	}
	return false;
}

static uint32_t
punycode_bias(uint32_t delta, uint32_t letters, bool first)
{
	enum { BASE = 36, LEAST = 1, MOST = 26, SKEW = 38, DAMP = 700 };
	uint32_t k = 0;

	delta /= first ? DAMP : 2;
	delta += delta / letters;
	for (; delta > (BASE - LEAST) * MOST / 2; k += BASE)
		delta /= BASE - LEAST;
	return k + (BASE - LEAST + 1) * delta / (delta + SKEW);
}

/* Whether what follows "xn--" stands for letters of which a host may have each, and one at least
 * (RFC 3492). */
static bool
is_sound_punycode(struct bytes s)
{
	const char *dash = s.len > 0 ? memrchr(s.data, '-', s.len) : NULL;
	size_t at = dash ? (size_t)(dash + 1 - (const char *)s.data) : 0;
	uint32_t letters = at > 0 ? (uint32_t)at - 1 : 0;
	uint32_t cp = 0x80, index = 0, bias = 72;

	if (at == s.len)
		return false;
	while (at < s.len) {
		const uint32_t before = index;

		if (!punycode_number(s, &at, bias, &index))
			return false;
		bias = punycode_bias(index - before, ++letters, before == 0);
		if (index / letters > HOST_NEVER)
			return false;
		cp += index / letters;
		index = index % letters + 1;
		if (cp >= HOST_NEVER || host_letter(cp, false) != cp)
			return false;
	}
	return true;
}

/* Whether each label that claims to be punycode is. */
static bool
has_sound_labels(struct bytes host)
{
	static const char prefix[] = "xn--";
	enum { PREFIX = sizeof(prefix) - 1 };
	const char *p = host.data;
	const char *end = p + host.len;

	while (p < end) {
		const char *dot = memchr(p, '.', (size_t)(end - p));
		const char *behind = dot ? dot : end;
		const size_t len = (size_t)(behind - p);

		if (len >= PREFIX && memcmp(p, prefix, PREFIX) == 0 &&
		    !is_sound_punycode((struct bytes){p + PREFIX, len - PREFIX}))
			return false;
		p = dot ? dot + 1 : end;
	}
	return true;
}

int
urlpart_host(struct buf *out, struct bytes host, struct err *err)
{
	char *room;
	size_t read = 0, len = 0;

	if (host.len == 0)
		return err_set(err, ERR_REJECT, "no host");
	if (byte_at(host, 0) == '[')
		return write_ipv6(out, host, err);
	room = buf_reserve(out, host.len, NULL);
	if (!room)
		return 0;
	for (size_t i = 0; i < host.len;)
		room[read++] = (char)host_byte(host, &i);
	for (const char *at = room; at < room + read;) {
		const unsigned char byte = (unsigned char)*at;
		const bool after_ascii = len == 0 || (unsigned char)room[len - 1] < 0x80;
		const uint32_t cp = byte < 0x80
					    ? (uint32_t)(unsigned char)*at++
					    : host_letter(utf8_next(&at, room + read), after_ascii);

		if (byte >= 0x80 && cp == HOST_NOTHING)
			continue;
		if (cp >= HOST_NEVER || (cp < 0x80 && !is_in(&host_set, (unsigned char)cp)))
			return err_set(err, ERR_REJECT, "byte 0x%02x in the host", byte);
		len += utf8_put(cp, room + len); /* no longer than what was read */
	}
	if (len == 0)
		return err_set(err, ERR_REJECT, "no host");
	if (!is_sound_if_ipv4((struct bytes){room, len}))
		return err_set(err, ERR_REJECT, "a host that ends in a number is no address");
	if (!has_sound_labels((struct bytes){room, len}))
		return err_set(err, ERR_REJECT, "a label that begins with xn-- is no punycode");
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
