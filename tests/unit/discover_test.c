#include "fetcher/discover.h"

#include "common/clock.h"
#include "tests/unit/check.h"

static struct buf found;

static enum discover_kind
kind(const char *text)
{
	return discover_kind((struct bytes){text, strlen(text)});
}

static int
note(void *arg, const struct discovered *d)
{
	(void)arg;
	return buf_addf(&found, NULL, "%s|%s;", d->url, d->title ? d->title : "");
}

static const char *
links_of_both(const char *head, const char *page)
{
	buf_done(&found);
	found = buf_init(1 << 20);
	CHECK(discover_links((struct bytes){head, strlen(head)}, (struct bytes){page, strlen(page)},
			     "https://site.example/blog/", note, NULL, NULL) == 0);
	return buf_str(&found);
}

static const char *
links_of(const char *page)
{
	return links_of_both("", page);
}

static void
tells_feeds_from_pages_by_what_they_are(void)
{
	CHECK(kind("<?xml version=\"1.0\"?>\n<!-- <html> --><rss version=\"2.0\">") ==
	      DISCOVER_FEED);
	CHECK(kind("\xef\xbb\xbf<feed xmlns=\"http://www.w3.org/2005/Atom\">") == DISCOVER_FEED);
	CHECK(kind("<!DOCTYPE rss [<!ENTITY a \"b\">]><rdf:RDF>") != DISCOVER_OTHER);
	CHECK(kind("<rdf:RDF xmlns=\"x\">") == DISCOVER_FEED);
	CHECK(kind("  {\"version\": \"https://jsonfeed.org/version/1.1\"}") == DISCOVER_FEED);
	CHECK(kind("{\"version\": 1}") == DISCOVER_OTHER);
	CHECK(kind("<!doctype html><html><head>") == DISCOVER_PAGE);
	CHECK(kind("<p>hello") == DISCOVER_PAGE);
	CHECK(kind("hello") == DISCOVER_OTHER);
	CHECK(kind("") == DISCOVER_OTHER);
	CHECK(discover_kind((struct bytes){"\xff\xfe<\0r\0s\0s\0>\0", 12}) == DISCOVER_FEED);
}

static void
finds_what_the_page_names_in_every_spelling(void)
{
	CHECK_STR(links_of("<head><link rel=\"alternate\" type=\"application/rss+xml\" "
			   "title=\"News &amp; more\" href=\"/feed?a=1&amp;b=2\">"
			   "<LINK HREF=feed.json TYPE='application/feed+json' REL='ALTERNATE x'/>"
			   "<link rel=feed href=//cdn.example/f>"),
		  "https://site.example/feed?a=1&b=2|News & more;"
		  "https://site.example/blog/feed.json|;https://cdn.example/f|;");
}

static void
finds_what_the_response_names_in_its_head(void)
{
	static const char head[] =
		"HTTP/1.1 200 OK\r\n"
		"Link: </feed.json>; rel=\"alternate me\"; type=\"application/feed+json\"; "
		"title=x\r\n"
		"link: <comments/feed>; rel=alternate; type=application/rss+xml, <a.css>; "
		"rel=\"alternate stylesheet\"; type=text/css, </hub>; rel=hub\r\n"
		"Link: <atom.xml#x>; rel=ALTERNATE; type=\"application/atom+xml;charset=utf-8\", "
		"</fr>; rel=alternate; hreflang=fr, <//cdn.example/f>; rel=feed\r\n"
		"Link: </of-another>; rel=feed; anchor=\"/other\", <file:///f>; rel=feed, "
		"<http://me:pw@h/>; rel=feed\r\n\r\n";

	CHECK_STR(links_of_both(head, ""), "https://site.example/feed.json|;"
					   "https://site.example/blog/atom.xml|;"
					   "https://cdn.example/f|;"
					   "https://site.example/blog/comments/feed|;");
	/* A base is the page's own; what both name comes once. */
	CHECK_STR(links_of_both("Link: <one>; rel=feed\r\n",
				"<base href=/base/><link rel=feed href=../blog/one>"
				"<link rel=feed title=Two href=two>"),
		  "https://site.example/blog/one|;https://site.example/base/two|Two;");
}

static void
the_base_counts_wherever_it_stands(void)
{
	CHECK_STR(links_of("<link rel=alternate type=application/atom+xml href=a.xml>"
			   "<base href='https://other.example/x/y'><base href=/z/>"),
		  "https://other.example/x/a.xml|;");
}

static void
the_likely_ones_come_first_and_none_twice(void)
{
	CHECK_STR(links_of("<link rel=alternate type=application/json href=/wp-json>"
			   "<a href=/rss/>x</a>"
			   "<link rel=alternate type=application/rss+xml href=/comments/feed>"
			   "<link rel=alternate type='text/xml; charset=utf-8' href=/b>"
			   "<link rel=alternate type=application/rss+xml href=/a#top>"
			   "<link rel=alternate type=application/atom+xml href=/a>"),
		  "https://site.example/a|;https://site.example/b|;https://site.example/wp-json|;"
		  "https://site.example/rss/|;https://site.example/comments/feed|;");
}

static void
what_is_not_said_in_earnest_is_not_heard(void)
{
	CHECK_STR(
		links_of("<!-- <link rel=alternate type=application/rss+xml href=/a> -->"
			 "<script>'<link rel=alternate type=application/rss+xml href=/b>'</script>"
			 "<link rel='alternate stylesheet' type=application/rss+xml href=/c>"
			 "<link rel=alternate hreflang=de href=/d>"
			 "<link rel=alternate type=application/rss+xml href=javascript:x>"
			 "<link rel=alternate type=application/rss+xml href=https://u:p@e.example/>"
			 "<link rel=alternate type=application/rss+xml href=file:///etc/passwd>"),
		"");
}

static void
hostile_pages_cost_no_more_than_their_length(void)
{
	static const char *const parts[] = {
		"<",          "<a ", "<!--",           "<script>",
		"<link rel=", "&#",  "<a href=/feed ", "<link rel=feed href=/x>"};
	static char page[DISCOVER_BYTES_MAX + 1];

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		const size_t len = strlen(parts[i]);
		const int64_t began_ms = clock_mono_ms();

		for (size_t at = 0; at < DISCOVER_BYTES_MAX; at++)
			page[at] = parts[i][at % len];
		(void)links_of(page);
		CHECK(clock_mono_ms() - began_ms < 5000);
	}
}

int
main(void)
{
	RUN(tells_feeds_from_pages_by_what_they_are);
	RUN(finds_what_the_page_names_in_every_spelling);
	RUN(finds_what_the_response_names_in_its_head);
	RUN(the_base_counts_wherever_it_stands);
	RUN(the_likely_ones_come_first_and_none_twice);
	RUN(what_is_not_said_in_earnest_is_not_heard);
	RUN(hostile_pages_cost_no_more_than_their_length);
	buf_done(&found);
	return check_done();
}
