#include "fetcher/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>

#include "common/http.h"
#include "tests/unit/check.h"

static const char *
refused(const struct addresses *a, const char *text, int port)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port)};

	if (inet_pton(AF_INET, text, &v4.sin_addr) == 1)
		return address_refused(a, (const struct sockaddr *)&v4);
	CHECK(inet_pton(AF_INET6, text, &v6.sin6_addr) == 1);
	return address_refused(a, (const struct sockaddr *)&v6);
}

static struct addresses *
allowing(const char *const *networks, size_t count, struct err *err)
{
	struct config_value values[4];

	for (size_t i = 0; i < count; i++)
		values[i] = (struct config_value){networks[i], "feedmill.conf", (int)i + 1};
	return addresses_new((struct config_list){values, count}, err);
}

static void
keeps_out_of_every_network_that_is_not_public(void)
{
	static const char *const inside[] = {
		"0.0.0.0",
		"0.1.2.3",
		"10.0.0.1",
		"10.255.255.255",
		"100.64.0.1",
		"100.100.100.200",
		"100.127.255.255",
		"127.0.0.1",
		"127.255.255.255",
		"168.63.129.16",
		"169.254.0.1",
		"169.254.169.254",
		"172.16.0.1",
		"172.31.255.255",
		"192.0.0.192",
		"192.0.2.1",
		"192.88.99.1",
		"192.168.0.1",
		"192.168.255.255",
		"198.18.0.1",
		"198.19.255.255",
		"198.51.100.7",
		"203.0.113.7",
		"224.0.0.1",
		"239.255.255.250",
		"240.0.0.1",
		"255.255.255.255",
		"::",
		"::1",
		"fc00::1",
		"fd00:ec2::254",
		"fdff::1",
		"fe80::1",
		"febf::1",
		"fec0::1",
		"ff02::1",
		"2001:db8::1",
		"2001::1",
		"100::1",
		"64:ff9b:1::a00:1",
		"::ffff:127.0.0.1",
		"::ffff:10.0.0.1",
		"::ffff:0:7f00:1",
		"::ffff:169.254.169.254",
		"::127.0.0.1",
		"::10.0.0.1",
		"64:ff9b::7f00:1",
		"64:ff9b::a9fe:a9fe",
		"64:ff9b::c0a8:1",
		"2002:7f00:1::",
		"2002:a00:1::1",
		"2002:c0a8:101::1",
		"2002:a9fe:a9fe::",
		"3fff::1",
		"5f00::1",
		"2a00::5efe:7f00:1",
		"2a00::200:5efe:a00:1",
	};
	static const char *const outside[] = {
		"1.1.1.1",         "9.255.255.255",   "11.0.0.0",         "100.63.255.255",
		"100.128.0.0",     "126.255.255.255", "128.0.0.0",        "172.15.255.255",
		"172.32.0.0",      "192.167.255.255", "192.169.0.0",      "223.255.255.255",
		"2606:4700::1111", "2a00::1",         "64:ff9b::101:101", "2002:101:101::1",
		"::ffff:1.1.1.1",  "93.184.0.10",
	};

	for (size_t i = 0; i < sizeof(inside) / sizeof(inside[0]); i++) {
		if (!refused(NULL, inside[i], 80))
			(void)printf("# %s was let through\n", inside[i]);
		CHECK(refused(NULL, inside[i], 80) != NULL);
	}
	for (size_t i = 0; i < sizeof(outside) / sizeof(outside[0]); i++) {
		if (refused(NULL, outside[i], 443))
			(void)printf("# %s: %s\n", outside[i], refused(NULL, outside[i], 443));
		CHECK(refused(NULL, outside[i], 443) == NULL);
	}
	CHECK(address_refused(NULL, &(struct sockaddr){.sa_family = AF_UNIX}) != NULL);
}

static void
talks_to_no_port_of_another_service(void)
{
	static const int closed[] = {0,   7,   22,   23,   25,   53,   110,  143,   389,  445,
				     465, 993, 2375, 3306, 5432, 6000, 6379, 11211, 27017};
	static const int open[] = {80, 443, 1234, 8000, 8080, 8443, 8888, 40000, 65535};

	for (size_t i = 0; i < sizeof(closed) / sizeof(closed[0]); i++)
		CHECK(refused(NULL, "1.1.1.1", closed[i]) != NULL);
	for (size_t i = 0; i < sizeof(open) / sizeof(open[0]); i++)
		CHECK(refused(NULL, "1.1.1.1", open[i]) == NULL);
}

