/* sdk - feedmill.h on top of the stage skeleton: what makes a table of callbacks a daemon. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/arena.h"
#include "common/feedmill.h"
#include "common/item.h"
#include "common/log.h"
#include "common/loss.h"
#include "common/options.h"
#include "common/quantity.h"
#include "common/stage.h"

enum {
	TYPES_BYTES_MAX = 512, /* of the list of what is allowed */
	WINDOW_MESSAGES = 256,
	WINDOW_BYTES = 4 * 1024 * 1024,
	ITEM_MEMORY_MAX = 64 * 1024 * 1024, /* of one decoded item */
	EXIT_CONFIG = 100,
};

struct fm_item {
	struct item item;
	uint64_t ticket;
	uint32_t attempt;
	struct buf *json; /* the spelling, made when it is asked for */
};

struct fm_sink {
	const struct fm_sink_ops *ops;
	void *self;
	struct stage *stage; /* NULL while only the configuration is checked */
	char name[OPTIONS_INSTANCE_MAX + 1];
	const struct config *config;
	const struct config_section *section;
	struct arena *arena;
	struct buf json;
	struct loss loss; /* to announce; id "": none */
	size_t pending;   /* answered with FM_PENDING and not settled */
	char reason[512];
};

/* stage_ops carry no pointer of ours before open: there is one sink in a process. */
static const struct fm_sink_type *types;
static size_t type_count;
static const char *instance;

/* Every sink's keys: the classifier and `feedmill run` read them. */
static const char *const common_keys[] = {"type",    "program", "filter",   "from",
					  "on_full", "max_age", "max_size", NULL};

static bool
is_in(const char *const *names, const char *name)
{
	for (; names && *names; names++)
		if (strcmp(*names, name) == 0)
			return true;
	return false;
}

/* The verdict of a callback as an error for the stage loop. */
static int
verdict_err(const struct fm_sink *sink, int verdict, struct err *err)
{
	static const enum err_kind kinds[] = {
		[FM_RETRY] = ERR_RETRY,
		[FM_REJECT] = ERR_REJECT,
		[FM_FATAL] = ERR_FATAL,
		[FM_CONFIG] = ERR_USAGE,
	};

	if (verdict < FM_RETRY || verdict > FM_CONFIG)
		return err_set(err, ERR_FATAL, "sink '%s': verdict %d is none", sink->name,
			       verdict);
	return err_set(err, kinds[verdict], "sink '%s': %s", sink->name,
		       sink->reason[0] ? sink->reason : "no reason given");
}

static int
pick_type(struct fm_sink *sink, struct err *err)
{
	const char *type = fm_option(sink, "type", "");

	for (size_t i = 0; i < type_count; i++)
		if (type_count == 1 || strcmp(types[i].type, type) == 0) {
			sink->ops = types[i].ops;
			break;
		}
	if (!sink->ops) {
		SCOPED(buf_done) struct buf known = buf_init(TYPES_BYTES_MAX);

		for (size_t i = 0; i < type_count; i++)
			(void)buf_addf(&known, NULL, "%s%s", i ? ", " : "", types[i].type);
		return err_set(err, ERR_USAGE, "%s:%d: [sink %s] has %s%s%s; it is one of %s",
			       sink->section->file, sink->section->line, sink->name,
			       *type ? "type '" : "no type", type,
			       *type ? "', which this program does not know" : "", buf_str(&known));
	}
	if (sink->ops->api != FM_API)
		return err_set(err, ERR_USAGE,
			       "sink '%s' was built for version %d of feedmill.h, this library has "
			       "%d: build it anew",
			       sink->name, sink->ops->api, FM_API);
	return 0;
}

static int
check_keys(const struct fm_sink *sink, struct err *err)
{
	const char *key;

	for (size_t i = 0; (key = config_key_at(sink->config, sink->section, i)); i++) {
		const struct config_list values = config_values(sink->config, sink->section, key);

		if (is_in(common_keys, key) || is_in(sink->ops->options, key))
			continue;
		return err_set(
			err, ERR_USAGE,
			"%s:%d: unknown key '%s' in [sink %s]; see feedmill-sink(8) for those "
			"of type '%s'",
			values.count ? values.values[0].file : sink->section->file,
			values.count ? values.values[0].line : sink->section->line, key, sink->name,
			fm_option(sink, "type", "?"));
	}
	return 0;
}

