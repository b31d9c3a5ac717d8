#include "classifier/check.h"
#include "common/buf.h"
#include "common/file.h"
#include "tests/unit/check.h"

static char complaints[4096];

static void
note(void *arg, bool is_note, const char *complaint)
{
	const size_t used = strlen(complaints);

	(void)arg;
	(void)snprintf(complaints + used, sizeof(complaints) - used, "%s%s%s", used > 0 ? "\n" : "",
		       is_note ? "note " : "", complaint);
}

static const char *
checked(const char *text)
{
	static struct err err;
	SCOPED(rules_free) struct rules *rules = rules_parse("r", text, strlen(text), &err);
	struct check_result result;

	complaints[0] = '\0';
	if (!rules || check_rules(rules, note, NULL, &result, &err) < 0)
		return err.text;
	return complaints;
}

static void
a_phrase_that_a_shorter_one_swallows_is_an_error(void)
{
	CHECK_STR(checked("[tag t]\nany =\n apple watch band(s)\n watch\n"),
		  "r:3: phrase 'apple watch band(s)' adds nothing: whatever it meets, 'watch' of "
		  "r:4 meets");
	CHECK_STR(checked("[tag t]\nany =\n Bitcoin\n bitcoin*\n"),
		  "r:3: phrase 'Bitcoin' adds nothing: whatever it meets, 'bitcoin*' of r:4 meets");
	CHECK_STR(checked("[tag t]\nany =\n bitcoiner*\n bitcoin*\n"),
		  "r:3: phrase 'bitcoiner*' adds nothing: whatever it meets, 'bitcoin*' of r:4 "
		  "meets");
	CHECK_STR(checked("[tag t]\nany =\n AI near/3 chatgpt(s)\n chatgpt*\n"),
		  "r:3: phrase 'AI near/3 chatgpt(s)' adds nothing: whatever it meets, 'chatgpt*' "
		  "of r:4 meets");
	CHECK_STR(checked("[tag t]\ntitle = big coin\nany = coin\n"),
		  "r:2: phrase 'big coin' adds nothing: whatever it meets, 'coin' of r:3 meets");
	CHECK_STR(checked("[tag t]\nany =\n {a,b} c\n a c\n"),
		  "r:4: phrase 'a c' adds nothing: whatever it meets, '{a,b} c' of r:3 meets");
}

static void
phrases_that_add_something_are_not(void)
{
	CHECK_STR(checked("[tag t]\nany =\n BTC\n btcs\n bit*\n Claude {2,3}\n claude 2\n"), "");
	CHECK_STR(checked("[tag t]\nany = coin\ntitle = tail\n[tag u]\nany = big coin\n"), "");
	CHECK_STR(checked("[tag t]\nany =\n coin(s)\n coiner\n"), "");
	CHECK_STR(checked("[tag t]\nmask =\n arena\n coin arena\nany = coin\n"), "");
}

static void
the_later_of_two_equal_phrases_repeats(void)
{
	CHECK_STR(checked("[tag t]\nany =\n token(s)\n x\n {token,tokens}\n"),
		  "r:5: phrase '{token,tokens}' repeats 'token(s)' of r:3");
}

static void
a_phrase_that_never_counts_is_an_error(void)
{
	CHECK_STR(checked("[tag t]\nany = token of thanks\nmask = token of\n"),
		  "r:2: phrase 'token of thanks' can never count: it is covered by the mask 'token "
		  "of' of r:3");
	CHECK_STR(checked("[tag t]\nany = token of thanks\n[every]\nmask = thanks\n"),
		  "r:2: phrase 'token of thanks' can never count: it is covered by the mask "
		  "'thanks' of r:4");
	CHECK_STR(checked("[tag t]\ntitle = gemini protocol\nnone = protocol\n"),
		  "r:2: phrase 'gemini protocol' can never count: it is vetoed in every title by "
		  "'protocol' of r:3");
}

