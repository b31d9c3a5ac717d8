#include <string.h>

#include "common/clock.h"
#include "fetcher/websub_inside.h"

enum { SAYS_BYTES_MAX = 4096 };

static const char *const phase_names[] = {
	[SUBSCRIPTION_WANTED] = "wanted",   [SUBSCRIPTION_ASKED] = "asked",
	[SUBSCRIPTION_LIVE] = "live",       [SUBSCRIPTION_DENIED] = "denied",
	[SUBSCRIPTION_LEAVING] = "leaving", [SUBSCRIPTION_OVER] = "over",
};

/* In words. */
static void
say(const struct subscription *s, const char *hub, struct buf *out)
{
	const int64_t now_s = clock_wall_s();
	char due[CLOCK_RFC3339_BYTES], until[CLOCK_RFC3339_BYTES], last[CLOCK_RFC3339_BYTES];

	(void)clock_rfc3339(s->due_s, due);
	(void)clock_rfc3339(s->lease_until_s, until);
	(void)clock_rfc3339(s->pushed_s, last);
	switch (s->phase) {
	case SUBSCRIPTION_WANTED:
		if (s->tries == 0)
			(void)buf_addf(out, NULL, "%s is about to be asked for it", hub);
		else
			(void)buf_addf(out, NULL, "%s: %s; asked again at %s", hub,
				       s->error ? s->error : "it has failed", due);
		break;
	case SUBSCRIPTION_ASKED:
		(void)buf_addf(out, NULL, "%s was asked for it and has not asked back yet", hub);
		break;
	case SUBSCRIPTION_LIVE:
		if (!websub_is_live(s, now_s)) {
			(void)buf_addf(out, NULL, "the lease of %s has ended", hub);
			break;
		}
		(void)buf_addf(out, NULL, "%s pushes it until %s, to be renewed before", hub,
			       until);
		if (s->pushes > 0)
			(void)buf_addf(out, NULL, "; %lld pushes, the last at %s",
				       (long long)s->pushes, last);
		if (!*s->secret)
			(void)buf_addf(out, NULL,
				       "; over plain http, without a secret: what it sends is a "
				       "word to poll");
		if (s->error)
			(void)buf_addf(out, NULL, "; renewing it: %s", s->error);
		if (s->missed >= WEBSUB_MISSED_MAX)
			(void)buf_addf(out, NULL,
				       "; it has missed changes: polled as if there were no hub");
		break;
	case SUBSCRIPTION_DENIED:
		(void)buf_addf(out, NULL, "%s: %s; asked again at %s", hub,
			       s->error ? s->error : "denied", due);
		break;
	case SUBSCRIPTION_LEAVING:
	case SUBSCRIPTION_OVER:
		break;
	}
}

void
websub_story(struct state *state, const char *feed_id_, struct json *j)
{
	SCOPED(subscription_done) struct subscription s = {.due_s = 0};
	SCOPED(buf_done) struct buf hub = buf_init(WEBSUB_URL_BYTES_MAX);
	SCOPED(buf_done) struct buf says = buf_init(SAYS_BYTES_MAX);

	if (subscription_of(state, feed_id_, &s, NULL) != 1 || subscription_hub(&s, &hub, NULL) < 0)
		return;
	say(&s, buf_str(&hub), &says);
	json_key(j, "websub");
	json_object(j);
	json_member(j, "state", phase_names[s.phase]);
	json_member(j, "says", buf_str(&says));
	json_member(j, "hub", buf_str(&hub));
	json_member(j, "topic", s.topic);
	json_member_time(j, "lease_until", s.phase == SUBSCRIPTION_LIVE ? s.lease_until_s : 0);
	json_member_time(j, "verified", s.verified_s);
	json_member_time(j, "next", s.due_s);
	json_member_int(j, "pushes", s.pushes);
	json_member_time(j, "last_push", s.pushed_s);
	json_member_int(j, "forged", s.forged);
	json_member(j, "reason", s.error);
	json_close(j);
}
