#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <syslog.h>

#include "common/clock.h"
#include "common/httphead.h"
#include "common/url.h"
#include "fetcher/learn.h"
#include "fetcher/websub_inside.h"

enum {
	LOOK_ROWS = 256,
	REDIRECTS_MAX = 3,
	ANSWER_BYTES_MAX = 64 * 1024,
	DAY_S = 24 * 3600,
	VERIFY_S = 3600,    /* a hub may take its time to ask back */
	OVER_S = 7 * DAY_S, /* for so long a callback that was given up says so */
	LEAVE_TRIES = 3,
	TRIES_A_HUB = 3,     /* then the next one, where the feed has several */
	REST_MS = 60 * 1000, /* of a hub that does not answer */
	REST_MOST_S = DAY_S,
	LOCAL_S = 30, /* until what we could not send ourselves is sent */
};

static const struct pace patience = {.interval_s = 300, .max_interval_s = DAY_S, .retry_s = 300};

bool
websub_is_private(const char *url)
{
	char address[INET_ADDRSTRLEN] = "";
	struct in_addr v4;
	struct url parts;

	url_split(url, strlen(url), &parts);
	if (parts.scheme.len == 5 && strncasecmp(parts.scheme.data, "https", 5) == 0)
		return true;
	if (parts.host.len > 0 && parts.host.len < sizeof(address))
		memcpy(address, parts.host.data, parts.host.len);
	return strcmp(address, "[::1]") == 0 ||
	       (inet_pton(AF_INET, address, &v4) == 1 && ntohl(v4.s_addr) >> 24 == IN_LOOPBACKNET);
}

/* A free place; NULL: none. */
static struct websub_ask *
free_place(struct websub *w)
{
	for (size_t i = 0; i < WEBSUB_ASKS_MAX; i++)
		if (!w->asks[i].transfer)
			return &w->asks[i];
	return NULL;
}

static bool
is_asking(const struct websub *w, const char *token)
{
	for (size_t i = 0; i < WEBSUB_ASKS_MAX; i++)
		if (w->asks[i].transfer && strcmp(w->asks[i].token, token) == 0)
			return true;
	return false;
}

static void
end_ask(struct websub *w, struct websub_ask *ask)
{
	http_transfer_free(ask->transfer);
	ask->transfer = NULL;
	hubs_done(&w->hubs, ask->turn);
}

/* A request. */

