#include "classifier/filter.h"
#include "tests/unit/check.h"

static bool
wants(const char *text, const char *labels)
{
	struct err err = {.kind = ERR_NONE};
	SCOPED(filter_free) struct filter *filter = filter_parse(text, &err);

	if (!filter)
		CHECK_STR(err.text, "");
	return filter && filter_match(filter, labels);
}

static const char *
refused(const char *text)
{
	static struct err err;
	SCOPED(filter_free) struct filter *filter = filter_parse(text, &err);

	return filter ? "taken" : err.kind == ERR_USAGE ? err.text : "not usage";
}

static const char labels[] = "lang:en-gb feed:www.example.com tag:crypto tag:money";

static void
an_empty_filter_wants_everything(void)
{
	CHECK(wants(NULL, labels) && wants("", "") && wants("  ", labels));
}

static void
every_term_must_hold(void)
{
	CHECK(wants("tag:crypto", labels) && !wants("tag:crypt", labels));
	CHECK(wants("tag:llms,crypto", labels) && !wants("tag:llms,ai", labels));
	CHECK(wants("tag:crypto tag:money", labels) && !wants("tag:crypto tag:llms", labels));
	CHECK(wants("tag:any", labels) && !wants("tag:any", "lang:en"));
	CHECK(!wants("-tag:crypto", labels) && wants("-tag:llms", labels));
	CHECK(!wants("-tag:any", labels) && wants("-tag:any", "lang:en feed:tag.any"));
	CHECK(!wants("tag:any -tag:money", labels));
}

static void
a_host_is_itself_and_all_below_it(void)
{
	CHECK(wants("feed:example.com", labels) && wants("feed:www.example.com", labels));
	CHECK(!wants("feed:ample.com", labels) && !wants("feed:a.www.example.com", labels));
}

static void
a_language_is_itself_and_its_regions(void)
{
	CHECK(wants("lang:en", labels) && wants("lang:en-gb", labels) &&
	      wants("lang:de,en", labels));
	CHECK(!wants("lang:e", labels) && !wants("lang:en-us", labels) && !wants("lang:en", ""));
}

static void
says_what_is_wrong(void)
{
	CHECK(strstr(refused("crypto"), "filter term 'crypto'"));
	CHECK(strstr(refused("tag:"), "has no value"));
	CHECK(strstr(refused("tag:,"), "has no value"));
	CHECK(strstr(refused("tag:Crypto"), "lower case"));
	CHECK(strstr(refused("tags:crypto"), "filter term 'tags:crypto'"));
	CHECK(strstr(refused("--tag:x"), "filter term"));
	CHECK(strstr(refused("lang:en_GB"), "lower case"));
}

static void
labels_say_what_filters_ask_for(void)
{
	static const struct item_tag tags[] = {{"crypto", 4, NULL, 0}, {"money", 3, NULL, 0}};
	SCOPED(buf_done) struct buf out = buf_init(FILTER_LABELS_BYTES_MAX);
	struct item item = item_empty();

	CHECK(filter_labels(&item, &out, NULL) == 0);
	CHECK_STR(buf_str(&out), "");
	item.language = "en-GB";
	item.feed.url = "https://WWW.Example.com/feed";
	item.tags = tags;
	item.tag_count = 2;
	CHECK(filter_labels(&item, &out, NULL) == 0);
	CHECK_STR(buf_str(&out), labels);
	/* What a label cannot hold must not pretend to be another. */
	item.language = "x tag:any";
	item.feed.url = "https://ex ample.com/";
	item.tag_count = 0;
	buf_reset(&out);
	CHECK(filter_labels(&item, &out, NULL) == 0);
	CHECK_STR(buf_str(&out), "");
}

int
main(void)
{
	RUN(an_empty_filter_wants_everything);
	RUN(every_term_must_hold);
	RUN(a_host_is_itself_and_all_below_it);
	RUN(a_language_is_itself_and_its_regions);
	RUN(says_what_is_wrong);
	RUN(labels_say_what_filters_ask_for);
	return check_done();
}
