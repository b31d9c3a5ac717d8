#include "common/http.h"

#include <poll.h>

#include "common/clock.h"
#include "common/httphead.h"
#include "tests/unit/canned.h"
#include "tests/unit/check.h"

#define OK(type, body_len, body)                                                                   \
	"HTTP/1.1 200 OK\r\nContent-Type: " type "\r\nContent-Length: " body_len "\r\n\r\n" body

enum { PATIENCE_MS = 20 * 1000, BODY_MAX = 64 * 1024 };

static const char feed[] = OK("text/xml", "5", "<rss>");

static char url[256];

static const char *
at(const char *path)
{
	(void)snprintf(url, sizeof(url), "http://127.0.0.1:%d%s", canned.port, path);
	return url;
}

/* Runs until a transfer has ended. */
static struct http_transfer *
wait_for_one(struct http *http)
{
	const int64_t give_up_ms = clock_mono_ms() + PATIENCE_MS;
	struct http_transfer *t = NULL;

	while (!(t = http_take_done(http)) && clock_mono_ms() < give_up_ms) {
		struct pollfd fd = {.fd = http_fd(http), .events = POLLIN};
		const int timeout_ms = http_timeout_ms(http);

		(void)poll(&fd, 1, timeout_ms < 0 || timeout_ms > 1000 ? 1000 : timeout_ms);
		CHECK(http_run(http, NULL) == 0);
	}
	return t;
}

static struct http_transfer *
ask(struct http *http, const struct http_request *request)
{
	struct err err = {.kind = ERR_NONE};
	struct http_transfer *t = http_start(http, request, &err, &err);

	CHECK(t != NULL);
	if (t)
		CHECK(wait_for_one(http) == t && http_owner(t) == &err);
	return t;
}

/* One GET of the URL; how it ended. */
static enum http_end
end_of(struct http *http, const char *target)
{
	struct http_transfer *t =
		ask(http, &(struct http_request){.url = target, .body_bytes_max = BODY_MAX});
	const enum http_end end = http_response(t).end;

	if (end != HTTP_DONE)
		CHECK(http_response(t).reason[0] != '\0');
	http_transfer_free(t);
	CHECK(http_active(http) == 0 && http_bodies_bytes(http) == 0);
	return end;
}

static struct http *
client(void)
{
	struct err err = {.kind = ERR_NONE};
	struct http *http = http_new(
		&(struct http_options){.user_agent = "feedmill/test (+x)", .total_ms = 5000}, &err);

	CHECK(http != NULL);
	return http;
}

static void
hands_over_a_whole_response(void)
{
	static const struct canned rows[] = {
		{.path = "/feed?a=b%2Fc", .answer = feed},
	};
	SCOPED(http_free) struct http *http = client();
	const char *headers[] = {"If-None-Match: W/\"x\"", "Accept: text/xml"};

	canned_start(rows, 1);
	struct http_transfer *t = ask(http, &(struct http_request){.url = at("/feed?a=b%2Fc#frag"),
								   .headers = headers,
								   .header_count = 2,
								   .body_bytes_max = BODY_MAX});
	const struct http_response r = http_response(t);
	struct bytes value;

	CHECK(r.end == HTTP_DONE && r.status == 200 && r.fresh && !r.location);
	CHECK(r.body.len == 5 && memcmp(r.body.data, "<rss>", 5) == 0);
	CHECK(httphead_line(r.head, "content-type", 0, &value) && value.len == 8);
	CHECK_STR(r.peer, "127.0.0.1");
	http_transfer_free(t);
	CHECK(strncmp(canned_asked(0), "GET /feed?a=b%2Fc HTTP/1.1\r\n", 28) == 0);
	CHECK(strstr(canned_asked(0), "User-Agent: feedmill/test (+x)\r\n"));
	CHECK(strstr(canned_asked(0), "If-None-Match: W/\"x\"\r\n"));
	CHECK(strstr(canned_asked(0), "gzip"));
	CHECK(!strstr(canned_asked(0), "Cookie") && !strstr(canned_asked(0), "Referer"));
	canned_stop();
}

