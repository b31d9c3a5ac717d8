"""One story that several feeds tell: every sink can show it once with its sources, and a source that
comes later changes the page."""
import json
import os
import sqlite3

import wait
from mill import Mill, SLOWNESS
from promise import promise, run
from site_server import Site

TITLE = "Harbour council votes to close the old lighthouse after ninety years"
TEXT = ("The harbour council voted on Monday to switch off the old lighthouse, which has guided "
        "ships past the sandbanks for ninety years, and to sell the keepers' cottages below it.")
OTHER = "Weekly roundup"
SINKS = {"db": {"type": "sqlite"}, "file": {"type": "jsonl"}, "site": {"type": "site"},
         "program": {"type": "exec"}}


def feed(name, items):
    text = f'<?xml version="1.0"?><rss version="2.0"><channel><title>{name}</title>'
    for guid, title, url, words in items:
        text += (f"<item><title>{title}</title><link>{url}</link><guid isPermaLink='false'>{guid}"
                 f"</guid><description>{words}</description></item>")
    return (text + "</channel></rss>").encode()


def ask(mill, sql):
    with sqlite3.connect(mill.sinks["db"]["path"]) as db:
        return db.execute(sql).fetchall()


@promise
def a_story_of_three_feeds_is_one_row_and_one_entry():
    pages = {
        "/one": ("text/xml", feed("The First", [
            ("a", TITLE, "https://first.example/lighthouse?utm_source=rss", TEXT),
            ("b", OTHER, "https://first.example/week", "Boats were painted, and a crane moved.")]),
            200),
        "/two": ("text/xml", feed("The Second", [
            ("a", TITLE, "https://second.example/news/17", TEXT),
            ("b", OTHER, "https://second.example/week", "Bread prices, and a concert.")]), 200),
        "/three": ("text/xml", feed("The Third", [
            ("a", "Read this", "https://first.example/lighthouse", "Elsewhere.")]), 200),
    }
    with Mill(sinks=SINKS) as mill, Site(pages) as one, Site(pages, "127.0.0.2") as two, \
            Site(pages, "127.0.0.3") as three:
        got = os.path.join(mill.out_folder, "program")
        mill.sinks["site"]["path"] = os.path.join(mill.out_folder, "www")
        mill.sinks["program"]["command"] = [
            "/bin/sh", "-c", f'while read -r l; do printf "%s\\n" "$l" >>{got}; echo ok; done']
        mill.write_config()
        front = os.path.join(mill.sinks["site"]["path"], "index.html")

        def page():
            try:
                with open(front, encoding="utf-8") as file:
                    return file.read()
            except FileNotFoundError:
                return ""

        mill.start_all()
        mill.list_feeds([one.url + "/one"])
        mill.await_items(range(2))
        mill.list_feeds([two.url + "/two"])
        mill.await_items(range(4))
        wait.until(lambda: "The Second</a></p>" in page(), page, 20 * SLOWNESS)
        assert page().count("<article") == 3, page()
        # The third only points to the first one's page: a source more, on the page that is there.
        mill.list_feeds([three.url + "/three"])
        mill.await_items(range(5))
        wait.until(lambda: "The Third</a></p>" in page() or "The Second</a>, <a" in page(), page,
                   20 * SLOWNESS)
        assert page().count("<article") == 3 and page().count("Also at") == 1, page()
        mill.await_idle()
        mill.stop_all()

        # The columns that are all called the same are two stories.
        assert len(ask(mill, "SELECT 1 FROM stories")) == 3, ask(mill, "SELECT * FROM stories")
        assert len(ask(mill, "SELECT DISTINCT story FROM items")) == 3
        ((title, count, sources),) = ask(
            mill, "SELECT title, items, sources FROM stories WHERE items > 1")
        assert (title, count) == (TITLE, 3), (title, count)
        assert [s["feed_title"] for s in json.loads(sources)] == \
            ["The First", "The Second", "The Third"], sources
        for path in (mill.sinks["file"]["path"], got):
            with open(path, encoding="utf-8") as file:
                lines = [json.loads(line) for line in file]
            items = [line.get("item", line) for line in lines]
            told = sorted((i["story"], i["story_rank"]) for i in items)
            assert len(told) == 5 and len({s for s, _ in told}) == 3, (path, told)
            assert sorted(rank for _, rank in told) == [1, 1, 1, 2, 3], (path, told)


if __name__ == "__main__":
    run()
