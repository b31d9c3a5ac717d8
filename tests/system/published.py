"""published - a mill, a site with one feed on it, and the feed's WebSub hub.

    with Published() as (mill, site, hub, url):
        begin(mill, hub, url)
        hub.push(url, feed([1, 2, 3]), ATOM)
        await_items(mill, [1, 2, 3])
"""
import random
import socket

import oracle
import wait
from hub import Hub
from mill import Mill, SLOWNESS
from site_server import Site

ATOM = "application/atom+xml"


def feed(items, hubs=(), topic=None):
    """An Atom feed of these items, as the third of a site's page."""
    links = "".join(f'<link rel="hub" href="{hub}"/>' for hub in hubs)
    if topic:
        links += f'<link rel="self" href="{topic}"/>'
    body = "".join(f"<entry><id>urn:x:{n}</id><title>item {n}</title>"
                   f"<updated>2026-01-01T00:00:{n:02}Z</updated><link href='/{n}'/></entry>"
                   for n in items)
    return (f'<feed xmlns="http://www.w3.org/2005/Atom"><title>t</title><id>urn:x</id>'
            f"<updated>2026-01-01T00:00:00Z</updated>{links}{body}</feed>").encode()


def free_port():
    """Below those that the system gives to whoever asks for any: it is ours while nobody is there,
    too, after a kill, say."""
    while True:
        port = random.randrange(20000, 32000)
        with socket.socket() as s:
            try:
                s.bind(("127.0.0.1", port))
                return port
            except OSError:
                pass


def websub_mill(**keys):
    port = free_port()
    return Mill(websub={"listen": f"127.0.0.1:{port}",
                        "public_url": f"http://127.0.0.1:{port}/websub/"}, **keys)


def ids(mill, name="file"):
    return sorted(row[1] for row in oracle.read_jsonl(mill.sinks[name]["path"]))


def await_items(mill, items):
    want = sorted(f"urn:x:{n}" for n in items)
    wait.until(lambda: all(c == len(want) for c in mill.sink_counts().values()),
               lambda: f"{want}: {mill.sink_counts()}", 30 * SLOWNESS)
    mill.await_idle()
    assert ids(mill) == want, ids(mill)


def story(mill, url):
    return wait.until(lambda: mill.ask("fetcher@main", f"explain {url}"), "its story",
                      30 * SLOWNESS)[0]


def subscribed(mill, url):
    wait.until(lambda: story(mill, url).get("websub", {}).get("state") == "live",
               lambda: f"a subscription: {story(mill, url)}", 30 * SLOWNESS)


class Published:
    """A mill, a site with one feed on it, and its hub, subscribed."""

    def __init__(self, hub=None, mill=None, items=(1, 2)):
        self.pages = {}
        self.hub, self.site = hub or Hub(), Site(self.pages)
        self.mill = mill or websub_mill()
        self.url = self.site.url + "/feed.xml"
        self.show(items)

    def show(self, items):
        self.pages["/feed.xml"] = (ATOM, feed(items, [self.hub.url], self.url), 200)

    def __enter__(self):
        self.hub.__enter__()
        self.site.__enter__()
        self.mill.__enter__()
        return self.mill, self.site, self.hub, self.url

    def __exit__(self, *error):
        self.mill.__exit__(*error)
        self.site.__exit__(*error)
        self.hub.__exit__(*error)


def begin(mill, hub, url):
    mill.start_all()
    mill.list_feeds([url])
    hub.await_verified(url, within_s=30 * SLOWNESS)
    subscribed(mill, url)
