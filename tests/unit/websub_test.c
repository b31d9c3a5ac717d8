#include "fetcher/websub.h"

#include <syslog.h>

#include "common/clock.h"
#include "common/digest.h"
#include "fetcher/listing.h"
#include "fetcher/websub_inside.h"
#include "tests/unit/check.h"
#include "tests/unit/folder.h"

enum { HOUR = 3600, DAY = 24 * HOUR, BODY_MAX = 1000 };

static const char url[] = "http://example.org/feed";

static struct folder folder;
static struct state *state;
static struct http *http, *hubs;
static struct sweep *sweep;
static struct websub *websub;
static char id[FEED_ID_HEX + 1];

static void
open_all(const char *public_url)
{
	struct err err = {.kind = ERR_NONE};

	http = http_new(&(struct http_options){.total_ms = 5000}, NULL);
	hubs = http_new(&(struct http_options){.total_ms = 5000}, NULL);
	state = state_open(folder.path, NULL);
	CHECK(http && hubs && state);
	sweep = sweep_new(
		&(struct sweep_options){
			.state = state,
			.http = http,
			.pace = {.interval_s = HOUR, .max_interval_s = DAY, .retry_s = 900},
			.body_bytes_max = BODY_MAX,
			.bodies_bytes_max = BODY_MAX,
			.polls_max = 8,
			.polls_a_host = 2},
		NULL);
	websub = websub_open(&(struct websub_options){.state = state,
						      .sweep = sweep,
						      .http = hubs,
						      .listen = "127.0.0.1:0",
						      .public_url = public_url,
						      .lease_s = 10 * DAY,
						      .body_bytes_max = BODY_MAX,
						      .bodies_bytes_max = BODY_MAX},
			     &err);
	CHECK(sweep && websub);
	if (!websub)
		(void)printf("# %s\n", err.text);
}

static void
close_all(void)
{
	CHECK(state_commit(state, NULL) == 0);
	websub_close(websub);
	sweep_free(sweep);
	http_free(hubs);
	http_free(http);
	state_close(state);
}

static void
list(bool listed)
{
	struct list_change change;

	CHECK(listing_begin(state, NULL) == 0);
	if (listed)
		CHECK(listing_add(state, &(struct listed){.id = id, .url = url}, NULL) == 0);
	CHECK(listing_end(state, 1, clock_wall_s(), HOUR, &change, NULL) == 0);
}

static void
begin(void)
{
	folder = folder_make();
	open_all("https://reader.example/websub/");
	CHECK(feed_id(url, id, NULL) == 0);
	list(true);
}

static void
end(void)
{
	close_all();
	folder_drop(&folder);
}

static struct bytes
text(const char *s)
{
	return (struct bytes){s, strlen(s)};
}

/* A poll of the feed with that head; when it is due then. */
static int64_t
poll_with(const char *head, enum outcome_kind kind, bool fresh)
{
	SCOPED(feed_done) struct feed feed = {.due_s = 0};
	struct err err = {.kind = ERR_NONE};
	const struct outcome o = {.kind = kind, .status = 200, .url = url, .head = text(head)};

	CHECK(state_load(state, id, &feed, NULL) == 1);
	feed.due_s = clock_wall_s() + HOUR;
	CHECK(websub_polled(websub, &feed, &o, fresh, &err) == 0);
	if (err.kind != ERR_NONE)
		(void)printf("# %s\n", err.text);
	return feed.due_s - clock_wall_s();
}

static void
describe(const char *lines, const char *self)
{
	SCOPED(feed_done) struct feed feed = {.due_s = 0};
	const struct description d = {.hub = lines, .self = self};

	CHECK(state_load(state, id, &feed, NULL) == 1);
	CHECK(description_save(state, id, &d, NULL) == 0);
	CHECK(websub_described(websub, &feed, &d, NULL) == 0);
}

/* "hubs|topic" of the one that counts; "" where there is none. */
static const char *
now_is(void)
{
	SCOPED(subscription_done) struct subscription s = {.due_s = 0};
	static char out[1024];

	out[0] = '\0';
	if (subscription_of(state, id, &s, NULL) == 1)
		(void)snprintf(out, sizeof(out), "%s|%s", s.hubs, s.topic);
	return out;
}

static void
change(void (*how)(struct subscription *s))
{
	SCOPED(subscription_done) struct subscription s = {.due_s = 0};

	CHECK(subscription_of(state, id, &s, NULL) == 1);
	how(&s);
	CHECK(subscription_save(state, &s, NULL) == 0);
}

