#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/url.h"
#include "fetcher/headlink.h"
#include "fetcher/learn.h"
#include "fetcher/websub_inside.h"

enum {
	LINES_BYTES_MAX = WEBSUB_HUBS_MAX * (WEBSUB_URL_BYTES_MAX + 1),
	LOOK_MOST_MS = 30 * 1000,
	PING_SPACING_S = 60,
};

bool
websub_is_live(const struct subscription *s, int64_t now_s)
{
	return s->phase == SUBSCRIPTION_LIVE && s->lease_until_s > now_s;
}

void
websub_tell(struct websub *w, int priority, const char *event, const struct subscription *s,
	    const char *reason)
{
	if (w->options.told)
		w->options.told(w->options.arg, priority, event, s, reason);
}

int
websub_poll_again(struct websub *w, const struct subscription *s, struct err *err)
{
	const struct lesson lesson = sweep_lesson(w->options.sweep);
	const int64_t due_s =
		lesson.now_s + lesson.random % (uint32_t)(lesson.pace->interval_s / 2 + 1);
	struct feed *feed = sweep_feed(w->options.sweep, s->feed);
	struct db_stmt *stmt;

	if (feed) /* it is just being polled */
		return 0;
	stmt = state_write(w->options.state,
			   "UPDATE feeds SET due_s = ?2 WHERE id = ?1 AND due_s > ?2 AND"
			   " failures = 0",
			   err);
	if (!stmt)
		return -1;
	db_text(stmt, 1, s->feed);
	db_int(stmt, 2, due_s);
	if (db_run(stmt, err) < 0)
		return -1;
	if (db_changes(state_db(w->options.state)) > 0)
		sweep_look_anew(w->options.sweep);
	return 0;
}

/* Finding hubs. */

/* What a feed says of where it can be had from. */
struct offer {
	struct buf hubs; /* a line each, without one at the end */
	size_t count;
	struct buf topic;
};

static void
offer_done(struct offer *o)
{
	buf_done(&o->hubs);
	buf_done(&o->topic);
}
SCOPED_DEFINE_HELD(struct offer, offer_done)

static struct offer
offer_init(void)
{
	return (struct offer){.hubs = buf_init(LINES_BYTES_MAX),
			      .topic = buf_init(WEBSUB_URL_BYTES_MAX)};
}

/* The URL that ref means, where it is one to go to; else nothing. */
static void
add_url(struct buf *out, const char *base, const char *ref, size_t len)
{
	SCOPED(buf_done) struct buf url = buf_init(WEBSUB_URL_BYTES_MAX);
	struct url parts;

	if (url_resolve(base, ref, len, &url, NULL) < 0 || !url_is_http(buf_str(&url), url.len))
		return;
	url_split(buf_str(&url), url.len, &parts);
	if (parts.userinfo.data || parts.fragment.data)
		return;
	(void)buf_add(out, buf_str(&url), url.len, NULL);
}

static bool
has_line(const struct buf *lines, const struct buf *line)
{
	const char *at = buf_str(lines);

	while (*at) {
		const size_t len = strcspn(at, "\n");

		if (len == line->len && memcmp(at, line->data, len) == 0)
			return true;
		at += len + (at[len] == '\n');
	}
	return false;
}

static void
add_hub(struct offer *o, const char *base, const char *ref, size_t len)
{
	SCOPED(buf_done) struct buf hub = buf_init(WEBSUB_URL_BYTES_MAX);

	if (o->count == WEBSUB_HUBS_MAX)
		return;
	add_url(&hub, base, ref, len);
	if (hub.len == 0 || has_line(&o->hubs, &hub))
		return;
	if (o->count++ > 0)
		(void)buf_addc(&o->hubs, '\n', NULL);
	(void)buf_add(&o->hubs, hub.data, hub.len, NULL);
}

/* From the head, which goes before the document (section 4). */
static void
read_head(const struct outcome *outcome, struct offer *o)
{
	struct headlink_walk walk = headlink_begin(outcome->head);
	struct headlink link;

	while (headlink_next(&walk, &link)) {
		if (link.anchored)
			continue;
		if (headlink_is(&link, "hub"))
			add_hub(o, outcome->url, link.target.data, link.target.len);
		if (headlink_is(&link, "self") && o->topic.len == 0)
			add_url(&o->topic, outcome->url, link.target.data, link.target.len);
	}
	if (o->topic.len == 0)
		add_url(&o->topic, NULL, outcome->url, strlen(outcome->url));
}

