#include <limits.h>
#include <string.h>

#include "classifier/amends.h"
#include "classifier/classifier.h"
#include "classifier/command.h"
#include "classifier/declaration.h"
#include "classifier/look.h"
#include "classifier/rulesfile.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/quarantine.h"

enum {
	WINDOW_MESSAGES = 256,
	WINDOW_BYTES = 4 * 1024 * 1024,
	ARENA_BYTES_MAX = 8 * ITEM_BYTES_MAX,
	/* A cursor that moved is written with the next item, or after this time: a crash before
	 * delivers a few items again, and an fsync for each ack would cost more. */
	SAVE_EVERY_MS = 200,
};

#define GIB (INT64_C(1) << 30)

static const struct config_key keys[] = {
	/* name, type, where, default, least, most, choices */
	{"rules", CONFIG_TEXT, offsetof(struct classifier_conf, rules), RULESFILE_DEFAULT, 0, 0,
	 NULL},
	{"keep", CONFIG_DURATION, offsetof(struct classifier_conf, outbox.keep_s), "30d", 0,
	 INT64_C(10) * 366 * 24 * 3600, NULL},
	{"keep_size", CONFIG_SIZE, offsetof(struct classifier_conf, outbox.keep_bytes), "1G", 0,
	 1024 * GIB, NULL},
	{"outbox_max", CONFIG_SIZE, offsetof(struct classifier_conf, outbox.max_bytes), "4G",
	 64 * 1024 * 1024, 1024 * GIB, NULL},
	{"min_free", CONFIG_SIZE, offsetof(struct classifier_conf, outbox.min_free_bytes), "64M", 0,
	 1024 * GIB, NULL},
	{"seen_keep", CONFIG_DURATION, offsetof(struct classifier_conf, outbox.seen_s), "90d",
	 24 * 3600, INT64_C(10) * 366 * 24 * 3600, NULL},
	{"story_window", CONFIG_DURATION, offsetof(struct classifier_conf, story_window_s), "3d", 0,
	 INT64_C(366) * 24 * 3600, NULL},
};

static bool
gives_tag(void *arg, const char *tag)
{
	const struct rules *rules = arg;

	for (size_t i = 0; i < rules->tag_count; i++)
		if (strcmp(rules->tags[i].name, tag) == 0)
			return true;
	return false;
}

/* No error: what the outbox keeps may have the tags of former rules. */
static void
warn_of_tag(void *arg, const struct declaration_doubt *doubt)
{
	(void)arg;
	log_event(LOG_WARNING, "filter_tag_unknown", LOG_TEXT("file", doubt->file),
		  LOG_NUM("line", doubt->line), LOG_TEXT("sink", doubt->sink),
		  LOG_TEXT("tag", doubt->tag), LOG_TEXT("why", "no rule gives this tag"));
}

static int
check(const struct config *config, const void *conf, struct err *err)
{
	SCOPED(rules_free) struct rules *rules = classifier_rules(config, conf, err);

	if (!rules || declarations_check(config, err) < 0)
		return -1;
	declarations_doubt(config, gives_tag, warn_of_tag, rules);
	return 0;
}

/* What nobody has asked for gives way to the size of the disk. */
static struct outbox_options
outbox_options_of(const struct config *config, const struct classifier_conf *conf)
{
	const struct config_section *section = config_section_find(config, "classifier", "");
	struct outbox_options options = conf->outbox;

	options.min_free_fits = config_values(config, section, "min_free").count == 0;
	return options;
}

/* Life. */

static void
close_classifier(void *self)
{
	struct classifier *c = self;

	if (!c)
		return;
	sinks_close(c->sinks);
	stories_close(c->stories);
	firingbook_close(c->firings);
	rerun_close(c->rerun);
	outbox_close(c->outbox);
	tagger_free(c->tagger);
	rules_free(c->rules);
	free(c->given);
	arena_free(c->arena);
	buf_done(&c->scratch);
	free(c);
}