static void
ask(struct subscription *s)
{
	s->phase = SUBSCRIPTION_ASKED;
	s->asked_s = clock_wall_s();
}

static void
age(struct subscription *s)
{
	s->made_s -= 2 * DAY;
}

#define HUB "Link: <https://hub.example/>; rel=hub, <https://example.org/canon>; rel=self\r\n"

/* Finding hubs. */

static void
believes_the_head_before_the_document(void)
{
	begin();
	(void)poll_with("A: b\r\n", OUTCOME_DOCUMENT, true);
	CHECK_STR(now_is(), "");
	describe("http://one.example/\nhttp://two.example/", NULL);
	CHECK_STR(now_is(), "http://one.example/\nhttp://two.example/|http://example.org/feed");
	change(age);
	(void)poll_with(HUB, OUTCOME_DOCUMENT, true);
	CHECK_STR(now_is(), "https://hub.example/|https://example.org/canon");
	change(age);
	describe("http://one.example/", "http://example.org/self");
	CHECK_STR(now_is(), "https://hub.example/|https://example.org/canon");
	/* Not named in a 304: it may have been left out. In a 200: it is gone. */
	(void)poll_with("", OUTCOME_UNCHANGED, false);
	describe("http://one.example/", "http://example.org/self");
	CHECK_STR(now_is(), "https://hub.example/|https://example.org/canon");
	(void)poll_with("", OUTCOME_DOCUMENT, true);
	describe("http://one.example/", "/self");
	CHECK_STR(now_is(), "http://one.example/|http://example.org/self");
	end();
}

static void
finds_again_what_an_older_document_said(void)
{
	begin();
	CHECK(description_save(state, id, &(struct description){.hub = "http://one.example/"},
			       NULL) == 0);
	(void)poll_with("", OUTCOME_UNCHANGED, false);
	CHECK_STR(now_is(), "http://one.example/|http://example.org/feed");
	end();
}

static void
goes_to_no_odd_places(void)
{
	begin();
	describe("ftp://hub.example/\nhttp://me:secret@hub.example/\nhttp:///\njavascript:x", NULL);
	CHECK_STR(now_is(), "");
	(void)poll_with("Link: <mailto:hub@example.org>; rel=hub, <http://a.example/>; rel=hub; "
			"anchor=\"http://b.example/\"\r\n",
			OUTCOME_DOCUMENT, true);
	CHECK_STR(now_is(), "");
	(void)poll_with("Link: <http://1.example/>;rel=hub,<http://2.example/>;rel=hub,"
			"<http://2.example/>;rel=hub,<http://3.example/>;rel=hub,"
			"<http://4.example/>;rel=hub,<http://5.example/>;rel=hub\r\n",
			OUTCOME_DOCUMENT, true);
	CHECK_STR(now_is(), "http://1.example/\nhttp://2.example/\nhttp://3.example/\n"
			    "http://4.example/|http://example.org/feed");
	end();
}

static void
follows_a_change_of_hubs_once_a_day(void)
{
	int64_t leaving;

	begin();
	describe("http://one.example/", NULL);
	change(ask);
	describe("http://two.example/", NULL);
	CHECK_STR(now_is(), "http://one.example/|http://example.org/feed");
	change(age);
	/* The hub that it has is still one of them: nothing is begun anew. */
	describe("http://two.example/\nhttp://one.example/", NULL);
	CHECK_STR(now_is(), "http://two.example/\nhttp://one.example/|http://example.org/feed");
	CHECK(state_ask(state, "SELECT hub_at FROM subscriptions WHERE ?1", 1, &leaving, NULL) ==
		      0 &&
	      leaving == 1);
	change(age);
	describe("http://three.example/", NULL);
	CHECK_STR(now_is(), "http://three.example/|http://example.org/feed");
	CHECK(state_ask(state, "SELECT count(*) FROM subscriptions WHERE phase = ?1",
			SUBSCRIPTION_LEAVING, &leaving, NULL) == 0 &&
	      leaving == 1);
	end();
}

/* Questions. */

static char token[SUBSCRIPTION_TOKEN_HEX + 1], secret[SUBSCRIPTION_SECRET_HEX + 1];

/* The status of the answer to it; answer: what it must say. */
static int
question(const char *mode, const char *topic, const char *lease, const char *wanted)
{
	SCOPED(buf_done) struct buf answer = buf_init(1000);
	const struct callback_request r = {.token = token,
					   .mode = mode,
					   .topic = topic,
					   .challenge = "sesame",
					   .lease_seconds = lease,
					   .reason = "full\xff"};
	const int status = websub_receive(websub, &r, &answer, NULL);

	CHECK_STR(buf_str(&answer), wanted);
	return status;
}

