/* fakehost - the mill's side of feedmill.h for tests of sinks: options from a list, items made by
 * hand, verdicts written down. It defines every fm_ function, so that none comes from the
 * library; include it in the one file of a test.
 *
 *     struct fm_sink *host = fake_open(&sink_x, options)
 *     fake_add(host, fake_item(...)) ...
 *     fake_run(host, ms)         turns of the loop until every item is done or rejected
 *     fake_close(host)                                                                          */
#ifndef FM_TESTS_UNIT_FAKEHOST_H
#define FM_TESTS_UNIT_FAKEHOST_H

#include <errno.h>
#include <ftw.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/buf.h"
#include "common/clock.h"
#include "common/feedmill.h"
#include "common/item.h"

enum { FAKE_OPTIONS_MAX = 32, FAKE_DIR_BYTES = 64, FAKE_WATCH_MAX = 8, FAKE_REASON_BYTES = 256 };

enum fake_state { FAKE_WAITING, FAKE_PUT, FAKE_PENDING, FAKE_SETTLED, FAKE_DONE, FAKE_REJECTED };

struct fm_item {
	struct item item;
	char id[ITEM_ID_HEX + 1], rev[ITEM_REV_HEX + 1];
	struct buf json;
	uint64_t ticket;
	uint32_t attempt;
	enum fake_state state;
	int64_t due_ms;
	char reason[FAKE_REASON_BYTES];
};

struct fm_sink {
	const struct fm_sink_ops *ops;
	void *self;
	const char *const (*options)[2]; /* {key, value}, ended by {NULL} */
	char dir[FAKE_DIR_BYTES];
	char reason[FAKE_REASON_BYTES];
	struct buf log; /* "event text" a line */
	struct fm_item **items;
	size_t item_count;
	size_t window; /* how many may be in hand */
	size_t batch;  /* how many puts before a commit */
	int verdict;   /* FM_FATAL or FM_CONFIG once one was given */
	bool draining;
};

/* What a sink calls. */

static const struct fm_sink_type *fake_types; /* what a main called fm_sink_main with */

int
fm_sink_main(int argc, char **argv, const struct fm_sink_type *types, size_t count)
{
	(void)argc;
	(void)argv;
	(void)count;
	fake_types = types;
	return 0;
}

const char *
fm_sink_name(const struct fm_sink *sink)
{
	(void)sink;
	return "fake";
}

const char *
fm_sink_state_dir(const struct fm_sink *sink)
{
	return sink->dir;
}

const char *
fm_option_nth(const struct fm_sink *sink, const char *key, size_t i)
{
	for (size_t at = 0; sink->options && sink->options[at][0]; at++) {
		if (strcmp(sink->options[at][0], key) == 0 && i-- == 0)
			return sink->options[at][1];
	}
	return NULL;
}

const char *
fm_option(const struct fm_sink *sink, const char *key, const char *fallback)
{
	const char *value = fallback, *next;

	for (size_t i = 0; (next = fm_option_nth(sink, key, i)); i++)
		value = next;
	return value;
}

int
fm_fail(struct fm_sink *sink, int verdict, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(sink->reason, sizeof(sink->reason), fmt, ap);
	va_end(ap);
	return verdict;
}

static int
fake_number(struct fm_sink *sink, const char *key, int64_t fallback, int64_t least, int64_t most,
	    const char *units, const int64_t *factors, int64_t *out)
{
	const char *value = fm_option(sink, key, NULL), *unit;
	char *end;
	int64_t number;

	if (!value) {
		*out = fallback;
		return FM_OK;
	}
	number = strtoll(value, &end, 10);
	unit = *end ? strchr(units, *end) : NULL;
	if (end == value || (*end && !unit))
		return fm_fail(sink, FM_CONFIG, "%s '%s' is no number", key, value);
	number *= unit ? factors[unit - units] : 1;
	if (number < least || number > most)
		return fm_fail(sink, FM_CONFIG, "%s '%s': allowed is %lld to %lld", key, value,
			       (long long)least, (long long)most);
	*out = number;
	return FM_OK;
}

int
fm_option_int(struct fm_sink *sink, const char *key, int64_t fallback, int64_t least, int64_t most,
	      int64_t *out)
{
	return fake_number(sink, key, fallback, least, most, "", NULL, out);
}

int
fm_option_size(struct fm_sink *sink, const char *key, int64_t fallback, int64_t least, int64_t most,
	       int64_t *out)
{
	static const int64_t factors[] = {1 << 10, 1 << 20, 1 << 30};

	return fake_number(sink, key, fallback, least, most, "KMG", factors, out);
}