static void
add_field(struct buf *body, const char *name, const char *value)
{
	static const char plain[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";

	(void)buf_addf(body, NULL, "%s%s=", body->len > 0 ? "&" : "", name);
	for (; *value; value++)
		if (strchr(plain, *value))
			(void)buf_addc(body, *value, NULL);
		else
			(void)buf_addf(body, NULL, "%%%02X", (unsigned char)*value);
}

static int
send_ask(struct websub *w, struct websub_ask *ask, struct err *err)
{
	static const char *const headers[] = {"Content-Type: application/x-www-form-urlencoded"};
	const struct http_request request = {
		.method = "POST",
		.url = buf_str(&ask->url),
		.headers = headers,
		.header_count = 1,
		.body = buf_bytes(&ask->body),
		.body_bytes_max = ANSWER_BYTES_MAX,
	};

	ask->transfer = http_start(w->options.http, &request, ask, err);
	if (!ask->transfer)
		return -1;
	w->counts.asked++;
	return 0;
}

/* What the subscription wants of its hub. */
static int
write_body(struct websub *w, struct websub_ask *ask, const struct subscription *s, struct err *err)
{
	const bool leaving = s->phase == SUBSCRIPTION_LEAVING;
	SCOPED(buf_done) struct buf callback = buf_init(WEBSUB_URL_BYTES_MAX + 64);
	char lease[32];

	if (buf_addf(&callback, err, "%s/%s", s->base, s->token) < 0)
		return -1;
	buf_reset(&ask->body);
	add_field(&ask->body, "hub.mode", leaving ? "unsubscribe" : "subscribe");
	add_field(&ask->body, "hub.topic", s->topic);
	add_field(&ask->body, "hub.callback", buf_str(&callback));
	ask->secret = !leaving && *s->secret;
	if (!leaving) {
		(void)snprintf(lease, sizeof(lease), "%lld", (long long)w->options.lease_s);
		add_field(&ask->body, "hub.lease_seconds", lease);
	}
	if (ask->secret)
		add_field(&ask->body, "hub.secret", s->secret);
	return buf_failed(&ask->body, err);
}

static int
write_ask(struct websub *w, struct websub_ask *ask, struct subscription *s, const char *hub,
	  struct err *err)
{
	(void)snprintf(ask->token, sizeof(ask->token), "%s", s->token);
	ask->redirects = 0;
	buf_reset(&ask->url);
	if (!websub_is_private(hub))
		s->secret[0] = '\0';
	else if (!*s->secret && subscription_new_secret(s, err) < 0)
		return -1;
	return buf_adds(&ask->url, hub, err) < 0 ? -1 : write_body(w, ask, s, err);
}

/* The hub has moved to where a secret would be heard. */
static int
drop_secret(struct websub *w, struct websub_ask *ask, struct err *err)
{
	SCOPED(subscription_done) struct subscription s = {.due_s = 0};

	if (subscription_load(w->options.state, ask->token, &s, err) != 1)
		return -1;
	s.secret[0] = '\0';
	return subscription_save(w->options.state, &s, err) < 0 ? -1 : write_body(w, ask, &s, err);
}

/* What became of it. */

static int64_t
count_hubs(const struct subscription *s)
{
	int64_t n = 1;

	for (const char *at = s->hubs; *at; at++)
		n += *at == '\n';
	return n;
}

static int
fail(struct websub *w, struct subscription *s, const char *reason, int64_t retry_after_s,
     struct err *err)
{
	const struct lesson lesson = sweep_lesson(w->options.sweep);

	s->tries++;
	if (feed_set(&s->error, reason, err) < 0)
		return -1;
	s->due_s =
		schedule_failure(&patience, s->tries, retry_after_s, lesson.now_s, lesson.random);
	if (s->phase == SUBSCRIPTION_LIVE && s->due_s > s->lease_until_s)
		s->due_s = s->lease_until_s;
	if (s->phase == SUBSCRIPTION_ASKED)
		s->phase = SUBSCRIPTION_WANTED;
	if (s->phase == SUBSCRIPTION_WANTED && s->tries % TRIES_A_HUB == 0)
		s->hub_at = (s->hub_at + 1) % count_hubs(s);
	if (s->phase == SUBSCRIPTION_LEAVING && s->tries >= LEAVE_TRIES) {
		s->phase = SUBSCRIPTION_OVER;
		s->due_s = lesson.now_s + OVER_S;
	}
	w->look_ms = 0;
	websub_tell(w, LOG_NOTICE, "websub_failed", s, reason);
	return subscription_save(w->options.state, s, err);
}

/* A hub that has moved: 307 and 308 alone repeat the request (section 5.2). */
static bool
follow(struct websub *w, struct websub_ask *ask, const struct http_response *r)
{
	SCOPED(buf_done) struct buf to = buf_init(URL_MAX_BYTES);
	char host[WINDOW_HOST_BYTES_MAX];
	struct url parts;

	if ((r->status != 307 && r->status != 308) || !r->location ||
	    ask->redirects >= REDIRECTS_MAX ||
	    url_resolve(NULL, r->location, strlen(r->location), &to, NULL) < 0 ||
	    !url_is_http(buf_str(&to), to.len))
		return false;
	url_split(buf_str(&to), to.len, &parts);
	if (parts.userinfo.data)
		return false;
	if (parts.fragment.data)
		buf_cut(&to, (size_t)((const char *)parts.fragment.data - to.data) - 1);
	http_transfer_free(ask->transfer);
	ask->transfer = NULL;
	ask->redirects++;
	buf_reset(&ask->url);
	if (window_host(buf_str(&to), host, NULL) < 0 ||
	    buf_adds(&ask->url, buf_str(&to), NULL) < 0)
		return false;
	ask->at = hubs_name(host);
	if (ask->secret && !websub_is_private(buf_str(&to)) && drop_secret(w, ask, NULL) < 0)
		return false;
	return send_ask(w, ask, NULL) == 0;
}

static bool
is_silent(enum http_end end)
{
	return end == HTTP_UNRESOLVED || end == HTTP_UNREACHED || end == HTTP_SLOW ||
	       end == HTTP_BROKEN;
}

int
websub_answered(struct websub *w, struct http_transfer *transfer, struct err *err)
{
	struct websub_ask *ask = http_owner(transfer);
	const struct http_response r = http_response(transfer);
	const int64_t now_ms = clock_mono_ms();
	const int64_t retry_s = r.status == 429 || r.status == 503
					? httphead_retry_after_s(r.head, clock_wall_s())
					: -1;
	SCOPED(subscription_done) struct subscription s = {.due_s = 0};
	char reason[256];
	int got;

	if (r.end == HTTP_DONE)
		(void)snprintf(reason, sizeof(reason), "the hub answers with status %ld", r.status);
	else
		(void)snprintf(reason, sizeof(reason), "the hub: %s", r.reason);
	if (is_silent(r.end))
		hubs_rest(&w->hubs, ask->at, now_ms + REST_MS);
	else if (r.status == 429 || r.status == 503)
		hubs_rest(&w->hubs, ask->at,
			  now_ms + (retry_s > 0
					    ? (retry_s < REST_MOST_S ? retry_s : REST_MOST_S) * 1000
					    : REST_MS));
	if (r.end == HTTP_DONE && follow(w, ask, &r))
		return 0;
	const bool good = r.end == HTTP_DONE && r.status >= 200 && r.status < 300;

	end_ask(w, ask);
	w->look_ms = 0;
	if (good)
		return 0; /* the rest is the hub's question */
	got = subscription_load(w->options.state, ask->token, &s, err);
	if (got <= 0 || s.phase > SUBSCRIPTION_LEAVING || s.phase == SUBSCRIPTION_DENIED)
		return got < 0 ? -1 : 0;
	return fail(w, &s, reason, retry_s, err);
}

/* What is due. */

enum { STAYS_DUE = 1 };

struct due_tokens {
	char tokens[LOOK_ROWS][SUBSCRIPTION_TOKEN_HEX + 1];
	size_t count;
};

static int
note_due(void *arg, const struct subscription *s)
{
	struct due_tokens *due = arg;

	(void)snprintf(due->tokens[due->count++], sizeof(due->tokens[0]), "%s", s->token);
	return 0;
}

/* Not now: it is due again in that time. */
static int
put_off(struct websub *w, struct subscription *s, int64_t wait_ms, struct err *err)
{
	const int64_t now_s = clock_wall_s();

	s->due_s = now_s + (wait_ms + 999) / 1000;
	/* The end of a lease is told in time, whatever its hub does. */
	if (s->phase == SUBSCRIPTION_LIVE && s->due_s > s->lease_until_s)
		s->due_s = s->lease_until_s;
	return subscription_save(w->options.state, s, err);
}

/* Its hub's turn has come. 1: the request is on its way. */
static int
start(struct websub *w, struct websub_ask *ask, struct subscription *s, const char *hub,
      struct err *err)
{
	const int64_t now_s = clock_wall_s();
	struct err odd = {.kind = ERR_NONE};

	if (write_ask(w, ask, s, hub, err) < 0)
		return -1;
	/* Written down before the request is sent: the hub's question may come at once. */
	s->asked_s = now_s;
	s->tries += s->phase == SUBSCRIPTION_LEAVING;
	if (s->phase == SUBSCRIPTION_WANTED)
		s->phase = SUBSCRIPTION_ASKED;
	s->due_s = now_s + VERIFY_S;
	if (s->phase == SUBSCRIPTION_LIVE && s->due_s > s->lease_until_s)
		s->due_s = s->lease_until_s;
	if (subscription_save(w->options.state, s, err) < 0)
		return -1;
	if (send_ask(w, ask, &odd) == 0)
		return 1;
	return odd.kind == ERR_REJECT ? fail(w, s, odd.text, -1, err)
				      : put_off(w, s, LOCAL_S * 1000, err);
}

/* STAYS_DUE, 0 or -1, as take_due. */
static int
ask_hub(struct websub *w, struct websub_ask *ask, struct subscription *s, int64_t now_ms,
	struct err *err)
{
	SCOPED(buf_done) struct buf hub = buf_init(WEBSUB_URL_BYTES_MAX);
	char host[WINDOW_HOST_BYTES_MAX];
	int64_t at_ms;
	int rc;

	if (is_asking(w, s->token))
		return put_off(w, s, LOCAL_S * 1000, err);
	if (subscription_hub(s, &hub, err) < 0 || window_host(buf_str(&hub), host, err) < 0)
		return -1;
	ask->turn = ask->at = hubs_name(host);
	switch (hubs_ask(&w->hubs, ask->turn, now_ms, &at_ms)) {
	case HUBS_NOW:
		rc = start(w, ask, s, buf_str(&hub), err);
		if (rc != 1)
			hubs_done(&w->hubs, ask->turn);
		return rc < 0 ? -1 : 0;
	case HUBS_WAIT:
		websub_look_by(w, at_ms);
		return STAYS_DUE;
	case HUBS_LATER:
		break;
	}
	return put_off(w, s, at_ms - now_ms, err);
}

/* Its hub is to be asked, and has its own turn. */
static int
want_now(struct websub *w, struct subscription *s, struct err *err)
{
	s->phase = SUBSCRIPTION_WANTED;
	w->look_ms = 0;
	return subscription_save(w->options.state, s, err);
}

static int
lapse(struct websub *w, struct subscription *s, struct err *err)
{
	websub_tell(w, LOG_NOTICE, "websub_lapsed", s,
		    s->error ? s->error : "the hub has not renewed it");
	s->missed = 0;
	s->phase = SUBSCRIPTION_WANTED;
	if (websub_poll_again(w, s, err) < 0)
		return -1;
	return s->tries > 0 ? fail(w, s, s->error ? s->error : "not renewed", -1, err)
			    : want_now(w, s, err);
}

/* Its time has come: what for depends on its phase. */
static int
take_due(struct websub *w, struct websub_ask *ask, struct subscription *s, int64_t now_ms,
	 struct err *err)
{
	const int64_t now_s = clock_wall_s();

	switch (s->phase) {
	case SUBSCRIPTION_ASKED:
		return fail(w, s, "the hub has not asked back", -1, err);
	case SUBSCRIPTION_LIVE:
		return s->lease_until_s > now_s ? ask_hub(w, ask, s, now_ms, err)
						: lapse(w, s, err);
	case SUBSCRIPTION_DENIED:
		s->tries = 0;
		return want_now(w, s, err);
	case SUBSCRIPTION_LEAVING:
		/* The hub may have said yes and never asked back. */
		if (s->tries < LEAVE_TRIES)
			return ask_hub(w, ask, s, now_ms, err);
		s->phase = SUBSCRIPTION_OVER;
		s->due_s = now_s + OVER_S;
		return subscription_save(w->options.state, s, err);
	case SUBSCRIPTION_OVER:
		return subscription_drop(w->options.state, s->token, err);
	case SUBSCRIPTION_WANTED:
		break;
	}
	return ask_hub(w, ask, s, now_ms, err);
}

int
websub_ask_due(struct websub *w, int64_t now_ms, struct err *err)
{
	struct due_tokens due = {.count = 0};
	struct websub_ask *ask = NULL;
	bool moved = false;

	if (subscription_each_due(w->options.state, clock_wall_s(), LOOK_ROWS, note_due, &due,
				  err) < 0)
		return -1;
	hubs_look(&w->hubs);
	for (size_t i = 0; i < due.count && (ask = free_place(w)); i++) {
		SCOPED(subscription_done) struct subscription s = {.due_s = 0};
		int got = subscription_load(w->options.state, due.tokens[i], &s, err);

		if (got == 1)
			got = take_due(w, ask, &s, now_ms, err);
		if (got < 0)
			return -1;
		moved |= got != STAYS_DUE;
	}
	/* A request that is over makes room for the next one. */
	if (due.count == LOOK_ROWS && ask && moved)
		w->look_ms = 0;
	return 0;
}
