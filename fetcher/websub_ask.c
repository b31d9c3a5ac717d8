#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "common/clock.h"
#include "common/httphead.h"
#include "common/url.h"
#include "fetcher/learn.h"
#include "fetcher/websub_inside.h"

enum {
	LOOK_ROWS = 32,
	ASKS_A_LOOK = 1,
	LOOK_AGAIN_MS = 1000, /* while more are due than can be asked at once */
	REDIRECTS_MAX = 3,
	ANSWER_BYTES_MAX = 64 * 1024,
	DAY_S = 24 * 3600,
	VERIFY_S = 3600,    /* a hub may take its time to ask back */
	OVER_S = 7 * DAY_S, /* for so long a callback that was given up says so */
	LEAVE_TRIES = 3,
	TRIES_A_HUB = 3,     /* then the next one, where the feed has several */
	REST_MS = 60 * 1000, /* of a hub that does not answer */
	REST_MOST_S = DAY_S,
	ASIDE_S = 30,
};

static const struct pace patience = {.interval_s = 300, .max_interval_s = DAY_S, .retry_s = 300};

/* Hubs that are left in peace. */

static void
let_rest(struct websub *w, const char *host, int64_t until_ms)
{
	struct websub_rest *rest = &w->rests[w->rest_at++ % WEBSUB_RESTS];

	(void)snprintf(rest->host, sizeof(rest->host), "%s", host);
	rest->until_ms = until_ms;
}

