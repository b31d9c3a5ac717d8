#include "fetcher/poll.h"

#include <poll.h>

#include "common/clock.h"
#include "fetcher/learn.h"
#include "tests/unit/canned.h"
#include "tests/unit/check.h"

enum { HOUR = 3600, DAY = 24 * HOUR, PATIENCE_MS = 20 * 1000 };

#define BODY(len, body) "Content-Length: " len "\r\n\r\n" body
#define OK              "HTTP/1.1 200 OK\r\n"
#define V1              BODY("6", "<rss1>")
#define V2              BODY("6", "<rss2>")
#define UNCHANGED       "HTTP/1.1 304 Not Modified\r\n"

static const struct pace pace = {.interval_s = HOUR, .max_interval_s = DAY, .retry_s = 900};
static int64_t now;
static struct http *http;
static struct feed feed;
static bool fresh;             /* the last poll brought a new document */
static enum outcome_kind kind; /* its outcome */
static char reason[256];
static char text[512];

static const char *
at(const char *host, const char *path)
{
	(void)snprintf(text, sizeof(text), "http://%s:%d%s", host, canned.port, path);
	return text;
}

static void
begin(const struct canned *rows, size_t count, const char *path)
{
	now = 1768386000;
	http = http_new(&(struct http_options){.total_ms = 5000}, NULL);
	canned_start(rows, count);
	feed = (struct feed){.due_s = now};
	CHECK(feed_set(&feed.url, at("127.0.0.1", path), NULL) == 0);
}

static void
end(void)
{
	feed_done(&feed);
	http_free(http);
	canned_stop();
}

static struct http_transfer *
ask(struct poll *poll)
{
	const int64_t give_up_ms = clock_mono_ms() + PATIENCE_MS;
	struct http_request request;
	struct http_transfer *t = NULL;

	CHECK(poll_request(poll, 1 << 20, &request, NULL) == 0);
	CHECK(http_start(http, &request, poll, NULL) != NULL);
	while (!(t = http_take_done(http)) && clock_mono_ms() < give_up_ms) {
		struct pollfd fd = {.fd = http_fd(http), .events = POLLIN};
		const int timeout_ms = http_timeout_ms(http);

		(void)ppoll(&fd, 1,
			    &(struct timespec){.tv_nsec = timeout_ms == 0 ? 0 : 50 * 1000 * 1000},
			    NULL);
		CHECK(http_run(http, NULL) == 0);
	}
	return t;
}

static const struct lesson *
lesson(void)
{
	static struct lesson l;

	l = (struct lesson){.pace = &pace, .now_s = now};
	return &l;
}

/* One poll, and what the feed learns from it; the clock goes on to the feed's due time. meanwhile:
 * what happens between the request and the lesson. */
static void
poll_once_while(void (*meanwhile)(struct feed *feed))
{
	SCOPED(poll_free) struct poll *poll = poll_new(&feed, now, NULL);
	struct outcome outcome;

	for (enum poll_step step = POLL_AGAIN; step == POLL_AGAIN;) {
		struct http_transfer *t = ask(poll);
		const struct http_response response = http_response(t);

		step = poll_answer(poll, &response, now, &outcome);
		if (step == POLL_OVER) {
			if (meanwhile)
				meanwhile(poll_feed(poll));
			CHECK(learn_outcome(poll_feed(poll), &outcome, lesson(), &fresh, NULL) ==
			      0);
			kind = outcome.kind;
			(void)snprintf(reason, sizeof(reason), "%s", outcome.reason);
		}
		http_transfer_free(t);
	}
	feed = *poll_feed(poll);
	*poll_feed(poll) = (struct feed){.due_s = 0};
	if (feed.due_s > now)
		now = feed.due_s;
}

static void
poll_once(void)
{
	poll_once_while(NULL);
}

/* The value of the n-th request's header line; "" when it had none. */
static const char *
asked(size_t n, const char *name)
{
	static char value[512];
	const char *line = strstr(canned_asked(n), name);

	value[0] = '\0';
	if (line)
		(void)snprintf(value, sizeof(value), "%.*s",
			       (int)strcspn(line + strlen(name), "\r"), line + strlen(name));
	return value;
}

#define INM "If-None-Match: "
#define IMS "If-Modified-Since: "