static void
goes_where_the_operator_allows(void)
{
	static const char *const networks[] = {"127.0.0.0/8", "::1", "10.1.0.0/15"};
	SCOPED(addresses_free) struct addresses *a = allowing(networks, 3, NULL);

	CHECK(a && refused(a, "127.0.0.1", 80) == NULL && refused(a, "127.200.0.1", 80) == NULL);
	CHECK(refused(a, "::ffff:127.0.0.1", 80) == NULL && refused(a, "::1", 80) == NULL);
	CHECK(refused(a, "10.1.0.0", 80) == NULL && refused(a, "10.0.255.255", 80) == NULL);
	CHECK(refused(a, "10.2.0.0", 80) != NULL && refused(a, "::2", 80) != NULL);
	CHECK(refused(a, "127.0.0.1", 25) != NULL);
}

static void
says_where_a_network_is_misspelt(void)
{
	static const char *const bad[] = {
		"10.0.0.0/33", "10.0.0/8",    "host",        "10.0.0.0/", "::1/129",  "10.0.0.0/8x",
		"/8",          "10.0.0.0/-1", "10.0.0.0/ 8", "",          "1.2.3.4.5"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct err err = {.kind = ERR_NONE};

		CHECK(allowing(&bad[i], 1, &err) == NULL && err.kind == ERR_USAGE);
		CHECK(strstr(err.text, "feedmill.conf:1: '"));
	}
}

static const char *
refuse(void *arg, const struct sockaddr *address)
{
	return address_refused(arg, address);
}

/* The whole way: a URL as a publisher may write it, libcurl's reading of it, the resolver. */
static void
is_not_fooled_by_the_spelling_of_a_url(void)
{
	static const char *const urls[] = {
		"http://127.0.0.1/",
		"http://127.1/",
		"http://127.0.1/",
		"http://2130706433/",
		"http://0x7f000001/",
		"http://0x7f.0.0.1/",
		"http://0177.0.0.1/",
		"http://017700000001/",
		"http://127.0.0.1./",
		"http://localhost/",
		"http://LOCALHOST:8080/",
		"http://localhost./",
		"http://0/",
		"http://0.0.0.0/",
		"http://10.1/",
		"http://169.254.169.254/latest/meta-data/",
		"http://2852039166/",
		"http://0xa9fea9fe/",
		"http://0251.0376.0251.0376/",
		"http://192.168.1.1/",
		"http://3232235777/",
		"http://[::1]/",
		"http://[0:0:0:0:0:0:0:1]/",
		"http://[::]/",
		"http://[::ffff:127.0.0.1]/",
		"http://[::ffff:7f00:1]/",
		"http://[::127.0.0.1]/",
		"http://[64:ff9b::7f00:1]/",
		"http://[64:ff9b::10.0.0.1]/",
		"http://[2002:7f00:1::]/",
		"http://[fe80::1]/",
		"http://[fd00:ec2::254]/",
		"http://[fe80::1%25lo]/",
		"https://127.0.0.1/",
		"http://\xef\xbc\x91\xef\xbc\x92\xef\xbc\x97.0.0.1/", /* full-width 127 */
		"http://127\343\200\2020.0.1/",                       /* ideographic stop */
		"http://\xe2\x91\xa0\xe2\x91\xa1\xe2\x91\xa6.0.0.1/", /* circled 127 */
		"http://93.184.0.1:22/",
		"http://93.184.0.1:6379/",
		"http://93.184.0.1@127.0.0.1/",
		"http://user:pw@93.184.0.1/",
		"http:127.0.0.1/",
		"http:///127.0.0.1/",
		"http:\\\\127.0.0.1/",
	};
	SCOPED(http_free)
	struct http *http = http_new(&(struct http_options){.refuse = refuse}, NULL);

	for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
		const struct http_request request = {.url = urls[i], .body_bytes_max = 1000};
		struct http_transfer *t = http_start(http, &request, NULL, NULL);
		int64_t turns = 0;

		while (http_active(http) > 0 && turns++ < 1000) {
			struct pollfd fd = {.fd = http_fd(http), .events = POLLIN};

			(void)poll(&fd, 1, http_timeout_ms(http));
			(void)http_run(http, NULL);
		}
		const enum http_end end = http_response(t).end;
		/* A name that the resolver does not know is as good: no packet is sent. */
		if (end != HTTP_REFUSED && end != HTTP_UNRESOLVED)
			(void)printf("# %s: %s: %s\n", urls[i], http_end_name(end),
				     http_response(t).reason);
		CHECK(end == HTTP_REFUSED || end == HTTP_UNRESOLVED);
		http_transfer_free(t);
	}
}

int
main(void)
{
	RUN(keeps_out_of_every_network_that_is_not_public);
	RUN(talks_to_no_port_of_another_service);
	RUN(goes_where_the_operator_allows);
	RUN(says_where_a_network_is_misspelt);
	RUN(is_not_fooled_by_the_spelling_of_a_url);
	return check_done();
}
