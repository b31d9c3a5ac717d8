#include "classifier/rules.h"
#include "common/buf.h"
#include "common/file.h"
#include "tests/unit/check.h"

static struct rules *
parse(const char *text, struct err *err)
{
	return rules_parse("rules.conf", text, strlen(text), err);
}

static const char *
refused(const char *text)
{
	static struct err err;
	SCOPED(rules_free) struct rules *rules = NULL;

	err = (struct err){.kind = ERR_NONE};
	rules = parse(text, &err);
	return rules ? "taken" : err.kind == ERR_USAGE ? err.text : "not usage";
}

static void
reads_tags_with_their_lists(void)
{
	struct err err;
	SCOPED(rules_free)
	struct rules *rules = parse("[tag llms]\n"
				    "under = ai\n"
				    "any =\n"
				    "\tLLM(s)\n"
				    "\t# a comment\n"
				    "\tprompt near/3 model\n"
				    "title = Claude\n"
				    "mask = claude monet\n"
				    "none = opera\n"
				    "from = example.com\n"
				    "must = a title || a summary || example.com\n"
				    "must-not = b\n"
				    "[tag ai]\n"
				    "[every]\n"
				    "stop = appeared first on\n",
				    &err);

	CHECK(rules && rules->tag_count == 2 && rules->phrase_count == 6);
	if (!rules)
		return;
	CHECK_STR(rules->tags[0].name, "llms");
	CHECK(rules->tags[0].parents.count == 1 && rules->tags[0].parents.tags[0] == 1);
	CHECK(rules->phrases[0].list == RULES_STOP && rules->phrases[0].tag == RULES_EVERY);
	CHECK_STR(rules->phrases[2].phrase.source, "prompt near/3 model");
	CHECK(rules->phrases[2].line == 6 && rules->phrases[2].tag == 0);
	CHECK(rules->publisher_count == 1 && rules->publishers[0].tag == 0);
	CHECK(rules->tags[0].test_count == 2);
	CHECK_STR(rules->tags[0].tests[0].title, "a title");
	CHECK_STR(rules->tags[0].tests[0].summary, "a summary");
	CHECK_STR(rules->tags[0].tests[0].feed, "example.com");
	CHECK(rules->tags[0].tests[0].must && !rules->tags[0].tests[1].must);
	CHECK(!rules->tags[0].tests[1].summary && rules->tags[0].tests[1].line == 12);
}

static void
weights_come_from_the_tag_or_every_or_the_defaults(void)
{
	struct err err;
	SCOPED(rules_free)
	struct rules *rules = parse("[tag a]\n"
				    "threshold = 2.5\n"
				    "weights = title 9 from 1\n"
				    "title-weights = lead 0.25\n"
				    "[tag b]\n"
				    "[every]\n"
				    "threshold = 7\n"
				    "weights = lead 5\n",
				    &err);

	if (!rules) {
		CHECK_STR(err.text, "");
		return;
	}
	CHECK(rules->tags[0].threshold > 2.4 && rules->tags[0].threshold < 2.6);
	CHECK((int)rules->tags[1].threshold == 7);
	CHECK((int)rules->tags[0].weights[RULES_ANY][RULES_IN_TITLE] == 9);
	CHECK((int)rules->tags[0].weights[RULES_ANY][RULES_IN_LEAD] == 5);
	CHECK((int)rules->tags[0].from_weight == 1 && (int)rules->tags[1].from_weight == 4);
	CHECK((int)(rules->tags[0].weights[RULES_TITLE][RULES_IN_LEAD] * 100) == 25);
	CHECK((int)rules->tags[1].weights[RULES_TITLE][RULES_IN_LEAD] == 1);
}

