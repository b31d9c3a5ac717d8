#include "tests/unit/parsed.h"

static void
reads_version_1_1(void)
{
	const struct item *item = parse(
		"{\"version\":\"https://jsonfeed.org/version/1.1\",\"title\":\"T <i>\","
		"\"home_page_url\":\"http://a/\",\"feed_url\":\"http://a/f\",\"language\":\"de\","
		"\"icon\":\"/i.png\",\"favicon\":\"/f.ico\",\"hubs\":[{\"type\":\"WebSub\","
		"\"url\":\"http://h/\"}],\"authors\":[{\"name\":\"Feed\"}],\"items\":[{\"id\":42,"
		"\"url\":\"http://a/1\",\"external_url\":\"http://b/\",\"title\":\"t\","
		"\"content_text\":\"1 < 2\",\"content_html\":\"<p>h<script>x</script></p>\","
		"\"summary\":\"a & b\",\"image\":\"http://a/x.png\","
		"\"date_published\":\"2020-01-02T03:04:05-06:00\",\"tags\":[\"x\",\"y\",\"x\",1],"
		"\"attachments\":[{\"url\":\"http://a/x.mp3\",\"mime_type\":\"audio/mpeg\","
		"\"size_in_bytes\":99}]}]}");

	CHECK_STR(parsed.feed.title, "T <i>");
	CHECK_STR(parsed.feed.link, "http://a/");
	CHECK_STR(parsed.feed.image, "http://example.org/i.png");
	CHECK(parsed.feed.hub_count == 1);
	CHECK_STR(item->guid, "42");
	CHECK_STR(item->url, "http://a/1");
	CHECK_STR(item->content, "<p>h</p>");
	CHECK_STR(item->summary, "a &amp; b");
	CHECK_STR(item->language, "de");
	CHECK(item->category_count == 3 && item->published_s == 1577955845);
	CHECK(item->enclosure_count == 1 && item->enclosures[0].length_bytes == 99);
	/* By the format's own words, not by a rule of ours. */
	CHECK_STR(item->author_count ? item->authors[0].name : NULL, "Feed");
}

static void
survives_members_of_any_type(void)
{
	(void)parse("{\"items\":[1,null,[],{\"id\":[],\"url\":{},\"title\":7,\"tags\":{},"
		    "\"authors\":3,\"attachments\":[null,{\"url\":1,\"size_in_bytes\":-1e99}],"
		    "\"author\":\"Jo\"}],\"hubs\":[[]],\"authors\":{\"name\":\"X\"}}");
	CHECK(parsed_err.kind == ERR_NONE && parsed.entry_count == 1);
	CHECK_STR(parsed.entry_count ? parsed.entries[0].item.title : NULL, "7");
}

static void
refuses_other_json(void)
{
	(void)parse("{\"version\":\"1\",\"name\":\"package\"}");
	CHECK(parsed_err.kind == ERR_REJECT && strstr(parsed_err.text, "no JSON Feed"));
	(void)parse("{\"version\":");
	CHECK(parsed_err.kind == ERR_REJECT && strstr(parsed_err.text, "JSON"));
}

static void
keeps_the_whole_items_of_a_document_that_was_cut(void)
{
	static const struct {
		const char *behind_the_version;
		size_t items; /* SIZE_MAX: refused */
	} samples[] = {
		{"\"items\":[{\"id\":\"1\"},{\"id\":\"2\"},{\"id\":\"3", 2},
		{"\"items\":[{\"id\":\"1\"},", 1},
		{"\"items\":[{\"id\":\"1\"},{\"id\":\"2\"}]", 2}, /* but for the last "}" */
		{"\"items\":[{\"id\":\"]}\\\"\",\"tags\":[\"a\"]}],\"title\":\"T\",\"descr", 1},
		{"\"hubs\":[{\"url\":\"http://a/\"}],\"items\":[{\"id\":\"1", 0},
		{"\"items\":[{\"id\":\"1\"}", 1},
		{"\"items\":[{\"id\":\"1\"}}", SIZE_MAX}, /* wrong, not cut */
		{"\"items\":[{\"id\":1 2},{", SIZE_MAX},
	};

	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
		char text[512];

		(void)snprintf(text, sizeof(text),
			       "{\"version\":\"https://jsonfeed.org/version/1.1\",%s",
			       samples[i].behind_the_version);
		(void)parse(text);
		CHECK((samples[i].items == SIZE_MAX) == (parsed_err.kind == ERR_REJECT));
		CHECK(samples[i].items == SIZE_MAX || parsed.entry_count == samples[i].items);
	}
}

int
main(void)
{
	parsed_begin();
	RUN(reads_version_1_1);
	RUN(survives_members_of_any_type);
	RUN(refuses_other_json);
	RUN(keeps_the_whole_items_of_a_document_that_was_cut);
	parsed_end();
	return check_done();
}
