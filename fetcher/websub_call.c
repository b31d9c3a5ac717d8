#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "common/clock.h"
#include "common/crashpoint.h"
#include "common/digest.h"
#include "common/document.h"
#include "common/quantity.h"
#include "common/utf8.h"
#include "fetcher/intake.h"
#include "fetcher/learn.h"
#include "fetcher/websub_inside.h"

enum {
	STATUS_OK = 200,
	STATUS_NOT_FOUND = 404,
	STATUS_GONE = 410,
	STATUS_LATER = 503,
	CHALLENGE_BYTES_MAX = 1024,
	REASON_BYTES_MAX = 200,
	DENIED_S = 7 * 24 * 3600,
	OVER_S = 7 * 24 * 3600,
	RENEW_BEFORE_MOST_S = 24 * 3600,
	WARN_MS = 60 * 1000,
};

/* Questions. */

/* A quarter of the lease before its end, a day at most. */
static int64_t
renew_at(int64_t now_s, int64_t lease_s)
{
	const int64_t before_s =
		lease_s / 4 < RENEW_BEFORE_MOST_S ? lease_s / 4 : RENEW_BEFORE_MOST_S;

	return now_s + lease_s - before_s;
}

static int64_t
lease_of(const struct websub *w, const char *text)
{
	int64_t lease_s;

	if (!text || !quantity_int(text, &lease_s))
		lease_s = w->options.lease_s;
	return lease_s < WEBSUB_LEASE_LEAST_S  ? WEBSUB_LEASE_LEAST_S
	       : lease_s > WEBSUB_LEASE_MOST_S ? WEBSUB_LEASE_MOST_S
					       : lease_s;
}

static int
confirm(struct websub *w, struct subscription *s, const struct callback_request *r, struct err *err)
{
	const bool renewed = s->phase == SUBSCRIPTION_LIVE;
	const int64_t now_s = clock_wall_s();
	const int64_t lease_s = lease_of(w, r->lease_seconds);

	if (s->phase != SUBSCRIPTION_ASKED && s->phase != SUBSCRIPTION_LIVE)
		return STATUS_NOT_FOUND;
	if (!renewed)
		s->missed = -1;
	s->phase = SUBSCRIPTION_LIVE;
	s->verified_s = now_s;
	s->lease_until_s = now_s + lease_s;
	s->due_s = renew_at(now_s, lease_s);
	s->tries = 0;
	w->look_ms = 0;
	websub_tell(w, renewed ? LOG_DEBUG : LOG_INFO,
		    renewed ? "websub_renewed" : "websub_subscribed", s, "");
	return feed_set(&s->error, NULL, err) < 0 || subscription_save(w->options.state, s, err) < 0
		       ? -1
		       : STATUS_OK;
}

static int
confirm_end(struct websub *w, struct subscription *s, const struct callback_request *r,
	    struct err *err)
{
	(void)r;
	if (s->phase != SUBSCRIPTION_LEAVING)
		return STATUS_NOT_FOUND;
	s->phase = SUBSCRIPTION_OVER;
	s->due_s = clock_wall_s() + OVER_S;
	websub_tell(w, LOG_INFO, "websub_unsubscribed", s, "");
	return subscription_save(w->options.state, s, err) < 0 ? -1 : STATUS_OK;
}

static int
denied(struct websub *w, struct subscription *s, const struct callback_request *r, struct err *err)
{
	SCOPED(buf_done) struct buf reason = buf_init(2 * REASON_BYTES_MAX);
	const char *why = r->reason && utf8_valid(r->reason, strlen(r->reason)) ? r->reason : "";
	const bool live = s->phase == SUBSCRIPTION_LIVE;

	if (s->phase > SUBSCRIPTION_LIVE)
		return STATUS_NOT_FOUND;
	(void)buf_addf(&reason, NULL, "the hub denies it%s%.*s", *why ? ": " : "",
		       strlen(why) > REASON_BYTES_MAX ? 0 : REASON_BYTES_MAX, why);
	s->phase = SUBSCRIPTION_DENIED;
	s->due_s = clock_wall_s() + DENIED_S;
	s->tries++;
	websub_tell(w, LOG_NOTICE, "websub_denied", s, buf_str(&reason));
	if (feed_set(&s->error, buf_str(&reason), err) < 0 ||
	    (live && websub_poll_again(w, s, err) < 0) ||
	    subscription_save(w->options.state, s, err) < 0)
		return -1;
	return STATUS_OK;
}