static void
gives_validators_back_byte_for_byte(void)
{
	static const struct {
		const char *lines, *etag, *modified;
	} cases[] = {
		{"ETag: \"e1\"\r\nLast-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n", "\"e1\"",
		 "Sun, 06 Nov 1994 08:49:37 GMT"},
		{"ETag: W/\"weak\"\r\n", "W/\"weak\"", ""},
		{"Last-Modified: Sunday, 06-Nov-94 08:49:37 +0100\r\n", "",
		 "Sunday, 06-Nov-94 08:49:37 +0100"},
		{"ETag: unquoted\r\n", "unquoted", ""},
		{"ETag: \"a,b\\c'd;--gzip\"\r\n", "\"a,b\\c'd;--gzip\"", ""},
		{"ETag: \"\"\r\n", "\"\"", ""},
		{"ETag:\r\n", "", ""},
		{"Expires: 0\r\nCache-Control: no-store, no-cache\r\nETag: \"x\"\r\n", "\"x\"", ""},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char answer[512];
		const struct canned rows[] = {{.path = "/", .answer = answer}};

		(void)snprintf(answer, sizeof(answer), OK "%s" V1, cases[i].lines);
		begin(rows, 1, "/");
		poll_once();
		CHECK(kind == OUTCOME_DOCUMENT && fresh);
		CHECK_STR(asked(0, INM), "");
		CHECK_STR(asked(0, IMS), "");
		poll_once();
		CHECK_STR(asked(1, INM), cases[i].etag);
		CHECK_STR(asked(1, IMS), cases[i].modified);
		CHECK(kind == OUTCOME_DOCUMENT && !fresh); /* the same body is not news */
		end();
	}
}

static void
keeps_validators_up_to_date(void)
{
	static const struct canned rows[] = {
		{"/", 1, OK "ETag: \"1\"\r\nLast-Modified: a\r\n" V1, 0, CANNED_KEEP, NULL},
		{"/", 2, UNCHANGED "ETag: \"2\"\r\n\r\n", 0, CANNED_KEEP, NULL}, /* a new ETag */
		{"/", 3, UNCHANGED "\r\n", 0, CANNED_KEEP, NULL},                /* nothing new */
		{"/", 4, OK "ETag: \"3\"\r\n" V1, 0, CANNED_KEEP, NULL}, /* touched, the same */
		{"/", 5, "HTTP/1.1 500 Oh\r\nETag: \"bad\"\r\n" V2, 0, CANNED_KEEP, NULL},
		{"/", 6, "HTTP/1.1 206 Part\r\nETag: \"bad\"\r\n" V2, 0, CANNED_KEEP, NULL},
		{"/", 7, OK "ETag: \"bad\"\r\n" BODY("99", "<rs"), 0, CANNED_CLOSE, NULL},
		{"/", 8, OK "ETag: \"bad\"\r\n" BODY("0", ""), 0, CANNED_KEEP, NULL},
		{"/", 9, OK V2, 0, CANNED_KEEP, NULL},
		{"/", 10, OK V2, 0, CANNED_KEEP, NULL},
	};
	static const char *const etags[] = {"",      "\"1\"", "\"2\"", "\"2\"", "\"3\"",
					    "\"3\"", "\"3\"", "\"3\"", "\"3\"", ""};
	static const char *const dates[] = {"", "a", "a", "a", "", "", "", "", "", ""};
	static const bool news[] = {true,  false, false, false, false,
				    false, false, false, true,  false};

	begin(rows, 10, "/");
	for (size_t i = 0; i < 10; i++) {
		poll_once();
		CHECK_STR(asked(i, INM), etags[i]);
		CHECK_STR(asked(i, IMS), dates[i]);
		CHECK(fresh == news[i]);
	}
	end();
}

static void
offers_a_validator_to_its_own_resource_alone(void)
{
	static const struct canned rows[] = {
		{"/", 1, "HTTP/1.1 302 F\r\nETag: \"r\"\r\nLocation: /a\r\n" BODY("0", ""), 0,
		 CANNED_KEEP, NULL},
		{"/", 2, "HTTP/1.1 302 F\r\nLocation: /b\r\n" BODY("0", ""), 0, CANNED_KEEP, NULL},
		{"/", 0, "HTTP/1.1 307 F\r\nLocation: /b#x\r\n" BODY("0", ""), 0, CANNED_KEEP,
		 NULL},
		{"/a", 0, OK "ETag: \"same\"\r\n" V1, 0, CANNED_KEEP, NULL},
		{"/b", 0, OK "ETag: \"same\"\r\n" V2, 0, CANNED_KEEP, NULL},
	};

	begin(rows, 5, "/");
	poll_once();
	poll_once();
	poll_once();
	CHECK_STR(asked(1, INM), "");
	CHECK_STR(asked(2, INM), ""); /* not to the feed's own URL: it gave none */
	CHECK_STR(asked(3, INM), ""); /* not to /b, which has never been asked */
	CHECK_STR(asked(4, INM), "");
	CHECK_STR(asked(5, INM), "\"same\"");
	CHECK(strncmp(canned_asked(5), "GET /b HTTP", 11) == 0);
	CHECK(!feed.target_url && !feed.moved_url);
	end();
}

