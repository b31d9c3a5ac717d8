#include "deploy/feedmill/show.h"

#include <unistd.h>

#include "tests/unit/captured.h"

static struct folder folder;
static struct buf output;
static const char *text;
static size_t text_len;
static int with_lines;

static int
show_text_safely(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	show_safely(stdout, text, text_len, with_lines);
	return 0;
}

static int
show_a_row(int argc, char **argv)
{
	(void)argc;
	show_row(argv[0], text);
	return 0;
}

static int
run(int (*command)(int argc, char **argv))
{
	return captured_run(&folder, command, (const char *const[]){"label", NULL}, &output);
}

static void
what_a_stranger_wrote_is_no_command_to_a_terminal(void)
{
	static const struct {
		const char *text;
		size_t len;
		int lines;
		const char *shown;
	} rows[] = {
		{"plain \xc3\xa4", 8, 0, "plain \xc3\xa4"},
		{"\x1b[2J\x1b]0;x\a", 10, 0, "?[2J?]0;x?"},
		{"a\nb\tc\r", 6, 0, "a?b?c?"},
		{"a\nb\tc\r", 6, 1, "a\nb\tc?"},
		{"del\x7f", 4, 0, "del?"},
		{"c1 \xc2\x9b"
		 "31m",
		 8, 0, "c1 \xc2?31m"},
		{"nul\0x", 5, 0, "nul?x"},
		{"U+0420 \xd0\x9b", 9, 0, "U+0420 \xd0\x9b"}, /* 9B behind another byte than C2 */
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		text = rows[i].text;
		text_len = rows[i].len;
		with_lines = rows[i].lines;
		CHECK(run(show_text_safely) == 0);
		CHECK_STR(buf_str(&output), rows[i].shown);
	}
}

static void
a_row_is_there_where_there_is_a_text(void)
{
	text = "a\x1b";
	CHECK(run(show_a_row) == 0);
	CHECK_STR(buf_str(&output), "label         a?\n");
	text = "";
	CHECK(run(show_a_row) == 0);
	CHECK_STR(buf_str(&output), "");
	text = NULL;
	CHECK(run(show_a_row) == 0);
	CHECK_STR(buf_str(&output), "");
}

static void
ages_have_two_digits_or_so(void)
{
	static const struct {
		long long seconds;
		const char *age;
	} rows[] = {{0, "0s"},    {119, "119s"},   {120, "2m"},    {7199, "119m"},
		    {7200, "2h"}, {172799, "47h"}, {172800, "2d"}, {31536000, "365d"}};
	char age[24];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		CHECK_STR(show_age(rows[i].seconds, age), rows[i].age);
}

static void
note_line(void *arg, const struct jsonval *row, const char *line, size_t len)
{
	(void)buf_addf(arg, NULL, "%s=%lld(%.*s);", show_text(row, "name"), show_number(row, "n"),
		       (int)len, line);
}

static void
lines_that_are_no_json_are_passed_over(void)
{
	SCOPED(buf_done) struct buf answer = buf_init(1024), seen = buf_init(1024);

	CHECK(buf_adds(&answer, "{\"name\":\"a\",\"n\":1}\nnot json\n\n{\"name\":7,\"n\":\"x\"}",
		       NULL) == 0);
	show_lines(&answer, note_line, &seen);
	CHECK_STR(buf_str(&seen), "a=1({\"name\":\"a\",\"n\":1});=0({\"name\":7,\"n\":\"x\"});");
}

int
main(void)
{
	folder = folder_make();
	output = buf_init(65536);
	RUN(what_a_stranger_wrote_is_no_command_to_a_terminal);
	RUN(a_row_is_there_where_there_is_a_text);
	RUN(ages_have_two_digits_or_so);
	RUN(lines_that_are_no_json_are_passed_over);
	buf_done(&output);
	folder_drop(&folder);
	return check_done();
}
