/* The commands of the operator against stages that answer what the test wrote down. */
#include "deploy/feedmill/command.h"

#include "tests/unit/captured.h"
#include "tests/unit/fakestage.h"

static struct folder folder;
static struct buf output;
static char *runtime, *config;

#define RUN_WITH(command, ...)                                                                     \
	captured_run(&folder, (command), (const char *const[]){__VA_ARGS__, "-c", config, NULL},   \
		     &output)
#define SAYS(text) CHECK(strstr(buf_str(&output), (text)) != NULL)

static void
begin(const struct fakestage_row *rows, size_t count)
{
	SCOPED(buf_done) struct buf text = buf_init(4096);

	folder = folder_make();
	runtime = strdup(folder_file(&folder, "run"));
	config = strdup(folder_file(&folder, "feedmill.conf"));
	CHECK(buf_addf(&text, NULL, "[feedmill]\nruntime_dir = %s\nstate_dir = %s/state\n", runtime,
		       folder.path) == 0);
	CHECK(file_replace(config, buf_bytes(&text), NULL) == 0);
	fakestage_start(runtime, rows, count);
}

static void
end(void)
{
	fakestage_end();
	folder_drop(&folder);
	free(runtime);
	free(config);
}

static void
the_configuration_comes_from_its_option_or_the_environment(void)
{
	static char text[8][8] = {"x", "-c", "/one", "y", "--json", "-c", "/two", "--json"};
	char *words[9] = {NULL};
	int argc = 0;

	for (; argc < 8; argc++)
		words[argc] = text[argc];

	CHECK_STR(command_config_path(&argc, words), "/two");
	CHECK(argc == 4 && strcmp(words[1], "y") == 0);
	CHECK(command_flag(&argc, words, "--json") && argc == 2 && !words[2]);
	CHECK(!command_flag(&argc, words, "--json"));
	(void)setenv("FEEDMILL_CONF", "/three", 1);
	CHECK_STR(command_config_path(&argc, words), "/three");
	(void)setenv("FEEDMILL_CONF", "", 1);
	CHECK_STR(command_config_path(&argc, words), "/etc/feedmill/feedmill.conf");
	CHECK_STR(command_option(&argc, words, "y", "none"), "none"); /* no value behind it */
}

static void
the_list_of_feeds_is_put_together_from_its_pages(void)
{
	static const struct fakestage_row rows[] = {
		{"fetcher/main", "feeds ",
		 "{\"id\":\"1\",\"url\":\"http://a/\",\"own_title\":\"A\\u001b\","
		 "\"polled\":\"2020-01-01T00:00:00Z\",\"due\":\"2120-01-01T00:00:00Z\"}\n"
		 "{\"id\":\"2\",\"url\":\"http://b/\",\"title\":\"B\",\"failures\":3,"
		 "\"reason\":\"status 500\"}\n"},
		{"fetcher/main", "feeds 2",
		 "{\"id\":\"3\",\"url\":\"http://c/\",\"rejections\":1}\n"
		 "{\"id\":\"4\",\"url\":\"http://d/\",\"retired\":\"2020-01-01T00:00:00Z\","
		 "\"failures\":2}\n{\"id\":\"5\",\"url\":\"http://e/\"}\n"},
		{"fetcher/main", "feeds 5", "\n"},
	};

	begin(rows, 3);
	CHECK(RUN_WITH(command_feeds, "feeds", "list") == 0);
	CHECK(strncmp(buf_str(&output), "STATE    POLLED   NEXT  FEED\ngood ", 34) == 0);
	SAYS("d  http://a/  A?\n");
	SAYS("failing       -      -  http://b/  B\n                         status 500\n");
	SAYS("refused       -      -  http://c/\n");
	SAYS("gone          -      -  http://d/\n");
	SAYS("new           -      -  http://e/\n");
	CHECK(fakestage.asked_count == 3);
	CHECK(RUN_WITH(command_feeds, "feeds", "list", "--json") == 0);
	CHECK(buf_str(&output)[0] == '{' && strstr(buf_str(&output), "}\n{\"id\":\"5\""));
	CHECK(!strstr(buf_str(&output), "STATE"));
	CHECK(RUN_WITH(command_feeds, "feeds", "list", "x") == 2);
	CHECK(RUN_WITH(command_feeds, "feeds", "poll", "http://x/") == 1);
	SAYS("it knows no such command");
	end();
}

static void
an_empty_list_says_how_to_begin(void)
{
	static const struct fakestage_row rows[] = {{"fetcher/main", "feeds ", "\n"}};

	begin(rows, 1);
	CHECK(RUN_WITH(command_feeds, "feeds", "list") == 0);
	SAYS("feedmill feeds add");
	CHECK(RUN_WITH(command_feeds, "feeds", "list", "--json") == 0);
	CHECK_STR(buf_str(&output), "");
	end();
}

