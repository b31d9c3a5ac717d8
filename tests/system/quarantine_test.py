"""The quarantine for people: what cannot be handled is listed, shown, tried again, dropped."""
import json
import os
import sys

import wait
from mill import Mill
from promise import note, promise, run

POISON = "f3-poison-3f"
SICK = {"FEEDMILL_TEST_ABORT_ON": POISON}

# Refuses what the file "bad" names, as long as it is there; keeps the keys of the rest.
PICKY = r"""
import json, os, sys
bad, out = sys.argv[1:]
for line in sys.stdin:
    if not line.strip():
        continue
    got = json.loads(line)
    if os.path.exists(bad) and open(bad).read() in got["item"].get("guid", ""):
        print("reject that guid is not for us", flush=True)
        continue
    with open(out, "a") as file:
        file.write(got["key"] + "\n")
    print("ok", flush=True)
"""


def rows(mill, *what):
    status, out, err = mill.feedmill("quarantine", "list", *what, "--json")
    assert status == 0, err
    return [json.loads(line) for line in out.splitlines()]


def command(mill, *arguments):
    status, out, err = mill.feedmill("quarantine", *arguments)
    assert status == 0, (arguments, out, err)
    return out


def put_away(mill, count):
    """Sick parsers, revived until so many documents are in the quarantine."""
    def step():
        if not mill.alive("parser@1"):
            mill.daemons.pop("parser@1").wait()
            mill.start("parser@1", SICK, ready=False)
        return mill.status("fetcher@main").get("quarantine") == count
    wait.until(step, lambda: f"{count} in the quarantine: {mill.status('fetcher@main')}", 90)


@promise
def a_document_is_listed_shown_tried_again_or_dropped():
    with Mill() as mill:
        for who in mill.everyone():
            mill.start(who, SICK, ready=False)
        retried = mill.publish(1, 5, mark=POISON)
        put_away(mill, 1)
        dropped = mill.publish(1, 5, mark=POISON)
        put_away(mill, 2)
        first, second = rows(mill, "documents")
        assert first["name"].startswith("document/") and first["kind"] == "document", first
        assert rows(mill, "items") == []

        shown = json.loads(command(mill, "show", first["name"], "--json"))
        assert shown["body_b64"] and shown["attempts"] >= 3, shown
        assert shown["stage"].startswith("parser"), shown
        assert POISON in command(mill, "show", first["name"])
        assert command(mill, "show", first["name"], "--body").startswith("<?xml")

        # Mended.
        if mill.alive("parser@1"):
            mill.kill("parser@1")
        mill.start("parser@1")
        command(mill, "retry", first["name"])
        # Who was told so may rely on it.
        mill.kill("fetcher@main")
        mill.start("fetcher@main")
        mill.await_items(retried)
        assert [row["name"] for row in rows(mill)] == [second["name"]]

        # Dropped: asked for whole, though the server has nothing new.
        (url, _), *_ = dropped
        before = mill.server.stats()
        command(mill, "drop", second["name"])
        assert rows(mill) == []
        assert mill.feedmill("feeds", "poll", url)[0] == 0
        mill.await_items({**retried, **dropped})
        target = url.split("/", 3)[3]
        whole = [after[1] - before[t][1] for t, after in mill.server.stats().items()
                 if t.lstrip("/") == target]
        assert whole == [1], (target, whole)
        mill.await_idle()
        mill.stop_all()
        mill.check({**retried, **dropped})

        status, _, err = mill.feedmill("quarantine", "list")
        assert status == 1 and "feedmill status" in err, err


@promise
def an_item_that_one_sink_refuses_is_that_sinks_alone():
    with Mill() as mill:
        script, bad, out = (os.path.join(mill.folder, n) for n in ("picky.py", "bad", "taken"))
        for path, text in ((script, PICKY), (bad, "gen-1-2")):
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
        mill.sinks["picky"] = {"type": "exec", "command": [sys.executable, script, bad, out]}
        mill.write_config()
        mill.start_all()
        expected = mill.publish(1, 5)
        mill.await_items(expected)
        wait.until(lambda: len(rows(mill, "items")) == 1, "one item in the quarantine")
        (row,) = rows(mill)
        assert row["stage"] == "sink@picky" and "not for us" in row["reason"], row
        shown = json.loads(command(mill, "show", row["name"], "--json"))
        assert shown["item"]["guid"] == "gen-1-2" and shown["item"]["summary"], shown
        assert "gen-1" in command(mill, "show", row["name"])

        def keys():
            with open(out, encoding="utf-8") as file:
                return file.read().split()

        wait.until(lambda: len(keys()) == 4, lambda: f"four items: {keys()}")
        os.unlink(bad)
        assert json.loads(command(mill, "retry", "all", "--json"))["retried"] is True
        # Who was told so may rely on it.
        mill.kill("classifier@main")
        mill.start("classifier@main")
        wait.until(lambda: len(keys()) == 5, lambda: f"five items: {keys()}")
        assert len(set(keys())) == 5
        mill.await_idle()
        assert rows(mill) == []

        # Unknown ones are a no, wrong ones a usage error.
        assert mill.feedmill("quarantine", "drop", "item/99")[0] == 1
        assert mill.feedmill("quarantine", "drop", "thing/1")[0] == 2
        mill.stop_all()
        mill.check(expected)
        note(f"refused and tried again: {row['ref']}")


if __name__ == "__main__":
    run()
