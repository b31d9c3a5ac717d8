#include "classifier/look.h"

#include "classifier/ledger.h"
#include "classifier/outbox.h"
#include "common/jsondoc.h"
#include "tests/unit/captured.h"
#include "tests/unit/tagged.h"

enum { OUTPUT_MAX = 65536 };

static struct folder folder;
static struct buf output;
static const char *conf;

#define RUN_WITH(command, ...)                                                                     \
	captured_run(&folder, (command), (const char *const[]){__VA_ARGS__, NULL}, &output)

/* Two revisions of one item and one of another, as a classifier leaves them behind. */
static void
leave_items(void)
{
	static const struct outbox_options options = {
		.keep_s = 3600, .keep_bytes = 1 << 30, .seen_s = 3600};
	struct outbox *outbox;
	struct ledger ledger;
	struct item item;

	CHECK(file_mkdirs(folder_file(&folder, "state/classifier"), NULL) == 0);
	outbox = outbox_open(folder_file(&folder, "state/classifier/outbox.db"), &options, NULL);
	for (unsigned n = 1; n <= 3; n++) {
		item = tagged_item(n > 1 ? n - 1 : 1, n, n, "crypto");
		item.url = n == 3 ? "https://example.org/two" : "https://example.org/one";
		item.guid = "tag:example.org,2026:shared";
		CHECK(outbox_put(outbox, &item, NULL, NULL) == 0);
	}
	ledger = (struct ledger){outbox_db(outbox), "file"};
	CHECK(ledger_save(ledger, &(struct ledger_place){.done = 1}, "", NULL) == 0);
	CHECK(outbox_commit(outbox, NULL) == 0);
	outbox_close(outbox);
}

static void
says_that_nothing_was_ever_taken_up(void)
{
	CHECK(RUN_WITH(look_explain, "explain", "-c", conf, "00000000000000000000000000000001") ==
	      1);
	CHECK(strstr(buf_str(&output), "no item was ever taken up"));
	CHECK(RUN_WITH(look_find, "find", "-c", conf, "https://example.org/one") == 1);
	CHECK(strstr(buf_str(&output), "no item was ever taken up"));
}

static void
tells_an_items_story_from_the_disk(void)
{
	SCOPED(jsondoc_free) struct jsondoc *doc = NULL;
	const struct jsonval *item, *sinks;

	CHECK(RUN_WITH(look_explain, "explain", "-c", conf, "00000000000000000000000000000001") ==
	      0);
	doc = jsondoc_parse(buf_str(&output), output.len, NULL);
	CHECK(doc != NULL);
	item = doc ? jsonval_get(jsondoc_root(doc), "item") : NULL;
	sinks = doc ? jsonval_get(jsondoc_root(doc), "sinks") : NULL;
	/* The newest revision. */
	CHECK_STR(jsonval_text(jsonval_get(item, "rev"), NULL), "0000000000000002");
	CHECK(jsonval_count(sinks) == 1);
	CHECK_STR(jsonval_text(jsonval_get(jsonval_at(sinks, 0), "sink"), NULL), "file");
	CHECK(RUN_WITH(look_explain, "explain", "-c", conf, "0000000000000000000000000000000f") ==
	      1);
	CHECK(RUN_WITH(look_explain, "explain", "-c", conf, "no id") == 1);
}

static void
finds_ids_by_address_and_by_guid_the_newest_first(void)
{
	CHECK(RUN_WITH(look_find, "find", "-c", conf, "https://example.org/two") == 0);
	CHECK_STR(buf_str(&output), "00000000000000000000000000000002\n");
	CHECK(RUN_WITH(look_find, "find", "-c", conf, "tag:example.org,2026:shared") == 0);
	CHECK_STR(buf_str(&output), "00000000000000000000000000000002\n"
				    "00000000000000000000000000000001\n");
	CHECK(RUN_WITH(look_find, "find", "-c", conf, "https://example.org/three") == 1);
	CHECK_STR(buf_str(&output), "");
}

static void
what_is_no_question_is_usage(void)
{
	CHECK(RUN_WITH(look_explain, "explain", "-c", conf) == 2);
	CHECK(strstr(buf_str(&output), "usage: feedmill-classifier explain"));
	CHECK(RUN_WITH(look_find, "find", "-c", conf, "a", "b") == 2);
	CHECK(RUN_WITH(look_find, "find", "-c", conf, "") == 2);
	CHECK(strstr(buf_str(&output), "usage: feedmill-classifier find"));
	CHECK(RUN_WITH(look_find, "find", "-x", "a") == 2);
	CHECK(RUN_WITH(look_find, "find", "-c", "/nowhere.conf", "a") == 1);
	CHECK(strstr(buf_str(&output), "/nowhere.conf"));
}

int
main(void)
{
	char text[1024], path[1024];

	output = buf_init(OUTPUT_MAX);
	folder = folder_make();
	(void)snprintf(path, sizeof(path), "%s", folder_file(&folder, "feedmill.conf"));
	conf = path;
	(void)snprintf(text, sizeof(text), "[feedmill]\nstate_dir = %s\nruntime_dir = %s\n",
		       folder_file(&folder, "state"), folder_file(&folder, "run"));
	CHECK(file_replace(path, (struct bytes){text, strlen(text)}, NULL) == 0);
	RUN(says_that_nothing_was_ever_taken_up);
	leave_items();
	RUN(tells_an_items_story_from_the_disk);
	RUN(finds_ids_by_address_and_by_guid_the_newest_first);
	RUN(what_is_no_question_is_usage);
	folder_drop(&folder);
	buf_done(&output);
	return check_done();
}