/* From what the feed's last document said of it. */
struct described {
	struct offer *offer;
	const char *base;
};

static void
read_description(void *arg, const struct description *d)
{
	const struct described *to = arg;
	const char *at = d->hub ? d->hub : "";

	while (*at) {
		const size_t len = strcspn(at, "\n");

		add_hub(to->offer, to->base, at, len);
		at += len + (at[len] == '\n');
	}
	if (d->self)
		add_url(&to->offer->topic, to->base, d->self, strlen(d->self));
	if (to->offer->topic.len == 0)
		add_url(&to->offer->topic, NULL, to->base, strlen(to->base));
}

static int
begin(struct websub *w, const struct feed *feed, const struct offer *o, bool by_head,
      struct err *err)
{
	SCOPED(subscription_done) struct subscription s = {.by_head = by_head};

	if (subscription_make(feed->id, &s, err) < 0 ||
	    feed_set(&s.topic, buf_str(&o->topic), err) < 0 ||
	    feed_set(&s.hubs, buf_str(&o->hubs), err) < 0 ||
	    feed_set(&s.base, buf_str(&w->base), err) < 0)
		return -1;
	s.made_s = s.due_s = clock_wall_s();
	w->look_ms = 0;
	return subscription_save(w->options.state, &s, err);
}

/* The old one is given up; a hub that has never heard of it need not be told. */
static int
leave(struct websub *w, struct subscription *s, int64_t now_s, struct err *err)
{
	if (s->asked_s == 0)
		return subscription_drop(w->options.state, s->token, err);
	s->phase = SUBSCRIPTION_LEAVING;
	s->due_s = now_s;
	s->tries = 0;
	return subscription_save(w->options.state, s, err);
}

/* now: the one that counts, NULL where there is none. It is left empty where another one takes its
 * place. */
static int
take_offer(struct websub *w, const struct feed *feed, const struct offer *o, bool by_head,
	   struct subscription *now, struct err *err)
{
	SCOPED(buf_done) struct buf hub = buf_init(WEBSUB_URL_BYTES_MAX);
	const int64_t now_s = clock_wall_s();
	bool same_topic, same_hubs;

	if (o->count == 0 || o->topic.len == 0 || buf_failed(&o->hubs, NULL) < 0)
		return 0;
	if (!now)
		return begin(w, feed, o, by_head, err);
	same_topic = strcmp(now->topic, buf_str(&o->topic)) == 0;
	same_hubs = strcmp(now->hubs, buf_str(&o->hubs)) == 0;
	if (same_topic && same_hubs) {
		if (now->by_head == by_head)
			return 0;
		now->by_head = by_head;
		return subscription_save(w->options.state, now, err);
	}
	/* A publisher who names another one each time would have us ask hub after hub. */
	if (now_s - now->made_s < WEBSUB_CHANGE_S && now->made_s <= now_s)
		return 0;
	if (subscription_hub(now, &hub, err) < 0)
		return -1;
	if (same_topic && has_line(&o->hubs, &hub)) {
		/* The hub it has is still one of them. */
		now->hub_at = 0;
		for (const char *at = buf_str(&o->hubs);
		     strncmp(at, buf_str(&hub), hub.len) != 0 ||
		     (at[hub.len] != '\n' && at[hub.len] != '\0');
		     at += strcspn(at, "\n") + 1)
			now->hub_at++;
		now->by_head = by_head;
		now->made_s = now_s;
		return feed_set(&now->hubs, buf_str(&o->hubs), err) < 0
			       ? -1
			       : subscription_save(w->options.state, now, err);
	}
	if (leave(w, now, now_s, err) < 0)
		return -1;
	subscription_done(now);
	return begin(w, feed, o, by_head, err);
}

static const char *
base_of(const struct feed *feed)
{
	return feed->validators_url ? feed->validators_url : feed_start_url(feed);
}

int
websub_described(struct websub *w, const struct feed *feed, const struct description *d,
		 struct err *err)
{
	SCOPED(subscription_done) struct subscription now = {.due_s = 0};
	SCOPED(offer_done) struct offer offer = offer_init();
	struct described to = {&offer, base_of(feed)};
	int got;

	if (!d->hub)
		return 0;
	got = subscription_of(w->options.state, feed->id, &now, err);
	if (got < 0 || (got == 1 && now.by_head))
		return got < 0 ? -1 : 0;
	read_description(&to, d);
	return take_offer(w, feed, &offer, false, got == 1 ? &now : NULL, err);
}

