"""feedmill explain: an item's whole story, while the mill runs and when it is stopped."""
import json

import wait
from mill import Mill
from promise import note, promise, run

REFUSING = {"type": "exec", "command": ["/bin/sh", "-c", "while read -r l; do echo reject never; done"]}


def explain(mill, what):
    status, out, err = mill.feedmill("explain", what, "--json")
    assert status == 0, err
    return [json.loads(line) for line in out.splitlines()]


def items_of(mill):
    with open(mill.sinks["file"]["path"], encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def states(answer):
    return {sink["sink"]: sink["state"] for sink in answer["story"]["sinks"]}


@promise
def an_items_whole_story_is_told_whether_the_mill_runs_or_not():
    sinks = {"file": {"type": "jsonl"}, "late": {"type": "jsonl"},
             "llms": {"type": "jsonl", "filter": "tag:llms"}, "never": REFUSING}
    with Mill(sinks=sinks) as mill:
        for who in mill.everyone():
            if who != "sink@late":
                mill.start(who)
        # Cut off in the middle: parsed in part, and that is said.
        url = mill.server.url("/gen", 1, feed=1, items=8, bytes=300, end=3000)
        mill.list_feeds([url])
        wait.until(lambda: mill.sink_counts()["file"] >= 3, lambda: mill.sink_counts())
        wait.until(lambda: mill.status("classifier@main")["quarantine"] == mill.sink_counts()["file"],
                   "the refusals are in the quarantine")
        # Item 4n is about crypto, 4n + 1 about wearables, 4n + 2 about LLMs.
        item = next(i for i in items_of(mill) if int(i["guid"].rsplit("-", 1)[1]) % 4 < 2)
        (answer,) = explain(mill, item["id"])
        assert answer["story_from"] == answer["feed_from"] == "daemon", answer
        assert states(answer) == {"file": "delivered", "late": "waiting", "llms": "filtered out",
                                  "never": "quarantined"}, states(answer)
        refused = next(s for s in answer["story"]["sinks"] if s["sink"] == "never")
        assert refused["reason"] == "never" and refused["attempts"] == 1 and refused["quarantine"]
        assert answer["story"]["item"]["tags"][0]["why"][0]["text"], answer
        feed = answer["feed"]
        assert feed["url"] == url and feed["etag"] and feed["status"] == 200 and feed["polled"]
        assert feed["parsed"]["document"] == answer["story"]["fetch_seq"], feed
        assert feed["parsed"]["parser"] == "parser@1" and feed["parsed"]["warnings"], feed
        note(f"mended: {feed['parsed']['warnings']}")

        # By its address, by the publisher's id; a feed's address gives the feed.
        assert [a["story"]["id"] for a in explain(mill, item["url"])] == [item["id"]]
        assert [a["story"]["id"] for a in explain(mill, item["guid"])] == [item["id"]]
        (of_feed,) = explain(mill, url)
        assert "story" not in of_feed and of_feed["feed"]["id"] == item["feed"]["id"]

        status, out, err = mill.feedmill("explain", item["id"])
        assert status == 0, err
        for word in (item["title"], url, "parser@1", "matched '", "filtered out by 'tag:llms'",
                     "item/", "the sink does not run"):
            assert word in out, (word, out)

        mill.stop_all()
        (stopped,) = explain(mill, item["id"])
        assert stopped["story_from"] == stopped["feed_from"] == "files", stopped
        assert states(stopped) == states(answer), states(stopped)
        assert stopped["story"]["item"] == answer["story"]["item"]
        assert stopped["feed"]["parsed"] == feed["parsed"]
        assert [a["story"]["id"] for a in explain(mill, item["url"])] == [item["id"]]
        for nothing in ("0" * 32, "https://example.org/nothing"):
            status, out, err = mill.feedmill("explain", nothing)
            assert (status, out) == (1, "") and err.startswith("feedmill"), (status, out, err)


if __name__ == "__main__":
    run()