static void
says_where_and_what_is_wrong(void)
{
	static const struct {
		const char *text, *wanted;
	} cases[] = {
		{"[tag a]\nanny = x\n",
		 "rules.conf:2: unknown key 'anny' in [tag a]; known: any title none mask from "
		 "feed folder category language threshold weights title-weights under must "
		 "must-not"},
		{"[every]\nany = x\n", "rules.conf:2: unknown key 'any' in [every]"},
		{"[tag a]\nstop = x\n", "rules.conf:2: unknown key 'stop'"},
		{"[tags a]\n", "rules.conf:1: "},
		{"[tag A]\n", "rules.conf:1: [tag A]: a tag's name is"},
		{"[tag]\n", "rules.conf:1: [tag ]: a tag's name is"},
		{"[tag a]\n\n[tag a]\n", "rules.conf:3: [tag a] stands a second time"},
		{"[tag a]\nunder = b\n", "rules.conf:2: under 'b': there is no [tag b]"},
		{"[tag a]\nany =\n\tx\n\ty {\n", "rules.conf:4: phrase 'y {': lacks a '}'"},
		{"[tag a]\nany = x\nnone = /(/\n",
		 "rules.conf:3: phrase '/(/': bad regular expression"},
		{"[tag a]\nfrom = http://x.y/\n", "rules.conf:2: from 'http://x.y/': a host alone"},
		{"[tag a]\nlanguage = no such\n",
		 "rules.conf:2: language 'no such': not a language"},
		{"[tag a]\nfolder = /\n", "rules.conf:2: folder '/': not a folder"},
		{"[set a]\n", "rules.conf:1: [set a] names no tags"},
		{"[set a]\nall = b\n", "rules.conf:2: all 'b': there is no [tag b]"},
		{"[set a]\nany = a\n", "rules.conf:1: [set a] names [set a], which does not"},
		{"[set a]\nany = b\n[set b]\nnone = c\n[tag c]\n",
		 "rules.conf:1: [set a] names [set b]"},
		{"[set a]\ntitle = x\n",
		 "rules.conf:2: unknown key 'title' in [set a]; known: all any none under must"},
		{"[tag a]\n[set a]\nall = a\n", "rules.conf:2: there is a tag and a set called a"},
		{"[tag a]\nthreshold = much\n", "rules.conf:2: threshold 'much'"},
		{"[tag a]\nthreshold = nan\n", "rules.conf:2: threshold 'nan'"},
		{"[tag a]\nthreshold = -1\n", "rules.conf:2: threshold '-1'"},
		{"[tag a]\nweights = title\n", "rules.conf:2: weights 'title': pairs of"},
		{"[tag a]\nweights = head 3\n", "rules.conf:2: weights 'head 3'"},
		{"[tag a]\ntitle-weights = from 3\n", "rules.conf:2: weights 'from 3'"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *got = refused(cases[i].text);

		if (strncmp(got, cases[i].wanted, strlen(cases[i].wanted)) != 0)
			CHECK_STR(got, cases[i].wanted);
	}
}

static void
drop_ins_add_to_a_tag(void)
{
	char folder[] = "/tmp/rules_test.XXXXXX", path[64], more[128];
	static const char base[] = "[tag a]\nany = one\n", extra[] = "[tag a]\nany = two\n";
	struct err err;
	SCOPED(rules_free) struct rules *rules = NULL;

	CHECK(mkdtemp(folder) != NULL);
	(void)snprintf(path, sizeof(path), "%s/rules.conf.d", folder);
	CHECK(file_mkdirs(path, &err) == 0);
	(void)snprintf(more, sizeof(more), "%s/10-more.conf", path);
	path[strlen(path) - 2] = '\0';
	CHECK(file_replace(path, (struct bytes){base, strlen(base)}, &err) == 0);
	CHECK(file_replace(more, (struct bytes){extra, strlen(extra)}, &err) == 0);
	rules = rules_load(path, &err);
	CHECK(rules && rules->tag_count == 1 && rules->phrase_count == 2);
	CHECK(rules && strcmp(rules->phrases[1].file, more) == 0);
	(void)unlink(more);
	(void)unlink(path);
	more[strlen(more) - strlen("/10-more.conf")] = '\0';
	(void)rmdir(more);
	(void)rmdir(folder);
	CHECK(rules_load("/nowhere/rules.conf", &err) == NULL && err.kind == ERR_USAGE);
}

int
main(void)
{
	RUN(reads_tags_with_their_lists);
	RUN(weights_come_from_the_tag_or_every_or_the_defaults);
	RUN(says_where_and_what_is_wrong);
	RUN(drop_ins_add_to_a_tag);
	return check_done();
}
