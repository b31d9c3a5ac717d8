/* Whatever a list of feeds, a redirect or a DNS answer says: no connection is made to a place that
 * is not public. Each attempt is a test, tried as a feed's own address and again behind a redirect.
 * The trap listens on every address of this machine; 127.0.0.1 alone counts as public here. */
#include "fetcher/address.h"

#include <dlfcn.h>
#include <netdb.h>
#include <poll.h>

#include "common/clock.h"
#include "common/http.h"
#include "fetcher/poll.h"
#include "tests/unit/canned.h"
#include "tests/unit/check.h"

enum { PATIENCE_MS = 20 * 1000, ANSWERS = 3, URL_BYTES = 512 };

/* A DNS of our own. */

/* What the name answers, one after the other; a NULL after the first: the last again. "a+b": both
 * at once. */
struct name {
	const char *name;
	const char *answers[ANSWERS];
};
static const struct name names[] = {
	{"private10.test", {"10.9.9.9"}},
	{"private172.test", {"172.31.0.1"}},
	{"private192.test", {"192.168.7.7"}},
	{"loopback.test", {"127.0.0.2"}},
	{"any.test", {"0.0.0.0"}},
	{"metadata.test", {"169.254.169.254"}},
	{"cgnat.test", {"100.64.3.3"}},
	{"multicast.test", {"224.0.0.251"}},
	{"broadcast.test", {"255.255.255.255"}},
	{"loopback6.test", {"::1"}},
	{"any6.test", {"::"}},
	{"ula.test", {"fd12:3456::1"}},
	{"linklocal6.test", {"fe80::1"}},
	{"sitelocal.test", {"fec0::1"}},
	{"mapped.test", {"::ffff:127.0.0.2"}},
	{"mapped10.test", {"::ffff:10.0.0.1"}},
	{"compatible.test", {"::127.0.0.2"}},
	{"nat64.test", {"64:ff9b::7f00:2"}},
	{"sixtofour.test", {"2002:7f00:2::1"}},
	{"teredo.test", {"2001:0:7f00:2::1"}},
	{"isatap.test", {"2001:470:1::5efe:10.0.0.1"}},
	{"both.test", {"10.0.0.1+fd00::1"}},
	{"turning.test", {"127.0.0.1", "127.0.0.2"}},
	{"turning6.test", {"127.0.0.1", "::1"}},
	{"mixed.test", {"127.0.0.2+127.0.0.1"}},
	{"public.test", {"127.0.0.1"}},
};
static int asked_of[sizeof(names) / sizeof(names[0])];

static struct addrinfo *
add_answer(const char *text, size_t len, uint16_t port, struct addrinfo *rest)
{
	struct {
		struct addrinfo info;
		struct sockaddr_in6 address;
	} *one = calloc(1, sizeof(*one));
	char plain[64];
	struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = port};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = port};

	(void)snprintf(plain, sizeof(plain), "%.*s", (int)len, text);
	if (!one)
		abort();
	one->info.ai_addr = (struct sockaddr *)&one->address;
	one->info.ai_socktype = SOCK_STREAM;
	one->info.ai_next = rest;
	if (inet_pton(AF_INET, plain, &v4.sin_addr) == 1) {
		one->info.ai_family = AF_INET;
		one->info.ai_addrlen = sizeof(v4);
		memcpy(&one->address, &v4, sizeof(v4));
	} else if (inet_pton(AF_INET6, plain, &v6.sin6_addr) == 1) {
		one->info.ai_family = AF_INET6;
		one->info.ai_addrlen = sizeof(v6);
		memcpy(&one->address, &v6, sizeof(v6));
	} else {
		abort();
	}
	return &one->info;
}