static enum subscription_phase
phase(void)
{
	SCOPED(subscription_done) struct subscription s = {.due_s = 0};

	CHECK(subscription_load(state, token, &s, NULL) == 1);
	return s.phase;
}

static void
remember(struct subscription *s)
{
	memcpy(token, s->token, sizeof(token));
	memcpy(secret, s->secret, sizeof(secret));
}

static void
subscribe_at(const char *hub, const char *lease)
{
	describe(hub, NULL);
	change(ask);
	change(remember);
	CHECK(question("subscribe", url, lease, "sesame") == 200);
	CHECK(phase() == SUBSCRIPTION_LIVE);
}

static void
subscribe(const char *lease)
{
	subscribe_at("https://hub.example/", lease);
}

static void
confirms_what_it_has_asked_for_and_nothing_else(void)
{
	begin();
	describe("https://hub.example/", NULL);
	change(remember);
	CHECK(question("subscribe", url, "100", "") == 404); /* not yet asked */
	change(ask);
	CHECK(question("subscribe", "http://example.org/fee", "100", "") == 404);
	CHECK(question("unsubscribe", url, "100", "") == 404);
	CHECK(question("Subscribe", url, "100", "") == 404);
	CHECK(question("subscribe", NULL, "100", "") == 404);
	CHECK(phase() == SUBSCRIPTION_ASKED);
	CHECK(question("subscribe", url, "100", "sesame") == 200);
	CHECK(phase() == SUBSCRIPTION_LIVE);
	CHECK(question("denied", "http://example.org/fee", NULL, "") == 404);
	CHECK(question("denied", url, NULL, "") == 200);
	CHECK(phase() == SUBSCRIPTION_DENIED);
	CHECK(question("subscribe", url, "100", "") == 404);
	memset(token, '0', SUBSCRIPTION_TOKEN_HEX);
	CHECK(question("subscribe", url, "100", "") == 404);
	end();
}

static void
renews_before_the_end_of_whatever_lease_it_is_given(void)
{
	static const struct {
		const char *lease;
		int64_t end_s, next_s;
	} cases[] = {
		{"1000", 1000, 750},
		{"864000", 864000, 864000 - DAY},
		{"0", WEBSUB_LEASE_LEAST_S, 8},
		{"-5", WEBSUB_LEASE_LEAST_S, 8},
		{"99999999999999999999", 10 * DAY, 9 * DAY},
		{"999999999", WEBSUB_LEASE_MOST_S, WEBSUB_LEASE_MOST_S - DAY},
		{NULL, 10 * DAY, 9 * DAY},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		SCOPED(subscription_done) struct subscription s = {.due_s = 0};
		int64_t now_s;

		begin();
		subscribe(cases[i].lease);
		now_s = clock_wall_s();
		CHECK(subscription_load(state, token, &s, NULL) == 1);
		CHECK(s.lease_until_s - now_s <= cases[i].end_s &&
		      s.lease_until_s - now_s >= cases[i].end_s - 5);
		CHECK(s.due_s - now_s <= cases[i].next_s && s.due_s - now_s >= cases[i].next_s - 5);
		end();
	}
}

/* Pushes. */

static int
push_signed(const char *signature, const char *body)
{
	SCOPED(buf_done) struct buf answer = buf_init(1000);
	const struct callback_request r = {.token = token,
					   .push = true,
					   .signature = signature,
					   .content_type = "text/xml",
					   .body = text(body)};

	return websub_receive(websub, &r, &answer, NULL);
}

static int
push(const char *hash, const char *body)
{
	unsigned char mac[DIGEST_MAC_BYTES_MAX];
	char signature[16 + 2 * DIGEST_MAC_BYTES_MAX];
	const int len = digest_hmac_by(hash, secret, strlen(secret), body, strlen(body), mac);
	const int at = snprintf(signature, sizeof(signature), "%s=", hash);

	CHECK(len > 0);
	digest_hex(mac, (size_t)len, signature + at);
	return push_signed(signature, body);
}

static int64_t
spooled(void)
{
	return spool_depth(state_spool(state));
}