static const struct {
	const char *mode;
	bool challenged;
	int (*take)(struct websub *w, struct subscription *s, const struct callback_request *r,
		    struct err *err);
} modes[] = {
	{"subscribe", true, confirm},
	{"unsubscribe", true, confirm_end},
	{"denied", false, denied},
};

/* Only what we have asked for is confirmed, and for the very topic. */
static int
take_question(struct websub *w, struct subscription *s, const struct callback_request *r,
	      struct buf *answer, struct err *err)
{
	if (!r->mode || !r->topic || strcmp(r->topic, s->topic) != 0)
		return STATUS_NOT_FOUND;
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		int status;

		if (strcmp(r->mode, modes[i].mode) != 0)
			continue;
		if (modes[i].challenged &&
		    (!r->challenge || strlen(r->challenge) > CHALLENGE_BYTES_MAX))
			return STATUS_NOT_FOUND;
		status = modes[i].take(w, s, r, err);
		if (status == STATUS_OK && modes[i].challenged)
			(void)buf_adds(answer, r->challenge, NULL);
		return status;
	}
	return STATUS_NOT_FOUND;
}

/* Pushes. */

/* "sha256=9f86d0...": section 7.1. */
static bool
is_signed(const struct subscription *s, const char *signature, struct bytes body)
{
	const char *equals = signature ? strchr(signature, '=') : NULL;
	unsigned char mac[DIGEST_MAC_BYTES_MAX];
	char hash[8], wanted[2 * DIGEST_MAC_BYTES_MAX + 1], given[2 * DIGEST_MAC_BYTES_MAX + 1];
	size_t name_len, len;
	int mac_len;

	if (!equals)
		return false;
	name_len = (size_t)(equals - signature);
	len = strlen(equals + 1);
	if (name_len >= sizeof(hash) || len >= sizeof(given))
		return false;
	for (size_t i = 0; i < name_len; i++)
		hash[i] = (char)tolower((unsigned char)signature[i]);
	hash[name_len] = '\0';
	for (size_t i = 0; i <= len; i++)
		given[i] = (char)tolower((unsigned char)equals[1 + i]);
	mac_len = digest_hmac_by(hash, s->secret, strlen(s->secret), body.data, body.len, mac);
	if (mac_len <= 0 || len != 2 * (size_t)mac_len)
		return false;
	digest_hex(mac, (size_t)mac_len, wanted);
	return digest_equal(wanted, given, len);
}

/* The sender hears "taken" all the same (section 7.1.2): it learns nothing about the secret. */
static int
ignore(struct websub *w, struct subscription *s, struct err *err)
{
	const int64_t now_ms = clock_mono_ms();

	w->counts.forged++;
	s->forged++;
	if (w->warned_ms == 0 || now_ms - w->warned_ms >= WARN_MS) {
		w->warned_ms = now_ms;
		websub_tell(w, LOG_WARNING, "websub_forged", s,
			    "a push without the right signature is ignored");
	}
	return subscription_save(w->options.state, s, err) < 0 ? -1 : STATUS_OK;
}

static struct bytes
text_bytes(const char *s)
{
	return (struct bytes){s, s ? strlen(s) : 0};
}

/* The same as a poll that was answered with 200: same spool, same ids. */
static int
take_document(struct websub *w, struct feed *feed, const struct callback_request *r, bool *fresh,
	      struct err *err)
{
	const struct outcome o = {
		.kind = OUTCOME_DOCUMENT,
		.status = STATUS_OK,
		.reason = "",
		/* Relative references mean the same as in what a poll brings. */
		.url = feed->validators_url ? feed->validators_url : feed_start_url(feed),
		.content_type = text_bytes(r->content_type),
		.content_language = text_bytes(r->content_language),
		.body = r->body,
	};
	const struct lesson lesson = sweep_lesson(w->options.sweep);
	SCOPED(buf_done) struct buf document = buf_init(DOCUMENT_BYTES_MAX);

