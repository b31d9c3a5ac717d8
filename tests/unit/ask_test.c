#include "deploy/feedmill/ask.h"

#include "tests/unit/fakestage.h"
#include "tests/unit/folder.h"

static struct folder folder;
static const char *runtime;

static int
note_instance(void *arg, const char *stage, const char *instance)
{
	return buf_addf(arg, NULL, "%s/%s ", stage, instance);
}

static int
stop_at_a_parser(void *arg, const char *stage, const char *instance)
{
	(void)note_instance(arg, stage, instance);
	return strcmp(stage, "parser") == 0 ? 7 : 0;
}

static void
appends_the_answer_and_tells_a_no_from_silence(void)
{
	static const struct fakestage_row rows[] = {
		{"fetcher/main", "status", "{\"a\":1}\n{\"error\":\"of a row\"}\n"},
		{"fetcher/main", "poll http://x/", "{\"error\":\"no feed\"}\n"},
		{"fetcher/main", "empty", ""},
	};
	SCOPED(buf_done) struct buf out = buf_init(ASK_ANSWER_MAX);
	struct err err = {.kind = ERR_NONE};

	fakestage_start(runtime, rows, 3);
	CHECK(buf_adds(&out, "before;", NULL) == 0);
	CHECK(ask(runtime, "fetcher", "main", "status", NULL, &out, &err) == 0);
	CHECK_STR(buf_str(&out), "before;{\"a\":1}\n{\"error\":\"of a row\"}\n");
	CHECK(ask(runtime, "fetcher", "main", "empty", NULL, &out, &err) == 0);
	CHECK(ask(runtime, "fetcher", "main", "poll", "http://x/", &out, &err) == -1);
	CHECK(err.kind == ERR_REJECT && strcmp(err.text, "no feed") == 0);
	CHECK(ask(runtime, "fetcher", "other", "status", NULL, &out, &err) == -1);
	CHECK(err.kind == ERR_RETRY && strstr(err.text, "fetcher@other does not run") &&
	      strstr(err.text, "feedmill status"));
	CHECK_STR(fakestage.asked[2], "fetcher/main: poll http://x/");
	fakestage_end();
}

static void
an_answer_over_the_ceiling_is_refused(void)
{
	static const struct fakestage_row rows[] = {
		{"fetcher/main", "status", "{\"long\":\"0123456789\"}\n"}};
	SCOPED(buf_done) struct buf out = buf_init(8);

	(void)unlink(folder_file(&folder, "run/fetcher/main.ctl"));
	fakestage_start(runtime, rows, 1);
	CHECK(ask(runtime, "fetcher", "main", "status", NULL, &out, NULL) == -1);
	fakestage_end();
}

static void
goes_through_the_instances_in_the_order_of_the_pipeline(void)
{
	static const struct fakestage_row rows[] = {
		{"sink/b", "", ""},    {"parser/10", "", ""},       {"parser/9", "", ""},
		{"sink/a", "", ""},    {"classifier/main", "", ""}, {"fetcher/main", "", ""},
		{"stranger/x", "", ""}};
	SCOPED(buf_done) struct buf out = buf_init(1024), some = buf_init(1024);

	(void)unlink(folder_file(&folder, "run/fetcher/main.ctl"));
	fakestage_start(runtime, rows, 7);
	CHECK(ask_each(runtime, note_instance, &out) == 0);
	CHECK_STR(buf_str(&out), "fetcher/main parser/9 parser/10 classifier/main sink/a sink/b ");
	CHECK(ask_each(runtime, stop_at_a_parser, &some) == 7);
	CHECK_STR(buf_str(&some), "fetcher/main parser/9 ");
	fakestage_end();
}

int
main(void)
{
	folder = folder_make();
	runtime = strdup(folder_file(&folder, "run"));
	RUN(appends_the_answer_and_tells_a_no_from_silence);
	RUN(an_answer_over_the_ceiling_is_refused);
	RUN(goes_through_the_instances_in_the_order_of_the_pipeline);
	folder_drop(&folder);
	return check_done();
}