/* libcurl's resolver threads call these instead of libc's. */
__attribute__((visibility("default"))) int
getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
	    struct addrinfo **out)
{
	for (size_t i = 0; node && i < sizeof(names) / sizeof(names[0]); i++) {
		const char *answer, *plus;
		const uint16_t port = htons((uint16_t)(service ? strtoul(service, NULL, 10) : 0));
		int n;

		if (strcmp(node, names[i].name) != 0)
			continue;
		n = __atomic_fetch_add(&asked_of[i], 1, __ATOMIC_SEQ_CST);
		n = n < ANSWERS ? n : ANSWERS - 1;
		while (!names[i].answers[n])
			n--;
		answer = names[i].answers[n];
		plus = strchr(answer, '+');
		*out = plus ? add_answer(plus + 1, strlen(plus + 1), port, NULL) : NULL;
		*out = add_answer(answer, plus ? (size_t)(plus - answer) : strlen(answer), port,
				  *out);
		return 0;
	}
	int (*libc)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
	void *found = dlsym(RTLD_NEXT, "getaddrinfo");

	memcpy(&libc, &found, sizeof(libc));
	return libc(node, service, hints, out);
}

/* A list of ours is one block an answer, with the address inside it; libc's too. */
__attribute__((visibility("default"))) void
freeaddrinfo(struct addrinfo *list)
{
	while (list) {
		struct addrinfo *next = list->ai_next;

		free(list->ai_canonname);
		free(list);
		list = next;
	}
}

/* The trap. */

static int trap, trap_port;
static struct addresses *addresses;
static int let_through; /* addresses other than the public one */

static void
set_trap(void)
{
	struct sockaddr_in6 any = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_ANY_INIT};
	socklen_t len = sizeof(any);
	const int no = 0;

	trap = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (trap < 0 || setsockopt(trap, IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof(no)) < 0 ||
	    bind(trap, (struct sockaddr *)&any, sizeof(any)) < 0 || listen(trap, 64) < 0 ||
	    getsockname(trap, (struct sockaddr *)&any, &len) < 0) {
		perror("trap");
		exit(EXIT_FAILURE);
	}
	trap_port = ntohs(any.sin6_port);
}

static bool
is_sprung(void)
{
	const int fd = accept(trap, NULL, NULL);

	if (fd < 0)
		return false;
	(void)close(fd);
	return true;
}

static const char *
refuse(void *arg, const struct sockaddr *address)
{
	const char *why = address_refused(addresses, address);
	struct sockaddr_in v4;

	(void)arg;
	memcpy(&v4, address, sizeof(v4));
	if (!why && (address->sa_family != AF_INET || v4.sin_addr.s_addr != htonl(INADDR_LOOPBACK)))
		let_through++;
	return why;
}

/* A poll. */

static enum outcome_kind
poll_it(struct http *http, const char *url)
{
	const int64_t give_up_ms = clock_mono_ms() + PATIENCE_MS;
	struct feed feed = {.due_s = 1};
	enum outcome_kind kind = OUTCOME_BUSY;
	enum poll_step step = POLL_AGAIN;

	CHECK(feed_set(&feed.url, url, NULL) == 0);
	SCOPED(poll_free) struct poll *poll_of_it = poll_new(&feed, 1, NULL);
	while (step == POLL_AGAIN && clock_mono_ms() < give_up_ms) {
		struct http_request request;
		struct http_transfer *t = NULL;
		struct http_response response;
		struct outcome outcome;

		CHECK(poll_request(poll_of_it, 1 << 20, &request, NULL) == 0);
		CHECK(http_start(http, &request, NULL, NULL) != NULL);
		while (!(t = http_take_done(http)) && clock_mono_ms() < give_up_ms) {
			struct pollfd fd = {.fd = http_fd(http), .events = POLLIN};
			const int timeout_ms = http_timeout_ms(http);

			(void)poll(&fd, 1, timeout_ms < 0 || timeout_ms > 50 ? 50 : timeout_ms);
			CHECK(http_run(http, NULL) == 0);
		}
		CHECK(t != NULL);
		if (!t)
			break;
		response = http_response(t);
		step = poll_answer(poll_of_it, &response, 1, &outcome);
		kind = outcome.kind;
		http_transfer_free(t);
	}
	CHECK(step == POLL_OVER);
	return kind;
}