static void
takes_credentials_to_no_other_origin(void)
{
	char elsewhere[256];
	const struct canned rows[] = {
		{.path = "/", .answer = elsewhere},
		{.path = "/there", .answer = OK V1},
	};

	begin(rows, 2, "/");
	(void)snprintf(elsewhere, sizeof(elsewhere),
		       "HTTP/1.1 302 F\r\nLocation: http://localhost:%d/there\r\n" BODY("0", ""),
		       canned.port);
	CHECK(feed_set(&feed.userinfo, "me:pw", NULL) == 0);
	poll_once();
	CHECK(kind == OUTCOME_DOCUMENT);
	CHECK_STR(asked(0, "Authorization: "), "Basic bWU6cHc=");
	CHECK_STR(asked(1, "Authorization: "), "");
	end();
}

static void
ends_loops_and_goes_nowhere_odd(void)
{
	static const struct {
		const char *location;
		size_t requests;
	} cases[] = {
		{"Location: /\r\n", 1 + POLL_REDIRECTS_MAX},
		{"", 1},
		{"Location: file:///etc/passwd\r\n", 1},
		{"Location: ftp://127.0.0.1/\r\n", 1},
		{"Location: gopher://127.0.0.1:6379/_x\r\n", 1},
		{"Location: http://a:b@127.0.0.1/\r\n", 1},
		{"Location: http://\r\n", 1},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char answer[256];
		const struct canned rows[] = {{.path = "/", .answer = answer}};

		(void)snprintf(answer, sizeof(answer), "HTTP/1.1 301 M\r\n%s" BODY("0", ""),
			       cases[i].location);
		begin(rows, 1, "/");
		poll_once();
		CHECK(kind == OUTCOME_FAILED && reason[0] != '\0' && feed.failures == 1);
		CHECK(canned.asked_count == cases[i].requests);
		end();
	}
}

static void
does_not_believe_a_304_that_it_did_not_ask_for(void)
{
	static const struct canned rows[] = {
		{.path = "/", .answer = UNCHANGED "ETag: \"x\"\r\n\r\n"}};

	begin(rows, 1, "/");
	poll_once();
	CHECK(kind == OUTCOME_FAILED && !feed.etag);
	poll_once();
	CHECK_STR(asked(1, INM), "");
	end();
}

static void
takes_what_is_new_alone_when_it_has_the_rest(void)
{
#define DELTA "HTTP/1.1 226 IM Used\r\n"
	static const struct canned rows[] = {
		{"/", 1, OK "Last-Modified: a\r\n" V1, 0, CANNED_KEEP, NULL},
		{"/", 2, OK "ETag: \"1\"\r\n" V1, 0, CANNED_KEEP, NULL},
		{"/", 3, DELTA "IM: feed\r\nETag: \"2\"\r\n" V2, 0, CANNED_KEEP, NULL},
		/* To another document, made in another way, and then the whole one. */
		{"/", 4, DELTA "IM: feed\r\nDelta-Base: \"0\"\r\nETag: \"3\"\r\n" V1, 0,
		 CANNED_KEEP, NULL},
		{"/", 5, OK "ETag: \"3\"\r\n" V1, 0, CANNED_KEEP, NULL},
		{"/", 6, DELTA "IM: feed, gzip\r\nETag: \"4\"\r\n" V2, 0, CANNED_KEEP, NULL},
		{"/", 7, DELTA "IM: feed\r\nETag: \"4\"\r\n" V2, 0, CANNED_KEEP, NULL},
		{"/", 8, DELTA "IM: feed\r\nDelta-Base: \"3\"\r\nETag: \"4\"\r\n" V2, 0,
		 CANNED_KEEP, NULL},
	};
	int64_t whole_s;

	begin(rows, 8, "/");
	poll_once();
	poll_once();
	CHECK_STR(asked(0, "A-IM: "), "");
	CHECK_STR(asked(1, "A-IM: "), ""); /* no ETag that a delta could be to */
	whole_s = feed.whole_s;
	poll_once();
	CHECK_STR(asked(2, "A-IM: "), "feed");
	CHECK(kind == OUTCOME_DOCUMENT && fresh && strcmp(feed.etag, "\"2\"") == 0);
	CHECK(!feed.proved && feed.whole_s == whole_s);
	poll_once();
	CHECK_STR(asked(4, "A-IM: "), "");
	CHECK_STR(asked(4, INM), "");
	CHECK(kind == OUTCOME_DOCUMENT && fresh && strcmp(feed.etag, "\"3\"") == 0);
	poll_once(); /* twice no delta of ours */
	CHECK(canned.asked_count == 7 && kind == OUTCOME_FAILED && strstr(reason, "226"));
	CHECK_STR(feed.etag, "\"3\"");
	poll_once();
	CHECK(kind == OUTCOME_DOCUMENT && fresh && strcmp(feed.etag, "\"4\"") == 0);
	end();
}