/* Everything that can be known before any state is touched. */
static int
sink_configure(struct fm_sink *sink, const struct config *config, struct err *err)
{
	int verdict;

	sink->config = config;
	sink->section = config_section_find(config, "sink", sink->name);
	if (!sink->section)
		return err_set(err, ERR_USAGE, "no section [sink %s] in the configuration",
			       sink->name);
	if (pick_type(sink, err) < 0 || check_keys(sink, err) < 0)
		return -1;
	verdict = sink->ops->check ? sink->ops->check(sink) : FM_OK;
	return verdict == FM_OK ? 0 : verdict_err(sink, verdict, err);
}

static void
sink_free(struct fm_sink *sink)
{
	if (!sink)
		return;
	arena_free(sink->arena);
	buf_done(&sink->json);
	free(sink);
}
SCOPED_DEFINE(struct fm_sink, sink_free)

static struct fm_sink *
sink_new(const char *name, struct err *err)
{
	SCOPED(sink_free) struct fm_sink *sink = calloc(1, sizeof(*sink));

	if (sink)
		sink->arena = arena_new(ITEM_MEMORY_MAX);
	if (!sink || !sink->arena) {
		(void)err_sys(err, "sink '%s'", name);
		return NULL;
	}
	sink->json = buf_init(ITEM_MEMORY_MAX);
	(void)snprintf(sink->name, sizeof(sink->name), "%s", name);
	return TAKE(sink);
}

/* The stage's callbacks. */

static int
on_check(const struct config *config, const void *conf, struct err *err)
{
	SCOPED(sink_free) struct fm_sink *sink = sink_new(instance, err);

	(void)conf;
	return sink ? sink_configure(sink, config, err) : -1;
}

static int
on_open(struct stage *stage, const void *conf, void **self_out, struct err *err)
{
	SCOPED(sink_free) struct fm_sink *sink = sink_new(stage_instance(stage), err);
	int verdict;

	(void)conf;
	if (!sink || sink_configure(sink, stage_config(stage), err) < 0)
		return -1;
	sink->stage = stage;
	verdict = sink->ops->open ? sink->ops->open(sink, &sink->self) : FM_OK;
	if (verdict != FM_OK)
		return verdict_err(sink, verdict, err);
	*self_out = TAKE(sink);
	return 0;
}

static void
on_close(void *self)
{
	struct fm_sink *sink = self;

	if (sink && sink->ops->close)
		sink->ops->close(sink, sink->self);
	sink_free(sink);
}

static int
on_handle(void *self, const struct delivery *delivery, struct err *err)
{
	struct fm_sink *sink = self;
	struct fm_item item = {
		.ticket = delivery->ticket, .attempt = delivery->attempt, .json = &sink->json};
	int verdict;

	sink->reason[0] = '\0';
	buf_reset(&sink->json);
	arena_reset(sink->arena);
	if (item_decode(delivery->body, sink->arena, &item.item, err) < 0)
		return -1;
	verdict = sink->ops->put(sink, sink->self, &item);
	if (verdict == FM_OK)
		return 0;
	if (verdict == FM_PENDING) {
		sink->pending++;
		return STAGE_LATER;
	}
	return verdict_err(sink, verdict, err);
}

static int
on_commit(void *self, struct err *err)
{
	struct fm_sink *sink = self;
	int verdict;

	sink->reason[0] = '\0';
	verdict = sink->ops->commit ? sink->ops->commit(sink, sink->self) : FM_OK;
	return verdict == FM_OK ? 0 : verdict_err(sink, verdict, err);
}

static void
announce_loss(struct fm_sink *sink)
{
	buf_reset(&sink->json);
	if (loss_put(&sink->loss, &sink->json, NULL) == 0)
		stage_announce(sink->stage, buf_bytes(&sink->json));
	buf_reset(&sink->json);
	sink->loss.id[0] = '\0';
}

static int
on_turn(void *self, struct err *err)
{
	struct fm_sink *sink = self;
	int verdict;

	if (sink->loss.id[0])
		announce_loss(sink);
	if (!sink->ops->turn)
		return 0;
	sink->reason[0] = '\0';
	verdict = sink->ops->turn(sink, sink->self);
	return verdict == FM_OK ? 0 : verdict_err(sink, verdict, err);
}