static void
uses_a_connection_again_and_forgets_the_last_request(void)
{
	static const struct canned rows[] = {
		{.path = "/a", .answer = feed},
		{.path = "/b", .answer = feed},
	};
	SCOPED(http_free) struct http *http = client();
	const char *headers[] = {"If-None-Match: \"of-a\""};

	canned_start(rows, 2);
	http_transfer_free(ask(http, &(struct http_request){.url = at("/a"),
							    .userinfo = "me:secret",
							    .headers = headers,
							    .header_count = 1,
							    .body_bytes_max = BODY_MAX}));
	CHECK(end_of(http, at("/b")) == HTTP_DONE);
	CHECK(canned.connections == 1);
	CHECK(strstr(canned_asked(0), "Authorization: Basic bWU6c2VjcmV0\r\n"));
	CHECK(!strstr(canned_asked(1), "Authorization") && !strstr(canned_asked(1), "of-a"));
	canned_stop();
}

static void
keeps_no_connection_that_nobody_wants(void)
{
	static const struct canned rows[] = {
		{.path = "/a", .answer = feed},
		{.path = "/b", .answer = feed},
		{.path = "/near",
		 .answer = "HTTP/1.1 302 Found\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n"},
		{.path = "/far",
		 .answer = "HTTP/1.1 302 Found\r\nLocation: //other.example/b\r\n"
			   "Content-Length: 0\r\n\r\n"},
	};
	static const struct {
		const char *first;
		bool alone;
		int connections; /* when another request has followed */
	} cases[] = {{"/a", false, 1}, {"/a", true, 2}, {"/near", true, 1}, {"/far", true, 2}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		SCOPED(http_free) struct http *http = client();

		canned_start(rows, sizeof(rows) / sizeof(rows[0]));
		http_transfer_free(ask(http, &(struct http_request){.url = at(cases[i].first),
								    .body_bytes_max = BODY_MAX,
								    .alone = cases[i].alone}));
		CHECK(end_of(http, at("/b")) == HTTP_DONE);
		CHECK(canned.connections == cases[i].connections);
		canned_stop();
	}
}

static void
lets_nobody_wait_for_a_hanging_request(void)
{
	static const struct canned rows[] = {
		{.path = "/a", .answer = feed},
		{.path = "/hang", .answer = "", .then = CANNED_HANG},
	};
	SCOPED(http_free) struct http *http = client();
	struct http_transfer *hanging;

	canned_start(rows, 2);
	hanging = http_start(http,
			     &(struct http_request){.url = at("/hang"), .body_bytes_max = BODY_MAX},
			     NULL, NULL);
	CHECK(hanging != NULL);
	http_transfer_free(
		ask(http, &(struct http_request){.url = at("/a"), .body_bytes_max = BODY_MAX}));
	CHECK(http_active(http) == 1);
	http_transfer_free(hanging);
	canned_stop();
}

static void
sends_a_body_and_a_method(void)
{
	static const struct canned rows[] = {{.path = "/hook", .answer = feed}};
	SCOPED(http_free) struct http *http = client();

	canned_start(rows, 1);
	http_transfer_free(ask(http, &(struct http_request){.method = "POST",
							    .url = at("/hook"),
							    .body = {"{}", 2},
							    .body_bytes_max = BODY_MAX}));
	CHECK(strncmp(canned_asked(0), "POST /hook ", 11) == 0);
	CHECK(strstr(canned_asked(0), "Content-Length: 2\r\n") &&
	      !strstr(canned_asked(0), "Expect"));
	CHECK(end_of(http, at("/hook")) == HTTP_DONE);
	CHECK(strncmp(canned_asked(1), "GET /hook ", 10) == 0);
	canned_stop();
}