static void
blames_the_way_for_silence_on_a_kept_connection(void)
{
	static const struct canned rows[] = {
		{"/", 1, OK V1, 0, CANNED_KEEP, NULL},
		{"/", 2, "", 0, CANNED_HANG, NULL},
		{"/hang", 0, "", 0, CANNED_HANG, NULL},
	};

	begin(rows, 3, "/");
	http_free(http);
	http = http_new(&(struct http_options){.total_ms = 500}, NULL);
	poll_once();
	CHECK(kind == OUTCOME_DOCUMENT);
	poll_once();
	CHECK(kind == OUTCOME_UNREACHED && canned.connections == 1);
	CHECK(feed_set(&feed.url, at("127.0.0.1", "/hang"), NULL) == 0);
	poll_once();
	CHECK(kind == OUTCOME_FAILED);
	end();
}

static void
asks_again_plainly_when_a_coding_is_broken(void)
{
	static const struct canned rows[] = {
		{"/", 1, OK "Content-Encoding: gzip\r\n" V1, 0, CANNED_KEEP, NULL},
		{"/", 2, OK V1, 0, CANNED_KEEP, NULL},
		{"/bad", 0,
		 OK "Content-Encoding: gzip\r\nETag: \"x\"\r\n" BODY("6", "\x1f\x8bzzzz"), 0,
		 CANNED_KEEP, NULL},
	};

	begin(rows, 3, "/");
	poll_once();
	CHECK(kind == OUTCOME_DOCUMENT && canned.asked_count == 2);
	CHECK(strstr(canned_asked(0), "Accept-Encoding: ") &&
	      !strstr(canned_asked(1), "Accept-Encoding: "));
	end();
	begin(rows, 3, "/bad");
	poll_once();
	CHECK(kind == OUTCOME_FAILED && canned.asked_count == 2 && !feed.etag);
	end();
}

static void
waits_when_it_is_told_to(void)
{
	static const struct canned rows[] = {
		{"/", 1, "HTTP/1.1 429 T\r\nRetry-After: 7200\r\n" BODY("0", ""), 0, CANNED_KEEP,
		 NULL},
		{"/", 2, "HTTP/1.1 503 U\r\nRetry-After: 9000\r\n" BODY("0", ""), 0, CANNED_KEEP,
		 NULL},
		{"/", 3, OK "Cache-Control: max-age=10800\r\n" V1, 0, CANNED_KEEP, NULL},
		{"/", 4, "HTTP/1.1 404 N\r\nRetry-After: 5\r\n" BODY("0", ""), 0, CANNED_KEEP,
		 NULL},
	};
	int64_t before;

	begin(rows, 4, "/");
	before = now;
	poll_once();
	CHECK(kind == OUTCOME_LIMITED && feed.due_s == before + 7200);
	before = now;
	poll_once();
	CHECK(kind == OUTCOME_FAILED && feed.due_s == before + 9000 && feed.failures == 2);
	CHECK_STR(feed.error, "status 503");
	before = now;
	poll_once();
	CHECK(fresh && feed.due_s == before + 10800 && feed.failures == 0 && !feed.error);
	before = now;
	poll_once();
	CHECK(kind == OUTCOME_FAILED && feed.due_s == before + 900);
	end();
}