static struct http *
client(void)
{
	struct http *http = http_new(
		&(struct http_options){.total_ms = 5000, .connect_ms = 2000, .refuse = refuse},
		NULL);

	CHECK(http != NULL);
	return http;
}

/* The attempts. */

/* %d: the trap's port. */
static const char *const attempts[] = {
	"http://127.0.0.2:%d/",
	"http://127.2:%d/",
	"http://127.0.2:%d/",
	"http://2130706434:%d/",
	"http://0x7f000002:%d/",
	"http://0x7f.0.0.0x2:%d/",
	"http://0177.0.0.2:%d/",
	"http://017700000002:%d/",
	"http://127.0.0.2.:%d/",
	"http://0.0.0.0:%d/",
	"http://0:%d/",
	"http://10.0.0.1:%d/",
	"http://172.16.0.1:%d/",
	"http://192.168.0.1:%d/",
	"http://100.64.0.1:%d/",
	"http://169.254.169.254:%d/latest/meta-data/",
	"http://2852039166:%d/",
	"http://0251.0376.0251.0376:%d/",
	"http://168.63.129.16:%d/",
	"http://224.0.0.1:%d/",
	"http://255.255.255.255:%d/",
	"http://[::1]:%d/",
	"http://[0:0:0:0:0:0:0:1]:%d/",
	"http://[::]:%d/",
	"http://[::ffff:127.0.0.2]:%d/",
	"http://[::ffff:7f00:2]:%d/",
	"http://[::ffff:0:127.0.0.2]:%d/",
	"http://[::127.0.0.2]:%d/",
	"http://[64:ff9b::7f00:2]:%d/",
	"http://[64:ff9b:1::7f00:2]:%d/",
	"http://[2002:7f00:2::]:%d/",
	"http://[2001:0:7f00:2::]:%d/",
	"http://[fe80::1]:%d/",
	"http://[fe80::1%%25lo]:%d/",
	"http://[fd00:ec2::254]:%d/",
	"http://[ff02::1]:%d/",
	"http://private10.test:%d/",
	"http://private172.test:%d/",
	"http://private192.test:%d/",
	"http://loopback.test:%d/",
	"http://LOOPBACK.test:%d/",
	"http://any.test:%d/",
	"http://metadata.test:%d/",
	"http://cgnat.test:%d/",
	"http://multicast.test:%d/",
	"http://broadcast.test:%d/",
	"http://loopback6.test:%d/",
	"http://any6.test:%d/",
	"http://ula.test:%d/",
	"http://linklocal6.test:%d/",
	"http://sitelocal.test:%d/",
	"http://mapped.test:%d/",
	"http://mapped10.test:%d/",
	"http://compatible.test:%d/",
	"http://nat64.test:%d/",
	"http://sixtofour.test:%d/",
	"http://teredo.test:%d/",
	"http://isatap.test:%d/",
	"http://both.test:%d/",
	"http://localhost.:%d/",
	"http://public.test@127.0.0.2:%d/",
	"http://127.0.0.1:80@127.0.0.2:%d/",
	"http://public.test%%00@127.0.0.2:%d/",
	"http://127.0.0.2:%d#@public.test/",
	"http://127.0.0.2:%d?@public.test/",
	"http://127.0.0.2:%d\\@public.test/",
	"http:127.0.0.2:%d/",
	"http:\\\\127.0.0.2:%d/",
	"http://\xef\xbc\x91\xef\xbc\x92\xef\xbc\x97.0.0.2:%d/",
	"http://127\343\200\2020.0.2:%d/",
	"https://127.0.0.2:%d/",
	"https://loopback.test:%d/",
	"ftp://127.0.0.2:%d/",
	"gopher://127.0.0.2:%d/_GET",
	"dict://127.0.0.2:%d/d",
	"file:///etc/passwd",
	"FILE:/etc/passwd",
	"http://public.test:22/",
	"http://public.test:25/",
	"http://public.test:6379/",
	"http://public.test:11211/",
};

