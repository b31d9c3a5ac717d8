#include "fetcher/report.h"

#include <stdlib.h>
#include <string.h>

#include "common/arena.h"
#include "common/clock.h"
#include "common/document.h"
#include "common/mask.h"
#include "common/quantity.h"
#include "common/quarantine.h"
#include "common/url.h"
#include "common/utf8.h"
#include "fetcher/daemon.h"
#include "fetcher/description.h"

enum { PAGE_ROWS = 1000, ARENA_BYTES_MAX = 256 * 1024 };

/* A text as a server may have sent it: bytes that are no UTF-8 are shown as "?". */
static void
member(struct json *j, const char *key, const char *s)
{
	SCOPED(free) char *clean = NULL;

	if (s && !utf8_valid(s, strlen(s))) {
		clean = strdup(s);
		for (char *c = clean; c && *c; c++)
			if ((unsigned char)*c >= 0x80)
				*c = '?';
		s = clean;
	}
	json_member(j, key, s);
}

static void
member_number(struct json *j, const char *key, int64_t n)
{
	if (n != 0)
		json_member_int(j, key, n);
}

/* Status. */

static int
write_failing(void *arg, const struct feed *f)
{
	struct json *j = arg;

	json_object(j);
	json_member(j, "id", f->id);
	member(j, "url", f->url);
	member_number(j, "status", f->status);
	member_number(j, "failures", f->failures);
	member_number(j, "rejections", f->rejections);
	json_member_time(j, "due", f->due_s);
	json_member_time(j, "last_ok", f->ok_s);
	member(j, "reason", f->error);
	json_close(j);
	return 0;
}

static void
write_websub(struct daemon *d, struct json *j)
{
	const struct websub_counts counts = websub_counts(d->websub);
	struct subscription_counts rows;

	if (subscription_count(d->state, &rows, NULL) < 0)
		return;
	json_key(j, "websub");
	json_object(j);
	json_member_int(j, "subscribed", rows.live);
	json_member_int(j, "awaited", rows.awaited);
	json_member_int(j, "asked", counts.asked);
	json_member_int(j, "pushes", counts.pushes);
	json_member_int(j, "pushes_same", counts.same);
	json_member_int(j, "pings", counts.pings);
	json_member_int(j, "forged", counts.forged);
	json_member_int(j, "put_off", counts.refused);
	json_close(j);
}

void
report_status(struct daemon *d, struct json *j)
{
	const struct sweep_counts counts = sweep_counts(d->sweep);
	const struct handover_counts handed = handover_counts(d->handover);
	const int64_t now_s = clock_wall_s();
	struct spool *spool = state_spool(d->state);
	const int64_t oldest_s = spool_oldest_s(spool);
	struct state_counts feeds;

	if (state_count(d->state, now_s, &feeds, NULL) == 0) {
		json_key(j, "feeds");
		json_object(j);
		json_member_int(j, "listed", feeds.feeds);
		json_member_int(j, "due", feeds.due);
		json_member_int(j, "failing", feeds.failing);
		json_member_int(j, "retired", feeds.retired);
		json_close(j);
	}
	json_key(j, "polls");
	json_object(j);
	json_member_int(j, "in_flight", (int64_t)sweep_in_flight(d->sweep));
	json_member_int(j, "waiting", (int64_t)sweep_waiting(d->sweep));
	json_member_int(j, "started", counts.polls);
	json_member_int(j, "documents", counts.documents);
	json_member_int(j, "documents_same", counts.documents_same);
	json_member_int(j, "unchanged", counts.unchanged);
	json_member_int(j, "failed", counts.failed);
	json_member_int(j, "redirects", counts.redirects);
	json_member_int(j, "wire_bytes", counts.wire_bytes);
	json_member_int(j, "body_bytes", counts.body_bytes);
	json_member(j, "paused", d->lack);
	json_close(j);
	if (d->websub)
		write_websub(d, j);
	json_key(j, "spool");
	json_object(j);
	json_member_int(j, "depth", spool_depth(spool));
	json_member_int(j, "bytes", spool_bytes(spool));
	if (oldest_s > 0)
		json_member_int(j, "oldest_s", now_s > oldest_s ? now_s - oldest_s : 0);
	json_member_int(j, "acked", handed.acked);
	json_member_int(j, "rejected", handed.rejected);
	json_member_int(j, "crashed", handed.crashed);
	json_close(j);
	json_key(j, "quarantine");
	json_int(j, quarantine_count(state_db(d->state)));
	json_key(j, "failing");
	json_array(j);
	(void)state_each_failing(d->state, REPORT_FAILING_MAX, write_failing, j, NULL);
	json_close(j);
}

