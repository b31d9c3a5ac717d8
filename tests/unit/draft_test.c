#include "parser/draft.h"

#include "tests/unit/check.h"

static struct draft draft;

static void
keeps_the_best_source_of_a_field(void)
{
	draft_reset(&draft);
	draft_set(&draft, FIELD_TITLE, 3, "c");
	draft_set(&draft, FIELD_TITLE, 1, "a");
	draft_set(&draft, FIELD_TITLE, 1, "later");
	draft_set(&draft, FIELD_TITLE, 2, "b");
	draft_set(&draft, FIELD_TITLE, 0, "");
	draft_set(&draft, FIELD_TITLE, 0, NULL);
	CHECK_STR(draft.text[FIELD_TITLE], "a");
	CHECK(!draft_wants(&draft, FIELD_TITLE, 1) && draft_wants(&draft, FIELD_TITLE, 0));
	CHECK(draft.published.s == ITEM_NO_TIME);
	draft_set_time(&draft.published, 2, 100);
	draft_set_time(&draft.published, 3, 50);
	draft_set_time(&draft.published, 2, 200);
	CHECK(draft.published.s == 200);
}

static void
hears_the_better_source_of_authors_only(void)
{
	draft_reset(&draft);
	draft_add_author(&draft, 4, "Ann", NULL, NULL);
	draft_add_author(&draft, 4, "Bob", NULL, NULL);
	draft_add_author(&draft, 4, "Ann", "ann@example.org", NULL);
	draft_add_author(&draft, 5, "Eve", NULL, NULL);
	CHECK(draft.author_count == 2);
	CHECK_STR(draft.authors[0].email, "ann@example.org");
	draft_add_author(&draft, 1, "Zoe", "", "");
	draft_add_author(&draft, 1, "", NULL, NULL);
	CHECK(draft.author_count == 1 && !draft.authors[0].email);
	CHECK_STR(draft.authors[0].name, "Zoe");
}

static void
holds_each_thing_once_and_not_without_end(void)
{
	static char names[ITEM_LIST_MAX + 10][16];

	draft_reset(&draft);
	draft_add_category(&draft, "a");
	draft_add_category(&draft, "a");
	draft_add_category(&draft, "");
	CHECK(draft.category_count == 1);
	draft_add_enclosure(&draft, "http://x/", NULL, -1);
	draft_add_enclosure(&draft, "http://x/", "audio/mpeg", 7);
	draft_add_enclosure(&draft, NULL, "audio/mpeg", 7);
	CHECK(draft.enclosure_count == 1 && draft.enclosures[0].length_bytes == 7);
	CHECK_STR(draft.enclosures[0].type, "audio/mpeg");
	for (int i = 0; i < ITEM_LIST_MAX + 10; i++) {
		(void)snprintf(names[i], sizeof(names[i]), "%d", i);
		draft_add_category(&draft, names[i]);
		draft_add_hub(&draft, names[i]);
	}
	CHECK(draft.category_count == ITEM_LIST_MAX && draft.hub_count == DRAFT_HUBS_MAX);
}

int
main(void)
{
	RUN(keeps_the_best_source_of_a_field);
	RUN(hears_the_better_source_of_authors_only);
	RUN(holds_each_thing_once_and_not_without_end);
	return check_done();
}
