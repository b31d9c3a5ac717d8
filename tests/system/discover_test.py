"""A person's way to a feed: a site's address is enough; the list is changed, imported and exported;
each feed's next poll is explained in words."""
import json
import os

import wait
from mill import Mill, SLOWNESS
from promise import promise, run
from site_server import Site

FEED = (b'<?xml version="1.0"?><rss version="2.0"><channel><title>A feed</title>'
        b'<item><title>one</title><guid>1</guid></item></channel></rss>')


def own_list(mill):
    path = os.path.join(mill.folder, "feeds.d", "feedmill.opml")
    with open(path, encoding="utf-8") as file:
        return file.read()


@promise
def a_sites_address_is_enough():
    page = (b'<!doctype html><head><base href="/blog/"><link rel="alternate" '
            b'type="application/rss+xml" title="Comments" href="/comments/feed">'
            b'<link rel="alternate" type="application/atom+xml" href="missing.xml">'
            b'<link rel="alternate" type="application/rss+xml" href="feed.xml?a=1&amp;b=2">')
    with Mill() as mill, Site({"/": ("text/html", page, 200),
                               "/blog/feed.xml?a=1&b=2": ("text/xml", FEED, 200)}) as site:
        status, out, err = mill.feedmill("feeds", "add", site.url)
        assert status == 0, (status, out, err)
        assert f"added {site.url}/blog/feed.xml?a=1&b=2" in out, out
        assert site.asked == ["/", "/blog/missing.xml", "/blog/feed.xml?a=1&b=2"], site.asked
        assert "feed.xml?a=1&amp;b=2" in own_list(mill)
        # Again: it is there already.
        status, out, err = mill.feedmill("feeds", "add", f"{site.url}/blog/feed.xml?a=1&b=2")
        assert status == 0 and "already" in out, out
        assert own_list(mill).count("xmlUrl") == 1


@promise
def a_link_line_of_the_response_names_a_feed_too():
    link = '<feeds/all>; rel="alternate"; type="application/atom+xml", </hub>; rel="hub"'
    with Mill() as mill, Site({"/blog/": ("application/octet-stream", b"no page at all", 200,
                                          {"Link": link}),
                               "/blog/feeds/all": ("text/xml", FEED, 200)}) as site:
        status, out, _ = mill.feedmill("fetch", f"{site.url}/blog/")
        assert status == 0 and f"{site.url}/blog/feeds/all" in out, out
        status, out, err = mill.feedmill("feeds", "add", f"{site.url}/blog/")
        assert status == 0 and f"added {site.url}/blog/feeds/all" in out, (out, err)


@promise
def a_site_that_names_none_is_tried_at_the_usual_places_and_no_more():
    with Mill() as mill, Site({"/": ("text/html", b"<html>nothing", 200),
                               "/atom.xml": ("text/xml", FEED, 200)}) as site, \
            Site({"/": ("text/html", b"<html>nothing", 200)}, "127.0.0.2") as empty:
        status, out, _ = mill.feedmill("feeds", "add", site.url)
        assert status == 0 and f"added {site.url}/atom.xml" in out, out
        status, _, err = mill.feedmill("feeds", "add", empty.url)
        assert status == 1 and "no feed found" in err, err
        assert len(empty.asked) <= 9, empty.asked


@promise
def discovery_goes_nowhere_that_polls_may_not_go():
    inner = b'<link rel=alternate type=application/rss+xml href=http://10.1.2.3/feed>'
    with Site({"/": ("text/html", b"<html>" + inner, 200)}) as site:
        with Mill() as mill:
            status, out, err = mill.feedmill("feeds", "add", site.url)
            assert status == 1 and "added" not in out, (out, err)
            assert "10.1.2.3/feed: a feed" not in out and "10.1.2.3" in out, out
        with Mill(fetcher={"allow_address": "192.0.2.1"}) as mill:
            asked = len(site.asked)
            status, _, err = mill.feedmill("feeds", "add", site.url)
            assert status == 1 and len(site.asked) == asked, err


@promise
def a_list_is_imported_changed_and_exported_with_its_folders():
    opml = (b'<opml><body><outline text="News"><outline text="Science"><outline text="A" '
            b'xmlUrl="https://a.example/f?x=1&amp;y=2"/></outline></outline>'
            b'<outline xmlUrl="gopher://b.example/"/><outline xmlUrl="https://c.example/"/>'
            b'</body></opml>')
    with Mill() as mill:
        mill.list_feeds(["https://mine.example/feed"])
        status, out, err = mill.feedmill("feeds", "import", "-", stdin=opml)
        assert status == 1 and "2 added, 0 in the list already, 1 left out" in out, (out, err)
        status, out, _ = mill.feedmill("feeds", "import", "-", stdin=opml)
        assert "0 added, 2 in the list already" in out, out
        status, out, _ = mill.feedmill("feeds", "export")
        assert status == 0 and out.count("xmlUrl") == 3, out
        assert '<outline text="News">\n<outline text="Science">\n<outline type="rss" text="A"' in out
        assert mill.feedmill("feeds", "remove", "https://c.example/")[0] == 0
        status, _, err = mill.feedmill("feeds", "remove", "https://mine.example/feed")
        assert status == 1 and "take it out there" in err, err
        assert mill.feedmill("feeds", "remove", "https://never.example/")[0] == 1
        assert mill.feedmill("feeds", "export")[1].count("xmlUrl") == 2


@promise
def a_running_fetcher_takes_it_up_and_says_when_it_asks_next_and_why():
    with Mill() as mill:
        mill.start_all()
        url = mill.server.url("/gen", 1, feed=1, items=2)
        assert mill.feedmill("feeds", "add", "--category", "Tests", url)[0] == 0
        wait.until(lambda: min(mill.sink_counts().values()) == 2, "its items", 30 * SLOWNESS)
        mill.await_idle()
        status, out, err = mill.feedmill("feeds", "show", url)
        assert status == 0, err
        for words in ("next poll", "in ", "silent feeds", "last poll", "status 200", "ETag", "Tests"):
            assert words in out, (words, out)
        story = json.loads(mill.feedmill("feeds", "show", "--json", url)[1])
        assert story["url"] == url and story["category"] == "Tests", story
        assert mill.feedmill("feeds", "remove", url)[0] == 0
        wait.until(lambda: "never" in mill.feedmill("feeds", "show", url)[1], "it is never due",
                   10 * SLOWNESS)
        mill.stop_all()


@promise
def fetch_tells_a_person_and_a_script_each_step():
    with Mill() as mill:
        there = mill.server.url("/gen", 1, feed=1, items=2)
        url = mill.server.url("/redirect/301", 1, to=there)
        status, out, err = mill.feedmill("fetch", url)
        assert status == 0, (out, err)
        for words in ("301", "goes on", "moved for good", "verdict: document", "it is: a feed"):
            assert words in out, (words, out)
        status, out, _ = mill.feedmill("fetch", "--json", url)
        lines = [json.loads(line) for line in out.splitlines()]
        assert [line.get("status") for line in lines] == [301, 200, None], lines
        assert lines[0]["goes_on"] and any("301" in h for h in lines[0]["headers"]), lines[0]
        assert lines[2]["is"] == "feed" and lines[2]["moved_to"] == there, lines[2]
        status, out, _ = mill.feedmill("fetch", "--json", "http://169.254.169.254/")
        assert status == 1 and json.loads(out.splitlines()[0])["end"] == "refused", out


if __name__ == "__main__":
    run()