static void
a_publisher_that_stands_already_is_an_error(void)
{
	CHECK_STR(checked("[tag t]\nfrom =\n blog.a.example\n a.example\n"),
		  "r:3: from 'blog.a.example' adds nothing to 'a.example' of r:4");
	CHECK_STR(checked("[tag t]\nfrom =\n The Post\n the post\n"),
		  "r:4: from 'the post' adds nothing to 'The Post' of r:3");
	CHECK_STR(checked("[tag t]\nfolder =\n News\n News/Science\n"),
		  "r:4: folder 'News/Science' adds nothing to 'News' of r:3");
	CHECK_STR(checked("[tag t]\nlanguage = de\ncategory = de\n[tag u]\nlanguage = de\n"), "");
}

static void
tests_of_the_rules_may_name_folder_category_and_language(void)
{
	CHECK_STR(checked("[tag t]\nfolder = News\nmust = a || folder: News/Local\nmust-not = a\n"),
		  "");
	CHECK_STR(checked("[tag t]\ncategory = Tech\nmust = a || b || category: tech\n"), "");
	CHECK_STR(checked("[tag t]\nlanguage = de\nmust-not = language: de || a\n"),
		  "r:3: [tag t] must-not 'language: de || a' fails: 'de' of line 2 counts in the "
		  "language");
	CHECK_STR(checked("[tag a]\nany = x\n[set s]\nall = a\nmust = x\nmust-not = y\n"), "");
}

static void
a_failing_test_says_why(void)
{
	CHECK_STR(checked("[tag t]\nany = coin\nmust = A purse\nmust-not = A Coin || x\n"),
		  "r:3: [tag t] must 'A purse' fails: no phrase meets it\n"
		  "r:4: [tag t] must-not 'A Coin || x' fails: 'coin' of line 2 counts in the "
		  "title");
	CHECK_STR(checked("[tag t]\nany = coin\nmust = A || coin\nmust-not = A purse\n"), "");
	CHECK_STR(checked("[tag t]\nfrom =\n a.example\n A Title\nmust = x || || www.a.example\n"
			  "must = x || y || a title\nmust-not = x || y || b.example\n"),
		  "");
}

static void
a_tag_under_itself_is_an_error(void)
{
	CHECK_STR(checked("[tag a]\nunder = b\n[tag b]\nunder = a\n"),
		  "r:1: [tag a] is under itself");
	CHECK_STR(checked("[tag a]\nunder =\n b\n c\n[tag b]\nunder = c\n[tag c]\n"), "");
}

static void
loads_only_what_is_without_errors(void)
{
	char folder[] = "/tmp/check_test.XXXXXX", path[64];
	static const char good[] = "[tag a]\nany = x\n";
	static const char bad[] = "[tag a]\nany =\n x\n x y\n x z\n";
	struct err err = {.kind = ERR_NONE};
	struct rules *rules;

	CHECK(mkdtemp(folder) != NULL);
	(void)snprintf(path, sizeof(path), "%s/r", folder);
	CHECK(file_replace(path, (struct bytes){good, strlen(good)}, &err) == 0);
	rules = check_load(path, &err);
	CHECK(rules != NULL);
	rules_free(rules);
	CHECK(file_replace(path, (struct bytes){bad, strlen(bad)}, &err) == 0);
	CHECK(check_load(path, &err) == NULL && err.kind == ERR_USAGE);
	CHECK(strstr(err.text, "r:4: phrase 'x y' adds nothing") && strstr(err.text, "1 more"));
	(void)unlink(path);
	(void)rmdir(folder);
}

int
main(void)
{
	RUN(a_phrase_that_a_shorter_one_swallows_is_an_error);
	RUN(phrases_that_add_something_are_not);
	RUN(the_later_of_two_equal_phrases_repeats);
	RUN(a_phrase_that_never_counts_is_an_error);
	RUN(a_publisher_that_stands_already_is_an_error);
	RUN(tests_of_the_rules_may_name_folder_category_and_language);
	RUN(a_failing_test_says_why);
	RUN(a_tag_under_itself_is_an_error);
	RUN(loads_only_what_is_without_errors);
	return check_done();
}