static void
retires_a_feed_that_is_gone_when_it_is_sure(void)
{
	static const struct canned rows[] = {
		{"/", 1, "HTTP/1.1 410 G\r\n" BODY("0", ""), 0, CANNED_KEEP, NULL},
		{"/", 2, OK V1, 0, CANNED_KEEP, NULL},
		{"/", 0, "HTTP/1.1 410 G\r\n" BODY("0", ""), 0, CANNED_KEEP, NULL},
	};

	begin(rows, 3, "/");
	poll_once();
	CHECK(kind == OUTCOME_GONE && feed.due_s > 0 && feed.retired_s == 0);
	poll_once();
	CHECK(fresh);
	poll_once();
	CHECK(feed.due_s > 0);
	poll_once();
	CHECK(feed.due_s == 0 && feed.retired_s > 0);
	end();
}

static void
moves_when_a_permanent_redirect_has_proved_itself(void)
{
	static const struct canned rows[] = {
		{"/", 0, "HTTP/1.1 301 M\r\nLocation: /mid\r\n" BODY("0", ""), 0, CANNED_KEEP,
		 NULL},
		{"/mid", 6, "HTTP/1.1 404 N\r\n" BODY("0", ""), 0, CANNED_KEEP, NULL},
		{"/mid", 7, "HTTP/1.1 404 N\r\n" BODY("0", ""), 0, CANNED_KEEP, NULL},
		{"/mid", 8, "HTTP/1.1 404 N\r\n" BODY("0", ""), 0, CANNED_KEEP, NULL},
		{"/mid", 0, "HTTP/1.1 302 F\r\nLocation: /end\r\n" BODY("0", ""), 0, CANNED_KEEP,
		 NULL},
		{"/end", 0, OK V1, 0, CANNED_KEEP, NULL},
	};

	begin(rows, 6, "/");
	for (int i = 1; i <= 3; i++) {
		CHECK(!feed.target_url);
		poll_once();
		CHECK(kind == OUTCOME_DOCUMENT);
	}
	/* Only as far as all redirects were permanent. */
	CHECK_STR(feed.target_url, at("127.0.0.1", "/mid"));
	poll_once();
	poll_once();
	CHECK(strncmp(canned_asked(9), "GET /mid ", 9) == 0 && canned.asked_count == 13);
	poll_once(); /* /mid now fails ... */
	CHECK(kind == OUTCOME_FAILED && feed.target_url);
	poll_once();
	poll_once();
	CHECK(!feed.target_url); /* ... and the old URL is asked again */
	end();
}

static void
refuse_it(struct feed *f)
{
	const struct feed_digest digest = f->digest;

	CHECK(learn_rejected(f, &digest, "an HTML page", lesson(), NULL) == 0);
}

static void
asks_for_everything_after_a_document_was_refused(void)
{
	static const struct canned rows[] = {
		{"/", 1, OK "ETag: \"1\"\r\n" V1, 0, CANNED_KEEP, NULL},
		{"/", 2, OK "ETag: \"2\"\r\n" V2, 0, CANNED_KEEP, NULL}, /* a page, not a feed */
		{"/", 3, OK "ETag: \"2\"\r\n" V2, 0, CANNED_KEEP, NULL},
		{"/", 4, OK "ETag: \"1\"\r\n" V1, 0, CANNED_KEEP, NULL},
		{"/", 5, UNCHANGED "\r\n", 0, CANNED_KEEP, NULL},
		{"/", 6, OK "ETag: \"1\"\r\n" V1, 0, CANNED_KEEP, NULL},
	};

	begin(rows, 6, "/");
	poll_once();
	CHECK(fresh);
	poll_once();
	CHECK(fresh);
	refuse_it(&feed);
	CHECK_STR(feed.error, "an HTML page");
	CHECK(feed.rejections == 1);
	poll_once();
	CHECK_STR(asked(2, INM), "");
	CHECK(!fresh && feed.rejections == 2 && feed.error); /* the same page: not spooled again */
	poll_once();
	CHECK_STR(asked(3, INM), "");
	CHECK(fresh); /* what was known before the page is spooled once more: it is due again */
	/* Refused while the next poll was under way: its "unchanged" must not count. */
	poll_once_while(refuse_it);
	CHECK(kind == OUTCOME_UNCHANGED && !fresh && !feed.etag && feed.due_s <= now);
	poll_once();
	CHECK_STR(asked(5, INM), "");
	end();
}