int
fm_option_seconds(struct fm_sink *sink, const char *key, int64_t fallback, int64_t least,
		  int64_t most, int64_t *out)
{
	static const int64_t factors[] = {1, 60, 3600, 86400};

	return fake_number(sink, key, fallback, least, most, "smhd", factors, out);
}

int
fm_option_bool(struct fm_sink *sink, const char *key, int fallback, int *out)
{
	const char *value = fm_option(sink, key, fallback ? "yes" : "no");

	if (strcmp(value, "yes") != 0 && strcmp(value, "no") != 0)
		return fm_fail(sink, FM_CONFIG, "%s '%s': allowed is yes, no", key, value);
	*out = strcmp(value, "yes") == 0;
	return FM_OK;
}

void
fm_log(struct fm_sink *sink, int syslog_priority, const char *event, const char *text)
{
	(void)syslog_priority;
	(void)buf_addf(&sink->log, NULL, "%s %s\n", event, text ? text : "");
}

static struct {
	char id[32];
	int64_t since_s;
} fake_lost;

void
fm_lost(struct fm_sink *sink, const char *id, int64_t since_s)
{
	(void)sink;
	(void)snprintf(fake_lost.id, sizeof(fake_lost.id), "%s", id);
	fake_lost.since_s = since_s;
}

void
fm_settle(struct fm_sink *sink, uint64_t ticket, int verdict, const char *reason, int64_t delay_ms)
{
	struct fm_item *item;

	if (ticket == 0 || ticket > sink->item_count)
		return;
	item = sink->items[ticket - 1];
	if (item->state != FAKE_PENDING)
		return;
	(void)snprintf(item->reason, sizeof(item->reason), "%s", reason ? reason : "");
	item->state = verdict == FM_OK       ? FAKE_SETTLED
		      : verdict == FM_REJECT ? FAKE_REJECTED
					     : FAKE_WAITING;
	item->due_ms = clock_mono_ms() + delay_ms;
}

const char *
fm_text(const struct fm_item *item, enum fm_field field)
{
	const struct item *i = &item->item;
	const char *const texts[FM_FIELDS] = {
		[FM_ID] = i->id,
		[FM_REV] = i->rev,
		[FM_GUID] = i->guid,
		[FM_URL] = i->url,
		[FM_TITLE] = i->title,
		[FM_SUMMARY] = i->summary,
		[FM_CONTENT] = i->content,
		[FM_LANGUAGE] = i->language,
		[FM_IMAGE] = i->image,
		[FM_COMMENTS] = i->comments,
		[FM_RIGHTS] = i->rights,
		[FM_SOURCE_TITLE] = i->source.title,
		[FM_SOURCE_URL] = i->source.url,
		[FM_FEED_ID] = i->feed.id,
		[FM_FEED_URL] = i->feed.url,
		[FM_FEED_TITLE] = i->feed.title,
		[FM_FEED_LINK] = i->feed.link,
		[FM_FEED_LANGUAGE] = i->feed.language,
		[FM_STORY] = i->story,
	};

	return texts[field];
}

int
fm_time(const struct fm_item *item, enum fm_time_field field, int64_t *out)
{
	const int64_t times[] = {[FM_PUBLISHED] = item->item.published_s,
				 [FM_UPDATED] = item->item.updated_s,
				 [FM_FETCHED] = item->item.fetched_s};

	if (times[field] == ITEM_NO_TIME)
		return 0;
	*out = times[field];
	return 1;
}

uint64_t
fm_seq(const struct fm_item *item)
{
	return item_order(item->item.seq, item->item.retags);
}

uint64_t
fm_order(uint64_t seq, uint64_t retags)
{
	return item_order(seq, retags);
}

uint64_t
fm_story_rank(const struct fm_item *item)
{
	return item->item.story ? item->item.story_rank : 0;
}

uint64_t
fm_ticket(const struct fm_item *item)
{
	return item->ticket;
}

uint32_t
fm_attempt(const struct fm_item *item)
{
	return item->attempt;
}

size_t
fm_tag_count(const struct fm_item *item)
{
	return item->item.tag_count;
}

const char *
fm_tag(const struct fm_item *item, size_t i)
{
	return i < item->item.tag_count ? item->item.tags[i].tag : NULL;
}

double
fm_tag_score(const struct fm_item *item, size_t i)
{
	return i < item->item.tag_count ? item->item.tags[i].score : 0;
}