/* Polls. */

/* While the hub pushes, polls only look whether it does. */
static int
put_off(struct websub *w, struct feed *feed, struct subscription *s, bool fresh, struct err *err)
{
	const struct lesson lesson = sweep_lesson(w->options.sweep);
	const int64_t wait_s = lesson.pace->max_interval_s;
	int64_t due_s;

	if (!websub_is_live(s, lesson.now_s))
		return 0;
	/* The first poll after the subscription began finds what came before it. */
	if (s->missed < 0 || (fresh && s->missed < WEBSUB_MISSED_MAX)) {
		s->missed++;
		if (subscription_save(w->options.state, s, err) < 0)
			return -1;
	}
	if (s->missed >= WEBSUB_MISSED_MAX || feed->want_interval_s > 0 || feed->due_s == 0)
		return 0;
	due_s = lesson.now_s + wait_s + lesson.random % (uint32_t)(wait_s / 8 + 1);
	if (due_s > feed->due_s)
		feed->due_s = schedule_open(feed, due_s);
	return 0;
}

/* Hubs that call. */

int
websub_ping(struct websub *w, const struct feed *feed, struct err *err)
{
	const int64_t now_s = clock_wall_s();
	const int64_t at_s = feed->polled_s + PING_SPACING_S;

	/* Its server has asked for silence, or does not answer. */
	if (feed->due_s == 0 || feed->failures > 0)
		return 0;
	if (state_poll_now(w->options.state, feed->id,
			   at_s > now_s && at_s <= now_s + PING_SPACING_S ? at_s : now_s, err) < 0)
		return -1;
	sweep_look_anew(w->options.sweep);
	/* The poll that is under way may have seen what was before, and will set a due time. */
	for (size_t i = 0; sweep_feed(w->options.sweep, feed->id) && i < WEBSUB_PINGS; i++)
		if (!*w->pings[i] || i == WEBSUB_PINGS - 1) {
			memcpy(w->pings[i], feed->id, sizeof(w->pings[i]));
			break;
		}
	return 0;
}

/* Whether its hub has called meanwhile. */
static bool
was_pinged(struct websub *w, const char *id)
{
	bool was = false;

	for (size_t i = 0; i < WEBSUB_PINGS; i++)
		if (strcmp(w->pings[i], id) == 0) {
			w->pings[i][0] = '\0';
			was = true;
		}
	return was;
}

/* Its publisher says that it is gone for good: what a hub still sends is not the feed. */
static int
leave_retired(struct websub *w, const struct feed *feed, struct err *err)
{
	SCOPED(subscription_done) struct subscription now = {.due_s = 0};
	const int got = subscription_of(w->options.state, feed->id, &now, err);

	w->look_ms = 0;
	return got == 1 ? leave(w, &now, clock_wall_s(), err) : got;
}

int
websub_polled(struct websub *w, struct feed *feed, const struct outcome *o, bool fresh,
	      struct err *err)
{
	SCOPED(subscription_done) struct subscription now = {.due_s = 0};
	SCOPED(offer_done) struct offer offer = offer_init();
	struct described to = {&offer, base_of(feed)};
	const bool pinged = was_pinged(w, feed->id);
	bool by_head = true;
	int got;

	if (o->kind == OUTCOME_GONE && feed->retired_s > 0)
		return leave_retired(w, feed, err);
	if (feed->archive_of || (o->kind != OUTCOME_DOCUMENT && o->kind != OUTCOME_UNCHANGED))
		return 0;
	got = subscription_of(w->options.state, feed->id, &now, err);
	if (got < 0)
		return -1;
	read_head(o, &offer);
	/* A 304 need not repeat what the 200 said. */
	if (offer.count == 0 && got == 1 && now.by_head && o->kind == OUTCOME_DOCUMENT) {
		now.by_head = false;
		if (subscription_save(w->options.state, &now, err) < 0)
			return -1;
	}
	if (offer.count == 0 && got == 0) {
		by_head = false;
		buf_reset(&offer.topic);
		if (description_of(w->options.state, feed->id, read_description, &to, err) < 0)
			return -1;
	}
	if (take_offer(w, feed, &offer, by_head, got == 1 ? &now : NULL, err) < 0)
		return -1;
	if (got == 1 && now.topic && put_off(w, feed, &now, fresh, err) < 0)
		return -1;
	if (pinged && feed->due_s > clock_wall_s() + PING_SPACING_S)
		feed->due_s = schedule_open(feed, clock_wall_s() + PING_SPACING_S);
	return 0;
}

