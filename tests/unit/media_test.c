#include "tests/unit/parsed.h"

static void
reads_media_in_groups_and_alone(void)
{
	const struct item *item = parse_rss(
		"", "<media:group><media:title>no</media:title>"
		    "<media:content url='/v.mp4' type='video/mp4' fileSize='5'>"
		    "<media:thumbnail url='/t.jpg'/></media:content>"
		    "<media:description type='html'>&lt;b&gt;d&lt;/b&gt;</media:description>"
		    "</media:group><media:content url='/i.png' medium='image'/><title>yes</title>");

	CHECK_STR(item->title, "yes");
	CHECK_STR(item->summary, "<b>d</b>");
	CHECK_STR(item->image, "http://example.org/t.jpg");
	CHECK(item->enclosure_count == 2 && item->enclosures[0].length_bytes == 5);
	CHECK_STR(parse_rss("", "<media:title>only</media:title>")->title, "only");
}

static void
reads_podcasts(void)
{
	const struct item *item = parse_rss(
		"<itunes:image href='/show.png'/><itunes:category text='Arts'>"
		"<itunes:category text='Food'/></itunes:category><itunes:owner>"
		"<itunes:name>Owner</itunes:name><itunes:email>o@a</itunes:email></itunes:owner>",
		"<itunes:image href='/e.png'/><itunes:author>Jo</itunes:author>"
		"<itunes:keywords>a, b,,a</itunes:keywords><itunes:summary>s</itunes:summary>"
		"<itunes:title>no</itunes:title>");

	CHECK_STR(parsed.feed.image, "http://example.org/show.png");
	CHECK(parsed.feed.category_count == 2);
	CHECK_STR(parsed.feed.author_count ? parsed.feed.authors[0].email : NULL, "o@a");
	CHECK_STR(item->image, "http://example.org/e.png");
	CHECK_STR(item->author_count ? item->authors[0].name : NULL, "Jo");
	CHECK(item->category_count == 2);
	CHECK_STR(item->summary, "s");
	CHECK(!item->title);
	CHECK_STR(parse_rss("", "<itunes:subtitle>in short</itunes:subtitle>")->summary,
		  "in short");
	CHECK_STR(parse_rss("", "<itunes:subtitle>in short</itunes:subtitle>"
				"<itunes:summary>at length</itunes:summary>")
			  ->summary,
		  "at length");
}

static void
takes_hosts_for_authors_and_guests_not(void)
{
	const struct item *item =
		parse_rss("", "<podcast:person role='guest'>Guest</podcast:person>"
			      "<podcast:person href='http://h/'>Host</podcast:person>");

	CHECK(item->author_count == 1);
	CHECK_STR(item->author_count ? item->authors[0].name : NULL, "Host");
	CHECK_STR(item->author_count ? item->authors[0].url : NULL, "http://h/");
}

static void
prefers_the_address_behind_feedburner(void)
{
	const struct item *item = parse_rss(
		"", "<link>http://feedproxy/1</link><feedburner:origLink>http://a/1"
		    "</feedburner:origLink><enclosure url='http://feedproxy/x.mp3'/>"
		    "<feedburner:origEnclosureLink>http://a/x.mp3</feedburner:origEnclosureLink>");

	CHECK_STR(item->url, "http://a/1");
	CHECK_STR(item->enclosure_count ? item->enclosures[0].url : NULL, "http://a/x.mp3");
}

/* The document may be FeedBurner's; what it says of the site's own addresses is the site's. */
static void
resolves_what_is_behind_feedburner_by_the_site(void)
{
	const struct item *item = parse_rss(
		"<link>http://site/blog/</link>",
		"<link>http://feedproxy/1</link><feedburner:origLink>/1</feedburner:origLink>"
		"<enclosure url='http://feedproxy/x.mp3'/>"
		"<feedburner:origEnclosureLink>x.mp3</feedburner:origEnclosureLink>");

	CHECK_STR(item->url, "http://site/1");
	CHECK_STR(item->enclosure_count ? item->enclosures[0].url : NULL, "http://site/blog/x.mp3");
}

int
main(void)
{
	parsed_begin();
	RUN(reads_media_in_groups_and_alone);
	RUN(reads_podcasts);
	RUN(takes_hosts_for_authors_and_guests_not);
	RUN(prefers_the_address_behind_feedburner);
	RUN(resolves_what_is_behind_feedburner_by_the_site);
	parsed_end();
	return check_done();
}