static void
takes_a_signed_push_once(void)
{
	SCOPED(feed_done) struct feed feed = {.due_s = 0};
	int64_t n = 0;

	begin();
	subscribe("1000");
	CHECK(push("sha1", "<rss>1") == 200 && spooled() == ++n);
	CHECK(push("sha256", "<rss>2") == 200 && spooled() == ++n);
	CHECK(push("sha384", "<rss>3") == 200 && spooled() == ++n);
	CHECK(push("sha512", "<rss>4") == 200 && spooled() == ++n);
	CHECK(push("sha512", "<rss>4") == 200 && spooled() == n);
	CHECK(websub_counts(websub).pushes == 5 && websub_counts(websub).same == 1);
	CHECK(state_load(state, id, &feed, NULL) == 1);
	CHECK(feed.digest.set && !feed.etag && feed.polled_s == 0); /* nobody was asked */
	end();
}

static void
ignores_a_push_without_the_right_signature(void)
{
	static const char *const wrong[] = {NULL,
					    "",
					    "=",
					    "sha1",
					    "sha1=",
					    "md5=d41d8cd98f00b204e9800998ecf8427e",
					    "sha1=da39a3ee5e6b4b0d3255bfef95601890afd80709",
					    "sha256-and-a-name-that-goes-on=00",
					    "sha1=\xff\xff"};
	int good;

	begin();
	subscribe("1000");
	good = push("sha1", "<rss>1");
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		CHECK(push_signed(wrong[i], "<rss>2") == good);
	secret[0] = secret[0] == '0' ? '1' : '0';
	CHECK(push("sha256", "<rss>2") == good);
	CHECK(spooled() == 1 && websub_counts(websub).pushes == 1);
	CHECK(websub_counts(websub).forged == (int64_t)(sizeof(wrong) / sizeof(wrong[0])) + 1);
	end();
}

static void
lets_in_only_pushes_that_somebody_waits_for(void)
{
	int status;

	begin();
	describe("https://hub.example/", NULL);
	change(ask);
	change(remember);
	CHECK(websub_admit(websub, token, &status) == -1 && status == 404); /* not verified */
	CHECK(websub_admit(websub, "0123", &status) == -1 && status == 404);
	CHECK(question("subscribe", url, "1000", "sesame") == 200);
	CHECK(websub_admit(websub, token, &status) == BODY_MAX);
	websub_pause(websub, true);
	CHECK(websub_admit(websub, token, &status) == -1 && status == 503);
	websub_pause(websub, false);
	list(false);
	CHECK(subscription_leave_removed(state, clock_wall_s(), NULL) == 0);
	CHECK(phase() == SUBSCRIPTION_LEAVING);
	CHECK(websub_admit(websub, token, &status) == -1 && status == 410);
	CHECK(push("sha256", "<rss>2") == 410 && spooled() == 0);
	CHECK(question("unsubscribe", url, NULL, "sesame") == 200);
	CHECK(phase() == SUBSCRIPTION_OVER && push("sha256", "<rss>2") == 410);
	CHECK(question("unsubscribe", url, NULL, "") == 404);
	end();
}

static int64_t
due_in(void)
{
	SCOPED(feed_done) struct feed feed = {.due_s = 0};

	CHECK(state_load(state, id, &feed, NULL) == 1);
	return feed.due_s - clock_wall_s();
}

static void
take_secret(struct subscription *s)
{
	s->secret[0] = secret[0] = '\0';
}

static void
what_came_without_a_secret_is_a_word_to_poll(void)
{
	static const char later[] = "UPDATE feeds SET due_s = due_s + 80000, polled_s = 1";
	int64_t taken = 0;

	for (int old = 0; old < 2; old++) {
		begin();
		subscribe_at("http://hub.example/", "1000");
		/* One that was asked before secrets were kept out of the clear has one. */
		if (!old)
			change(take_secret);
		CHECK(db_exec(state_db(state), later, NULL) == 0 && due_in() > HOUR);
		CHECK(push("sha256", "<rss>2") == 200 && due_in() <= 0);
		CHECK(push_signed(NULL, "<rss>2") == 200 && push_signed("sha1=0", "<rss>3") == 200);
		CHECK(spooled() == 0 && websub_counts(websub).pings == 3);
		CHECK(websub_counts(websub).forged == 0 && websub_counts(websub).same == 0);
		/* Not while its own server fails, or has asked for silence. */
		CHECK(db_exec(state_db(state), later, NULL) == 0);
		CHECK(db_exec(state_db(state), "UPDATE feeds SET failures = 1", NULL) == 0);
		CHECK(push_signed(NULL, "<rss>2") == 200 && due_in() > HOUR);
		taken += spooled();
		end();
	}
	CHECK(taken == 0);
}

