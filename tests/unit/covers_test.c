#include "classifier/covers.h"
#include "tests/unit/check.h"

/* Phrases 0: any of t, 1 and 2: its masks, 3: a mask of u, 4: one of every tag, 5: a stop. */
static const char text[] = "[tag t]\nany = x\nmask =\n a\n b\n[tag u]\nmask = c\n"
			   "[every]\nmask = d\nstop = e\n";
static struct rules *rules;
static struct covers covers;

static uint32_t
phrase(const char *source)
{
	for (size_t i = 0; i < rules->phrase_count; i++)
		if (strcmp(rules->phrases[i].phrase.source, source) == 0)
			return (uint32_t)i;
	return UINT32_MAX;
}

static bool
hides(uint32_t tag, uint32_t at, uint32_t end)
{
	const struct match_hit hit = {0, at, end};

	return covers_hide(&covers, tag, &hit);
}

static void
a_mask_hides_what_touches_it_for_its_own_tag(void)
{
	const struct match_hit hits[] = {{phrase("b"), 25, 30},
					 {phrase("a"), 10, 20},
					 {phrase("b"), 15, 22},
					 {phrase("c"), 40, 50},
					 {phrase("d"), 60, 61}};
	size_t stop = 100;

	CHECK(covers_find(&covers, rules, hits, 5, &stop) == 0 && stop == 100);
	CHECK(!hides(0, 0, 10) && hides(0, 9, 11) && hides(0, 21, 22) && !hides(0, 22, 25));
	CHECK(hides(0, 5, 90) && hides(0, 29, 35) && !hides(0, 30, 31));
	CHECK(!hides(0, 40, 50) && hides(1, 40, 50) && !hides(1, 10, 20));
	CHECK(hides(0, 60, 61) && hides(1, 60, 61));
	/* Two that overlap are one, and the next text starts anew. */
	CHECK(covers.count == 4);
	CHECK(covers_find(&covers, rules, NULL, 0, &stop) == 0 && covers.count == 0);
	CHECK(!hides(0, 10, 20));
}

static void
the_first_stop_ends_the_text(void)
{
	const struct match_hit hits[] = {{phrase("e"), 50, 60}, {phrase("e"), 30, 40}};
	size_t stop = 100;

	CHECK(covers_find(&covers, rules, hits, 2, &stop) == 0 && stop == 30);
}

int
main(void)
{
	struct err err;

	rules = rules_parse("r", text, strlen(text), &err);
	if (!rules)
		return EXIT_FAILURE;
	RUN(a_mask_hides_what_touches_it_for_its_own_tag);
	RUN(the_first_stop_ends_the_text);
	covers_done(&covers);
	rules_free(rules);
	return check_done();
}
