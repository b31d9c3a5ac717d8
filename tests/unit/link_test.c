#include "tests/unit/parsed.h"

static void
sorts_links_by_their_relation(void)
{
	const struct item *item =
		parse_atom("", "<link rel='edit' href='/e'/><link href='/any'/>"
			       "<link rel='alternate' type='text/html' href='/page'/>"
			       "<link rel='alternate' type='application/pdf' href='/pdf'/>"
			       "<link rel='enclosure' href='/x.mp3' length='9' type='audio/mpeg'/>"
			       "<link rel='replies' type='text/html' href='/c'/>"
			       "<link rel='replies' type='application/atom+xml' href='/c.atom'/>"
			       "<link rel='self' href='/self'/>");

	CHECK_STR(item->url, "http://example.org/page");
	CHECK_STR(item->comments, "http://example.org/c");
	CHECK_STR(parsed.entries[0].comments_feed, "http://example.org/c.atom");
	CHECK(item->enclosure_count == 1 && item->enclosures[0].length_bytes == 9);
	CHECK(!parsed.feed.self);
	/* Replies are a feed unless they say that they are a page (RFC 4685, 4). */
	item = parse_atom("", "<link rel='replies' href='/c.atom'/>");
	CHECK(!item->comments);
	CHECK_STR(parsed.entries[0].comments_feed, "http://example.org/c.atom");
}

static void
understands_other_ways_of_writing_a_link(void)
{
	CHECK_STR(parse_atom("", "<link>http://a/1</link>")->url, "http://a/1");
	CHECK_STR(parse_atom("", "<link rel='http://www.iana.org/assignments/relation/alternate' "
				 "href='http://a/1'/>")
			  ->url,
		  "http://a/1");
	CHECK_STR(parse("<a:feed xmlns:a='http://www.w3.org/2005/Atom'><a:entry>"
			"<a:link a:rel='alternate' a:href='http://a/1'/></a:entry></a:feed>")
			  ->url,
		  "http://a/1");
	CHECK_STR(parse_atom("", "<id>http://a/1</id>")->url, "http://a/1");
	CHECK(!parse_atom("", "<id>tag:a,1</id><link href=''/>")->url);
}

int
main(void)
{
	parsed_begin();
	RUN(sorts_links_by_their_relation);
	RUN(understands_other_ways_of_writing_a_link);
	parsed_end();
	return check_done();
}
