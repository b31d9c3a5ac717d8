#include "tests/unit/parsed.h"

#include "common/clock.h"

static void
fills_in_what_an_item_has_from_its_feed(void)
{
	const struct item *item =
		parse_rss("<title>T</title><link>http://example.org/</link><language>en</language>",
			  "<title>t</title><link>/1</link><guid isPermaLink=\"false\">g</guid>");

	CHECK(parsed.entry_count == 1 && parsed.warning_count == 0);
	CHECK_STR(item->url, "http://example.org/1");
	CHECK_STR(item->guid, "g");
	CHECK_STR(item->language, "en");
	CHECK_STR(item->feed.title, "T");
	CHECK_STR(item->feed.link, "http://example.org/");
	CHECK_STR(item->feed.url, "http://example.org/dir/feed");
	CHECK(item->id && strlen(item->id) == ITEM_ID_HEX);
	CHECK(item->rev && strlen(item->rev) == ITEM_REV_HEX);
	CHECK(!item->summary && !item->content && item->published_s == ITEM_NO_TIME);
}

static void
refuses_what_is_no_feed(void)
{
	static const char *const samples[] = {
		"",
		"garbage",
		"<html><body>x</body></html>",
		"<opml/>",
		"<feed/>",
		"{\"a\":1}",
		"{",
		"<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'><x:y/></rdf:RDF>",
	};

	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
		(void)parse(samples[i]);
		CHECK(parsed_err.kind == ERR_REJECT && parsed_err.text[0] != '\0');
	}
	(void)parse("<rss><channel/></rss>");
	CHECK(parsed_err.kind == ERR_NONE && parsed.entry_count == 0);
}

static void
tells_what_it_mended(void)
{
	CHECK_STR(parse("\n<?xml version='1.0'?><rss><channel><item><title>A & B &eacute;</titel>"
			"<link>x</link></item></channel></rss>junk")
			  ->title,
		  "A & B é");
	CHECK(warned("blanks before"));
	CHECK(warned("1 ampersands"));
	CHECK(warned("1 HTML entities"));
	CHECK(warned("end tags"));
	CHECK(warned("after the root"));
	CHECK(!warned("attributes"));
}

static void
keeps_the_whole_items_of_a_document_that_was_cut(void)
{
	CHECK_STR(parse("<rss><channel><item><title>1</title></item><item><title>2</title>"
			"<description>half a sen")
			  ->title,
		  "1");
	CHECK(parsed.entry_count == 1);
	CHECK(warned("ends before") && warned("1 incomplete"));
	(void)parse("<rss><channel><item><title>1</title></item>");
	CHECK(parsed.entry_count == 1 && !warned("incomplete"));
}

static void
finds_items_wherever_they_are(void)
{
	(void)parse("<rss><item><title>a</title></item><channel><title>T<item><title>b</title>"
		    "</item></channel><x><y><item><title>c</title></item></y></x></rss>");
	CHECK(parsed.entry_count == 3);
	(void)parse("<rss><channel><item><title>a</title><item><title>b</title></item></channel>");
	CHECK(parsed.entry_count == 2);
	/* Behind elements of the feed that nobody closed. */
	(void)parse("<rss xmlns:itunes='http://www.itunes.com/dtds/podcast-1.0.dtd'><channel>"
		    "<itunes:category text='A'><image><item><title>a</title></item>"
		    "<item><title>b</title></item></channel></rss>");
	CHECK(parsed.entry_count == 2);
	/* In a page that is nothing but its wrapping. */
	(void)parse("<!DOCTYPE html><html><body>\n<rss version='2.0'><channel><item>"
		    "<title>a</title></item></channel></rss></body></html>");
	CHECK(parsed.entry_count == 1 && warned("junk before"));
	(void)parse("<html><body><p>about</p><rss><channel/></rss></body></html>");
	CHECK(parsed_err.kind == ERR_REJECT);
}