size_t
fm_author_count(const struct fm_item *item)
{
	return item->item.author_count;
}

const char *
fm_author_name(const struct fm_item *item, size_t i)
{
	return i < item->item.author_count ? item->item.authors[i].name : NULL;
}

const char *
fm_author_url(const struct fm_item *item, size_t i)
{
	return i < item->item.author_count ? item->item.authors[i].url : NULL;
}

size_t
fm_category_count(const struct fm_item *item)
{
	return item->item.category_count;
}

const char *
fm_category(const struct fm_item *item, size_t i)
{
	return i < item->item.category_count ? item->item.categories[i] : NULL;
}

size_t
fm_enclosure_count(const struct fm_item *item)
{
	return item->item.enclosure_count;
}

const char *
fm_enclosure_url(const struct fm_item *item, size_t i)
{
	return i < item->item.enclosure_count ? item->item.enclosures[i].url : NULL;
}

const char *
fm_enclosure_type(const struct fm_item *item, size_t i)
{
	return i < item->item.enclosure_count ? item->item.enclosures[i].type : NULL;
}

int64_t
fm_enclosure_bytes(const struct fm_item *item, size_t i)
{
	return i < item->item.enclosure_count ? item->item.enclosures[i].length_bytes : -1;
}

const char *
fm_json(const struct fm_item *item, size_t *len_out)
{
	if (len_out)
		*len_out = item->json.len;
	return buf_str(&item->json);
}

/* What a test calls. */

/* An item with id and revision made of numbers; other texts are the test's to set, and borrowed.
 * Call fake_ready once it is whole. */
static inline struct fm_item *
fake_item(uint64_t id, uint64_t rev, uint64_t seq)
{
	struct fm_item *item = calloc(1, sizeof(*item));

	item->item = item_empty();
	(void)snprintf(item->id, sizeof(item->id), "%032llx", (unsigned long long)id);
	(void)snprintf(item->rev, sizeof(item->rev), "%016llx", (unsigned long long)rev);
	item->item.id = item->id;
	item->item.rev = item->rev;
	item->item.seq = seq;
	item->item.feed.id = "feed";
	item->json = buf_init(64 * 1024 * 1024);
	item->attempt = 1;
	return item;
}

static inline struct fm_item *
fake_ready(struct fm_item *item)
{
	struct json j = json_into(&item->json);

	buf_reset(&item->json);
	item_json(&item->item, &j);
	return item;
}

static inline void
fake_item_free(struct fm_item *item)
{
	buf_done(&item->json);
	free(item);
}

