#include "classifier/passage.h"
#include "tests/unit/check.h"

static char seen[1024];

static int
note(void *arg, const struct passage *passage, struct err *err)
{
	const size_t used = strlen(seen);

	(void)snprintf(seen + used, sizeof(seen) - used, "%s '%.*s' %s/%s; ", passage->name,
		       (int)passage->len, passage->words,
		       rules_place_name(passage_place(passage, 0)),
		       rules_place_name(passage_place(passage, passage->len)));
	return arg && strcmp(passage->name, arg) == 0 ? err_set(err, ERR_REJECT, "no more") : 0;
}

static void
an_item_is_read_field_by_field_without_its_tags(void)
{
	SCOPED(text_done) struct text text = text_init();
	static const char *const categories[] = {"Coins", "Old <b>"};
	struct item item = item_empty();
	struct err err = {.kind = ERR_NONE};
	char html[400];

	CHECK(passage_each(&item, &text, note, NULL, &err) == 0);
	CHECK_STR(seen, "");
	(void)memset(html, 'x', sizeof(html));
	(void)memcpy(html, "<p>", 3);
	html[sizeof(html) - 1] = '\0';
	item.title = "A <title>";
	item.summary = "<b>s</b>&amp;";
	item.content = html;
	item.categories = categories;
	item.category_count = 2;
	CHECK(passage_each(&item, &text, note, NULL, &err) == 0);
	CHECK(strncmp(seen,
		      "title 'A <title>' title/title; category 'Coins' category/category; "
		      "category 'Old <b>' category/category; summary 's&' lead/rest; content 'x",
		      136) == 0);
	CHECK(strstr(seen, "xx' lead/body; "));
	seen[0] = '\0';
	CHECK(passage_each(&item, &text, note, (void *)(uintptr_t) "category", &err) == -1);
	CHECK_STR(err.text, "category: no more");
	CHECK_STR(seen, "title 'A <title>' title/title; category 'Coins' category/category; ");
}

static int
note_origin(void *arg, const struct passage *passage, struct err *err)
{
	(void)err;
	*(int64_t *)arg = passage_origin(passage, 2);
	return 0;
}

static void
a_byte_of_the_words_has_its_place_in_the_field(void)
{
	SCOPED(text_done) struct text text = text_init();
	struct item item = item_empty();
	int64_t at = 0;

	item.title = "a <b>";
	CHECK(passage_each(&item, &text, note_origin, &at, NULL) == 0 && at == 2);
	item.title = NULL;
	item.summary = "<i>a</i> b";
	CHECK(passage_each(&item, &text, note_origin, &at, NULL) == 0 && at == 9);
}

int
main(void)
{
	RUN(an_item_is_read_field_by_field_without_its_tags);
	RUN(a_byte_of_the_words_has_its_place_in_the_field);
	return check_done();
}