static void
hints_when_to_come_again(void)
{
	char newest[CLOCK_RFC3339_BYTES];

	(void)parse("<rss xmlns:sy='http://purl.org/rss/1.0/modules/syndication/'"
		    " xmlns:a='http://www.w3.org/2005/Atom'><channel><ttl>60</ttl>"
		    "<skipHours><hour>0</hour><hour>23</hour><hour>24</hour></skipHours>"
		    "<skipDays><day>Sunday</day><day>saturday</day></skipDays>"
		    "<sy:updatePeriod> daily</sy:updatePeriod><sy:updateFrequency>4"
		    "</sy:updateFrequency><a:link rel='hub' href='http://hub.example/'/>"
		    "<a:link rel='self' href='/f'/><a:link rel='prev-archive' href='/f?2'/>"
		    "<item><pubDate>1 Jan 2020</pubDate></item>"
		    "<item><pubDate>2 Feb 2021</pubDate></item></channel></rss>");
	CHECK(parsed.hints.ttl_min == 60 && parsed.feed.ttl_min == 60);
	CHECK(parsed.hints.skip_hours == (UINT32_C(1) << 23 | 1));
	CHECK(parsed.hints.skip_days == (1 << 6 | 1));
	CHECK(parsed.hints.update_s == 6 * 3600);
	CHECK_STR(clock_rfc3339(parsed.hints.newest_s, newest), "2021-02-02T00:00:00Z");
	CHECK_STR(parsed.hints.prev_archive, "http://example.org/f?2");
	CHECK_STR(parsed.feed.self, "http://example.org/f");
	CHECK(parsed.feed.hub_count == 1);
}

static void
gives_links_of_safe_schemes_only(void)
{
	CHECK(!parse_rss("", "<title>x</title><link> java\nscript:alert(1)</link>")->url);
	CHECK(parse_rss("", "<enclosure url='data:text/html,x'/>")->enclosure_count == 0);
	CHECK_STR(parse_rss("", "<link>magnet:?xt=1</link>")->url, "magnet:?xt=1");
}

static void
reads_no_file_and_no_address(void)
{
	const struct item *item =
		parse("<!DOCTYPE rss SYSTEM 'http://127.0.0.1:1/x.dtd' [<!ENTITY f SYSTEM "
		      "'file:///etc/passwd'><!ENTITY % p SYSTEM 'file:///etc/passwd'> %p;]>"
		      "<rss><channel><item><title>a &f; b</title>"
		      "<xi:include xmlns:xi='http://www.w3.org/2001/XInclude' "
		      "href='file:///etc/passwd' parse='text'/></item></channel></rss>");

	CHECK_STR(item->title, "a &f; b");
}

/* An item's text is cut at its ceiling, and the rest of the document is read all the same. */
static void
bounds_each_text(void)
{
	struct buf text = buf_init(64 << 20);
	const struct entry *entry;

	(void)buf_adds(&text, "<rss><channel><item><title>big</title><description>", NULL);
	for (int i = 0; i < 600000; i++)
		(void)buf_adds(&text, "0123456789", NULL);
	(void)buf_adds(&text, "</description></item><item><title>next</title></item>", NULL);
	(void)buf_adds(&text, "</channel></rss>", NULL);
	entry = parse_n(buf_str(&text), text.len);
	CHECK(parsed.entry_count == 2 && warned("cut"));
	CHECK(entry->item.summary && strlen(entry->item.summary) <= ITEM_HTML_BYTES_MAX);
	buf_done(&text);
}

static void
bounds_the_number_of_items(void)
{
	struct buf text = buf_init(64 << 20);

	(void)buf_adds(&text, "<rss><channel>", NULL);
	for (int i = 0; i < READER_ITEMS_MAX + 10; i++)
		(void)buf_addf(&text, NULL, "<item><guid>%d</guid></item>", i);
	(void)parse_n(buf_str(&text), text.len);
	CHECK(parsed.entry_count == READER_ITEMS_MAX && warned("10 items over"));
	buf_done(&text);
}

static void
is_the_same_after_any_other_document(void)
{
	char rev[ITEM_REV_HEX + 1];
	static const char sample[] = "<a:feed xmlns:a='http://www.w3.org/2005/Atom'><a:entry>"
				     "<a:title>x</a:title></a:entry></a:feed>";

	memcpy(rev, parse(sample)->rev, sizeof(rev));
	(void)parse("<!DOCTYPE rss [<!ENTITY x 'y'>]><rss><channel><title>a<item><title>");
	(void)parse("<rss xmlns:a='urn:x'><a:feed/></rss>");
	(void)parse("{");
	CHECK_STR(parse(sample)->rev, rev);
	CHECK(parsed.warning_count == 0);
}

