#include "classifier/regex.h"
#include "tests/unit/check.h"

static void
finds_the_first_match_from_a_place_on(void)
{
	struct err err;
	SCOPED(regex_free) struct regex *regex = regex_new("b+", false, &err);
	uint32_t at, end;

	CHECK(regex_find(regex, "abba bb", 7, 0, &at, &end) == 1 && at == 1 && end == 3);
	CHECK(regex_find(regex, "abba bb", 7, end, &at, &end) == 1 && at == 5 && end == 7);
	CHECK(regex_find(regex, "abba bb", 7, end, &at, &end) == 0);
	CHECK(regex_find(regex, "ABBA", 4, 0, &at, &end) == 0);
}

static void
knows_unicode_letters_and_case(void)
{
	struct err err;
	SCOPED(regex_free) struct regex *regex = regex_new("\\b\xC3\xA9t\xC3\xA9\\b", true, &err);
	uint32_t at, end;

	CHECK(regex_find(regex, "\xC3\x89T\xC3\x89!", 6, 0, &at, &end) == 1 && end == 5);
	CHECK(regex_find(regex, "\xC3\xA9t\xC3\xA9\xC3\xA9", 7, 0, &at, &end) == 0);
}

static void
says_where_a_pattern_is_wrong(void)
{
	struct err err = {.kind = ERR_NONE};

	CHECK(regex_new("ab(c", false, &err) == NULL && err.kind == ERR_USAGE);
	CHECK(strstr(err.text, "at its byte 5"));
	CHECK(regex_new("\\C", false, &err) == NULL);
}

static void
gives_up_within_its_limits(void)
{
	static char text[REGEX_TEXT_BYTES_MAX * 4];
	struct err err;
	SCOPED(regex_free) struct regex *slow = regex_new("(a*)*(a*)*b$", false, &err);
	SCOPED(regex_free) struct regex *late = regex_new("late", false, &err);
	uint32_t at, end;

	(void)memset(text, 'a', sizeof(text));
	(void)memcpy(text + sizeof(text) - 8, "b late b", 8);
	CHECK(regex_find(slow, text, sizeof(text), 0, &at, &end) <= 0);
	CHECK(regex_find(late, text, sizeof(text), 0, &at, &end) == 0);
	CHECK(regex_find(late, text, sizeof(text), sizeof(text) - 8, &at, &end) == 0);
}

int
main(void)
{
	RUN(finds_the_first_match_from_a_place_on);
	RUN(knows_unicode_letters_and_case);
	RUN(says_where_a_pattern_is_wrong);
	RUN(gives_up_within_its_limits);
	return check_done();
}