/* The whole. */

struct websub *
websub_open(const struct websub_options *options, struct err *err)
{
	SCOPED(websub_close) struct websub *w = calloc(1, sizeof(*w));
	struct callback_options callback = {
		.listen = options->listen,
		.bodies_bytes_max = options->bodies_bytes_max,
		.admit = websub_admit,
		.receive = websub_receive,
		.arg = w,
	};
	size_t len = strlen(options->public_url);

	if (!w) {
		(void)err_sys(err, "websub");
		return NULL;
	}
	w->options = *options;
	w->base = buf_init(WEBSUB_URL_BYTES_MAX);
	for (size_t i = 0; i < WEBSUB_ASKS_MAX; i++) {
		w->asks[i].url = buf_init(URL_MAX_BYTES);
		w->asks[i].body = buf_init(4 * URL_MAX_BYTES);
	}
	while (len > 0 && options->public_url[len - 1] == '/')
		len--;
	if (buf_add(&w->base, options->public_url, len, err) < 0)
		return NULL;
	if (subscription_rebase(options->state, buf_str(&w->base), clock_wall_s(),
				sweep_lesson(options->sweep).pace->interval_s, err) < 0)
		return NULL;
	w->callback = callback_open(&callback, err);
	if (!w->callback)
		return NULL;
	return TAKE(w);
}

void
websub_close(struct websub *w)
{
	if (!w)
		return;
	callback_close(w->callback);
	for (size_t i = 0; i < WEBSUB_ASKS_MAX; i++) {
		http_transfer_free(w->asks[i].transfer);
		buf_done(&w->asks[i].url);
		buf_done(&w->asks[i].body);
	}
	buf_done(&w->base);
	free(w);
}

void
websub_look_by(struct websub *w, int64_t at_ms)
{
	if (w->look_ms > at_ms)
		w->look_ms = at_ms;
}

/* And when to look again: what is due next, or half a minute. */
static int
look(struct websub *w, int64_t now_ms, struct err *err)
{
	const int64_t now_s = clock_wall_s();
	int64_t next_s;

	w->look_ms = now_ms + LOOK_MOST_MS;
	if (websub_ask_due(w, now_ms, err) < 0 ||
	    subscription_next_due(w->options.state, now_s, &next_s, err) < 0)
		return -1;
	if (next_s > 0)
		websub_look_by(w, now_ms + (next_s - now_s) * 1000);
	return 0;
}

int
websub_turn(struct websub *w, struct err *err)
{
	const int64_t now_ms = clock_mono_ms();

	if (http_run(w->options.http, err) < 0)
		return -1;
	for (struct http_transfer *t; (t = http_take_done(w->options.http));)
		if (websub_answered(w, t, err) < 0)
			return -1;
	if (callback_turn(w->callback, err) < 0)
		return -1;
	return now_ms < w->look_ms ? 0 : look(w, now_ms, err);
}

void
websub_timeout(const struct websub *w, int *timeout_ms)
{
	const int64_t look_ms = w->look_ms - clock_mono_ms();
	const int http_ms = http_timeout_ms(w->options.http);
	const int wait_ms = look_ms < 0 ? 0 : (int)look_ms;

	callback_timeout(w->callback, timeout_ms);
	if (http_ms >= 0 && (*timeout_ms < 0 || http_ms < *timeout_ms))
		*timeout_ms = http_ms;
	if (*timeout_ms < 0 || wait_ms < *timeout_ms)
		*timeout_ms = wait_ms;
}

void
websub_fds(const struct websub *w, struct pollfd fds[WEBSUB_FDS])
{
	fds[0] = (struct pollfd){.fd = http_fd(w->options.http), .events = POLLIN};
	fds[1] = (struct pollfd){.fd = callback_fd(w->callback), .events = POLLIN};
}

void
websub_committed(struct websub *w)
{
	callback_settle(w->callback, true);
}

bool
websub_awaited(const struct websub *w)
{
	return callback_holds(w->callback);
}

void
websub_rolled_back(struct websub *w)
{
	callback_settle(w->callback, false);
	w->look_ms = clock_mono_ms() + 1000;
}

void
websub_look_anew(struct websub *w)
{
	w->look_ms = 0;
}

void
websub_pause(struct websub *w, bool pause)
{
	w->paused = pause;
}

struct websub_counts
websub_counts(const struct websub *w)
{
	return w->counts;
}

int
websub_port(const struct websub *w)
{
	return callback_port(w->callback);
}
