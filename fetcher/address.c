#include "fetcher/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { V4_BYTES = 4, V6_BYTES = 16, NETWORK_TEXT_MAX = 64 };

/* The first bits of bytes stand for a network of IPv4 (4 bytes) or IPv6 (16). */
struct network {
	unsigned char bytes[V6_BYTES];
	size_t len;
	unsigned bits;
};

struct addresses {
	size_t count;
	struct network allow[];
};

struct row {
	const char *network;
	unsigned bits;
	const char *why;
};

/* IANA's special-purpose registries (RFC 6890), multicast, and what clouds put elsewhere. */
static const struct row refused_v4[] = {
	{"0.0.0.0", 8, "the address is in 'this network' (0.0.0.0/8)"},
	{"10.0.0.0", 8, "the address is private (10.0.0.0/8)"},
	{"100.64.0.0", 10, "the address is a carrier's own (100.64.0.0/10)"},
	{"127.0.0.0", 8, "the address is this machine (127.0.0.0/8)"},
	{"168.63.129.16", 32, "the address is a cloud's metadata service (168.63.129.16)"},
	{"169.254.0.0", 16, "the address is link-local or a metadata service (169.254.0.0/16)"},
	{"172.16.0.0", 12, "the address is private (172.16.0.0/12)"},
	{"192.0.0.0", 24, "the address is set aside for protocols (192.0.0.0/24)"},
	{"192.0.2.0", 24, "the address is for documentation (192.0.2.0/24)"},
	{"192.31.196.0", 24, "the address is a sink of DNS (192.31.196.0/24)"},
	{"192.52.193.0", 24, "the address is a relay (192.52.193.0/24)"},
	{"192.88.99.0", 24, "the address is a 6to4 relay (192.88.99.0/24)"},
	{"192.168.0.0", 16, "the address is private (192.168.0.0/16)"},
	{"192.175.48.0", 24, "the address is a sink of DNS (192.175.48.0/24)"},
	{"198.18.0.0", 15, "the address is for benchmarks (198.18.0.0/15)"},
	{"198.51.100.0", 24, "the address is for documentation (198.51.100.0/24)"},
	{"203.0.113.0", 24, "the address is for documentation (203.0.113.0/24)"},
	{"224.0.0.0", 4, "the address is multicast (224.0.0.0/4)"},
	{"240.0.0.0", 4, "the address is reserved or broadcast (240.0.0.0/4)"},
};

static const struct row refused_v6[] = {
	{"::", 128, "the address is unspecified (::)"},
	{"::1", 128, "the address is this machine (::1)"},
	{"64:ff9b:1::", 48, "the address is a local NAT64 (64:ff9b:1::/48)"},
	{"100::", 64, "the address is discarded (100::/64)"},
	{"2001::", 23, "the address is set aside for protocols, such as Teredo (2001::/23)"},
	{"2001:db8::", 32, "the address is for documentation (2001:db8::/32)"},
	{"3fff::", 20, "the address is for documentation (3fff::/20)"},
	{"5f00::", 16, "the address is a routing label (5f00::/16)"},
	{"fc00::", 7, "the address is private (fc00::/7)"},
	{"fe80::", 10, "the address is link-local (fe80::/10)"},
	{"fec0::", 10, "the address is private (fec0::/10)"},
	{"ff00::", 8, "the address is multicast (ff00::/8)"},
};

/* IPv6 networks whose addresses carry an IPv4 address at byte `at`. */
static const struct {
	const char *network;
	unsigned bits;
	size_t at;
} wrappers[] = {
	{"::ffff:0:0", 96, 12},   /* mapped */
	{"::ffff:0:0:0", 96, 12}, /* translated (SIIT) */
	{"::", 96, 12},           /* compatible */
	{"64:ff9b::", 96, 12},    /* NAT64 */
	{"2002::", 16, 2},        /* 6to4 */
};

/* Services on ports where a request could do harm, or that browsers keep away from as well (WHATWG
 * Fetch, "bad port"). Below 1024 only HTTP's own are open. */
static const unsigned short refused_ports[] = {
	1433, 1521, 1719, 1720, 1723, 2049, 2375, 2376, 2379,  3128,  3306,  3389,  3659, 4045,
	4190, 5060, 5061, 5432, 5672, 5900, 5984, 6000, 6379,  6566,  6665,  6666,  6667, 6668,
	6669, 6679, 6697, 9042, 9092, 9100, 9200, 9300, 10080, 10250, 11211, 27017,
};
static const unsigned short open_low_ports[] = {80, 81, 443, 591, 800, 808, 880, 888};

static bool
is_in(const unsigned char *bytes, const unsigned char *network, unsigned bits)
{
	const size_t whole = bits / 8;
	const unsigned char mask = (unsigned char)(0xff00u >> (bits % 8));

	return memcmp(bytes, network, whole) == 0 &&
	       (bits % 8 == 0 || (bytes[whole] & mask) == (network[whole] & mask));
}

static const char *
row_of(const unsigned char *bytes, int family, const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		unsigned char network[V6_BYTES];

		if (inet_pton(family, rows[i].network, network) == 1 &&
		    is_in(bytes, network, rows[i].bits))
			return rows[i].why;
	}
	return NULL;
}

