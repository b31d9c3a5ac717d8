"""RFC 5005: a feed whose window moved on too far is read up from its archives, back to what is
known and no further."""
import wait
from mill import Mill, SLOWNESS
from promise import promise, run
from site_server import Site


def feed(base, items, archive):
    link = f'<atom:link rel="prev-archive" href="{base}/arch{archive}.xml"/>' if archive else ""
    body = "".join(f"<item><title>item {n}</title><guid>{n}</guid></item>" for n in items)
    return ("text/xml", ('<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel>'
                         f"<title>t</title>{link}{body}</channel></rss>").encode(), 200)


def count(mill):
    return min(mill.sink_counts().values())


@promise
def what_passed_between_two_polls_is_fetched_from_the_archives():
    pages = {}
    with Mill() as mill, Site(pages) as site:
        pages["/feed.xml"] = feed(site.url, [13, 14, 15], 3)
        for n in range(1, 7):  # archive n holds 3n+1 .. 3n+3
            pages[f"/arch{n}.xml"] = feed(site.url, [3 * n + 1, 3 * n + 2, 3 * n + 3], n - 1)
        mill.start_all()
        mill.list_feeds([site.url + "/feed.xml"])
        wait.until(lambda: count(mill) == 3, "the window", 30 * SLOWNESS)
        mill.await_idle()
        assert site.asked == ["/feed.xml"], site.asked  # a new feed has no past
        pages["/feed.xml"] = feed(site.url, [25, 26, 27], 6)
        mill.ask("fetcher@main", f"poll {site.url}/feed.xml")
        # 25 to 27, and 13 to 21 from the archives 6, 5, 4, of which 13 to 15 were known.
        wait.until(lambda: count(mill) == 3 + 3 + 6, lambda: f"what is new: {count(mill)}",
                   30 * SLOWNESS)
        mill.await_idle()
        assert site.asked == ["/feed.xml", "/feed.xml", "/arch6.xml", "/arch5.xml", "/arch4.xml"], \
            site.asked
        # They are the feed's own items.
        story = mill.ask("fetcher@main", "feeds")
        assert [f["url"] for f in story] == [site.url + "/feed.xml"], story
        mill.stop_all()


if __name__ == "__main__":
    run()
