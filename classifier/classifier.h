/* classifier - the stage: rules, outbox and sinks together, and what the operator can ask. */
#ifndef FM_CLASSIFIER_CLASSIFIER_H
#define FM_CLASSIFIER_CLASSIFIER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "classifier/firingbook.h"
#include "classifier/outbox.h"
#include "classifier/rerun.h"
#include "classifier/rules.h"
#include "classifier/sinks.h"
#include "classifier/stories.h"
#include "classifier/tagger.h"
#include "common/arena.h"
#include "common/stage.h"

/* [classifier] of feedmill.conf. */
struct classifier_conf {
	const char *rules;
	struct outbox_options outbox;
	int64_t story_window_s;
};

struct classifier {
	struct stage *stage;
	struct rules *rules;
	struct tagger *tagger;
	int64_t rules_at_s; /* wall clock when they were loaded */
	struct outbox *outbox;
	struct sinks *sinks;
	struct rerun *rerun;
	struct stories *stories;
	struct firingbook *firings;
	struct arena *arena; /* of the item at hand */
	struct buf scratch;
	int64_t saved_ms;   /* monotonic: when cursors were written last, */
	int64_t counted_ms; /* and how often the rules fired */
	bool draining;
	bool announced; /* a loss, if there is one */
	bool lost;      /* a command's commit failed: the turn's own has to fail as well */

	uint64_t known, old; /* items that came again */
	uint64_t joined;     /* items whose story another feed had told */
	uint64_t *given;     /* by tag of the rules */
};

/* The rules that the configuration names, checked. Returns new. */
struct rules *classifier_rules(const struct config *config, const struct classifier_conf *conf,
			       struct err *err);
/* The same, in place of those in use; on an error these stay. */
int classifier_use_rules(struct classifier *c, const struct config *config,
			 const struct classifier_conf *conf, struct err *err);

/* Takes up an item that was decoded into c->arena: judges, tags, stores it. Sets *new_out. */
int classifier_take(struct classifier *c, struct item *item, bool *new_out, struct err *err);

enum { CLASSIFIER_COUNT_EVERY_MS = 10000 /* how often the rules fired, onto the disk */ };

/* Writes the cursors that moved, and commits. */
int classifier_commit(struct classifier *c, struct err *err);
/* The same within a command, so that its answer is true. */
int classifier_commit_now(struct classifier *c, struct err *err);

/* The stage's own commands on its control socket (stage.h: control). */
int classifier_control(void *self, const char *command, const char *arg, struct json *j,
		       struct err *err);

#endif