static size_t
on_watch(void *self, struct pollfd *fds, size_t max, int *timeout_ms)
{
	struct fm_sink *sink = self;

	return sink->ops->watch ? sink->ops->watch(sink, sink->self, fds, max, timeout_ms) : 0;
}

static int
on_woken(void *self, const struct pollfd *fds, size_t count, struct err *err)
{
	struct fm_sink *sink = self;
	int verdict;

	if (!sink->ops->woken)
		return 0;
	sink->reason[0] = '\0';
	verdict = sink->ops->woken(sink, sink->self, fds, count);
	return verdict == FM_OK ? 0 : verdict_err(sink, verdict, err);
}

static void
on_drain(void *self)
{
	struct fm_sink *sink = self;

	if (sink->ops->drain)
		sink->ops->drain(sink, sink->self);
}

static bool
on_idle(void *self)
{
	const struct fm_sink *sink = self;

	return sink->pending == 0;
}

static const struct stage_ops stage_ops = {
	.name = "sink",
	.default_instance = "",
	.section_per_instance = true,
	.needs_state_dir = true,
	.window_messages = WINDOW_MESSAGES,
	.window_bytes = WINDOW_BYTES,
	.message_bytes_max = ITEM_BYTES_MAX,
	.check = on_check,
	.open = on_open,
	.close = on_close,
	.handle = on_handle,
	.turn = on_turn,
	.commit = on_commit,
	.watch = on_watch,
	.woken = on_woken,
	.drain = on_drain,
	.idle = on_idle,
};

int
fm_sink_main(int argc, char **argv, const struct fm_sink_type *rows, size_t count)
{
	struct options options;
	struct err err = {.kind = ERR_NONE};

	types = rows;
	type_count = count;
	if (options_read(argc, argv, &options, &err) == 0 && !options.show_version &&
	    !options.show_help && !options.instance)
		(void)err_set(&err, ERR_USAGE,
			      "-i NAME is missing: the [sink NAME] section to serve");
	if (err.kind != ERR_NONE) {
		log_name("sink");
		log_event(LOG_ERR, "usage", LOG_TEXT("reason", err.text));
		return EXIT_CONFIG;
	}
	instance = options.instance;
	return stage_main(argc, argv, &stage_ops);
}

/* The sink. */

const char *
fm_sink_name(const struct fm_sink *sink)
{
	return sink->name;
}

const char *
fm_sink_state_dir(const struct fm_sink *sink)
{
	return sink->stage ? stage_state_dir(sink->stage) : "";
}

/* The last value of key, or NULL. */
static const struct config_value *
option(const struct fm_sink *sink, const char *key)
{
	const struct config_list list = config_values(sink->config, sink->section, key);

	return list.count ? &list.values[list.count - 1] : NULL;
}

const char *
fm_option(const struct fm_sink *sink, const char *key, const char *fallback)
{
	const struct config_value *value = option(sink, key);

	return value ? value->text : fallback;
}

const char *
fm_option_nth(const struct fm_sink *sink, const char *key, size_t i)
{
	const struct config_list list = config_values(sink->config, sink->section, key);

	return i < list.count ? list.values[i].text : NULL;
}

/* One key read by the same code as every stage's keys. */
static int
read_option(struct fm_sink *sink, enum config_type type, const char *key, int64_t least,
	    int64_t most, void *out)
{
	const struct config_key row = {key, type, 0, NULL, least, most, NULL};
	struct err err = {.kind = ERR_NONE};

	if (config_read_some(sink->config, sink->section, &row, 1, out, &err) < 0)
		return fm_fail(sink, FM_CONFIG, "%s", err.text);
	return FM_OK;
}

static int
read_number(struct fm_sink *sink, enum config_type type, const char *key, int64_t fallback,
	    int64_t least, int64_t most, int64_t *out)
{
	int64_t value = fallback;
	int verdict = FM_OK;

	if (option(sink, key))
		verdict = read_option(sink, type, key, least, most, &value);
	if (verdict == FM_OK)
		*out = value;
	return verdict;
}

