"""The numbers of feedmill status add up, whatever was killed: accepted = delivered + queued +
quarantined, exactly, for each sink."""
import json
import os
import random
import sys

import wait
from mill import Mill
from promise import note, promise, run

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
    """{sink: its items in the quarantine}"""
    status, out, err = mill.feedmill("quarantine", "list", "items", "--json")
    assert status == 0, err
    found = {}
    for line in out.splitlines():
        row = json.loads(line)
        found.setdefault(row["stage"].removeprefix("sink@"), set()).add(row["ref"])
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
        if s and s["accepted"] != s["settled"] + s["depth"]:
            wrong.append(f"{sink}: {s}")
    return wrong


@promise
def the_numbers_of_status_add_up_after_any_number_of_kills():
    seed = int(os.environ.get("FEEDMILL_TEST_SEED", "20261125"))
    chance = random.Random(seed)
    with Mill() as mill:
        script, taken = (os.path.join(mill.folder, name) for name in ("picky.py", "taken"))
        with open(script, "w", encoding="utf-8") as file:
            file.write(PICKY)
        open(taken, "w", encoding="utf-8").close()
        mill.sinks["picky"] = {"type": "exec", "command": [sys.executable, script, taken]}
        mill.write_config()
        mill.start_all(parsers=2)
        expected, kills = {}, 0
        for _ in range(20):
            expected.update(mill.publish(4, 20))
            for _ in range(2):
                who = chance.choice([w for w in mill.daemons if w != "sink@file"])
                mill.kill(who)
                mill.start(who, ready=False)
                kills += 1
                wait.a_moment(chance.uniform(0.01, 0.1))
        for who in mill.everyone(2):
            mill.await_ready(who)
        # With a sink that is away, its queue is part of the sum. (It is stopped, not killed: what
        # a dead one had written and not acked is queued until it says that it has it.)
        mill.await_idle()
        mill.stop("sink@file")
        expected.update(mill.publish(5, 20))
        want = len(expected)
        wait.moving(lambda: sinks_of(mill),
                    lambda: all(s.get("accepted") == want and (s["depth"] == 0 or n == "file")
                                for n, s in sinks_of(mill).items()) and sinks_of(mill),
                    f"{want} accepted, all but one sink up to date", 30)
        wait.until(lambda: not books(mill, taken), lambda: books(mill, taken), 20)
        queued = sinks_of(mill)["file"]["depth"]
        assert queued == 100, queued
        mill.start("sink@file")
        mill.await_items(expected, ["db", "file"])
        mill.await_idle()
        assert not books(mill, taken), books(mill, taken)
        assert refused(mill) == {"picky": want // 5}, refused(mill)
        note(f"seed {seed}: {kills} kills, {want} accepted, {queued} queued at one time, "
             f"{want // 5} quarantined; {delivered(mill, taken)}")
        mill.stop_all()
        mill.check(expected)


if __name__ == "__main__":
    run()
