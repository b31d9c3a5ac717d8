#include "tests/unit/parsed.h"

static void
reads_each_kind_of_text(void)
{
	CHECK_STR(parse_atom("", "<title>Use &lt;b&gt; &amp;amp; co</title>")->title,
		  "Use <b> &amp; co");
	CHECK_STR(
		parse_atom("", "<title type='html'>&lt;b&gt;x&lt;/b&gt; &amp;amp;</title>")->title,
		"x &");
	CHECK_STR(parse_atom("", "<title type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'>"
				 "a <i>b</i> &lt;c&gt;</div></title>")
			  ->title,
		  "a b <c>");
	CHECK_STR(parse_atom("", "<summary>1 &lt; 2 &amp; 3</summary>")->summary,
		  "1 &lt; 2 &amp; 3");
	CHECK_STR(parse_atom("", "<content type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'>"
				 "<p>a &lt; b<br/>c</p></div></content>")
			  ->content,
		  "<div><p>a &lt; b<br>c</p></div>");
	CHECK_STR(parse_atom("", "<content type='html'>&lt;p&gt;x</content>")->content, "<p>x</p>");
	/* Escaped, although it is XHTML: but not within what is markup. */
	CHECK_STR(parse_atom("", "<content type='xhtml'><![CDATA[<p>a &amp; b</p>]]></content>")
			  ->content,
		  "<p>a &amp; b</p>");
	CHECK_STR(parse_atom("", "<content type='xhtml'><div>&lt;p&gt;x&lt;/p&gt;</div></content>")
			  ->content,
		  "<div>&lt;p&gt;x&lt;/p&gt;</div>");
	CHECK(!parse_atom("", "<content type='image/png'>iVBORw0K</content>")->content);
	CHECK(!parse_atom("", "<content src='http://a/'/>")->content);
	CHECK_STR(parse_atom("", "<content src='http://a/'>x</content>")->content, "x");
	/* Only a content can be another medium. */
	CHECK_STR(parse_atom("<rights type='application/pdf'>R</rights>",
			     "<title type='image/x-none'>T &amp;amp; t</title>")
			  ->title,
		  "T & t");
	CHECK_STR(parsed.feed.rights, "R");
}

static void
reads_atom_0_3(void)
{
	const struct item *item =
		parse("<feed version='0.3' xmlns='http://purl.org/atom/ns#'>"
		      "<tagline mode='escaped' type='text/html'>&lt;b&gt;t&lt;/b&gt;</tagline>"
		      "<modified>2003-12-13T18:30:02Z</modified><entry><issued>2003-12-13</issued>"
		      "<content type='text/html' mode='base64'>PGI+eDwvYj4=</content>"
		      "</entry></feed>");

	CHECK_STR(parsed.feed.subtitle, "t");
	CHECK(parsed.feed.updated_s == 1071340202);
	CHECK_STR(item->content, "<b>x</b>");
}

static void
takes_the_best_of_several_versions_of_a_content(void)
{
	CHECK_STR(parse_atom("", "<content type='multipart/alternative'>"
				 "<content type='text/html' mode='escaped'>&lt;b>x&lt;/b></content>"
				 "<content type='text/plain'>x</content></content>")
			  ->content,
		  "<b>x</b>");
}

static void
resolves_against_the_nearest_base(void)
{
	const struct item *item =
		parse("<feed xmlns='http://www.w3.org/2005/Atom' xml:base='http://a/b/'>"
		      "<entry xml:base='c/'><link href='d'/>"
		      "<content type='html' xml:base='e/'>&lt;a href='f'&gt;x&lt;/a&gt;</content>"
		      "</entry></feed>");

	CHECK_STR(item->url, "http://a/b/c/d");
	CHECK(item->content && strstr(item->content, "\"http://a/b/c/e/f\""));
}

static void
reads_persons_by_their_parts(void)
{
	const struct item *item = parse_atom(
		"<author><name>Feed</name></author>",
		"<author><name> Jo </name><email>mailto:jo@a</email><uri>/jo</uri></author>"
		"<author><name>Bo</name></author><contributor><name>No</name></contributor>");

	CHECK(item->author_count == 2);
	CHECK_STR(item->authors[0].name, "Jo");
	CHECK_STR(item->authors[0].email, "jo@a");
	CHECK_STR(item->authors[0].url, "http://example.org/jo");
	CHECK_STR(item->authors[1].name, "Bo");
	CHECK_STR(parsed.feed.authors[0].name, "Feed");
}