static void
tells_the_publisher_what_it_mended(void)
{
	(void)parse("<rss><channel><foo:x/><item><guid>g</guid><link>http://a/1</link>"
		    "<title>Br\u00c3\u00b8ndby</title><pubDate>soon</pubDate></item>"
		    "<item><guid>g</guid><link>http://a/2</link></item></channel></rss>");
	CHECK(warned("1 elements or attributes have a prefix that is not declared"));
	CHECK(warned("1 dates cannot be read"));
	CHECK(warned("1 texts were UTF-8 that was encoded once more"));
	CHECK(warned("2 items have a guid that others have too"));
	(void)parse(
		"<rss><channel><item><pubDate> </pubDate><guid>g</guid></item></channel></rss>");
	CHECK(parsed.warning_count == 0);
}

/* A document with one thing wrong with it, and the only warning that it gets. */
static const struct mended {
	const char *document;
	size_t len; /* 0: strlen */
	const char *warning;
} MENDED[] = {
	/* Encoding. */
	{"<?xml version='1.0' encoding='nosuch'?><rss><channel/></rss>", 0,
	 "the encoding is labelled with an unknown name"},
	{"<?xml version='1.0' "
	 "encoding='koi8-r'?><rss><channel><title>\u00e9</title></channel></rss>",
	 0, "the encoding is not as labelled, but utf-8"},
	{"\xEF\xBB\xBF<?xml version='1.0' encoding='koi8-r'?><rss><channel/></rss>", 0,
	 "the encoding is not as labelled, but utf-8"},
	{"<rss><channel><title>caf\xE9 au lait</title></channel></rss>", 0,
	 "the encoding is not labelled; windows-1252 was guessed"},
	{"<rss><channel><title>\u00e9\xE9</title></channel></rss>", 0,
	 "1 bytes are invalid in the encoding"},
	{"<\0r\0s\0s\0/\0>\0!", 13, "1 bytes are invalid in the encoding"},
	{"<rss><channel><title>a\1b</title></channel></rss>", 0,
	 "1 control characters were left out"},
	{"<rss><channel><title>\u00c3\u00a9</title></channel></rss>", 0,
	 "1 texts were UTF-8 that was encoded once more"},
	/* Before and behind. */
	{"\n<?xml version='1.0'?><rss><channel/></rss>", 0, "blanks before the XML declaration"},
	{"x<rss><channel/></rss>", 0, "junk before the root element was ignored"},
	{"<br /><rss><channel/></rss>", 0, "junk before the root element was ignored"},
	{"<?xml version='1.0'><rss><channel/></rss>", 0,
	 "a declaration before the root element has no end"},
	{"<!DOCTYPE rss [><rss><channel/></rss>", 0,
	 "a declaration before the root element has no end"},
	{"<rss><channel/></rss>x", 0, "text after the root element was ignored"},
	{"<rss><channel/></rss><rss/>", 0, "text after the root element was ignored"},
	{"<rss><channel></channel>", 0, "the document ends before its root element does"},
	{"<rss><channel/></rss", 0, "end tags were missing, misspelt or crossed"},
	/* Tags. */
	{"<rss><channel a=1></channel></rss>", 0,
	 "attributes that are not well-formed were mended"},
	{"<rss><channel a='1'b='2'/></rss>", 0, "attributes that are not well-formed were mended"},
	{"<rss><channel a='1' a='2'/></rss>", 0, "attributes that are not well-formed were mended"},
	{"<rss><channel checked/></rss>", 0, "attributes that are not well-formed were mended"},
	{"<rss><channel a='1' / b='2'></channel></rss>", 0,
	 "attributes that are not well-formed were mended"},
	{"<rss><channel a='1'<a/></channel></rss>", 0,
	 "attributes that are not well-formed were mended"},
	{"<rss><channel a='<'/></rss>", 0, "attributes that are not well-formed were mended"},
	{"<rss><channel :a='1'/></rss>", 0, "attributes that are not well-formed were mended"},
	{"<rss><channel><a:></a:></channel></rss>", 0,
	 "names that XML does not allow were changed"},
	{"<rss><channel><a></channel></rss>", 0, "end tags were missing, misspelt or crossed"},
	{"<rss><channel></a></channel></rss>", 0, "end tags were missing, misspelt or crossed"},
	{"<rss><channel><title>t</Title></channel></rss>", 0,
	 "end tags were missing, misspelt or crossed"},
	{"<rss><channel><title>t</title x></channel></rss>", 0,
	 "end tags were missing, misspelt or crossed"},
	{"<rss><channel><item><description>a<br>b</description></item></channel></rss>", 0,
	 "end tags were missing, misspelt or crossed"},
	{"<rss><channel><item><description><p>a<p>b</p></description></item></channel></rss>", 0,
	 "end tags were missing, misspelt or crossed"},
	{"<rss><channel><title>a < b</title></channel></rss>", 0,
	 "'<' in a text, where '&lt;' is due"},
	{"<rss><channel><!-- x></channel></rss>", 0,
	 "a comment, CDATA section or instruction has no end"},
	{"<rss><channel><?x></channel></rss>", 0,
	 "a comment, CDATA section or instruction has no end"},
	{"<rss><channel><!DOCTYPE x></channel></rss>", 0,
	 "declarations where none belong, or misspelt, were left out"},
	{"<rss><channel><title><![cdata[t]]></title></channel></rss>", 0,
	 "declarations where none belong, or misspelt, were left out"},
	/* References. */
	{"<rss><channel><title>a & b</title></channel></rss>", 0, "1 ampersands without '&amp;'"},
	{"<rss><channel><title a='b&c'/></channel></rss>", 0, "1 ampersands without '&amp;'"},
	{"<rss><channel><title>&eacute;</title></channel></rss>", 0,
	 "1 HTML entities that XML does not know"},
	{"<rss><channel><title>a&#1;b</title></channel></rss>", 0,
	 "1 references to characters that XML does not have were left out"},
	{"<rss><channel><title>a&#151;b</title></channel></rss>", 0,
	 "1 references to control characters were read as windows-1252"},
	{"<rss><channel><title>&#195;&#169;</title></channel></rss>", 0,
	 "1 characters were spelt by references to the bytes of UTF-8"},
	/* Elements. */
	{"<rss><channel><a:b/></channel></rss>", 0,
	 "1 elements or attributes have a prefix that is not declared"},
	{"<rss><channel><a b:c='d'/></channel></rss>", 0,
	 "1 elements or attributes have a prefix that is not declared"},
	{"<feed><title>t</title></feed>", 0, "the root element is in no namespace of Atom"},
	{"<rss><channel><Title>t</Title></channel></rss>", 0,
	 "1 elements are spelt in the wrong case"},
	{"<rss><channel><pubdate>2026-01-01</pubdate></channel></rss>", 0,
	 "1 elements are spelt in the wrong case"},
	{"<rss><channel><subtitle>t</subtitle></channel></rss>", 0,
	 "1 elements of another format have no namespace"},
	{"<rss><channel/><item><title>t</title></item></rss>", 0, "1 items are not in a channel"},
	{"<rss><channel><item><item><title>t</title></item></item></channel></rss>", 0,
	 "1 items begin within another"},
	/* Texts. */
	{"<rss><channel><pubDate>soon</pubDate></channel></rss>", 0, "1 dates cannot be read"},
	{"<rss><channel><link>javascript:x</link></channel></rss>", 0,
	 "1 addresses that nobody may follow were left out"},
	{"<feed xmlns='http://purl.org/atom/ns#'><title mode='base64'>/w==</title></feed>", 0,
	 "1 texts in base64 cannot be read"},
	{"<feed xmlns='http://purl.org/atom/ns#'><title mode='base64'>YQFi</title></feed>", 0,
	 "1 control characters that base64 or JSON hid were left out"},
	/* JSON. */
	{"{\"version\":\"https://jsonfeed.org/version/1\",\"title\":\"a\\b\\u0001b\"}", 0,
	 "2 control characters that base64 or JSON hid were left out"},
	{"{\"items\":[]}", 0, "the version of JSON Feed is missing"},
	{"{\"version\":\"https://jsonfeed.org/version/1\",\"items\":[{\"id\":\"1\"},{\"id", 0,
	 "the document ends too early: what is whole of it was read"},
	{"{\"version\":\"https://jsonfeed.org/version/1.1\",\"title\":1,\"items\":[]}", 0,
	 "1 members of JSON are of another type than is due"},
	{"{\"version\":\"https://jsonfeed.org/version/1.1\",\"authors\":{\"name\":\"a\"}}", 0,
	 "1 members of JSON are of another type than is due"},
};