static void
follows_nothing_by_itself(void)
{
	static const struct canned rows[] = {
		{.path = "/a/b",
		 .answer = "HTTP/1.1 302 F\r\nLocation: ../c?d\r\nContent-Length: 0\r\n\r\n"},
	};
	SCOPED(http_free) struct http *http = client();

	canned_start(rows, 1);
	struct http_transfer *t =
		ask(http, &(struct http_request){.url = at("/a/b"), .body_bytes_max = BODY_MAX});
	const struct http_response r = http_response(t);

	CHECK(r.status == 302 && r.location && strcmp(r.location, at("/c?d")) == 0);
	CHECK(canned.asked_count == 1);
	http_transfer_free(t);
	canned_stop();
}

static void
knows_a_cut_response_from_a_whole_one(void)
{
	static const struct canned rows[] = {
		{.path = "/cut", .answer = OK("a/b", "50", "<rss>"), .then = CANNED_CLOSE},
		{.path = "/reset", .answer = OK("a/b", "50", "<rss>"), .then = CANNED_RESET},
		{.path = "/none", .answer = "", .then = CANNED_CLOSE},
		{.path = "/chunk",
		 .answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n<rss>\r\n",
		 .then = CANNED_CLOSE},
		{.path = "/size",
		 .answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n<rss>\r\n"},
		{.path = "/two",
		 .answer =
			 "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 5\r\n\r\n<rss>"},
		{.path = "/old", .answer = "<rss></rss>", .then = CANNED_CLOSE},
	};
	SCOPED(http_free) struct http *http = client();

	canned_start(rows, sizeof(rows) / sizeof(rows[0]));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		CHECK(end_of(http, at(rows[i].path)) == HTTP_BROKEN);
	canned_stop();
}

/* A gzip stream of `bytes` zeros (rounded up), without its trailer: 13 bits for 258 bytes. The
 * caller frees it. */
static char *
zip_bomb(size_t bytes, size_t *len_out)
{
	static const unsigned char head[10] = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3};
	const size_t matches = bytes / 258 + 1;
	char *out = calloc(1, sizeof(head) + matches * 13 / 8 + 16);
	size_t bit = sizeof(head) * 8;

	if (!out)
		exit(EXIT_FAILURE);
	memcpy(out, head, sizeof(head));
#define BIT(value)                                                                                 \
	do {                                                                                       \
		if (value)                                                                         \
			out[bit / 8] = (char)(out[bit / 8] | (1 << (bit % 8)));                    \
		bit++;                                                                             \
	} while (0)
	BIT(1); /* the last block, fixed Huffman codes */
	BIT(1);
	BIT(0);
	for (int i = 7; i >= 0; i--)
		BIT((0x30 >> i) & 1); /* the literal 0 */
	for (size_t m = 0; m < matches; m++) {
		for (int i = 7; i >= 0; i--)
			BIT((0xc5 >> i) & 1); /* the last 258 bytes ... */
		for (int i = 0; i < 5; i++)
			BIT(0); /* ... from one byte ago on */
	}
#undef BIT
	*len_out = (bit + 7) / 8;
	return out;
}

static void
takes_no_more_than_its_ceilings(void)
{
	static const char chunked[] = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
	size_t bomb_len;
	char *bomb = zip_bomb(64 * BODY_MAX, &bomb_len);
	static const char zipped[] = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n";
	char *bomb_answer = calloc(1, sizeof(zipped) + bomb_len);

	CHECK(bomb_answer != NULL);
	memcpy(bomb_answer, zipped, sizeof(zipped) - 1);
	memcpy(bomb_answer + sizeof(zipped) - 1, bomb, bomb_len);
	const struct canned rows[] = {
		{.path = "/announced", .answer = OK("a/b", "99999999999", "x")},
		{.path = "/endless",
		 .answer = "HTTP/1.1 200 OK\r\n\r\n",
		 .then = CANNED_REPEAT,
		 .again = "0123456789abcdef"},
		{.path = "/chunks",
		 .answer = chunked,
		 .then = CANNED_REPEAT,
		 .again = "10\r\n0123456789abcdef\r\n"},
		{.path = "/bomb",
		 .answer = bomb_answer,
		 .len = sizeof(zipped) - 1 + bomb_len,
		 .then = CANNED_CLOSE},
		{.path = "/headers",
		 .answer = "HTTP/1.1 200 OK\r\n",
		 .then = CANNED_REPEAT,
		 .again = "X-More: 0123456789\r\n"},
		{.path = "/interim",
		 .answer = "",
		 .then = CANNED_REPEAT,
		 .again = "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"},
		{.path = "/line",
		 .answer = "HTTP/1.1 200 OK\r\nX: ",
		 .then = CANNED_REPEAT,
		 .again = "0123456789abcdef"},
	};
	SCOPED(http_free) struct http *http = client();

	canned_start(rows, sizeof(rows) / sizeof(rows[0]));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		CHECK(end_of(http, at(rows[i].path)) == HTTP_TOO_LARGE);
	canned_stop();
	free(bomb);
	free(bomb_answer);
}