static void
result(const char *how, const char *url, bool good)
{
	if (good)
		check_passed++;
	else
		check_failed++;
	(void)printf("%sok %d - nothing reaches %s%s\n", good ? "" : "not ",
		     check_passed + check_failed, url, how);
}

static void
attempt(const char *pattern)
{
	char url[URL_BYTES], answer[URL_BYTES + 128], start[URL_BYTES];
	const struct canned rows[] = {{.path = "/start", .answer = answer}};
	const int before = check_bad;
	enum outcome_kind kind;

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	(void)snprintf(url, sizeof(url), pattern, trap_port); /* of our own table */
#pragma GCC diagnostic pop
	(void)snprintf(answer, sizeof(answer),
		       "HTTP/1.1 302 Found\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n", url);
	for (int redirected = 0; redirected < 2; redirected++) {
		SCOPED(http_free) struct http *http = client();

		let_through = 0;
		if (redirected)
			canned_start(rows, 1);
		(void)snprintf(start, sizeof(start), "http://127.0.0.1:%d/start", canned.port);
		kind = poll_it(http, redirected ? start : url);
		CHECK(!redirected || strncmp(canned_asked(0), "GET /start ", 11) == 0);
		if (redirected)
			canned_stop();
		result(redirected ? " behind a redirect" : "", url,
		       check_bad == before && let_through == 0 && !is_sprung() &&
			       (kind == OUTCOME_FAILED || kind == OUTCOME_UNREACHED));
	}
}

/* Names whose answers change. */

static const struct canned feeds[] = {
	{.path = "/feed", .answer = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<rss/>"},
};

/* Public when the list is read, private at the next poll of a fetcher that was started anew. */
static void
goes_by_the_answer_it_connects_to_and_not_by_an_earlier_one(void)
{
	static const char *const turning[] = {"turning.test", "turning6.test"};
	char url[URL_BYTES];

	for (size_t i = 0; i < 2; i++) {
		canned_start(feeds, 1);
		(void)snprintf(url, sizeof(url), "http://%s:%d/feed", turning[i], canned.port);
		for (int life = 0; life < 3; life++) {
			SCOPED(http_free) struct http *http = client();

			let_through = 0;
			CHECK(poll_it(http, url) ==
			      (life == 0 ? OUTCOME_DOCUMENT : OUTCOME_FAILED));
			CHECK(let_through == 0);
		}
		CHECK(canned.asked_count == 1);
		canned_stop();
	}
}

static void
takes_the_public_one_of_two_answers(void)
{
	SCOPED(http_free) struct http *http = client();
	char url[URL_BYTES];

	canned_start(feeds, 1);
	(void)snprintf(url, sizeof(url), "http://mixed.test:%d/feed", canned.port);
	let_through = 0;
	CHECK(poll_it(http, url) == OUTCOME_DOCUMENT && let_through == 0);
	canned_stop();
}

/* Nothing above is refused for another reason than its address. */
static void
goes_to_a_public_name(void)
{
	SCOPED(http_free) struct http *http = client();
	char url[URL_BYTES];

	canned_start(feeds, 1);
	(void)snprintf(url, sizeof(url), "http://public.test:%d/feed", canned.port);
	CHECK(poll_it(http, url) == OUTCOME_DOCUMENT);
	canned_stop();
}

int
main(void)
{
	static const struct config_value public = {"127.0.0.1", "feedmill.conf", 1};

	addresses = addresses_new((struct config_list){&public, 1}, NULL);
	set_trap();
	RUN(goes_to_a_public_name);
	for (size_t i = 0; i < sizeof(attempts) / sizeof(attempts[0]); i++)
		attempt(attempts[i]);
	RUN(goes_by_the_answer_it_connects_to_and_not_by_an_earlier_one);
	RUN(takes_the_public_one_of_two_answers);
	(void)close(trap);
	addresses_free(addresses);
	return check_done();
}