int
fm_option_int(struct fm_sink *sink, const char *key, int64_t fallback, int64_t least, int64_t most,
	      int64_t *out)
{
	return read_number(sink, CONFIG_INT, key, fallback, least, most, out);
}

int
fm_option_size(struct fm_sink *sink, const char *key, int64_t fallback, int64_t least, int64_t most,
	       int64_t *out)
{
	return read_number(sink, CONFIG_SIZE, key, fallback, least, most, out);
}

int
fm_option_seconds(struct fm_sink *sink, const char *key, int64_t fallback, int64_t least,
		  int64_t most, int64_t *out)
{
	return read_number(sink, CONFIG_DURATION, key, fallback, least, most, out);
}

int
fm_option_bool(struct fm_sink *sink, const char *key, int fallback, int *out)
{
	bool value = fallback;
	int verdict = FM_OK;

	if (option(sink, key))
		verdict = read_option(sink, CONFIG_BOOL, key, 0, 0, &value);
	if (verdict == FM_OK)
		*out = value;
	return verdict;
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

void
fm_log(struct fm_sink *sink, int syslog_priority, const char *event, const char *text)
{
	log_event(syslog_priority, event, LOG_TEXT("sink", sink->name),
		  LOG_TEXT("text", text ? text : ""));
}

void
fm_lost(struct fm_sink *sink, const char *id, int64_t since_s)
{
	sink->loss = (struct loss){.since_s = since_s};
	(void)snprintf(sink->loss.id, sizeof(sink->loss.id), "%s", id);
}

void
fm_settle(struct fm_sink *sink, uint64_t ticket, int verdict, const char *reason, int64_t delay_ms)
{
	const enum stage_verdict fate = verdict == FM_OK       ? STAGE_DONE
					: verdict == FM_REJECT ? STAGE_REJECT
							       : STAGE_RETRY;

	/* Also one that nobody waits for any more, since its sender is gone: it was pending here.
	 */
	if (sink->pending > 0)
		sink->pending--;
	stage_settle(sink->stage, ticket, fate, reason ? reason : "", delay_ms);
}

/* The item. */

static const size_t text_at[FM_FIELDS] = {
	[FM_ID] = offsetof(struct item, id),
	[FM_REV] = offsetof(struct item, rev),
	[FM_GUID] = offsetof(struct item, guid),
	[FM_URL] = offsetof(struct item, url),
	[FM_TITLE] = offsetof(struct item, title),
	[FM_SUMMARY] = offsetof(struct item, summary),
	[FM_CONTENT] = offsetof(struct item, content),
	[FM_LANGUAGE] = offsetof(struct item, language),
	[FM_IMAGE] = offsetof(struct item, image),
	[FM_COMMENTS] = offsetof(struct item, comments),
	[FM_RIGHTS] = offsetof(struct item, rights),
	[FM_SOURCE_TITLE] = offsetof(struct item, source.title),
	[FM_SOURCE_URL] = offsetof(struct item, source.url),
	[FM_FEED_ID] = offsetof(struct item, feed.id),
	[FM_FEED_URL] = offsetof(struct item, feed.url),
	[FM_FEED_TITLE] = offsetof(struct item, feed.title),
	[FM_FEED_LINK] = offsetof(struct item, feed.link),
	[FM_FEED_LANGUAGE] = offsetof(struct item, feed.language),
	[FM_STORY] = offsetof(struct item, story),
};

const char *
fm_text(const struct fm_item *item, enum fm_field field)
{
	const char *text;

	if ((unsigned)field >= FM_FIELDS)
		return NULL;
	memcpy(&text, (const char *)&item->item + text_at[field], sizeof(text));
	return text;
}

int
fm_time(const struct fm_item *item, enum fm_time_field field, int64_t *out)
{
	const int64_t time_s = field == FM_PUBLISHED ? item->item.published_s
			       : field == FM_UPDATED ? item->item.updated_s
						     : item->item.fetched_s;

	if (time_s == ITEM_NO_TIME)
		return 0;
	*out = time_s;
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
	if (item->json->len == 0) {
		struct json j = json_into(item->json);

		item_json(&item->item, &j);
	}
	if (buf_failed(item->json, NULL) < 0)
		return NULL;
	if (len_out)
		*len_out = item->json->len;
	return buf_str(item->json);
}
