"""Items go from feeds to every sink, whole, tagged, safe, and once."""
import glob
import json
import os

import oracle
import wait
from mill import Mill, ROOT
from promise import note, promise, run

SAMPLES = ["coin-ledger.rss", "wristline.atom", "latent-notes.xml", "bench-and-wire.json",
           "harbour-standard.rdf", "severny-vestnik.xml"]
SAMPLE_ITEMS = 39
BROKEN = "maintenance.rss"


@promise
def items_of_every_format_reach_every_sink_with_their_tags():
    with Mill() as mill:
        mill.start_all(parsers=2)
        mill.watch_arrivals()
        expected = {}
        for form in ("rss", "atom", "json"):
            expected.update(mill.publish(10, 20, format=form))
        expected.update(mill.publish(1, 20, bytes=20000, gzip=1))
        mill.await_items(expected)
        mill.await_idle()
        mill.stop_all()
        mill.check(expected)


@promise
def the_sample_feeds_arrive_and_what_is_hostile_in_them_does_not():
    sinks = {"db": {"type": "sqlite"}, "file": {"type": "jsonl"}, "site": {"type": "site"}}
    with Mill(sinks=sinks) as mill:
        site = os.path.join(mill.out_folder, "site")
        mill.sinks["site"].update(path=site, title="Sample news")
        mill.write_config()
        mill.start_all()
        mill.list_feeds([mill.server.url(f"/{name}", host)
                         for host, name in enumerate([*SAMPLES, BROKEN], 1)])
        mill.await_items(range(SAMPLE_ITEMS))
        mill.await_idle()
        failing = wait.until(lambda: mill.status("fetcher@main").get("failing"),
                             "the broken feed is among the failing ones")
        assert len(failing) == 1 and failing[0]["url"].endswith(BROKEN), failing
        assert "HTML" in json.dumps(failing[0]), failing[0]
        mill.stop_all()
        titles = {}
        for _, _, _, title, content, tags in oracle.read_jsonl(mill.sinks["file"]["path"]):
            titles[title] = tags
            for bad in ("<script", "javascript:", "onerror", "onclick", "<iframe", "<form"):
                assert bad not in content.lower(), f"{bad} in '{title}'"
        assert len(titles) == SAMPLE_ITEMS, len(titles)
        assert titles["Bitcoin греет теплицу: огурцы довольны"] == {"crypto", "finance"}
        assert titles["A smart ring that forgets on purpose"] == {"wearables", "gadgets"}
        assert titles["Prompts are not spells"] == {"llms", "ai"}
        assert titles["A tram map drawn by the trams"] == set()
        pages = glob.glob(os.path.join(site, "**/*.html"), recursive=True)
        for page in pages:
            with open(page, encoding="utf-8") as file:
                text = file.read().lower()
            for bad in ("javascript:", "onerror", "onclick", "<iframe", "document.location"):
                assert bad not in text, f"{bad} in {page}"
        with open(os.path.join(site, "index.html"), encoding="utf-8") as file:
            assert "A stablecoin opens its books" in file.read()
        note(f"{len(pages)} pages of the site looked at")


@promise
def asking_again_doubles_nothing_and_a_change_is_a_new_revision():
    with Mill() as mill:
        mill.start_all()
        mill.watch_arrivals()
        expected = mill.publish(5, 10, revvar="r")
        mill.await_items(expected)
        mill.await_idle()

        def polled(whole, unchanged):
            done = [c for t, c in mill.server.stats().items() if t.startswith("/gen")]
            return (sum(c[1] for c in done), sum(c[2] for c in done)) == (whole, unchanged)

        assert polled(5, 0)
        assert mill.feedmill("feeds", "poll", "all")[0] == 0
        wait.until(lambda: polled(5, 5), "five answers 304")
        mill.server.set(r=1)
        assert mill.feedmill("feeds", "poll", "all")[0] == 0
        wait.until(lambda: polled(10, 5), "five changed documents")
        path = mill.sinks["file"]["path"]
        wait.until(lambda: oracle.count(mill.sinks["file"]) == 100, "100 lines in the file")
        mill.await_idle()
        mill.stop_all()
        mill.check(expected)
        titles = [row[3] for row in oracle.read_sqlite(mill.sinks["db"]["path"])]
        assert len(titles) == 50 and all("(revision 1)" in t for t in titles), titles[:3]
        assert len({(r[0], r[1], r[2]) for r in oracle.read_jsonl(path)}) == 100


if __name__ == "__main__":
    assert os.path.isdir(ROOT)
    run()