/* Feeds. */

/* An array of the lines of text. */
static void
member_lines(struct json *j, const char *key, const char *text)
{
	json_key(j, key);
	json_array(j);
	for (const char *at = text ? text : ""; *at;) {
		const size_t len = strcspn(at, "\n");

		json_text_n(j, at, len);
		at += len + (at[len] == '\n');
	}
	json_close(j);
}

/* The first hub under the name that it had when there was no more than one, and all of them. */
static void
write_hubs(struct json *j, const char *hubs)
{
	if (!hubs || !*hubs)
		return;
	json_key(j, "hub");
	json_text_n(j, hubs, strcspn(hubs, "\n"));
	member_lines(j, "hubs", hubs);
}

static void
write_description(void *arg, const struct description *d)
{
	struct json *j = arg;

	json_member(j, "own_title", d->title);
	json_member(j, "link", d->link);
	json_member(j, "self", d->self);
	write_hubs(j, d->hub);
	json_member(j, "prev_archive", d->prev_archive);
}

/* The last document, as its parser found it. */
static void
write_parsed(void *arg, const struct description *d)
{
	struct json *j = arg;

	if (d->document == 0)
		return;
	json_key(j, "parsed");
	json_object(j);
	json_member_int(j, "document", d->document);
	json_member(j, "parser", d->parser);
	json_member_int(j, "items", d->items);
	member_lines(j, "warnings", d->warnings);
	json_close(j);
}

struct listing {
	struct daemon *daemon;
	struct json *json;
};

static int
write_feed(void *arg, const struct feed *f)
{
	const struct listing *to = arg;
	struct json *j = to->json;

	json_object(j);
	json_member(j, "id", f->id);
	member(j, "url", f->url);
	member(j, "title", f->title);
	(void)description_of(to->daemon->state, f->id, write_description, j, NULL);
	member(j, "category", f->category);
	member_number(j, "interval_s", f->want_interval_s);
	member(j, "moved_to", f->target_url);
	member_number(j, "status", f->status);
	member_number(j, "failures", f->failures);
	member_number(j, "rejections", f->rejections);
	member(j, "reason", f->error);
	json_member_time(j, "due", f->due_s);
	json_member_time(j, "polled", f->polled_s);
	json_member_time(j, "last_ok", f->ok_s);
	json_member_time(j, "changed", f->changed_s);
	json_member_time(j, "retired", f->retired_s);
	json_close(j);
	return 0;
}

/* Why the next poll is when it is, in words. */
static const char *
why_then(struct daemon *d, const struct feed *f)
{
	const struct pace pace = conf_pace(&d->conf);
	const int64_t wait_s = f->due_s - f->polled_s;
	const int64_t quiet_s = schedule_quiet_s(&pace, f, f->polled_s);
	SCOPED(subscription_done) struct subscription s = {.due_s = 0};

	if (f->retired_s > 0)
		return "never: the publisher says the feed is gone for good";
	if (f->due_s == 0)
		return "never: it is not in the list any more";
	if (f->failures > 0)
		return "the last polls failed: each failure doubles the wait";
	if (f->rejections > 0)
		return "no parser could read the last documents: each doubles the wait";
	if (f->polled_s == 0)
		return "it has not been asked yet";
	if (f->want_interval_s > 0)
		return "its interval is set in the list of feeds";
	if (d->websub && wait_s >= pace.max_interval_s &&
	    subscription_of(d->state, f->id, &s, NULL) == 1 && websub_is_live(&s, clock_wall_s()) &&
	    s.missed < WEBSUB_MISSED_MAX)
		return "its hub pushes it: polls are the backstop only";
	if (quiet_s > f->interval_s && wait_s >= quiet_s && wait_s <= quiet_s + quiet_s / 8 + 60)
		return "it has published nothing for long: silent feeds are left in peace";
	if (wait_s > f->interval_s + f->interval_s / 8 + 60)
		return "the publisher wishes it: Cache-Control, Expires, ttl, skipHours or "
		       "skipDays";
	return "its own rhythm: shorter after each change, longer without one";
}

