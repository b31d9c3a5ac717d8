"""What the outbox keeps can be given once more: to one sink, or through other rules.

limit: 300
"""
import os
import random
import shutil

import oracle
import wait
from mill import Mill, SLOWNESS
from promise import note, promise, run

SEED = int(os.environ.get("FEEDMILL_TEST_SEED", "20261125"))


def forget(mill, name):
    """The sink loses all it had, and its memory of it."""
    assert mill.stop(f"sink@{name}") == 0
    path = mill.sinks[name]["path"]
    for file in [path] + [path + end for end in ("-wal", "-shm", ".lock", ".mark", ".ballast")]:
        if os.path.exists(file):
            os.remove(file)
    shutil.rmtree(os.path.join(mill.state_folder, "sink", name), ignore_errors=True)


def replayed(mill, name):
    """Whether the replay is over."""
    sinks = mill.status("classifier@main").get("sinks", [])
    return any(s["sink"] == name and s["replaying"] == 0 and s["pending"] == 0 for s in sinks)


@promise
def a_replay_fills_one_sink_again_whatever_is_killed_meanwhile():
    dice = random.Random(SEED)
    note(f"seed {SEED}")
    with Mill() as mill:
        mill.start_all()
        mill.watch_arrivals()
        expected = mill.publish(150, 20)
        mill.await_items(expected)
        mill.await_idle()
        forget(mill, "file")
        mill.start("sink@file")
        status, out, error = mill.feedmill("replay", "file", "--since", "1d")
        assert status == 0 and "3000 kept items" in out, (status, out, error)
        kills = 0
        for share in range(1, 8):
            want = len(expected) * share // 8
            wait.moving(mill.sink_counts, lambda: mill.sink_counts()["file"] >= want,
                        f"{want} items in file", 30 * SLOWNESS)
            victims = dice.choice([["classifier@main"], ["sink@file"],
                                   ["classifier@main", "sink@file"]])
            for who in victims:
                mill.kill(who)
                kills += 1
            for who in victims:
                mill.start(who, ready=False)
            # What is new does not wait for it.
            expected.update(mill.publish(1, 20))
        mill.await_items(expected, still_s=40)
        wait.until(lambda: replayed(mill, "file"), "the replay is over", 30 * SLOWNESS)
        # Once more: nothing takes effect twice.
        status, out, error = mill.feedmill("replay", "file")
        assert status == 0, error
        wait.until(lambda: replayed(mill, "file"), "the second replay is over", 60 * SLOWNESS)
        mill.await_idle()
        mill.stop_all()
        mill.check(expected)
        note(f"{kills} kills, {len(expected)} items")


@promise
def a_replay_gives_only_what_its_tag_names_and_to_that_sink_alone():
    sinks = {"db": {"type": "sqlite"}, "a": {"type": "jsonl"}, "b": {"type": "jsonl"}}
    with Mill(sinks=sinks) as mill:
        mill.start_all()
        expected = mill.publish(10, 20)
        coins = {key: tags for key, tags in expected.items() if "crypto" in tags}
        mill.await_items(expected)
        mill.await_idle()
        forget(mill, "a")
        forget(mill, "b")
        mill.start("sink@a")
        mill.start("sink@b")
        status, _, error = mill.feedmill("replay", "a", "--tag", "crypto", "--since", "2h")
        assert status == 0, error
        mill.await_items(coins, sinks=["a"])
        wait.until(lambda: replayed(mill, "a"), "the replay is over", 30 * SLOWNESS)
        mill.stop_all()
        mill.check(coins, sinks=["a"])
        assert oracle.count(mill.sinks["b"]) == 0
        for wrong in (["replay"], ["replay", "a", "--since", "soon"]):
            assert mill.feedmill(*wrong)[0] == 2, wrong


@promise
def other_rules_reach_every_sink_once_whatever_is_killed_meanwhile():
    dice = random.Random(SEED + 1)
    sinks = {"db": {"type": "sqlite"}, "file": {"type": "jsonl"},
             "coins": {"type": "jsonl", "filter": "tag:coins"}}
    with Mill(sinks=sinks) as mill:
        rules = os.path.join(mill.folder, "other.conf")
        with open(rules, "w", encoding="utf-8") as file:
            file.write("[tag nothing]\nany = nosuchphrase\n")
        mill.classifier["rules"] = rules
        mill.write_config()
        mill.start_all()
        mill.watch_arrivals()
        expected = {key: set() for key in mill.publish(100, 20)}
        mill.await_items(expected, sinks=["db", "file"])
        mill.await_idle()
        with open(rules, "w", encoding="utf-8") as file:
            file.write("[tag coins]\nany = bitcoin\n")
        mill.reload("classifier@main")
        wait.until(lambda: "coins" in mill.status("classifier@main").get("tags", {}),
                   "the other rules are in use")
        status, out, error = mill.feedmill("retag", "--since", "1d")
        assert status == 0 and "2000 kept items" in out, (status, out, error)
        for _ in range(6):
            who = dice.choice(["classifier@main", "sink@db", "sink@file", "sink@coins"])
            mill.kill(who)
            mill.start(who)
        wait.until(lambda: mill.status("classifier@main").get("retag_left") == 0,
                   "all is tagged anew", 60 * SLOWNESS)
        mill.await_idle()
        # Twice is once.
        assert mill.feedmill("retag")[0] == 0
        wait.until(lambda: mill.status("classifier@main").get("retag_left") == 0,
                   "all is tagged anew", 60 * SLOWNESS)
        mill.await_idle()
        mill.stop_all()
        changed = {}
        with oracle.connect(mill.sinks["db"]["path"]) as db:
            rows = db.execute("SELECT feed_url, guid, tag FROM items LEFT JOIN item_tags"
                              " ON item_id = id").fetchall()
        for url, guid, tag in rows:
            if tag == "coins":
                changed[(url, guid)] = {"coins"}
        assert 300 < len(changed) < 1000, len(changed)
        mill.check({**expected, **changed}, sinks=["db"])
        mill.check(changed, sinks=["coins"])
        # The file has both revisions of what changed, each once.
        lines = list(oracle.read_jsonl(mill.sinks["file"]["path"]))
        assert len(lines) == len(expected) + len(changed), len(lines)
        assert {(url, guid) for url, guid, *_, tags in lines if tags} == set(changed)
        note(f"{len(changed)} of {len(expected)} items got other tags")


if __name__ == "__main__":
    run()