static bool
is_allowed(const struct addresses *a, const unsigned char *bytes, size_t len)
{
	for (size_t i = 0; a && i < a->count; i++)
		if (a->allow[i].len == len && is_in(bytes, a->allow[i].bytes, a->allow[i].bits))
			return true;
	return false;
}

static const char *
refused_as_v4(const struct addresses *a, const unsigned char *bytes)
{
	if (is_allowed(a, bytes, V4_BYTES))
		return NULL;
	return row_of(bytes, AF_INET, refused_v4, sizeof(refused_v4) / sizeof(refused_v4[0]));
}

/* The IPv4 address inside, NULL: none. */
static const unsigned char *
unwrapped(const unsigned char *bytes)
{
	static const unsigned char isatap[] = {0x5e, 0xfe};

	for (size_t i = 0; i < sizeof(wrappers) / sizeof(wrappers[0]); i++) {
		unsigned char network[V6_BYTES];

		if (inet_pton(AF_INET6, wrappers[i].network, network) == 1 &&
		    is_in(bytes, network, wrappers[i].bits))
			return bytes + wrappers[i].at;
	}
	/* ISATAP: any prefix, then 00-00-5e-fe or 02-00-5e-fe and the IPv4 address. */
	if ((bytes[8] & ~0x02) == 0 && bytes[9] == 0 && memcmp(bytes + 10, isatap, 2) == 0)
		return bytes + 12;
	return NULL;
}

static const char *
refused_as_v6(const struct addresses *a, const unsigned char *bytes)
{
	const unsigned char *inner = unwrapped(bytes);
	const char *why;

	if (is_allowed(a, bytes, V6_BYTES))
		return NULL;
	why = row_of(bytes, AF_INET6, refused_v6, sizeof(refused_v6) / sizeof(refused_v6[0]));
	return why ? why : inner ? refused_as_v4(a, inner) : NULL;
}

static const char *
refused_port(unsigned port)
{
	static const char why[] = "the port belongs to another service than HTTP";

	for (size_t i = 0; i < sizeof(refused_ports) / sizeof(refused_ports[0]); i++)
		if (refused_ports[i] == port)
			return why;
	if (port >= 1024)
		return NULL;
	for (size_t i = 0; i < sizeof(open_low_ports) / sizeof(open_low_ports[0]); i++)
		if (open_low_ports[i] == port)
			return NULL;
	return why;
}

const char *
address_refused(const struct addresses *a, const struct sockaddr *address)
{
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
	unsigned char bytes[V6_BYTES];
	const char *why = "the address is neither IPv4 nor IPv6";
	unsigned port = 0;

	if (address->sa_family == AF_INET) {
		memcpy(&v4, address, sizeof(v4));
		memcpy(bytes, &v4.sin_addr, V4_BYTES);
		port = ntohs(v4.sin_port);
		why = refused_as_v4(a, bytes);
	} else if (address->sa_family == AF_INET6) {
		memcpy(&v6, address, sizeof(v6));
		memcpy(bytes, &v6.sin6_addr, V6_BYTES);
		port = ntohs(v6.sin6_port);
		why = refused_as_v6(a, bytes);
	}
	return why ? why : refused_port(port);
}

/* allow_address. */

/* "10.1.0.0/16", "::1": false when it is none. */
static bool
read_network(const char *value, struct network *out)
{
	char text[NETWORK_TEXT_MAX];
	char *slash, *end;
	unsigned long bits;

	if (strlen(value) >= sizeof(text))
		return false;
	(void)snprintf(text, sizeof(text), "%s", value);
	slash = strchr(text, '/');
	if (slash)
		*slash = '\0';
	if (inet_pton(AF_INET, text, out->bytes) == 1)
		out->len = V4_BYTES;
	else if (inet_pton(AF_INET6, text, out->bytes) == 1)
		out->len = V6_BYTES;
	else
		return false;
	out->bits = (unsigned)out->len * 8;
	if (!slash)
		return true;
	bits = strtoul(slash + 1, &end, 10);
	if (slash[1] < '0' || slash[1] > '9' || *end != '\0' || bits > out->bits)
		return false;
	out->bits = (unsigned)bits;
	return true;
}

struct addresses *
addresses_new(struct config_list allow, struct err *err)
{
	SCOPED(addresses_free)
	struct addresses *a = calloc(1, sizeof(*a) + allow.count * sizeof(a->allow[0]));

	if (!a) {
		(void)err_sys(err, "addresses");
		return NULL;
	}
	for (; a->count < allow.count; a->count++) {
		const struct config_value *value = &allow.values[a->count];

		if (read_network(value->text, &a->allow[a->count]))
			continue;
		(void)err_set(err, ERR_USAGE,
			      "%s:%d: '%s' is no network: write 192.168.0.0/16 or fd00::/8",
			      value->file, value->line, value->text);
		return NULL;
	}
	return TAKE(a);
}

void
addresses_free(struct addresses *a)
{
	free(a);
}