static void
metrics_are_what_the_stages_say(void)
{
	static const struct fakestage_row rows[] = {
		{"fetcher/main", "status",
		 "{\"state\":\"paused\",\"uptime_s\":5,\"feeds\":{\"listed\":7},"
		 "\"polls\":{\"failed\":\"many\"}}\n"},
		{"classifier/main", "status",
		 "{\"state\":\"running\",\"tags\":{\"a\\\"b\\n\":4},"
		 "\"sinks\":[{\"sink\":\"x\",\"depth\":3},{\"sink\":\"y\"}],"
		 "\"routes\":[{\"to\":\"sink/x\",\"in_flight\":2}]}\n"},
		{"parser/1", "status", "no json\n"},
	};

	begin(rows, 3);
	CHECK(RUN_WITH(command_metrics, "metrics") == 0);
	SAYS("feedmill_up{stage=\"fetcher\",instance=\"main\"} 1\n");
	SAYS("feedmill_up{stage=\"parser\",instance=\"1\"} 0\n");
	SAYS("feedmill_running{stage=\"fetcher\",instance=\"main\"} 0\n");
	SAYS("feedmill_feeds{stage=\"fetcher\",instance=\"main\"} 7\n");
	SAYS("feedmill_tagged_total{stage=\"classifier\",instance=\"main\",tag=\"a\\\"b \"} 4\n");
	SAYS("feedmill_sink_queued{stage=\"classifier\",instance=\"main\",sink=\"x\"} 3\n");
	SAYS("feedmill_route_in_flight{stage=\"classifier\",instance=\"main\",to=\"sink/x\"} 2\n");
	SAYS("# TYPE feedmill_polls_failed_total counter\n");
	CHECK(!strstr(buf_str(&output), "feedmill_polls_failed_total{"));
	CHECK(!strstr(buf_str(&output), "sink=\"y\""));
	CHECK(!strstr(buf_str(&output), "feedmill_running{stage=\"parser\""));
	CHECK(RUN_WITH(command_metrics, "metrics", "x") == 2);
	end();
}

static void
the_quarantine_is_named_shown_and_emptied(void)
{
	static const struct fakestage_row rows[] = {
		{"fetcher/main", "quarantine-list",
		 "{\"id\":7,\"at\":\"T\",\"feed\":\"f\",\"stage\":\"parser@1\",\"attempts\":2,"
		 "\"reason\":\"a \\u001b[1m word\"}\n"},
		{"fetcher/main", "quarantine-show 7",
		 "{\"id\":7,\"reason\":\"r\",\"body_b64\":\"PHJzcz4KAP8=\"}\n"},
		{"fetcher/main", "quarantine-retry 7", "{\"done\":true}\n"},
		{"fetcher/main", "quarantine-drop 7", "{\"done\":true}\n"},
		{"classifier/main", "quarantine-list", "\n"},
	};

	begin(rows, 5);
	CHECK(RUN_WITH(command_quarantine, "quarantine", "list") == 0);
	SAYS("document/7     T  by parser@1, attempts 2, feed f\n");
	SAYS("a ?[1m word\n");
	CHECK(RUN_WITH(command_quarantine, "quarantine", "list", "items") == 0);
	SAYS("nothing is in the quarantine");
	CHECK(RUN_WITH(command_quarantine, "quarantine", "list", "--json") == 0);
	CHECK(strncmp(buf_str(&output), "{\"name\":\"document/7\",\"id\":7,", 28) == 0);
	CHECK(RUN_WITH(command_quarantine, "quarantine", "show", "document/7", "--body") == 0);
	CHECK(output.len == 8 && memcmp(output.data, "<rss>\n\0\xff", 8) == 0);
	CHECK(RUN_WITH(command_quarantine, "quarantine", "retry", "all") == 0);
	SAYS("document/7 is tried again\n");
	CHECK(RUN_WITH(command_quarantine, "quarantine", "drop", "document/7", "item/1") == 1);
	SAYS("document/7 is dropped");
	SAYS("item/1: it knows no such command");
	CHECK(RUN_WITH(command_quarantine, "quarantine", "retry", "document/1", "--json") == 1);
	SAYS("\"retried\":false");
	CHECK(RUN_WITH(command_quarantine, "quarantine", "show", "7") == 2);
	CHECK(RUN_WITH(command_quarantine, "quarantine", "list", "all of it") == 2);
	CHECK(RUN_WITH(command_quarantine, "quarantine", "drop") == 2);
	end();
}

static void
a_mistake_that_all_stages_would_find_is_told_once(void)
{
	static const struct fakestage_row rows[] = {{"fetcher/main", "status", "{}\n"}};
	static const char mistake[] = "[link parser]\nbind = 192.0.2.1:1\n";
	const char *found;

	begin(rows, 1);
	CHECK(file_replace(config, (struct bytes){mistake, strlen(mistake)}, NULL) == 0);
	CHECK(RUN_WITH(command_check, "check") == 1);
	SAYS("feedmill.conf:2: '192.0.2.1:1' leaves");
	found = strstr(buf_str(&output), "leaves this machine");
	CHECK(found && !strstr(found + 1, "leaves this machine"));
	SAYS("BAD  links");
	CHECK(RUN_WITH(command_check, "check", "x") == 2);
	end();
}

int
main(void)
{
	output = buf_init(1 << 20);
	RUN(the_configuration_comes_from_its_option_or_the_environment);
	RUN(the_list_of_feeds_is_put_together_from_its_pages);
	RUN(an_empty_list_says_how_to_begin);
	RUN(metrics_are_what_the_stages_say);
	RUN(the_quarantine_is_named_shown_and_emptied);
	RUN(a_mistake_that_all_stages_would_find_is_told_once);
	buf_done(&output);
	return check_done();
}