static void
write_story(struct daemon *d, struct json *j, const struct feed *f)
{
	json_object(j);
	json_member(j, "id", f->id);
	member(j, "url", f->url);
	member(j, "title", f->title);
	(void)description_of(d->state, f->id, write_description, j, NULL);
	(void)description_of(d->state, f->id, write_parsed, j, NULL);
	websub_story(d->state, f->id, j);
	member(j, "category", f->category);
	member(j, "moved_to", f->target_url);
	member(j, "moving_to", f->moved_url);
	member_number(j, "moving_seen", f->moved_seen);
	json_member_time(j, "due", f->due_s);
	json_member(j, "why", why_then(d, f));
	member_number(j, "interval_s", f->interval_s);
	member_number(j, "wanted_interval_s", f->want_interval_s);
	member_number(j, "ttl_s", f->ttl_s);
	member_number(j, "skip_hours", f->skip_hours);
	member_number(j, "skip_days", f->skip_days);
	json_member_time(j, "newest_item", f->newest_s);
	member_number(j, "status", f->status);
	member_number(j, "failures", f->failures);
	member_number(j, "rejections", f->rejections);
	member(j, "reason", f->error);
	member_number(j, "quarantined", f->quarantined);
	json_member_time(j, "polled", f->polled_s);
	json_member_time(j, "last_ok", f->ok_s);
	json_member_time(j, "whole", f->whole_s);
	json_member_time(j, "changed", f->changed_s);
	json_member_time(j, "retired", f->retired_s);
	member(j, "etag", f->etag);
	member(j, "last_modified", f->last_modified);
	member(j, "validators_of", f->validators_url);
	member_number(j, "body_bytes", f->body_bytes);
	json_close(j);
}

/* The id that arg names: itself, or that of the feed's URL. */
static int
id_of(const char *arg, char out[FEED_ID_HEX + 1], struct err *err)
{
	SCOPED(buf_done) struct buf url = buf_init(URL_MAX_BYTES);
	SCOPED(buf_done) struct buf userinfo = buf_init(URL_MAX_BYTES);
	char shown[MASK_BYTES];

	if (strlen(arg) == FEED_ID_HEX && strspn(arg, "0123456789abcdef") == FEED_ID_HEX) {
		memcpy(out, arg, FEED_ID_HEX + 1);
		return 0;
	}
	if (feed_url(arg, &url, &userinfo, err) < 0) {
		if (err->kind == ERR_REJECT)
			err->kind = ERR_USAGE;
		return err_in(err, "'%s'", mask_text(arg, shown));
	}
	return feed_id(buf_str(&url), out, err);
}

static int
no_such_feed(const char *arg, struct err *err)
{
	char shown[MASK_BYTES];

	return err_set(err, ERR_USAGE, "no feed '%s' in the list", mask_text(arg, shown));
}

static int
command_poll(struct daemon *d, const char *arg, struct json *j, struct err *err)
{
	const bool all = strcmp(arg, "all") == 0;
	char id[FEED_ID_HEX + 1];
	int got;

	if (!all && id_of(arg, id, err) < 0)
		return -1;
	got = state_poll_now(d->state, all ? NULL : id, clock_wall_s(), err);
	if (got < 0)
		return -1;
	if (got == 0 && !all)
		return no_such_feed(arg, err);
	sweep_look_anew(d->sweep);
	json_object(j);
	json_member_int(j, "due", db_changes(state_db(d->state)));
	json_close(j);
	return 0;
}

static int
command_feeds(struct daemon *d, const char *arg, struct json *j, struct err *err)
{
	struct listing to = {d, j};

	return state_each(d->state, arg, PAGE_ROWS, write_feed, &to, err);
}

static int
command_explain(struct daemon *d, const char *arg, struct json *j, struct err *err)
{
	SCOPED(feed_done) struct feed feed = {.due_s = 0};
	char id[FEED_ID_HEX + 1];
	int got;

	if (id_of(arg, id, err) < 0)
		return -1;
	got = state_load(d->state, id, &feed, err);
	if (got <= 0)
		return got < 0 ? -1 : no_such_feed(arg, err);
	write_story(d, j, &feed);
	return 0;
}

/* The quarantine. */

