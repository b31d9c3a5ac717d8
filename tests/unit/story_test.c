#include "classifier/story.h"

#include "classifier/ledger.h"
#include "classifier/outbox.h"
#include "common/jsondoc.h"
#include "common/quarantine.h"
#include "tests/unit/check.h"
#include "tests/unit/folder.h"
#include "tests/unit/tagged.h"

enum { ANSWER_MAX = 1 << 20 };

static struct folder folder;
static struct outbox *outbox;
static struct buf answer;
static struct jsondoc *doc;

static void
begin(void)
{
	static const struct outbox_options options = {
		.keep_s = 3600, .keep_bytes = 1 << 30, .seen_s = 3600};
	const struct ledger all = {NULL, "all"}, late = {NULL, "late"}, crypto = {NULL, "crypto"};
	struct ledger ledgers[] = {all, late, crypto};
	struct item item;

	folder = folder_make();
	outbox = outbox_open(folder_file(&folder, "outbox.db"), &options, NULL);
	answer = buf_init(ANSWER_MAX);
	for (unsigned n = 1; n <= 3; n++) {
		item = tagged_item(n, 1, 7, n == 2 ? "crypto" : NULL);
		item.url = n == 3 ? "https://example.org/three" : NULL;
		CHECK(outbox_put(outbox, &item, NULL, NULL) == 0);
	}
	for (size_t i = 0; i < 3; i++)
		ledgers[i].db = outbox_db(outbox);
	CHECK(ledger_save(ledgers[0], &(struct ledger_place){.done = 3}, "", NULL) == 0);
	CHECK(ledger_save(ledgers[1], &(struct ledger_place){.done = 1}, "", NULL) == 0);
	CHECK(ledger_save(ledgers[2], &(struct ledger_place){.done = 3}, "tag:crypto", NULL) == 0);
	CHECK(outbox_commit(outbox, NULL) == 0);
}

static void
end(void)
{
	jsondoc_free(doc);
	doc = NULL;
	buf_done(&answer);
	outbox_close(outbox);
	folder_drop(&folder);
}

static const struct jsonval *
told(unsigned n, const struct story_teller *teller)
{
	const struct item item = tagged_item(n, 1, 7, NULL);
	struct json j;

	buf_reset(&answer);
	j = json_into(&answer);
	jsondoc_free(doc);
	doc = NULL;
	if (story_tell(outbox_db(outbox), item.id, teller, &j, NULL) == 0)
		doc = jsondoc_parse(buf_str(&answer), answer.len, NULL);
	return doc ? jsondoc_root(doc) : NULL;
}

static const char *
member_of(const struct jsonval *story, const char *sink, const char *key)
{
	const struct jsonval *sinks = jsonval_get(story, "sinks");

	for (size_t i = 0; i < jsonval_count(sinks); i++)
		if (strcmp(jsonval_text(jsonval_get(jsonval_at(sinks, i), "sink"), NULL), sink) ==
		    0)
			return jsonval_text(jsonval_get(jsonval_at(sinks, i), key), NULL);
	return NULL;
}

static void
tells_from_the_tables_how_far_an_item_has_come(void)
{
	const struct jsonval *story;

	begin();
	story = told(1, NULL);
	CHECK_STR(member_of(story, "all", "state"), "delivered");
	CHECK_STR(member_of(story, "late", "state"), "delivered");
	CHECK_STR(member_of(story, "crypto", "state"), "filtered out");
	story = told(2, NULL);
	CHECK_STR(member_of(story, "late", "state"), "waiting");
	CHECK_STR(member_of(story, "crypto", "state"), "delivered");
	CHECK(jsonval_count(jsonval_get(jsonval_get(story, "item"), "tags")) == 1);
	CHECK(!told(9, NULL));
	end();
}

static void
tells_who_refused_it_and_why(void)
{
	const struct item item = tagged_item(1, 1, 7, NULL);
	const struct quarantined row = {.kind = "item",
					.ref = item.id,
					.stage = "sink@all",
					.reason = "too long",
					.attempts = 2,
					.body = {"x", 1}};
	const struct jsonval *story;
	int64_t id;

	begin();
	CHECK(db_begin(outbox_db(outbox), NULL) == 0);
	CHECK(quarantine_add(outbox_db(outbox), &row, &id, NULL) == 0);
	CHECK(outbox_commit(outbox, NULL) == 0);
	story = told(1, NULL);
	CHECK_STR(member_of(story, "all", "state"), "quarantined");
	CHECK_STR(member_of(story, "all", "reason"), "too long");
	CHECK_STR(member_of(story, "late", "state"), "delivered");
	end();
}

static enum story_fate
fate(void *arg, const char *sink, int64_t seq)
{
	CHECK(seq == 1);
	return strcmp(sink, arg) == 0 ? STORY_IN_FLIGHT : STORY_UNDECLARED;
}

static void
believes_the_running_classifier_more_than_the_tables(void)
{
	char all[] = "all";
	const struct story_teller teller = {fate, all};
	const struct jsonval *story;

	begin();
	story = told(1, &teller);
	CHECK_STR(member_of(story, "all", "state"), "in flight");
	CHECK_STR(member_of(story, "late", "state"), "undeclared");
	end();
}

static void
take_id(void *arg, const char *id)
{
	(void)snprintf(arg, ITEM_ID_HEX + 1, "%s", id);
}

static void
finds_items_by_address(void)
{
	const struct item third = tagged_item(3, 1, 7, NULL);
	char found[ITEM_ID_HEX + 1] = "";

	begin();
	CHECK(story_find(outbox_db(outbox), "https://example.org/three", 5, take_id, found, NULL) ==
	      0);
	CHECK_STR(found, third.id);
	found[0] = '\0';
	CHECK(story_find(outbox_db(outbox), "https://example.org/thre", 5, take_id, found, NULL) ==
	      0);
	CHECK_STR(found, "");
	end();
}

int
main(void)
{
	RUN(tells_from_the_tables_how_far_an_item_has_come);
	RUN(tells_who_refused_it_and_why);
	RUN(believes_the_running_classifier_more_than_the_tables);
	RUN(finds_items_by_address);
	return check_done();
}
