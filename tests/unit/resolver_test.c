#include "common/resolver.h"

#include <poll.h>
#include <string.h>

#include "tests/unit/check.h"

enum { PATIENCE_MS = 20000 };

static void
reads_places_and_says_what_is_allowed(void)
{
	static const char *const bad[] = {"",        "host",    "host:",    ":7000", "h:0",
					  "h:70000", "h:9-8",   "h:1-65",   "h:1x",  "[::1]",
					  "[::1:5",  "h:1 a b", "h:1 ../x", "h:-1",  "h:1 a/b"};
	struct err err = {.kind = ERR_NONE};
	struct resolver_place p;

	CHECK(resolver_place("mill.example:7000-7063  second", &p, &err) == 0);
	CHECK_STR(p.host, "mill.example");
	CHECK_STR(p.key, "second");
	CHECK(p.first == 7000 && p.last == 7063 && !resolver_is_loopback(&p));
	CHECK(resolver_place("[::1]:7", &p, &err) == 0 && p.first == 7 && p.last == 7);
	CHECK_STR(p.host, "::1");
	CHECK(resolver_is_loopback(&p));
	CHECK(resolver_place("127.9.9.9:7", &p, &err) == 0 && resolver_is_loopback(&p));
	CHECK(resolver_place("127.evil.example:7", &p, &err) == 0 && !resolver_is_loopback(&p));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		err.kind = ERR_NONE;
		CHECK(resolver_place(bad[i], &p, &err) == -1 && err.kind == ERR_USAGE);
	}
}

static void
writes_endpoints(void)
{
	char text[64];

	resolver_endpoint("10.0.0.1", 7, text, sizeof(text));
	CHECK_STR(text, "tcp://10.0.0.1:7");
	resolver_endpoint("fe80::1", 7, text, sizeof(text));
	CHECK_STR(text, "tcp://[fe80::1]:7");
}

static int came, went;
static char last[128];

static void
note(void *arg, const char *endpoint, bool there)
{
	(void)arg;
	came += there;
	went += !there;
	(void)snprintf(last, sizeof(last), "%s", endpoint);
}

static void
finds_each_port_of_each_address_once(void)
{
	const struct resolver_place places[] = {{"127.0.0.2", 7000, 7002, "two"},
						{"127.0.0.2", 7002, 7003, ""},
						{"no-such-name.invalid", 7, 7, ""}};
	struct resolver *r = resolver_new(places, 3, NULL);
	struct pollfd fd = {resolver_fd(r), POLLIN, 0};

	CHECK(poll(&fd, 1, PATIENCE_MS) == 1);
	came = went = 0;
	resolver_look(r, note, NULL);
	CHECK(came == 4 && went == 0);
	CHECK_STR(last, "tcp://127.0.0.2:7003");
	CHECK_STR(resolver_key(r, "tcp://127.0.0.2:7001"), "two");
	CHECK_STR(resolver_key(r, "tcp://127.0.0.2:7003"), "");
	CHECK_STR(resolver_key(r, "tcp://127.0.0.9:7"), "");
	resolver_look(r, note, NULL);
	CHECK(came == 4 && went == 0);
	resolver_free(r);
}

int
main(void)
{
	RUN(reads_places_and_says_what_is_allowed);
	RUN(writes_endpoints);
	RUN(finds_each_port_of_each_address_once);
	return check_done();
}