static int
open_classifier(struct stage *stage, const void *conf, void **self_out, struct err *err)
{
	const struct classifier_conf *own = conf;
	const struct outbox_options options = outbox_options_of(stage_config(stage), own);
	SCOPED(buf_done) struct buf path = buf_init(PATH_MAX);
	struct classifier *c = calloc(1, sizeof(*c));
	const char *warning;

	if (!c)
		return err_sys(err, "classifier");
	c->stage = stage;
	c->scratch = buf_init((size_t)4 * ITEM_BYTES_MAX);
	c->arena = arena_new(ARENA_BYTES_MAX);
	if (!c->arena)
		(void)err_sys(err, "classifier");
	else if (classifier_use_rules(c, stage_config(stage), own, err) == 0 &&
		 buf_addf(&path, err, "%s/outbox.db", stage_state_dir(stage)) == 0)
		c->outbox = outbox_open(buf_str(&path), &options, err);
	if (c->outbox && amends_begin(c->outbox, err) == 0)
		c->rerun = rerun_open(c->outbox, err);
	if (c->rerun)
		c->stories = stories_open(outbox_db(c->outbox), own->story_window_s, err);
	if (c->stories)
		c->firings = firingbook_open(outbox_db(c->outbox), clock_wall_s(), err);
	if (c->firings)
		c->sinks = sinks_open(stage, c->outbox, stage_config(stage), err);
	if (!c->sinks) {
		close_classifier(c);
		return -1;
	}
	firingbook_give(c->firings, c->rules, c->tagger);
	warning = db_warning(outbox_db(c->outbox));
	if (warning)
		log_event(LOG_WARNING, "outbox_warning", LOG_TEXT("why", warning));
	log_event(LOG_INFO, "rules_loaded", LOG_NUM("tags", c->rules->tag_count),
		  LOG_NUM("phrases", c->rules->phrase_count));
	*self_out = c;
	return 0;
}

static int
reload(void *self, const struct config *config, const void *conf, struct err *err)
{
	struct classifier *c = self;
	const struct classifier_conf *own = conf;
	const struct outbox_options options = outbox_options_of(config, own);

	/* Everything is checked before anything is taken up. */
	if (declarations_check(config, err) < 0 || classifier_use_rules(c, config, own, err) < 0 ||
	    sinks_reload(c->sinks, config, err) < 0)
		return -1;
	outbox_set_options(c->outbox, &options);
	stories_set_window(c->stories, own->story_window_s);
	log_event(LOG_INFO, "rules_loaded", LOG_NUM("tags", c->rules->tag_count),
		  LOG_NUM("phrases", c->rules->phrase_count));
	return 0;
}

static void
drain(void *self)
{
	((struct classifier *)self)->draining = true;
}

static bool
idle(void *self)
{
	const struct classifier *c = self;

	return !sinks_are_dirty(c->sinks);
}

/* Messages. */

static int
handle(void *self, const struct delivery *delivery, struct err *err)
{
	struct classifier *c = self;
	struct item item;
	bool is_new;

	if (outbox_is_full(c->outbox)) {
		buf_reset(&c->scratch);
		sinks_slowest(c->sinks, &c->scratch);
		return err_set(err, ERR_RETRY, "outbox full: %s", buf_str(&c->scratch));
	}
	arena_reset(c->arena);
	if (item_decode(delivery->body, c->arena, &item, err) < 0)
		return -1;
	return classifier_take(c, &item, &is_new, err);
}

static int
keep(void *self, const struct delivery *delivery, const char *reason, struct err *err)
{
	struct classifier *c = self;
	const struct quarantined row = {
		.kind = "item",
		.stage = "classifier",
		.reason = reason,
		.attempts = delivery->attempt,
		.body = delivery->body,
	};
	int64_t id;

	if (db_begin(outbox_db(c->outbox), err) < 0)
		return -1;
	return quarantine_add(outbox_db(c->outbox), &row, &id, err);
}

/* A turn. */

static void
log_expired(const char *sink, size_t count)
{
	log_event(LOG_WARNING, "items_expired", LOG_TEXT("sink", sink), LOG_NUM("items", count));
}

static int
turn(void *self, struct err *err)
{
	struct classifier *c = self;
	const int64_t now_s = clock_wall_s();
	struct outbox_holds holds;

	if (!c->announced && amends_hint(c->outbox, &c->scratch))
		stage_announce(c->stage, buf_bytes(&c->scratch));
	c->announced = true;
	if (sinks_turn(c->sinks, now_s, log_expired, err) < 0 ||
	    (!c->draining && rerun_turn(c->rerun, c->tagger, c->arena, err) < 0))
		return -1;
	holds = sinks_hold(c->sinks);
	return outbox_turn(c->outbox, &holds, now_s, err);
}