/* Whether the host can be asked now; and a place for it. */
static struct websub_ask *
place_for(struct websub *w, const char *host, const char *token, int64_t now_ms)
{
	struct websub_ask *place = NULL;
	int same = 0;

	for (size_t i = 0; i < WEBSUB_RESTS; i++)
		if (now_ms < w->rests[i].until_ms && strcmp(w->rests[i].host, host) == 0)
			return NULL;
	for (size_t i = 0; i < WEBSUB_ASKS_MAX; i++) {
		struct websub_ask *ask = &w->asks[i];

		if (!ask->transfer)
			place = ask;
		else if (strcmp(ask->token, token) == 0)
			return NULL;
		else
			same += strcmp(ask->host, host) == 0;
	}
	return same < WEBSUB_ASKS_A_HOST ? place : NULL;
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

static int
write_ask(struct websub *w, struct websub_ask *ask, const struct subscription *s, const char *hub,
	  struct err *err)
{
	const bool leaving = s->phase == SUBSCRIPTION_LEAVING;
	SCOPED(buf_done) struct buf callback = buf_init(WEBSUB_URL_BYTES_MAX + 64);
	char lease[32];

	(void)snprintf(ask->token, sizeof(ask->token), "%s", s->token);
	ask->redirects = 0;
	buf_reset(&ask->url);
	buf_reset(&ask->body);
	if (buf_addf(&callback, err, "%s/%s", s->base, s->token) < 0 ||
	    buf_adds(&ask->url, hub, err) < 0)
		return -1;
	add_field(&ask->body, "hub.mode", leaving ? "unsubscribe" : "subscribe");
	add_field(&ask->body, "hub.topic", s->topic);
	add_field(&ask->body, "hub.callback", buf_str(&callback));
	if (!leaving) {
		(void)snprintf(lease, sizeof(lease), "%lld", (long long)w->options.lease_s);
		add_field(&ask->body, "hub.lease_seconds", lease);
		/* Over plain http the secret is no secret to who listens on the way; it still is
		 * one to everybody else. */
		add_field(&ask->body, "hub.secret", s->secret);
	}
	return buf_failed(&ask->body, err);
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
	return buf_adds(&ask->url, buf_str(&to), NULL) == 0 &&
	       window_host(buf_str(&to), ask->host, NULL) == 0 && send_ask(w, ask, NULL) == 0;
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
	char reason[256], host[WINDOW_HOST_BYTES_MAX];
	int got;

	if (r.end == HTTP_DONE)
		(void)snprintf(reason, sizeof(reason), "the hub answers with status %ld", r.status);
	else
		(void)snprintf(reason, sizeof(reason), "the hub: %s", r.reason);
	memcpy(host, ask->host, sizeof(host));
	if (is_silent(r.end))
		let_rest(w, host, now_ms + REST_MS);
	else if (r.status == 429 || r.status == 503)
		let_rest(w, host,
			 now_ms + (retry_s > 0
					   ? (retry_s < REST_MOST_S ? retry_s : REST_MOST_S) * 1000
					   : REST_MS));
	if (r.end == HTTP_DONE && follow(w, ask, &r))
		return 0;
	const bool good = r.end == HTTP_DONE && r.status >= 200 && r.status < 300;

	http_transfer_free(ask->transfer);
	ask->transfer = NULL;
	w->look_ms = 0;
	if (good)
		return 0; /* the rest is the hub's question */
	got = subscription_load(w->options.state, ask->token, &s, err);
	if (got <= 0 || s.phase > SUBSCRIPTION_LEAVING || s.phase == SUBSCRIPTION_DENIED)
		return got < 0 ? -1 : 0;
	return fail(w, &s, reason, retry_s, err);
}

/* What is due. */

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

/* Not yet: others may go first. */
static int
set_aside(struct websub *w, struct subscription *s, int64_t now_s, struct err *err)
{
	const struct lesson lesson = sweep_lesson(w->options.sweep);

	s->due_s = now_s + 1 + lesson.random % ASIDE_S;
	return subscription_save(w->options.state, s, err);
}

/* 1: a request is on its way. */
static int
ask_hub(struct websub *w, struct subscription *s, int64_t now_ms, struct err *err)
{
	SCOPED(buf_done) struct buf hub = buf_init(WEBSUB_URL_BYTES_MAX);
	char host[WINDOW_HOST_BYTES_MAX];
	const int64_t now_s = clock_wall_s();
	struct websub_ask *ask;
	struct err odd = {.kind = ERR_NONE};

	if (subscription_hub(s, &hub, err) < 0 || window_host(buf_str(&hub), host, err) < 0)
		return -1;
	ask = place_for(w, host, s->token, now_ms);
	if (!ask)
		return set_aside(w, s, now_s, err);
	memcpy(ask->host, host, sizeof(host));
	if (write_ask(w, ask, s, buf_str(&hub), err) < 0)
		return -1;
	s->asked_s = now_s;
	/* Written down before the request is sent: the hub's question may come at once. */
	if (s->phase == SUBSCRIPTION_WANTED)
		s->phase = SUBSCRIPTION_ASKED;
	s->due_s = now_s + VERIFY_S;
	if (s->phase == SUBSCRIPTION_LIVE && s->due_s > s->lease_until_s)
		s->due_s = s->lease_until_s;
	if (subscription_save(w->options.state, s, err) < 0)
		return -1;
	if (send_ask(w, ask, &odd) < 0)
		return odd.kind == ERR_REJECT ? fail(w, s, odd.text, -1, err)
					      : set_aside(w, s, now_s, err);
	return 1;
}

/* Its time has come: what for depends on its phase. 1: a request is on its way. */
static int
take_due(struct websub *w, struct subscription *s, int64_t now_ms, struct err *err)
{
	const int64_t now_s = clock_wall_s();

	switch (s->phase) {
	case SUBSCRIPTION_ASKED:
		return fail(w, s, "the hub has not asked back", -1, err);
	case SUBSCRIPTION_LIVE:
		if (s->lease_until_s > now_s)
			break; /* it is to be renewed */
		websub_tell(w, LOG_NOTICE, "websub_lapsed", s,
			    s->error ? s->error : "the hub has not renewed it");
		s->phase = SUBSCRIPTION_WANTED;
		s->missed = 0;
		if (websub_poll_again(w, s, err) < 0)
			return -1;
		if (s->tries > 0)
			return fail(w, s, s->error ? s->error : "not renewed", -1, err);
		break;
	case SUBSCRIPTION_DENIED:
		s->phase = SUBSCRIPTION_WANTED;
		s->tries = 0;
		break;
	case SUBSCRIPTION_LEAVING:
		/* The hub may have said yes and never asked back. */
		if (s->tries++ < LEAVE_TRIES)
			break;
		s->phase = SUBSCRIPTION_OVER;
		s->due_s = now_s + OVER_S;
		return subscription_save(w->options.state, s, err);
	case SUBSCRIPTION_OVER:
		return subscription_drop(w->options.state, s->token, err);
	case SUBSCRIPTION_WANTED:
		break;
	}
	return ask_hub(w, s, now_ms, err);
}

int
websub_ask_due(struct websub *w, int64_t now_ms, struct err *err)
{
	struct due_tokens due = {.count = 0};
	int sent = 0;

	if (subscription_each_due(w->options.state, clock_wall_s(), LOOK_ROWS, note_due, &due,
				  err) < 0)
		return -1;
	for (size_t i = 0; i < due.count; i++) {
		SCOPED(subscription_done) struct subscription s = {.due_s = 0};
		int got = subscription_load(w->options.state, due.tokens[i], &s, err);

		if (got == 1)
			got = take_due(w, &s, now_ms, err);
		if (got < 0)
			return -1;
		sent += got;
		if (sent == ASKS_A_LOOK)
			break;
	}
	if (sent > 0)
		w->look_ms = now_ms + WEBSUB_ASK_SPACING_MS;
	else if (due.count == LOOK_ROWS)
		w->look_ms = now_ms + LOOK_AGAIN_MS;
	else if (due.count > 0)
		w->look_ms = 0;
	return 0;
}