static void
says_which_coding_it_cannot_read(void)
{
	static const struct canned rows[] = {
		{.path = "/label",
		 .answer = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: "
			   "5\r\n\r\n<rss>"},
		{.path = "/unknown",
		 .answer = "HTTP/1.1 200 OK\r\nContent-Encoding: rot13\r\nContent-Length: "
			   "5\r\n\r\n<rss>"},
		{.path = "/layers",
		 .answer =
			 "HTTP/1.1 200 OK\r\nContent-Encoding: gzip, gzip, gzip, gzip, gzip, gzip, "
			 "gzip, gzip\r\nContent-Length: 5\r\n\r\n<rss>"},
	};
	SCOPED(http_free) struct http *http = client();

	canned_start(rows, 3);
	for (size_t i = 0; i < 3; i++)
		CHECK(end_of(http, at(rows[i].path)) == HTTP_CODING);
	struct http_transfer *t = ask(http, &(struct http_request){.url = at("/label"),
								   .identity = true,
								   .body_bytes_max = BODY_MAX});
	CHECK(!strstr(canned_asked(3), "Accept-Encoding"));
	http_transfer_free(t);
	canned_stop();
}

static void
gives_up_on_who_does_not_answer(void)
{
	static const struct canned rows[] = {
		{.path = "/hang", .answer = "", .then = CANNED_HANG},
		{.path = "/stall", .answer = OK("a/b", "50", "<rss>"), .then = CANNED_HANG},
	};
	SCOPED(http_free)
	struct http *http = http_new(&(struct http_options){.total_ms = 200}, NULL);

	canned_start(rows, 2);
	CHECK(end_of(http, at("/hang")) == HTTP_SLOW);
	CHECK(end_of(http, at("/stall")) == HTTP_SLOW);
	canned_stop();
	CHECK(end_of(http, at("/")) == HTTP_UNREACHED); /* nobody listens there any more */
	CHECK(end_of(http, "http://no.such.host.invalid/") == HTTP_UNRESOLVED);
}

static void
goes_nowhere_but_to_http(void)
{
	static const char *const targets[] = {
		"file:///etc/passwd",      "ftp://127.0.0.1/",  "gopher://127.0.0.1/",
		"dict://127.0.0.1/",       "smtp://127.0.0.1/", "telnet://127.0.0.1/",
		"ldap://127.0.0.1/",       "scp://127.0.0.1/",  "javascript:alert(1)",
		"http://me:pw@127.0.0.1/", "http://",           "",
	};
	SCOPED(http_free) struct http *http = client();

	for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++)
		CHECK(end_of(http, targets[i]) == HTTP_REFUSED);
}

static const char *refusal; /* what the check below says */

static const char *
refuse(void *arg, const struct sockaddr *address)
{
	CHECK(address->sa_family == AF_INET);
	(*(int *)arg)++;
	return refusal;
}