static inline int
fake_remove(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static inline void
fake_dir_remove(const char *dir)
{
	(void)nftw(dir, fake_remove, 8, FTW_DEPTH | FTW_PHYS);
}

/* A host with a state folder of its own; dir NULL: a new one, removed by fake_done. */
static inline struct fm_sink *
fake_new(const struct fm_sink_ops *ops, const char *const (*options)[2], const char *dir)
{
	struct fm_sink *host = calloc(1, sizeof(*host));

	host->ops = ops;
	host->options = options;
	host->log = buf_init(4 * 1024 * 1024);
	host->window = 64;
	host->batch = 64;
	(void)snprintf(host->dir, sizeof(host->dir), "%s", dir ? dir : "/tmp/fakehost.XXXXXX");
	if (!dir && !mkdtemp(host->dir))
		abort();
	return host;
}

static inline int
fake_open(struct fm_sink *host)
{
	const int verdict = host->ops->check ? host->ops->check(host) : FM_OK;

	if (verdict != FM_OK)
		return verdict;
	return host->ops->open ? host->ops->open(host, &host->self) : FM_OK;
}

static inline void
fake_close(struct fm_sink *host)
{
	if (host->self)
		host->ops->close(host, host->self);
	host->self = NULL;
}

/* Forgets the host; the folder stays. */
static inline void
fake_free(struct fm_sink *host)
{
	fake_close(host);
	for (size_t i = 0; i < host->item_count; i++)
		fake_item_free(host->items[i]);
	free(host->items);
	buf_done(&host->log);
	free(host);
}

static inline void
fake_done(struct fm_sink *host)
{
	fake_close(host);
	fake_dir_remove(host->dir);
	fake_free(host);
}

/* Takes item. */
static inline struct fm_item *
fake_add(struct fm_sink *host, struct fm_item *item)
{
	host->items = realloc(host->items, (host->item_count + 1) * sizeof(*host->items));
	host->items[host->item_count++] = item;
	item->ticket = host->item_count;
	return item;
}

static inline size_t
fake_count(const struct fm_sink *host, enum fake_state state)
{
	size_t count = 0;

	for (size_t i = 0; i < host->item_count; i++)
		count += host->items[i]->state == state;
	return count;
}

/* Puts what waits, in order, as far as window and batch allow. */
static inline void
fake_put_waiting(struct fm_sink *host)
{
	size_t in_hand = fake_count(host, FAKE_PENDING), put = 0;
	const int64_t now_ms = clock_mono_ms();

	for (size_t i = 0; i < host->item_count && put < host->batch && in_hand < host->window;
	     i++) {
		struct fm_item *item = host->items[i];
		int verdict;

		if (item->state != FAKE_WAITING || item->due_ms > now_ms)
			continue;
		verdict = host->ops->put(host, host->self, item);
		put++;
		in_hand++;
		item->state = verdict == FM_OK        ? FAKE_PUT
			      : verdict == FM_PENDING ? FAKE_PENDING
			      : verdict == FM_REJECT  ? FAKE_REJECTED
						      : FAKE_WAITING;
		if (verdict == FM_RETRY)
			item->due_ms = now_ms + 10;
		if (verdict == FM_REJECT)
			(void)snprintf(item->reason, sizeof(item->reason), "%s", host->reason);
		if (verdict == FM_FATAL || verdict == FM_CONFIG)
			host->verdict = verdict;
	}
}

/* Commits; what was put is done, or waits again. */
static inline int
fake_commit(struct fm_sink *host)
{
	const int verdict = host->ops->commit ? host->ops->commit(host, host->self) : FM_OK;

	for (size_t i = 0; i < host->item_count; i++) {
		struct fm_item *item = host->items[i];

		if (item->state == FAKE_SETTLED && verdict == FM_OK) {
			item->state = FAKE_DONE;
		} else if (item->state == FAKE_PUT) {
			item->state = verdict == FM_OK ? FAKE_DONE : FAKE_WAITING;
			item->attempt++;
		}
	}
	if (verdict == FM_FATAL || verdict == FM_CONFIG)
		host->verdict = verdict;
	return verdict;
}

/* One turn of the loop, which waits at most timeout_ms for the sink's own descriptors. */
static inline void
fake_turn(struct fm_sink *host, int timeout_ms)
{
	struct pollfd fds[FAKE_WATCH_MAX];
	size_t count = 0;
	int verdict = FM_OK;

	if (!host->draining)
		fake_put_waiting(host);
	if (host->ops->turn)
		verdict = host->ops->turn(host, host->self);
	if (host->ops->watch && verdict == FM_OK) {
		count = host->ops->watch(host, host->self, fds, FAKE_WATCH_MAX, &timeout_ms);
		(void)poll(fds, count, timeout_ms);
		if (host->ops->woken)
			verdict = host->ops->woken(host, host->self, fds, count);
	}
	if (host->ops->turn && verdict == FM_OK)
		verdict = host->ops->turn(host, host->self);
	if (verdict == FM_FATAL || verdict == FM_CONFIG)
		host->verdict = verdict;
	else
		(void)fake_commit(host);
	for (size_t i = 0; i < host->item_count; i++) {
		struct fm_item *item = host->items[i];

		/* As the mill counts: what comes again comes as the next attempt. */
		if (item->state == FAKE_WAITING && item->reason[0]) {
			item->attempt++;
			item->reason[0] = '\0';
		}
	}
}

/* Turns until every item is done or rejected, the sink ends, or ms are over. Returns whether
 * every item has its end. */
static inline bool
fake_run(struct fm_sink *host, int64_t ms)
{
	const int64_t until_ms = clock_mono_ms() + ms;

	while (host->verdict == FM_OK && clock_mono_ms() < until_ms) {
		fake_turn(host, 20);
		if (fake_count(host, FAKE_DONE) + fake_count(host, FAKE_REJECTED) ==
		    host->item_count)
			return true;
	}
	return false;
}

/* Asks the sink to stop, and turns until nothing is pending. */
static inline bool
fake_drain(struct fm_sink *host, int64_t ms)
{
	const int64_t until_ms = clock_mono_ms() + ms;

	host->draining = true;
	if (host->ops->drain)
		host->ops->drain(host, host->self);
	while (fake_count(host, FAKE_PENDING) > 0 && clock_mono_ms() < until_ms)
		fake_turn(host, 20);
	return fake_count(host, FAKE_PENDING) == 0;
}

#endif
