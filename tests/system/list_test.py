"""The list of feeds changes while the fetcher runs: taken up at once, without a restart or a signal.
"""
import os
import time

import wait
from mill import Mill, SLOWNESS
from promise import note, promise, run


def write_list(mill, name, urls):
    path = os.path.join(mill.folder, "feeds.d", name)
    lines = "".join(f'<outline xmlUrl="{u.replace("&", "&amp;")}"/>\n' for u in urls)
    with open(path + ".new", "w", encoding="utf-8") as file:
        file.write(f'<opml version="2.0"><body>\n{lines}</body></opml>\n')
    os.rename(path + ".new", path)


def listed(mill):
    return {feed["url"] for feed in mill.ask("fetcher@main", "feeds") or []}


@promise
def a_feed_added_or_removed_is_noticed_without_a_signal():
    with Mill() as mill:
        mill.start_all()
        one = mill.server.url("/gen", 1, feed=1, items=3)
        two = mill.server.url("/gen", 2, feed=2, items=3)
        began = time.monotonic()
        write_list(mill, "a.opml", [one])
        wait.until(lambda: listed(mill) == {one}, "the first feed is listed", 4 * SLOWNESS)
        note(f"taken up {time.monotonic() - began:.2f} s after the file was written")
        write_list(mill, "b.opml", [two])
        wait.until(lambda: listed(mill) == {one, two}, "the second one too", 4 * SLOWNESS)
        wait.until(lambda: min(mill.sink_counts().values()) == 6, "both feeds' items", 20 * SLOWNESS)
        os.unlink(os.path.join(mill.folder, "feeds.d", "a.opml"))
        wait.until(lambda: listed(mill) == {two}, "the first one is gone", 4 * SLOWNESS)
        asked = mill.server.stats()
        write_list(mill, "a.opml", [one])
        wait.until(lambda: listed(mill) == {one, two}, "it is back", 4 * SLOWNESS)
        mill.ask("fetcher@main", f"poll {one}")
        wait.until(lambda: mill.server.stats() != asked, "it is asked again", 20 * SLOWNESS)
        mill.await_idle()
        # What was known of it was not forgotten: the same validators, nothing fetched twice.
        path = one[one.index("/gen"):]
        assert mill.server.stats()[path][1] == 1, mill.server.stats()
        mill.stop_all()


@promise
def a_broken_list_leaves_the_old_one_in_force():
    with Mill() as mill:
        mill.start_all()
        one = mill.server.url("/gen", 1, feed=1, items=3)
        write_list(mill, "a.opml", [one])
        wait.until(lambda: listed(mill) == {one}, "the feed is listed", 4 * SLOWNESS)
        with open(os.path.join(mill.folder, "feeds.d", "b.opml"), "w", encoding="utf-8") as file:
            file.write("<opml><body><outline")
        wait.until(lambda: mill.logged("fetcher@main", "feeds_refused"), "it says so", 4 * SLOWNESS)
        assert listed(mill) == {one}
        os.unlink(os.path.join(mill.folder, "feeds.d", "b.opml"))
        mill.stop_all()


@promise
def two_fetchers_share_a_list_by_host():
    """Two mills, as on two machines, on the same feeds: each feed has exactly one fetcher."""
    with Mill(fetcher={"shard": "1/2"}) as first, Mill(fetcher={"shard": "2/2"}) as second:
        urls = [first.server.url("/gen", n, feed=n, items=1) for n in range(1, 61)]
        for mill in (first, second):
            mill.start_all()
            write_list(mill, "a.opml", urls)
        both = (first, second)
        wait.until(lambda: sum(len(listed(m)) for m in both) == len(urls), "every feed has a place",
                   20 * SLOWNESS)
        mine, yours = listed(first), listed(second)
        assert not mine & yours and mine | yours == set(urls)
        assert min(len(mine), len(yours)) > 10, (len(mine), len(yours))
        wait.until(lambda: sum(m.sink_counts()["db"] for m in both) == len(urls), "every item, once",
                   40 * SLOWNESS)
        # Each was asked for once, by one of them.
        assert all(asked[0] == 1 for target, asked in first.server.stats().items()
                   if target.startswith("/gen"))
        for mill in both:
            mill.stop_all()


if __name__ == "__main__":
    run()
