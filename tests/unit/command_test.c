#include "classifier/command.h"

#include "common/buf.h"
#include "common/file.h"
#include "tests/unit/captured.h"
#include "tests/unit/check.h"
#include "tests/unit/folder.h"

enum { OUTPUT_MAX = 65536 };

static struct folder folder;
static struct buf output;
static const char rules[] = "[tag coins]\nany = coin(s)\nmust = A coin\n";

static const char *
file(const char *name, const char *text)
{
	const char *path = folder_file(&folder, name);

	CHECK(file_replace(path, (struct bytes){text, strlen(text)}, NULL) == 0);
	return path;
}

#define RUN_WITH(command, ...)                                                                     \
	captured_run(&folder, (command), (const char *const[]){__VA_ARGS__, NULL}, &output)

static void
answers_each_line_in_its_place(void)
{
	static const char first[] = "{\"id\":\"1\",\"title\":\"A coin\",\"x\":{\"y\":[1]},"
				    "\"tags\":[{\"tag\":\"coins\",\"score\":4";
	const char *items = file("items", "{\"id\":\"1\",\"title\":\"A coin\",\"x\":{\"y\":[1]}}\n"
					  "not json\n"
					  "{\"title\":\"Nothing\",\"tags\":[{\"tag\":\"old\"}]}\n");

	CHECK(RUN_WITH(command_classify, "classify", "--rules", file("r", rules), items) == 1);
	CHECK(strncmp(buf_str(&output), first, strlen(first)) == 0);
	CHECK(strstr(buf_str(&output), "\"why\":[{\"rule\":\"coin(s)\",\"field\":\"title\","
				       "\"text\":\"coin\",\"at\":2}]}]}\n{\"error\":\""));
	CHECK(strstr(buf_str(&output), "\"}\n{\"title\":\"Nothing\",\"tags\":[]}\n"));
}

static void
counts_what_each_line_of_the_rules_met(void)
{
	const char *items = file("items", "{\"title\":\"A coin\"}\n{\"title\":\"No\"}\n");

	CHECK(RUN_WITH(command_classify, "classify", "--stats", "--rules", file("r", rules),
		       items) == 0);
	CHECK(strncmp(buf_str(&output), "2 items\n       1  coins          any      coin(s)  ",
		      50) == 0);
}

static void
explains_a_sentence(void)
{
	const char *words = file("words", "Two coins || and more\n");

	CHECK(RUN_WITH(command_classify, "classify", "--explain", "--rules", file("r", rules),
		       words) == 0);
	CHECK_STR(buf_str(&output), "Two coins\n"
				    "  coins: given, 4 of 3\n"
				    "         4  title@4 'coins'  by 'coin(s)'  r:2\n");
}

static void
finds_the_rules_that_the_configuration_names(void)
{
	const char *conf = file("f.conf", "[classifier]\nrules = r\n");

	(void)file("r", rules);
	CHECK(RUN_WITH(command_check_rules, "check-rules", "-c", conf) == 0);
	CHECK(strstr(buf_str(&output),
		     "1 tags, 1 phrases, 0 publishers, 1 tests; 0 errors, 0 notes\n"));
}

static void
says_what_is_wrong_with_rules(void)
{
	const char *bad = file("bad", "[tag a]\nany =\n x\n x y\nmust = z\n");

	CHECK(RUN_WITH(command_check_rules, "check-rules", bad) == 1);
	CHECK(strstr(buf_str(&output), "bad:4: phrase 'x y' adds nothing"));
	CHECK(strstr(buf_str(&output), "bad:5: [tag a] must 'z' fails"));
	CHECK(strstr(buf_str(&output), "2 errors"));
	CHECK(RUN_WITH(command_classify, "classify", "--rules", bad, "-") == 1);
	CHECK(strstr(buf_str(&output), "bad:4: phrase 'x y' adds nothing"));
	CHECK(RUN_WITH(command_check_rules, "check-rules", file("worse", "[tag a]\nany = {\n")) ==
	      1);
	CHECK(strstr(buf_str(&output), "worse:2: phrase '{': lacks a '}'"));
	CHECK(RUN_WITH(command_check_rules, "check-rules", "/nowhere/rules.conf") == 1);
}

static void
refuses_arguments_that_it_does_not_know(void)
{
	CHECK(RUN_WITH(command_classify, "classify", "--bogus") == 2);
	CHECK(RUN_WITH(command_classify, "classify", "a", "b") == 2);
	CHECK(RUN_WITH(command_check_rules, "check-rules", "a", "b") == 2);
	CHECK(RUN_WITH(command_classify, "classify", "--rules", file("r", rules), "/nowhere") == 1);
}

int
main(void)
{
	folder = folder_make();
	output = buf_init(OUTPUT_MAX);
	RUN(answers_each_line_in_its_place);
	RUN(counts_what_each_line_of_the_rules_met);
	RUN(explains_a_sentence);
	RUN(finds_the_rules_that_the_configuration_names);
	RUN(says_what_is_wrong_with_rules);
	RUN(refuses_arguments_that_it_does_not_know);
	buf_done(&output);
	folder_drop(&folder);
	return check_done();
}
