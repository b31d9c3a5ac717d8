#include "tests/unit/parsed.h"

static void
takes_the_link_of_the_publisher_over_others(void)
{
	CHECK_STR(parse_rss("", "<guid>http://a/1</guid>")->url, "http://a/1");
	CHECK(!parse_rss("", "<guid isPermaLink='false'>http://a/1</guid>")->url);
	CHECK(!parse_rss("", "<guid>886840</guid>")->url);
	CHECK_STR(parse_rss("", "<guid>http://a/1</guid><link>http://a/2</link>")->url,
		  "http://a/2");
	CHECK_STR(parse_rss("", "<link> http://a/\n2 </link>"
				"<a:link xmlns:a='http://www.w3.org/2005/Atom' href='http://a/3'/>")
			  ->url,
		  "http://a/2");
}

static void
reads_html_where_it_may_be_and_text_where_not(void)
{
	const struct item *item =
		parse_rss("", "<title>&lt;b&gt;A&lt;/b&gt;</title>"
			      "<description>&lt;p onclick='x'&gt;d&lt;script&gt;y&lt;/script&gt;"
			      "</description><content:encoded><![CDATA[<p>full</p>]]>"
			      "</content:encoded>");

	CHECK_STR(item->title, "A");
	CHECK_STR(item->summary, "<p>d</p>");
	CHECK_STR(item->content, "<p>full</p>");
}

static void
reads_markup_that_was_not_escaped(void)
{
	CHECK_STR(parse_rss("", "<description><p>a &lt; b</p><br>c</description>")->summary,
		  "<p>a &lt; b</p><br>c");
	CHECK_STR(parse_rss("", "<description>one <b>two</b></description>")->summary,
		  "one <b>two</b>");
	CHECK_STR(parse_rss("", "<title>one <b>two</b></title>")->title, "one two");
}

static void
reads_persons_categories_and_enclosures(void)
{
	const struct item *item = parse_rss(
		"", "<author>jo@example.org (Jo)</author><dc:creator>Other</dc:creator>"
		    "<category>a</category><category>b</category><dc:subject>a</dc:subject>"
		    "<enclosure url='/x.mp3' type='audio/mpeg' length='12'/>"
		    "<enclosure url='' type='audio/mpeg'/><enclosure url='/x.mp3'/>"
		    "<source url='http://s/'>S</source><comments>/c</comments>");

	CHECK(item->author_count == 1);
	CHECK_STR(item->authors[0].name, "Jo");
	CHECK_STR(item->authors[0].email, "jo@example.org");
	CHECK(item->category_count == 2 && item->enclosure_count == 1);
	CHECK_STR(item->enclosures[0].url, "http://example.org/x.mp3");
	CHECK(item->enclosures[0].length_bytes == 12);
	CHECK_STR(item->source.url, "http://s/");
	CHECK_STR(item->source.title, "S");
	CHECK_STR(item->comments, "http://example.org/c");
	item = parse_rss("",
			 "<categories> <category>a</category><category>b</category></categories>"
			 "<title>t</title>");
	CHECK(item->category_count == 2);
	CHECK_STR(item->title, "t");
	item = parse_rss("", "<enclosure href='http://a/x.ogg'/><date>2024-01-02</date>"
			     "<author>\"Doe, Jo\" &lt;jo@example.org&gt;</author>");
	CHECK_STR(item->enclosure_count ? item->enclosures[0].url : NULL, "http://a/x.ogg");
	CHECK(item->published_s == 1704153600);
	CHECK_STR(item->authors[0].name, "Doe, Jo");
	CHECK_STR(item->authors[0].email, "jo@example.org");
	item = parse_rss("", "<author>mailto:jo@example.org (Jo)</author>");
	CHECK_STR(item->authors[0].email, "jo@example.org");
}

static void
reads_rdf(void)
{
	const struct item *item =
		parse("<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' "
		      "xmlns='http://purl.org/rss/1.0/'><channel rdf:about='http://e/'>"
		      "<title>T</title><items><rdf:Seq><rdf:li resource='http://e/1'/></rdf:Seq>"
		      "</items></channel><image><url>http://e/i.png</url></image>"
		      "<item rdf:about='http://e/1'><title>x</title><link>http://e/1</link></item>"
		      "</rdf:RDF>");

	CHECK_STR(parsed.feed.format, "rdf");
	CHECK_STR(parsed.feed.image, "http://e/i.png");
	CHECK_STR(item->guid, "http://e/1");
	CHECK_STR(item->title, "x");
	CHECK(parsed.entry_count == 1);
}

static void
knows_the_images_of_feedly(void)
{
	(void)parse_rss("<x:icon xmlns:x='http://webfeeds.org/rss/1.0'>http://e/i.svg</x:icon>"
			"<webfeeds:logo>http://e/l.svg</webfeeds:logo>",
			"<title>t</title>");
	CHECK_STR(parsed.feed.icon, "http://e/i.svg");
	CHECK_STR(parsed.feed.image, "http://e/l.svg");
}

static void
takes_the_text_of_an_image_for_its_address(void)
{
	CHECK_STR(parse_rss("", "<image> http://e/j.png </image>")->image, "http://e/j.png");
	CHECK(!parse_rss("", "<image><title>http://e/</title><link>http://e/</link></image>")
		       ->image);
}

static void
reads_elements_under_any_spelling(void)
{
	CHECK_STR(parse("<RSS><Channel><ITEM><Title>x</Title></ITEM></Channel></RSS>")->title, "x");
	CHECK_STR(parse("<r:rss xmlns:r='urn:mine'><r:channel><r:item><r:title>x</r:title>"
			"</r:item></r:channel></r:rss>")
			  ->title,
		  "x");
	CHECK_STR(parse("<rss xmlns='http://www.w3.org/2005/Atom'><channel><item><title>x</title>"
			"<description>d</description></item></channel></rss>")
			  ->summary,
		  "d");
	CHECK_STR(parse_rss("", "<x:title xmlns:x='urn:x'>no</x:title><title>yes</title>")->title,
		  "yes");
}

int
main(void)
{
	parsed_begin();
	RUN(takes_the_link_of_the_publisher_over_others);
	RUN(reads_html_where_it_may_be_and_text_where_not);
	RUN(reads_markup_that_was_not_escaped);
	RUN(reads_persons_categories_and_enclosures);
	RUN(reads_rdf);
	RUN(knows_the_images_of_feedly);
	RUN(takes_the_text_of_an_image_for_its_address);
	RUN(reads_elements_under_any_spelling);
	parsed_end();
	return check_done();
}