static void
never_moves_to_what_is_no_feed(void)
{
	static const struct canned rows[] = {
		{"/", 0, "HTTP/1.1 301 M\r\nLocation: /login\r\n" BODY("0", ""), 0, CANNED_KEEP,
		 NULL},
		{"/login", 0, OK V2, 0, CANNED_KEEP, NULL},
	};

	begin(rows, 2, "/");
	for (int i = 0; i < 8; i++) {
		poll_once();
		if (fresh)
			refuse_it(&feed);
		CHECK(!feed.target_url);
	}
	end();
}

static void
is_not_frozen_by_a_server_that_is_stuck_on_304(void)
{
	static const struct canned rows[] = {
		{"/", 1, OK "ETag: \"1\"\r\n" V1, 0, CANNED_KEEP, NULL},
		{"/", 0, UNCHANGED "\r\n", 0, CANNED_KEEP, NULL},
	};
	size_t whole = 0;

	begin(rows, 2, "/");
	const int64_t start = now;
	size_t n = 0;
	for (; now < start + 8 * DAY && n < 200; n++) {
		poll_once();
		whole += *asked(n, INM) == '\0';
	}
	CHECK(n > 8 && whole >= 2);
	/* A server that has shown that changes get through is believed. */
	feed.proved = true;
	now += 30LL * DAY;
	poll_once();
	CHECK_STR(asked(n, INM), "\"1\"");
	end();
}

static void
does_not_count_our_own_troubles(void)
{
	static const struct canned rows[] = {{.path = "/", .answer = OK V1}};
	struct outcome o = {.kind = OUTCOME_BUSY, .reason = "no room"};
	struct lesson l;

	begin(rows, 1, "/");
	l = *lesson();
	CHECK(learn_outcome(&feed, &o, &l, &fresh, NULL) == 0);
	CHECK(feed.failures == 0 && feed.due_s == now + LEARN_BUSY_S && !feed.error);
	o.kind = OUTCOME_UNREACHED;
	l.offline = true;
	CHECK(learn_outcome(&feed, &o, &l, &fresh, NULL) == 0);
	CHECK(feed.failures == 0 && feed.due_s > now && feed.due_s < now + HOUR);
	l.offline = false;
	CHECK(learn_outcome(&feed, &o, &l, &fresh, NULL) == 0 && feed.failures == 1);
	end();
}

static void
goes_to_the_same_place_over_tls(void)
{
	static const struct {
		const char *plain, *tls;
	} cases[] = {
		{"http://a.example/f?x=http://b/", "https://a.example/f?x=http://b/"},
		{"http://a.example:80/f", "https://a.example:443/f"},
		{"http://a.example:8080/f", "https://a.example:8080/f"},
		{"http://a.example:800/f", "https://a.example:800/f"},
		{"https://a.example:80/f", "https://a.example:80/f"},
		{"http://[2001:db8::80]/f", "https://[2001:db8::80]/f"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct feed one = {.due_s = 1};
		struct http_request request;

		CHECK(feed_set(&one.url, cases[i].plain, NULL) == 0 &&
		      feed_set(&one.userinfo, "me:pw", NULL) == 0);
		SCOPED(poll_free) struct poll *poll = poll_new(&one, 1, NULL);
		CHECK(poll_use_tls(poll, NULL) == 0);
		CHECK_STR(poll_url(poll), cases[i].tls);
		/* What is good enough for the clear is for TLS. */
		CHECK(poll_request(poll, 1024, &request, NULL) == 0);
		CHECK_STR(request.userinfo, "me:pw");
	}
}

int
main(void)
{
	RUN(gives_validators_back_byte_for_byte);
	RUN(keeps_validators_up_to_date);
	RUN(offers_a_validator_to_its_own_resource_alone);
	RUN(takes_credentials_to_no_other_origin);
	RUN(ends_loops_and_goes_nowhere_odd);
	RUN(does_not_believe_a_304_that_it_did_not_ask_for);
	RUN(takes_what_is_new_alone_when_it_has_the_rest);
	RUN(blames_the_way_for_silence_on_a_kept_connection);
	RUN(asks_again_plainly_when_a_coding_is_broken);
	RUN(waits_when_it_is_told_to);
	RUN(retires_a_feed_that_is_gone_when_it_is_sure);
	RUN(moves_when_a_permanent_redirect_has_proved_itself);
	RUN(asks_for_everything_after_a_document_was_refused);
	RUN(never_moves_to_what_is_no_feed);
	RUN(is_not_frozen_by_a_server_that_is_stuck_on_304);
	RUN(does_not_count_our_own_troubles);
	RUN(goes_to_the_same_place_over_tls);
	return check_done();
}