	if (learn_pushed(feed, &o, &lesson, fresh, err) < 0)
		return -1;
	if (!*fresh)
		return 0;
	if (intake_encode(w->options.state, feed, &o, lesson.now_s, &document, err) < 0)
		return -1;
	return intake_write(w->options.state, feed, &document, err);
}

/* Whether its hub was told the secret, and nobody else was. */
static bool
has_secret(const struct subscription *s)
{
	SCOPED(buf_done) struct buf hub = buf_init(WEBSUB_URL_BYTES_MAX);

	return *s->secret && subscription_hub(s, &hub, NULL) == 0 &&
	       websub_is_private(buf_str(&hub));
}

static int
take_push(struct websub *w, struct subscription *s, const struct callback_request *r,
	  struct err *err)
{
	SCOPED(feed_done) struct feed loaded = {.due_s = 0};
	struct feed *feed = sweep_feed(w->options.sweep, s->feed);
	const bool secret = has_secret(s);
	/* A push without content says only that there is something, and one that anybody may have
	 * sent is worth no more. */
	const bool ping = r->body.len == 0 || !secret;
	bool fresh = false;
	int got;

	if (secret && !is_signed(s, r->signature, r->body))
		return ignore(w, s, err);
	if (db_room(state_db(w->options.state), r->body.len, NULL) < 0)
		return STATUS_LATER;
	if (!feed) {
		got = state_load(w->options.state, s->feed, &loaded, err);
		if (got <= 0)
			return got < 0 ? -1 : STATUS_GONE;
		feed = &loaded;
	}
	if (ping) {
		if (websub_ping(w, feed, err) < 0)
			return -1;
		w->counts.pings++;
	} else if (take_document(w, feed, r, &fresh, err) < 0) {
		return -1;
	}
	CRASHPOINT("pushed");
	w->counts.pushes++;
	w->counts.same += !ping && !fresh;
	s->pushes++;
	s->pushed_s = clock_wall_s();
	if (s->missed > 0)
		s->missed = 0;
	websub_tell(w, LOG_DEBUG, "websub_pushed", s,
		    ping    ? "a word to poll"
		    : fresh ? "new"
			    : "known already");
	return subscription_save(w->options.state, s, err) < 0 ? -1 : STATUS_OK;
}

/* The callbacks. */

/* Whether the subscription may be pushed to; else the status to refuse with. */
static bool
is_pushed(const struct subscription *s, int *status)
{
	*status = s->phase >= SUBSCRIPTION_DENIED ? STATUS_GONE : STATUS_NOT_FOUND;
	/* A lease that has just ended makes what a hub sends no less true. */
	return s->phase <= SUBSCRIPTION_LIVE && s->verified_s > 0;
}

int64_t
websub_admit(void *arg, const char *token, int *status)
{
	struct websub *w = arg;
	SCOPED(subscription_done) struct subscription s = {.due_s = 0};
	SCOPED(feed_done) struct feed feed = {.due_s = 0};

	*status = STATUS_LATER;
	if (w->paused) {
		w->counts.refused++;
		return -1;
	}
	switch (subscription_load(w->options.state, token, &s, NULL)) {
	case 1:
		break;
	case 0:
		*status = STATUS_NOT_FOUND;
		return -1;
	default:
		return -1;
	}
	if (!is_pushed(&s, status))
		return -1;
	if (state_load(w->options.state, s.feed, &feed, NULL) != 1) {
		*status = STATUS_GONE;
		return -1;
	}
	return feed.want_body_bytes > 0 ? feed.want_body_bytes : w->options.body_bytes_max;
}

int
websub_receive(void *arg, const struct callback_request *r, struct buf *answer, struct err *err)
{
	struct websub *w = arg;
	SCOPED(subscription_done) struct subscription s = {.due_s = 0};
	const int got = subscription_load(w->options.state, r->token, &s, err);
	int status;

	if (got <= 0)
		return got < 0 ? -1 : STATUS_NOT_FOUND;
	if (!r->push)
		return take_question(w, &s, r, answer, err);
	return is_pushed(&s, &status) ? take_push(w, &s, r, err) : status;
}
