"""The numbers of feedmill status add up, whatever was killed: accepted = delivered + quarantined +
expired + filtered out + queued, exactly, for each sink."""
import json
import os
import random
import sys

import wait
from mill import SLOWNESS, Mill
from promise import note, promise, run

FATES = ("delivered", "quarantined", "expired", "filtered", "before")

# Refuses every fifth item of a feed for good.
PICKY = r"""
import json, os, sys
out = open(sys.argv[1], "a")
for line in sys.stdin:
    if not line.strip():
        continue
    got = json.loads(line)
    if int(got["item"]["guid"].rsplit("-", 1)[1]) % 5 == 0:
        print("reject a fifth one", flush=True)
        continue
    out.write(got["key"] + "\n")
    out.flush()
    os.fsync(out.fileno())
    print("ok", flush=True)
"""


def refused(mill):
    """{sink: its rows in the quarantine}; a row an item."""
    status, out, err = mill.feedmill("quarantine", "list", "items", "--json")
    assert status == 0, err
    found = {}
    for line in out.splitlines():
        row = json.loads(line)
        found.setdefault(row["stage"].removeprefix("sink@"), []).append(row["ref"])
    for sink, refs in found.items():
        assert len(set(refs)) == len(refs), f"{sink}: refused twice: {sorted(refs)}"
    return {sink: len(refs) for sink, refs in found.items()}


def delivered(mill, taken):
    counts = mill.sink_counts()
    with open(taken, encoding="utf-8") as file:
        counts["picky"] = len(set(file.read().split()))
    return counts


def sinks_of(mill):
    status, out, err = mill.feedmill("status", "--json")
    assert status in (0, 1), err
    stages = [json.loads(line) for line in out.splitlines()]
    return next(({s["sink"]: s for s in stage["sinks"]} for stage in stages
                 if stage["stage"] == "classifier" and "sinks" in stage), {})


def books(mill, taken):
    """What does not add up."""
    said, have, no = sinks_of(mill), delivered(mill, taken), refused(mill)
    wrong = []
    for sink, count in have.items():
        s = said.get(sink, {})
        if s.get("accepted") != count + s.get("depth", -1) + no.get(sink, 0):
            wrong.append(f"{sink}: accepted {s.get('accepted')}, delivered {count}, queued "
                         f"{s.get('depth')}, quarantined {no.get(sink, 0)}")
    for sink, s in said.items():
        settled = sum(s[fate] for fate in FATES)
        if s["settled"] != settled or s["accepted"] != settled + s["depth"]:
            wrong.append(f"{sink}: {s}")
        if s["quarantined"] != no.get(sink, 0) or s["delivered"] != have.get(sink, s["delivered"]):
            wrong.append(f"{sink}: it has {have.get(sink)}, refused {no.get(sink, 0)}: {s}")
    return wrong


def idle(mill):
    """Nothing is under way but to the sink that is never there."""
    def queued():
        return [place for place, depth in mill.queues().items() if depth and place != "sink away"]

    wait.moving(mill.queues, lambda: not queued(), "all queues empty", 20 * SLOWNESS)


@promise
def the_numbers_of_status_add_up_after_any_number_of_kills():
    seed = int(os.environ.get("FEEDMILL_TEST_SEED", "20261125"))
    chance = random.Random(seed)
    with Mill() as mill:
        script, taken = (os.path.join(mill.folder, name) for name in ("picky.py", "taken"))
        with open(script, "w", encoding="utf-8") as file:
            file.write(PICKY)
        open(taken, "w", encoding="utf-8").close()
        # It is never there, and 64 KiB may wait for it.
        mill.sinks["away"] = {"type": "exec", "command": "/bin/false", "on_full": "expire",
                              "max_size": "64K"}
        mill.sinks["coins"] = {"type": "exec", "command": [sys.executable, script, taken + "2"],
                               "filter": "tag:crypto"}
        open(taken + "2", "w", encoding="utf-8").close()
        mill.sinks["picky"] = {"type": "exec", "command": [sys.executable, script, taken]}
        mill.write_config()
        there = [who for who in mill.everyone(2) if who != "sink@away"]
        for who in there:
            mill.start(who)
        expected, kills = {}, 0
        for _ in range(20):
            expected.update(mill.publish(4, 20))
            for _ in range(2):
                who = chance.choice([w for w in mill.daemons if w != "sink@file"])
                mill.kill(who)
                mill.start(who, ready=False)
                kills += 1
                wait.a_moment(chance.uniform(0.01, 0.1))
        for who in there:
            mill.await_ready(who)
        # With a sink that is away, its queue is part of the sum. (It is stopped, not killed: what
        # a dead one had written and not acked is queued until it says that it has it.)
        idle(mill)
        mill.stop("sink@file")
        expected.update(mill.publish(5, 20))
        want = len(expected)
        wait.moving(lambda: sinks_of(mill),
                    lambda: all(s.get("accepted") == want and (s["depth"] == 0 or n in ("file", "away"))
                                for n, s in sinks_of(mill).items()) and sinks_of(mill),
                    f"{want} accepted, all but one sink up to date", 30)
        wait.until(lambda: not books(mill, taken), lambda: books(mill, taken), 20)
        queued = sinks_of(mill)["file"]["depth"]
        assert queued == 100, queued
        mill.start("sink@file")
        mill.await_items(expected, ["db", "file"])
        idle(mill)
        assert not books(mill, taken), books(mill, taken)
        coins = [guid for (_, guid), tags in expected.items() if "crypto" in tags]
        bad = [guid for guid in coins if int(guid.rsplit("-", 1)[1]) % 5 == 0]
        assert refused(mill) == {"picky": want // 5, "coins": len(bad)}, refused(mill)
        end = sinks_of(mill)
        assert end["coins"]["delivered"] == len(coins) - len(bad), end["coins"]
        assert end["coins"]["filtered"] == want - len(coins), end["coins"]
        assert end["away"]["expired"] > 0 and end["away"]["delivered"] == 0, end["away"]
        assert end["away"]["expired"] + end["away"]["depth"] == want, end["away"]
        # And once more, with nothing under way.
        mill.kill("classifier@main")
        mill.start("classifier@main")

        def fates(said):
            return {n: [s.get(fate) for fate in FATES] for n, s in said.items()}

        # What it had not written yet is asked for again, and counted once.
        wait.until(lambda: fates(sinks_of(mill)) == fates(end),
                   lambda: f"{fates(sinks_of(mill))} become {fates(end)}", 20 * SLOWNESS)
        assert not books(mill, taken), books(mill, taken)
        note(f"seed {seed}: {kills} kills, {want} accepted, {queued} queued at one time, "
             f"{want // 5} quarantined; {delivered(mill, taken)}")
        mill.stop_all()
        mill.check(expected)


if __name__ == "__main__":
    run()