static void
warns_of_every_repair_and_of_nothing_else(void)
{
	for (size_t i = 0; i < sizeof(MENDED) / sizeof(MENDED[0]); i++) {
		const struct mended *m = &MENDED[i];

		(void)parse_n(m->document, m->len ? m->len : strlen(m->document));
		CHECK_STR(parsed_err.text, "");
		CHECK_STR(parsed.warnings[0], m->warning);
		CHECK(parsed.warning_count == 1);
		if (parsed.warning_count != 1 || strcmp(parsed.warnings[0], m->warning) != 0)
			printf("# ... in %s\n", m->document);
	}
}

static void
has_nothing_to_say_of_what_is_right(void)
{
	static const char *const right[] = {
		("<?xml version='1.0' encoding='utf-8'?>\n<!DOCTYPE rss [<!ENTITY a 'b'>]>\n"
		 "<rss version='2.0' xmlns:dc='http://purl.org/dc/elements/1.1/'><channel>"
		 "<title>&a;&lt;&#233;&#x2014;</title><pubDate>Thu, 01 Jan 2026 00:00:00 "
		 "GMT</pubDate>"
		 "<item><dc:creator>c</dc:creator><guid isPermaLink=\"false\">g</guid>"
		 "<description>a<br/>b<br></br>c<img src='x' >\n</img></description></item>"
		 "<!-- c --></channel></rss>\n<!-- d -->\n"),
		("\xEF\xBB\xBF<feed "
		 "xmlns='http://www.w3.org/2005/Atom'><updated>2026-01-01T00:00:00Z"
		 "</updated><entry><id>urn:x</id><content type='xhtml'>"
		 "<div xmlns='http://www.w3.org/1999/xhtml'><p >a</p "
		 "></div></content></entry></feed>"),
		("<rdf:RDF xmlns='http://purl.org/rss/1.0/' "
		 "xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'><channel "
		 "rdf:about='http://a/'>"
		 "<title>t</title></channel><item rdf:about='http://a/1'><title>u</title></item>"
		 "<textinput/></rdf:RDF>"),
		("{\"version\":\"https://jsonfeed.org/version/1.1\",\"authors\":[{\"name\":\"a\"}],"
		 "\"items\":[{\"id\":\"1\",\"tags\":[\"a\"],\"author\":null}]}"),
	};

	for (size_t i = 0; i < sizeof(right) / sizeof(right[0]); i++) {
		(void)parse(right[i]);
		CHECK_STR(parsed_err.text, "");
		CHECK_STR(parsed.warning_count ? parsed.warnings[0] : "", "");
	}
}

int
main(void)
{
	parsed_begin();
	RUN(fills_in_what_an_item_has_from_its_feed);
	RUN(refuses_what_is_no_feed);
	RUN(tells_what_it_mended);
	RUN(warns_of_every_repair_and_of_nothing_else);
	RUN(has_nothing_to_say_of_what_is_right);
	RUN(keeps_the_whole_items_of_a_document_that_was_cut);
	RUN(finds_items_wherever_they_are);
	RUN(hints_when_to_come_again);
	RUN(gives_links_of_safe_schemes_only);
	RUN(reads_no_file_and_no_address);
	RUN(bounds_each_text);
	RUN(bounds_the_number_of_items);
	RUN(is_the_same_after_any_other_document);
	RUN(tells_the_publisher_what_it_mended);
	parsed_end();
	return check_done();
}