static int
commit(void *self, struct err *err)
{
	struct classifier *c = self;
	const int64_t now_ms = clock_mono_ms();

	if (c->lost) {
		c->lost = false;
		return err_set(err, ERR_RETRY, "the transaction was rolled back");
	}
	if (!c->draining && !db_in_transaction(outbox_db(c->outbox)) &&
	    now_ms - c->saved_ms < SAVE_EVERY_MS)
		return outbox_commit(c->outbox, err);
	c->saved_ms = now_ms;
	return classifier_commit(c, err);
}

static void
rollback(void *self)
{
	struct classifier *c = self;

	outbox_rollback(c->outbox);
	rerun_rollback(c->rerun);
	stories_rollback(c->stories);
	firingbook_rollback(c->firings);
	sinks_rollback(c->sinks);
}

static size_t
watch(void *self, struct pollfd *fds, size_t max, int *timeout_ms)
{
	const struct classifier *c = self;
	int wanted = -1;

	(void)fds;
	(void)max;
	if (sinks_have_more(c->sinks) || (rerun_has_more(c->rerun) && !outbox_is_full(c->outbox)))
		wanted = 0;
	else if (sinks_are_dirty(c->sinks))
		wanted = SAVE_EVERY_MS;
	else if (firingbook_is_dirty(c->firings, c->tagger))
		wanted = CLASSIFIER_COUNT_EVERY_MS;
	if (wanted >= 0 && (*timeout_ms < 0 || *timeout_ms > wanted))
		*timeout_ms = wanted;
	return 0;
}

static void
status(void *self, struct json *j)
{
	struct classifier *c = self;
	const struct outbox_counts counts = outbox_counts(c->outbox);
	char loaded[CLOCK_RFC3339_BYTES];

	json_member_int(j, "items", (int64_t)counts.items);
	json_member_int(j, "known", (int64_t)c->known);
	json_member_int(j, "old", (int64_t)c->old);
	json_member_int(j, "joined", (int64_t)c->joined);
	json_member_int(j, "retag_left", rerun_left(c->rerun));
	json_member_int(j, "retagged", rerun_changed(c->rerun));
	json_member_int(j, "outbox_bytes", counts.size_bytes);
	json_key(j, "outbox_full");
	json_bool(j, outbox_is_full(c->outbox));
	json_member_int(j, "quarantine", quarantine_count(outbox_db(c->outbox)));
	json_member_int(j, "rules", (int64_t)c->rules->phrase_count);
	json_member(j, "rules_loaded", clock_rfc3339(c->rules_at_s, loaded));
	json_key(j, "tags");
	json_object(j);
	for (size_t i = 0; i < c->rules->tag_count; i++)
		json_member_int(j, c->rules->tags[i].name, (int64_t)c->given[i]);
	json_close(j);
	json_key(j, "sinks");
	sinks_status(c->sinks, clock_wall_s(), j);
}

static const struct stage_ops ops = {
	.name = "classifier",
	.default_instance = "main",
	.keys = keys,
	.key_count = sizeof(keys) / sizeof(keys[0]),
	.conf_bytes = sizeof(struct classifier_conf),
	.needs_state_dir = true,
	.window_messages = WINDOW_MESSAGES,
	.window_bytes = WINDOW_BYTES,
	.message_bytes_max = ITEM_BYTES_MAX,
	.check = check,
	.open = open_classifier,
	.close = close_classifier,
	.handle = handle,
	.keep = keep,
	.turn = turn,
	.commit = commit,
	.rollback = rollback,
	.watch = watch,
	.drain = drain,
	.idle = idle,
	.reload = reload,
	.status = status,
	.control = classifier_control,
};

/* Looked at before the options of a stage. */
static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
} commands[] = {
	{"classify", command_classify},
	{"check-rules", command_check_rules},
	{"explain", look_explain},
	{"find", look_find},
};

int
main(int argc, char **argv)
{
	for (size_t i = 0; argc > 1 && i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strcmp(argv[1], commands[i].name) == 0)
			return commands[i].run(argc - 1, argv + 1);
	return stage_main(argc, argv, &ops);
}