static void
asks_about_each_address_before_it_sends_anything(void)
{
	static const struct canned rows[] = {{.path = "/", .answer = feed}};
	int asked = 0;
	SCOPED(http_free)
	struct http *http = http_new(&(struct http_options){.refuse = refuse, .arg = &asked}, NULL);

	canned_start(rows, 1);
	refusal = "not there";
	struct http_transfer *t =
		ask(http, &(struct http_request){.url = at("/"), .body_bytes_max = BODY_MAX});
	CHECK(http_response(t).end == HTTP_REFUSED);
	CHECK_STR(http_response(t).reason, "not there");
	http_transfer_free(t);
	CHECK(asked > 0 && canned.asked_count == 0 && canned.connections == 0);

	/* A connection that was opened when it was allowed is no way around it. */
	refusal = NULL;
	CHECK(end_of(http, at("/")) == HTTP_DONE);
	refusal = "not any more";
	CHECK(end_of(http, at("/")) == HTTP_REFUSED);
	CHECK(canned.asked_count == 1);
	canned_stop();
}

static void
keeps_all_bodies_together_under_a_ceiling(void)
{
	enum { COUNT = 6, SIZE = 40000 };
	static char answer[SIZE + 100];
	const int head = snprintf(answer, sizeof(answer),
				  "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", SIZE);
	const struct canned rows[] = {
		{.path = "/", .answer = answer, .len = (size_t)head + SIZE},
	};
	SCOPED(http_free)
	struct http *http = http_new(&(struct http_options){.bodies_max = SIZE}, NULL);
	size_t done = 0, busy = 0, most = 0;

	canned_start(rows, 1);
	for (int i = 0; i < COUNT; i++)
		CHECK(http_start(http,
				 &(struct http_request){.url = at("/"), .body_bytes_max = BODY_MAX},
				 NULL, NULL) != NULL);
	struct http_transfer *ended[COUNT];
	for (size_t i = 0; i < COUNT; i++) {
		ended[i] = wait_for_one(http);
		if (http_bodies_bytes(http) > most)
			most = http_bodies_bytes(http);
		done += http_response(ended[i]).end == HTTP_DONE;
		busy += http_response(ended[i]).end == HTTP_BUSY;
	}
	CHECK(done + busy == COUNT && done >= 1);
	CHECK(most <= SIZE + BODY_MAX);
	for (size_t i = 0; i < COUNT; i++)
		http_transfer_free(ended[i]);
	CHECK(http_bodies_bytes(http) == 0);
	canned_stop();
}

static void
can_be_ended_at_any_moment(void)
{
	static const struct canned rows[] = {
		{.path = "/", .answer = feed},
		{.path = "/hang", .answer = "", .then = CANNED_HANG},
	};
	struct http *http = client();
	const struct http_request hang = {.url = at("/hang"), .body_bytes_max = BODY_MAX};

	canned_start(rows, 2);
	http_transfer_free(http_start(http, &hang, NULL, NULL));
	CHECK(http_active(http) == 0);
	(void)http_start(http, &hang, NULL, NULL);
	/* One still runs, one has ended and is not taken. */
	(void)http_start(http, &(struct http_request){.url = at("/"), .body_bytes_max = BODY_MAX},
			 NULL, NULL);
	while (http_active(http) > 1 && http_timeout_ms(http) != 0) {
		struct pollfd fd = {.fd = http_fd(http), .events = POLLIN};

		(void)poll(&fd, 1, http_timeout_ms(http));
		(void)http_run(http, NULL);
	}
	http_free(http);
	canned_stop();
}

int
main(void)
{
	RUN(hands_over_a_whole_response);
	RUN(uses_a_connection_again_and_forgets_the_last_request);
	RUN(keeps_no_connection_that_nobody_wants);
	RUN(lets_nobody_wait_for_a_hanging_request);
	RUN(sends_a_body_and_a_method);
	RUN(follows_nothing_by_itself);
	RUN(knows_a_cut_response_from_a_whole_one);
	RUN(takes_no_more_than_its_ceilings);
	RUN(says_which_coding_it_cannot_read);
	RUN(gives_up_on_who_does_not_answer);
	RUN(goes_nowhere_but_to_http);
	RUN(asks_about_each_address_before_it_sends_anything);
	RUN(keeps_all_bodies_together_under_a_ceiling);
	RUN(can_be_ended_at_any_moment);
	return check_done();
}