static void
keeps_the_source_of_an_entry_apart(void)
{
	const struct item *item =
		parse_atom("", "<source><title>S</title><id>s</id><link href='http://s/'/>"
			       "<updated>2001-01-01</updated></source><title>t</title><id>i</id>");

	CHECK_STR(item->title, "t");
	CHECK_STR(item->guid, "i");
	CHECK(!item->url && item->updated_s == ITEM_NO_TIME);
	CHECK_STR(item->source.title, "S");
	CHECK_STR(item->source.url, "http://s/");
	CHECK_STR(parsed.entries[0].source_id, "s");
}

static void
stands_in_rss_without_passing_for_it(void)
{
	const struct item *item = parse_rss(
		"<link>http://site/</link><a:link xmlns:a='http://www.w3.org/2005/Atom' "
		"rel='self' href='http://site/feed'/><link rel='hub' href='http://h/'/>",
		"<updated>2024-02-03T04:05:06Z</updated><author><name>Jo</name></author>");

	CHECK_STR(parsed.feed.link, "http://site/");
	CHECK_STR(parsed.feed.self, "http://site/feed");
	CHECK(parsed.feed.hub_count == 1);
	CHECK(item->updated_s != ITEM_NO_TIME);
	/* What says no type is typed as in RSS, unless its namespace is Atom's. */
	CHECK_STR(parse_rss("", "<content>&lt;p&gt;x&lt;/p&gt;</content>")->content, "<p>x</p>");
	CHECK_STR(parse_rss("", "<a:content xmlns:a='http://www.w3.org/2005/Atom'>1 &lt; 2"
				"</a:content>")
			  ->content,
		  "1 &lt; 2");
	item = parse_rss("", "<author><name>Jo</name></author>");
	CHECK_STR(item->author_count ? item->authors[0].name : NULL, "Jo");
}

static void
believes_its_own_elements_before_those_of_dublin_core(void)
{
	static const char DC[] = "xmlns:dc='http://purl.org/dc/elements/1.1/'";
	char entry[512];
	const struct item *item;

	(void)snprintf(entry, sizeof(entry),
		       "<published>2024-01-02T00:00:00Z</published><author><name>A</name></author>"
		       "<dc:date %s>2020-01-01</dc:date><dc:creator %s>C</dc:creator>",
		       DC, DC);
	item = parse_atom("", entry);
	CHECK(item->published_s == 1704153600);
	CHECK(item->author_count == 1);
	CHECK_STR(item->authors[0].name, "A");
}

static void
says_which_language_an_entry_is_in(void)
{
	static const char FEED[] =
		"<feed xmlns='http://www.w3.org/2005/Atom' xml:lang='fr'><entry%s>"
		"<title%s>t</title></entry></feed>";
	static const struct {
		const char *entry, *title, *language;
	} cases[] = {
		{"", "", "fr"},
		{" xml:lang='de'", "", "de"},
		{"", " xml:lang='it'", "it"},
		{" xml:lang='de'", " xml:lang='it'", "de"},
		{" xml:lang=''", "", "none"}, /* and not the feed's */
		{" xml:lang=''", " xml:lang='it'", "it"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct item *item;
		char text[512];

		(void)snprintf(text, sizeof(text), FEED, cases[i].entry, cases[i].title);
		item = parse(text);
		CHECK_STR(item->language ? item->language : "none", cases[i].language);
	}
}

int
main(void)
{
	parsed_begin();
	RUN(reads_each_kind_of_text);
	RUN(reads_atom_0_3);
	RUN(takes_the_best_of_several_versions_of_a_content);
	RUN(resolves_against_the_nearest_base);
	RUN(reads_persons_by_their_parts);
	RUN(keeps_the_source_of_an_entry_apart);
	RUN(stands_in_rss_without_passing_for_it);
	RUN(believes_its_own_elements_before_those_of_dublin_core);
	RUN(says_which_language_an_entry_is_in);
	parsed_end();
	return check_done();
}