static void
write_base64(struct json *j, struct bytes body)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	SCOPED(free) char *text = malloc((body.len + 2) / 3 * 4 + 1);
	const unsigned char *in = body.data;
	char *out = text;

	if (!text) {
		json_null(j);
		return;
	}
	for (size_t i = 0; i < body.len; i += 3) {
		const uint32_t n = (uint32_t)in[i] << 16 |
				   (uint32_t)(i + 1 < body.len ? in[i + 1] : 0) << 8 |
				   (uint32_t)(i + 2 < body.len ? in[i + 2] : 0);

		*out++ = digits[n >> 18];
		*out++ = digits[n >> 12 & 63];
		*out++ = i + 1 < body.len ? digits[n >> 6 & 63] : '=';
		*out++ = i + 2 < body.len ? digits[n & 63] : '=';
	}
	json_text_n(j, text, (size_t)(out - text));
}

static void
write_document(struct json *j, struct bytes body)
{
	SCOPED(arena_free) struct arena *arena = arena_new(ARENA_BYTES_MAX);
	struct document doc;

	if (!arena || document_decode(body, arena, &doc, NULL) < 0)
		return;
	json_member(j, "feed_url", doc.feed_url);
	json_member(j, "url", doc.url);
	json_member(j, "content_type", doc.content_type);
	json_member(j, "content_language", doc.content_language);
	json_member_int(j, "status", doc.status);
	json_member_time(j, "fetched", doc.fetched_s);
	json_key(j, "body_b64");
	write_base64(j, doc.body);
}

static int
write_kept(void *arg, const struct quarantined *row)
{
	struct json *j = arg;

	json_object(j);
	json_member_int(j, "id", row->id);
	json_member_time(j, "at", row->at_s);
	json_member(j, "kind", row->kind);
	json_member(j, "feed", row->ref);
	json_member(j, "stage", row->stage);
	member(j, "reason", row->reason);
	json_member_int(j, "attempts", row->attempts);
	if (row->body.data)
		write_document(j, row->body);
	json_close(j);
	return 0;
}

static int
number_of(const char *arg, int64_t *out, struct err *err)
{
	if (!quantity_int(arg, out) || *out < 0)
		return err_set(err, ERR_USAGE, "'%.100s' is not the number of a document", arg);
	return 0;
}

static int
command_list(struct daemon *d, const char *arg, struct json *j, struct err *err)
{
	int64_t after = 0;

	if (*arg && number_of(arg, &after, err) < 0)
		return -1;
	return quarantine_each(state_db(d->state), after, PAGE_ROWS, false, write_kept, j, err);
}

static int
done(struct json *j, int got, const char *arg, struct err *err)
{
	if (got <= 0)
		return got < 0 ? -1
			       : err_set(err, ERR_USAGE, "no document %.100s in the quarantine",
					 arg);
	if (j) {
		json_object(j);
		json_key(j, "done");
		json_bool(j, true);
		json_close(j);
	}
	return 0;
}

static int
command_show(struct daemon *d, const char *arg, struct json *j, struct err *err)
{
	int64_t id;

	if (number_of(arg, &id, err) < 0)
		return -1;
	return done(NULL, quarantine_get(state_db(d->state), id, write_kept, j, err), arg, err);
}

static int
command_retry(struct daemon *d, const char *arg, struct json *j, struct err *err)
{
	int64_t id;

	if (number_of(arg, &id, err) < 0)
		return -1;
	return done(j, handover_retry(d->handover, id, err), arg, err);
}

static int
command_drop(struct daemon *d, const char *arg, struct json *j, struct err *err)
{
	int64_t id;

	if (number_of(arg, &id, err) < 0)
		return -1;
	return done(j, handover_drop(d->handover, id, err), arg, err);
}

static const struct {
	const char *name;
	int (*run)(struct daemon *d, const char *arg, struct json *j, struct err *err);
} commands[] = {
	{"poll", command_poll},
	{"feeds", command_feeds},
	{"explain", command_explain},
	{"quarantine-list", command_list},
	{"quarantine-show", command_show},
	{"quarantine-retry", command_retry},
	{"quarantine-drop", command_drop},
};

int
report_control(struct daemon *d, const char *command, const char *arg, struct json *j,
	       struct err *err)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strcmp(command, commands[i].name) == 0)
			return commands[i].run(d, arg, j, err);
	return err_set(err, ERR_USAGE, "the fetcher knows no command '%.50s'", command);
}