static void
knows_where_a_secret_stays_one(void)
{
	static const struct {
		const char *url;
		bool private;
	} cases[] = {
		{"https://hub.example/", true},
		{"http://hub.example/", false},
		{"http://127.0.0.1:8080/hub", true},
		{"http://127.77.1.2/", true},
		{"http://[::1]/", true},
		{"http://[::2]/", false},
		{"http://localhost/", false}, /* a name may lead anywhere */
		{"http://127.0.0.1.example/", false},
		{"http://127.1/", false},
		{"http://128.0.0.1/", false},
		{"http://https/", false},
		{"", false},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		CHECK(websub_is_private(cases[i].url) == cases[i].private);
}

/* Polls. */

static void
polls_are_the_backstop_while_the_hub_brings_what_is_new(void)
{
	begin();
	describe("https://hub.example/", NULL);
	CHECK(poll_with("", OUTCOME_UNCHANGED, false) <= HOUR);
	subscribe("1000");
	/* What the first poll finds was there before the subscription was. */
	CHECK(poll_with("", OUTCOME_DOCUMENT, true) >= DAY - 5);
	CHECK(poll_with("", OUTCOME_DOCUMENT, true) >= DAY - 5);
	CHECK(push("sha256", "<rss>2") == 200);
	CHECK(poll_with("", OUTCOME_DOCUMENT, true) >= DAY - 5);
	CHECK(poll_with("", OUTCOME_UNCHANGED, false) >= DAY - 5);
	CHECK(poll_with("", OUTCOME_DOCUMENT, true) <= HOUR); /* it has missed two */
	CHECK(poll_with("", OUTCOME_UNCHANGED, false) <= HOUR);
	CHECK(push("sha256", "<rss>3") == 200);
	CHECK(poll_with("", OUTCOME_UNCHANGED, false) >= DAY - 5);
	CHECK(poll_with("", OUTCOME_FAILED, false) <= HOUR);
	CHECK(question("denied", url, NULL, "") == 200);
	CHECK(poll_with("", OUTCOME_UNCHANGED, false) <= HOUR);
	end();
}

static void
gives_up_what_is_gone_for_good(void)
{
	begin();
	subscribe("1000");
	(void)poll_with("", OUTCOME_GONE, false); /* once may be a mistake */
	CHECK(phase() == SUBSCRIPTION_LIVE);
	CHECK(db_exec(state_db(state), "UPDATE feeds SET retired_s = 1", NULL) == 0);
	(void)poll_with("", OUTCOME_GONE, false);
	CHECK(phase() == SUBSCRIPTION_LEAVING && push("sha256", "<rss>2") == 410);
	CHECK(question("unsubscribe", url, NULL, "sesame") == 200 && phase() == SUBSCRIPTION_OVER);
	(void)poll_with("", OUTCOME_GONE, false);
	CHECK_STR(now_is(), "");
	end();
}

static void
begins_anew_at_another_public_url(void)
{
	begin();
	subscribe("1000");
	CHECK(poll_with("", OUTCOME_UNCHANGED, false) >= DAY - 5);
	close_all();
	open_all("https://reader.example/websub"); /* the same one */
	CHECK(phase() == SUBSCRIPTION_LIVE);
	close_all();
	open_all("https://elsewhere.example/");
	CHECK_STR(now_is(), "");
	(void)poll_with("", OUTCOME_UNCHANGED, false);
	CHECK_STR(now_is(), "https://hub.example/|http://example.org/feed");
	end();
}

int
main(void)
{
	RUN(believes_the_head_before_the_document);
	RUN(finds_again_what_an_older_document_said);
	RUN(goes_to_no_odd_places);
	RUN(follows_a_change_of_hubs_once_a_day);
	RUN(confirms_what_it_has_asked_for_and_nothing_else);
	RUN(renews_before_the_end_of_whatever_lease_it_is_given);
	RUN(takes_a_signed_push_once);
	RUN(ignores_a_push_without_the_right_signature);
	RUN(lets_in_only_pushes_that_somebody_waits_for);
	RUN(what_came_without_a_secret_is_a_word_to_poll);
	RUN(knows_where_a_secret_stays_one);
	RUN(polls_are_the_backstop_while_the_hub_brings_what_is_new);
	RUN(gives_up_what_is_gone_for_good);
	RUN(begins_anew_at_another_public_url);
	return check_done();
}
